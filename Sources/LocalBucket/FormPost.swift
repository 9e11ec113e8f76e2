import HTTPTypes
import Hummingbird
import NIOCore
import S3Signing
import SigV4

/// A form that a browser posts to a bucket.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html>, and answers recorded from S3.
struct FormPost {
    let request: S3Request
    let bucket: ServedBucket
    let verifier: S3Verifier
    let clock: @Sendable () -> SigningTime

    func answer(_ body: BodyReader) async throws -> Response {
        let boundary = try FormBoundary(contentType: self.request.fields["content-type"])
        guard let length = body.declaredLength else { throw Refused.missingContentLength }
        if length > Limits.objectBytes + Int64(2 * Limits.formFieldBytes) { throw Refused.entityTooLarge(length) }
        let reader = FormReader(FormParser(boundary: boundary), body: body)

        let (fields, filename) = try await reader.fields()
        let received = ReceivedForm(bucket: self.bucket.name, fields: fields, filename: filename)
        let form = try self.verifier.verify(received, at: self.clock())
        guard self.bucket.accessKeyIDs.contains(form.accessKeyID) else { throw S3Error.accessDenied() }
        let signedAt = received.fields.first { $0.name.lowercased() == "x-amz-date" }.flatMap { SigningTime(iso8601Basic: $0.value) }
        try self.bucket.gate?.check(form, signedAt: signedAt, at: self.clock())
        let list = FieldList(form.fields)
        let attributes = try ObjectAttributes(list)
        let expectation = try BodyExpectation(list)

        let upload = Upload(
            store: self.bucket.store, key: form.key.name, attributes: attributes, condition: .none, clock: self.clock)
        let record = try await upload.receive(expectation) { write in
            try await self.receiveFile(reader, form: form, write: write)
            guard body.received == length else { throw Refused.incompleteBody }
            return nil
        }
        return self.success(record, fields: list)
    }

    /// Writes the file, and no byte beyond what the policy allows; the whole file is counted, since the refusal tells its size.
    private func receiveFile(_ reader: FormReader, form: VerifiedForm, write: BodyWrite) async throws {
        let maximum = min(form.contentLengthRange?.upperBound ?? .max, Limits.objectBytes)
        var size: Int64 = 0
        while let bytes = try await reader.fileBytes() {
            size += Int64(bytes.readableBytes)
            if size <= maximum { try await write(bytes) }
        }
        try form.check(size: size)
        if size > Limits.objectBytes { throw Refused.entityTooLarge(size) }
        try await reader.skipToEnd()
    }

    private func success(_ record: ObjectRecord, fields: FieldList) -> Response {
        var headers = record.storedHeaders
        let location = self.location(record.key)
        headers[.location] = location
        let redirect = (fields["success_action_redirect"] ?? fields["redirect"]).flatMap { FormRedirect($0) }
        if let redirect {
            headers[.location] = redirect.url(bucket: self.bucket.name, key: record.key, etag: record.quotedETag)
            return Response(status: .seeOther, headers: headers)
        }
        switch fields["success_action_status"] {
        case "200": return Response(status: .ok, headers: headers)
        case "201":
            let text = XMLText.document("PostResponse") { xml in
                xml.element("Location", location)
                xml.element("Bucket", self.bucket.name)
                xml.element("Key", record.key)
                xml.element("ETag", record.quotedETag)
            }
            headers[.contentType] = "application/xml"
            return Response(status: .created, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
        default: return Response(status: .noContent, headers: headers)
        }
    }

    /// The object's URL at the address that the form was posted to.
    private func location(_ key: String) -> String {
        let path = self.request.target.rawPath
        let base = path.hasSuffix("/") ? path : path + "/"
        return "http://\(self.request.host)\(base)\(PercentEncoding.encodePath(key))"
    }
}

/// Where a browser is sent after its form has been stored.
struct FormRedirect {
    private let base: String

    /// Nil when the text is no absolute HTTP URL, or could not stand in a header: S3 then answers as if it were not there.
    init?(_ text: String) {
        guard let separator = text.firstRange(of: "://") else { return nil }
        let scheme = text[..<separator.lowerBound].lowercased()
        let host = text[separator.upperBound...].prefix { !"/?#".contains($0) }
        guard scheme == "http" || scheme == "https", !host.isEmpty, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else { return nil }
        self.base = text
    }

    /// The URL with `bucket`, `key` and `etag` added to its query, before its fragment.
    func url(bucket: String, key: String, etag: String) -> String {
        let added = [("bucket", bucket), ("key", key), ("etag", etag)]
            .map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
        let fragment = self.base.firstIndex(of: "#") ?? self.base.endIndex
        let front = self.base[..<fragment]
        return front + (front.contains("?") ? "&" : "?") + added + self.base[fragment...]
    }
}

/// Draws a form out of a request's body. Used inside one task.
final class FormReader {
    private var parser: FormParser
    private let body: BodyReader

    init(_ parser: FormParser, body: BodyReader) {
        self.parser = parser
        self.body = body
    }

    private func next() async throws(S3Error) -> FormParser.Event? {
        while true {
            if let event = try self.parser.next() { return event }
            guard let buffer = try await self.body.next() else {
                if let length = self.body.declaredLength, self.body.received < length { throw Refused.incompleteBody }
                try self.parser.finish()
                return nil
            }
            self.parser.feed(buffer)
        }
    }

    /// The fields up to the file, and the file's name.
    func fields() async throws(S3Error) -> (fields: [Header], filename: String?) {
        var fields: [Header] = []
        while let event = try await self.next() {
            switch event {
            case .field(let field): fields.append(field)
            case .file(let filename): return (fields, filename)
            case .end: throw Refused.fileCount(0)
            case .bytes, .endOfFile, .anotherFile: preconditionFailure("a file's event before its beginning")
            }
        }
        throw Refused.fileCount(0)
    }

    /// The next bytes of the file; nil at its end.
    func fileBytes() async throws(S3Error) -> ByteBuffer? {
        guard case .bytes(let bytes)? = try await self.next() else { return nil }
        return bytes
    }

    /// Reads what follows the file: fields there are ignored, a second file is refused.
    func skipToEnd() async throws(S3Error) {
        while let event = try await self.next() {
            if event == .anotherFile { throw Refused.fileCount(2) }
        }
    }
}
