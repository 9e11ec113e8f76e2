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
        /// What the file is, by what stands before `.json`: `.identity`, `.cors`, `.lifecycle`; a bucket policy without.
        var documentKind: BucketDocumentKind {
            self.name.split(separator: ".").dropFirst().last.flatMap { BucketDocumentKind(rawValue: String($0)) } ?? .bucket
        }
        var kind: PolicyKind { self.documentKind == .identity ? .identity : .bucket }
        var testDescription: String { "\(self.code)/\(self.name)" }

        func document() throws -> JSONDocument {
            JSONDocument(Array(try Data(contentsOf: self.url)))
        }

        func findings(in document: JSONDocument) -> [Finding] {
            switch self.documentKind {
            case .cors: CORSConfiguration.read(document).findings
            case .lifecycle: LifecycleConfiguration.read(document).findings
            case .bucket, .identity: PolicyValidator().findings(in: document, kind: self.kind)
            }
        }

        /// The lines of the file beside it: `excerpt: "…"` is what the finding points to, `replacement: "…"` what its fix writes,
        /// `also: CODE` another code that belongs there.
        func expectations(_ key: String) throws -> [String] {
            let file = self.url.deletingPathExtension().appendingPathExtension("expected")
            guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
            return text.split(separator: "\n").filter { $0.hasPrefix("\(key): ") }.map { String($0.dropFirst(key.count + 2)) }
        }

        /// The same, where they are JSON strings.
        func texts(_ key: String) throws -> [String] {
            try self.expectations(key).map { try JSONDecoder().decode(String.self, from: Data($0.utf8)) }
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
        let findings = fixture.findings(in: document)
        let own = findings.filter { $0.code.name == fixture.code }
        #expect(!own.isEmpty)
        let others = findings.filter { $0.code.name != fixture.code && $0.type != .suggestion }.map(\.code.name)
        let also = Set(try fixture.expectations("also"))
        #expect(Set(others) == also)
        for wanted in try fixture.texts("excerpt") {
            #expect(own.contains { finding in finding.ranges.contains { document.text[$0] == wanted } })
        }
        #expect(Set(findings).count == findings.count)
        for wanted in try fixture.texts("replacement") {
            #expect(own.contains { finding in finding.fix?.edits.contains { $0.replacement.contains(wanted) } == true })
        }
        for finding in own {
            #expect(finding.ranges.allSatisfy { $0.upperBound <= document.text.bytes.count } && !finding.ranges.isEmpty)
            #expect(finding.message.last == "." || finding.message.last == "?", "\(finding.message)")
        }
    }

    @Test("What only looks wrong is met with silence", arguments: try fixtures("silent"))
    func silent(fixture: Fixture) throws {
        let findings = fixture.findings(in: try fixture.document())
        #expect(findings.filter { $0.type != .suggestion || $0.code.name == fixture.code }.map(\.description) == [])
    }

    @Test("Every code has a fixture that fires it and one that does not, and every fixture a code")
    func everyCode() throws {
        let documents = [
            "S3_CORS_UNKNOWN_ELEMENT", "S3_CORS_INVALID_VALUE", "S3_LIFECYCLE_UNKNOWN_ELEMENT", "S3_LIFECYCLE_INVALID_VALUE",
        ]
        let codes = Set(ValidationRules.all.flatMap { $0.codes }.map(\.name)).union(["JSON_SYNTAX_ERROR", "S3_FIRST_BYTE"] + documents)
        let firing = Set(try Self.fixtures("fires").map(\.code))
        let silent = Set(try Self.fixtures("silent").map(\.code))
        #expect(firing == codes)
        #expect(silent == codes)
    }

    @Test("Fixes remove their findings, bring no others, and leave a document that can be read", arguments: try fixtures("fires"))
    func fixes(fixture: Fixture) throws {
        var document = try fixture.document()
        let before = fixture.findings(in: document)
        // One after the other, since two may be about the same place.
        for _ in before {
            let fix = fixture.findings(in: document).first { $0.code.name == fixture.code && $0.fix != nil }?
                .fix
            guard let fix else { break }
            document = JSONDocument(fix.applied(to: document.text.bytes))
            #expect(document.problems.isEmpty)
        }
        let after = fixture.findings(in: document)
        #expect(!after.contains { $0.code.name == fixture.code && $0.fix != nil })
        #expect(Set(after.map(\.code.name)).isSubset(of: before.map(\.code.name)))
    }
}
