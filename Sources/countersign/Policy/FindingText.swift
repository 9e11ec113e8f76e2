import S3Policy

/// Findings as a good compiler shows them: where, what, the line with its place marked, what to change.
struct FindingText {
    let context: CommandContext

    func text(_ report: FindingReport) -> String {
        report.findings.map { self.text($0, in: report) }.joined()
    }

    private func text(_ finding: Finding, in report: FindingReport) -> String {
        let source = report.document.text
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

/// One line of a text as a terminal shows it, and where on it a range is.
struct Excerpt {
    /// The line, of at most ``maximumWidth`` columns, with what a terminal would not show replaced.
    let line: String
    /// How many columns stand before the range.
    let indent: Int
    /// A `^` for every column of the range on this line, at least one.
    let marks: String

    private static let maximumWidth = 120
    private static let tabWidth = 4

    init(of range: Range<Int>, in source: SourceText) {
        let start = source.position(at: range.lowerBound)
        let lineRange = source.range(ofLine: start.line)
        let first = min(range.lowerBound, lineRange.upperBound)
        let last = max(first, min(range.upperBound, lineRange.upperBound))
        let before = Self.shown(source[lineRange.lowerBound..<first])
        let marked = Self.shown(source[first..<last])
        let after = Self.shown(source[last..<lineRange.upperBound])
        let cut = max(0, Self.width(before) - Self.maximumWidth / 2)
        let visible = Self.dropping(cut, from: before)
        let head = cut > 0 ? "…" + visible : visible
        self.indent = Self.width(head)
        self.marks = String(repeating: "^", count: min(max(1, Self.width(marked)), Self.maximumWidth))
        self.line = Self.clipped(head + marked + after)
    }

    /// How many characters (Unicode scalars) stand before an offset on its line.
    static func column(of offset: Int, in source: SourceText) -> Int {
        let position = source.position(at: offset)
        return source[(position.offset - position.column)..<position.offset].unicodeScalars.count
    }

    /// Tabs as spaces, and a picture for what would move or colour the terminal.
    private static func shown(_ text: String) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x09: shown.append(contentsOf: String(repeating: " ", count: self.tabWidth).unicodeScalars)
            case 0..<0x20:
                shown.append(Unicode.Scalar(UInt8(0)).value == scalar.value ? "\u{2400}" : Unicode.Scalar(0x2400 + scalar.value) ?? "?")
            case 0x7F...0x9F, 0x200E...0x200F, 0x202A...0x202E, 0x2066...0x2069: shown.append("\u{FFFD}")
            default: shown.append(scalar)
            }
        }
        return String(shown)
    }

    private static func clipped(_ text: String) -> String {
        var width = 0
        var kept = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            width += self.width(scalar)
            if width > self.maximumWidth { return String(kept) + "…" }
            kept.append(scalar)
        }
        return text
    }

    private static func dropping(_ columns: Int, from text: String) -> String {
        var width = 0
        return String(
            String.UnicodeScalarView(
                text.unicodeScalars.drop { scalar in
                    guard width < columns else { return false }
                    width += self.width(scalar)
                    return true
                }))
    }

    private static func width(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + self.width($1) }
    }

    /// How many columns a terminal gives a character (Unicode Annex 11, coarsely).
    private static func width(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF, 0xAC00...0xD7A3,
            0xF900...0xFAFF, 0xFE30...0xFE4F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF,
            0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}
