import Dispatch
import Foundation

/// Ctrl-C while something is under way.
enum Interruption {
    /// Runs `body`; SIGINT and SIGTERM cancel it, and the command then ends as the shell expects of an interrupted one.
    static func cancelling<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let task = Task { try await body() }
        let sources = [SIGINT, SIGTERM].map { signal in
            Foundation.signal(signal, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: signal, queue: .global())
            source.setEventHandler { task.cancel() }
            source.resume()
            return source
        }
        defer {
            for source in sources { source.cancel() }
            for signal in [SIGINT, SIGTERM] { Foundation.signal(signal, SIG_DFL) }
        }
        do {
            return try await task.value
        } catch is CancellationError {
            throw Interrupted()
        }
    }
}

/// The person at the terminal stopped it.
struct Interrupted: Error {}
