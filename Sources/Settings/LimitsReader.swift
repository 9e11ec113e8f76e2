internal import Uploads
internal import Yams

extension YAMLReader {
    /// What a caller may ask for in a second where nothing is said about it.
    static let usualRequests = RequestRate(perSecond: 100)

    /// How many uploads may be open where others of their limits are named, so that none takes all of a process's room for counts.
    static let usualOpenUploads: [LimitScope: Int] = [.caller: 10_000, .environment: 100_000]

    /// What `limits` says, and the usual where it says nothing.
    mutating func limits(_ fields: Fields) -> UploadLimits {
        var limits = UploadLimits(caller: Allowance(requests: YAMLReader.usualRequests))
        guard let node = fields["limits"] else { return limits }
        let scopes = self.fields(of: node, what: "limits", allowed: LimitScope.allCases.map(\.rawValue), mark: node.mark)
        if let node = scopes["caller"] { limits.caller = allowance(node, of: .caller) }
        if let node = scopes["address"] { limits.address = allowance(node, of: .address) }
        if let node = scopes["environment"] { limits.environment = allowance(node, of: .environment) }
        if LimitScope.allCases.contains(where: { limits[$0].limitsUploads }) {
            limits.caller.openUploads = limits.caller.openUploads ?? YAMLReader.usualOpenUploads[.caller]
            limits.environment.openUploads = limits.environment.openUploads ?? YAMLReader.usualOpenUploads[.environment]
        }
        return limits
    }

    private mutating func allowance(_ node: Node, of scope: LimitScope) -> Allowance {
        let what = "limits: \(scope.rawValue)"
        let aboutRequests = node.mapping?["requestsPerSecond"] ?? node.mapping?["burst"]
        if scope == .address, let node = aboutRequests {
            report(
                "\(what): an address's requests are counted before it is known which environment they are for; set COUNTERSIGN_ADDRESS_REQUESTS",
                at: node.mark)
        }
        let fields = fields(
            of: node, what: what, allowed: ["requestsPerSecond", "burst", "openUploads", "bytesPerDay"], mark: node.mark)
        let perSecond = number(fields, "requestsPerSecond", in: RequestRate.allowedPerSecond)
        let burst = number(fields, "burst", in: 1...(10 * RequestRate.allowedPerSecond.upperBound))
        if scope != .address, fields["burst"] != nil, fields["requestsPerSecond"] == nil {
            report("\(what): burst goes with requestsPerSecond; add it", at: fields["burst"]?.mark)
        }
        let usual = scope == .caller && aboutRequests == nil ? YAMLReader.usualRequests : nil
        return Allowance(
            requests: perSecond.map { RequestRate(perSecond: $0, burst: burst) } ?? usual,
            openUploads: number(fields, "openUploads", in: 1...Allowance.maximumOpenUploads),
            bytesPerDay: value(fields, "bytesPerDay") { text throws(InvalidValue) in
                let bytes = try Quantity.bytes(text)
                guard (1...Allowance.maximumBytesPerDay).contains(bytes) else {
                    throw InvalidValue("use from 1 to \(Allowance.maximumBytesPerDay) bytes")
                }
                return bytes
            })
    }

    private mutating func number(_ fields: Fields, _ key: String, in range: ClosedRange<Int>) -> Int? {
        value(fields, key) { text throws(InvalidValue) in
            guard let number = Int(text), range.contains(number) else {
                throw InvalidValue("\"\(text)\" is not allowed; use a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
    }
}
