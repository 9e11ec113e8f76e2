extension IssueCode {
    static let invalidARNServiceCase = IssueCode("INVALID_ARN_SERVICE_CASE", .error)
}

/// The service of a resource's ARN is not in lower case.
enum InvalidARNServiceCase: ValidationRule {
    static let codes = [IssueCode.invalidARNServiceCase]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inResources { _, resource in
            guard let arn = resource.arn, arn.service != arn.service.lowercased() else { return nil }
            let fixed = ARN(
                partition: arn.partition, service: arn.service.lowercased(), region: arn.region, account: arn.account,
                resource: arn.resource)
            let message = "Write the service in lower case: \(arn.service.lowercased())."
            return Finding(.invalidARNServiceCase, message, at: resource.range, fix: .replace(resource.range, by: fixed.description))
        }
    }
}
