import Libcrypto
import SigV4
import Synchronization
import Uploads

/// Tokens that were verified a short while ago, by their SHA-256, so that the next request of a page costs a look-up and no signature.
///
/// Two halves bound it: where the young one is full it becomes the old one, and what nobody asked for since then is forgotten.
final class VerifiedTokens: Sendable {
    struct Entry {
        let caller: Caller
        let expiresAt: SigningTime
        /// Which issuer's keys verified it, and which of the sets that it has had.
        let keys: IssuerKeys
        let generation: Int
        let verifiedAt: SigningTime
    }

    static let maximumSeconds: Int64 = 300

    private let capacityOfHalf: Int
    private let halves = Mutex<(young: [SHA256Digest: Entry], old: [SHA256Digest: Entry])>(([:], [:]))

    init(capacity: Int) {
        self.capacityOfHalf = max(1, capacity / 2)
    }

    var count: Int { halves.withLock { $0.young.count + $0.old.count } }

    /// - Returns: nil for one that is unknown, too old, at its end, or verified by keys that have been replaced.
    func entry(for digest: SHA256Digest, at now: SigningTime) -> Entry? {
        guard let entry = halves.withLock({ $0.young[digest] ?? $0.old[digest] }) else { return nil }
        let age = now.secondsSinceEpoch - entry.verifiedAt.secondsSinceEpoch
        let isGood = (0..<Self.maximumSeconds).contains(age) && now < entry.expiresAt && entry.keys.generation == entry.generation
        if !isGood { forget(digest) }
        return isGood ? entry : nil
    }

    func remember(_ entry: Entry, for digest: SHA256Digest) {
        halves.withLock { halves in
            if halves.young.count >= capacityOfHalf, halves.young[digest] == nil {
                halves.old = halves.young
                halves.young = [:]
            }
            halves.young[digest] = entry
        }
    }

    private func forget(_ digest: SHA256Digest) {
        halves.withLock { halves in
            halves.young[digest] = nil
            halves.old[digest] = nil
        }
    }
}
