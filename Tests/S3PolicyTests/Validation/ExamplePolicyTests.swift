import Foundation
import S3Policy
import Testing

/// The folders of Fixtures/valid: what AWS shows on one page of its guides, with other names. `page.source` is the page's address.
@Suite("AWS's example policies")
struct ExamplePolicyTests {
    static let folder = Bundle.module.resourceURL!.appending(path: "Fixtures/valid")

    static func examples() throws -> [FindingFixtureTests.Fixture] {
        let manager = FileManager.default
        return try manager.contentsOfDirectory(at: Self.folder, includingPropertiesForKeys: nil).flatMap { page in
            try manager.contentsOfDirectory(at: page, includingPropertiesForKeys: nil).filter { $0.pathExtension == "json" }
                .map { FindingFixtureTests.Fixture(code: page.lastPathComponent, url: $0) }
        }.sorted { $0.testDescription < $1.testDescription }
    }

    @Test("They get no error and no warning, but for the security warnings that AWS documents", arguments: try examples())
    func silence(example: FindingFixtureTests.Fixture) throws {
        let findings = PolicyValidator().findings(in: try example.document(), kind: example.kind).filter { $0.type != .suggestion }
        let documented = try example.expectations("also")
        #expect(findings.filter { !documented.contains($0.code.name) }.map(\.description) == [])
        #expect(Set(documented) == Set(findings.map(\.code.name)))
        #expect(findings.allSatisfy { $0.type == .securityWarning })
    }

    @Test("They have a meaning, which the evaluator can tell", arguments: try examples())
    func meaning(example: FindingFixtureTests.Fixture) throws {
        #expect(throws: Never.self) { try Policy(try example.document(), kind: example.kind) }
    }

    @Test("Each page has its address, and there are all of them")
    func pages() throws {
        let pages = Set(try Self.examples().map(\.code))
        for page in pages {
            let source = try String(contentsOf: Self.folder.appending(path: page).appending(path: "page.source"), encoding: .utf8)
            #expect(source.hasPrefix("https://docs.aws.amazon.com/") && source.hasSuffix("/\(page).html\n"))
        }
        #expect(pages.count == 69)
        #expect(try Self.examples().count == 200)
    }
}
