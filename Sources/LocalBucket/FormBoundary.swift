import S3Signing

/// Reads the parameters of `Content-Type` and `Content-Disposition`.
///
/// By scalars: a combining mark behind a quotation mark makes one character of the two, to Swift but not to HTTP.
enum HeaderParameters {
    private typealias Scalars = Substring.UnicodeScalarView

    /// - Returns: The lower-case value before the first `;`, and the parameters with lower-case names.
    static func parse(_ header: String) -> (value: String, parameters: [String: String]) {
        var rest = header.unicodeScalars[...]
        let value = self.take(until: ";", from: &rest).lowercased()
        var parameters: [String: String] = [:]
        while !rest.isEmpty {
            let name = self.take(until: "=;", from: &rest, keepingStop: true).lowercased()
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

    /// What stands before the first stop, or all of it, without blanks around it.
    private static func take(until stops: String, from rest: inout Scalars, keepingStop: Bool = false) -> String {
        let taken = rest.prefix { !stops.unicodeScalars.contains($0) }
        rest = rest[taken.endIndex...].dropFirst(keepingStop ? 0 : 1)
        return String(Substring(taken).trimmingSpaces)
    }

    /// A token, or a quoted string. Browsers write `"` in a name as `%22` and leave `\` alone, so only `\"` is an escape.
    private static func parameterValue(from rest: inout Scalars) -> String {
        let trimmed = rest.drop { $0 == " " || $0 == "\t" }
        guard trimmed.first == "\"" else {
            return self.take(until: ";", from: &rest)
        }
        var value = String.UnicodeScalarView()
        var quoted = trimmed.dropFirst()
        while let scalar = quoted.popFirst(), scalar != "\"" {
            if scalar == "\\", quoted.first == "\"" {
                value.append("\"")
                quoted = quoted.dropFirst()
            } else {
                value.append(scalar)
            }
        }
        rest = quoted
        _ = self.take(until: ";", from: &rest)
        return String(value)
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
