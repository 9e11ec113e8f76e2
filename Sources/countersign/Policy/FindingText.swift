import S3Policy

/// Findings as a good compiler shows them: where, what, the line with its place marked, what to change.
struct FindingText {
    let context: CommandContext

    func text(_ report: FindingReport) -> String {
        report.findings.map { self.text($0, in: report) }.joined()
    }

    private func text(_ finding: Finding, in report: FindingReport) -> String {
        let source = report.text
        let range = finding.ranges.first ?? 0..<0
        let start = source.position(at: range.lowerBound)
        let colour: CommandContext.Colour = finding.type == .error || finding.type == .securityWarning ? .red : .yellow
        let place = "\(report.path):\(start.line):\(Excerpt.column(of: range.lowerBound, in: source) + 1)"
        var lines = ["\(place): \(context.paintOutput("\(finding.type.word):", colour)) \(finding.message) [\(finding.code)]"]
        if !source.bytes.isEmpty {
            let excerpt = Excerpt(of: range, in: source)
            let gutter = String(repeating: " ", count: String(start.line).count)
            lines.append(" \(gutter) |")
            lines.append(" \(start.line) | \(excerpt.line)")
            lines.append(" \(gutter) | \(String(repeating: " ", count: excerpt.indent))\(context.paintOutput(excerpt.marks, colour))")
            for other in finding.ranges.dropFirst() {
                let place = source.position(at: other.lowerBound)
                lines.append(" \(gutter) = also at \(place.line):\(Excerpt.column(of: other.lowerBound, in: source) + 1)")
            }
            if let fix = finding.fix { lines.append(" \(gutter) = help: \(fix.title)") }
        }
        return lines.map { $0 + "\n" }.joined() + "\n"
    }
}
