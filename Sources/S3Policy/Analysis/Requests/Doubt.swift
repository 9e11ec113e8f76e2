/// Why it cannot be told whether some request exists.
public struct Uncertainty: Sendable, Hashable {
    public enum Reason: String, Sendable, Hashable, CaseIterable {
        /// A policy variable may stand for anything.
        case policyVariable
        /// A canonical user id does not tell which account it belongs to.
        case canonicalUser
        /// One key is compared as number, date or address, and in another way as well.
        case mixedComparisons
        /// A text is compared without case and has letters beyond ASCII.
        case caseBeyondASCII
        /// What a key says follows from the caller in a way that is not modelled.
        case callerKey
        /// The policies are too intertwined: the question takes more work than allowed.
        case tooComplex
        /// A request was found that should answer the question, but evaluating it did not confirm that.
        case unconfirmedExample
    }

    public let reason: Reason
    /// Which of the policies in question it is, from 0, and which statement of it; nil when it is not one statement.
    public let place: Place?

    public struct Place: Sendable, Hashable {
        public let policy: Int
        public let statement: Int
    }
}

/// What a statement asks and no set can tell, with the statement. Two doubts with the same text hold for the same requests.
struct Doubt: Sendable, Hashable {
    let text: [String]
    let uncertainty: Uncertainty

    static func == (left: Doubt, right: Doubt) -> Bool {
        left.text.elementsEqual(right.text) { $0.utf8.elementsEqual($1.utf8) }
    }

    func hash(into hasher: inout Hasher) {
        for text in self.text { for byte in text.utf8 { hasher.combine(byte) } }
    }
}
