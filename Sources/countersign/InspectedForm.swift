import Libcrypto
import S3Signing
import SigV4

/// A signed form, or its policy alone, taken apart.
struct InspectedForm {
    enum Condition: Equatable {
        case equals(field: String, value: String)
        case startsWith(field: String, prefix: String)
        case size(ClosedRange<Int64>)
    }

    /// Where the form is posted to; nil for a policy alone.
    let url: String?
    let fields: [Header]
    let policyText: String
    let expiration: SigningTime
    let conditions: [Condition]

    init(url: String?, fields: [Header]) throws(CommandFailure) {
        guard let policy = fields.first(where: { HeaderRules.isSame($0.name, "policy") })?.value else {
            throw .wrongUse("the form has no field policy, so it is not signed.")
        }
        self.url = url
        self.fields = fields
        policyText = policy
        (expiration, conditions) = try Self.read(policy)
    }

    /// All that the form sends under a name, given in lower case: S3 joins the values with commas.
    func field(_ name: String) -> String? {
        let values = fields.filter { HeaderRules.isSame($0.name, name) }.map(\.value)
        return values.isEmpty ? nil : values.joined(separator: ",")
    }

    /// The value that a condition fixes.
    func fixedValue(_ field: String) -> String? {
        for case .equals(let name, let value) in conditions where HeaderRules.isSame(name, field) { return value }
        return nil
    }

    /// The sizes that all ranges together leave; nil without any.
    var sizeRange: ClosedRange<Int64>? {
        var bounds: (Int64, Int64)?
        for case .size(let range) in conditions {
            bounds = bounds.map { (max($0.0, range.lowerBound), min($0.1, range.upperBound)) } ?? (range.lowerBound, range.upperBound)
        }
        return bounds.map { $0.0...max($0.0, $0.1) }
    }

    private static func read(_ policy: String) throws(CommandFailure) -> (SigningTime, [Condition]) {
        guard let bytes = Base64.decode(policy) else { throw .wrongUse("the policy is not base64 with padding.") }
        let json: JSON
        do { json = try JSONParser.parse(bytes[...], takesPolicyEscapes: true) } catch {
            throw .wrongUse("the policy is no JSON: \(error).")
        }
        guard let text = json["expiration"]?.string, let expiration = SigningTime(iso8601: text) else {
            throw .wrongUse("the policy has no expiration in UTC, such as 2015-12-30T12:00:00Z.")
        }
        guard case .array(let elements)? = json["conditions"] else { throw .wrongUse("the policy has no list of conditions.") }
        var conditions: [Condition] = []
        for element in elements { conditions.append(try condition(element)) }
        return (expiration, conditions)
    }

    private static func condition(_ element: JSON) throws(CommandFailure) -> Condition {
        let shown = Quoting.terminal(element.compact)
        let malformed = CommandFailure.wrongUse("the policy holds a condition that S3 does not know: \(shown)")
        switch element {
        case .object(let members):
            guard members.count == 1, let value = members[0].value.string else { throw malformed }
            return .equals(field: members[0].name, value: value)
        case .array(let parts):
            guard parts.count == 3, let operation = parts[0].string?.lowercased() else { throw malformed }
            if operation == "content-length-range", let lower = integer(parts[1]), let upper = integer(parts[2]), lower <= upper {
                return .size(lower...upper)
            }
            guard let field = parts[1].string, field.hasPrefix("$"), let value = parts[2].string else { throw malformed }
            let name = String(field.dropFirst())
            switch operation {
            case "eq": return .equals(field: name, value: value)
            case "starts-with": return .startsWith(field: name, prefix: value)
            default: throw malformed
            }
        default: throw malformed
        }
    }

    private static func integer(_ value: JSON) -> Int64? {
        switch value {
        case .integer(let number): number
        case .string(let text): Int64(text)
        default: nil
        }
    }
}
