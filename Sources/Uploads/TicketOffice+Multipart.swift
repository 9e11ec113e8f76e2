internal import Libcrypto
internal import S3Signing
public import SigV4

extension TicketOffice {
    /// A ticket has its parts with it where they are no more than these.
    static let maximumPartsInTicket = 100

    /// Checks a request for an upload in parts, and makes its key. Nothing is signed yet: assisted, the store gives the upload its id first.
    public func begin(
        _ request: UploadRequest, to caller: Caller, at now: SigningTime, using random: inout some RandomNumberGenerator
    ) throws(Refusal) -> MultipartStart {
        let upload = try check(request, by: caller)
        guard upload.method == .multipart else {
            throw Refusal(.notMultipart, field: "method", "the rule \(upload.rule.name) takes \(upload.method.rawValue)")
        }
        let name = key(of: upload, for: caller, at: now, using: &random)
        do {
            return MultipartStart(upload: upload, caller: caller, key: try ObjectKey(name), headers: upload.createHeaders())
        } catch {
            throw Refusal(.signingFailed, field: error.field, error.message)
        }
    }

    /// The ticket of a begun upload. It lasts as long as its grant; what is signed with these credentials says itself when it ends.
    ///
    /// - Parameter uploadID: the store's, where the service created the upload; nil where the client is to do so.
    public func ticket(
        for start: MultipartStart, uploadID: String?, with credentials: SigningCredentials, at now: SigningTime,
        using random: inout some RandomNumberGenerator
    ) throws(Refusal) -> MultipartTicket {
        try refuseEnding(credentials, at: now)
        let upload = start.upload
        let plan =
            upload.sizeBytes.count == 1
            ? PartPlan(sizeBytes: upload.sizeBytes.lowerBound, wantedPartSizeBytes: upload.rule.partSizeBytes) : nil
        let multipart = Grant.Multipart(mode: start.mode, uploadID: uploadID, partSizeBytes: plan?.partSizeBytes)
        let grant = grant(for: upload, key: start.key.name, multipart, caller: start.caller, at: now)
        var create: PresignedStep?
        var parts: [PartTicket]?
        if let uploadID {
            if let plan, plan.count <= Self.maximumPartsInTicket {
                parts = try self.parts(Array(1...plan.count), of: grant, uploadID: uploadID, with: credentials, at: now)
            }
        } else {
            create = try step(.post, start.key, [QueryItem("uploads", "")], start.headers, grant, with: credentials, at: now)
        }
        return MultipartTicket(
            environment: environment.name, rule: upload.rule.name, bucket: environment.location.bucket.name, key: start.key.name,
            mode: start.mode, create: create, plan: plan, parts: parts, expiresAt: grant.expiresAt, once: upload.rule.once,
            publicURL: environment.publicURL(of: start.key.name), sizeBytes: upload.sizeBytes, contentType: upload.contentType,
            grant: grant.sealed(with: sealingKeys, using: &random))
    }

    /// Permission to send these parts, each with exactly the bytes that it has in the file.
    ///
    /// Where the client could not know the file's size the lengths are free, and what arrived is counted when the upload is completed.
    ///
    /// - Parameter numbers: checked; see ``Grant/check(partNumbers:)``.
    public func parts(
        _ numbers: [Int], of grant: Grant, uploadID: String, with credentials: SigningCredentials, at now: SigningTime
    ) throws(Refusal) -> [PartTicket] {
        let key = try objectKey(of: grant)
        let plan = grant.plan
        return try numbers.map { number throws(Refusal) in
            let query = [QueryItem("partNumber", String(number)), QueryItem("uploadId", uploadID)]
            let length = plan.map { [Header("content-length", String($0.sizeBytes(ofPart: number)))] } ?? []
            return PartTicket(number: number, step: try step(.put, key, query, length, grant, with: credentials, at: now))
        }
    }

