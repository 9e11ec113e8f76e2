internal import Configuration

extension ServiceSettings {
    /// What the names of an environment's variables begin with: `COUNTERSIGN_STAGING_` for `staging`.
    public static func variablePrefix(ofEnvironment name: String) -> String { prefix(of: name) }

    /// Reads them from a process's variables.
    public init(variables: [String: String], overrides: Overrides = Overrides()) throws(SettingsError) {
        try self.init(
            reader: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables)), overrides: overrides)
    }
}
