internal import Foundation
internal import Uploads
internal import Yams

/// An entry of `callers`, and where it stands.
struct ReadIssuer {
    let issuer: TokenIssuer
    let mark: Mark?
}

extension YAMLReader {
    static let callerKeys = [
        "name", "issuer", "audience", "algorithms", "keys", "leeway", "require", "rules", "rulesClaim", "groupClaim",
    ]

    /// The entries of `callers` that are without a mistake.
    mutating func callers(_ fields: Fields, environment: String, rules: [String]) -> [ReadIssuer] {
        guard let node = fields["callers"] else { return [] }
        guard case .sequence(let sequence) = node else {
            report(
                "callers is a list of entries with name, issuer, audience and algorithms, not \(YAMLReader.kind(of: node))", at: node.mark)
            return []
        }
        var issuers: [ReadIssuer] = []
        for node in sequence {
            guard let issuer = caller(node, environment: environment, rules: rules) else { continue }
            if issuers.contains(where: { $0.issuer.name == issuer.name }) {
                report(
                    "callers: the name \"\(issuer.name)\" stands twice; it begins the keys of an issuer's callers, so each needs its own",
                    at: node.mark)
            } else if let other = issuers.first(where: { $0.issuer.isAmbiguous(beside: issuer) }) {
                report(YAMLReader.ambiguity(issuer, other.issuer, place: "line \(other.mark?.line ?? 1)"), at: node.mark)
            } else {
                issuers.append(ReadIssuer(issuer: issuer, mark: node.mark))
            }
        }
        return issuers
    }

    /// What is wrong about two entries that one token could fit.
    static func ambiguity(_ issuer: TokenIssuer, _ other: TokenIssuer, place: String) -> String {
        "callers: one token could be of \(issuer.name) and of \(other.name) in \(other.environment) (\(place)); give them different audiences, "
            + "or require different values of one claim in both"
    }

    private mutating func caller(_ node: Node, environment: String, rules: [String]) -> TokenIssuer? {
        let before = problems.count
        let fields = fields(of: node, what: "an entry of callers", allowed: YAMLReader.callerKeys, mark: node.mark)
        guard case .mapping = node else { return nil }
        for (key, example) in [
            ("name", "auth0"), ("issuer", "https://example.eu.auth0.com/"), ("audience", "https://api.example.com"),
            ("algorithms", "[RS256]"),
        ] where fields[key] == nil {
            report("an entry of callers needs \(key), for example \(key): \(example)", at: node.mark)
        }
        let name = value(fields, "name", YAMLReader.callerName)
        let issuer = value(fields, "issuer", YAMLReader.issuer)
        let audiences = audiences(fields)
        let algorithms = algorithms(fields)
        let keys = keys(fields, algorithms: algorithms, name: name, environment: environment)
        let leeway = value(fields, "leeway", YAMLReader.leeway)
        let required = fields["require"].map { requiredClaims($0) } ?? [:]
        let grant = ruleGrant(fields, rules: rules)
        let group = value(fields, "groupClaim") { text throws(InvalidValue) in text }
        guard problems.count == before, let name, let issuer, let keys else { return nil }
        return TokenIssuer(
            name: name, environment: environment, issuer: issuer, audiences: audiences, algorithms: algorithms, keys: keys,
            leewaySeconds: leeway ?? TokenIssuer.defaultLeewaySeconds, requiredClaims: required, rules: grant, groupClaim: group)
    }

    // MARK: - Values

