import S3Signing
import Uploads

/// Reads upload requests from JSON, naming the member that is to blame by its path.
///
/// Unknown members are refused: a misspelt `sha256` that is ignored would give a ticket that binds less than its caller believes.
struct JSONObjectReader {
    /// Names in error messages are cut to this length.
    private static let maximumNameLength = 64

    /// The reader of JSON has seen to it that no name is there twice.
    private let members: [JSON.Member]
    private let path: String

    /// - Parameters:
    ///   - path: where the object stands in the body; empty for the body itself.
    ///   - known: the names that it may hold; nil for an object of somebody else's making, whose other members are not ours to judge.
    init(_ value: JSON, path: String, known: [String]?) throws(Problem) {
        guard case .object(let members) = value else {
            let subject = path.isEmpty ? "The body" : "'\(path)'"
            throw Problem(.wrongType, "\(subject) must be a JSON object, not \(value.kindName).", field: path.isEmpty ? nil : path)
        }
        self.members = members
        self.path = path
        if let known, let stranger = members.first(where: { !known.contains($0.name) }) {
            let name = field(stranger.name)
            throw Problem(.unknownField, "'\(name)' is not known here; known are \(known.joined(separator: ", ")).", field: name)
        }
    }

    /// The path of a member, for messages.
    func field(_ name: String) -> String {
        let short = name.prefix(Self.maximumNameLength)
        return path.isEmpty ? String(short) : "\(path).\(short)"
    }

    /// A member's value; an absent one and null are the same.
    func value(_ name: String) -> JSON? {
        guard let value = members.first(where: { $0.name == name })?.value else { return nil }
        if case .null = value { return nil }
        return value
    }

    func required(_ name: String, _ meaning: String) throws(Problem) -> JSON {
        guard let value = value(name) else {
            throw Problem(.missingField, "'\(field(name))' is missing: \(meaning).", field: field(name))
        }
        return value
    }

    func string(_ name: String, _ value: JSON) throws(Problem) -> String {
        guard case .string(let string) = value else {
            throw Problem(.wrongType, "'\(field(name))' must be a string, not \(value.kindName).", field: field(name))
        }
        return string
    }

    func optionalString(_ name: String) throws(Problem) -> String? {
        guard let value = value(name) else { return nil }
        return try string(name, value)
    }

    /// A number of bytes, written without fraction and exponent; nil where it is absent.
    func optionalByteCount(_ name: String) throws(Problem) -> Int64? {
        guard let value = value(name) else { return nil }
        switch value {
        case .integer(let integer): return integer
        case .number:
            throw Problem(
                .wrongType, "'\(field(name))' must be a whole number of bytes up to \(Int64.max), without fraction or exponent.",
                field: field(name))
        default:
            throw Problem(.wrongType, "'\(field(name))' must be a number of bytes, not \(value.kindName).", field: field(name))
        }
    }

    func strings(_ name: String) throws(Problem) -> [String: String] {
        guard let value = value(name) else { return [:] }
        guard case .object(let members) = value else {
            throw Problem(.wrongType, "'\(field(name))' must be an object of strings, not \(value.kindName).", field: field(name))
        }
        var strings: [String: String] = [:]
        for member in members {
            let member = (name: "\(name).\(member.name.prefix(Self.maximumNameLength))", full: member.name, value: member.value)
            strings[member.full] = try string(member.name, member.value)
        }
        return strings
    }
}

extension UploadRequest {
    private static let members = ["rule", "filename", "size", "type", "sha256", "metadata", "method"]

    /// - Parameter path: where the upload request stands in the body; empty for the body itself.
    init(json: JSON, path: String) throws(Problem) {
        let reader = try JSONObjectReader(json, path: path, known: Self.members)
        let rule = try reader.string("rule", reader.required("rule", "name the upload rule; GET /v1/rules lists them"))
        let filename = try reader.string("filename", reader.required("filename", "send the name of the file"))
        let type = try reader.string("type", reader.required("type", "send the content type of the file, such as image/png"))
        self.init(
            rule: rule, filename: filename, size: try reader.optionalByteCount("size"), type: type,
            sha256: try reader.optionalString("sha256"), metadata: try reader.strings("metadata"),
            method: try reader.optionalString("method"))
    }
}
