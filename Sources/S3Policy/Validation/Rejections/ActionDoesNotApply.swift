extension IssueCode {
    static let actionDoesNotApply = IssueCode("S3_ACTION_DOES_NOT_APPLY", .error, origin: .s3)
}

/// No resource of the statement fits one of its actions: S3 refuses the policy.
///
/// Object actions need `bucket/key`, bucket actions the bucket alone.
enum ActionDoesNotApply: ValidationRule {
    static let codes = [IssueCode.actionDoesNotApply]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        guard subject.kind == .bucket else { return [] }
        return subject.inStatements { statement in
            let resources = statement.resources.filter { !$0.isNegated }
            let types = resources.reduce(into: BucketPolicyTypes()) { $0.formUnion(subject.reference.bucketPolicyTypes(of: $1)) }
            // Every action can be about one of the two.
            guard types != .both else { return [] }
            // Other rules tell what is no resource of S3.
            guard !resources.isEmpty, resources.allSatisfy({ isResource($0, in: subject.reference) }) else { return [] }
            return statement.actions.compactMap { action in
                guard !action.isNegated, let pattern = action.pattern else { return nil }
                let possible = subject.reference.bucketPolicyTypes(of: pattern)
                guard !possible.isEmpty, possible.isDisjoint(with: types) else { return nil }
                let hint =
                    types.contains(.object)
                    ? "it needs the bucket itself, without a slash" : "it needs objects, such as arn:aws:s3:::bucket/*"
                return Finding(
                    .actionDoesNotApply,
                    "Action does not apply to any resource(s) in statement: \(action.value) is about something else; \(hint).",
                    at: action.range)
            }
        }
    }

    private static func isResource(_ resource: ResourceOutline, in reference: ServiceReference) -> Bool {
        resource.value == "*" || resource.arn.map { $0.service == "s3" && reference.matchesFormat($0) } == true
    }
}
