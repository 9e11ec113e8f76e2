internal import S3Signing
public import SigV4

/// Permission to read one object for a time.
public struct DownloadTicket: Sendable, Equatable {
    public let environment: String
    public let bucket: String
    public let key: String
    /// A GET. It is as good as a password until the ticket expires.
    public let url: String
    public let expiresAt: SigningTime
}

extension TicketOffice {
    /// Issues a ticket that reads one object under the caller's own prefix, whether it is there or not.
    ///
    /// Browsers save what they get (`response-content-disposition=attachment`, GetObject), unless every rule that the object can come from
    /// says `inline`: then they do what the object was stored with.
    public func issueDownload(
        of key: String, to caller: Caller, with credentials: SigningCredentials, at now: SigningTime
    ) throws(Refusal) -> DownloadTicket {
        try checkDownloads(to: caller)
        // What callers of one prefix store there may come from a rule that this one may not use.
        let origins = environment.rules.filter {
            $0.keyTemplate.isUnderPrefix(key, environment: environment.name, rule: $0.name, caller: caller)
        }
        let rules = origins.filter { caller.mayUse(rule: $0.name) }
        guard !rules.isEmpty else {
            throw Refusal(
                .keyNotAllowed, field: "key", "this is no key under the caller's own prefix; send one as a ticket named it")
        }
        return try download(of: key, field: "key", from: origins, under: rules, with: credentials, at: now)
    }

    /// Issues a ticket that reads what a grant's upload stored.
    public func issueDownload(
        of grant: Grant, to caller: Caller, with credentials: SigningCredentials, at now: SigningTime
    ) throws(Refusal) -> DownloadTicket {
        try checkDownloads(to: caller)
        guard let rule = environment.rule(named: grant.rule) else {
            throw Refusal(.unknownRule, field: "grant", "there is no upload rule \(quoted(grant.rule)) any more")
        }
        guard caller.mayUse(rule: rule.name) else {
            throw Refusal(.ruleNotAllowed, field: "grant", "the caller may not use upload rule \(quoted(rule.name))")
        }
        return try download(of: grant.key, field: "grant", from: [rule], under: [rule], with: credentials, at: now)
    }

    private func checkDownloads(to caller: Caller) throws(Refusal) {
        guard caller.environment == environment.name else {
            throw Refusal(.wrongEnvironment, "the caller belongs to \(quoted(caller.environment)), not to \(environment.name)")
        }
        guard environment.allowsDownloads else {
            throw Refusal(
                .downloadsNotAllowed,
                "environment \(environment.name) gives no tickets for reading; set downloads: true in its uploads.yaml")
        }
    }

    /// - Parameters:
    ///   - origins: the rules that the object can come from.
    ///   - rules: those by which the caller may read it.
    private func download(
        of key: String, field: String, from origins: [UploadRule], under rules: [UploadRule], with credentials: SigningCredentials,
        at now: SigningTime
    ) throws(Refusal) -> DownloadTicket {
        let wanted = rules.map(\.lifetimeSeconds).min() ?? UploadRule.defaultLifetimeSeconds
        guard let object = try? ObjectKey(key) else { throw Refusal(.keyNotAllowed, field: field, "this is no key of an object") }
        let lifetimeSeconds = try lifetime(wanted, with: credentials, at: now)
        let isInline = origins.allSatisfy { $0.contentDisposition?.kind == .inline }
        do {
            let request = PresignRequest(
                method: .get, key: object, expiresSeconds: lifetimeSeconds,
                query: isInline ? [] : [QueryItem("response-content-disposition", "attachment")])
            let signed = try signer(with: credentials).presign(request, at: now)
            return DownloadTicket(
                environment: environment.name, bucket: environment.location.bucket.name, key: key, url: signed.url,
                expiresAt: signed.expiresAt)
        } catch {
            throw Refusal(.signingFailed, field: field, error.message)
        }
    }
}
