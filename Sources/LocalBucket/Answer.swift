import HTTPTypes
import Hummingbird
import Libcrypto
import NIOCore
import S3Signing
import SigV4

extension HTTPFields {
    /// Sets a header whose name is known to be one.
    mutating func set(_ name: String, _ value: String) {
        guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is no header name") }
        self[name] = value
    }

    init(_ headers: [ObjectHeader]) {
        self.init()
        for header in headers { self.set(header.name, HeaderText.encode(header.value)) }
    }
}

/// Text in a header of an answer.
enum HeaderText {
    /// S3 hands metadata beyond ASCII out as RFC 2047 tells.
    static func encode(_ value: String) -> String {
        if value.utf8.allSatisfy({ $0 < 0x80 }) { return value }
        return "=?UTF-8?B?\(Base64.encode(Array(value.utf8)))?="
    }
}

extension Response {
    /// An answer in XML.
    static func xml(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = "application/xml"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    /// S3's answer to a request that it refuses.
    static func refusal(_ error: S3Error, resource: String, identifiers: RequestIdentifiers) -> Response {
        let text = XMLText.document("Error") { xml in
            xml.element("Code", error.code)
            xml.element("Message", error.message)
            for detail in error.details { xml.element(detail.name, detail.value) }
            xml.element("Resource", resource)
            xml.element("RequestId", identifiers.requestID)
            xml.element("HostId", identifiers.hostID)
        }
        return .xml(text, status: .init(code: error.status))
    }
}
