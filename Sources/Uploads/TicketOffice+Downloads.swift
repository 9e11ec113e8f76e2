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
        guard caller.environment == environment.name else {
            throw Refusal(.wrongEnvironment, "the caller belongs to \(quoted(caller.environment)), not to \(environment.name)")
        }
        guard environment.allowsDownloads else {
            throw Refusal(
                .downloadsNotAllowed,
                "environment \(environment.name) gives no tickets for reading; set downloads: true in its uploads.yaml")
        }
        let rules = environment.rules.filter {
            caller.mayUse(rule: $0.name)
                && $0.keyTemplate.isUnderPrefix(key, environment: environment.name, rule: $0.name, caller: caller)
        }
        guard let wanted = rules.map(\.lifetimeSeconds).min(), let object = try? ObjectKey(key) else {
            throw Refusal(
                .keyNotAllowed, field: "key", "this is no key under the caller's own prefix; send one as a ticket named it")
        }
        let lifetimeSeconds = try lifetime(wanted, with: credentials, at: now)
        let isInline = rules.allSatisfy { $0.contentDisposition?.kind == .inline }
        do {
            let request = PresignRequest(
                method: .get, key: object, expiresSeconds: lifetimeSeconds,
                query: isInline ? [] : [QueryItem("response-content-disposition", "attachment")])
            let signed = try signer(with: credentials).presign(request, at: now)
            return DownloadTicket(
                environment: environment.name, bucket: environment.location.bucket.name, key: key, url: signed.url,
                expiresAt: signed.expiresAt)
        } catch {
            throw Refusal(.signingFailed, field: "key", error.message)
        }
    }
}
