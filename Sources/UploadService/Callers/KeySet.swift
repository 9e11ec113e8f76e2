import Libcrypto
import Settings

/// The keys of one issuer for the algorithms that are allowed to it.
struct KeySet: Sendable {
    let keys: [VerificationKey]
    /// What was left out of the set's source, and why; without a key's content.
    let notes: [String]
    /// Of the source: whether a set that is fetched again is another one.
    let sourceDigest: SHA256Digest

    enum Choice {
        case key(VerificationKey)
        /// The set has no such key; perhaps a newer one has.
        case unknown
        /// The token names no key, and there are several.
        case ambiguous
    }

    /// The key that a token's header asks for. A key without an id answers to any, where it is the only one of its algorithm.
    func choose(id: String?, algorithm: TokenIssuer.Algorithm) -> Choice {
        let candidates = keys.filter { $0.algorithm == algorithm }
        if let id {
            if let key = candidates.first(where: { $0.id == id }) { return .key(key) }
            if candidates.count == 1, candidates[0].id == nil { return .key(candidates[0]) }
            return .unknown
        }
        switch candidates.count {
        case 0: return .unknown
        case 1: return .key(candidates[0])
        default: return .ambiguous
        }
    }
}

/// Why there are no keys. The message holds nothing of what was read.
struct KeySetFault: Error, Equatable {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}
