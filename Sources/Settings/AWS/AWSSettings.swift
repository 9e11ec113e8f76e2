import Foundation

/// What AWS's own tools are told on this machine, as a command or one environment sees it: variables, and the profiles of the shared
/// files.
///
/// https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
public struct AWSSettings: Sendable {
    public typealias ReadVariable = @Sendable (_ name: String) -> String?
    /// A file's bytes, nil where there is no such file.
    public typealias ReadFile = @Sendable (_ path: String) throws(AWSSettingsError) -> [UInt8]?

    /// Whose settings these are, and which variables count for it.
    private struct Owner {
        /// `COUNTERSIGN_STAGING_`, before the names of its own variables.
        let prefix: String
        let choosesCredentials: Bool
        /// Whether the plain variables may choose its credentials where its own do not.
        let isServedAlone: Bool
    }

    private let readVariable: ReadVariable
    private let readFile: ReadFile
    private var owner: Owner?

    /// - Parameters:
    ///   - readVariable: a variable's value; an empty one counts as unset.
    public init(readVariable: @escaping ReadVariable, readFile: @escaping ReadFile = AWSSettings.bytesOfFile) {
        self.readVariable = { name in readVariable(name).flatMap { $0.isEmpty ? nil : $0 } }
        self.readFile = readFile
    }

    /// - Parameter variables: the process's variables.
    public init(variables: [String: String], readFile: @escaping ReadFile = AWSSettings.bytesOfFile) {
        self.init(readVariable: { variables[$0] }, readFile: readFile)
    }

    // MARK: - Environments

    /// The settings that one environment signs by: each variable with its `COUNTERSIGN_<ENVIRONMENT>_` before it wins over the plain one.
    ///
    /// As soon as the environment chooses credentials of its own, it gets those or none: no plain variable that chooses some counts for it,
    /// nor a profile or the instance's role that it does not name. Where several environments are served, each has to choose.
    public func ofEnvironment(_ name: String, isServedAlone: Bool = true) -> AWSSettings {
        let prefix = ServiceSettings.prefix(of: name)
        var settings = self
        settings.owner = Owner(
            prefix: prefix, choosesCredentials: Self.choosing.contains { readVariable(prefix + $0) != nil }, isServedAlone: isServedAlone)
        return settings
    }

    /// Whether there is something that may choose credentials: what is chosen may still be wrong.
    public var mayChooseCredentials: Bool { owner.map { $0.isServedAlone || $0.choosesCredentials } ?? true }

    /// Whether the environment chooses by variables of its own: then what the machine has for everybody does not count.
    var choosesItself: Bool { owner?.choosesCredentials ?? false }

    /// The variables that decide whose credentials are used.
    private static let choosing: Set = [
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION",
        "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ROLE_ARN",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", tokenFile,
    ]
    private static let tokenFile = "AWS_WEB_IDENTITY_TOKEN_FILE"

    func variable(_ name: String) -> String? {
        readVariable(nameInUse(name))
    }

    /// The name under which a variable counts here.
    func nameInUse(_ name: String) -> String {
        guard let owner else { return name }
        if readVariable(owner.prefix + name) != nil { return owner.prefix + name }
        guard Self.choosing.contains(name) else { return name }
        // A cluster gives a pod one identity, in which environments may take different roles.
        if name == Self.tokenFile, readVariable(owner.prefix + "AWS_ROLE_ARN") != nil { return name }
        return owner.choosesCredentials || !owner.isServedAlone ? owner.prefix + name : name
    }

    // MARK: - Files

    /// Nobody's configuration is larger; a device or a log named by mistake is not read whole.
    private static let maximumFileBytes = 1 << 20

