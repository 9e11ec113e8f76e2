import SigV4

/// The hidden inputs of a form in an HTML text; as much of HTML as a signed form has.
struct HTMLForm: Equatable {
    let action: String?
    let fields: [Header]

    /// Nil when no input is named `policy`.
    init?(_ text: String) {
        var action: String?
        var fields: [Header] = []
        for tag in Self.tags(text) {
            let attributes = Self.attributes(tag.attributes)
            if tag.name == "form" { action = attributes["action"] }
            guard tag.name == "input", let name = attributes["name"], attributes["type"]?.lowercased() != "file" else { continue }
            fields.append(Header(name, attributes["value"] ?? ""))
        }
        guard fields.contains(where: { $0.name.lowercased() == "policy" }) else { return nil }
        self.action = action
        self.fields = fields
    }

    private typealias Scalars = Substring.UnicodeScalarView

    /// Start tags; `>` inside quotes does not end one.
    private static func tags(_ text: String) -> [(name: String, attributes: Scalars)] {
        var tags: [(String, Scalars)] = []
        var rest = text.unicodeScalars[...]
        while let start = rest.firstIndex(of: "<") {
            let body = rest[start...].dropFirst()
            var quote: Unicode.Scalar?
            let end = body.firstIndex { scalar in
                if let open = quote {
                    if scalar == open { quote = nil }
                    return false
                }
                if scalar == "\"" || scalar == "'" { quote = scalar }
                return scalar == ">"
            }
            guard let end else { break }
            let name = body.prefix { $0.properties.isAlphabetic }
            tags.append((String(name).lowercased(), body[name.endIndex..<end]))
            rest = text.unicodeScalars[end...]
        }
        return tags
    }

    private static func attributes(_ text: Scalars) -> [String: String] {
        var attributes: [String: String] = [:]
        var rest = text
        while true {
            rest = rest.drop { isSpace($0) || $0 == "/" }
            guard !rest.isEmpty else { return attributes }
            let name = rest.prefix { !isSpace($0) && $0 != "=" && $0 != "/" }
            rest = rest[name.endIndex...].drop(while: isSpace)
            var value = ""
            if rest.first == "=" {
                rest = rest.dropFirst().drop(while: isSpace)
                if let quote = rest.first, quote == "\"" || quote == "'" {
                    let inner = rest.dropFirst().prefix { $0 != quote }
                    value = String(inner)
                    rest = rest[inner.endIndex...].dropFirst()
                } else {
                    let inner = rest.prefix { !isSpace($0) }
                    value = String(inner)
                    rest = rest[inner.endIndex...]
                }
            } else if name.isEmpty {
                rest = rest.dropFirst()
            }
            let key = String(name).lowercased()
            if attributes[key] == nil { attributes[key] = unescaped(value) }
        }
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\n" || scalar == "\r" || scalar == "\t"
    }

    /// The five entities that `presign --format html` and most templates write, and numeric ones.
    private static func unescaped(_ text: String) -> String {
        let named: [String: Unicode.Scalar] = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]
        var result = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "&", let end = rest.prefix(12).firstIndex(of: ";") else {
                result.append(scalar)
                continue
            }
            let name = String(rest[..<end])
            guard let decoded = named[name] ?? numeric(name) else {
                result.append(scalar)
                continue
            }
            result.append(decoded)
            rest = rest[end...].dropFirst()
        }
        return String(result)
    }

    private static func numeric(_ name: String) -> Unicode.Scalar? {
        guard name.hasPrefix("#") else { return nil }
        let digits = name.dropFirst()
        let code = digits.hasPrefix("x") || digits.hasPrefix("X") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        return code.flatMap(Unicode.Scalar.init)
    }
}
