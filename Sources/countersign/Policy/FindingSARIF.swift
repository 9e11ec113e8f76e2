import S3Policy
import S3Signing
import Settings
import UploadService

/// Findings as a SARIF log, for code-scanning pages and editors.
///
/// Source: SARIF 2.1.0, <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>. Columns count from 1, in UTF-16 code units.
enum FindingSARIF {
    static func log(of reports: [FindingReport]) -> JSON {
        var codes: [IssueCode] = []
        for code in reports.flatMap({ $0.findings + $0.ignored.map(\.finding) }).map(\.code) where !codes.contains(code) {
            codes.append(code)
        }
        let driver = JSON.object([
            .init("name", .string("countersign")), .init("version", .string(ServiceVersion.current)),
            .init("rules", .array(codes.map(rule))),
        ])
        let results = reports.flatMap { report in
            report.findings.map { result($0, in: report, codes: codes) }
                + report.ignored.map { result($0.finding, in: report, codes: codes, suppressedBy: $0.entry) }
        }
        return .object([
            .init("$schema", .string("https://json.schemastore.org/sarif-2.1.0.json")), .init("version", .string("2.1.0")),
            .init(
                "runs",
                .array([
                    .object([
                        .init("tool", .object([.init("driver", driver)])), .init("columnKind", .string("utf16CodeUnits")),
                        .init("newlineSequences", .array(["\r\n", "\n", "\r"].map { .string($0) })),
                        .init("results", .array(results)),
                    ])
                ])),
        ])
    }

    private static func rule(_ code: IssueCode) -> JSON {
        .object([
            .init("id", .string(code.name)), .init("shortDescription", .object([.init("text", .string(code.title + "."))])),
            .init("help", .object([.init("text", .string("\(code.title): see \(code.learnMoreLink)"))])),
            .init("helpUri", .string(code.learnMoreLink)),
            .init("defaultConfiguration", .object([.init("level", .string(level(of: code.type)))])),
        ])
    }

    private static func level(of type: FindingType) -> String {
        switch type {
        case .error: "error"
        case .securityWarning, .warning: "warning"
        case .suggestion: "note"
        }
    }

    private static func result(
        _ finding: Finding, in report: FindingReport, codes: [IssueCode], suppressedBy entry: IgnoreList.Entry? = nil
    ) -> JSON {
        let artifact = JSON.object([.init("uri", .string(uri(of: report.path)))])
        func location(_ range: Range<Int>) -> JSON {
            .object([
                .init(
                    "physicalLocation",
                    .object([.init("artifactLocation", artifact), .init("region", region(range, in: report.text))]))
            ])
        }
        var members: [JSON.Member] = [
            .init("ruleId", .string(finding.code.name)), .init("ruleIndex", .integer(Int64(codes.firstIndex(of: finding.code) ?? 0))),
            .init("level", .string(level(of: finding.type))), .init("message", .object([.init("text", .string(finding.message))])),
            .init("locations", .array(finding.ranges.prefix(1).map(location))),
        ]
        if finding.ranges.count > 1 { members.append(.init("relatedLocations", .array(finding.ranges.dropFirst().map(location)))) }
        if let fix = finding.fix { members.append(.init("fixes", .array([self.fix(fix, artifact, in: report.text)]))) }
        if let entry {
            let suppression = JSON.object([.init("kind", .string("external")), .init("justification", .string(entry.reason))])
            members.append(.init("suppressions", .array([suppression])))
        }
        return .object(members)
    }

    private static func fix(_ fix: Fix, _ artifact: JSON, in source: SourceText) -> JSON {
        let replacements = fix.edits.map { edit in
            JSON.object([
                .init("deletedRegion", region(edit.range, in: source)),
                .init("insertedContent", .object([.init("text", .string(edit.replacement))])),
            ])
        }
        return .object([
            .init("description", .object([.init("text", .string(fix.title))])),
            .init(
                "artifactChanges",
                .array([.object([.init("artifactLocation", artifact), .init("replacements", .array(replacements))])])),
        ])
    }

    private static func region(_ range: Range<Int>, in source: SourceText) -> JSON {
        // A byte order mark is no part of the text.
        func column(_ position: SourcePosition) -> Int64 {
            let before = source[(position.offset - position.column)..<position.offset]
            return Int64(before.utf16.count + 1 - (position.line == 1 && before.utf16.first == 0xFEFF ? 1 : 0))
        }
        let start = source.position(at: range.lowerBound)
        let end = source.position(at: range.upperBound)
        return .object([
            .init("startLine", .integer(Int64(start.line))), .init("startColumn", .integer(column(start))),
            .init("endLine", .integer(Int64(end.line))), .init("endColumn", .integer(column(end))),
        ])
    }

    /// A relative reference (RFC 3986): slashes stay, everything unusual is percent-encoded.
    private static func uri(of path: String) -> String {
        var uri = ""
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "/"):
                uri.unicodeScalars.append(Unicode.Scalar(byte))
            default: uri += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return path.hasPrefix("/") ? "file://\(uri)" : uri
    }
}

extension IssueCode {
    /// The name in words: `INVALID_ACTION` is `Invalid action`.
    fileprivate var title: String {
        let words = self.name.split(separator: "_").map { Self.abbreviations.contains($0) ? String($0) : $0.lowercased() }
        let text = words.joined(separator: " ")
        return text.prefix(1).uppercased() + text.dropFirst()
    }

    private static let abbreviations: Set<Substring> = ["ARN", "CORS", "HTTP", "IAM", "IP", "JSON", "KMS", "S3", "SLR", "VPC", "VPCE"]
}
