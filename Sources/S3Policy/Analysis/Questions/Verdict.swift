/// The answer to a question about all requests at once.
public enum Verdict: Sendable, Hashable {
    /// It is so for every request.
    case yes
    /// It is not so for this request, as evaluating the policies confirms.
    case no(AccessRequest)
    /// It cannot be told.
    case unknown(Uncertainty)

    /// The request that it is not so for.
    public var counterexample: AccessRequest? {
        if case .no(let request) = self { request } else { nil }
    }
}