    public static let bytesOfFile: ReadFile = { path throws(AWSSettingsError) in
        // Whoever opens a pipe waits for its writer, but for this flag.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw AWSSettingsError(path, "this file cannot be read; its owner can allow that with chmod u+r")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        // A device such as /dev/null is fine: none that is opened so makes anybody wait.
        guard fstat(descriptor, &status) == 0, [S_IFREG, S_IFCHR].contains(status.st_mode & S_IFMT) else {
            throw AWSSettingsError(path, "this is no regular file; name one")
        }
        let data: Data
        do { data = try file.read(upToCount: maximumFileBytes + 1) ?? Data() } catch {
            throw AWSSettingsError(path, "this cannot be read; is it a regular file?")
        }
        guard data.count <= maximumFileBytes else { throw AWSSettingsError(path, "this is larger than 1 MiB; is it the right file?") }
        return [UInt8](data)
    }

    /// The profile that is asked for: `AWS_PROFILE`, else `default`.
    public var profileName: String { profileVariable.flatMap(variable) ?? "default" }

    /// The variable that names a profile; AWS's Python and command-line tools look at the older one first.
    var profileVariable: String? { ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"].first { variable($0) != nil } }

    /// Where the shared files are looked for.
    public var credentialsPath: String { variable("AWS_SHARED_CREDENTIALS_FILE").map(expanded) ?? home + "/.aws/credentials" }
    public var configPath: String { variable("AWS_CONFIG_FILE").map(expanded) ?? home + "/.aws/config" }

    private var home: String { variable("HOME") ?? NSHomeDirectory() }

    /// A path with the home folder for `~/`.
    func expanded(_ path: String) -> String { path.hasPrefix("~/") ? home + path.dropFirst() : path }

    /// Both shared files as they are now.
    func profiles() throws(AWSSettingsError) -> AWSProfiles {
        try AWSProfiles(credentials: file(credentialsPath, kind: .credentials), config: file(configPath, kind: .config))
    }

    private func file(_ path: String, kind: AWSProfileFile.Kind) throws(AWSSettingsError) -> AWSProfileFile? {
        guard let bytes = try readFile(path) else { return nil }
        return try AWSProfileFile(bytes, path: path, kind: kind)
    }

    // MARK: - Region and endpoints

    /// `AWS_REGION`, `AWS_DEFAULT_REGION`, else the profile's `region`.
    public func region() throws(AWSSettingsError) -> String? {
        if let region = variable("AWS_REGION") ?? variable("AWS_DEFAULT_REGION") { return region }
        return try profiles()[profileName]?["region"]
    }

    /// The base URL for a service: `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_ENDPOINT_URL`, else the profile's service-specific or general
    /// `endpoint_url`.
    /// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    public func endpointURL(service: String = "s3") throws(AWSSettingsError) -> String? {
        if variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")?.lowercased() == "true" { return nil }
        if let url = variable("AWS_ENDPOINT_URL_" + service.uppercased()) ?? variable("AWS_ENDPOINT_URL") { return url }
        let files = try profiles()
        guard let profile = files[profileName], profile["ignore_configured_endpoint_urls"]?.lowercased() != "true" else { return nil }
        let services = profile["services"].flatMap { files.services[$0] }
        return services?[service]?["endpoint_url"] ?? profile["endpoint_url"]
    }
}

/// The profiles of both shared files.
struct AWSProfiles: Sendable {
    private let credentials: AWSProfileFile?
    private let config: AWSProfileFile?

    init(credentials: AWSProfileFile?, config: AWSProfileFile?) {
        self.credentials = credentials
        self.config = config
    }

    var hasCredentialsFile: Bool { credentials != nil }
    var hasConfigFile: Bool { config != nil }
    var services: [String: [String: [String: String]]] { config?.services ?? [:] }

    /// A profile as both files together have it; nil when neither has it.
    subscript(name: String) -> AWSProfile? {
        let (credentials, config) = (credentials?.profiles[name], config?.profiles[name])
        return credentials == nil && config == nil ? nil : AWSProfile(name: name, credentials: credentials, config: config)
    }
}
