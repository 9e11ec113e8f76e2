import Foundation
import S3Policy
import Testing

/// Whatever the bytes, reading, validating and fixing them ends, and what is said about them is about them.
@Suite("Hostile documents")
struct HostileDocumentTests {
    typealias Fixture = FindingFixtureTests.Fixture

    /// Short fixtures, and how many of them.
    private static func fixtures(upTo size: Int, every step: Int) throws -> [[UInt8]] {
        let all = try (FindingFixtureTests.fixtures("fires") + FindingFixtureTests.fixtures("silent")).map {
            Array(try Data(contentsOf: $0.url))
        }
        let short = all.filter { $0.count <= size }
        return stride(from: 0, to: short.count, by: step).map { short[$0] }
    }

    // MARK: - What holds of every input

    private static func findings(in document: JSONDocument) -> [[Finding]] {
        let validator = PolicyValidator()
        return [
            validator.findings(in: document, kind: .bucket), validator.findings(in: document, kind: .identity),
            CORSConfiguration.read(document).findings, LifecycleConfiguration.read(document).findings,
        ]
    }

    /// Reads, validates as every kind, and makes the first changes that are offered.
    private static func examine(_ bytes: [UInt8], fixes: Int = 2, _ note: @autoclosure () -> String = "") {
        let document = JSONDocument(bytes)
        #expect(document.problems.count <= JSONLimits().problemCount && document.text.bytes == bytes)
        let found = Self.findings(in: document)
        for findings in found {
            for finding in findings { Self.check(finding, in: document) }
            let places = findings.map { $0.ranges[0].lowerBound }
            #expect(places == places.sorted(), "\(note())")
            // What was lost while reading must never pass.
            #expect(document.isComplete || !findings.isEmpty)
        }
        for kind in [PolicyKind.bucket, .identity] { _ = try? Policy(document, kind: kind) }
        let fixable = found.joined().compactMap(\.fix).prefix(fixes)
        for fix in fixable { Self.check(fix, in: document) }
    }

    private static func check(_ finding: Finding, in document: JSONDocument) {
        let bytes = 0...document.text.bytes.count
        #expect(!finding.ranges.isEmpty && finding.ranges.allSatisfy { bytes.contains($0.lowerBound) && bytes.contains($0.upperBound) })
        #expect(!finding.message.isEmpty && finding.message.unicodeScalars.count <= 1001)
        #expect(finding.message.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
        for range in finding.ranges.prefix(2) {
            let start = document.text.position(at: range.lowerBound)
            #expect((1...document.text.lineCount).contains(start.line) && start.column >= 0)
            _ = document.path(to: range)
        }
    }

    /// A change is made of places in the text that do not overlap, and what it makes can be read again.
    private static func check(_ fix: Fix, in document: JSONDocument) {
        let edits = fix.edits.map(\.range).sorted { $0.lowerBound < $1.lowerBound }
        #expect(!edits.isEmpty && edits.allSatisfy { $0.upperBound <= document.text.bytes.count })
        #expect(zip(edits, edits.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound })
        let fixed = JSONDocument(fix.applied(to: document.text.bytes))
        #expect(fixed.problems.count <= document.problems.count)
        guard let old = try? Policy(document, kind: .bucket), let new = try? Policy(fixed, kind: .bucket) else { return }
        _ = PolicyQuestions().allowsNothingNew(new, comparedWith: old)
    }

    // MARK: - Inputs

    @Test("A fixture that ends anywhere", arguments: try fixtures(upTo: 420, every: 60))
    func truncated(bytes: [UInt8]) {
        for end in 0...bytes.count { Self.examine(Array(bytes[..<end]), fixes: end % 16 == 0 ? 1 : 0, "\(end)") }
    }

