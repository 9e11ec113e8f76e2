extension String {
    /// The text on one line, at most ``readableCount`` characters long, without what would steer a terminal: messages quote policies.
    var readable: String {
        let scalars = self.unicodeScalars
        let isPlain = self.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
        if isPlain, self.utf8.count <= Self.readableCount { return self }
        var shown = isPlain ? self : scalars.reduce(into: "") { $0 += $1.readable }
        let excess = shown.unicodeScalars.count - Self.readableCount
        if excess > 0 {
            let kept = Self.readableCount * 2 / 3
            shown = String(shown.unicodeScalars.prefix(kept)) + "…" + String(shown.unicodeScalars.dropFirst(kept + excess))
        }
        return shown
    }

    private static let readableCount = 1000
}

extension Unicode.Scalar {
    /// The character itself, or its number where a terminal would not show it or would change direction.
    fileprivate var readable: String {
        switch self.properties.generalCategory {
        case .control, .format, .surrogate, .unassigned, .lineSeparator, .paragraphSeparator:
            "\\u{\(String(self.value, radix: 16, uppercase: true))}"
        default: String(self)
        }
    }
}
