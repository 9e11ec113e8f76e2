import Libcrypto

/// One profile of the shared files: what the credentials file says wins over what the config file says.
struct AWSProfile: Sendable {
    /// The keys that one file has for a profile, perhaps only half of them.
    struct Keys: Sendable, CustomReflectable, CustomStringConvertible {
        var accessKeyID: String?
        var secretAccessKey: Secret?
        var sessionToken: String?
        /// The token's name before there was the other; where a file has both, AWS's Python and command-line tools take this one.
        var securityToken: String?
        /// The file and the line of the first of them.
        let place: String

        /// The file alone.
        var file: String { place.lastIndex(of: ":").map { String(place[..<$0]) } ?? place }

        /// A session token without keys is nothing.
        var isEmpty: Bool { accessKeyID == nil && secretAccessKey == nil }

        var description: String { "the keys at \(place)" }
        var customMirror: Mirror { Mirror(self, children: ["place": place]) }
    }

    let name: String
    /// Of `~/.aws/credentials`.
    let credentialsKeys: Keys?
    /// Of `~/.aws/config`.
    let configKeys: Keys?
    private let settings: [String: Section.Setting]
    private let place: String

    init(name: String, credentials: Section?, config: Section?) {
        self.name = name
        credentialsKeys = credentials?.keys.flatMap { $0.isEmpty ? nil : $0 }
        configKeys = config?.keys.flatMap { $0.isEmpty ? nil : $0 }
        settings = (config?.settings ?? [:]).merging(credentials?.settings ?? [:]) { $1 }
        place = credentials?.place ?? config?.place ?? ""
    }

    /// A setting's value. The keys and the session token are no settings.
    subscript(name: String) -> String? { settings[name]?.value }

    /// Where a setting stands, as `path:line`; of one that is missing, where the profile begins.
    func place(of setting: String) -> String { settings[setting]?.place ?? place }

    var hasKeys: Bool { credentialsKeys != nil || configKeys != nil }

    /// Whether it takes a role with the credentials of another profile, rather than with a token.
    var assumesRole: Bool { self["role_arn"] != nil && self["web_identity_token_file"] == nil }

    /// What one file says about a profile.
    struct Section: Sendable {
        struct Setting: Sendable {
            let value: String
            let place: String
        }

        var settings: [String: Setting] = [:]
        var keys: Keys?
        /// Of its header.
        let place: String

        mutating func set(_ name: String, _ value: String, at place: String) {
            switch name {
            case "aws_access_key_id": change(at: place) { $0.accessKeyID = value }
            case "aws_secret_access_key": change(at: place) { $0.secretAccessKey = Secret(value) }
            case "aws_session_token": change(at: place) { $0.sessionToken = value }
            case "aws_security_token": change(at: place) { $0.securityToken = value }
            default: settings[name] = Setting(value: value, place: place)
            }
        }

        private mutating func change(at place: String, _ change: (inout Keys) -> Void) {
            var keys = keys ?? Keys(place: place)
            change(&keys)
            self.keys = keys
        }
    }
}
