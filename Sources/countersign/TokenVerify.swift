import ArgumentParser
import Foundation
import Logging
import S3Signing
import Settings
import SigV4
import UploadService
import Uploads

struct TokenVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Says whose an API key, a JWT or a scoped token is, or what is wrong with it.",
        discussion: """
            The answer is the one that the service would give with the same policies folder and variables: the caller, its \
            environment, the prefix of its keys, the rules that it may use, and when a JWT or a scoped token ends. Keys of \
            issuers are fetched where uploads.yaml names a URL; with a file or a secret nothing leaves this machine. The exit code is 1 \
            where the token is not taken.

            A token on the command line can be seen by other users of the machine; - reads it from standard input.

            Example:
              countersign token verify - --environment staging < token.txt
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

    @Argument(help: ArgumentHelp("The API key, JWT or scoped token; - is standard input.", valueName: "TOKEN"))
    var token: String

    @Option(
        name: .customLong("environment"),
        help: ArgumentHelp("Look at this environment (repeatable; default: COUNTERSIGN_ENVIRONMENT, else all).", valueName: "name"))
    var environments: [String] = []

    @Option(help: ArgumentHelp("The policies folder (default: COUNTERSIGN_POLICIES, else policies).", valueName: "dir"))
    var policies: String?

    @Option(help: ArgumentHelp("What to print.", valueName: "format"))
    var format = Format.text

    private static let maximumInputBytes = 1 << 20

    func run() async throws {
        let context = CommandContext.current
        let text = try text(context)
        let settings: CallerSettings
        do {
            settings = try CallerSettings(variables: context.variables, policiesFolder: policies, named: environments)
        } catch {
            throw CommandFailure.wrongUse(error.description)
        }
        let tokens: JWTAuthenticator
        do {
            tokens = try await JWTAuthenticator(
                issuers: settings.tokenIssuers, secrets: settings.tokenSecrets, clock: context.now,
                logger: Logger(label: "countersign") { _ in SwiftLogNoOpLogHandler() })
        } catch {
            throw CommandFailure.wrongUse(error.description)
        }
        await tokens.loadKeys()
        for issuer in tokens.issuers {
            guard let fault = issuer.fault else { continue }
            context.complain("the keys of \(issuer.name) in \(issuer.environment) could not be fetched: \(fault)")
        }
        let authenticator = CombinedAuthenticator(apiKeys: APIKeyAuthenticator(records: settings.apiKeys), tokens: tokens)
        do {
            if ScopedTokens.isOne(text), !settings.scopedTokenSecrets.isEmpty {
                let scope = try ScopedTokens(secrets: settings.scopedTokenSecrets).scope(of: text, at: context.now(), from: authenticator)
                try show(scope.caller, expiresAt: scope.expiresAt, scope: scope, settings, context)
            } else {
                let (caller, expiresAt) = try await authenticator.identify(text)
                try show(caller, expiresAt: expiresAt, scope: nil, settings, context)
            }
        } catch let failure as AuthenticationFailure {
            if case .unavailable = failure.reason { throw CommandFailure.outside(failure.message) }
            if format == .json {
                try context.say(JSON.object([.init("valid", .bool(false)), .init("detail", .string(failure.message))]).pretty)
            }
            throw CommandFailure.no(failure.message)
        }
    }

    private func text(_ context: CommandContext) throws -> String {
        guard token == "-" else { return token }
        var bytes: [UInt8] = []
        while case let piece = try context.input.read(upTo: 1 << 16), !piece.isEmpty {
            bytes += piece
            guard bytes.count <= Self.maximumInputBytes else {
                throw CommandFailure.wrongUse("the input is larger than 1 MiB, and no token.")
            }
        }
        let text = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.isEmpty else { throw CommandFailure.wrongUse("there is nothing to verify.") }
        return text
    }

    private func show(
        _ caller: Caller, expiresAt: SigningTime?, scope: TokenScope?, _ settings: CallerSettings, _ context: CommandContext
    ) throws {
        let all = settings.environments.first { $0.name == caller.environment }?.rules.map(\.name) ?? []
        let rules = all.filter(caller.mayUse)
        switch format {
        case .text:
            var lines = [
                "caller       \(Quoting.terminal(caller.name))", "environment  \(caller.environment)",
                "key segment  \(caller.keySegment)", "rules        \(rules.isEmpty ? "none" : rules.joined(separator: ", "))",
            ]
            if let group = caller.group { lines.append("group        \(Quoting.terminal(group))") }
            if let scope { lines += ["origin       \(Quoting.terminal(scope.origin))", "bytes        \(scope.budgetBytes)"] }
            lines.append("expires      \(expiresAt?.iso8601 ?? "never")")
            try context.say(lines.joined(separator: "\n"))
        case .json:
            let bounds: [JSON.Member] =
                scope.map { [.init("origin", .string($0.origin)), .init("bytes", .integer($0.budgetBytes))] } ?? []
            let members: [JSON.Member] = [
                .init("valid", .bool(true)), .init("caller", .string(caller.name)), .init("environment", .string(caller.environment)),
                .init("keySegment", .string(caller.keySegment)), .init("rules", .array(rules.map(JSON.string))),
                .init("group", caller.group.map(JSON.string) ?? .null), .init("expiresAt", expiresAt.map { .string($0.iso8601) } ?? .null),
            ]
            try context.say(JSON.object(members + bounds).pretty)
        }
    }
}
