/// A set of texts: what some patterns match, or what none of them does.
struct TextLanguage: Sendable, Hashable {
    var patterns: [TextPattern]
    var isComplement = false

    init(_ patterns: [TextPattern], isComplement: Bool = false) {
        self.patterns = patterns
        self.isComplement = isComplement
    }

    static let nothing = TextLanguage([])
    static let everything = TextLanguage([], isComplement: true)

    var complement: TextLanguage { TextLanguage(self.patterns, isComplement: !self.isComplement) }

    /// The texts whose image under a function is in this set.
    /// - Parameter preimage: The patterns of the texts whose image a pattern matches. Every text in question must have one image.
    func preimage(_ preimage: (TextPattern) -> [TextPattern]) -> TextLanguage {
        TextLanguage(self.patterns.flatMap(preimage), isComplement: self.isComplement)
    }
}

/// ARNs as texts.
extension TextPattern {
    /// Every text that is an ARN.
    static let anyARN = TextPattern(literal: "arn:") + field + ":" + field + ":" + field + ":" + field + ":" + .run(.all)

    /// Together: every text that is no ARN, since it has fewer than five colons or does not begin with `arn:`.
    static let notARN: [TextPattern] =
        (0..<5).map { colons in (0..<colons).reduce(field) { pattern, _ in pattern + ":" + field } }
        + (0...3).flatMap { length -> [TextPattern] in
            let common = String("arn".prefix(length))
            let next = "arn".utf16.dropFirst(length).first.map(UnitSet.init) ?? UnitSet([])
            let longer = common + TextPattern([.one(UnitSet.all.subtracting(.colon).subtracting(next))]) + field
            return (length < 3 ? [TextPattern(literal: common), longer] : [longer]).map { $0 + ":" + .run(.all) }
        }

    private static let field = run(UnitSet.all.subtracting(.colon))

    /// The ARNs that a pattern matches, part by part; nil when there are none.
    init?(_ pattern: ARNPattern) {
        guard pattern.parts[0].matches("arn") else { return nil }
        var whole = TextPattern(literal: "arn")
        for part in pattern.parts[1..<5] {
            guard let part = TextPattern(part).without(.colon) else { return nil }
            whole = whole + ":" + part
        }
        self = whole + ":" + TextPattern(pattern.parts[5])
    }
}
