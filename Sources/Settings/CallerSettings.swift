internal import Configuration
public import Libcrypto
public import Uploads

/// Who may call: the environments' API keys and JWTs, with what verifies them.
public struct CallerSettings: Sendable {
    /// Those served; never empty.
    public let environments: [Environment]
    public let apiKeys: [APIKeyRecord]
    /// Whose JWTs the environments take.
    public let tokenIssuers: [TokenIssuer]
    /// The secrets of HS256, by their variables.
    public let tokenSecrets: [String: Secret]

    /// The secrets of scoped tokens: the first signs, all verify; empty where none are given.
    public let scopedTokenSecrets: [Secret]

    /// Reads a process's variables and the policies folder.
    ///
    /// - Parameter names: the environments; empty for what COUNTERSIGN_ENVIRONMENT says, else all.
    /// - Throws: every mistake in both, at once; a secret is in none of the messages.
    public init(variables: [String: String], policiesFolder: String?, named names: [String]) throws(SettingsError) {
        var variables = VariableReader(reader: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables)))
        let folder = policiesFolder ?? variables.text("COUNTERSIGN_POLICIES") ?? "policies"
        self.init(&variables, folder: folder, named: names)
        guard variables.problems.isEmpty else { throw SettingsError(variables.problems) }
    }

    init(_ variables: inout VariableReader, folder: String, named names: [String]) {
        let served = CallerSettings.served(&variables, folder: folder, named: names)
        environments = served?.environments ?? []
        apiKeys = CallerSettings.apiKeys(&variables, environments.map(\.name))
        tokenIssuers = served?.tokenIssuers ?? []
        tokenSecrets = CallerSettings.tokenSecrets(&variables, tokenIssuers)
        scopedTokenSecrets = CallerSettings.scopedTokenSecrets(&variables, foreign: Array(tokenSecrets.values))
    }

    private static func served(_ variables: inout VariableReader, folder: String, named names: [String]) -> PolicyFolder.Served? {
        let names = names.isEmpty ? variables.list("COUNTERSIGN_ENVIRONMENT") : names
        do {
            return names.isEmpty ? try PolicyFolder.served(in: folder) : try PolicyFolder.served(in: folder, named: names)
        } catch {
            variables.add(error.problems)
            return nil
        }
    }

    // MARK: - API keys

    private static func apiKeys(_ variables: inout VariableReader, _ environments: [String]) -> [APIKeyRecord] {
        var records: [APIKeyRecord] = []
        var names = environments.map { (variable: ServiceSettings.prefix(of: $0) + "API_KEYS", environment: $0) }
        let common = "COUNTERSIGN_API_KEYS"
        if environments.count == 1 {
            names.append((common, environments[0]))
        } else if environments.count > 1, variables.text(common) != nil {
            let own = names.map(\.variable).joined(separator: ", ")
            variables.report(common, "several environments are served, and a caller belongs to one; use \(own)")
        }
        for (variable, environment) in names {
            for (index, item) in variables.list(variable).enumerated() {
                guard let record = record(item, environment: environment) else {
                    variables.report(
                        variable,
                        "item \(index + 1) is not name:sha256; give a name of 1 to 64 letters, digits, \"-\", \"_\" or \".\" and the "
                            + "64 hexadecimal digits that countersign token mint prints, never the key itself")
                    continue
                }
                if let other = records.first(where: { $0.sha256 == record.sha256 }), other != record {
                    variables.report(
                        variable, "the key of \(record.name) is also \(other.name)'s in \(other.environment); mint each caller its own")
                } else {
                    records.append(record)
                }
            }
        }
        return records
    }

    private static func record(_ item: String, environment: String) -> APIKeyRecord? {
        let parts = item.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...64).contains(parts[0].utf8.count),
            parts[0].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }),
            let digest = SHA256Digest(hex: parts[1].lowercased())
        else { return nil }
        return APIKeyRecord(name: String(parts[0]), environment: environment, sha256: digest)
    }

    // MARK: - Secrets of scoped tokens

    private static func scopedTokenSecrets(_ variables: inout VariableReader, foreign: [Secret]) -> [Secret] {
        let name = "COUNTERSIGN_TOKEN_SECRET"
        guard let text = variables.text(name, isSecret: true) else { return [] }
        let secrets = text.split(separator: ",", omittingEmptySubsequences: false).map { Secret($0.filter { !$0.isWhitespace }) }
        guard secrets.count <= 2, secrets.allSatisfy({ $0.byteCount >= TokenIssuer.minimumSecretBytes }) else {
            variables.report(
                name,
                "it must be one secret of at least \(TokenIssuer.minimumSecretBytes) bytes without a comma, or two of them with a comma between, "
                    + "of which the first signs")
            return []
        }
        if secrets.contains(where: foreign.contains) {
            variables.report(name, "an issuer of JWTs has the same secret and could make scoped tokens; use one of its own")
            return []
        }
        return secrets
    }

    // MARK: - Secrets of HS256

    private static func tokenSecrets(_ variables: inout VariableReader, _ issuers: [TokenIssuer]) -> [String: Secret] {
        var secrets: [String: Secret] = [:]
        for issuer in issuers {
            guard case .variable(let name) = issuer.keys else { continue }
            guard let secret = variables.text(name, isSecret: true) else {
                variables.report(
                    name, "it is missing; the JWTs of \(issuer.name) in \(issuer.environment) are signed with this secret (HS256)")
                continue
            }
            guard secret.utf8.count >= TokenIssuer.minimumSecretBytes else {
                variables.report(
                    name, "it is shorter than \(TokenIssuer.minimumSecretBytes) bytes; such a secret can be guessed, make a longer one")
                continue
            }
            let others = issuers.filter { $0.environment != issuer.environment && $0.keys != issuer.keys }
            let isShared = others.contains { other in
                guard case .variable(let name) = other.keys else { return false }
                return secrets[name] == Secret(secret)
            }
            guard !isShared else {
                variables.report(
                    name, "another environment's JWTs have the same secret, so that whoever makes those could make these; use another one")
                continue
            }
            secrets[name] = Secret(secret)
        }
        return secrets
    }
}

extension ServiceSettings {
    /// `COUNTERSIGN_STAGING_JWT_SECRET_AUTH0` for the issuer `auth0` of `staging`.
    static func secretVariable(ofIssuer name: String, environment: String) -> String {
        "\(prefix(of: environment))JWT_SECRET_\(name.uppercased().replacing("-", with: "_"))"
    }
}
