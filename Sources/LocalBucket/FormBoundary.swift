import S3Signing

/// Reads the parameters of `Content-Type` and `Content-Disposition`.
enum HeaderParameters {
    /// - Returns: The lower-case value before the first `;`, and the parameters with lower-case names.
    static func parse(_ header: String) -> (value: String, parameters: [String: String]) {
        var rest = header[...]
        let value = self.take(until: ";", from: &rest).trimmingSpaces.lowercased()
        var parameters: [String: String] = [:]
        while !rest.isEmpty {
            let name = self.take(until: "=;", from: &rest, keepingStop: true).trimmingSpaces.lowercased()
            guard rest.first == "=" else {
                rest = rest.dropFirst()
                continue
            }
            rest = rest.dropFirst()
            let parameter = self.parameterValue(from: &rest)
            if parameters[name] == nil { parameters[name] = parameter }
        }
        return (value, parameters)
    }

    private static func take(until stops: String, from rest: inout Substring, keepingStop: Bool = false) -> Substring {
        let end = rest.firstIndex { stops.contains($0) } ?? rest.endIndex
        let taken = rest[..<end]
        rest = end == rest.endIndex ? "" : rest[(keepingStop ? end : rest.index(after: end))...]
        return taken
    }

    /// A token, or a quoted string. Browsers write `"` in a name as `%22` and leave `\` alone, so only `\"` is an escape.
    private static func parameterValue(from rest: inout Substring) -> String {
        let trimmed = rest.drop { $0 == " " || $0 == "\t" }
        guard trimmed.first == "\"" else {
            return String(self.take(until: ";", from: &rest).trimmingSpaces)
        }
        var value = ""
        var quoted = trimmed.dropFirst()
        while let character = quoted.popFirst(), character != "\"" {
            if character == "\\", quoted.first == "\"" {
                value.append("\"")
                quoted = quoted.dropFirst()
            } else {
                value.append(character)
            }
        }
        rest = quoted
        _ = self.take(until: ";", from: &rest)
        return value
    }
}

/// The boundary of a `multipart/form-data` body (RFC 7578; RFC 2046, section 5.1.1).
struct FormBoundary: Sendable {
    /// At most 70 characters, none of them a control character.
    let text: String

    init(contentType: String?) throws(S3Error) {
        let (type, parameters) = HeaderParameters.parse(contentType ?? "")
        guard type == "multipart/form-data" else { throw Refused.notMultipart }
        guard let boundary = parameters["boundary"], (1...70).contains(boundary.utf8.count),
            boundary.utf8.allSatisfy({ (0x20...0x7e).contains($0) }), !boundary.hasSuffix(" ")
        else {
            throw Refused.malformedForm
        }
        self.text = boundary
    }
}
