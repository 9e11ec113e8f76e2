/// An Amazon Resource Name split at its first five colons; the resource may have more. Any part may be empty or a pattern.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>.
public struct ARN: Sendable, CustomStringConvertible {
    public let partition: String
    public let service: String
    public let region: String
    public let account: String
    public let resource: String

    public init(partition: String, service: String, region: String, account: String, resource: String) {
        self.partition = partition
        self.service = service
        self.region = region
        self.account = account
        self.resource = resource
    }

    /// - Returns: nil when the text does not start with `arn:` or has fewer than five colons. Those of policy variables do not count.
    public init?(_ text: String) {
        guard text.utf8.starts(with: "arn:".utf8) else { return nil }
        let parts =
            text.utf8.contains(UInt8(ascii: "$"))
            ? Self.partsAroundVariables(text)
            : text.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 5, omittingEmptySubsequences: false).map(Substring.init)
        guard parts.count == 6 else { return nil }
        self.init(
            partition: String(parts[1]), service: String(parts[2]), region: String(parts[3]), account: String(parts[4]),
            resource: String(parts[5]))
    }

    private static func partsAroundVariables(_ text: String) -> [Substring] {
        let bytes = Array(text.utf8)
        let braces = VariableBraces(bytes)
        var parts: [Substring] = []
        var start = 0
        var index = 0
        while index < bytes.count, parts.count < 5 {
            if bytes[index...].starts(with: "${".utf8), let end = braces.closeAnyway(from: index + 2) {
                index = end
            } else if bytes[index] == UInt8(ascii: ":") {
                parts.append(Substring(decoding: bytes[start..<index], as: UTF8.self))
                start = index + 1
            }
            index += 1
        }
        return parts + [Substring(decoding: bytes[start...], as: UTF8.self)]
    }

    public var description: String {
        "arn:\(self.partition):\(self.service):\(self.region):\(self.account):\(self.resource)"
    }
}

extension ARN: Hashable {
    /// By code units: an ARN names something else than one that is only canonically equivalent.
    public static func == (left: ARN, right: ARN) -> Bool {
        left.description.utf8.elementsEqual(right.description.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        for byte in self.description.utf8 { hasher.combine(byte) }
    }
}
