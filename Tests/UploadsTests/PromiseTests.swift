import S3Signing
import SigV4
import Testing

@testable import Uploads

/// What no file name, caller or metadata may ever achieve, tried with thousands of hostile ones.
@Suite struct PromiseTests {
    private static let disposition = "attachment; filename={filename}"

    @Test(arguments: [UploadMethod.put, .post])
    func `nothing hostile leaves the prefix, adds a header or a field, or breaks the signature`(method: UploadMethod) throws {
        let office = try office(
            rule(
                key: "files/{caller}/{yyyy}/{uuid}{ext}", method: method, metadata: ["caption", "alt"],
                disposition: ContentDisposition(PromiseTests.disposition)))
        var random = SeededGenerator(seed: method == .put ? 11 : 12)
        let plain = try office.issue(request(metadata: ["caption": "a", "alt": "b"]))
        let names = (plain.headers + plain.fields).map(\.name)
        var tickets = 0
        for _ in 0..<4000 {
            let caller = Caller(name: "c" + Hostile.text(using: &random), environment: "staging")
            let request = request(
                filename: Hostile.text(using: &random),
                metadata: ["caption": Hostile.printable(using: &random), "alt": Hostile.printable(using: &random)])
            guard let ticket = try? office.issue(request, to: caller, with: SigningCredentials(credentials), at: now, using: &random) else {
                continue
            }
            tickets += 1
            #expect((ticket.headers + ticket.fields).map(\.name) == names)
            #expect((ticket.headers + ticket.fields).allSatisfy { $0.value.utf8.allSatisfy(ASCII.isPrintable) })
            expectSafe(ticket, of: caller)
            #expect(answer(to: ticket, size: 68, filename: request.filename) == nil, "\(request) \(ticket)")
        }
        #expect(tickets > 1000)
    }

    @Test func `wholly hostile requests get a refusal or a ticket that holds`() throws {
        let office = try office(
            rule(contentTypes: ["image/*", "text/*"], minimum: 0, key: "{caller}/{uuid}{ext}", metadata: ["caption"]),
            rule("forms", key: "{caller}/{uuid}{ext}", method: .post, disposition: ContentDisposition(PromiseTests.disposition)))
        var random = SeededGenerator(seed: 13)
        let types = ["image/png", "text/plain", "image/svg+xml", "IMAGE/X" + "-Y"]
        var outcomes: Set<String> = []
        for _ in 0..<6000 {
            let isOdd = Int.random(in: 0..<4, using: &random) == 0
            let size = [Int64.min, -1, 0, 1, 68, 5 << 20, (5 << 20) + 1, .max].randomElement(using: &random)!
            let request = UploadRequest(
                rule: isOdd ? Hostile.text(using: &random) : ["photos", "forms"].randomElement(using: &random)!,
                filename: Hostile.text(using: &random), size: size,
                type: isOdd
                    ? Hostile.text(using: &random)
                    : types.randomElement(using: &random)! + (Bool.random(using: &random) ? "" : Hostile.text(using: &random)),
                sha256: Bool.random(using: &random) ? nil : [emptySHA256, Hostile.text(using: &random)].randomElement(using: &random)!,
                metadata: Bool.random(using: &random)
                    ? [:] : [["caption", Hostile.text(using: &random)].randomElement(using: &random)!: Hostile.text(using: &random)],
                method: Int.random(in: 0..<8, using: &random) == 0 ? Hostile.text(using: &random) : nil)
            let caller = Caller(name: Hostile.text(using: &random), environment: "staging")
            do throws(Refusal) {
                let ticket = try office.issue(request, to: caller, with: SigningCredentials(credentials), at: now, using: &random)
                outcomes.insert("ticket")
                expectSafe(ticket, of: caller)
                #expect(answer(to: ticket, size: size, filename: request.filename) == nil)
                #expect(!ticket.contentType.runsInBrowser)
            } catch {
                outcomes.insert(error.code.rawValue)
                #expect(error.code != .signingFailed)
                #expect(error.detail.utf8.allSatisfy(ASCII.isPrintable) && error.detail.utf8.count < 600)
            }
        }
        // The generator reaches all of these, or the test would prove nothing.
        let reached = [
            "ticket", "unknown_rule", "invalid_filename", "invalid_type", "type_not_allowed", "invalid_size", "too_large",
            "invalid_checksum",
            "metadata_not_allowed", "invalid_metadata", "method_not_allowed", "invalid_caller",
        ]
        #expect(outcomes.isSuperset(of: reached), "\(outcomes)")
    }

    @Test(arguments: [
        ("{caller}/{uuid}", "documents/{caller}/{uuid}", true), ("{caller}/{uuid}", "{uuid}", false), ("{caller}/{uuid}", "{uuid}/x", true),
        ("files/{caller}/{uuid}", "files/bob/{uuid}", true), ("files/{caller}/{uuid}", "files/{yyyy}/{uuid}", true),
        ("files/{caller}/{uuid}", "files/Bob/{uuid}", false), ("files/{caller}/{uuid}", "files/{caller}/x/{uuid}", false),
        ("a/{caller}/{uuid}", "b/{caller}/{uuid}", false), ("{rule}/{caller}/{uuid}", "{rule}/{uuid}", false),
        ("{environment}/{caller}/{uuid}", "staging/bob/{uuid}", true), ("{environment}/{caller}/{uuid}", "production/bob/{uuid}", false),
        ("{yyyy}/{caller}/{uuid}", "docs/bob/{uuid}", true),
    ])
    func `no rule gives a caller what others upload by another`(one: String, other: String, clashes: Bool) throws {
        for (first, second) in [(one, other), (other, one)] {
            let rules = [try rule("photos", key: first), try rule("documents", key: second)]
            let loads = (try? UploadEnvironment(name: "staging", location: location(), provider: .aws, rules: rules)) != nil
            #expect(loads != clashes)
        }
    }

    @Test func `two callers never share a prefix`() throws {
        let template = try KeyTemplate("files/{caller}/{uuid}")
        var random = SeededGenerator(seed: 14)
        var owners: [String: [UInt8]] = [:]
        for _ in 0..<5000 {
            let caller = Caller(name: Hostile.text(using: &random), environment: "staging")
            let prefix = try #require(template.prefix(environment: "staging", rule: "files", caller: caller))
            let owner = owners.updateValue(Array(caller.name.utf8), forKey: prefix)
            #expect(owner == nil || owner == Array(caller.name.utf8))
        }
        // A prefix ends with its segment, so that no one's begins with another's.
        #expect(owners.keys.allSatisfy { $0.hasSuffix("/") && $0.split(separator: "/").count == 2 })
    }

    private func expectSafe(_ ticket: Ticket, of caller: Caller) {
        let segments = ticket.key.split(separator: "/", omittingEmptySubsequences: false)
        #expect(segments.contains { $0 == caller.keySegment })
        #expect(!segments.contains { ["", ".", ".."].contains($0) })
        #expect(!ticket.key.contains("${") && ticket.key.utf8.count <= 1024)
        #expect(ticket.key.utf8.allSatisfy { ASCII.isAlphanumeric($0) || "-_./=".utf8.contains($0) })
        #expect(ticket.url.utf8.allSatisfy { ASCII.isPrintable($0) && $0 != 0x20 })
        if ticket.method == .put { #expect(ticket.url.contains("/\(ticket.key)?X-Amz-Algorithm=")) }
    }
}
