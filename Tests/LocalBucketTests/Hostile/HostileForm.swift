import Libcrypto
import S3Signing
import SigV4

/// A form as the page's signer signs it: every part may be wrong.
struct FormDraft: Sendable {
    /// What is sent besides the signature's fields, before them.
    var fields = [
        Header("key", BaseRequest.key), Header("Content-Type", "image/png"), Header("x-amz-meta-user", "ada"),
        Header("success_action_status", "201"),
    ]
    /// The policy's conditions besides those on the signature's fields, as JSON.
    var conditions = [
        #"{"bucket":"photos"}"#, #"["eq","$key","a/k"]"#, #"["starts-with","$Content-Type","image/"]"#, #"{"x-amz-meta-user":"ada"}"#,
        #"{"success_action_status":"201"}"#, #"["content-length-range",3,12]"#,
    ]
    /// Whether the conditions on the signature's fields are in the policy.
    var bindsSignature = true
    var expiration = #""2025-01-02T03:19:05Z""#
    /// The whole policy, when it is not made of the above.
    var policy: String?
    /// The policy as it is sent, when it is not the policy's base 64.
    var policyText: String?
    var signer = PageDraft(place: .headers, method: "POST", path: "/photos/")

    func signed() -> WireForm {
        let signing =
            [
                Header("x-amz-algorithm", self.signer.algorithm), Header("x-amz-credential", self.signer.credential),
                Header("x-amz-date", self.signer.time),
            ]
            + (self.signer.token.map { [Header("x-amz-security-token", $0)] } ?? [])
        let bound = self.bindsSignature ? signing.map { #"{"\#($0.name)":"\#($0.value)"}"# } : []
        let whole = #"{"expiration":\#(self.expiration),"conditions":[\#((self.conditions + bound).joined(separator: ","))]}"#
        let text = self.policyText ?? Base64.encode(Array((self.policy ?? whole).utf8))
        let last = [Header("policy", text), Header("x-amz-signature", self.signer.sign(text))]
        return WireForm(fields: self.fields + signing + last)
    }

    /// Base 64 of a text, and back.
    static func encode(_ text: String) -> String { Base64.encode(Array(text.utf8)) }
    static func decode(_ text: String) -> String { String(decoding: Base64.decode(text) ?? [], as: UTF8.self) }

    /// The same form by the product, where it is the usual one.
    static func signedByProduct() throws -> WireForm {
        let draft = FormDraft()
        let policy = PostPolicy(
            expiresSeconds: 900, fields: draft.fields,
            conditions: [.startsWith(field: "Content-Type", prefix: "image/"), .contentLengthRange(3...12)])
        return WireForm(fields: try TestBucket.signer().sign(policy, at: now).fields)
    }
}

/// A form as it goes over the wire, in parts that a test can alter after it has been signed.
struct WireForm: Sendable {
    var parts: [FormPart]
    var path = "/photos/"
    var host = "localhost"
    var headers: [Header] = []
    var boundary = "----WebKitFormBoundaryABC123"
    var type = "multipart/form-data; boundary=----WebKitFormBoundaryABC123"
    /// Changes the body's text.
    var rewrite: @Sendable (String) -> String = { $0 }

    init(fields: [Header]) {
        self.parts = fields.map { FormPart($0.name, $0.value) } + [FormPart("file", "123456789", filename: "cat.png", type: "image/png")]
    }

    private func index(_ name: String) -> Int {
        guard let index = self.parts.firstIndex(where: { $0.name.lowercased() == name.lowercased() }) else {
            preconditionFailure("no field \(name)")
        }
        return index
    }

    subscript(_ name: String) -> String {
        get { self.parts[self.index(name)].content }
        set { self.parts[self.index(name)].content = newValue }
    }

    mutating func remove(_ name: String) {
        self.parts.remove(at: self.index(name))
    }

    mutating func rename(_ name: String, _ other: String) {
        self.parts[self.index(name)].name = other
    }

    /// Adds a field before the file.
    mutating func add(_ name: String, _ value: String) {
        self.parts.insert(FormPart(name, value), at: self.index("file"))
    }

    mutating func addFirst(_ name: String, _ value: String) {
        self.parts.insert(FormPart(name, value), at: 0)
    }

    var message: HostileCase.Message {
        let body = Array(self.rewrite(multipart(self.parts, boundary: self.boundary)).utf8)
        let request = WireRequest(
            method: "POST", path: self.path, query: [],
            headers: [Header("Host", self.host), Header("Content-Type", self.type)] + self.headers,
            body: body)
        let file = self.parts.firstIndex { $0.name.lowercased() == "file" } ?? self.parts.count
        let fields = self.parts[..<file].map { Header($0.name, $0.content) }
        let form = ReceivedForm(
            bucket: "photos", fields: fields, filename: file < self.parts.count ? self.parts[file].filename : nil)
        let size = file < self.parts.count ? self.parts[file].content.utf8.count : 0
        return HostileCase.Message(method: "POST", bytes: request.bytes, input: .form(form, size: size))
    }
}

extension HostileCase {
    /// A form that is changed before its policy is signed.
    static func signedForm(
        _ name: String, _ expected: String, by judge: Judge = .verifier,
        from valid: @escaping @Sendable (inout FormDraft) -> Void = { _ in },
        _ change: @escaping @Sendable (inout FormDraft) -> Void
    ) -> HostileCase {
        HostileCase(name: name, base: "form", expected: expected, judge: judge) {
            var draft = FormDraft()
            valid(&draft)
            var changed = draft
            change(&changed)
            return [Variant(signer: "page", valid: draft.signed().message, altered: changed.signed().message)]
        }
    }

    /// A form that is changed after its policy was signed.
    static func alteredForm(
        _ name: String, _ expected: String, by judge: Judge = .verifier, _ change: @escaping @Sendable (inout WireForm) -> Void
    ) -> HostileCase {
        HostileCase(name: name, base: "form", expected: expected, judge: judge) {
            try [("page", FormDraft().signed()), ("product", FormDraft.signedByProduct())].map { signer, valid in
                var changed = valid
                change(&changed)
                return Variant(signer: signer, valid: valid.message, altered: changed.message)
            }
        }
    }
}
