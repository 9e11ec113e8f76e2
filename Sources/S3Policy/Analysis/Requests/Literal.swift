/// A set of requests that says something about one dimension of a request only.
enum Literal: Sendable, Hashable {
    case caller(TextTerm)
    case action(TextTerm)
    case resource(TextTerm)
    /// What the request has for the key of that number.
    case key(Int, KeySet)
    /// Whether something holds that cannot be decided as a set: see ``Doubt``.
    case doubt(Int, holds: Bool)

    var complement: Literal {
        switch self {
        case .caller(let term): .caller(term.complement)
        case .action(let term): .action(term.complement)
        case .resource(let term): .resource(term.complement)
        case .key(let number, let set): .key(number, set.complement)
        case .doubt(let number, let holds): .doubt(number, holds: !holds)
        }
    }
}

/// The requests that a statement matches: those in all of its literals.
struct Box: Sendable, Hashable {
    var literals: [Literal]
}
