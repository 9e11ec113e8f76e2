import ArgumentParser
import AsyncHTTPClient
import NIOCore
import NIOHTTP1

struct Health: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Asks the service on this machine whether it is alive; for container health checks.",
        discussion: """
            GET /health/live on loopback. The exit code is 0 when it answers 200, 1 otherwise.

            Example:
              HEALTHCHECK CMD ["countersign", "health"]
            """)

    @Option(help: ArgumentHelp("The service's port (default: COUNTERSIGN_PORT, PORT, else 8080).", valueName: "port"))
    var port: UInt16?

    private static let timeoutSeconds: Int64 = 2

    func run() async throws {
        let context = CommandContext.current
        let port = try port ?? Self.port(context)
        let url = "http://127.0.0.1:\(port)/health/live"
        do {
            let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .seconds(Self.timeoutSeconds))
            guard response.status == .ok else { throw CommandFailure.no("\(url) answers \(response.status.code).") }
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure.no("\(url) does not answer.")
        }
        try context.say("alive")
    }

    private static func port(_ context: CommandContext) throws -> UInt16 {
        for name in ["COUNTERSIGN_PORT", "PORT"] {
            guard let text = context.variable(name) else { continue }
            guard let port = UInt16(text), port > 0 else { throw CommandFailure.wrongUse("\(name) is no port: \(Quoting.terminal(text))") }
            return port
        }
        return 8080
    }
}
