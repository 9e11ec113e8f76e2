extension IssueCode {
    static let invalidAction = IssueCode("INVALID_ACTION", .error)
}

/// S3 has no action of this name. A pattern that matches none is told too.
enum InvalidAction: ValidationRule {
    static let codes = [IssueCode.invalidAction]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inActions { _, action in
            guard !action.value.contains("${") else { return nil }
            guard let pattern = action.pattern else { return self.malformed(action.text, in: subject) }
            guard pattern.service.lowercased() == "s3", !subject.reference.hasAction(pattern) else { return nil }
            if let meant = OperationNames.action(of: pattern.name) {
                let message = "\(pattern.name) is an operation, not an action: it asks for s3:\(meant)."
                return Finding(.invalidAction, message, at: action.range, fix: .replace(action.range, by: "s3:\(meant)"))
            }
            if pattern.name.contains(where: { $0 == "*" || $0 == "?" }) {
                let message = "No action of S3 matches \(action.value); none does in the data of \(subject.reference.date)."
                return Finding(.invalidAction, message, at: action.range)
            }
            let nearest = NearestName.of(pattern.name, among: subject.reference.actions.map(\.name)).map { "s3:\($0)" }
            let message =
                "S3 has no action \(pattern.name); it is not in the data of \(subject.reference.date)." + Finding.didYouMean(nearest)
            return Finding(.invalidAction, message, at: action.range, fix: nearest.map { .replace(action.range, by: $0) })
        }
    }

    private static func malformed(_ action: Located<String>, in subject: ValidationSubject) -> Finding {
        guard !action.value.contains(",") else {
            return Finding(.invalidAction, "A string names one action; list several as [\"s3:GetObject\", …].", at: action.range)
        }
        let meant = self.meant(by: action.value, in: subject)
        let message = "An action is written as service:name, such as s3:GetObject." + Finding.didYouMean(meant)
        return Finding(.invalidAction, message, at: action.range, fix: meant.map { .replace(action.range, by: $0) })
    }

    /// The action where only spaces, the colon or the prefix are wrong: `s3: GetObject`, `s3.GetObject`, `GetObject`.
    private static func meant(by text: String, in subject: ValidationSubject) -> String? {
        let letters = text.filter { !$0.isWhitespace }
        if let pattern = ActionPattern(letters), ServicePrefixes.all.contains(pattern.service.lowercased()) || letters == "*" {
            return pattern.service.lowercased() != "s3" || subject.reference.hasAction(pattern) ? letters : nil
        }
        let hasPrefix = letters.lowercased().hasPrefix("s3")
        // A bucket policy is about S3 only; in other policies another service may have an action of the same name.
        guard hasPrefix || subject.kind == .bucket else { return nil }
        let name = hasPrefix ? letters.dropFirst("s3".count).drop { ":;.,/-_".contains($0) } : letters[...]
        guard let pattern = ActionPattern("s3:\(name)"), !name.contains(":") else { return nil }
        if let action = OperationNames.action(of: pattern.name) { return "s3:\(action)" }
        return subject.reference.hasAction(pattern) ? pattern.text : nil
    }
}
