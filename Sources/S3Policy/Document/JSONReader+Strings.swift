extension JSONReader {
    /// Reads a string from its opening quotation mark to behind its closing one. What cannot be read becomes U+FFFD.
    mutating func string() -> String {
        let start = self.position
        let quote = self.bytes[start]
        self.position += 1
        if quote == UInt8(ascii: "'") {
            self.report("JSON strings have double quotation marks; replace the single ones.", start..<(start + 1), losesValues: false)
        }
        if let plain = self.plainString(quote: quote) { return plain }
        var text: [UInt8] = []
        while let byte = self.current {
            switch byte {
            case quote:
                self.position += 1
                return self.decoded(text, range: start..<self.position)
            case UInt8(ascii: "\\"):
                self.escape(into: &text)
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                self.report("This string is not closed on its line; a quotation mark is missing.", start..<self.position, losesValues: true)
                return self.decoded(text, range: start..<self.position)
            case 0..<0x20:
                let message = "Control characters must be escaped in JSON: write \(JSONReader.unicodeEscape(UInt16(byte)))."
                self.report(message, self.position..<(self.position + 1), losesValues: false)
                text.append(byte)
                self.position += 1
            default:
                text.append(byte)
                self.position += 1
            }
        }
        self.report("This string is never closed; a quotation mark is missing.", start..<(start + 1), losesValues: true)
        self.giveUp()
        return self.decoded(text, range: start..<self.position)
    }

    /// The common case: only printable ASCII, no escapes.
    private mutating func plainString(quote: UInt8) -> String? {
        let start = self.position
        var end = start
        while end < self.bytes.count, (0x20..<0x7F).contains(self.bytes[end]), self.bytes[end] != quote,
            self.bytes[end] != UInt8(ascii: "\\")
        {
            end += 1
        }
        guard end < self.bytes.count, self.bytes[end] == quote else { return nil }
        self.position = end + 1
        return String(decoding: self.bytes[start..<end], as: UTF8.self)
    }

    private mutating func decoded(_ text: [UInt8], range: Range<Int>) -> String {
        if let valid = String(validating: text, as: UTF8.self) { return valid }
        self.report("This string is not valid UTF-8; save the file as UTF-8.", range, losesValues: false)
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func escape(into text: inout [UInt8]) {
        let start = self.position
        self.position += 1
        guard let letter = self.current else { return }
        self.position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): self.unicodeEscape(from: start, into: &text)
        default:
            // The rest of a character of several bytes is read next, as text.
            self.position -= 1
            let message = "JSON has no such escape; a backslash that is meant is written twice."
            self.report(message, start..<(start + 1), losesValues: false)
            text.append(UInt8(ascii: "\\"))
        }
    }

    private mutating func unicodeEscape(from start: Int, into text: inout [UInt8]) {
        guard let first = self.fourHexDigits() else {
            self.report("Four hexadecimal digits must follow \\u.", start..<self.position, losesValues: false)
            text += Array("\u{FFFD}".utf8)
            return
        }
        var units = [first]
        if UTF16.isLeadSurrogate(first), self.startsWith("\\u") {
            let second = self.position
            self.position += 2
            if let unit = self.fourHexDigits(), UTF16.isTrailSurrogate(unit) { units.append(unit) } else { self.position = second }
        }
        if units.count == 1, UTF16.isLeadSurrogate(first) || UTF16.isTrailSurrogate(first) {
            let message = "\(JSONReader.unicodeEscape(first)) is half of a surrogate pair; the other half is missing."
            self.report(message, start..<self.position, losesValues: false)
        }
        text += Array(String(decoding: units, as: UTF16.self).utf8)
    }

    private mutating func fourHexDigits() -> UInt16? {
        let digits = self.bytes[self.position...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit && $0 < 0x80 }) else { return nil }
        self.position += 4
        return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    static func unicodeEscape(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16, uppercase: true)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
