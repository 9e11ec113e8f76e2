import Synchronization

/// How far an upload has come: one line on a terminal, nothing elsewhere.
final class ProgressBar: Sendable {
    private struct State {
        var sentBytes: Int64 = 0
        var lastDrawn: ContinuousClock.Instant?
        var isDrawn = false
    }

    private static let width = 24
    private let totalBytes: Int64
    private let context: CommandContext
    private let start = ContinuousClock.now
    private let state = Mutex(State())

    init(totalBytes: Int64, context: CommandContext) {
        self.totalBytes = totalBytes
        self.context = context
    }

    func add(_ bytes: Int) {
        guard context.diagnosticsIsTerminal else { return }
        let sent = state.withLock { state -> Int64? in
            state.sentBytes += Int64(bytes)
            let now = ContinuousClock.now
            if let last = state.lastDrawn, now - last < .milliseconds(100), state.sentBytes < totalBytes { return nil }
            state.lastDrawn = now
            state.isDrawn = true
            return state.sentBytes
        }
        guard let sent else { return }
        try? context.diagnostics.write("\r" + Self.line(sentBytes: sent, totalBytes: totalBytes, elapsed: .now - start) + "\u{1B}[K")
    }

    /// Leaves the line, so that what is printed next stands on its own.
    func finish() {
        if state.withLock({ $0.isDrawn }) { try? context.diagnostics.write("\r\u{1B}[K") }
    }

    static func line(sentBytes: Int64, totalBytes: Int64, elapsed: Duration) -> String {
        let share = totalBytes > 0 ? Double(sentBytes) / Double(totalBytes) : 1
        let filled = min(width, Int(share * Double(width)))
        let bar = String(repeating: "=", count: filled) + String(repeating: " ", count: width - filled)
        let seconds = elapsed / .seconds(1)
        let speed = seconds > 0.2 ? "  \(SizeArgument.readable(Int64(Double(sentBytes) / seconds)))/s" : ""
        return "[\(bar)] \(Int(share * 100))%  \(SizeArgument.readable(sentBytes)) of \(SizeArgument.readable(totalBytes))\(speed)"
    }
}

/// Counts the bytes of one request, and takes them back when it is sent again.
final class TryCounter: Sendable {
    private let progress: ProgressBar
    private let sent = Mutex(0)

    init(progress: ProgressBar) {
        self.progress = progress
    }

    func begin() {
        let before = sent.withLock { sent in
            defer { sent = 0 }
            return sent
        }
        progress.add(-before)
    }

    func add(_ bytes: Int) {
        sent.withLock { $0 += bytes }
        progress.add(bytes)
    }
}
