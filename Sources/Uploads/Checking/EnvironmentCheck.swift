public import S3Policy
internal import S3Signing

/// Holds an environment's rules against the documents of its bucket, so that what S3 would refuse later is known now.
///
/// A document that is missing, or that is itself not right, is not judged here.
public struct EnvironmentCheck: Sendable {
    let environment: Environment
    let bucketPolicy: CheckedPolicy?
    let signerPolicy: CheckedPolicy?
    let cors: CORSConfiguration?
    let corsRoot: JSONNode?
    let lifecycle: LifecycleConfiguration?
    let lifecycleRoot: JSONNode?
    /// The names of the other environments, by their buckets.
    let neighbours: [String: String]
    /// The same, by their accounts.
    let neighbourAccounts: [String: String]

    /// A policy with the document that it was read from.
    struct CheckedPolicy: Sendable {
        let policy: Policy
        let root: JSONNode
    }

    /// - Parameters:
    ///   - documents: What could be read of the bucket's documents.
    ///   - neighbours: The other environments, whose buckets must not be named here.
    public init(_ environment: Environment, documents: [BucketDocumentKind: JSONDocument], neighbours: [Environment] = []) {
        func policy(_ kind: BucketDocumentKind, _ policyKind: PolicyKind) -> CheckedPolicy? {
            guard let document = documents[kind], let root = document.root, let policy = try? Policy(document, kind: policyKind) else {
                return nil
            }
            return CheckedPolicy(policy: policy, root: root)
        }
        self.environment = environment
        self.bucketPolicy = policy(.bucket, .bucket)
        self.signerPolicy = policy(.identity, .identity)
        self.cors = documents[.cors].flatMap { CORSConfiguration.read($0).configuration }
        self.corsRoot = documents[.cors]?.root
        self.lifecycle = documents[.lifecycle].flatMap { LifecycleConfiguration.read($0).configuration }
        self.lifecycleRoot = documents[.lifecycle]?.root
        self.neighbourAccounts = Dictionary(
            neighbours.compactMap { neighbour in neighbour.account.map { ($0, neighbour.name) } }, uniquingKeysWith: { first, _ in first })
        self.neighbours = Dictionary(neighbours.map { ($0.location.bucket.name, $0.name) }, uniquingKeysWith: { first, _ in first })
    }

    /// Everything that does not fit together, document by document.
    public func findings() -> [EnvironmentFinding] {
        let tickets = self.environment.rules.flatMap { Specimen.all(of: $0, in: self.environment) }
        return self.otherBuckets() + self.otherAccounts() + self.bucketPolicyFindings(tickets.filter(\.isNeeded))
            + self.signerFindings(tickets)
            + self.corsFindings(tickets.filter { $0.sender == .page })
            + self.lifecycleFindings(tickets)
    }

    // MARK: - Which bucket

    private func otherBuckets() -> [EnvironmentFinding] {
        let own = self.environment.location.bucket.name
        return [(BucketDocumentKind.bucket, self.bucketPolicy), (.identity, self.signerPolicy)].flatMap {
            kind, checked -> [EnvironmentFinding] in
            let resources = checked?.policy.statements.flatMap { $0.resources.items } ?? []
            return resources.compactMap { resource in
                guard let name = resource.value.bucketName, name != own, kind == .bucket || self.neighbours[name] != nil else { return nil }
                let whose = self.neighbours[name].map { "the bucket of the environment \($0)" } ?? "another bucket"
                let message = "\(name) is \(whose); the bucket of \(self.environment.name) is \(own)."
                return EnvironmentFinding(kind, Finding(.otherBucket, message, at: resource.range))
            }
        }
    }

    // MARK: - Whose account

    private func otherAccounts() -> [EnvironmentFinding] {
        guard let own = self.environment.account, let statements = self.bucketPolicy?.policy.statements else { return [] }
        let principals = statements.filter { $0.effect == .allow }.flatMap { $0.principals?.items ?? [] }
        return principals.compactMap { principal in
            guard let account = principal.value.account, account != own else { return nil }
            let whose = self.neighbourAccounts[account].map { "the account of the environment \($0)" } ?? "another account"
            let message = "\(account) is \(whose); the account of \(self.environment.name) is \(own). It gets into the bucket with this."
            return EnvironmentFinding(.bucket, Finding(.otherAccount, message, at: principal.range))
        }
    }

    // MARK: - Lifecycle

    private func lifecycleFindings(_ tickets: [Specimen]) -> [EnvironmentFinding] {
        guard let lifecycle, let lifecycleRoot, let ticket = tickets.first(where: { !lifecycle.abortsUnfinishedUploads(of: $0.key) }) else {
            return []
        }
        let message =
            "No enabled rule ends unfinished multipart uploads of \(ticket.rule.name)'s keys, whose parts cost money for ever; "
            + "add AbortIncompleteMultipartUpload for all objects."
        let place = (lifecycleRoot["Rules"] ?? lifecycleRoot).range
        return [EnvironmentFinding(.lifecycle, Finding(.unfinishedUploadsStay, message, at: place), rule: ticket.rule.name)]
    }
}

extension PolicyText {
    /// The bucket that an ARN of S3 names, if it names one by its full name.
    fileprivate var bucketName: String? {
        guard let arn = ARN(self.source), arn.service == "s3", arn.region.isEmpty, arn.account.isEmpty else { return nil }
        let name = arn.resource.prefix { $0 != "/" }
        return name.contains(where: { "*?$".contains($0) }) || name.isEmpty ? nil : String(name)
    }
}
