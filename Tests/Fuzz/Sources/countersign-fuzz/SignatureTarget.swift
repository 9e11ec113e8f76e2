import Libcrypto
import S3Signing
import SigV4

/// Canonical requests and presented signatures: what is signed verifies and is canonical by the letter of AWS's description; what is not
/// signed, or changed afterwards, never verifies.
struct SignatureTarget: FuzzTarget {
    private let now = SigningTime(secondsSinceEpoch: 1_800_000_000)
    private let location: S3Location
    private let signer: S3Signer
    private let verifier: S3Verifier

    init() {
        let credentials = Credentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("fuzzing-secret"))
        guard let location = try? S3Location(endpoint: .aws(region: "us-east-1"), bucket: BucketName("fuzzed-bucket")) else {
            fatalError("no location")
        }
        self.location = location
        signer = S3Signer(credentials: credentials, location: location)
        verifier = S3Verifier(region: "us-east-1") { $0 == credentials.accessKeyID ? credentials : nil }
    }

    func run(_ input: [UInt8]) {
        let lines = InputLines(input)
        verify(target: lines.first, lines.pairs(":"))
        if let key = try? ObjectKey(lines.first) {
            presign(key, lines)
            authorize(key, lines)
        }
        checkEncoding(String(decoding: input, as: UTF8.self))
    }

    /// Nobody but the holder of the secret makes a request that verifies.
    private func verify(target: String, _ headers: [Header]) {
        _ = try? PresentedSignature(authorization: target)
        for method in ["GET", "PUT"] {
            let request = ReceivedRequest(method: method, target: target, headers: headers)
            expect(!isVerified(request), "verified what nobody signed: \(target)")
        }
    }

    private func isVerified(_ request: ReceivedRequest) -> Bool {
        (try? verifier.verify(request, at: now)) != nil
    }

    // MARK: What is signed

    private func presign(_ key: ObjectKey, _ lines: InputLines) {
        let query = lines.pairs("=").map { QueryItem($0.name, $0.value) }
        let request = PresignRequest(method: .put, key: key, expiresSeconds: 900, headers: lines.pairs(":"), query: query)
        guard let signed = try? signer.presign(request, at: now), let stages = try? signer.stages(of: request, at: now) else { return }
        let target = Self.target(of: signed.url)
        let headers = signed.headers + [Header("host", location.host)]
        expect(RequestTarget(target)?.path.utf8.elementsEqual("/\(key.name)".utf8) == true, "another path: \(target)")
        let canonical = Self.canonical("PUT", target, headers, signature: "X-Amz-Signature", payload: "UNSIGNED-PAYLOAD")
        expect(canonical.isSame(as: stages.canonicalRequest), "\(stages.canonicalRequest) instead of \(canonical)")
        check(ReceivedRequest(method: "PUT", target: target, headers: headers))
    }

    private func authorize(_ key: ObjectKey, _ lines: InputLines) {
        let query = lines.pairs("=").map { QueryItem($0.name, $0.value) }
        guard
            let signed = try? signer.authorize(
                method: .put, key: key, query: query, headers: lines.pairs(":"), payload: .sha256(SHA256.hash("body")), at: now)
        else { return }
        let headers = signed.headers + [Header("host", location.host)]
        check(ReceivedRequest(method: "PUT", target: Self.target(of: signed.url), headers: headers))
    }

    /// It verifies as it goes over the wire, and not once it says something else.
    private func check(_ request: ReceivedRequest) {
        do throws(S3Error) {
            _ = try verifier.verify(request, at: now)
        } catch {
            fatalError("what is signed does not verify: \(error) \(request)")
        }
        var other = request
        other.method = "GET"
        expect(!isVerified(other), "verifies with another method: \(request)")
        other = request
        other.target += request.target.contains("?") ? "&b=1" : "?b=1"
        expect(!isVerified(other), "verifies with a parameter more: \(request)")
        other = request
        other.headers.append(Header("x-amz-meta-fuzz", "1"))
        expect(!isVerified(other), "verifies with a header more: \(request)")
        for index in request.headers.indices where request.headers[index].name != "authorization" {
            other = request
            other.headers[index].value += "x"
            expect(!isVerified(other), "verifies with another \(request.headers[index].name): \(request)")
        }
        for seconds: Int64 in [-901, 901] {
            expect((try? verifier.verify(request, at: now.adding(seconds: seconds))) == nil, "verifies \(seconds) seconds later")
        }
    }

    private static func target(of url: String) -> String {
        String(Substring(url.utf8.dropFirst("https://".utf8.count).drop { $0 != UInt8(ascii: "/") }))
    }

    // MARK: The canonical request once more

    /// AWS, "Create a signed AWS API request", step 1, line by line.
    private static func canonical(_ method: String, _ target: String, _ headers: [Header], signature: String, payload: String) -> String {
        let parts = target.utf8.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false).map(Substring.init)
        var parameters = (parts.count == 2 ? parts[1] : "").utf8.split(separator: UInt8(ascii: "&"))
            .map { $0.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false).map { Array($0) } }
        parameters.removeAll { $0[0].elementsEqual(signature.utf8) }
        parameters.sort { ($0[0] == $1[0]) ? $0[1].lexicographicallyPrecedes($1[1]) : $0[0].lexicographicallyPrecedes($1[0]) }
        let query = parameters.map { String(decoding: $0[0] + [UInt8(ascii: "=")] + $0[1], as: UTF8.self) }.joined(separator: "&")
        let lowered = headers.map { (name: HeaderRules.lowercased($0.name), value: single($0.value)) }
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        let lines = lowered.map { "\($0.name):\($0.value)\n" }.joined()
        return [method, String(parts[0]), query, lines, lowered.map(\.name).joined(separator: ";"), payload].joined(separator: "\n")
    }

    /// Without white space at its ends, and with one blank for each run of it inside.
    private static func single(_ value: String) -> String {
        value.utf8.split { $0 == 0x20 || $0 == 0x09 }.map { String(Substring($0)) }.joined(separator: " ")
    }

    private func checkEncoding(_ text: String) {
        let encoded = PercentEncoding.encode(text)
        expect(PercentEncoding.decode(encoded)?.utf8.elementsEqual(text.utf8) == true, "encoding loses \(text)")
        expect(PercentEncoding.decode(encoded, plusIsSpace: true)?.utf8.elementsEqual(text.utf8) == true, "encoding loses \(text)")
        expect(encoded.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "/") }, "not encoded: \(encoded)")
        _ = PercentEncoding.decode(text, plusIsSpace: true)
        _ = QueryItem.parse(text)
        _ = try? Endpoint(baseURL: text, region: "us-east-1")
        if let name = try? BucketName(text) { expect((3...63).contains(name.name.utf8.count), "a bucket's name: \(name)") }
        if let time = SigningTime(iso8601Basic: text) { expect(time.iso8601Basic == text, "\(time) is not \(text)") }
        if let time = SigningTime(iso8601: text) { expect(time.iso8601.dropLast() == text.prefix(19), "\(time) is not \(text)") }
    }
}
