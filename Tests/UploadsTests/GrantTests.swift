import Libcrypto
import SigV4
import Testing

@testable import Uploads

@Suite struct GrantTests {
    private func open(
        _ token: String, _ office: TicketOffice, by caller: Caller = backend, confirming: Bool = false, after seconds: Int64 = 0
    ) -> Refusal.Code? {
        do throws(Refusal) {
            _ = try office.open(token, for: caller, isConfirming: confirming, at: now.adding(seconds: seconds))
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `a ticket's grant says what the ticket was for`() throws {
        let office = try office(
            rule(encryption: .kms(keyID: "alias/uploads", bucketKey: true), tags: [ObjectTag(key: "kind", value: "photo")]))
        let ticket = try office.issue(request(sha256: emptySHA256))
        let grant = try office.open(ticket.grant, for: backend, at: now)
        #expect(grant.environment == "staging" && grant.bucket == "example-staging" && grant.key == ticket.key && grant.rule == "photos")
        #expect(grant.method == .put && grant.multipart == nil && grant.once && grant.sizeBytes == 68...68)
        #expect(grant.contentType == "image/png" && grant.sha256 == SHA256.hash(""))
        #expect(grant.encryption == .kms(keyID: "alias/uploads", bucketKey: true) && !grant.tagsConfirmed)
        #expect(grant.expiresAt == now.adding(seconds: 86_400) && grant.holder == .apiKey("web-backend"))
    }

    @Test func `any instance with one of the secrets opens a grant, no other does`() throws {
        let environment = try office(rule()).environment
        func instance(_ secrets: String...) -> TicketOffice {
            TicketOffice(
                environment: environment, sealingKeys: SealingKeys(secrets: secrets.map { Secret(String(repeating: $0, count: 32)) }))
        }
        let grant = try instance("a").issue(request()).grant
        #expect(open(grant, instance("a")) == nil)
        #expect(open(grant, instance("b", "a")) == nil)
        #expect(open(grant, instance("b")) == .grantInvalid)
        #expect(open(try instance("b", "a").issue(request()).grant, instance("a")) == .grantInvalid)
    }

    @Test func `no two grants are alike, and none shows what it holds`() throws {
        let office = try office(rule())
        var random = SeededGenerator(seed: 3)
        let tokens = try (0..<100).map { _ in
            try office.issue(request(), to: backend, with: SigningCredentials(credentials), at: now, using: &random).grant
        }
        #expect(Set(tokens).count == 100 && Set(tokens.map { $0.suffix(40) }).count == 100)
        for token in tokens {
            #expect(token.utf8.allSatisfy { ASCII.isAlphanumeric($0) || "-_".utf8.contains($0) })
            let bytes = try #require(Base64URL.decode(token.utf8))
            #expect(!String(decoding: bytes, as: UTF8.self).contains("photos"))
        }
    }

    @Test func `whatever is changed or cut, a grant does not open`() throws {
        let office = try office(rule())
        let token = try office.issue(request()).grant
        let bytes = Array(token.utf8)
        for index in bytes.indices {
            for other in [UInt8(ascii: "A"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: " "), 0xFF] where other != bytes[index] {
                var changed = bytes
                changed[index] = other
                #expect(open(String(decoding: changed, as: UTF8.self), office) == .grantInvalid)
            }
            #expect(open(String(decoding: bytes.prefix(index), as: UTF8.self), office) == .grantInvalid)
        }
        let hostile = ["", "A", token + "A", token + "=", " " + token, token + token, String(repeating: "A", count: 1 << 20)]
        for text in hostile { #expect(open(text, office) == .grantInvalid) }
    }

    @Test func `what is sealed for one use is nothing to another`() {
        var random = SeededGenerator(seed: 5)
        let token = sealingKeys.seal([1, 2, 3], for: .grant, using: &random)
        #expect(sealingKeys.open(token, for: .grant) == [1, 2, 3])
        #expect(sealingKeys.open(token, for: .issuedKey) == nil)
        #expect(sealingKeys.mark("x", for: .grant) != sealingKeys.mark("x", for: .issuedKey))
        let mark = sealingKeys.mark("x", for: .issuedKey)
        #expect(sealingKeys.verifies(mark: mark, of: "x", for: .issuedKey) && mark.utf8.count == 22)
        #expect(!sealingKeys.verifies(mark: mark, of: "y", for: .issuedKey) && !sealingKeys.verifies(mark: "", of: "x", for: .issuedKey))
    }

    @Test func `only who got the ticket goes on, until the grant ends`() throws {
        let office = try office(rule())
        let token = try office.issue(request()).grant
        #expect(open(token, office, by: Caller(name: "other", environment: "staging")) == .grantOtherCaller)
        #expect(open(token, office, by: Caller(.subject("web-backend", issuer: "x"), environment: "staging")) == .grantOtherCaller)
        #expect(open(token, office, by: Caller(.apiKey("web-backend"), environment: "staging", rules: ["other"])) == .grantOtherCaller)
        #expect(open(token, office, by: Caller(name: "web-backend", environment: "production")) == .grantOtherEnvironment)
        #expect(open(token, office, after: 86_399) == nil)
        #expect(open(token, office, after: 86_400) == .grantExpired)
        // Whose it is comes before when it ended.
        #expect(open(token, office, by: Caller(name: "other", environment: "staging"), after: 90_000) == .grantOtherCaller)
    }

    @Test func `a grant is for the bucket that the environment had`() throws {
        let token = try office(rule()).issue(request()).grant
        let moved = try office(rule()).environment.replacing(
            location: location(bucket: "another-bucket"), publicBaseURL: nil, allowedOrigins: [])
        #expect(open(token, TicketOffice(environment: moved, sealingKeys: sealingKeys)) == .grantOtherEnvironment)
    }

    @Test func `a back end may confirm for those whom it speaks for, and do nothing else in their place`() throws {
        let office = try office(rule())
        let others: [(Caller.Identity, mayConfirm: Bool)] = [
            (.delegate("alice", of: "web-backend"), true), (.delegate("alice", of: "cron"), false),
            (.subject("alice", issuer: "auth0"), true),
            (.apiKey("cron"), false),
        ]
        for (identity, mayConfirm) in others {
            let token = try office.issue(request(), to: Caller(identity, environment: "staging")).grant
            #expect(open(token, office, confirming: true) == (mayConfirm ? nil : .grantOtherCaller), "\(identity)")
            #expect(open(token, office) == .grantOtherCaller)
        }
        let own = try office.issue(request()).grant
        #expect(
            open(own, office, by: Caller(.delegate("alice", of: "web-backend"), environment: "staging"), confirming: true)
                == .grantOtherCaller)
    }

    @Test func `everything that a grant can hold comes back`() throws {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<2000 {
            let grant = Grant.random(using: &random)
            let token = grant.sealed(with: sealingKeys, using: &random)
            #expect(Grant(token: token, keys: sealingKeys) == grant)
        }
    }

    /// Inside the seal, where nobody but this service can write: a form of another version must not be read as this one.
    @Test func `the inner form has one spelling`() throws {
        var random = SeededGenerator(seed: 12)
        for _ in 0..<300 {
            let token = Grant.random(using: &random).sealed(with: sealingKeys, using: &random)
            let bytes = try #require(sealingKeys.open(token, for: .grant))
            #expect(Grant(encoded: bytes + [0]) == nil)
            for length in 0..<bytes.count { #expect(Grant(encoded: Array(bytes.prefix(length))) == nil) }
            var changed = bytes
            changed[2] ^= 1
            #expect(Grant(encoded: changed) == nil)
        }
    }

    /// What is beyond the year 9999 would be read as its last second, which has a spelling of its own.
    @Test func `a grant does not end where no time is`() throws {
        var random = SeededGenerator(seed: 13)
        let token = Grant.random(using: &random).sealed(with: sealingKeys, using: &random)
        let bytes = try #require(sealingKeys.open(token, for: .grant))
        let grant = try #require(Grant(encoded: bytes))
        let end = String(grant.expiresAt.secondsSinceEpoch)
        for (text, isTime) in [("253402300799", true), ("253402300800", false), ("9223372036854775807", false), ("-62167219201", false)] {
            let other = bytes.dropLast(end.utf8.count + 2) + [0, UInt8(text.utf8.count)] + Array(text.utf8)
            #expect((Grant(encoded: Array(other)) != nil) == isTime, "\(text)")
        }
    }
}

extension Grant {
    fileprivate static func random(using random: inout SeededGenerator) -> Grant {
        func text() -> String { String(Hostile.text(using: &random).prefix(200)) }
        let identity: [Caller.Identity] = [.apiKey(text()), .delegate(text(), of: text()), .subject(text(), issuer: text())]
        let lower = Int64.random(in: 0...(.max), using: &random)
        let isMultipart = Bool.random(using: &random)
        let encryptions: [Encryption?] = [nil, .s3, .kms(keyID: nil, bucketKey: false), .kms(keyID: text(), bucketKey: true)]
        return Grant(
            environment: text(), rule: text(), bucket: text(), key: text(), holder: identity.randomElement(using: &random)!,
            method: UploadMethod.allCases.randomElement(using: &random)!,
            multipart: isMultipart
                ? Multipart(
                    mode: MultipartMode.allCases.randomElement(using: &random)!, uploadID: Bool.random(using: &random) ? text() : nil,
                    partSizeBytes: Bool.random(using: &random) ? .random(in: 1...(.max), using: &random) : nil) : nil,
            once: Bool.random(using: &random), sizeBytes: lower...Int64.random(in: lower...(.max), using: &random), contentType: text(),
            sha256: Bool.random(using: &random) ? SHA256.hash(text()) : nil, encryption: encryptions.randomElement(using: &random)!,
            tagsConfirmed: Bool.random(using: &random),
            expiresAt: SigningTime(secondsSinceEpoch: .random(in: 0...4_000_000_000, using: &random)))
    }
}
