internal import Libcrypto
internal import S3Signing
public import SigV4

/// Issues the tickets of one environment: a request and a caller in, one ticket or one refusal out.
public struct TicketOffice: Sendable {
    public let environment: Environment
    let sealingKeys: SealingKeys
    private let keyCache: SigningKeyCache

    /// - Parameter sealingKeys: those of all processes that the later steps of an upload may reach.
    public init(environment: Environment, sealingKeys: SealingKeys, keyCache: SigningKeyCache = SigningKeyCache()) {
        self.environment = environment
        self.sealingKeys = sealingKeys
        self.keyCache = keyCache
    }

    /// What is signed with credentials that live shorter than this is refused: the upload might not even begin in time.
    public static let minimumRemainingSeconds: Int64 = 60

    /// Checks the request, makes the key, binds all that can be bound, and signs. The same inputs give the same ticket.
    ///
    /// Uploads in parts begin with ``begin(_:to:with:at:using:)``.
    ///
    /// - Parameter credentials: what signs. A ticket never says that it outlives them.
    public func issue(
        _ request: UploadRequest, to caller: Caller, with credentials: SigningCredentials, at now: SigningTime,
        using random: inout some RandomNumberGenerator
    ) throws(Refusal) -> Ticket {
        let upload = try check(request, by: caller)
        let key = key(of: upload, for: caller, at: now, using: &random)
        return try ticket(for: upload, key: key, to: caller, with: credentials, at: now, using: &random)
    }

    func ticket(
        for upload: CheckedUpload, key: String, to caller: Caller, with credentials: SigningCredentials, at now: SigningTime,
        using random: inout some RandomNumberGenerator
    ) throws(Refusal) -> Ticket {
        guard upload.method != .multipart else {
            throw Refusal(.methodNotAllowed, field: "method", "an upload in parts is not one request")
        }
        let lifetimeSeconds = try lifetime(upload.rule.lifetimeSeconds, with: credentials, at: now)
        let signer = signer(with: credentials)
        let grant = grant(for: upload, key: key, caller: caller, at: now).sealed(with: sealingKeys, using: &random)
        do throws(SigningError) {
            return upload.method == .post
                ? try post(upload, ObjectKey(key), grant, for: lifetimeSeconds, with: signer, at: now)
                : try put(upload, ObjectKey(key), grant, for: lifetimeSeconds, with: signer, at: now)
        } catch {
            throw Refusal(.signingFailed, field: error.field, error.message)
        }
    }

    /// The upload, where it is for this environment and its rule allows it.
    func check(_ request: UploadRequest, by caller: Caller) throws(Refusal) -> CheckedUpload {
        guard caller.environment == environment.name else {
            throw Refusal(.wrongEnvironment, "the caller belongs to \(quoted(caller.environment)), not to \(environment.name)")
        }
        guard !caller.name.isEmpty else { throw Refusal(.invalidCaller, "the caller has no name") }
        return try environment.check(request, by: caller)
    }

    func signer(with credentials: SigningCredentials) -> S3Signer {
        S3Signer(credentials: credentials.credentials, location: environment.location, keyCache: keyCache)
    }

    /// What these credentials sign would end before it is of use.
    public func refuseEnding(_ credentials: SigningCredentials, at now: SigningTime) throws(Refusal) {
        _ = try lifetime(UploadRule.defaultLifetimeSeconds, with: credentials, at: now)
    }

    /// How long a ticket lives at most that these credentials sign, in seconds.
    func lifetime(
        _ wantedSeconds: Int, with credentials: SigningCredentials, at now: SigningTime
    ) throws(Refusal) -> Int {
        guard let remaining = credentials.remainingSeconds(at: now) else { return wantedSeconds }
        guard remaining >= Self.minimumRemainingSeconds else {
            throw Refusal(.credentialsExpiring, "the credentials that sign here end, and there are no new ones yet; try again")
        }
        return Int(min(remaining, Int64(wantedSeconds)))
    }

    func key(
        of upload: CheckedUpload, for caller: Caller, at now: SigningTime, using random: inout some RandomNumberGenerator
    ) -> String {
        var values = KeyValues(environment: environment.name, rule: upload.rule.name, callerSegment: caller.keySegment)
        values.time = now
        values.fileExtension = upload.contentType.fileExtension
        values.sha256Hex = upload.checksum?.hex ?? ""
        if upload.rule.keyTemplate.contains(.uuid) { values.uuid = TicketOffice.uuid(using: &random) }
        return upload.rule.keyTemplate.render(values)
    }

    private func put(
        _ upload: CheckedUpload, _ key: ObjectKey, _ grant: String, for lifetimeSeconds: Int, with signer: S3Signer, at now: SigningTime
    ) throws(SigningError) -> Ticket {
        var request = upload.presignRequest(key: key)
        request.expiresSeconds = lifetimeSeconds
        let signed = try signer.presign(request, at: now)
        // A browser sends the length of a Blob by itself, and lets no page set it.
        let headers = signed.headers.filter { $0.name != "content-length" }
        return ticket(upload, key, grant, url: signed.url, headers: headers, fields: [], expiresAt: signed.expiresAt)
    }

    private func post(
        _ upload: CheckedUpload, _ key: ObjectKey, _ grant: String, for lifetimeSeconds: Int, with signer: S3Signer, at now: SigningTime
    ) throws(SigningError) -> Ticket {
        var policy = upload.postPolicy(key: key)
        policy.expiresSeconds = lifetimeSeconds
        let form = try signer.sign(policy, at: now)
        return ticket(upload, key, grant, url: form.url, headers: [], fields: form.fields, expiresAt: form.expiresAt)
    }

    private func ticket(
        _ upload: CheckedUpload, _ key: ObjectKey, _ grant: String, url: String, headers: [Header], fields: [Header], expiresAt: SigningTime
    ) -> Ticket {
        Ticket(
            environment: environment.name, rule: upload.rule.name, bucket: environment.location.bucket.name, key: key.name,
            method: upload.method, url: url, headers: headers, fields: fields, expiresAt: expiresAt, once: upload.rule.once,
            publicURL: environment.publicURL(of: key.name), sizeBytes: upload.sizeBytes, contentType: upload.contentType, grant: grant)
    }

    /// A random UUID (RFC 9562 section 5.4).
    private static func uuid(using random: inout some RandomNumberGenerator) -> String {
        let high = random.next() & ~0xF000 | 0x4000
        let low = random.next() & ~(0xC << 60) | 0x8 << 60
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for index in 0..<32 {
            if [8, 12, 16, 20].contains(index) { text.append(UInt8(ascii: "-")) }
            let word = index < 16 ? high : low
            text.append(ASCII.hexDigit(UInt8(truncatingIfNeeded: word >> (60 - 4 * (index % 16))) & 15))
        }
        return String(decoding: text, as: UTF8.self)
    }
}
