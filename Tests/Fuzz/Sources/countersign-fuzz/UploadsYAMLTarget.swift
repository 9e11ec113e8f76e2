import Libcrypto
import SigV4
import Uploads

@testable import Settings

/// `uploads.yaml`: a file is an environment or has problems that say where, never both, never neither; and what an environment allows
/// keeps the promise of a ticket.
struct UploadsYAMLTarget: FuzzTarget {
    private let keys = SealingKeys(secrets: [Secret("fuzzing-fuzzing-fuzzing-fuzzing-fuzzing")])
    private let credentials = SigningCredentials(
        Credentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("fuzzing-secret")))

    func run(_ input: [UInt8]) {
        guard let text = String(validating: input, as: UTF8.self) else { return }
        checkQuantities(text)
        guard check(text) else { return }
        // Most changed files are none: of one that is, a number more is changed, to what few rules may have, and a path gets a segment
        // that no key may have.
        let sum = input.reduce(0) { $0 &+ Int($1) }
        let numbers = input.indices.filter { Self.isDigit(input[$0]) && ($0 == 0 || !Self.isDigit(input[$0 - 1])) }
        if let place = numbers.isEmpty ? nil : numbers[sum % numbers.count] {
            let rest = input[place...].drop(while: Self.isDigit)
            for number in ["0", "604801", "9223372036854775807"] { checkChanged(input[..<place], number, rest) }
        }
        let slashes = input.indices.filter { input[$0] == UInt8(ascii: "/") }
        if let place = slashes.isEmpty ? nil : slashes[sum % slashes.count] {
            for segment in ["", ".", ".."] { checkChanged(input[..<place], "/" + segment, input[place...]) }
        }
    }

    private func checkChanged(_ before: ArraySlice<UInt8>, _ new: String, _ after: ArraySlice<UInt8>) {
        _ = check(String(decoding: before + Array(new.utf8) + after, as: UTF8.self))
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// Whether a file is an environment.
    private func check(_ text: String) -> Bool {
        do throws(SettingsProblem) {
            let document = try YAMLDocument(text, file: "uploads.yaml")
            var reader = YAMLReader(file: "uploads.yaml")
            let environment = reader.environment(named: "staging", document: document)
            expect((environment == nil) == !reader.problems.isEmpty, "\(reader.problems.count) problems, and yet \(environment as Any)")
            guard let environment else { return false }
            expect(!environment.rules.isEmpty, "an environment without rules")
            for rule in environment.rules { check(rule, in: environment) }
            return true
        } catch {
            expect(!error.description.isEmpty, "a problem that says nothing")
            return false
        }
    }

    private func check(_ rule: UploadRule, in environment: Environment) {
        expect(0 <= rule.sizeBytes.lowerBound && rule.sizeBytes.upperBound <= 10_000 * (5 << 30), "sizes of \(rule.sizeBytes)")
        expect((1...604_800).contains(rule.lifetimeSeconds), "a life of \(rule.lifetimeSeconds) seconds")
        expect((rule.lifetimeSeconds...604_800).contains(rule.grantLifetimeSeconds), "a grant of \(rule.grantLifetimeSeconds) seconds")
        if rule.method == .post { expect(!rule.once && rule.lifetimeSeconds <= 900, "a form that lives long, or only once") }
        if rule.multipart != nil { expect((5 << 20...5 << 30).contains(rule.partSizeBytes), "parts of \(rule.partSizeBytes) bytes") }
        issue(rule, in: environment)
    }

    /// A ticket for the least that the rule takes; whatever the template is, its key stays in its place.
    private func issue(_ rule: UploadRule, in environment: Environment) {
        guard let pattern = rule.contentTypes.first, rule.method != .multipart else { return }
        let office = TicketOffice(environment: environment, sealingKeys: keys)
        let request = UploadRequest(
            rule: rule.name, filename: "../a\"b.svg", size: rule.sizeBytes.lowerBound, type: pattern.text.replacing("/*", with: "/png"),
            sha256: Base64.encode(SHA256.hash("a").bytes))
        var random = SameNumbers()
        let caller = Caller(name: "../anna", environment: "staging")
        let now = SigningTime(secondsSinceEpoch: 1_800_000_000)
        guard let ticket = try? office.issue(request, to: caller, with: credentials, at: now, using: &random) else { return }
        expect(ticket.key.utf8.count <= 1024 && !ticket.key.isEmpty, "a key of \(ticket.key.utf8.count) bytes")
        let segments = ticket.key.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map { String(Substring($0)) }
        expect(!segments.contains { ["", ".", ".."].contains($0) } && !ticket.key.contains("${"), "an unsafe key: \(ticket.key)")
        expect(ticket.expiresAt == now.adding(seconds: Int64(rule.lifetimeSeconds)), "ends at \(ticket.expiresAt)")
    }

    private static let bytes: [(String, Double)] = [
        ("", 1), (" B", 1), ("kb", 1e3), (" MB", 1e6), ("GB", 1e9), (" KiB", 1024), ("MiB", 1_048_576), (" GiB", 1_073_741_824),
    ]
    private static let seconds: [(String, Double)] = [("", 1), ("s", 1), (" m", 60), ("h", 3600), ("d", 86_400)]

    /// The numbers in the input as sizes and times, by arithmetic that cannot overflow.
    private func checkQuantities(_ text: String) {
        for run in text.utf8.split(whereSeparator: { !(0x30...0x39).contains($0) }).prefix(16) {
            let (digits, number) = (String(Substring(run)), run.reduce(0.0) { $0 * 10 + Double($1 - 0x30) })
            for (unit, factor) in Self.bytes { check(try? Quantity.bytes(digits + unit), number * factor, digits + unit) }
            for (unit, factor) in Self.seconds {
                check((try? Quantity.seconds(digits + unit)).map { Int64($0) }, number * factor, digits + unit)
            }
        }
        if let word = text.utf8.split(separator: UInt8(ascii: "\n")).first.map({ String(Substring($0)) }),
            !word.utf8.contains(where: { (0x30...0x39).contains($0) })
        {
            expect((try? Quantity.bytes(word)) == nil && (try? Quantity.seconds(word)) == nil, "\(word) is no number")
        }
    }

    private func check(_ value: Int64?, _ expected: Double, _ word: String) {
        guard let value else {
            expect(expected > 9.2e18, "\(word) is not read")
            return
        }
        expect(abs(expected - Double(value)) <= expected * 1e-9, "\(word) is read as \(value)")
    }
}
