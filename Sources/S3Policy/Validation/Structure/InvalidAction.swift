extension IssueCode {
    static let invalidAction = IssueCode("INVALID_ACTION", .error)
}

/// S3 has no action of this name. A pattern that matches none is told too.
enum InvalidAction: ValidationRule {
    static let codes = [IssueCode.invalidAction]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        let names = subject.reference.actions.map(\.name)
        return subject.inActions { _, action in
            guard !action.value.contains("${") else { return nil }
            guard let pattern = ActionPattern(action.value) else {
                return Finding(.invalidAction, "An action is written as service:name, such as s3:GetObject.", at: action.range)
            }
            guard pattern.service.lowercased() == "s3", !subject.reference.hasAction(pattern) else { return nil }
            if let meant = OperationNames.action(of: pattern.name) {
                let message = "\(pattern.name) is an operation, not an action: it asks for s3:\(meant)."
                return Finding(.invalidAction, message, at: action.range, fix: .replace(action.range, by: "s3:\(meant)"))
            }
            if pattern.name.contains(where: { $0 == "*" || $0 == "?" }) {
                let message = "No action of S3 matches \(action.value); none does in the data of \(subject.reference.date)."
                return Finding(.invalidAction, message, at: action.range)
            }
            let nearest = NearestName.of(pattern.name, among: names).map { "s3:\($0)" }
            let message =
                "S3 has no action \(pattern.name); it is not in the data of \(subject.reference.date)." + Finding.didYouMean(nearest)
            return Finding(.invalidAction, message, at: action.range, fix: nearest.map { .replace(action.range, by: $0) })
        }
    }
}
