/// A pattern of UTF-16 code units: like a ``Glob``, but with a set of units for each wildcard.
struct TextPattern: Sendable, Hashable {
    enum Step: Sendable, Hashable {
        case unit(UInt16)
        /// One unit of the set.
        case one(UnitSet)
        /// Any number of units of the set, also none.
        case run(UnitSet)
    }

    private(set) var steps: [Step] = []

    init(_ steps: [Step] = []) {
        self.steps = steps
    }

    init(literal text: some StringProtocol) {
        self.steps = text.utf16.map(Step.unit)
    }

    init(_ glob: Glob) {
        self.steps = glob.tokens.map { token in
            switch token {
            case .unit(let unit): .unit(unit)
            case .anyUnit: .one(.all)
            case .anyRun: .run(.all)
            }
        }
    }

    /// Every text of the set's units.
    static func run(_ units: UnitSet) -> TextPattern { TextPattern([.run(units)]) }

    /// Every text of the set's units but the empty one.
    static func some(_ units: UnitSet) -> TextPattern { TextPattern([.one(units), .run(units)]) }

    static func + (left: TextPattern, right: TextPattern) -> TextPattern {
        TextPattern(left.steps + right.steps)
    }

    static func + (left: TextPattern, right: String) -> TextPattern { left + TextPattern(literal: right) }
    static func + (left: String, right: TextPattern) -> TextPattern { TextPattern(literal: left) + right }

    /// The pattern's texts that have none of some units; nil when there are none.
    func without(_ units: UnitSet) -> TextPattern? {
        var steps: [Step] = []
        for step in self.steps {
            switch step {
            case .unit(let unit):
                if units.contains(unit) { return nil }
                steps.append(step)
            case .one(let set):
                let rest = set.subtracting(units)
                if rest.isEmpty { return nil }
                steps.append(.one(rest))
            case .run(let set):
                let rest = set.subtracting(units)
                if !rest.isEmpty { steps.append(.run(rest)) }
            }
        }
        return TextPattern(steps)
    }

    /// All ways to cut the pattern in two at a unit: what matches before it and behind it.
    func splits(at unit: UInt16) -> [(TextPattern, TextPattern)] {
        self.steps.enumerated().compactMap { index, step in
            let before = Array(self.steps[..<index])
            let behind = Array(self.steps[(index + 1)...])
            switch step {
            case .unit(unit): return (TextPattern(before), TextPattern(behind))
            case .one(let units) where units.contains(unit): return (TextPattern(before), TextPattern(behind))
            case .run(let units) where units.contains(unit): return (TextPattern(before + [step]), TextPattern([step] + behind))
            default: return nil
            }
        }
    }

    /// The pattern's only text; nil when it has wildcards.
    var literal: [UInt16]? {
        var units: [UInt16] = []
        for step in self.steps {
            guard case .unit(let unit) = step else { return nil }
            units.append(unit)
        }
        return units
    }

    /// The texts whose lowercase is that of an ASCII text, as ``Swift/String/loweredAsAWS`` has it.
    static func caseless(ascii text: String) -> TextPattern {
        TextPattern(
            text.lowercased().utf16.map { unit in
                guard UnitSet.lowercase.contains(unit) else { return .unit(unit) }
                var forms = [unit...unit, (unit - 32)...(unit - 32)]
                // KELVIN SIGN: the only letter beyond ASCII whose lowercase is one ASCII letter.
                if unit == UInt16(UInt8(ascii: "k")) { forms.append(0x212A...0x212A) }
                return .one(UnitSet(forms))
            })
    }
}