    @Test("A fixture with flipped bits", arguments: 1...6 as ClosedRange<UInt64>)
    func flipped(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let fixtures = try Self.fixtures(upTo: 900, every: 1)
        for _ in 0..<120 {
            var bytes = generator.pick(fixtures)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] ^= 1 << UInt8.random(in: 0...7, using: &generator)
            }
            Self.examine(bytes, fixes: generator.oneIn(8) ? 1 : 0, String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test("Two fixtures put together anywhere", arguments: 1...6 as ClosedRange<UInt64>)
    func spliced(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let fixtures = try Self.fixtures(upTo: 900, every: 1)
        for _ in 0..<100 {
            let (left, right) = (generator.pick(fixtures), generator.pick(fixtures))
            let middle = generator.pick(fixtures).dropFirst(Int.random(in: 0...80, using: &generator)).prefix(120)
            let bytes =
                Array(left.prefix(Int.random(in: 0...left.count, using: &generator)) + middle)
                + right.suffix(Int.random(in: 0...right.count, using: &generator))
            Self.examine(bytes, fixes: generator.oneIn(8) ? 1 : 0, String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test("Random JSON made of the words of policies", arguments: 1...6 as ClosedRange<UInt64>)
    func random(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<120 {
            let text = Self.value(depth: 0, &generator)
            let document = JSONDocument(text)
            #expect(document.root != nil && document.problems.allSatisfy { $0.message.contains("is already there") }, "\(text)")
            Self.examine(Array(text.utf8), fixes: generator.oneIn(8) ? 1 : 0, text)
        }
    }

    private static let words = [
        "Version", "2012-10-17", "Statement", "Sid", "Effect", "Allow", "Deny", "Principal", "NotPrincipal", "AWS", "*", "Action",
        "NotAction", "s3:GetObject", "s3:Get*", "s3:GetObjct", "Resource", "NotResource", "arn:aws:s3:::b/*", "arn:aws:s3:::b", "Condition",
        "StringLike", "ForAnyValue:StringEqualsIfExists", "Bool", "IpAddress", "aws:SourceIp", "aws:SecureTransport", "true", "10.0.0.1/8",
        "${aws:username}", "${", "CORSRules", "AllowedOrigins", "AllowedMethods", "GET", "Rules", "Filter", "And", "Tags", "Key", "Value",
        "Status", "Expiration", "Days", "Transitions", "StorageClass", "GLACIER", "", "\\u0000", "\\ud83d\\ude00", "e\u{301}", "漢",
    ]

    private static func value(depth: Int, _ generator: inout SeededGenerator) -> String {
        let count = Int.random(in: 0...5, using: &generator)
        switch depth < 6 ? Int.random(in: depth == 0 ? 0...1 : 0...6, using: &generator) : Int.random(in: 3...6, using: &generator) {
        case 0, 1:
            let members = (0..<count).map { _ in "\"\(generator.pick(Self.words))\": \(self.value(depth: depth + 1, &generator))" }
            return "{" + members.joined(separator: ", ") + "}"
        case 2: return "[" + (0..<count).map { _ in self.value(depth: depth + 1, &generator) }.joined(separator: ",\n") + "]"
        case 3: return generator.pick(["null", "true", "false", "0", "-1", "1e400", "3.5", "18446744073709551616"])
        default: return "\"\(generator.pick(Self.words))\""
        }
    }

    @Test("Large and deep ones", arguments: HostileDocuments.shapes)
    func shaped(shape: HostileDocuments.Shape) {
        for size in [0, 100, 20_000] { Self.examine(Array(shape.text(size).utf8), fixes: 0) }
    }

    @Test("Bytes that are no text")
    func noText() {
        var generator = SeededGenerator(seed: 7)
        for bytes in [
            [0xFF, 0xFE, 0x7B], [0xFE, 0xFF], [0xEF, 0xBB, 0xBF], [0xEF, 0xBB], [0x7B, 0x00, 0x7D], [0x22, 0xED, 0xA0, 0x80, 0x22],
        ] as [[UInt8]] {
            Self.examine(bytes)
            #expect(!JSONDocument(bytes).problems.isEmpty)
        }
        for _ in 0..<300 {
            Self.examine((0..<Int.random(in: 0...60, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) })
        }
    }

    @Test("Ten thousand arrays in each other, a hundred thousand in a row, and more than a policy can be long")
    func limits() {
        let deep = JSONDocument(String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000))
        #expect(deep.problems.map(\.range) == [64..<65] && !deep.isComplete)
        let row = JSONDocument("[" + Array(repeating: "[]", count: 100_000).joined(separator: ",") + "]")
        #expect(row.root?.array?.count == 100_000 && row.problems.isEmpty)
        Self.examine(row.text.bytes, fixes: 0)
        let long = JSONDocument([UInt8](repeating: UInt8(ascii: "["), count: JSONLimits().byteCount + 1))
        #expect(long.root == nil && long.problems.count == 1)
    }

    // MARK: - Work

    /// Four times the text takes about four times the work, not sixteen times; work is the processor's time of this thread. What else the
    /// machine does can only add to it, so that a few tries find the least.
    @Test("Work grows as the text does", arguments: HostileDocuments.shapes)
    func work(shape: HostileDocuments.Shape) {
        let (short, long) = (Array(shape.text(5000).utf8), Array(shape.text(20_000).utf8))
        var least = (short: Int.max, long: Int.max)
        for _ in 0..<5 {
            least = (min(least.short, Self.work(short)), min(least.long, Self.work(long)))
            if least.long < 9 * least.short { break }
        }
        // What takes less than five milliseconds for a whole policy may take what it wants.
        #expect(least.long < max(9 * least.short, 5_000_000))
    }

    /// In nanoseconds.
    private static func work(_ bytes: [UInt8]) -> Int {
        func now() -> Int {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return time.tv_sec * 1_000_000_000 + time.tv_nsec
        }
        let start = now()
        _ = Self.findings(in: JSONDocument(bytes))
        return now() - start
    }
}
