extension IssueCode {
    static let arnAccountNotAllowed = IssueCode("ARN_ACCOUNT_NOT_ALLOWED", .error)
    static let arnRegionNotAllowed = IssueCode("ARN_REGION_NOT_ALLOWED", .error)
}

/// The ARN of a bucket or object names a Region or an account; neither has a place there.
enum ARNFieldNotAllowed: ValidationRule {
    static let codes = [IssueCode.arnAccountNotAllowed, IssueCode.arnRegionNotAllowed]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            statement.resources.flatMap { resource -> [Finding] in
                guard let arn = resource.arn, arn.service == "s3", !(arn.region.isEmpty && arn.account.isEmpty) else { return [] }
                guard arn.isBucketOrObject, subject.reference.matchesFormat(arn), !subject.reference.canHaveAccount(arn) else { return [] }
                let bare = ARN(partition: arn.partition, service: arn.service, region: "", account: "", resource: arn.resource).description
                var findings: [Finding] = []
                // IAM takes `*` as an account, which can be none; as a Region it does not.
                if !["", "*"].contains(arn.account) {
                    let message = "The ARN of a bucket or object names no account; write \(bare)."
                    findings.append(Finding(.arnAccountNotAllowed, message, at: resource.range, fix: .replace(resource.range, by: bare)))
                }
                if !arn.region.isEmpty {
                    let message = "The ARN of a bucket or object names no Region; write \(bare)."
                    findings.append(Finding(.arnRegionNotAllowed, message, at: resource.range, fix: .replace(resource.range, by: bare)))
                }
                return findings
            }
        }
    }
}
