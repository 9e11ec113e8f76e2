import HTTPTypes
import HummingbirdTesting
import NIOCore
import S3Signing
import SigV4

/// One part of a multipart/form-data body.
struct FormPart: Sendable {
    var name: String
    var filename: String?
    var content: String
    var type: String?

    init(_ name: String, _ content: String, filename: String? = nil, type: String? = nil) {
        self.name = name
        self.content = content
        self.filename = filename
        self.type = type
    }
}

/// Writes a form as browsers do.
func multipart(_ parts: [FormPart], boundary: String = "----WebKitFormBoundaryABC123") -> String {
    var text = ""
    for part in parts {
        text += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(part.name)\""
        if let filename = part.filename { text += "; filename=\"\(filename)\"" }
        if let type = part.type { text += "\r\nContent-Type: \(type)" }
        text += "\r\n\r\n\(part.content)\r\n"
    }
    return text + "--\(boundary)--\r\n"
}

extension TestBucket {
    func form(
        fields: [(String, String)], conditions: [PostPolicy.Condition] = [], expires: Int = 900, as credentials: Credentials = writer,
        at time: SigningTime = now
    ) throws -> SignedPostForm {
        let policy = PostPolicy(expiresSeconds: expires, fields: fields.map { Header($0.0, $0.1) }, conditions: conditions)
        return try Self.signer(credentials).sign(policy, at: time)
    }

    /// Posts a signed form with a file as its last part.
    @discardableResult func post(
        _ form: SignedPostForm, file: String, filename: String? = "photo.png", extra: [FormPart] = [], after: [FormPart] = []
    ) async throws -> TestResponse {
        let parts = form.fields.map { FormPart($0.name, $0.value) } + extra
        return try await self.post(parts: parts + [FormPart("file", file, filename: filename, type: "image/png")] + after)
    }

    @discardableResult func post(
        parts: [FormPart], boundary: String = "----WebKitFormBoundaryABC123", headers: [(String, String)] = [], path: String = "/photos/"
    ) async throws -> TestResponse {
        let type = headers.contains { $0.0 == "content-type" } ? [] : [("content-type", "multipart/form-data; boundary=\(boundary)")]
        return try await self.send(
            "POST", path, (headers + type).map { Header($0.0, $0.1) }, body: ByteBuffer(string: multipart(parts, boundary: boundary)))
    }
}
