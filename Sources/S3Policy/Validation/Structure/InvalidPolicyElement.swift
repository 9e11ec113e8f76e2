extension IssueCode {
    static let invalidPolicyElement = IssueCode("INVALID_POLICY_ELEMENT", .error)
}

/// An element has a name that the policy language does not know.
enum InvalidPolicyElement: ValidationRule {
    static let codes = [IssueCode.invalidPolicyElement]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        let policy = PolicyOutline.elementNames, statement = StatementOutline.elementNames
        return self.unknown(subject.outline.elements, of: "policy", known: policy, elsewhere: ("a statement", statement))
            + subject.inStatements {
                self.unknown($0.elements, of: "statement", known: statement, elsewhere: ("the policy, outside its statements", policy))
            }
    }

    /// The elements that are there under a misspelt name: they are not missing.
    static func misspelt(_ elements: [JSONMember], known: [String]) -> Set<String> {
        let free = self.free(elements, known: known)
        return Set(elements.filter { !known.contains($0.key) }.compactMap { NearestName.of($0.key, among: free) })
    }

    private static func unknown(
        _ elements: [JSONMember], of place: String, known: [String], elsewhere: (place: String, known: [String])
    ) -> [Finding] {
        let free = self.free(elements, known: known)
        return elements.filter { !known.contains($0.key) }.map { element in
            guard !elsewhere.known.contains(element.key) else {
                return Finding(.invalidPolicyElement, "\(element.key) belongs in \(elsewhere.place).", at: element.keyRange)
            }
            let nearest = NearestName.of(element.key, among: free)
            let message = "A \(place) has no element \(element.key); it has \(known.joined(separator: ", "))."
            return Finding(
                .invalidPolicyElement, message + Finding.didYouMean(nearest), at: element.keyRange,
                fix: nearest.map { .replace(element.keyRange, by: $0) })
        }
    }

    private static func free(_ elements: [JSONMember], known: [String]) -> [String] {
        known.filter { name in !elements.contains { $0.key == name } }
    }
}
