import S3Policy
import S3Signing

/// A request with what a policy decides about it, to be printed.
struct Simulation {
    let request: AccessRequest
    let evaluation: Evaluation
    let decision: Decision
    let read: PolicyInput.Read

    var text: String {
        var lines = ["\(decision.rawValue)  \(request.action) on \(request.resource) by \(RequestText.caller(request.caller))"]
        for statement in evaluation.decidingStatements {
            lines.append(
                "  \(statement.effect == .deny ? "denied" : "allowed") by statement \(name(statement)) at \(read.place(statement.range.lowerBound))"
            )
            lines += statement.conditions.map { "    \(comparison($0))" }
        }
        if evaluation.outcome == .none { lines += nearest.map(reason) ?? ["  no statement allows anything"] }
        if evaluation.outcome == .allow, decision == .needsIdentityPolicy { lines.append("  the caller's own policies must allow it too") }
        if !evaluation.missingKeys.isEmpty {
            lines.append("  not told: \(evaluation.missingKeys.map(\.text).joined(separator: ", "))")
        }
        return lines.joined(separator: "\n")
    }

    /// The statement that came nearest to allowing the request: the first of those that failed last.
    private var nearest: StatementEvaluation? {
        let parts = StatementEvaluation.Part.allCases
        func progress(_ statement: StatementEvaluation) -> Int { statement.failedPart.flatMap(parts.firstIndex) ?? parts.count }
        let allowing = evaluation.statements.filter { $0.effect == .allow }
        return allowing.max { progress($0) < progress($1) || progress($0) == progress($1) && $0.index > $1.index }
    }

    /// Why a statement is not about the request.
    private func reason(_ statement: StatementEvaluation) -> [String] {
        let place = "statement \(name(statement)) at \(read.place(statement.range.lowerBound))"
        switch statement.failedPart {
        case .principal: return ["  not allowed: \(place) is about other callers"]
        case .action: return ["  not allowed: \(place) is about other actions"]
        case .resource: return ["  not allowed: \(place) is about other resources"]
        case .condition, nil:
            let failed = statement.conditions.filter { $0.result != .holds }
            return ["  not allowed: \(place) has conditions that do not hold"] + failed.map { "    \(comparison($0))" }
        }
    }

    private func name(_ statement: StatementEvaluation) -> String {
        statement.sid.map { "\"\($0)\"" } ?? "\(statement.index + 1)"
    }

    private func comparison(_ condition: ConditionEvaluation) -> String {
        let value = condition.requestValue.map { RequestText.value($0).compact } ?? "missing"
        let policy = condition.policyValues.map { $0.map { JSON.string($0).compact } ?? "no value" }.joined(separator: ", ")
        return "\(condition.condition.key.text) \(value), compared by \(condition.condition.operator) with \(policy)"
    }

    var json: JSON {
        .object([
            .init("decision", .string(decision.rawValue)), .init("request", RequestText.json(request)),
            .init("statements", .array(evaluation.decidingStatements.map(statement))),
            .init("nearestStatement", evaluation.outcome == .none ? nearest.map(statement) ?? .null : .null),
            .init("failedPart", evaluation.outcome == .none ? (nearest?.failedPart?.rawValue).map(JSON.string) ?? .null : .null),
            .init("missingContext", .array(evaluation.missingKeys.map { .string($0.text) })),
        ])
    }

    private func statement(_ statement: StatementEvaluation) -> JSON {
        let start = read.document.text.position(at: statement.range.lowerBound)
        return .object([
            .init("index", .integer(Int64(statement.index))), .init("sid", statement.sid.map(JSON.string) ?? .null),
            .init("effect", .string(statement.effect.rawValue)), .init("line", .integer(Int64(start.line))),
            .init("column", .integer(Int64(start.column))),
            .init("conditions", .array(statement.conditions.map(condition))),
        ])
    }

    private func condition(_ condition: ConditionEvaluation) -> JSON {
        .object([
            .init("operator", .string(condition.condition.operator.description)), .init("key", .string(condition.condition.key.text)),
            .init("requestValue", condition.requestValue.map(RequestText.value) ?? .null),
            .init("policyValues", .array(condition.policyValues.map { $0.map(JSON.string) ?? .null })),
        ])
    }
}
