extension IssueCode {
    static let invalidConditionOperator = IssueCode("INVALID_CONDITION_OPERATOR", .error)
}

/// There is no condition operator of this name.
enum InvalidConditionOperator: ValidationRule {
    static let codes = [IssueCode.invalidConditionOperator]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inStatements { statement in
            (statement.element("Condition")?.value.object ?? []).compactMap { block in
                guard ConditionOperator(block.key) == nil, !NullWithIfExists.isNullWithIfExists(block.key) else { return nil }
                let nearest = nearest(to: block.key)
                let message = "There is no condition operator \(block.key)." + Finding.didYouMean(nearest)
                let fix = nearest.flatMap { statement.hasOperator($0) ? nil : Fix.replace(block.keyRange, by: $0) }
                return Finding(.invalidConditionOperator, message, at: block.keyRange, fix: fix)
            }
        }
    }

    /// Looks for the operator alone, and puts back what stood around it.
    private static func nearest(to text: String) -> String? {
        let qualifier =
            ConditionOperator.SetQualifier.allCases.map { "\($0.rawValue):" }.first { text.lowercased().hasPrefix($0.lowercased()) } ?? ""
        let rest = text.dropFirst(qualifier.count)
        let hasIfExists = rest.lowercased().hasSuffix("ifexists")
        let name = String(hasIfExists ? rest.dropLast("IfExists".count) : rest)
        return NearestName.of(name, among: Comparison.allCases.map(\.rawValue)).map { qualifier + $0 + (hasIfExists ? "IfExists" : "") }
    }
}
