import Libcrypto

@testable import Uploads

/// Grants: what is sealed elsewhere never opens, and no bytes that a key would seal break the reader.
struct GrantTarget: FuzzTarget {
    private let keys = SealingKeys(secrets: [Secret("fuzzing-fuzzing-fuzzing-fuzzing-fuzzing")])

    func run(_ input: [UInt8]) {
        let token = String(decoding: input, as: UTF8.self)
        expect(keys.open(token, for: .grant) == nil, "opened what nobody sealed")
        expect(!keys.verifies(mark: token, of: "key", for: .issuedKey), "verified what nobody marked")

        var random = SystemRandomNumberGenerator()
        let sealed = keys.seal(input, for: .grant, using: &random)
        let isTooLong = sealed.utf8.count > SealingKeys.maximumTokenByteCount
        expect(keys.open(sealed, for: .grant) == (isTooLong ? nil : input), "what is sealed does not open")
        expect(keys.open(sealed, for: .issuedKey) == nil, "opened for another use")

        guard let grant = Grant(encoded: input) else { return }
        let again = grant.sealed(with: keys, using: &random)
        guard again.utf8.count <= SealingKeys.maximumTokenByteCount else { return }
        expect(Grant(token: again, keys: keys) == grant, "a grant changes while it is sealed")
    }
}
