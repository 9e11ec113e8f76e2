extension IssueCode {
    static let privateIPAddress = IssueCode("PRIVATE_IP_ADDRESS", .error)
    static let privateNotIPAddress = IssueCode("PRIVATE_NOT_IP_ADDRESS", .error)
    static let privateIPAddressSubset = IssueCode("PRIVATE_IP_ADDRESS_SUBSET", .suggestion)
    static let privateNotIPAddressSubset = IssueCode("PRIVATE_NOT_IP_ADDRESS_SUBSET", .suggestion)
}

/// `aws:SourceIp` is compared with private addresses, which no request over the internet comes from.
enum PrivateIPAddress: ValidationRule {
    static let codes = [
        IssueCode.privateIPAddress, IssueCode.privateNotIPAddress, IssueCode.privateIPAddressSubset, IssueCode.privateNotIPAddressSubset,
    ]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inConditions { _, condition in
            guard condition.key?.lowercased == "aws:sourceip", let comparison = condition.operator?.comparison,
                comparison.family == .ipAddress
            else { return nil }
            let networks = condition.texts.compactMap { text in IPNetwork(text.value).map { (text: text, network: $0) } }
            let privates = networks.filter { $0.network.isPrivate }
            guard !privates.isEmpty, networks.count == condition.values.count else { return nil }
            let isAll = privates.count == networks.count
            let code: IssueCode =
                comparison.isNegated
                ? (isAll ? .privateNotIPAddress : .privateNotIPAddressSubset) : isAll ? .privateIPAddress : .privateIPAddressSubset
            let effect = comparison.isNegated ? "excludes nobody" : "matches nobody"
            let message = "aws:SourceIp is a public address; a private one \(effect). Name public ranges, or use aws:VpcSourceIp."
            return Finding(code, message, at: isAll ? [condition.member.value.range] : privates.map(\.text.range))
        }
    }
}
