import S3Signing
import SigV4
import Uploads

/// Binds a hand-made signature as an upload rule would bind a ticket; only the key is the user's own.
struct RuleBinding {
    private let upload: CheckedUpload
    private let key: ObjectKey
    private let once: Bool

    init(
        rule: String, setup: SigningSetup, key: String, contentType: String?, size: Int64?, sha256: String?, once: Bool = false,
        metadata: [String: String], method: UploadMethod? = nil
    ) throws(CommandFailure) {
        guard let environment = setup.environment else {
            throw .wrongUse("--rule needs --environment, whose policies folder holds the rule.")
        }
        guard let contentType else { throw .wrongUse("--rule needs --content-type, which the rule checks and binds.") }
        let fileName = key.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) } ?? key
        let request = UploadRequest(
            rule: rule, filename: fileName, size: size, type: contentType, sha256: sha256, metadata: metadata, method: method?.rawValue)
        do { upload = try environment.check(request) } catch {
            throw error.code == .unknownRule ? .wrongUse(Quoting.terminal(error.detail)) : .no(Quoting.terminal(error.detail))
        }
        self.key = try PresignJob.told { () throws(SigningError) in try ObjectKey(key) }
        self.once = once
    }

    func presignRequest(expiresSeconds: Int?) throws(CommandFailure) -> PresignRequest {
        try expect(.put)
        var request = upload.presignRequest(key: key)
        request.expiresSeconds = try lifetime(expiresSeconds)
        if once, !upload.rule.once { request.headers.append(Header("if-none-match", "*")) }
        return request
    }

    func postPolicy(expiresSeconds: Int?) throws(CommandFailure) -> PostPolicy {
        try expect(.post)
        var policy = upload.postPolicy(key: key)
        policy.expiresSeconds = try lifetime(expiresSeconds)
        return policy
    }

    /// How `upload` sends the file itself.
    ///
    /// - Parameter partSizeBytes: nil for what the rule says.
    func sending(sizeBytes: Int64, partSizeBytes: Int64?) throws(CommandFailure) -> UploadPlan {
        if upload.method != .multipart { try expect(.put) }
        let parts = PartPlan(sizeBytes: sizeBytes, wantedPartSizeBytes: partSizeBytes ?? upload.rule.partSizeBytes)
        return UploadPlan(
            key: key, headers: upload.createHeaders(isConfirmed: true), once: once || upload.rule.once,
            parts: upload.method == .multipart ? parts : nil)
    }

    private func expect(_ method: UploadMethod) throws(CommandFailure) {
        guard upload.method == method else {
            let way =
                switch upload.method {
                case .put: "take presign put"
                case .post: "take presign post"
                case .multipart: "take upload, which sends parts"
                }
            throw .wrongUse("the rule \(upload.rule.name) is for \(upload.method.rawValue): \(way).")
        }
    }

    private func lifetime(_ expiresSeconds: Int?) throws(CommandFailure) -> Int {
        guard let expiresSeconds else { return upload.rule.lifetimeSeconds }
        guard expiresSeconds <= upload.rule.lifetimeSeconds else {
            throw .wrongUse(
                "the rule \(upload.rule.name) lets a signature live \(DurationText.readable(Int64(upload.rule.lifetimeSeconds))) at most.")
        }
        return expiresSeconds
    }
}
