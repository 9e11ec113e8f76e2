import ArgumentParser
import Libcrypto
import S3Signing
import Settings
import Uploads

struct Token: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes API keys for back ends, and says whose a key or a token is.",
        subcommands: [TokenMint.self, TokenVerify.self])
}

struct TokenMint: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mint",
        abstract: "Makes one API key and the line that lets it in.",
        discussion: """
            The key goes to standard output, once: the caller keeps it as a secret and sends it as \
            Authorization: Bearer csk_…. The service only ever sees its SHA-256, in the variable that standard error shows; \
            several callers are separated by commas. Nothing is stored here.

            Example:
              countersign token mint --name web-backend --environment staging > staging.key
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

    @Option(help: ArgumentHelp("The caller's name, in keys of objects and in logs.", valueName: "name"))
    var name: String

    @Option(help: ArgumentHelp("The environment that the caller belongs to (default: the only one served).", valueName: "name"))
    var environment: String?

    @Option(help: ArgumentHelp("What to print.", valueName: "format"))
    var format = Format.text

    func validate() throws {
        let isName = (1...64).contains(name.utf8.count) && name.utf8.allSatisfy(Self.isNameByte)
        guard isName else { throw ValidationError("--name takes 1 to 64 letters, digits, \"-\", \"_\" or \".\".") }
        guard environment.map(Environment.isName) ?? true else {
            throw ValidationError("--environment takes lower-case letters, digits and \"-\", such as staging.")
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "-_.".utf8.contains(byte)
        }
    }

    func run() async throws {
        let context = CommandContext.current
        var random: any RandomNumberGenerator = SystemRandomNumberGenerator()
        let key = APIKey.mint(using: &random)
        let variable = (environment.map { ServiceSettings.variablePrefix(ofEnvironment: $0) } ?? "COUNTERSIGN_") + "API_KEYS"
        let value = "\(name):\(key.sha256.hex)"
        switch format {
        case .text:
            try context.say(key.text)
            context.complain("add to the service's variables:\n\(variable)=\(value)")
        case .json:
            let json = JSON.object([
                .init("key", .string(key.text)), .init("name", .string(name)), .init("environment", environment.map(JSON.string) ?? .null),
                .init("sha256", .string(key.sha256.hex)), .init("variable", .string(variable)), .init("value", .string(value)),
            ])
            try context.say(json.pretty)
        }
    }
}
