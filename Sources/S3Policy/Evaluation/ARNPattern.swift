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
    /// The pattern of an ARN; nil when it has fewer than six parts.
    var arnParts: ARNPattern? {
        self.split(atFirst: 5, UInt16(UInt8(ascii: ":"))).map(ARNPattern.init)
    }
}
