extension IssueCode {
    static let improveIPRange = IssueCode("IMPROVE_IP_RANGE", .suggestion)
}

/// A CIDR range has bits set behind its prefix. For IPv6 AWS then matches nothing.
enum ImproveIPRange: ValidationRule {
    static let codes = [IssueCode.improveIPRange]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.conditions.flatMap { _, condition -> [Finding] in
            guard condition.operator?.comparison.family == .ipAddress else { return [] }
            return condition.texts.compactMap { text in
                guard let network = IPNetwork(text.value), network.hasHostBits else { return nil }
                let masked = network.masked.description
                let isV6 = network.address.version == .v6
                let message =
                    isV6
                    ? "AWS matches nothing with bits set behind the prefix; write \(masked)."
                    : "Bits behind the prefix do not count; write \(masked)."
                return Finding(.improveIPRange, message, at: text.range, fix: isV6 ? nil : .replace(text.range, by: masked))
            }
        }
    }
}
