import S3Signing

/// Text made safe for the place it is pasted into.
enum Quoting {
    /// One word of a POSIX shell; control characters as `$'…'`, so that a terminal stays as it is.
    static func shell(_ text: String) -> String {
        let plain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: "-._/:@%+=,".utf8.contains(byte)
            }
        }
        if plain, !text.isEmpty { return text }
        guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            return "'" + text.unicodeScalars.map { $0 == "'" ? "'\\''" : String($0) }.joined() + "'"
        }
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "'": "\\'"
            case "\\": "\\\\"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F: "\\x" + hex2(UInt8(scalar.value))
            default: String(scalar)
            }
        }
        return "$'" + escaped.joined() + "'"
    }

    /// A value between double quotes, or text, of an HTML document.
    static func html(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": "&quot;"
            case "'": "&#39;"
            default: String(scalar)
            }
        }.joined()
    }

    /// A JavaScript string literal that may also stand inside `<script>`.
    static func javaScript(_ text: String) -> String {
        JSON.string(text).compact.unicodeScalars.map { scalar in
            switch scalar {
            case "<", ">": "\\u00" + hex2(UInt8(scalar.value))
            case "\u{2028}": "\\u2028"
            case "\u{2029}": "\\u2029"
            default: String(scalar)
            }
        }.joined()
    }

    /// Text for a terminal: control characters, also those beyond ASCII and the ones that turn writing round, as `\u{…}`.
    static func terminal(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: "\\u{\(String(scalar.value, radix: 16))}"
            default: String(scalar)
            }
        }.joined()
    }

    private static func hex2(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }
}
