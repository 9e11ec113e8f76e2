public import Foundation
public import Logging
public import Settings
import SigV4
import Synchronization

/// Writes one line per event to one place, whole lines at a time.
public struct ServiceLogHandler: LogHandler {
    /// Where lines go; called with a complete line, newline included. Calls may come from any thread.
    public typealias Output = @Sendable (String) -> Void

    public var metadataProvider: Logger.MetadataProvider?
    public var metadata: Logger.Metadata = [:]
    public var logLevel: Logger.Level

    private let isJSON: Bool
    private let isColored: Bool
    private let now: @Sendable () -> Date
    private let output: Output

    /// - Parameters:
    ///   - format: `.auto` asks whether standard error is a terminal.
    ///   - isColored: colours for the level, in text only.
    ///   - now: the time written on the line.
    public init(
        format: ServiceSettings.LogFormat, isColored: Bool, logLevel: Logger.Level = .info,
        now: @escaping @Sendable () -> Date = { Date() },
        output: @escaping Output
    ) {
        self.isJSON = format == .json
        self.isColored = isColored && !isJSON
        self.logLevel = logLevel
        self.now = now
        self.output = output
    }

    /// A handler that writes to standard error. With `.auto`, JSON unless that is a terminal; colours only there, and not with `NO_COLOR`.
    public static func standardError(format: ServiceSettings.LogFormat, logLevel: Logger.Level, noColor: Bool) -> ServiceLogHandler {
        let isTerminal = isatty(STDERR_FILENO) == 1
        let resolved: ServiceSettings.LogFormat = format == .auto ? (isTerminal ? .text : .json) : format
        return ServiceLogHandler(format: resolved, isColored: isTerminal && !noColor, logLevel: logLevel, output: writeToStandardError)
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var all = event.metadata ?? [:]
        for source in [metadataProvider?.get(), metadata].compactMap({ $0 }) where !source.isEmpty {
            all.merge(source) { specific, _ in specific }
        }
        if let error = event.error { all["error"] = "\(error)" }
        let fields = Self.ordered(all)
        output(isJSON ? json(event, fields) : text(event, fields))
    }

    /// The order of a request's line; other names follow alphabetically.
    private static let order = [
        "method", "route", "status", "microseconds", "code", "environment", "caller", "rule", "key", "tickets", "refusals", "request",
    ]

    private static func ordered(_ metadata: Logger.Metadata) -> [(key: String, value: Logger.MetadataValue)] {
        var fields: [(key: String, value: Logger.MetadataValue)] = []
        fields.reserveCapacity(metadata.count)
        for name in order {
            if let value = metadata[name] { fields.append((name, value)) }
        }
        if fields.count < metadata.count {
            fields += metadata.filter { !order.contains($0.key) }.sorted { $0.key < $1.key }
        }
        return fields
    }

    // MARK: JSON

    private func json(_ event: LogEvent, _ fields: [(key: String, value: Logger.MetadataValue)]) -> String {
        var json = JSONWriter(reserving: 512)
        json.object { json in
            json.member("time", Self.timestamp(now()))
            json.member("level", event.level.rawValue)
            json.member("message", event.message.description)
            for (name, value) in fields {
                json.name(name)
                Self.write(value, to: &json)
            }
        }
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }

    private static func write(_ value: Logger.MetadataValue, to json: inout JSONWriter) {
        switch value {
        case .string(let string): json.string(string)
        case .stringConvertible(let integer as Int): json.integer(integer)
        case .stringConvertible(let bool as Bool): json.bool(bool)
        case .stringConvertible(let other): json.string("\(other)")
        case .array(let values): json.array { json in values.forEach { write($0, to: &json) } }
        case .dictionary(let members):
            json.object { json in
                for (name, value) in members.sorted(by: { $0.key < $1.key }) {
                    json.name(name)
                    write(value, to: &json)
                }
            }
        }
    }

    // MARK: Text

    private func text(_ event: LogEvent, _ fields: [(key: String, value: Logger.MetadataValue)]) -> String {
        let level = event.level.rawValue.uppercased()
        let padding = String(repeating: " ", count: max(0, 8 - level.count))
        let time = Self.timestamp(now()).dropFirst(11).dropLast()
        let pairs = fields.map { " \($0.key)=\(Self.quoted("\($0.value)"))" }.joined()
        return "\(time) \(colored(level, event.level))\(padding)\(Self.quoted("\(event.message)", allowingSpaces: true))\(pairs)\n"
    }

    private func colored(_ text: String, _ level: Logger.Level) -> String {
        guard isColored else { return text }
        let code =
            switch level {
            case .trace, .debug: "2"
            case .info: "32"
            case .notice: "36"
            case .warning: "33"
            case .error, .critical: "31"
            }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }

    /// Text as it is when it is plain, else as a JSON string: what a stranger sends cannot start a line or colour the terminal.
    private static func quoted(_ text: String, allowingSpaces: Bool = false) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            (byte > 0x20 || (allowingSpaces && byte == 0x20)) && byte < 0x7F && (allowingSpaces || byte != UInt8(ascii: "\""))
        }
        if isPlain, !text.isEmpty { return text }
        // C1 control characters are valid JSON and live on a terminal: they go as escapes too.
        var json = JSONWriter(reserving: text.utf8.count + 2)
        json.string(String(String.UnicodeScalarView(text.unicodeScalars.map { (0x80...0x9F).contains($0.value) ? "\u{FFFD}" : $0 })))
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// RFC 3339 in UTC with milliseconds.
    private static func timestamp(_ date: Date) -> String {
        let milliseconds = Int64((date.timeIntervalSince1970 * 1000).rounded())
        let second = SigningTime(secondsSinceEpoch: milliseconds / 1000).iso8601.dropLast()
        return "\(second).\(String(milliseconds % 1000 + 1000).dropFirst())Z"
    }
}

private let standardErrorLock = Mutex(())

/// One write per line, so that lines of several threads do not mix; a full or closed pipe loses lines, never the service.
@Sendable private func writeToStandardError(_ line: String) {
    standardErrorLock.withLock { _ in
        var line = line
        line.withUTF8 { bytes in
            var remaining = UnsafeRawBufferPointer(bytes)[...]
            while !remaining.isEmpty {
                let count = write(STDERR_FILENO, UnsafeRawBufferPointer(rebasing: remaining).baseAddress, remaining.count)
                if count < 0, errno == EINTR { continue }
                if count <= 0 { return }
                remaining = remaining.dropFirst(count)
            }
        }
    }
}
