import Foundation
import S3Signing
import Testing

@testable import countersign

/// The formats that other programs read.
@Suite struct FindingFormatTests {
    /// Files with findings of every gravity, with fixes and several places, ignored ones, one that cannot be read, and odd texts.
    private static func files() throws -> PolicyFiles {
        try PolicyFiles([
            "a.json": PolicyFiles.allow("s3:GetObjct"), "b, c:100%.json": "{\"CORSRules\": [{\"AllowedOrigin\": [\"*\"]}]}",
            "bom.json": "\u{FEFF}{\"Version\": \"2012-10-17\", \"𐐀\": 1, \"Statement\": [],}", "empty.json": "",
            "deny.json": PolicyFiles.policy(
                "{\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": [\"s3:PutObject\", \"s3:Put*\"], \"Resource\": \"arn:aws:s3:::b/*\"}"
            ),
            "lines.json": "{\r\"Rules\": [\r\n1\n]}",
            ".countersign-ignore.yaml": """
            - {code: INVALID_ACTION, file: a.json, reason: kept for a test, expires: 2099-01-31}

            """,
        ])
    }

    private static func validate(_ format: String, in files: borrowing PolicyFiles) async -> CommandRun {
        await CommandRun.command(["policy", "validate", "--format", format, "--policies", files.folder, files.folder])
    }

    /// What SARIF 2.1.0 asks of a log beside the types of its properties: sections 3.13 to 3.58.
    @Test func sarifHasWhatTheStandardAsksFor() async throws {
        let files = try Self.files()
        let log = await Self.validate("sarif", in: files).json
        #expect(log["version"] == .string("2.1.0") && log["$schema"]?.string?.hasPrefix("https://") == true)
        let runs = try #require(log["runs"]?.items)
        let run = try #require(runs.first)
        #expect(runs.count == 1 && run["columnKind"] == .string("utf16CodeUnits"))
        #expect(run["tool"]?["driver"]?["name"] == .string("countersign") && run["tool"]?["driver"]?["version"]?.string?.isEmpty == false)
        let rules = try #require(run["tool"]?["driver"]?["rules"]?.items)
        let ids = rules.compactMap { $0["id"]?.string }
        #expect(ids.count == rules.count && Set(ids).count == ids.count)
        for rule in rules {
            #expect(rule["shortDescription"]?["text"]?.string?.hasSuffix(".") == true)
            #expect(rule["help"]?["text"]?.string?.isEmpty == false && rule["helpUri"]?.string?.hasPrefix("https://docs.aws.") == true)
            #expect(["error", "warning", "note"].contains(rule["defaultConfiguration"]?["level"]?.string))
        }
        let results = try #require(run["results"]?.items)
        #expect(results.count > 8)
        var used: Set<Int64> = []
        for result in results {
            guard case .integer(let index)? = result["ruleIndex"] else { throw Missing(name: "ruleIndex") }
            used.insert(index)
            #expect(rules.indices.contains(Int(index)) && result["ruleId"] == rules[Int(index)]["id"])
            #expect(result["message"]?["text"]?.string?.isEmpty == false && result["level"] != nil)
            let locations = try #require(result["locations"]?.items)
            #expect(locations.count == 1)
            for location in locations + (result["relatedLocations"]?.items ?? []) {
                try Self.checkPlace(try #require(location["physicalLocation"]), region: "region")
            }
            for fix in result["fixes"]?.items ?? [] {
                #expect(fix["description"]?["text"]?.string?.isEmpty == false)
                for change in try #require(fix["artifactChanges"]?.items) {
                    for replacement in try #require(change["replacements"]?.items) {
                        #expect(replacement["insertedContent"]?["text"]?.string != nil)
                        try Self.checkRegion(try #require(replacement["deletedRegion"]))
                    }
                }
            }
        }
        #expect(used.count == rules.count)
    }

    private struct Missing: Error { let name: String }

    private static func checkPlace(_ place: JSON, region: String) throws {
        let uri = try #require(place["artifactLocation"]?["uri"]?.string)
        #expect(uri.utf8.allSatisfy { (0x21..<0x7F).contains($0) } && URL(string: uri)?.scheme == "file")
        try Self.checkRegion(try #require(place[region]))
    }

    /// Lines and columns count from 1, and a region ends behind its start.
    private static func checkRegion(_ region: JSON) throws {
        let numbers = try ["startLine", "startColumn", "endLine", "endColumn"].map { name -> Int64 in
            guard case .integer(let number)? = region[name] else { throw Missing(name: name) }
            return number
        }
        #expect(numbers.allSatisfy { $0 >= 1 })
        #expect((numbers[0], numbers[1]) <= (numbers[2], numbers[3]))
    }

    @Test func sarifTellsWhatIsIgnored() async throws {
        let files = try Self.files()
        let results = await Self.validate("sarif", in: files).json["runs"]?.items?[0]["results"]?.items ?? []
        let ignored = results.filter { $0["suppressions"] != nil }
        #expect(ignored.count == 1 && ignored[0]["ruleId"] == .string("INVALID_ACTION"))
        let suppression = ignored[0]["suppressions"]?.items?[0]
        #expect(suppression == .object([.init("kind", .string("external")), .init("justification", .string("kept for a test"))]))
        #expect(await !Self.validate("json", in: files).output.contains("INVALID_ACTION"))
    }

    @Test func sarifDoesNotCountTheByteOrderMark() async throws {
        let files = try PolicyFiles(["p.json": "\u{FEFF}{\"x\": 1}"])
        let results = await Self.validate("sarif", in: files).json["runs"]?.items?[0]["results"]?.items ?? []
        let columns = results.filter { $0["ruleId"] == .string("INVALID_POLICY_ELEMENT") }
            .map { $0["locations"]?.items?[0]["physicalLocation"]?["region"]?["startColumn"] }
        #expect(columns == [.integer(2)])
    }

    /// Every finding has the members of ValidatePolicy's answer, of their types; spans lie in the file.
    @Test func jsonHasTheShapeOfValidatePolicy() async throws {
        let files = try Self.files()
        let reports = try #require(await Self.validate("json", in: files).json["files"]?.items)
        #expect(reports.count == 6)
        for report in reports {
            let size = try Data(contentsOf: URL(filePath: try #require(report["path"]?.string))).count
            for finding in try #require(report["findings"]?.items) {
                #expect(["ERROR", "SECURITY_WARNING", "WARNING", "SUGGESTION"].contains(finding["findingType"]?.string))
                for name in ["findingDetails", "issueCode", "learnMoreLink"] { #expect(finding[name]?.string?.isEmpty == false) }
                for location in try #require(finding["locations"]?.items) {
                    for step in try #require(location["path"]?.items) {
                        #expect(["index", "key", "value", "substring"].filter { step[$0] != nil }.count == 1)
                    }
                    for end in ["start", "end"] {
                        let position = try #require(location["span"]?[end])
                        guard case .integer(let line)? = position["line"], case .integer(let column)? = position["column"],
                            case .integer(let offset)? = position["offset"]
                        else { throw Missing(name: end) }
                        #expect(line >= 1 && column >= 0 && (0...Int64(size)).contains(offset) && column <= offset)
                    }
                }
            }
        }
    }

    @Test func annotationsAreOneLineEach() async throws {
        let files = try PolicyFiles([
            "b, c:100%.json": "{\"Version\": \"2012-10-17\", \"a\\n::error::%0A\\r\": 1, \"Statement\": \"x\"}",
            "n\nn.json": "{\"CORSRules\": []}",
        ])
        let run = await Self.validate("github", in: files)
        let lines = run.output.split(separator: "\n")
        #expect(!lines.isEmpty && lines.allSatisfy { $0.hasPrefix("::error file=") && !$0.contains("\r") })
        #expect(lines.contains { $0.contains("b%2C c%3A100%25.json,line=1,") && $0.contains("%250A") })
        #expect(lines.contains { $0.contains("n%0An.json,line=1,") })
        for line in lines {
            // Properties are name=value, divided by commas, before the first colons that are not escaped.
            let properties = line.dropFirst("::error ".count).split(separator: "::", maxSplits: 1)[0]
            #expect(properties.split(separator: ",").allSatisfy { $0.split(separator: "=", maxSplits: 1).count == 2 })
        }
    }
}

extension JSON {
    fileprivate var items: [JSON]? { if case .array(let items) = self { items } else { nil } }
}
