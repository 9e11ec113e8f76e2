import Libcrypto

@testable import Uploads

/// Grants and marks: what is sealed elsewhere, or changed by a byte, never opens, and each grant has one spelling.
struct GrantTarget: FuzzTarget {
    private let keys = SealingKeys(secrets: [Secret("fuzzing-fuzzing-fuzzing-fuzzing-fuzzing")])

    func run(_ input: [UInt8]) {
        let token = String(decoding: input, as: UTF8.self)
        expect(keys.open(token, for: .grant) == nil, "opened what nobody sealed")
        expect(!keys.verifies(mark: token, of: "key", for: .issuedKey), "verified what nobody marked")
        checkSeal(input)
        checkMark(token)
        checkGrant(input)
    }

    private func checkSeal(_ message: [UInt8]) {
        var random = SameNumbers()
        let sealed = keys.seal(message, for: .grant, using: &random)
        let isTooLong = sealed.utf8.count > SealingKeys.maximumTokenByteCount
        expect(keys.open(sealed, for: .grant) == (isTooLong ? nil : message), "what is sealed does not open")
        expect(keys.open(sealed, for: .issuedKey) == nil, "opened for another use")
        guard let changed = Change(message)?.applied(to: sealed) else { return }
        expect(keys.open(changed, for: .grant) == nil, "opened what was changed: \(changed) of \(sealed)")
    }

    private func checkMark(_ text: String) {
        let mark = keys.mark(text, for: .issuedKey)
        expect(mark.utf8.count == 22 && keys.verifies(mark: mark, of: text, for: .issuedKey), "what is marked does not verify")
        expect(!keys.verifies(mark: mark, of: text, for: .grant), "verified for another use")
        expect(!keys.verifies(mark: mark, of: text + " ", for: .issuedKey), "verified for another text")
        expect(!keys.verifies(mark: String(mark.dropLast()), of: text, for: .issuedKey), "verified half a mark")
    }

    /// Nothing but what a grant is sealed as is read as one.
    private func checkGrant(_ input: [UInt8]) {
        guard let grant = Grant(encoded: input) else { return }
        var random = SameNumbers()
        let again = grant.sealed(with: keys, using: &random)
        guard again.utf8.count <= SealingKeys.maximumTokenByteCount else { return }
        expect(Grant(token: again, keys: keys) == grant, "a grant changes while it is sealed")
        expect(keys.open(again, for: .grant) == input, "a grant with two spellings: \(input)")
        expect(grant.sizeBytes.lowerBound >= 0, "sizes below nothing: \(grant.sizeBytes)")
    }
}
