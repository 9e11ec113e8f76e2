import HTTPTypes
import Hummingbird
import Libcrypto
import NIOCore

/// A file that is part of the program, with its entity tag.
struct StaticAsset: Sendable {
    private let body: ByteBuffer
    private let headers: HTTPFields
    private let entityTag: String

    init(_ bytes: [UInt8], contentType: String, cacheControl: String, headers: HTTPFields = [:]) {
        self.body = ByteBuffer(bytes: bytes)
        self.entityTag = "\"\(SHA256.hash(bytes).hex.prefix(32))\""
        var headers = headers
        headers[.contentType] = contentType
        headers[.cacheControl] = cacheControl
        headers[.eTag] = entityTag
        self.headers = headers
    }

    func response(to request: Request) -> Response {
        if let condition = request.headers[.ifNoneMatch], matches(condition) {
            var headers = headers
            headers[.contentType] = nil
            var response = Response(status: .notModified, headers: headers)
            response.headers[.contentLength] = nil
            return response
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: body))
    }

    /// If-None-Match compares weakly (RFC 9110 section 13.1.2).
    private func matches(_ condition: String) -> Bool {
        let tags = condition.split(separator: ",").map { $0.drop { $0 == " " || $0 == "\t" } }
        return tags.contains { tag in
            let strong = tag.hasPrefix("W/") ? tag.dropFirst(2) : tag
            return tag == "*" || strong.prefix { $0 != " " } == entityTag
        }
    }
}