    /// How the client ends an upload that it created itself, and looks at what has arrived.
    ///
    /// - Parameter objectSizeBytes: what the parts must have together, where the store compares that; nil for the grant's own size.
    public func steps(
        of grant: Grant, uploadID: String, objectSizeBytes: Int64? = nil, with credentials: SigningCredentials, at now: SigningTime
    ) throws(Refusal) -> (complete: PresignedStep, abort: PresignedStep, list: PresignedStep) {
        let key = try objectKey(of: grant)
        let query = [QueryItem("uploadId", uploadID)]
        var conditions = grant.once ? [Header("if-none-match", "*")] : []
        // Each part's length is bound, and so that none is left out, their sum.
        let sum = objectSizeBytes ?? (grant.sizeBytes.count == 1 ? grant.sizeBytes.lowerBound : nil)
        if environment.comparesObjectSize, let sum { conditions.append(Header("x-amz-mp-object-size", String(sum))) }
        return (
            complete: try step(.post, key, query, conditions, grant, with: credentials, at: now),
            abort: try step(.delete, key, query, [], grant, with: credentials, at: now),
            list: try step(.get, key, query, [], grant, with: credentials, at: now)
        )
    }

    private func step(
        _ method: S3Method, _ key: ObjectKey, _ query: [QueryItem], _ headers: [Header], _ grant: Grant,
        with credentials: SigningCredentials, at now: SigningTime
    ) throws(Refusal) -> PresignedStep {
        let rule = environment.rule(named: grant.rule)
        let wanted = min(
            Int64(rule?.lifetimeSeconds ?? UploadRule.defaultLifetimeSeconds),
            max(1, grant.expiresAt.secondsSinceEpoch - now.secondsSinceEpoch))
        let lifetimeSeconds = try lifetime(Int(wanted), with: credentials, at: now)
        do {
            let request = PresignRequest(method: method, key: key, expiresSeconds: lifetimeSeconds, headers: headers, query: query)
            let signed = try signer(with: credentials).presign(request, at: now)
            // A browser sends the length of a Blob by itself, and lets no page set it.
            return PresignedStep(
                method: method, url: signed.url, headers: signed.headers.filter { $0.name != "content-length" },
                expiresAt: signed.expiresAt)
        } catch {
            throw Refusal(.signingFailed, field: error.field, error.message)
        }
    }

    private func objectKey(of grant: Grant) throws(Refusal) -> ObjectKey {
        do { return try ObjectKey(grant.key) } catch { throw Refusal(.signingFailed, field: error.field, error.message) }
    }
}

// MARK: - Grants

extension TicketOffice {
    /// What a ticket's grant says, where this caller may go on with it here and now.
    ///
    /// - Parameter isConfirming: the caller only asks what was stored: then it may be the back end of who got the ticket.
    public func open(
        _ token: String, for caller: Caller, isConfirming: Bool = false, at now: SigningTime
    ) throws(Refusal) -> Grant {
        guard let grant = Grant(token: token, keys: sealingKeys) else {
            throw Refusal(.grantInvalid, field: "grant", "this is no grant of this service; send the one that the ticket had, whole")
        }
        guard caller.environment == environment.name, grant.environment == environment.name,
            grant.bucket == environment.location.bucket.name
        else {
            throw Refusal(.grantOtherEnvironment, field: "grant", "this grant is for another environment, or a bucket that it had before")
        }
        guard isConfirming ? grant.isConfirmable(by: caller) : grant.isHeld(by: caller), caller.mayUse(rule: grant.rule) else {
            throw Refusal(.grantOtherCaller, field: "grant", "this grant was given to another caller; who got the ticket goes on with it")
        }
        guard now < grant.expiresAt else {
            throw Refusal(.grantExpired, field: "grant", "this grant ended at \(grant.expiresAt.iso8601); ask for a new ticket")
        }
        return grant
    }

    func grant(
        for upload: CheckedUpload, key: String, _ multipart: Grant.Multipart? = nil, caller: Caller, at now: SigningTime
    ) -> Grant {
        Grant(
            environment: environment.name, rule: upload.rule.name, bucket: environment.location.bucket.name, key: key,
            holder: caller.identity, method: upload.method, multipart: multipart, once: upload.rule.once, sizeBytes: upload.sizeBytes,
            contentType: upload.contentType.text, sha256: upload.checksum, encryption: upload.rule.encryption,
            tagsConfirmed: upload.rule.tagsUnconfirmed, expiresAt: now.adding(seconds: Int64(upload.rule.grantLifetimeSeconds)))
    }
}
