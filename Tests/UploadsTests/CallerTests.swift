import Testing

@testable import Uploads

@Suite struct CallerTests {
    @Test(arguments: [
        ("web-backend", "web-backend"), ("Alice", "_41lice"), ("a@b.com", "a_40b_2ecom"), ("auth0|123", "auth0_7c123"), ("", "_"),
        (".", "_2e"), ("..", "_2e_2e"), ("a/b", "a_2fb"), ("a_b", "a_5fb"), ("é", "_c3_a9"), ("e\u{301}", "e_cc_81"),
        ("${filename}", "_24_7bfilename_7d"),
    ])
    func `a name becomes one segment`(name: String, segment: String) {
        #expect(Caller(name: name, environment: "staging").keySegment == segment)
    }

    @Test func `a long name is its digest`() {
        let long = Caller(name: String(repeating: "a", count: 129), environment: "staging").keySegment
        #expect(long.hasPrefix("__") && long.utf8.count == 66)
        #expect(Caller(name: String(repeating: "a", count: 128), environment: "staging").keySegment.utf8.count == 128)
        #expect(Caller(name: long, environment: "staging").keySegment != long)
    }

    @Test func `no two callers share a segment, not even where case is folded`() {
        var random = SeededGenerator(seed: 42)
        var segments: [String: [UInt8]] = [:]
        for _ in 0..<20_000 {
            let name = Hostile.text(using: &random)
            let segment = Caller(name: name, environment: "staging").keySegment
            #expect(segment.utf8.allSatisfy { ASCII.isLowercase($0) || ASCII.isDigit($0) || "-_".utf8.contains($0) })
            #expect((1...128).contains(segment.utf8.count))
            let earlier = segments.updateValue(Array(name.utf8), forKey: segment)
            #expect(earlier == nil || earlier == Array(name.utf8))
        }
        #expect(segments.count > 10_000)
    }

    @Test func `kinds of callers never share a segment`() {
        let identities: [(Caller.Identity, String?)] = [
            (.apiKey("a"), nil), (.apiKey("a.b"), nil), (.apiKey("a~b"), nil), (.apiKey("a=b"), nil), (.delegate("b", of: "a"), nil),
            (.delegate("", of: "a"), nil), (.delegate("b.c", of: "a"), nil), (.delegate("c", of: "a.b"), nil),
            (.subject("b", issuer: "a"), nil), (.subject("=b", issuer: "a"), nil), (.subject("x", issuer: "a"), "b"),
            (.subject("x", issuer: "a"), "~b"), (.subject("x", issuer: "a~b"), nil), (.subject(long, issuer: "a"), nil),
            (.delegate(long, of: "a"), nil), (.subject("x", issuer: "a"), long), (.apiKey("a" + long), nil),
            (.subject(String(long.dropFirst()), issuer: "aa"), nil),
        ]
        let segments = identities.map { Caller($0.0, environment: "staging", group: $0.1).keySegment }
        #expect(Set(segments).count == identities.count)
        #expect(segments.allSatisfy { $0.utf8.count <= 128 && !$0.contains("/") })
        #expect(segments[4] == "a.b")
        #expect(segments[8] == "a~b")
        #expect(segments[10] == "a=b")
        let tenant = [Caller.Identity.subject("x", issuer: "a"), .subject("y", issuer: "a")].map {
            Caller($0, environment: "staging", group: "acme").keySegment
        }
        #expect(tenant[0] == tenant[1])
    }

    private let long = String(repeating: "a", count: 128)

    @Test func `a caller may use the rules that it was given`() throws {
        let caller = Caller(.subject("alice", issuer: "auth0"), environment: "staging", rules: ["photos"])
        #expect(caller.mayUse(rule: "photos") && !caller.mayUse(rule: "documents"))
        #expect(Caller(name: "web", environment: "staging").mayUse(rule: "documents"))
        #expect(caller.name == "auth0:alice")
        #expect(Caller(.delegate("alice", of: "web"), environment: "staging").name == "web/alice")
    }

    /// Names that some encodings would confuse, all against all.
    @Test func `near names stay apart`() {
        let names = [
            "a", "A", "_", "__", "_41", "a_", "_a", "a-", "-a", "a.", ".a", "a/", "/a", "a%2f", "a/b", "a_2fb", "a\0", "a ", " a", "é",
            "e\u{301}",
            "ﬁ", "fi", "ß", "ss", "K", "\u{212A}", "k", "", "~", String(repeating: "A", count: 43), String(repeating: "A", count: 44),
        ]
        let segments = names.map { Caller(name: $0, environment: "staging").keySegment }
        #expect(Set(segments).count == names.count)
        #expect(Set(segments.map { $0.lowercased() }).count == names.count)
    }
}
