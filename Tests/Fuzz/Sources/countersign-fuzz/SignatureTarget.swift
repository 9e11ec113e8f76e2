import Libcrypto
import S3Signing
import SigV4

/// Canonical requests and presented signatures: what `inspect` and the local bucket read of a URL or of an Authorization header.
struct SignatureTarget: FuzzTarget {
    private let credentials = Credentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("fuzzing-secret"))
    private let now = SigningTime(secondsSinceEpoch: 1_800_000_000)

    func run(_ input: [UInt8]) {
        let text = String(decoding: input, as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let headers = lines.dropFirst().compactMap { line -> Header? in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return parts.count == 2 ? Header(String(parts[0]), String(parts[1])) : nil
        }
        verify(target: lines[0], headers)
        sign(path: lines[0], headers)
        checkEncoding(text)
    }

    /// Nobody but the holder of the secret makes a request that verifies; what is read is never more than what was sent.
    private func verify(target: String, _ headers: [Header]) {
        _ = try? PresentedSignature(authorization: target)
        let verifier = S3Verifier(region: "us-east-1") { [credentials] in $0 == credentials.accessKeyID ? credentials : nil }
        for method in ["GET", "PUT"] {
            let request = ReceivedRequest(method: method, target: target, headers: headers)
            if (try? verifier.verify(request, at: now)) != nil { fatalError("verified what nobody signed: \(target)") }
        }
    }

    /// What is signed verifies, as it goes over the wire.
    private func sign(path: String, _ headers: [Header]) {
        guard let key = try? ObjectKey(path),
            let location = try? S3Location(endpoint: .aws(region: "us-east-1"), bucket: BucketName("fuzzed-bucket"))
        else { return }
        let signer = S3Signer(credentials: credentials, location: location)
        let request = PresignRequest(method: .put, key: key, expiresSeconds: 900, headers: headers)
        guard let presigned = try? signer.presign(request, at: now) else { return }
        let target = String(presigned.url.dropFirst("https://".count).drop { $0 != "/" })
        expect(RequestTarget(target) != nil, "what is signed cannot be read: \(target)")
        let received = ReceivedRequest(
            method: "PUT", target: target, headers: presigned.headers + [Header("host", location.host)])
        let verifier = S3Verifier(region: "us-east-1") { [credentials] in $0 == credentials.accessKeyID ? credentials : nil }
        do throws(S3Error) {
            _ = try verifier.verify(received, at: now)
        } catch {
            fatalError("what is signed does not verify: \(error) \(presigned.url)")
        }
    }

    private func checkEncoding(_ text: String) {
        expect(PercentEncoding.decode(PercentEncoding.encode(text)) == text, "encoding loses \(text)")
        _ = PercentEncoding.decode(text, plusIsSpace: true)
        _ = QueryItem.parse(text)
        _ = try? Endpoint(baseURL: text, region: "us-east-1")
        _ = try? BucketName(text)
    }
}
