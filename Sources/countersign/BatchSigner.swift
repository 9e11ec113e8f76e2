import Libcrypto
import S3Signing
import SigV4

/// Answers one line after the other; what lines have in common is prepared once.
final class BatchSigner {
    static let maximumLineBytes = 1 << 20
    private static let maximumSigners = 256

    private struct Place: Hashable {
        let bucket: String
        let region: String
        let endpoint: String?
        let style: AddressingStyle?
        let keys: BatchLine.Keys?
    }

    private let defaultRegion: String?
    private let defaultEndpoint: String?
    private let expiresSeconds: Int
    private let at: SigningTime?
    private let now: @Sendable () -> SigningTime
    private let keyCache = SigningKeyCache()
    private var signers: [Place: S3Signer] = [:]
    private let findCredentials: () async throws(CommandFailure) -> Credentials
    private var foundCredentials: Result<Credentials, CommandFailure>?

    /// - Parameters:
    ///   - region, endpoint, expiresSeconds, at: for lines that do not say.
    ///   - credentials: looked for once, when the first line needs them.
    init(
        region: String?, endpoint: String?, expiresSeconds: Int, at: SigningTime?, now: @escaping @Sendable () -> SigningTime,
        credentials: @escaping () async throws(CommandFailure) -> Credentials
    ) {
        defaultRegion = region
        defaultEndpoint = endpoint
        self.expiresSeconds = expiresSeconds
        self.at = at
        self.now = now
        findCredentials = credentials
    }

    /// Appends the answer to one line and its line end; false when that is an error.
    func answer(_ line: LineReader.Line, number: Int, to answer: inout [UInt8]) async -> Bool {
        do throws(BatchLineError) {
            guard case .bytes(let bytes) = line else {
                throw BatchLineError(code: "line_too_long", message: "A line has at most \(Self.maximumLineBytes) bytes.")
            }
            if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { return true }
            try await sign(BatchLine(bytes)).append(to: &answer)
            answer.append(0x0A)
            return true
        } catch {
            error.json(line: number).append(to: &answer)
            answer.append(0x0A)
            return false
        }
    }

    private func sign(_ line: BatchLine) async throws(BatchLineError) -> JSON {
        guard let region = line.region ?? defaultRegion else {
            throw BatchLineError(code: "missing_field", field: "region", message: "region is missing, and no default is set.")
        }
        let time = line.at ?? at ?? now()
        switch line.work {
        case .policy(let policy): return try await signPolicy(policy, line: line, region: region, at: time)
        case .presign(let method, let bucket, let key):
            let place = Place(
                bucket: bucket, region: region, endpoint: line.endpoint ?? defaultEndpoint, style: line.style, keys: line.keys)
            let signer = try await signer(for: place)
            do throws(SigningError) {
                let request = PresignRequest(
                    method: method, key: try key.map { text throws(SigningError) in try ObjectKey(text) },
                    expiresSeconds: line.expiresSeconds ?? expiresSeconds, headers: line.headers, query: line.query)
                let signed = try signer.presign(request, at: time)
                return .object([
                    .init("url", .string(signed.url)), .init("signature", .string(signed.signature)),
                    .init("signedHeaders", .string(signed.signedHeaders.joined(separator: ";"))),
                ])
            } catch {
                throw BatchLineError(error)
            }
        }
    }

    private func signPolicy(_ policy: String, line: BatchLine, region: String, at time: SigningTime) async throws(BatchLineError) -> JSON {
        guard let bytes = Base64.decode(policy), !bytes.isEmpty else {
            throw BatchLineError(code: "invalid_policy", field: "policy", message: "policy is base64 with padding, as the form sends it.")
        }
        let credentials = try await credentials(line.keys)
        let key = keyCache.key(for: credentials, at: time, region: region, service: "s3")
        let scope = CredentialScope(date: time.dateStamp, region: region, service: "s3")
        return .object([
            .init("signature", .string(key.sign(policy).hex)),
            .init("credential", .string("\(credentials.accessKeyID)/\(scope)")), .init("date", .string(time.iso8601Basic)),
        ])
    }

    private func signer(for place: Place) async throws(BatchLineError) -> S3Signer {
        if let known = signers[place] { return known }
        let credentials = try await credentials(place.keys)
        do throws(SigningError) {
            let endpoint =
                if let baseURL = place.endpoint { try Endpoint(baseURL: baseURL, region: place.region) } else {
                    try Endpoint.aws(region: place.region)
                }
            let location = try S3Location(endpoint: endpoint, bucket: BucketName(place.bucket), style: place.style)
            if signers.count >= Self.maximumSigners { signers.removeAll(keepingCapacity: true) }
            let signer = S3Signer(credentials: credentials, location: location, keyCache: keyCache)
            signers[place] = signer
            return signer
        } catch {
            throw BatchLineError(error)
        }
    }

    private func credentials(_ keys: BatchLine.Keys?) async throws(BatchLineError) -> Credentials {
        if let keys {
            return Credentials(
                accessKeyID: keys.accessKeyID, secretAccessKey: keys.secretAccessKey, sessionToken: keys.sessionToken)
        }
        let found = await found()
        do { return try found.get() } catch {
            throw BatchLineError(code: "no_credentials", field: "accessKeyId", message: error.message)
        }
    }

    private func found() async -> Result<Credentials, CommandFailure> {
        if let foundCredentials { return foundCredentials }
        let found: Result<Credentials, CommandFailure>
        do { found = .success(try await findCredentials()) } catch { found = .failure(error) }
        foundCredentials = found
        return found
    }
}

extension BatchLineError {
    init(_ error: SigningError) {
        self.init(code: error.code.rawValue, field: error.field, message: error.message)
    }
}
