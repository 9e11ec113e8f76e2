internal import Libcrypto
public import SigV4

extension SigningError.Code {
    /// A condition of a kind that S3 does not take for its field.
    public static let invalidCondition = SigningError.Code(rawValue: "invalid_condition")
    /// A form field that cannot be sent or would not be covered.
    public static let invalidField = SigningError.Code(rawValue: "invalid_field")
    /// A policy that is not base 64.
    public static let invalidPolicy = SigningError.Code(rawValue: "invalid_policy")
    /// The fields before the file are more than 20,480 bytes.
    public static let formTooLarge = SigningError.Code(rawValue: "form_too_large")
}

/// What a browser's form may post: the fields it sends, and the conditions that its policy sets.
///
/// Source: Amazon S3 API Reference, "POST policy".
public struct PostPolicy: Sendable, Hashable {
    /// One condition; fields are named without `$`, in any case.
    public enum Condition: Sendable, Hashable {
        /// The field has exactly this value.
        case equals(field: String, value: String)
        /// The field's value begins so; the empty prefix takes any value, but the field must be there.
        case startsWith(field: String, prefix: String)
        /// The file's size in bytes, both ends included.
        case contentLengthRange(ClosedRange<Int64>)
    }

    /// How long the form can be used, in seconds after the signing time: 1…604800.
    public var expiresSeconds: Int
    /// Sent before the file, in this order. Each that no condition names is bound to its exact value.
    public var fields: [Header]
    /// What is demanded besides; bucket and signature fields are bound by the signer.
    public var conditions: [Condition]

    public init(expiresSeconds: Int, fields: [Header], conditions: [Condition]) {
        self.expiresSeconds = expiresSeconds
        self.fields = fields
        self.conditions = conditions
    }
}

/// A form that anyone can post who has it, until it expires.
public struct SignedPostForm: Sendable {
    /// Where it is posted to; ends in `/`.
    public let url: String
    /// Every field, in the order in which they must be sent, before `file`.
    public let fields: [Header]
    /// The policy's JSON.
    public let policy: String
    /// The policy in base 64: the text that is signed.
    public let stringToSign: String
    /// 64 lower-case hexadecimal digits.
    public let signature: String
    public let expiresAt: SigningTime
}

extension S3Signer {
    /// Signs a POST policy.
    ///
    /// - Throws: `expiry_out_of_range`, `invalid_condition`, `invalid_field`, `reserved_name`, `form_too_large`.
    public func sign(_ policy: PostPolicy, at time: SigningTime) throws(SigningError) -> SignedPostForm {
        try RequestSigner.check(expiresSeconds: policy.expiresSeconds)
        try policy.check()
        let key = signer.key(at: time)
        let date = time.iso8601Basic
        var signing = [
            Header("x-amz-algorithm", "AWS4-HMAC-SHA256"), Header("x-amz-credential", credential(key)), Header("x-amz-date", date),
        ]
        if let token = signer.credentials.sessionToken { signing.append(Header("x-amz-security-token", token)) }

        let expiresAt = time.adding(seconds: Int64(policy.expiresSeconds))
        let json = policy.json(bucket: location.bucket, signing: signing, expiresAt: expiresAt)
        let text = Base64.encode(json)
        let signature = key.sign(text).hex
        var fields: [Header] = []
        fields.reserveCapacity(policy.fields.count + signing.count + 2)
        fields += policy.fields
        fields += signing
        fields.append(Header("policy", text))
        fields.append(Header("x-amz-signature", signature))
        try PostPolicy.checkSize(of: fields)
        return SignedPostForm(
            url: location.formURL, fields: fields, policy: String(decoding: json, as: UTF8.self), stringToSign: text, signature: signature,
            expiresAt: expiresAt)
    }

