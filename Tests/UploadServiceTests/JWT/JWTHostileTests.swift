import HTTPTypes
import JWTKit
import Testing

@testable import UploadService

@Suite struct JWTHostileTests {
    @Test func noHostileTokenIsTaken() async throws {
        let second = ES256PrivateKey()
        let log = LogLines()
        let authenticator = try await HostileTokens.authenticator(second, logger: log.logger())
        let hostile = try await HostileTokens(second: second)
        let cases = try await hostile.all()
        #expect(cases.count >= 150 && Set(cases.map(\.name)).count == cases.count)
        for attack in cases {
            // Twice: what was refused must not be remembered.
            for _ in 0..<2 {
                let refusal = await authenticator.refusal(of: attack.text)
                #expect(refusal?.reason == .invalid, "\(attack.name)")
                #expect(refusal?.message.contains(attack.says) == true, "\(attack.name): \(refusal?.message ?? "taken")")
                for part in attack.text.split(separator: ".") where part.count > 8 {
                    #expect(refusal?.message.contains(part) == false, "\(attack.name) is quoted")
                    #expect(!log.text.contains(part), "\(attack.name) is logged")
                }
            }
        }
        print("\(cases.count) hostile JWTs refused")
        // The table's issuers do take tokens: nothing above was refused for want of keys.
        let strict: [String: String?] = [
            "iss": #""https://strict.example.com/""#, "stage": #"["staging","production"]"#, "verified": "true", "level": "3",
            "org": #""acme""#,
            "rules": #""avatars unknown""#,
        ]
        for good in [
            try hostile.rs.token(kid: "rsa-1"), try hostile.rs.token(), try hostile.es.token(kid: "ec-1"),
            try hostile.hs.token(["iss": #""https://hs.example.com/""#]),
            try hostile.hs.token(kid: "any", ["iss": #""https://hs.example.com/""#]),
            try hostile.ps.token(kid: "rsa-1", ["iss": #""https://ps.example.com/""#]),
            try hostile.ed.token(["iss": #""https://ed.example.com/""#]),
            try hostile.ed.token(strict),
        ] {
            #expect(await authenticator.refusal(of: good) == nil)
        }
    }

    /// Every byte of a good token, flipped: all of it is signed, or is the signature.
    @Test func noFlippedByteIsTaken() async throws {
        let authenticator = try await JWTAuthenticator.test()
        let token = Array(try await TestSigner.es256().token(kid: "ec-1").utf8)
        for index in token.indices {
            for flip in [UInt8(1), 0x20] {
                var bytes = token
                bytes[index] ^= flip
                #expect(await authenticator.refusal(of: String(decoding: bytes, as: UTF8.self))?.reason == .invalid, "byte \(index)")
            }
        }
        for count in token.indices {
            #expect(await authenticator.refusal(of: String(decoding: token[..<count], as: UTF8.self)) != nil, "\(count) bytes")
        }
    }

    @Test func timesHaveLeeway() async throws {
        let signer = try await TestSigner.rs256()
        let now = Claims.now
        let taken: [[String: String?]] = [
            ["exp": "\(now - 29)"], ["nbf": "\(now + 30)"], ["iat": "\(now + 30)"], ["exp": "\(now - 30).5"], ["exp": "\(now + 1)e0"],
            ["iat": nil], ["nbf": "0"], ["aud": #"["https://other.example","https://api.example.com"]"#],
        ]
        let authenticator = try await JWTAuthenticator.test()
        for claims in taken { #expect(await authenticator.refusal(of: try signer.token(claims)) == nil, "\(claims)") }
        let exact = try await JWTAuthenticator.test([.test(leeway: 0)])
        #expect(await exact.refusal(of: try signer.token(["exp": "\(now + 1)"])) == nil)
        for claims in [["exp": "\(now)"], ["nbf": "\(now + 1)"], ["iat": "\(now + 1)"]] {
            #expect(await exact.refusal(of: try signer.token(claims)) != nil, "\(claims)")
        }
    }

    @Test func severalTypesAreTaken() async throws {
        let authenticator = try await JWTAuthenticator.test()
        let signer = try await TestSigner.rs256()
        for type in [#""JWT""#, #""at+jwt""#, #""application/at+jwt""#, #""jwt""#] {
            let token = try signer.token(
                header: #"{"typ":\#(type),"alg":"RS256","jku":"https://evil.example/","x":1}"#, claims: Claims.json([:]))
            #expect(await authenticator.refusal(of: token) == nil, "\(type)")
        }
    }
}
