/// A pattern for ARNs: each of the six parts is matched by a pattern of its own, so that no wildcard reaches over a colon.
struct ARNPattern: Sendable, Hashable {
    /// Prefix, partition, service, region, account and resource.
    let parts: [Glob]

    func matches(_ arn: ARN) -> Bool {
        let texts = ["arn", arn.partition, arn.service, arn.region, arn.account, arn.resource]
        return zip(texts, self.parts).allSatisfy { $1.matches($0) }
    }
}

extension Glob {
    /// The pattern of an ARN; nil when it is neither `*` nor six parts of which the first is `arn`.
    var arnParts: ARNPattern? {
        if self.matchesAll { return ARNPattern(parts: Array(repeating: self, count: 6)) }
        guard let parts = self.split(atFirst: 5, Self.colon), parts[0] == Glob("arn") else { return nil }
        return ARNPattern(parts: parts)
    }

    /// The pattern with `*` for each part that is missing at its end, as AWS completes ARNs in identity-based policies.
    ///
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns>.
    var completedToARN: Glob {
        var glob = self
        for _ in 0..<max(0, 5 - self.tokens.count { $0 == .unit(Self.colon) }) {
            glob.append(literal: ":")
            glob.appendAnyRun()
        }
        return glob
    }

    private static let colon = UInt16(UInt8(ascii: ":"))
}
