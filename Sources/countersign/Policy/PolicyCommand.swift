import ArgumentParser

/// `policy`: everything about bucket policies, offline.
struct PolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Checks bucket policies, and what belongs to them, without a network or an account.",
        subcommands: [
            PolicyValidate.self, PolicySimulate.self, PolicyPublic.self, PolicyCompare.self, PolicyAccess.self, PolicyEqual.self,
            PolicyData.self,
        ])
}
