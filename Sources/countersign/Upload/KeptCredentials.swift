import Uploads

/// Credentials for an upload that may take longer than they live.
actor KeptCredentials {
    private static let leastSeconds: Int64 = 300
    private var credentials: SigningCredentials
    private let environment: String?
    private let context: CommandContext

    init(_ credentials: SigningCredentials, environment: String?, context: CommandContext) {
        self.credentials = credentials
        self.environment = environment
        self.context = context
    }

    /// Those that sign now; others are looked for before they end.
    func current() async -> SigningCredentials {
        guard let remaining = credentials.remainingSeconds(at: context.now()), remaining < Self.leastSeconds else { return credentials }
        // Where none come, the store says what is wrong with the old ones.
        if let found = try? await FoundCredentials.find(environment: environment, context: context) { credentials = found.signing }
        return credentials
    }
}
