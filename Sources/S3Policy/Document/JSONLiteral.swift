extension String {
    /// The text as a JSON string, with its quotation marks (RFC 8259 section 7).
    var jsonLiteral: String {
        var literal = "\""
        for scalar in self.unicodeScalars {
            switch scalar {
            case "\"": literal += "\\\""
            case "\\": literal += "\\\\"
            case "\n": literal += "\\n"
            case "\r": literal += "\\r"
            case "\t": literal += "\\t"
            case "\0"..."\u{1F}": literal += JSONReader.unicodeEscape(UInt16(scalar.value))
            default: literal.unicodeScalars.append(scalar)
            }
        }
        return literal + "\""
    }
}
