/// An existing browser client whose requests and answers are mapped on the upload rules.
public enum Dialect: String, Sendable, CaseIterable {
    /// Uppy's `@uppy/aws-s3`, with Companion's routes or with `signRequest`.
    case uppy
    /// What asks Shrine's `presign_endpoint`.
    case shrine
    /// The JavaScript of Rails' Active Storage.
    case activeStorage
    /// better-upload's client.
    case betterUpload
}

/// The dialects of one environment, and the rules that their uploads are under: these clients do not name any.
public struct Dialects: Sendable, Equatable {
    /// The rule for each client that names none itself.
    private var rules: [Dialect: String] = [:]
    /// Whether better-upload is answered, whose routes are the rules' names.
    private var servesBetterUpload = false

    public init() {}

    /// - Parameters:
    ///   - rules: for Uppy, Shrine and Active Storage; those that are not here are not answered.
    ///   - betterUpload: whether better-upload is.
    public init(rules: [Dialect: String], betterUpload: Bool = false) {
        self.rules = rules.filter { $0.key != .betterUpload }
        servesBetterUpload = betterUpload
    }

    public func serves(_ dialect: Dialect) -> Bool {
        dialect == .betterUpload ? servesBetterUpload : rules[dialect] != nil
    }

    /// The rule of a dialect's uploads; nil where it is not answered, and for better-upload, which names it.
    public func rule(for dialect: Dialect) -> String? { rules[dialect] }

    /// What does not go together: `field` is the dialect's name.
    func problems(among known: [UploadRule]) -> [InvalidValue] {
        Dialect.allCases.compactMap { dialect in
            guard let name = rules[dialect] else { return nil }
            guard let rule = known.first(where: { $0.name == name }) else {
                let names = known.map(\.name).joined(separator: ", ")
                return InvalidValue(
                    field: "dialects.\(dialect.rawValue)", "there is no upload rule \(quoted(name)); use one of \(names)")
            }
            return Dialects.problem(of: rule, for: dialect).map { InvalidValue(field: "dialects.\(dialect.rawValue)", $0) }
        }
    }

    /// Why no upload of a client could ever be under a rule.
    private static func problem(of rule: UploadRule, for dialect: Dialect) -> String? {
        if rule.checksum == .required {
            return "its client sends no SHA-256; take a rule without checksum: required than \(rule.name)"
        }
        switch dialect {
        case .uppy:
            if rule.multipart == .signed { return "Uppy names no size; the rule \(rule.name) needs multipart: assisted" }
            if rule.method == .post || rule.multipart == .assisted { return nil }
            return "Uppy names no size, so its rule has a form with a range of sizes (method: POST), multipart: assisted, or both; "
                + "\(rule.name) has neither"
        case .shrine:
            return rule.method == .multipart ? "Shrine's clients send a file in one request; \(rule.name) takes parts only" : nil
        case .activeStorage:
            return rule.method == .put ? nil : "Active Storage sends a PUT; \(rule.name) takes \(rule.method.rawValue)"
        case .betterUpload: return nil
        }
    }
}
