extension IssueCode {
    static let invalidAction = IssueCode("INVALID_ACTION", .error)
}

/// S3 has no action of this name. A pattern that matches none is told too.
enum InvalidAction: ValidationRule {
    static let codes = [IssueCode.invalidAction]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        let names = subject.reference.actions.map(\.name)
        return subject.inActions { _, action in
            guard let pattern = ActionPattern(action.value) else {
                let isVariable = action.value.contains("${")
                return isVariable
                    ? nil : Finding(.invalidAction, "An action is written as service:name, such as s3:GetObject.", at: action.range)
            }
            guard pattern.service.lowercased() == "s3", !pattern.name.contains("${"), !subject.reference.hasAction(pattern) else {
                return nil
            }
            let nearest =
                pattern.name.contains { $0 == "*" || $0 == "?" } ? nil : NearestName.of(pattern.name, among: names).map { "s3:\($0)" }
            let what = pattern.name.contains("*") ? "No action of S3 matches \(action.value)" : "S3 has no action \(pattern.name)"
            let message = "\(what); it is not in the data of \(subject.reference.date)." + Finding.didYouMean(nearest)
            return Finding(.invalidAction, message, at: action.range, fix: nearest.map { .replace(action.range, by: $0) })
        }
    }
}
