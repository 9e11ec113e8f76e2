import Foundation
import S3Signing
import SigV4
import Synchronization
import Testing

/// A table of requests that S3 must refuse, each made of a valid one, and a table of harmless variations that it must not refuse.
@Suite struct HostileRequestTests {
    /// How many requests were sent, and how many of them had an effect.
    struct Tally: Sendable {
        var cases = 0
        var sent = 0
        var accepted = 0
    }

    private static func measure(_ groups: [(name: String, cases: [HostileCase])], expectsEffect: Bool) async throws -> Tally {
        try await withThrowingTaskGroup(of: Tally.self) { tasks in
            for group in groups {
                tasks.addTask { try await Self.run(group.cases, named: group.name, expectsEffect: expectsEffect) }
            }
            return try await tasks.reduce(into: Tally()) { total, tally in
                total.cases += tally.cases
                total.sent += tally.sent
                total.accepted += tally.accepted
            }
        }
    }

    private static func run(_ cases: [HostileCase], named group: String, expectsEffect: Bool) async throws -> Tally {
        let tally = Mutex(Tally())
        try await withBucket { bucket async throws in
            for key in [BaseRequest.key, BaseRequest.oddKey] { try await bucket.send(.put, key, body: BaseRequest.oldBytes) }
            let start = try bucket.folder.contents()
            for line in cases {
                for variant in try line.variants() {
                    let title = "\(group): \(line.name) (\(line.base), signed by the \(variant.signer))"
                    let valid = try await bucket.exchange(variant.valid)
                    #expect(valid.isSuccess, "\(title): the valid request is refused: \(valid)")
                    try bucket.folder.restore(start)
                    let answer = try await bucket.exchange(variant.altered)
                    #expect(answer.summary == line.expected, "\(title): \(answer)")
                    if !expectsEffect {
                        #expect(try bucket.folder.contents() == start, "\(title): the bucket has changed")
                        #expect(!answer.text.contains(BaseRequest.oldBytes), "\(title): the object was read")
                    }
                    tally.withLock { tally in
                        tally.sent += 1
                        tally.accepted += answer.isSuccess ? 1 : 0
                    }
                }
                tally.withLock { $0.cases += 1 }
            }
        }
        return tally.withLock { $0 }
    }

    @Test func noHostileRequestIsAccepted() async throws {
        let tally = try await Self.measure(HostileTable.groups, expectsEffect: false)
        print("hostile requests: \(tally.cases) cases, \(tally.sent) sent, \(tally.accepted) accepted")
        #expect(tally.cases >= 150)
        #expect(tally.accepted == 0)
    }

    @Test func noHarmlessVariationIsRefused() async throws {
        let tally = try await Self.measure([("harmless", HostileTable.harmless)], expectsEffect: true)
        print("harmless variations: \(tally.cases) cases, \(tally.sent) sent, \(tally.sent - tally.accepted) refused")
        #expect(tally.cases >= 40)
        #expect(tally.accepted == tally.sent)
    }

    /// The verifiers alone give the same answers, wherever the answer is theirs.
    @Test func theVerifiersAloneSayTheSame() throws {
        let verifier = S3Verifier(region: "eu-west-1") { id in [writer, stranger, temporary].first { $0.accessKeyID == id } }
        for (group, cases) in HostileTable.groups + [("harmless", HostileTable.harmless)] {
            for line in cases where line.judge == .verifier {
                for variant in try line.variants() {
                    #expect(Self.answer(verifier, variant.valid.input) == "accepted", "\(group): \(line.name): the valid request")
                    let expected = line.expected.hasPrefix("2") ? "accepted" : line.expected
                    // The answer to a HEAD has no body, so the table cannot hold its code.
                    let answer = Self.answer(verifier, variant.altered.input)
                    let same = answer == expected || variant.altered.method == "HEAD" && answer.hasPrefix(expected.prefix(3))
                    #expect(same, "\(group): \(line.name) (\(variant.signer)): \(answer)")
                }
            }
        }
    }

    private static func answer(_ verifier: S3Verifier, _ input: HostileCase.VerifierInput) -> String {
        do {
            switch input {
            case .request(let request): _ = try verifier.verify(request, at: now)
            case .form(let form, let size): try verifier.verify(form, at: now).check(size: Int64(size))
            case .none: return "nothing to verify"
            }
            return "accepted"
        } catch { return "\(error.status) \(error.code)" }
    }

    @Test func everyLineOfTheTableIsItsOwn() {
        for (group, cases) in HostileTable.groups + [("harmless", HostileTable.harmless)] {
            let names = cases.map { "\($0.name) (\($0.base))" }
            #expect(Set(names).count == names.count, "\(group)")
        }
    }
}

/// What came back for one request.
struct WireAnswer: CustomStringConvertible {
    let status: String
    let text: String

    var isSuccess: Bool { self.status.hasPrefix("2") }

    /// Status and, for a refusal, S3's code.
    var summary: String {
        if self.isSuccess { return self.status }
        let code = self.text.split(separator: "<Code>").dropFirst().first?.split(separator: "<").first
        return "\(self.status) \(code ?? "-")"
    }

    var description: String { "\(self.status) \(self.text.prefix(600))" }
}

extension TestBucket {
    /// Sends a message on a connection of its own, and waits until the server has taken all of it.
    fileprivate func exchange(_ message: HostileCase.Message) async throws -> WireAnswer {
        let wire = try Wire(port: self.port)
        // The server may answer and close before it has read everything.
        try? await wire.send(message.bytes)
        wire.finish()
        let text = try await wire.receiveToEnd()
        let parts = text.split(separator: " ", maxSplits: 2)
        return WireAnswer(status: parts.count > 1 ? String(parts[1]) : "closed", text: text)
    }
}

extension TemporaryFolder {
    /// Every file below, by its path.
    fileprivate func contents() throws -> [String: Data] {
        var contents: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: self.path) {
            var isFolder: ObjCBool = false
            let path = "\(self.path)/\(name)"
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else { continue }
            contents[name] = try Data(contentsOf: URL(filePath: path))
        }
        return contents
    }

    /// Puts everything back as it was.
    fileprivate func restore(_ start: [String: Data]) throws {
        let current = try self.contents()
        for name in current.keys where start[name] == nil { try FileManager.default.removeItem(atPath: "\(self.path)/\(name)") }
        for (name, data) in start where current[name] != data { try data.write(to: URL(filePath: "\(self.path)/\(name)")) }
    }
}
