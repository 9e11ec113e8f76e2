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

    /// Looks for the operator without its qualifier, and puts that back.
    private static func nearest(to text: String) -> String? {
        let qualifier =
            ConditionOperator.SetQualifier.allCases.map { "\($0.rawValue):" }.first { text.lowercased().hasPrefix($0.lowercased()) } ?? ""
        let names = Comparison.allCases.map(\.rawValue)
        let conditional = names.filter { $0 != Comparison.null.rawValue }.map { "\($0)IfExists" }
        return NearestName.of(String(text.dropFirst(qualifier.count)), among: names + conditional).map { qualifier + $0 }
    }
}