    private static func callerName(_ text: String) throws(InvalidValue) -> String {
        let isName =
            (1...32).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
            }
        guard isName else { throw InvalidValue("\"\(text)\" is not allowed; use 1 to 32 of a-z, 0-9 and \"-\"") }
        return text
    }

    private static func issuer(_ text: String) throws(InvalidValue) -> String {
        guard text != "countersign" else {
            throw InvalidValue("\"countersign\" is the service's own, for scoped tokens; name another issuer")
        }
        return text
    }

    private static func leeway(_ text: String) throws(InvalidValue) -> Int {
        let seconds = try Quantity.seconds(text)
        guard (0...300).contains(seconds) else { throw InvalidValue("use from 0 seconds to 5m") }
        return seconds
    }

    /// One text, or a list of them.
    private mutating func audiences(_ fields: Fields) -> [String] {
        guard let node = fields["audience"] else { return [] }
        guard case .sequence(let sequence) = node else { return text(node, what: "audience").map { [$0] } ?? [] }
        if sequence.isEmpty { report("audience is empty; name at least one", at: node.mark) }
        return list(fields, "audience") { text throws(InvalidValue) in text }
    }

    private mutating func algorithms(_ fields: Fields) -> [TokenIssuer.Algorithm] {
        let words = TokenIssuer.Algorithm.allCases.map(\.rawValue).joined(separator: ", ")
        let algorithms = list(fields, "algorithms") { text throws(InvalidValue) in
            guard let algorithm = TokenIssuer.Algorithm(rawValue: text) else {
                throw InvalidValue("\"\(text)\" is not allowed; use \(words)")
            }
            return algorithm
        }
        if case .sequence(let sequence)? = fields["algorithms"], sequence.isEmpty {
            report("algorithms is empty; name at least one of \(words)", at: fields["algorithms"]?.mark)
        }
        if algorithms.contains(.hs256), algorithms.count > 1 {
            // A public key must never become a secret.
            report("algorithms: HS256 stands alone; what verifies the others is public", at: fields["algorithms"]?.mark)
        }
        return algorithms
    }

    /// Texts of this key are never told: a secret may stand there by mistake.
    private mutating func keys(
        _ fields: Fields, algorithms: [TokenIssuer.Algorithm], name: String?, environment: String
    ) -> TokenIssuer.Keys? {
        let isSecret = algorithms.contains(.hs256)
        guard let node = fields["keys"] else {
            guard isSecret else {
                if !algorithms.isEmpty {
                    report(
                        "an entry of callers needs keys, for example keys: https://example.eu.auth0.com/.well-known/jwks.json",
                        at: fields.mark)
                }
                return nil
            }
            return name.map { .variable(ServiceSettings.secretVariable(ofIssuer: $0, environment: environment)) }
        }
        if isSecret {
            let variable = ServiceSettings.secretVariable(ofIssuer: name ?? "<name>", environment: environment)
            report("keys: leave it out with HS256; the secret comes from the variable \(variable)", at: node.mark)
            return nil
        }
        guard let text = text(node, what: "keys") else { return nil }
        return text.contains(":") ? keysURL(text, at: node.mark) : keysFile(text, at: node.mark)
    }

    private mutating func keysURL(_ text: String, at mark: Mark?) -> TokenIssuer.Keys? {
        let url = URLComponents(string: text)
        guard let url, url.scheme == "https", let host = url.host, !host.isEmpty, url.user == nil, url.password == nil, url.fragment == nil,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else {
            report("keys is the https URL of a JWKS, without user or fragment, or the name of a file beside uploads.yaml", at: mark)
            return nil
        }
        return .url(text)
    }

    private mutating func keysFile(_ text: String, at mark: Mark?) -> TokenIssuer.Keys? {
        let path = URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent(text).relativePath
        let content = text.contains("/") || text.hasPrefix(".") ? nil : try? PolicyFolder.content(of: path)
        guard let content else {
            report("keys names no file beside uploads.yaml that can be read; use its name, such as jwks.json, or an https URL", at: mark)
            return nil
        }
        return .file(path: path, content: content)
    }

    private mutating func requiredClaims(_ node: Node) -> [String: TokenIssuer.ClaimValue] {
        var claims: [String: TokenIssuer.ClaimValue] = [:]
        for (claim, mark, value) in entries(of: node, what: "require") {
            guard !["iss", "aud", "exp", "nbf", "iat"].contains(claim) else {
                report("require: \(claim) is checked anyway; leave it out", at: mark)
                continue
            }
            guard let text = text(value, what: "require: the value of \"\(claim)\""), case .scalar(let scalar) = value else { continue }
            if scalar.style == .plain, let flag = Bool(text) {
                claims[claim] = .flag(flag)
            } else if scalar.style == .plain, let integer = Int64(text) {
                claims[claim] = .integer(integer)
            } else {
                claims[claim] = .text(text)
            }
        }
        return claims
    }

    private mutating func ruleGrant(_ fields: Fields, rules: [String]) -> TokenIssuer.Rules {
        if let node = fields["rules"], fields["rulesClaim"] != nil {
            report("rules and rulesClaim exclude each other; keep one", at: node.mark)
        }
        if fields["rules"] != nil {
            return .these(
                Set(
                    list(fields, "rules") { text throws(InvalidValue) in
                        guard rules.contains(text) else {
                            throw InvalidValue("there is no rule \"\(text)\"\(YAMLReader.suggestion(for: text, among: rules))")
                        }
                        return text
                    }))
        }
        guard let claim = value(fields, "rulesClaim", { text throws(InvalidValue) in text }) else { return .all }
        return .claim(claim, among: Set(rules))
    }
}
