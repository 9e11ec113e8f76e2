import SigV4

@testable import S3Signing
@testable import UploadService

/// JWTs before anything is verified: whatever they are, they are read or refused, and their times never overflow.
struct JWTTarget: FuzzTarget {
    func run(_ input: [UInt8]) {
        let text = String(decoding: input, as: UTF8.self)
        if let token = try? JSONWebToken(text) {
            expect(text.utf8.starts(with: token.signingInput), "what is signed is not what was sent")
            check(token.claims)
        }
        // Mutations of base64url seldom give other JSON: the same claims once more, as they are.
        if let json = try? JSONParser.parse(input), let claims = try? TokenClaims(json) { check(claims) }
    }

    private func check(_ claims: TokenClaims) {
        for seconds: Int64 in [0, 1_800_000_000, 253_402_300_799] {
            try? claims.checkTimes(at: SigningTime(secondsSinceEpoch: seconds), leewaySeconds: 30)
        }
    }
}
