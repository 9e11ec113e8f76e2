import S3Policy

/// Findings as workflow commands, which GitHub shows beside the lines of a pull request.
///
/// Source: <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>.
enum FindingGitHub {
    static func commands(of report: FindingReport) -> String {
        report.findings.map { finding in
            let source = report.text
            let range = finding.ranges.first ?? 0..<0
            let (start, end) = (source.position(at: range.lowerBound), source.position(at: range.upperBound))
            var properties = "file=\(property(report.path)),line=\(start.line),endLine=\(end.line)"
            // GitHub takes columns only where they are on one line.
            if start.line == end.line {
                let columns = [range.lowerBound, range.upperBound].map { Excerpt.column(of: $0, in: source) }
                properties += ",col=\(columns[0] + 1),endColumn=\(columns[1] + 1)"
            }
            return "::\(command(for: finding.type)) \(properties),title=\(property(finding.code.name))::\(data(finding.message))\n"
        }.joined()
    }

    private static func command(for type: FindingType) -> String {
        switch type {
        case .error: "error"
        case .securityWarning, .warning: "warning"
        case .suggestion: "notice"
        }
    }

    private static func data(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar {
            case "%": "%25"
            case "\r": "%0D"
            case "\n": "%0A"
            default: String(scalar)
            }
        }.joined()
    }

    private static func property(_ text: String) -> String {
        data(text).unicodeScalars.map { $0 == ":" ? "%3A" : $0 == "," ? "%2C" : String($0) }.joined()
    }
}
