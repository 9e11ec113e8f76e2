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
    /// Which statement it is about; nil when it is not about one.
    public let place: StatementPlace?
}

/// Which statement of which of the policies in question, both from 0.
public struct StatementPlace: Sendable, Hashable {
    public let policy: Int
    public let statement: Int
}
