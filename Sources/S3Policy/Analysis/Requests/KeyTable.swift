/// The keys that the conditions of some policies ask for, by number, with the values that they can have.
struct KeyTable: Sendable {
    /// As they were written first.
    let keys: [ConditionKey]
    private let numbers: [ConditionKey: Int]
    /// For each key its cells; nil when it is compared as text.
    private let cells: [ValueCells?]
    private let references: [ConditionKeyReference?]

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
        let references = keys.map(reference.conditionKey)
        self.references = references
        self.cells = zip(keys, references).map { Self.cells(conditionsOfKeys[$0] ?? [], type: $1?.types.first) }
    }

    /// A key that is also compared as text is compared as text only; the other conditions on it are doubts.
    /// - Parameter type: The type by which a key is read that is compared with nothing.
    private static func cells(_ conditions: [Condition], type: ValueFamily?) -> ValueCells? {
        let families = conditions.map(\.operator.comparison.family).filter { $0 != .null }
        guard let family = families.first ?? type, families.allSatisfy(\.isOrdered), family.isOrdered else { return nil }
        let ofFamily = conditions.filter { $0.operator.comparison.family == family }
        return ValueCells(family: family, ofFamily.flatMap { $0.values.map(\.value.source) })
    }

    func number(of key: ConditionKey) -> Int? { self.numbers[key] }

    /// The cells of a key; nil when it is compared as text.
    func cells(of number: Int) -> ValueCells? { self.cells[number] }

    /// Everything that a request can have for each key; see ``RequestSpace``.
    func everything(_ algebra: TextAlgebra) throws(WorkLimitReached) -> [KeyRegion] {
        var regions: [KeyRegion] = []
        for number in self.keys.indices {
            regions.append(
                KeyRegion(
                    values: try self.values(number, algebra), isMultivalued: self.references[number]?.isMultivalued,
                    isAlwaysTold: Self.alwaysTold.contains(self.keys[number].lowercased)))
        }
        return regions
    }

    /// The keys that AWS puts into every request, in lower case.
    ///
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>, "Availability".
    private static let alwaysTold: Set<String> = ["aws:currenttime", "aws:epochtime", "aws:securetransport"]

    private func values(_ number: Int, _ algebra: TextAlgebra) throws(WorkLimitReached) -> ValueRegion {
        let types = self.references[number]?.types ?? []
        if let cells = self.cells[number] {
            return .cells(cells.set { $0 != .malformed || !types.contains(cells.family) })
        }
        guard let (language, example) = Self.texts(of: self.keys[number], types.first),
            let region = try algebra.intersection(TextRegion(example: example), algebra.term(language))
        else { return .text(TextRegion(example: "example")) }
        return .text(region)
    }

    /// The texts that a key has by its type, with one of them; nil for all texts.
    private static func texts(of key: ConditionKey, _ type: ValueFamily?) -> (TextLanguage, example: String)? {
        switch type {
        case .bool: (TextLanguage([TextPattern(literal: "true"), TextPattern(literal: "false")]), "true")
        // A header holds what the client sends.
        case .arn where !key.lowercased.hasPrefix("s3:x-amz-"): (TextLanguage([.anyARN]), "arn:aws:s3:::example-bucket")
        default: nil
        }
    }
}

extension ValueFamily {
    /// Whether its values are compared by their order rather than as text.
    var isOrdered: Bool { self == .numeric || self == .date || self == .ipAddress }
}
