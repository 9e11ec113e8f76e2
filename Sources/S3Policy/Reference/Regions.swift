/// AWS's Regions.
///
/// Source: <https://docs.aws.amazon.com/general/latest/gr/rande.html>, from memory of 2026; a name that has a Region's form counts as one.
enum Regions {
    static let all = [
        "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2",
        "ap-southeast-1",
        "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-central-1",
        "ca-west-1",
        "cn-north-1", "cn-northwest-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2",
        "eu-west-3", "il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1", "us-east-1", "us-east-2", "us-gov-east-1",
        "us-gov-west-1", "us-west-1", "us-west-2",
    ]

    private static let areas = Set(["af", "ap", "ca", "cn", "eu", "il", "me", "mx", "sa", "us"])
    private static let directions = Set(["central", "east", "north", "northeast", "northwest", "south", "southeast", "southwest", "west"])

    /// Whether a text is a Region, or could be one that is newer than the list: its area, a direction and a number.
    static func isRegion(_ text: String) -> Bool {
        if self.all.contains(text) { return true }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        let isPlain = parts.count == 3 && self.areas.contains(parts[0]) && self.directions.contains(parts[1])
        let isGovernment = parts.count == 4 && ["gov", "iso", "isob", "isof"].contains(parts[1]) && self.directions.contains(parts[2])
        return (isPlain || isGovernment) && parts.last.map { $0.utf8.count == 1 && $0.utf8.allSatisfy(\.isDigit) } == true
    }
}