    /// Signs a policy that somebody else wrote, in base 64 exactly as it will be sent.
    ///
    /// - Returns: the values of `x-amz-signature`, `x-amz-credential` and `x-amz-date`.
    /// - Throws: `invalid_policy` for a text that is not base 64: the key that signs policies signs requests too, so it must
    ///   never sign whatever somebody hands in.
    public func sign(
        policyBase64 text: String, at time: SigningTime
    ) throws(SigningError) -> (signature: String, credential: String, date: String) {
        guard let bytes = Base64.decode(text), !bytes.isEmpty else {
            throw SigningError(.invalidPolicy, field: "policy", "A POST policy is signed in base 64, with padding and without line breaks.")
        }
        let key = signer.key(at: time)
        return (key.sign(text).hex, credential(key), time.iso8601Basic)
    }

    private func credential(_ key: SigningKey) -> String {
        signer.credentials.accessKeyID + "/" + key.scope
    }
}

extension PostPolicy {
    /// Fields that S3 matches by prefix too; all others only exactly.
    static func takesPrefix(_ field: String) -> Bool {
        let exact = ["acl", "key", "cache-control", "expires", "redirect", "success_action_redirect"]
        return exact.contains { HeaderRules.isSame(field, $0) } || HeaderRules.hasPrefix(field, "content-")
            || HeaderRules.hasPrefix(field, "x-amz-meta-")
    }

    /// Visible ASCII without quotation marks, which would end the name in the form's own header.
    private static func isFieldName(_ name: String) -> Bool {
        !name.isEmpty && !HeaderRules.holdsAny(name) { $0 <= 0x20 || $0 >= 0x7F || $0 == UInt8(ascii: "\"") }
    }

    /// Fields that need no condition.
    static func isExempt(_ field: String) -> Bool {
        HeaderRules.hasPrefix(field, "x-ignore-") || ["policy", "x-amz-signature", "file"].contains { HeaderRules.isSame(field, $0) }
    }

    /// All that may stand before the file, in bytes of names and values.
    static let maximumFieldBytes = 20_480

    fileprivate func check() throws(SigningError) {
        for (index, field) in fields.enumerated() {
            guard !fields[..<index].contains(where: { HeaderRules.isSame($0.name, field.name) }) else {
                throw SigningError(
                    .invalidField, field: field.name, "The field \(field.name) is there twice, and S3 would join the values: send one.")
            }
            if ["policy", "file", "bucket"].contains(where: { HeaderRules.isSame(field.name, $0) }) {
                throw SigningError(
                    .reserved, field: field.name, "The field \(field.name) is set by the form itself: take it out of the fields.")
            }
            try RequestSigner.checkNotReserved(field.name)
            guard PostPolicy.isFieldName(field.name) else {
                throw SigningError(
                    .invalidField, field: field.name, "A form field's name takes visible ASCII only: change '\(field.name)'.")
            }
            guard !HeaderRules.holdsAny(field.value, { $0 == 0 || $0 == 0x0A || $0 == 0x0D }) else {
                throw SigningError(.invalidField, field: field.name, "The value of \(field.name) holds CR, LF or NUL: take it out.")
            }
        }
        for condition in conditions { try condition.check() }
        for field in fields where !PostPolicy.isExempt(field.name) {
            if !covers(field.name) { try Condition.equals(field: field.name, value: field.value).checkIsFixed() }
            try checkConditions(on: field)
        }
        guard covers("key") || fields.contains(where: { HeaderRules.isSame($0.name, "key") }) else {
            throw SigningError(.invalidCondition, field: "key", "A form must bind its key: add the field key, or a condition on it.")
        }
    }

    /// Refuses a field that its own conditions refuse: no form could be posted with it.
    private func checkConditions(on field: Header) throws(SigningError) {
        for condition in conditions {
            let holds =
                switch condition {
                case .equals(let name, let value): !HeaderRules.isSame(name, field.name) || field.value.utf8.elementsEqual(value.utf8)
                case .startsWith(let name, let prefix): !HeaderRules.isSame(name, field.name) || field.value.utf8.starts(with: prefix.utf8)
                case .contentLengthRange: true
                }
            guard holds else {
                throw SigningError(
                    .invalidCondition, field: field.name,
                    "The field \(field.name) does not meet the condition on it: change one of the two.")
            }
        }
    }

