import JWTKit
import Libcrypto
import Settings
import SigV4
import Testing
import Uploads

@testable import UploadService

/// Every algorithm against the signatures that the RFCs print, and against what jwt-kit signs.
@Suite struct JWTVectorTests {
    /// RFC 7515 sections A.1 to A.3, RFC 8037 section A.4: signing input and signature.
    private static let joe =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    private static let vectors: [(algorithm: TokenIssuer.Algorithm, jwk: String?, input: String, signature: String)] = [
        (.hs256, nil, "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\(joe)", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        (
            .rs256, RFCKeys.rsaJWK, "eyJhbGciOiJSUzI1NiJ9.\(joe)",
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKB"
                + "YNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZES"
                + "c6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
        ),
        (
            .es256, RFCKeys.p256JWK, "eyJhbGciOiJFUzI1NiJ9.\(joe)",
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
        ),
        (
            .edDSA, RFCKeys.ed25519JWK, "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        ),
    ]

    private func key(_ algorithm: TokenIssuer.Algorithm, _ jwk: String?) async throws -> VerificationKey {
        if let jwk { return try await KeySet(file: JWKS.text([(nil, jwk)]), algorithms: [algorithm]).keys[0] }
        return try await KeySet(secret: Secret(#require(Base64URL.decode(RFCKeys.secret.utf8)))).keys[0]
    }

    @Test func verifiesWhatTheRFCsPrint() async throws {
        for vector in Self.vectors {
            let key = try await key(vector.algorithm, vector.jwk)
            var signature = try #require(Base64URL.decode(vector.signature.utf8))
            #expect(key.verifies(signature, over: Array(vector.input.utf8)), "\(vector.algorithm)")
            #expect(!key.verifies(signature, over: Array((vector.input + "A").utf8)), "\(vector.algorithm)")
            signature[signature.count / 2] ^= 1
            #expect(!key.verifies(signature, over: Array(vector.input.utf8)), "\(vector.algorithm)")
        }
    }

    @Test func takesTokensOfEveryAlgorithm() async throws {
        let secret = try #require(Base64URL.decode(RFCKeys.secret.utf8))
        var signers = [try await TestSigner.hs256(secret)]
        signers.append(try await .rs256())
        signers.append(try await .ps256())
        signers.append(try await .es256())
        signers.append(try await .edDSA())
        let jwks = JWKS.text([("a", RFCKeys.rsaJWK), ("b", RFCKeys.p256JWK), ("c", RFCKeys.ed25519JWK)])
        #expect(Set(signers.map(\.name)) == Set(TokenIssuer.Algorithm.allCases.map(\.rawValue)))
        for signer in signers {
            let algorithm = try #require(TokenIssuer.Algorithm(rawValue: signer.name))
            let keys: TokenIssuer.Keys = algorithm == .hs256 ? .variable("SECRET") : .file(path: "jwks.json", content: jwks)
            let authenticator = try await JWTAuthenticator.test(
                [.test(algorithms: [algorithm], keys: keys)], secrets: ["SECRET": Secret(secret)])
            let verified = try await authenticator.verify(signer.token())
            #expect(verified.caller.identity == .subject("alice", issuer: "id"), "\(signer.name)")
            #expect(verified.caller.environment == "staging" && verified.caller.rules == nil && verified.caller.group == nil)
            #expect(verified.expiresAt == Fixture.now.adding(seconds: 600))
        }
    }

    @Test func takesKeysInPEM() async throws {
        let rsa = try RFCKeys.rsa()
        let ec = try ES256PrivateKey(key: RFCKeys.p256.d)
        let ed = try EdDSA.PrivateKey(d: RFCKeys.ed25519.d, curve: .ed25519)
        let files: [(String, TokenIssuer.Algorithm, TestSigner)] = [
            (rsa.publicKey.pemRepresentation, .rs256, try await .rs256()), (rsa.publicKey.pemRepresentation, .ps256, try await .ps256()),
            (ec.publicKey.pemRepresentation, .es256, try await .es256()), (ed.publicKey.pemRepresentation, .edDSA, try await .edDSA()),
        ]
        for (pem, algorithm, signer) in files {
            let authenticator = try await JWTAuthenticator.test([.test(algorithms: [algorithm], keys: .file(path: "key.pem", content: pem))]
            )
            // PEM has no kid, so that any names it.
            #expect(await authenticator.refusal(of: try signer.token()) == nil, "\(algorithm)")
            #expect(await authenticator.refusal(of: try signer.token(kid: "2024-01")) == nil, "\(algorithm)")
        }
    }

    /// Self-signed by the key of RFC 7515 section A.3; what signs a certificate does not matter here, the file is the configuration's.
    @Test func takesCertificates() async throws {
        let certificate = """
            -----BEGIN CERTIFICATE-----
            MIIBHjCBxaADAgECAgEBMAoGCCqGSM49BAMCMBkxFzAVBgNVBAMMDmlkLmV4YW1w
            bGUuY29tMB4XDTIwMDEwMTAwMDAwMFoXDTQ5MDEwMTAwMDAwMFowGTEXMBUGA1UE
            AwwOaWQuZXhhbXBsZS5jb20wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAR/zc4n
            cPbEXUGDy+5v20t7WAczNXvp7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1u
            qQskrYpGIyiFiOWtMAoGCCqGSM49BAMCA0gAMEUCIGsytv1VP1GquGv0RpAN9PqA
            LIFEDnpuguRJCpKisICKAiEAyKiJiMBetr0b2LeATx8PZ6tTsvDFc/hqeu/FDeA9
            wCE=
            -----END CERTIFICATE-----

            """
        let authenticator = try await JWTAuthenticator.test([
            .test(algorithms: [.rs256, .es256], keys: .file(path: "id.crt", content: certificate))
        ])
        #expect(authenticator.issuers[0].keys == 1)
        #expect(await authenticator.refusal(of: try await TestSigner.es256().token()) == nil)
    }

    /// RSA of 1,024 bits, and P-384.
    private static let unfitPEM = [
        """
        -----BEGIN PUBLIC KEY-----
        MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDqgMHdspWAEcvjVMCecHRGd2f/
        cohkc+jo4+lAZzCHvGnFJKjpM9/lDPFvm0RAI8PLxt0tAhbVraJQciJF099ikWmI
        /sj9uiRIj2os82P7dTLZkQy/yZlCziZoQ42mqdGfS8YesA9coW9Ya1lgDfXfSZ9y
        hoR+fyN7J7gIWcV3dwIDAQAB
        -----END PUBLIC KEY-----

        """,
        """
        -----BEGIN PUBLIC KEY-----
        MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEntvQIAV4hCT12AAeMd0P0blzIfZVhyri
        ZekkJ8jFp98IE6rBcIpxpEwN/emyqLw0sCRThPsoX+ilEeQqdPNf69uxcGoA0KmZ
        YXYDWrxsFn1lyhnGrB3ThTWgakfMeeQm
        -----END PUBLIC KEY-----

        """,
    ]

    @Test func badKeysOfTheConfigurationDoNotLoad() async throws {
        let shortRSA = #"{"kty":"RSA","n":"\#(Base64URL.encode([UInt8](repeating: 0xC5, count: 64)))","e":"AQAB"}"#
        let es = try ES256PrivateKey(key: RFCKeys.p256.d)
        let files: [(String, TokenIssuer.Algorithm, String)] = [
            (JWKS.text([("a", shortRSA)]), .rs256, "its modulus has 512 bits"),
            (Self.unfitPEM[0], .rs256, "RSA of at least 2048 bits"), (Self.unfitPEM[1], .es256, "P-256"),
            (es.pemRepresentation, .es256, "private key"), (es.publicKey.pemRepresentation, .rs256, "no public key for RS256"),
            ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", .rs256, "no public key"),
            (es.publicKey.pemRepresentation + es.publicKey.pemRepresentation, .es256, "no single PEM block"),
            ("<html></html>", .rs256, "HTML"), ("", .rs256, "not JSON"), (#"{"keys":[]}"#, .rs256, "empty"),
            (JWKS.text([("a", RFCKeys.p256JWK)]), .rs256, "not allowed"),
        ]
        for (content, algorithm, says) in files {
            let error = await #expect(throws: SettingsError.self) {
                try await JWTAuthenticator.test([.test(algorithms: [algorithm], keys: .file(path: "staging/key.pem", content: content))])
            }
            #expect(error?.problems.first?.file == "staging/key.pem")
            #expect(error?.description.contains(says) == true, "\(says): \(error?.description ?? "")")
        }
        let hs = TokenIssuer.test(algorithms: [.hs256], keys: .variable("SECRET"))
        for secrets in [[:], ["SECRET": Secret(String(repeating: "s", count: 31))]] {
            let error = await #expect(throws: SettingsError.self) { try await JWTAuthenticator.test([hs], secrets: secrets) }
            #expect(error?.description.contains("ssss") == false)
        }
        #expect(try await JWTAuthenticator.test([hs], secrets: ["SECRET": Secret(String(repeating: "s", count: 32))]).issuers[0].keys == 1)
    }
}
