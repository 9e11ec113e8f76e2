import S3Policy

/// One line of a text as a terminal shows it, and where on it a range is.
struct Excerpt {
    /// The line, of at most ``maximumWidth`` columns and an ellipsis, with what a terminal would not show replaced.
    let line: String
    /// How many columns stand before the range.
    let indent: Int
    /// A `^` for every column of the range that is shown, at least one.
    let marks: String

    static let maximumWidth = 120
    private static let tabWidth = 4
    /// How many bytes before and behind a place are looked at: more than fill the width.
    private static let window = 8 * maximumWidth

    init(of range: Range<Int>, in source: SourceText) {
        let line = source.range(ofLine: source.position(at: range.lowerBound).line)
        let first = min(range.lowerBound, line.upperBound)
        let last = max(first, min(range.upperBound, line.upperBound))
        let start = first - line.lowerBound > Self.window ? Self.characterStart(first - Self.window, in: source) : line.lowerBound
        let before = Self.shown(source[start..<first])
        let marked = Self.shown(source[first..<min(last, first + Self.window)])
        let after = Self.shown(source[last..<max(last, min(line.upperBound, first + Self.window))])
        let fits = start == line.lowerBound && before.width + marked.width + after.width <= Self.maximumWidth
        let excess = fits ? 0 : max(0, before.width - Self.maximumWidth / 2)
        let isCut = excess > 0 || start > line.lowerBound
        let head = (isCut ? "…" : "") + before.dropping(columns: excess)
        self.indent = head.width
        self.line = (head + marked + after).clipped(to: Self.maximumWidth)
        self.marks = String(repeating: "^", count: max(1, min(marked.width, self.line.width - self.indent)))
    }

    /// How many characters (Unicode scalars) stand before an offset on its line.
    static func column(of offset: Int, in source: SourceText) -> Int {
        let position = source.position(at: offset)
        return source[(position.offset - position.column)..<position.offset].unicodeScalars.count
    }

    /// The offset itself, or the next one at which a character starts.
    private static func characterStart(_ offset: Int, in source: SourceText) -> Int {
        source.bytes[offset...].prefix(4).firstIndex { $0 & 0xC0 != 0x80 } ?? offset
    }

    /// Tabs as spaces, a picture for what would move or colour the terminal or not be seen, and no signs that change the width of the one
    /// before them.
    private static func shown(_ text: String) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch (scalar.value, scalar.properties.generalCategory) {
            case (0x09, _): shown.append(contentsOf: String(repeating: " ", count: self.tabWidth).unicodeScalars)
            case (0..<0x20, _): shown.append(Unicode.Scalar(0x2400 + scalar.value) ?? "?")
            case (_, .control), (_, .format), (_, .lineSeparator), (_, .paragraphSeparator): shown.append("\u{FFFD}")
            case (0xFE00...0xFE0F, _), (0xE0100...0xE01EF, _): continue
            default: shown.append(scalar)
            }
        }
        return String(shown)
    }
}

extension String {
    /// How many columns a terminal gives the text.
    fileprivate var width: Int {
        self.unicodeScalars.reduce(0) { $0 + $1.width }
    }

    /// The text, cut where it would be wider.
    fileprivate func clipped(to columns: Int) -> String {
        var width = 0
        var kept = String.UnicodeScalarView()
        for scalar in self.unicodeScalars {
            width += scalar.width
            if width > columns { return String(kept) + "…" }
            kept.append(scalar)
        }
        return self
    }

    /// What is behind its first columns; of a wide character that is cut through, nothing.
    fileprivate func dropping(columns: Int) -> String {
        var width = 0
        let rest = self.unicodeScalars.drop { scalar in
            guard width < columns || scalar.width == 0 else { return false }
            width += scalar.width
            return true
        }
        return String(String.UnicodeScalarView(columns == 0 ? self.unicodeScalars[...] : rest))
    }
}

extension Unicode.Scalar {
    /// How many columns a terminal gives the character (Unicode Annex 11, coarsely).
    fileprivate var width: Int {
        switch self.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return 0
        default: break
        }
        switch self.value {
        case 0x1160...0x11FF: return 0
        // Two of these make a flag.
        case 0x1F1E6...0x1F1FF: return 1
        case 0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
            0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x17000...0x18CFF, 0x1B000...0x1B2FF, 0x1F200...0x1F2FF,
            0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            return 2
        default: return self.properties.isEmojiPresentation ? 2 : 1
        }
    }
}
