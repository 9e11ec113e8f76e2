/// A pattern of UTF-16 code units, as AWS matches them: `*` is any run of units, `?` any single one.
public struct Glob: Sendable, Hashable {
    enum Token: Sendable, Hashable {
        case unit(UInt16)
        case anyUnit
        case anyRun
    }

    private(set) var tokens: [Token] = []

    public init() {}

    /// A pattern whose `*` and `?` are wildcards.
    public init(_ pattern: some StringProtocol) {
        for unit in pattern.utf16 {
            switch unit {
            case UInt16(UInt8(ascii: "*")): self.appendAnyRun()
            case UInt16(UInt8(ascii: "?")): self.tokens.append(.anyUnit)
            default: self.tokens.append(.unit(unit))
            }
        }
    }

    /// Adds text that stands for itself.
    public mutating func append(literal text: some StringProtocol) {
        self.tokens.append(contentsOf: text.utf16.lazy.map(Token.unit))
    }

    /// Adds `*`; several in a row are one.
    public mutating func appendAnyRun() {
        if self.tokens.last != .anyRun { self.tokens.append(.anyRun) }
    }

    /// Adds `?`.
    public mutating func appendAnyUnit() {
        self.tokens.append(.anyUnit)
    }

    /// Whether only one text matches.
    public var isLiteral: Bool {
        self.tokens.allSatisfy { if case .unit = $0 { true } else { false } }
    }

    /// Whether every text matches.
    public var matchesAll: Bool { self.tokens == [.anyRun] }

    /// Whether the whole text matches. Takes at most pattern times text steps.
    public func matches(_ text: some StringProtocol) -> Bool {
        self.matches(Array(text.utf16))
    }

    func matches(_ units: [UInt16]) -> Bool {
        var token = 0
        var unit = 0
        // Where to go on when the last run has to take one unit more.
        var retry: (token: Int, unit: Int)?
        while unit < units.count {
            if token < self.tokens.count, self.tokens[token] == .anyRun {
                retry = (token + 1, unit)
                token += 1
            } else if token < self.tokens.count, self.tokens[token] == .anyUnit || self.tokens[token] == .unit(units[unit]) {
                token += 1
                unit += 1
            } else if let (retryToken, retryUnit) = retry {
                retry = (retryToken, retryUnit + 1)
                token = retryToken
                unit = retryUnit + 1
            } else {
                return false
            }
        }
        return self.tokens[token...].allSatisfy { $0 == .anyRun }
    }

    /// The patterns between the first separators; nil when there are fewer. A run never reaches over one of them.
    func split(atFirst count: Int, _ separator: UInt16) -> [Glob]? {
        let parts = self.tokens.split(separator: .unit(separator), maxSplits: count, omittingEmptySubsequences: false)
        guard parts.count == count + 1 else { return nil }
        return parts.map { part in
            var glob = Glob()
            glob.tokens = Array(part)
            return glob
        }
    }
}
