import S3Signing
import SigV4
import Synchronization

@testable import countersign

/// One command line run in this process, with everything it reads given and everything it writes kept.
struct CommandRun {
    let code: Int32
    let output: String
    let diagnostics: String

    /// The example credentials of AWS's documentation.
    static let exampleVariables = [
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "AWS_REGION": "us-east-1",
        "COUNTERSIGN_SEALING_SECRET": "a-secret-of-32-bytes-or-more-for-tests",
        "HOME": "/nonexistent",
    ]

    static func command(
        _ arguments: [String], variables: [String: String] = exampleVariables, input: String = "", now: String = "20130524T000000Z"
    ) async -> CommandRun {
        await command(arguments, variables: variables, input: Array(input.utf8), now: now)
    }

    static func command(
        _ arguments: [String], variables: [String: String], input: [UInt8], now: String = "20130524T000000Z"
    ) async -> CommandRun {
        let (output, diagnostics) = (KeptOutput(), KeptOutput())
        let time = SigningTime(iso8601Basic: now) ?? SigningTime(secondsSinceEpoch: 0)
        let context = CommandContext(
            variables: variables, now: { time }, input: GivenInput(input), output: output, diagnostics: diagnostics)
        let code = await Countersign.run(arguments, in: context)
        return CommandRun(code: code, output: output.text, diagnostics: diagnostics.text)
    }

    /// Standard output without its last line end.
    var result: String { output.hasSuffix("\n") ? String(output.dropLast()) : output }

    var json: JSON { (try? JSONParser.parse(output)) ?? .null }
}

final class KeptOutput: ByteOutput {
    private let bytes = Mutex<[UInt8]>([])
    var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }

    func write(_ new: [UInt8]) { bytes.withLock { $0 += new } }
    func flush() {}
}

/// Hands bytes out in small pieces, as a pipe may.
final class GivenInput: ByteInput {
    private let rest: Mutex<ArraySlice<UInt8>>
    private let pieceBytes: Int

    init(_ bytes: [UInt8], pieceBytes: Int = 1000) {
        rest = Mutex(bytes[...])
        self.pieceBytes = pieceBytes
    }

    func read(upTo limit: Int) -> [UInt8] {
        rest.withLock { rest in
            let piece = Array(rest.prefix(min(limit, pieceBytes)))
            rest = rest.dropFirst(piece.count)
            return piece
        }
    }
}

/// SplitMix64: the same numbers for the same seed, on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// Text with a liking for what shells, URLs, HTML, JSON and terminals treat specially.
    mutating func hostileText(maximumLength: Int) -> String {
        let special: [Unicode.Scalar] = [
            "'", "\"", "\\", "`", "$", "(", ")", "{", "}", "[", "]", "<", ">", "&", ";", "|", "!", "#", "*", "?", "~", "%", "+", " ", "\t",
            "\n", "\r", "\u{1B}", "\u{7F}", "\u{1}", "/", ".", "-", "=", ":", "@", "é", "日", "\u{301}", "\u{202E}", "\u{2028}", "😀",
        ]
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 1...maximumLength, using: &self) {
            if Bool.random(using: &self), let scalar = special.randomElement(using: &self) {
                text.append(scalar)
            } else {
                text.append(Unicode.Scalar(UInt8.random(in: 0x30...0x7A, using: &self)))
            }
        }
        return String(text)
    }
}
