import Libcrypto
import SigV4

/// A second signer, written from AWS's page "Create a signed AWS API request" alone, over the very texts that are sent.
///
/// It shares nothing with the product but libcrypto, and checks nothing: every part may be wrong, so that a request can be
/// signed correctly for what S3 must not accept.
struct PageDraft: Sendable {
    enum Place {
        case query, headers
    }

    var place: Place
    var method: String
    /// Encoded as S3 wants it.
    var path: String
    /// Raw pairs besides those of the signature.
    var query: [String] = []
    var host = "localhost"
    /// Sent and signed.
    var headers: [Header] = []
    /// Sent and left out of the signature.
    var unsignedHeaders: [Header] = []
    var body: [UInt8] = []

    var algorithm = "AWS4-HMAC-SHA256"
    var accessKeyID = "AKIDWRITER"
    var secret = "writer-secret"
    var secretPrefix = "AWS4"
    var token: String?
    var time = "20250102T030405Z"
    /// Day, region, service and terminator.
    var scope = ["20250102", "eu-west-1", "s3", "aws4_request"]
    /// What the key is derived for, when that is not the scope.
    var derivation: [String]?
    var expires = "900"
    /// The payload line, when it is not the usual one.
    var payload: String?
    /// Left out of the request though the payload line stands in the signature.
    var omitsPayloadHeader = false
    var omitsDate = false
    /// The list of signed headers, when it is not that of what is signed.
    var signedHeaders: String?

    var credential: String { "\(self.accessKeyID)/\(self.scope.joined(separator: "/"))" }

    func signed() -> WireRequest {
        self.place == .query ? self.signedInQuery() : self.signedInHeaders()
    }

    private func signedInQuery() -> WireRequest {
        let signing = [Header("host", self.host)] + self.headers
        var query = [
            "X-Amz-Algorithm=\(self.algorithm)", "X-Amz-Credential=\(Self.encode(self.credential))", "X-Amz-Date=\(Self.encode(self.time))",
            "X-Amz-Expires=\(self.expires)", "X-Amz-SignedHeaders=\(Self.encode(self.list(signing)))",
        ]
        if let token { query.append("X-Amz-Security-Token=\(Self.encode(token))") }
        query += self.query
        let signature = self.signature(signing, query: query, payload: self.payload ?? "UNSIGNED-PAYLOAD")
        return WireRequest(
            method: self.method, path: self.path, query: query + ["X-Amz-Signature=\(signature)"],
            headers: [Header("Host", self.host)] + self.headers + self.unsignedHeaders, body: self.body)
    }

    private func signedInHeaders() -> WireRequest {
        let payload = self.payload ?? SHA256.hash(self.body).hex
        var added: [Header] = []
        if !self.omitsDate { added.append(Header("x-amz-date", self.time)) }
        if !self.omitsPayloadHeader { added.append(Header("x-amz-content-sha256", payload)) }
        if let token { added.append(Header("x-amz-security-token", token)) }
        let signing = [Header("host", self.host)] + self.headers + added
        let signature = self.signature(signing, query: self.query, payload: payload)
        let authorization =
            "\(self.algorithm) Credential=\(self.credential), SignedHeaders=\(self.list(signing)), Signature=\(signature)"
        return WireRequest(
            method: self.method, path: self.path, query: self.query,
            headers: [Header("Host", self.host)] + self.headers + added + self.unsignedHeaders + [Header("Authorization", authorization)],
            body: self.body)
    }

    private func list(_ headers: [Header]) -> String {
        self.signedHeaders ?? Set(headers.map { $0.name.lowercased() }).sorted().joined(separator: ";")
    }

    /// Step 1 to 4 of the page.
    private func signature(_ headers: [Header], query: [String], payload: String) -> String {
        let list = self.list(headers)
        let values = Dictionary(grouping: headers) { $0.name.lowercased() }.mapValues { $0.map(\.value).joined(separator: ",") }
        let lines = list.split(separator: ";").map { "\($0):\(values[String($0)] ?? "")\n" }.joined()
        // The page sorts by name, then value; the raw texts are encoded already.
        let pairs = query.map { $0.contains("=") ? $0 : $0 + "=" }.map {
            $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        }
        let sorted = pairs.sorted { ($0[0], $0[1]) < ($1[0], $1[1]) }.map { $0.joined(separator: "=") }.joined(separator: "&")
        let canonical = "\(self.method)\n\(self.path)\n\(sorted)\n\(lines)\n\(list)\n\(payload)"
        let digest = SHA256.hash(canonical).hex
        return self.sign("\(self.algorithm)\n\(self.time)\n\(self.scope.joined(separator: "/"))\n\(digest)")
    }

    /// The code of a string to sign, or of a policy, under the derived key.
    func sign(_ text: String) -> String {
        var key = Array((self.secretPrefix + self.secret).utf8)
        for step in self.derivation ?? self.scope { key = Self.hmac(step, key: key) }
        return Hex.encode(Self.hmac(text, key: key))
    }

    private static func hmac(_ text: String, key: [UInt8]) -> [UInt8] {
        HMACSHA256.authenticate(text.utf8.span, key: key.span).bytes
    }

    /// AWS's UriEncode, for a parameter.
    static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.map { byte in
            let character = Character(Unicode.Scalar(byte))
            let isKept = byte < 0x80 && (character.isLetter || character.isNumber || "-._~".contains(character))
            return isKept ? String(character) : "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }.joined()
    }
}
