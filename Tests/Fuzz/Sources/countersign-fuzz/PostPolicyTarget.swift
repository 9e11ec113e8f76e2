import Libcrypto
import SigV4
import Uploads

@testable import S3Signing
@testable import countersign

/// POST policies that somebody signed, whatever they say: a form is taken only if each of its fields is what a condition demands.
///
/// An input is a form's fields, one a line, then an empty line and the policy's JSON. Conditions are held here once more, by hand.
struct PostPolicyTarget: FuzzTarget {
    private let credentials = Credentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("fuzzing-secret"))
    private let scope = CredentialScope(date: "20270115", region: "us-east-1", service: "s3")
    private let now = SigningTime(secondsSinceEpoch: 1_800_000_000)
    private let key: SigningKey
    private let verifier: S3Verifier

    init() {
        key = SigningKey(secretAccessKey: credentials.secretAccessKey, scope: scope)
        verifier = S3Verifier(region: "us-east-1") { [credentials] in $0 == credentials.accessKeyID ? credentials : nil }
    }

    func run(_ input: [UInt8]) {
        guard let gap = input.firstRange(of: [0x0A, 0x0A]) else { return }
        var fields = InputLines([0x0A] + input[..<gap.lowerBound]).pairs(":")
        let filename = fields.first { $0.name == "filename" }?.value
        fields.removeAll { $0.name == "filename" }
        let policy = Array(input[gap.upperBound...])
        let form = ReceivedForm(bucket: "fuzzed-bucket", fields: fields + signature(of: policy), filename: filename)
        guard let verified = try? verifier.verify(form, at: now) else { return }
        checkConditions(form, policy)
        checkSizes(verified, policy)
        checkChanges(form, policy)
        checkNames(form, policy)
        if filename == nil { checkInspect(form) }
    }

    private func signature(of policy: [UInt8]) -> [Header] {
        let text = Base64.encode(policy)
        return [
            Header("x-amz-algorithm", "AWS4-HMAC-SHA256"), Header("x-amz-credential", "AKIDEXAMPLE/\(scope)"),
            Header("x-amz-date", now.iso8601Basic), Header("policy", text), Header("x-amz-signature", key.sign(text).hex),
        ]
    }

    // MARK: What a form that was taken must be

    private func checkConditions(_ form: ReceivedForm, _ policy: [UInt8]) {
        var named: Set<[UInt8]> = []
        for condition in conditions(of: policy) {
            guard let (field, operation, wanted) = Self.comparison(condition) else { continue }
            let name = HeaderRules.lowercased(field)
            named.insert(Array(name.utf8))
            guard let sent = name == "bucket" ? form.bucket : Self.value(of: name, in: form) else { fatalError("\(field) was not sent") }
            let isList = name == "content-type" && operation == "starts-with"
            for text in sent.utf8.split(separator: UInt8(ascii: ","), maxSplits: isList ? .max : 0, omittingEmptySubsequences: false) {
                let holds = operation == "eq" ? text.elementsEqual(wanted.utf8) : text.starts(with: wanted.utf8)
                expect(holds, "\(condition.compact) does not hold for \(sent)")
            }
        }
        expect(named.contains(Array("bucket".utf8)), "no condition names the bucket")
        for field in form.fields {
            let name = HeaderRules.lowercased(field.name)
            expect(Self.isFree(name) || named.contains(Array(name.utf8)), "no condition names \(field.name)")
        }
    }

    private func checkSizes(_ form: VerifiedForm, _ policy: [UInt8]) {
        let ranges = conditions(of: policy).compactMap(Self.range)
        for bound in ranges.flatMap({ [$0.lowerBound, $0.upperBound] }) {
            for size in [max(bound, 1) - 1, bound, min(bound, .max - 1) + 1] {
                let isTaken = (try? form.check(size: size)) != nil
                expect(isTaken == ranges.allSatisfy { $0.contains(size) }, "a file of \(size) bytes")
            }
        }
    }

    /// What is changed after signing, or sent to another bucket, is refused.
    private func checkChanges(_ form: ReceivedForm, _ policy: [UInt8]) {
        var other = form
        other.bucket = "other-bucket"
        expect((try? verifier.verify(other, at: now)) == nil, "taken by another bucket")
        other = form
        other.fields = form.fields.map { $0.name == "policy" ? Header("policy", Base64.encode(policy + [0x20])) : $0 }
        expect((try? verifier.verify(other, at: now)) == nil, "taken with another policy")
        expect((try? verifier.verify(form, at: now.adding(seconds: 300_000_000_000))) == nil, "taken after its end")
    }

    /// A field under a name that lacks a byte of its own is one that no condition names, or one that is missing.
    private func checkNames(_ form: ReceivedForm, _ policy: [UInt8]) {
        let named = conditions(of: policy).compactMap(Self.comparison).map { HeaderRules.lowercased($0.field) }
        for index in form.fields.indices.prefix(4) {
            let name = form.fields[index].name
            for place in name.utf8.indices.prefix(32) {
                let shorter =
                    String(decoding: name.utf8[..<place], as: UTF8.self) + String(decoding: name.utf8[place...].dropFirst(), as: UTF8.self)
                let isNamed = named.contains { HeaderRules.isSame($0, shorter) } || Self.isFree(HeaderRules.lowercased(shorter))
                guard !isNamed else { continue }
                var other = form
                other.fields[index].name = shorter
                expect((try? verifier.verify(other, at: now)) == nil, "taken with \(shorter), which no condition names")
            }
        }
    }

    private static func isFree(_ name: String) -> Bool {
        ["policy", "x-amz-signature", "file"].contains(name) || name.utf8.starts(with: "x-ignore-".utf8)
    }

    private func checkInspect(_ form: ReceivedForm) {
        let found = FoundCredentials(signing: SigningCredentials(credentials), source: "the fuzzer")
        do throws(CommandFailure) {
            let inspected = try InspectedForm(url: "https://fuzzed-bucket.s3.us-east-1.amazonaws.com/", fields: form.fields)
            let report = FormInspection(form: inspected, endpoint: nil, found: .success(found), now: now).report()
            expect(report.isAccepted, "inspect refuses what the bucket takes: \(report.json.compact)")
        } catch {
            fatalError("inspect cannot read what the bucket takes: \(error.message)")
        }
    }

    // MARK: Conditions, read by hand

    private func conditions(of policy: [UInt8]) -> [JSON] {
        guard let json = try? JSONParser.parse(policy[...], takesPolicyEscapes: true), case .array(let conditions)? = json["conditions"]
        else { fatalError("a policy without conditions was taken") }
        return conditions
    }

    /// Nil for a range of sizes.
    private static func comparison(_ condition: JSON) -> (field: String, operation: String, value: String)? {
        if case .object(let members) = condition, let value = members[0].value.string { return (members[0].name, "eq", value) }
        guard case .array(let parts) = condition, let operation = parts[0].string, operation != "content-length-range" else { return nil }
        return (String((parts[1].string ?? "").unicodeScalars.dropFirst()), operation, parts[2].string ?? "")
    }

    private static func range(_ condition: JSON) -> ClosedRange<Int64>? {
        guard case .array(let parts) = condition, parts[0].string == "content-length-range" else { return nil }
        let bounds = parts.dropFirst().compactMap { part -> Int64? in
            if case .integer(let number) = part { number } else { part.string.flatMap { Int64($0) } }
        }
        return bounds[0]...bounds[1]
    }

    /// All that was sent under a name, with commas between, and the file's name for its variable.
    private static func value(of name: String, in form: ReceivedForm) -> String? {
        let values = form.fields.filter { HeaderRules.lowercased($0.name).isSame(as: name) }.map(\.value)
        guard !values.isEmpty else { return nil }
        guard let filename = form.filename else { return values.joined(separator: ",") }
        let end = filename.utf8.lastIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }
        let last = Array(end.map { filename.utf8[$0...].dropFirst() } ?? filename.utf8[...])
        return values.map { replacing("${filename}", in: $0, by: last) }.joined(separator: ",")
    }

    private static func replacing(_ variable: String, in value: String, by text: [UInt8]) -> String {
        var (result, rest) = ([UInt8](), Array(value.utf8)[...])
        while let found = rest.firstRange(of: Array(variable.utf8)) {
            result += rest[..<found.lowerBound] + text
            rest = rest[found.upperBound...]
        }
        return String(decoding: result + rest, as: UTF8.self)
    }
}
