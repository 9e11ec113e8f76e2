extension IssueCode {
    static let invalidPartition = IssueCode("INVALID_PARTITION", .error)
}

/// A resource's ARN names a partition that AWS does not have.
enum InvalidPartition: ValidationRule {
    static let codes = [IssueCode.invalidPartition]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inResources { _, resource in
            guard let arn = resource.arn, !Partitions.all.contains(arn.partition), !arn.partition.isOpen
            else { return nil }
            let nearest = NearestName.of(arn.partition, among: Partitions.all).map { partition in
                ARN(partition: partition, service: arn.service, region: arn.region, account: arn.account, resource: arn.resource)
                    .description
            }
            let meant = nearest ?? MeantResource.arn(for: resource.value)
            let message = "There is no partition \"\(arn.partition)\"; write \"aws\", or aws-cn or aws-us-gov for China and GovCloud."
            return Finding(
                .invalidPartition, message + Finding.didYouMean(meant), at: resource.range,
                fix: meant.map { .replace(resource.range, by: $0) })
        }
    }
}
