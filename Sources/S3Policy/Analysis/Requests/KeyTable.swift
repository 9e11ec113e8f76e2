/// The keys that the conditions of some policies ask for, by number, with the values that they can have.
struct KeyTable: Sendable {
    /// As they were written first.
    let keys: [ConditionKey]
    private let numbers: [ConditionKey: Int]
    /// For each key its cells; nil when it is compared as text.
    private let cells: [ValueCells?]
    private let isMultivalued: [Bool?]

    init(_ policies: [Policy], reference: ServiceReference) {
        let conditions = policies.flatMap(\.statements).flatMap(\.conditions)
        var keys: [ConditionKey] = []
        var conditionsOfKeys: [ConditionKey: [Condition]] = [:]
        for condition in conditions {
            if conditionsOfKeys[condition.key] == nil { keys.append(condition.key) }
            conditionsOfKeys[condition.key, default: []].append(condition)
        }
        self.keys = keys
        self.numbers = Dictionary(uniqueKeysWithValues: keys.enumerated().map { ($0.element, $0.offset) })
        self.cells = keys.map { Self.cells(conditionsOfKeys[$0] ?? []) }
        self.isMultivalued = keys.map { reference.conditionKey($0)?.isMultivalued }
    }

    /// A key that is also compared as text is compared as text only; the other conditions on it are doubts.
    private static func cells(_ conditions: [Condition]) -> ValueCells? {
        let families = conditions.map(\.operator.comparison.family).filter { $0 != .null }
        guard let family = families.first, families.allSatisfy(\.isOrdered) else { return nil }
        let ofFamily = conditions.filter { $0.operator.comparison.family == family }
        return ValueCells(family: family, ofFamily.flatMap { $0.values.map(\.value.source) })
    }

    func number(of key: ConditionKey) -> Int? { self.numbers[key] }

    /// The cells of a key; nil when it is compared as text.
    func cells(of number: Int) -> ValueCells? { self.cells[number] }

    /// Everything that a request can have for each key: lists only for keys that take them, and either for unknown ones.
    var everything: [KeyRegion] {
        self.keys.indices.map { number in
            let values: ValueRegion = self.cells[number].map { .cells($0.all) } ?? .text(TextRegion(example: "example"))
            return KeyRegion(values: values, isMultivalued: self.isMultivalued[number])
        }
    }
}

extension ValueFamily {
    /// Whether its values are compared by their order rather than as text.
    var isOrdered: Bool { self == .numeric || self == .date || self == .ipAddress }
}
