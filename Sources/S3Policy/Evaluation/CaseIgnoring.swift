extension String {
    /// The text as the `…IgnoreCase` operators compare it: lowercased, not case-folded, and only in the basic plane (observed).
    var loweredAsAWS: [UInt16] {
        let scalars = Array(self.unicodeScalars)
        var lowered = String.UnicodeScalarView()
        for (index, scalar) in scalars.enumerated() {
            if scalar.value > 0xFFFF {
                lowered.append(scalar)
            } else if scalar == "\u{03A3}", scalars.isFinalSigma(at: index) {
                lowered.append("\u{03C2}")
            } else {
                lowered.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
            }
        }
        return Array(String(lowered).utf16)
    }
}

extension [Unicode.Scalar] {
    /// Whether a capital sigma ends a word (Unicode, table 3-17).
    fileprivate func isFinalSigma(at index: Int) -> Bool {
        let before = self[..<index].last(where: \.endsSearchForCase)
        let after = self[(index + 1)...].first(where: \.endsSearchForCase)
        return before?.properties.isCased == true && after?.properties.isCased != true
    }
}

extension Unicode.Scalar {
    /// Whether it tells if a letter with case stands here; others, such as accents, are passed over.
    fileprivate var endsSearchForCase: Bool { self.properties.isCased || !self.properties.isCaseIgnorable }
}
