/// AWS's Regions, in all partitions.
///
/// The names come from botocore 1.44.5, `partitions.json`; see also <https://docs.aws.amazon.com/general/latest/gr/rande.html>.
enum Regions {
    /// The day of the data as `YYYY-MM-DD`.
    static let date = "2026-11-17"

    static let all: Set = [
        "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2",
        "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7",
        "ca-central-1", "ca-west-1", "cn-north-1", "cn-northwest-1", "eu-central-1", "eu-central-2", "eu-isoe-west-1", "eu-north-1",
        "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "eusc-de-east-1", "il-central-1", "me-central-1", "me-south-1",
        "me-west-1", "mx-central-1", "sa-east-1", "sa-west-1", "us-east-1", "us-east-2", "us-gov-east-1", "us-gov-west-1", "us-iso-east-1",
        "us-iso-west-1", "us-isob-east-1", "us-isob-west-1", "us-isof-east-1", "us-isof-south-1", "us-west-1", "us-west-2",
    ]

    /// What to say of a name that is none.
    static func unknownMessage(_ name: String) -> String {
        "There is no Region \"\(name)\" in the data of \(self.date)." + Finding.didYouMean(NearestName.of(name, among: self.all))
    }
}

/// AWS's partitions: groups of Regions whose accounts and ARNs have nothing to do with each other.
enum Partitions {
    /// As in botocore's `partitions.json`, like ``Regions/all``.
    static let all = ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"]
}
