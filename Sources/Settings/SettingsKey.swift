/// One variable that the service reads: the documentation of it, in one place.
public struct SettingsKey: Sendable, Equatable {
    /// `COUNTERSIGN_PORT`; `<ENVIRONMENT>` stands for an environment's name in upper case, `-` as `_`.
    public let name: String
    public let type: String
    /// As it would be written; `nil` where there is none.
    public let defaultValue: String?
    public let isSecret: Bool
    /// One sentence.
    public let meaning: String
}

extension ServiceSettings {
    /// All variables of `countersign serve`, in the order of the README's table.
    public static let keys: [SettingsKey] = [
        SettingsKey(
            name: "COUNTERSIGN_HOST", type: "address", defaultValue: "0.0.0.0", isSecret: false, meaning: "Address to listen on."),
        SettingsKey(
            name: "COUNTERSIGN_PORT", type: "integer", defaultValue: "8080", isSecret: false,
            meaning: "Port to listen on; wins over PORT."),
        SettingsKey(
            name: "PORT", type: "integer", defaultValue: nil, isSecret: false,
            meaning: "Port to listen on, as platforms such as Heroku set it."),
        SettingsKey(
            name: "COUNTERSIGN_METRICS_PORT", type: "integer", defaultValue: nil, isSecret: false,
            meaning: "Port of its own for /metrics; without it, the main port has it."),
        SettingsKey(
            name: "COUNTERSIGN_POLICIES", type: "folder", defaultValue: "policies", isSecret: false,
            meaning: "Folder with one folder for each environment."),
        SettingsKey(
            name: "COUNTERSIGN_ENVIRONMENT", type: "list", defaultValue: nil, isSecret: false,
            meaning: "Environments to serve, separated by commas; without it, all of the folder."),
        SettingsKey(
            name: "COUNTERSIGN_SEALING_SECRET", type: "text", defaultValue: nil, isSecret: true,
            meaning:
                "Required: secret of at least 32 bytes that seals grants, the same in all processes; with more behind commas, all open and the first seals."
        ),
        SettingsKey(
            name: "COUNTERSIGN_<ENVIRONMENT>_API_KEYS", type: "list of name:sha256", defaultValue: nil, isSecret: false,
            meaning: "API keys of the environment, each as a caller's name and the key's SHA-256 in hexadecimal."),
        SettingsKey(
            name: "COUNTERSIGN_API_KEYS", type: "list of name:sha256", defaultValue: nil, isSecret: false,
            meaning: "The same, when one environment is served."),
        SettingsKey(
            name: "COUNTERSIGN_<ENVIRONMENT>_JWT_SECRET_<NAME>", type: "text", defaultValue: nil, isSecret: true,
            meaning: "Secret of at least 32 bytes that signs the JWTs (HS256) of the entry of that name under callers in uploads.yaml."),
        SettingsKey(
            name: "COUNTERSIGN_TOKEN_SECRET", type: "text", defaultValue: nil, isSecret: true,
            meaning: "Secret of at least 32 bytes that signs scoped tokens; with a second one behind a comma, both verify."),
        SettingsKey(
            name: "COUNTERSIGN_<ENVIRONMENT>_AWS_ACCESS_KEY_ID", type: "text", defaultValue: nil, isSecret: false,
            meaning: "Access key that signs for the environment."),
        SettingsKey(
            name: "COUNTERSIGN_<ENVIRONMENT>_AWS_SECRET_ACCESS_KEY", type: "text", defaultValue: nil, isSecret: true,
            meaning: "Its secret."),
        SettingsKey(
            name: "COUNTERSIGN_<ENVIRONMENT>_AWS_SESSION_TOKEN", type: "text", defaultValue: nil, isSecret: true,
            meaning: "Its session token, where it is temporary."),
        SettingsKey(
            name: "COUNTERSIGN_<ENVIRONMENT>_AWS_PROFILE", type: "text", defaultValue: nil, isSecret: false,
            meaning: "Profile of AWS's shared files instead; any variable of AWS's tools may have this prefix."),
        SettingsKey(
            name: "AWS_ACCESS_KEY_ID", type: "text", defaultValue: nil, isSecret: false,
            meaning: "Access key, when one environment is served and chooses no credentials of its own; then all of AWS's chain counts."),
        SettingsKey(name: "AWS_SECRET_ACCESS_KEY", type: "text", defaultValue: nil, isSecret: true, meaning: "Its secret."),
        SettingsKey(
            name: "AWS_SESSION_TOKEN", type: "text", defaultValue: nil, isSecret: true,
            meaning: "Its session token, where it is temporary."),
        SettingsKey(
            name: "COUNTERSIGN_MAX_IN_FLIGHT", type: "integer", defaultValue: "256", isSecret: false,
            meaning: "Requests worked on at once; further ones get 503."),
        SettingsKey(
            name: "COUNTERSIGN_MAX_CONNECTIONS", type: "integer", defaultValue: "1024", isSecret: false,
            meaning:
                "Connections open at once; larger than the requests in flight. When seven eighths of them are, the one that has waited longest for its client closes for the next."
        ),
        SettingsKey(
            name: "COUNTERSIGN_ADDRESS_REQUESTS", type: "integer", defaultValue: "100", isSecret: false,
            meaning:
                "Requests that one client address may send in a second, and three times that at once; further ones get 429. 0: any number."
        ),
        SettingsKey(
            name: "COUNTERSIGN_TRUSTED_HOPS", type: "integer", defaultValue: "0", isSecret: false,
            meaning:
                "Proxies between clients and the service that append to X-Forwarded-For: the client's address is that many entries from its end."
        ),
        SettingsKey(
            name: "COUNTERSIGN_BODY_DEADLINE", type: "time", defaultValue: "10s", isSecret: false,
            meaning: "How long a request's head, and then its body, may take to arrive."),
        SettingsKey(
            name: "COUNTERSIGN_IDLE_TIMEOUT", type: "time", defaultValue: "75s", isSecret: false,
            meaning: "How long a connection may be silent, and how long a client may take for an answer."),
        SettingsKey(
            name: "COUNTERSIGN_LOG_FORMAT", type: "auto, json or text", defaultValue: "auto", isSecret: false,
            meaning: "Shape of the log; auto is text on a terminal and JSON elsewhere."),
        SettingsKey(
            name: "COUNTERSIGN_LOG_LEVEL", type: "trace, debug, info, notice, warning, error or critical", defaultValue: "info",
            isSecret: false, meaning: "Least level that is logged."),
    ]
}
