extension IssueCode {
    static let invalidPolicyElement = IssueCode("INVALID_POLICY_ELEMENT", .error)
}

/// An element has a name that the policy language does not know.
enum InvalidPolicyElement: ValidationRule {
    static let codes = [IssueCode.invalidPolicyElement]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        unknown(subject.outline.elements, known: PolicyOutline.elementNames, in: "policy")
            + subject.inStatements { unknown($0.elements, known: StatementOutline.elementNames, in: "statement") }
    }

    private static func unknown(_ elements: [JSONMember], known: [String], in place: String) -> [Finding] {
        let free = known.filter { name in !elements.contains { $0.key == name } }
        return elements.filter { !known.contains($0.key) }.map { element in
            let nearest = NearestName.of(element.key, among: free)
            let message = "A \(place) has no element \(element.key); it has \(known.joined(separator: ", "))."
            return Finding(
                .invalidPolicyElement, message + Finding.didYouMean(nearest), at: element.keyRange,
                fix: nearest.map { .replace(element.keyRange, by: $0) })
        }
    }
}
