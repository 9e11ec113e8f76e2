import Foundation
import Libcrypto
public import SigV4

/// No credentials were found, or those that were found cannot be used; says what was looked at.
public struct AWSCredentialsError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
}

/// Credentials together with the place they came from, for messages.
public struct FoundCredentials: Sendable {
    public let credentials: Credentials
    /// Such as `the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`.
    public let source: String
}

/// What AWS's own tools would use here: the AWS variables, then the static keys of a profile in the shared files.
/// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
public struct AWSCredentialChain: Sendable {
    private let variables: [String: String]
    private let readFile: @Sendable (String) -> String?

    /// - Parameters:
    ///   - variables: the process's variables; empty ones count as unset.
    ///   - readFile: a file's text, nil when it cannot be read.
    public init(
        variables: [String: String],
        readFile: @escaping @Sendable (_ path: String) -> String? = AWSCredentialChain.textOfFile
    ) {
        self.variables = variables.filter { !$0.value.isEmpty }
        self.readFile = readFile
    }

    /// A file's text; nil when it cannot be read, or is not UTF-8.
    public static let textOfFile: @Sendable (_ path: String) -> String? = { try? String(contentsOfFile: $0, encoding: .utf8) }

    /// The profile that is asked for: `AWS_PROFILE`, else `default`.
    public var profileName: String { variables["AWS_PROFILE"] ?? "default" }

    /// Where the shared files are looked for.
    public var credentialsPath: String { variables["AWS_SHARED_CREDENTIALS_FILE"].map(expanded) ?? home + "/.aws/credentials" }
    public var configPath: String { variables["AWS_CONFIG_FILE"].map(expanded) ?? home + "/.aws/config" }

    /// The first complete credentials of the chain.
    public func credentials() throws(AWSCredentialsError) -> FoundCredentials {
        if let found = try fromVariables(prefix: "") { return found }
        return try fromFiles()
    }

    /// An environment's own variables, `COUNTERSIGN_<ENVIRONMENT>_AWS_ACCESS_KEY_ID` and so on; nil when none is set.
    public func credentials(ofEnvironment name: String) throws(AWSCredentialsError) -> FoundCredentials? {
        try fromVariables(prefix: ServiceSettings.prefix(of: name))
    }

    /// `AWS_REGION`, `AWS_DEFAULT_REGION`, else the profile's `region`.
    public var region: String? {
        variables["AWS_REGION"] ?? variables["AWS_DEFAULT_REGION"] ?? configProfile["region"] ?? credentialsProfile["region"]
    }

    /// The base URL for S3: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, else the profile's service-specific or general `endpoint_url`.
    /// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    public var endpointURL: String? {
        let profile = configProfile
        let ignored = variables["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] ?? profile["ignore_configured_endpoint_urls"]
        if ignored?.lowercased() == "true" { return nil }
        if let url = variables["AWS_ENDPOINT_URL_S3"] ?? variables["AWS_ENDPOINT_URL"] { return url }
        let services = profile["services"].flatMap { config.services[$0] }
        return services?["s3"]?["endpoint_url"] ?? profile["endpoint_url"]
    }

    private var home: String { variables["HOME"] ?? NSHomeDirectory() }

    private func expanded(_ path: String) -> String { path.hasPrefix("~/") ? home + path.dropFirst() : path }

    private var config: AWSProfileFile { AWSProfileFile(readFile(configPath) ?? "", kind: .config) }
    private var configProfile: [String: String] { config.profiles[profileName] ?? [:] }
    private var credentialsProfile: [String: String] {
        AWSProfileFile(readFile(credentialsPath) ?? "", kind: .credentials).profiles[profileName] ?? [:]
    }

    private func fromVariables(prefix: String) throws(AWSCredentialsError) -> FoundCredentials? {
        let (idName, secretName) = (prefix + "AWS_ACCESS_KEY_ID", prefix + "AWS_SECRET_ACCESS_KEY")
        switch (variables[idName], variables[secretName]) {
        case (nil, nil): return nil
        case (let id?, let secret?):
            let credentials = Credentials(
                accessKeyID: id, secretAccessKey: Secret(secret), sessionToken: variables[prefix + "AWS_SESSION_TOKEN"])
            return FoundCredentials(credentials: credentials, source: "the variables \(idName) and \(secretName)")
        case (nil, _?): throw AWSCredentialsError(description: "\(secretName) is set, but \(idName) is not.")
        case (_?, nil): throw AWSCredentialsError(description: "\(idName) is set, but \(secretName) is not.")
        }
    }

    /// A profile's keys: those of the credentials file win over those of the config file.
    private func fromFiles() throws(AWSCredentialsError) -> FoundCredentials {
        for (profile, path) in [(credentialsProfile, credentialsPath), (configProfile, configPath)] {
            switch (profile["aws_access_key_id"], profile["aws_secret_access_key"]) {
            case (let id?, let secret?):
                let credentials = Credentials(
                    accessKeyID: id, secretAccessKey: Secret(secret), sessionToken: profile["aws_session_token"])
                return FoundCredentials(credentials: credentials, source: "profile \(profileName) in \(path)")
            case (nil, nil): continue
            default:
                throw AWSCredentialsError(
                    description:
                        "profile \(profileName) in \(path) needs both aws_access_key_id and aws_secret_access_key.")
            }
        }
        throw AWSCredentialsError(description: nothingFound)
    }

    private var nothingFound: String {
        let lookedAt = """
            Looked at: the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (not set); profile "\(profileName)" in \
            \(credentialsPath) (\(state(of: credentialsPath, profile: credentialsProfile))) and in \
            \(configPath) (\(state(of: configPath, profile: configProfile))).
            """
        return "no AWS credentials found. \(lookedAt)"
    }

    private func state(of path: String, profile: [String: String]) -> String {
        if readFile(path) == nil { return "no such file" }
        if profile.isEmpty { return "no such profile" }
        let indirect = ["role_arn", "credential_process", "sso_session", "sso_start_url", "web_identity_token_file"]
        if let setting = indirect.first(where: { profile[$0] != nil }) {
            return "has \(setting), but only aws_access_key_id and aws_secret_access_key are read"
        }
        return "no keys in it"
    }
}