    /// Whether one of the caller's conditions names a field.
    fileprivate func covers(_ field: String) -> Bool {
        conditions.contains { condition in
            switch condition {
            case .equals(let name, _), .startsWith(let name, _): HeaderRules.isSame(name, field)
            case .contentLengthRange: false
            }
        }
    }

    fileprivate static func checkSize(of fields: [Header]) throws(SigningError) {
        let size = fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        guard size <= maximumFieldBytes else {
            throw SigningError(
                .formTooLarge, field: "fields",
                "The form's fields have \(size) bytes, and S3 takes \(maximumFieldBytes) before the file: send less.")
        }
    }

    /// The policy's JSON, in UTF-8.
    fileprivate func json(bucket: BucketName, signing: [Header], expiresAt: SigningTime) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(1024)
        text += "{\"expiration\":\"".utf8
        text += expiresAt.iso8601.utf8
        text += "\",\"conditions\":[".utf8
        Condition.equals(field: "bucket", value: bucket.name).append(to: &text)
        for condition in conditions {
            text.append(UInt8(ascii: ","))
            condition.append(to: &text)
        }
        for field in fields where !PostPolicy.isExempt(field.name) && !covers(field.name) {
            text.append(UInt8(ascii: ","))
            Condition.equals(field: field.name, value: field.value).append(to: &text)
        }
        for field in signing {
            text.append(UInt8(ascii: ","))
            Condition.equals(field: field.name, value: field.value).append(to: &text)
        }
        text += "]}".utf8
        return text
    }
}

extension PostPolicy.Condition {
    fileprivate func check() throws(SigningError) {
        switch self {
        case .equals(let field, _):
            if HeaderRules.isReserved(field) || HeaderRules.isSame(field, "bucket") {
                throw SigningError(.reserved, field: field, "\(field) is bound by the signer itself: take the condition out.")
            }
            try checkIsFixed()
        case .startsWith(let field, _):
            guard PostPolicy.takesPrefix(field) else {
                throw SigningError(.invalidCondition, field: field, "S3 matches \(field) exactly, not by prefix: give its whole value.")
            }
        case .contentLengthRange(let range):
            guard range.lowerBound >= 0 else {
                throw SigningError(
                    .invalidCondition, field: "content-length-range", "No file is smaller than 0 bytes: begin the range at 0.")
            }
        }
    }

    /// S3 expands `${filename}` before it matches, so that no form could meet an exact condition with it.
    fileprivate func checkIsFixed() throws(SigningError) {
        if case .equals(let field, let value) = self, FilenameVariable.isIn(value) {
            throw SigningError(
                .invalidCondition, field: field, "S3 puts the file's name for ${filename} before it matches \(field): bind it by a prefix.")
        }
    }

    /// Appends the condition's JSON.
    fileprivate func append(to text: inout [UInt8]) {
        switch self {
        case .equals(let field, let value):
            text.append(UInt8(ascii: "{"))
            JSON.appendQuoted(field, to: &text)
            text.append(UInt8(ascii: ":"))
            JSON.appendQuoted(value, to: &text)
            text.append(UInt8(ascii: "}"))
        case .startsWith(let field, let prefix):
            text += "[\"starts-with\",".utf8
            JSON.appendQuoted("$" + field, to: &text)
            text.append(UInt8(ascii: ","))
            JSON.appendQuoted(prefix, to: &text)
            text.append(UInt8(ascii: "]"))
        case .contentLengthRange(let range):
            text += "[\"content-length-range\",\(range.lowerBound),\(range.upperBound)]".utf8
        }
    }
}
