/// What a request says of its own signature, in its `Authorization` header or its query.
///
/// Reading is not believing: nothing here is checked against a key; that is `RequestVerifier`'s.
public struct PresentedSignature: Sendable {
    /// What is wrong with the text of a signature.
    public struct Malformed: Error, Sendable, Equatable {
        public enum Reason: Sendable {
            case missing, repeated, malformed
        }

        /// The part of the header, or the parameter.
        public let field: String
        public let reason: Reason
    }

    public let accessKeyID: String
    public let scope: CredentialScope
    /// In the order in which they stand there.
    public let signedHeaders: [String]
    /// 64 lower-case hexadecimal digits, if it is well-formed.
    public let signature: String
    /// In the query only: when it was signed, and for how many seconds; may be negative or too large.
    public let query: (time: SigningTime, expiresSeconds: Int)?

    /// Reads `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`; blanks behind the commas are optional.
    public init(authorization: String) throws(Malformed) {
        let prefix = "\(StringToSign.algorithm) "
        guard authorization.hasPrefix(prefix) else { throw Malformed(field: "Authorization", reason: .malformed) }
        var parts: [Substring: Substring] = [:]
        for part in authorization.dropFirst(prefix.count).split(separator: ",") {
            let pair = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { throw Malformed(field: "Authorization", reason: .malformed) }
            guard parts.updateValue(pair[1], forKey: pair[0]) == nil else { throw Malformed(field: String(pair[0]), reason: .repeated) }
        }
        func part(_ name: Substring) throws(Malformed) -> Substring {
            guard let value = parts[name] else { throw Malformed(field: String(name), reason: .missing) }
            return value
        }
        (accessKeyID, scope) = try PresentedSignature.credential(String(part("Credential")), field: "Credential")
        signedHeaders = try PresentedSignature.names(String(part("SignedHeaders")))
        signature = try String(part("Signature").reversed().drop { $0 == " " }.reversed())
        // What is not signed and says nothing could be put there by anyone.
        guard parts.count == 3 else { throw Malformed(field: "Authorization", reason: .malformed) }
        query = nil
    }

    /// Reads the six `X-Amz-…` parameters of a presigned request.
    public init(query items: [QueryItem]) throws(Malformed) {
        func parameter(_ name: String) throws(Malformed) -> String {
            var value: String?
            let items = items.span
            for index in items.indices where HeaderRules.isIdentical(items[index].name, name) {
                guard value == nil else { throw Malformed(field: name, reason: .repeated) }
                value = items[index].value
            }
            guard let value else { throw Malformed(field: name, reason: .missing) }
            return value
        }
        guard HeaderRules.isIdentical(try parameter("X-Amz-Algorithm"), StringToSign.algorithm) else {
            throw Malformed(field: "X-Amz-Algorithm", reason: .malformed)
        }
        (accessKeyID, scope) = try PresentedSignature.credential(parameter("X-Amz-Credential"), field: "X-Amz-Credential")
        guard let time = SigningTime(iso8601Basic: try parameter("X-Amz-Date")) else {
            throw Malformed(field: "X-Amz-Date", reason: .malformed)
        }
        guard let expiresSeconds = Int(try parameter("X-Amz-Expires")) else { throw Malformed(field: "X-Amz-Expires", reason: .malformed) }
        signedHeaders = try PresentedSignature.names(parameter("X-Amz-SignedHeaders"))
        signature = try parameter("X-Amz-Signature")
        query = (time, expiresSeconds)
    }

    /// Whether the list names a header, given in any case; the list itself is in lower case.
    func signs(_ name: borrowing String) -> Bool {
        let names = signedHeaders.span
        for index in names.indices where HeaderRules.isSame(names[index], name) { return true }
        return false
    }

    /// By bytes, since some other signs are equal to a semicolon as characters.
    private static func names(_ list: String) -> [String] {
        if list.isEmpty { return [] }
        return unsafe withBytes(of: list) { bytes in
            var names: [String] = []
            names.reserveCapacity(8)
            var pieces = ByteSplitter(separator: UInt8(ascii: ";"))
            while let name = unsafe pieces.next(of: bytes) { unsafe names.append(String(decoding: bytes[name], as: UTF8.self)) }
            return names
        }
    }

    /// Reads `ACCESSKEY/20130524/us-east-1/s3/aws4_request`; an access key may hold slashes of its own.
    public static func credential(_ text: String, field: String) throws(Malformed) -> (String, CredentialScope) {
        guard let (accessKeyID, scope) = CredentialScope.suffix(of: text) else { throw Malformed(field: field, reason: .malformed) }
        return (accessKeyID, scope)
    }
}
