import SigV4

/// Writes the XML of S3's answers.
struct XMLText {
    static let namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

    private(set) var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

    /// A whole document.
    static func document(_ root: String, namespace: String? = nil, _ content: (inout XMLText) -> Void) -> String {
        var xml = XMLText()
        xml.text += namespace.map { "<\(root) xmlns=\"\($0)\">" } ?? "<\(root)>"
        content(&xml)
        xml.text += "</\(root)>"
        return xml.text
    }

    mutating func element(_ name: String, _ value: String) {
        self.text += "<\(name)>"
        self.text += Self.escape(value)
        self.text += "</\(name)>"
    }

    mutating func element(_ name: String, _ content: (inout XMLText) -> Void) {
        self.text += "<\(name)>"
        content(&self)
        self.text += "</\(name)>"
    }

    /// Text of the element that is open, already escaped.
    mutating func write(escaped text: String) {
        self.text += text
    }

    /// A time as the answers have it, with milliseconds.
    static func time(_ time: SigningTime) -> String { time.iso8601.replacing("Z", with: ".000Z") }

    /// Escapes markup, and writes control characters as references as S3 does (XML 1.0 has no way to carry them).
    static func escape(_ text: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\n", "\t": escaped.unicodeScalars.append(scalar)
            case "\u{0}"..."\u{1f}", "\u{7f}", "\u{fffe}", "\u{ffff}":
                escaped += "&#x\(String(scalar.value, radix: 16));"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
