import Libcrypto
import S3Signing
import SigV4

/// Why one line of a batch cannot be signed.
struct BatchLineError: Error, Equatable {
    let code: String
    var field: String?
    let message: String

    func json(line: Int) -> JSON {
        var members = [JSON.Member("code", .string(code))]
        if let field { members.append(.init("field", .string(field))) }
        members += [.init("message", .string(message)), .init("line", .integer(Int64(line)))]
        return .object([.init("error", .object(members))])
    }
}

/// One line of `presign batch`, read and checked for shape; what S3 allows is the signer's to say.
struct BatchLine {
    enum Work {
        case presign(method: S3Method, bucket: String, key: String?)
        /// Signs a POST policy's base64 text as it stands.
        case policy(String)
    }

    struct Keys: Hashable, CustomReflectable {
        let accessKeyID: String
        let secretAccessKey: Secret
        let sessionToken: String?

        var customMirror: Mirror { Mirror(self, children: ["accessKeyID": accessKeyID]) }

        // Equal keys have one name; what tells others apart is a secret, and nothing to hash.
        func hash(into hasher: inout Hasher) { hasher.combine(accessKeyID) }
    }

    var work: Work
    var region: String?
    var endpoint: String?
    var style: AddressingStyle?
    var expiresSeconds: Int?
    var headers: [Header] = []
    var query: [QueryItem] = []
    var at: SigningTime?
    /// The line's own credentials; nil means those of the chain.
    var keys: Keys?

    init(_ bytes: ArraySlice<UInt8>) throws(BatchLineError) {
        let members = try Self.members(of: bytes)
        var fields = Fields()
        for member in members { try fields.take(member) }
        work = try fields.work()
        region = fields.texts["region"]
        endpoint = fields.texts["endpoint"]
        style = try fields.style()
        at = try fields.time()
        keys = try fields.keys()
        expiresSeconds = fields.expiresSeconds
        headers = fields.headers
        query = fields.query
    }

    private static func members(of bytes: ArraySlice<UInt8>) throws(BatchLineError) -> [JSON.Member] {
        let value: JSON
        do { value = try JSONParser.parse(bytes) } catch { throw BatchLineError(code: "invalid_json", message: "No JSON: \(error).") }
        guard case .object(let members) = value else {
            throw BatchLineError(code: "invalid_json", message: "A line is one JSON object, not \(value.kindName).")
        }
        return members
    }

    /// The members by name, each of its own type.
    private struct Fields {
        var texts: [String: String] = [:]
        var expiresSeconds: Int?
        var headers: [Header] = []
        var query: [QueryItem] = []

        mutating func take(_ member: JSON.Member) throws(BatchLineError) {
            if member.value == .null { return }
            switch member.name {
            case "method", "bucket", "key", "region", "endpoint", "style", "at", "accessKeyId", "secretAccessKey", "sessionToken", "policy":
                guard case .string(let text) = member.value else { throw wrongType(member, expected: "a string") }
                texts[member.name] = text
            case "expires":
                guard case .integer(let seconds) = member.value else { throw wrongType(member, expected: "a whole number of seconds") }
                expiresSeconds = Int(seconds)
            case "headers": headers = try pairs(member).map { Header($0.0, $0.1) }
            case "query": query = try pairs(member).map { QueryItem($0.0, $0.1) }
            default:
                throw BatchLineError(
                    code: "unknown_field", field: member.name,
                    message: "No such field; a line has method, bucket, key, region, endpoint, style, expires, headers, query, at, "
                        + "accessKeyId, secretAccessKey, sessionToken, or policy.")
            }
        }

        private func wrongType(_ member: JSON.Member, expected: String) -> BatchLineError {
            BatchLineError(
                code: "wrong_type", field: member.name, message: "\(member.name) must be \(expected), not \(member.value.kindName).")
        }

        private func pairs(_ member: JSON.Member) throws(BatchLineError) -> [(String, String)] {
            guard case .array(let elements) = member.value else { throw wrongType(member, expected: "an array of [name, value]") }
            var pairs: [(String, String)] = []
            for element in elements {
                guard case .array(let pair) = element, pair.count == 2, case .string(let name) = pair[0], case .string(let value) = pair[1]
                else {
                    throw BatchLineError(code: "wrong_type", field: member.name, message: "\(member.name) is an array of [name, value].")
                }
                pairs.append((name, value))
            }
            return pairs
        }

        private func required(_ name: String) throws(BatchLineError) -> String {
            guard let text = texts[name] else { throw BatchLineError(code: "missing_field", field: name, message: "\(name) is missing.") }
            return text
        }

        func work() throws(BatchLineError) -> Work {
            let name = try required("method")
            if name == "POST-POLICY" { return .policy(try required("policy")) }
            guard let method = S3Method(rawValue: name) else {
                throw BatchLineError(
                    code: "unknown_method", field: "method", message: "method is GET, PUT, HEAD, DELETE, POST or POST-POLICY.")
            }
            if texts["policy"] != nil {
                throw BatchLineError(code: "unknown_field", field: "policy", message: "policy goes with the method POST-POLICY only.")
            }
            return .presign(method: method, bucket: try required("bucket"), key: texts["key"])
        }

        func style() throws(BatchLineError) -> AddressingStyle? {
            guard let text = texts["style"] else { return nil }
            guard let style = AddressingStyle(rawValue: text) else {
                throw BatchLineError(code: "invalid_style", field: "style", message: "style is virtual or path.")
            }
            return style
        }

        func time() throws(BatchLineError) -> SigningTime? {
            guard let text = texts["at"] else { return nil }
            guard let time = SigningTime(iso8601Basic: text) ?? SigningTime(iso8601: text) else {
                throw BatchLineError(code: "invalid_time", field: "at", message: "Write at as 20130524T000000Z.")
            }
            return time
        }

        func keys() throws(BatchLineError) -> Keys? {
            let names = ["accessKeyId", "secretAccessKey", "sessionToken"]
            guard names.contains(where: { texts[$0] != nil }) else { return nil }
            return Keys(
                accessKeyID: try required("accessKeyId"), secretAccessKey: Secret(try required("secretAccessKey")),
                sessionToken: texts["sessionToken"])
        }
    }
}
