import S3Policy
import S3Signing
import SigV4

/// Asks the bucket's policy before an operation, as S3 does.
///
/// The bucket stands for a real one, so that what counts there counts here: requests are taken as coming over TLS, and the policy's
/// own bucket name is used. Whoever has one of the bucket's access keys is a user of the account that owns it, with an IAM policy that
/// allows everything: only a Deny stops it. Requests without a signature are refused before, whatever the policy says.
struct PolicyGate: Sendable {
    private let evaluator: PolicyEvaluator
    private let bucketName: String

    /// - Parameter bucketName: The bucket's name in the policy.
    init(_ policy: Policy, bucketName: String) {
        self.evaluator = PolicyEvaluator(policy)
        self.bucketName = bucketName
    }

    private static let owner = Caller.identity(
        ARN(partition: "aws", service: "iam", region: "", account: "000000000000", resource: "user/local"))

    /// - Parameter tags: That the request's body has; nil where only headers tell tags.
    /// - Throws: `AccessDenied`, with the statement that decided.
    func check(_ request: S3Request, verified: VerifiedRequest, tags: [ObjectTag]? = nil, at now: SigningTime) throws(S3Error) {
        var facts = S3RequestFacts(
            method: request.method, bucket: self.bucketName, key: request.key, query: request.target.query.map { .init($0.name, $0.value) },
            headers: request.headers.map { .init($0.name, $0.value) },
            authentication: verified.isPresigned ? .query : .header)
        facts.signatureAgeMilliseconds = Self.age(verified.signedAt, at: now)
        let isWriting = request.method == "PUT" || request.query("uploads") != nil
        let header = isWriting ? request.fields["x-amz-tagging"] : nil
        let found = if let tags { tags } else { try header.map { text throws(S3Error) in try Tagging.parse(header: text) } ?? [] }
        facts.tags = found.map { .init($0.key, $0.value) }
        try self.check(facts, at: now)
    }

    func check(_ form: VerifiedForm, signedAt: SigningTime?, at now: SigningTime) throws(S3Error) {
        var facts = S3RequestFacts(
            method: "POST", bucket: self.bucketName, key: form.key.name, headers: form.fields.map { .init($0.name, $0.value) },
            authentication: .form)
        facts.signatureAgeMilliseconds = signedAt.map { Self.age($0, at: now) }
        let tagging = form.fields.first { $0.name == "tagging" }?.value
        facts.tags = (try tagging.map { xml throws(S3Error) in try Tagging.parse(xml: xml) } ?? []).map { .init($0.key, $0.value) }
        try self.check(facts, at: now)
    }

    private func check(_ facts: S3RequestFacts, at now: SigningTime) throws(S3Error) {
        var facts = facts
        facts.isSecure = true
        facts.tlsVersion = "1.3"
        facts.sourceIP = "127.0.0.1"
        facts.timeSeconds = now.secondsSinceEpoch
        for access in facts.accesses(by: Self.owner) {
            let evaluation = self.evaluator.evaluate(access)
            if evaluation.outcome == .deny { throw Refused.byPolicy(access.action, evaluation.decidingStatements.first) }
        }
    }

    private static func age(_ signedAt: SigningTime, at now: SigningTime) -> Int64 {
        max(0, now.secondsSinceEpoch - signedAt.secondsSinceEpoch) * 1000
    }
}

extension Refused {
    /// S3 says as much since it names the kind of policy that denied; the statement helps whoever develops.
    fileprivate static func byPolicy(_ action: String, _ statement: StatementEvaluation?) -> S3Error {
        let name = statement.map { $0.sid ?? "\($0.index + 1)" } ?? "unknown"
        return S3Error(
            code: "AccessDenied", status: 403,
            message:
                "User: arn:aws:iam::000000000000:user/local is not authorized to perform: \(action) with an explicit deny in a resource-based policy",
            details: [Header("PolicyStatement", name)])
    }
}
