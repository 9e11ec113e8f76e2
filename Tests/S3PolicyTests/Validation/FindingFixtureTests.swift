import Foundation
import S3Policy
import Testing

/// The folders of Fixtures/findings, one for each code: what fires it, and what only looks like it.
@Suite("Findings")
struct FindingFixtureTests {
    struct Fixture: CustomTestStringConvertible, Sendable {
        let code: String
        let url: URL

        var name: String { self.url.deletingPathExtension().lastPathComponent }
        var kind: PolicyKind { self.name.hasSuffix(".identity") ? .identity : .bucket }
        var testDescription: String { "\(self.code)/\(self.name)" }

        func document() throws -> JSONDocument {
            JSONDocument(Array(try Data(contentsOf: self.url)))
        }

        /// The lines of the file beside it: `excerpt: "…"` is what the finding points to, `also: CODE` another code that belongs there.
        func expectations(_ key: String) throws -> [String] {
            let file = self.url.deletingPathExtension().appendingPathExtension("expected")
            guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
            return text.split(separator: "\n").filter { $0.hasPrefix("\(key): ") }.map { String($0.dropFirst(key.count + 2)) }
        }
    }

    static let folder = Bundle.module.resourceURL!.appending(path: "Fixtures/findings")

    static func fixtures(_ prefix: String) throws -> [Fixture] {
        let manager = FileManager.default
        return try manager.contentsOfDirectory(at: Self.folder, includingPropertiesForKeys: nil).flatMap { folder in
            try manager.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
                .filter { $0.pathExtension == "json" && $0.lastPathComponent.hasPrefix(prefix) }
                .map { Fixture(code: folder.lastPathComponent, url: $0) }
        }.sorted { $0.testDescription < $1.testDescription }
    }

    @Test("What is wrong gives its code at its place, and no other", arguments: try fixtures("fires"))
    func fires(fixture: Fixture) throws {
        let document = try fixture.document()
        let findings = PolicyValidator().findings(in: document, kind: fixture.kind)
        let own = findings.filter { $0.code.name == fixture.code }
        #expect(!own.isEmpty)
        let others = findings.filter { $0.code.name != fixture.code && $0.type != .suggestion }.map(\.code.name)
        let also = Set(try fixture.expectations("also"))
        #expect(Set(others) == also)
        for excerpt in try fixture.expectations("excerpt") {
            let wanted = try JSONDecoder().decode(String.self, from: Data(excerpt.utf8))
            #expect(own.contains { finding in finding.ranges.contains { document.text[$0] == wanted } })
        }
        for finding in own {
            #expect(finding.ranges.allSatisfy { $0.upperBound <= document.text.bytes.count } && !finding.ranges.isEmpty)
            #expect(finding.message.last == "." || finding.message.last == "?", "\(finding.message)")
        }
    }

    @Test("What only looks wrong is met with silence", arguments: try fixtures("silent"))
    func silent(fixture: Fixture) throws {
        let findings = PolicyValidator().findings(in: try fixture.document(), kind: fixture.kind)
        #expect(findings.filter { $0.type != .suggestion || $0.code.name == fixture.code }.map(\.description) == [])
    }

    @Test("Every code has a fixture that fires it and one that does not, and every fixture a code")
    func everyCode() throws {
        let codes = Set(ValidationRules.all.flatMap { $0.codes }.map(\.name)).union(["JSON_SYNTAX_ERROR", "S3_FIRST_BYTE"])
        let firing = Set(try Self.fixtures("fires").map(\.code))
        let silent = Set(try Self.fixtures("silent").map(\.code))
        #expect(firing == codes)
        #expect(silent == codes)
    }

    @Test("A fix removes its finding and leaves a document that can be read", arguments: try fixtures("fires"))
    func fixes(fixture: Fixture) throws {
        let document = try fixture.document()
        for finding in PolicyValidator().findings(in: document, kind: fixture.kind)
        where finding.fix != nil && finding.code.name == fixture.code {
            let fixed = JSONDocument(try #require(finding.fix).applied(to: document.text.bytes))
            #expect(fixed.problems.isEmpty)
            let left = PolicyValidator().findings(in: fixed, kind: fixture.kind).filter { $0.code.name == fixture.code }
            #expect(left.isEmpty)
        }
    }
}
