import S3Policy
import S3Signing

/// Findings as IAM Access Analyzer's ValidatePolicy answers them.
///
/// Source: <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ValidatePolicy.html>. Lines count from 1, columns and
/// offsets from 0, both in bytes.
enum FindingJSON {
    /// One file's answer, or a list of them where a folder or several files were asked about.
    static func value(of reports: [FindingReport], isList: Bool) -> JSON {
        guard isList else { return .object([.init("findings", findings(of: reports[0]))]) }
        return .object([
            .init("files", .array(reports.map { .object([.init("path", .string($0.path)), .init("findings", findings(of: $0))]) }))
        ])
    }

    private static func findings(of report: FindingReport) -> JSON {
        .array(
            report.findings.map { finding in
                .object([
                    .init("findingDetails", .string(finding.message)), .init("findingType", .string(finding.type.rawValue)),
                    .init("issueCode", .string(finding.code.name)), .init("learnMoreLink", .string(finding.code.learnMoreLink)),
                    .init("locations", .array(finding.ranges.map { location(of: $0, in: report) })),
                ])
            })
    }

    private static func location(of range: Range<Int>, in report: FindingReport) -> JSON {
        .object([
            .init("path", .array(report.paths[range, default: []].map(element))),
            .init(
                "span",
                .object([
                    .init("start", position(report.text.position(at: range.lowerBound))),
                    .init("end", position(report.text.position(at: range.upperBound))),
                ])),
        ])
    }

    private static func element(_ step: JSONPathElement) -> JSON {
        switch step {
        case .key(let key): .object([.init("key", .string(key))])
        case .value(let key): .object([.init("value", .string(key))])
        case .index(let index): .object([.init("index", .integer(Int64(index)))])
        case .substring(let start, let length):
            .object([.init("substring", .object([.init("start", .integer(Int64(start))), .init("length", .integer(Int64(length)))]))])
        }
    }

    private static func position(_ position: SourcePosition) -> JSON {
        .object([
            .init("line", .integer(Int64(position.line))), .init("column", .integer(Int64(position.column))),
            .init("offset", .integer(Int64(position.offset))),
        ])
    }
}
