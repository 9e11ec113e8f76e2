import Libcrypto
import SigV4
import Uploads

@testable import S3Signing
@testable import countersign

/// `inspect`: it reads or refuses any text, says nothing that steers a terminal, and agrees with the verifier about what is signed.
struct InspectTarget: FuzzTarget {
    private let location: S3Location
    private let signer: S3Signer
    private let verifier: S3Verifier
    private let found: Result<FoundCredentials, CommandFailure>
    private let context: CommandContext
    private let now = SigningTime(secondsSinceEpoch: 1_800_000_000)

    init() {
        let credentials = Credentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("fuzzing-secret"))
        guard let location = try? S3Location(endpoint: .aws(region: "eu-central-1"), bucket: BucketName("fuzzed-bucket")) else {
            fatalError("no location")
        }
        self.location = location
        signer = S3Signer(credentials: credentials, location: location)
        verifier = S3Verifier(region: "eu-central-1") { $0 == credentials.accessKeyID ? credentials : nil }
        found = .success(FoundCredentials(signing: SigningCredentials(credentials), source: "the fuzzer"))
        context = CommandContext(
            variables: [:], now: { SigningTime(secondsSinceEpoch: 1_800_000_000) }, input: NoStream(), output: NoStream(),
            diagnostics: NoStream())
    }

    /// The first four bytes say what is changed in what was signed.
    func run(_ input: [UInt8]) {
        guard let change = Change(input) else { return }
        if let report = report(on: String(decoding: input.dropFirst(4), as: UTF8.self)) {
            expect(!report.isVerified, "verifies what nobody signed")
        }
        let lines = InputLines(input.dropFirst(4))
        inspectURL(lines, change)
        inspectForm(lines)
    }

    // MARK: URLs

    /// What is signed for a key verifies and is explained as it was meant; a changed URL verifies only where a bucket would take it.
    private func inspectURL(_ lines: InputLines, _ change: Change) {
        guard let key = try? ObjectKey(lines.first) else { return }
        let request = PresignRequest(
            method: .put, key: key, expiresSeconds: 900, headers: lines.pairs(":"),
            query: lines.pairs("=").map { QueryItem($0.name, $0.value) })
        guard let signed = try? signer.presign(request, at: now) else { return }
        guard let report = report(on: signed.url, headers: signed.headers) else { fatalError("cannot read what is signed: \(signed.url)") }
        expect(report.isAccepted, "does not verify what is signed: \(report.json.compact)")
        expect(report.key?.isSame(as: key.name) == true && report.bucket == "fuzzed-bucket", "another place: \(report.json.compact)")
        expect(report.expiresAt == signed.expiresAt && report.region == "eu-central-1", "another time or region: \(report.json.compact)")

        guard let changed = change.applied(to: signed.url), case .url(let url, _, _)? = try? InspectInput(changed),
            let other = self.report(on: changed, headers: signed.headers)
        else { return }
        expect(other.isAccepted == isAccepted(url, signed.headers), "inspect and the verifier disagree about \(url)")
    }

    private func isAccepted(_ url: String, _ headers: [Header]) -> Bool {
        let rest = url.utf8.drop { $0 != UInt8(ascii: "/") }.dropFirst(2).prefix { $0 != UInt8(ascii: "#") }
        let host = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        let target = String(Substring(rest[host.endIndex...]))
        let received = ReceivedRequest(
            method: "PUT", target: target.utf8.first == UInt8(ascii: "/") ? target : "/\(target)",
            headers: headers + [Header("host", String(Substring(host)))])
        return (try? verifier.verify(received, at: now)) != nil
    }

    // MARK: Forms

    /// What is signed as a form stays the same in each text that `presign` writes, and verifies.
    private func inspectForm(_ lines: InputLines) {
        let policy = PostPolicy(
            expiresSeconds: 900, fields: [Header("key", lines.first)] + lines.pairs(":"),
            conditions: lines.pairs("^").map { .startsWith(field: $0.name, prefix: $0.value) } + [.contentLengthRange(1...1000)])
        guard let form = try? signer.sign(policy, at: now) else { return }
        let output = SignedOutput(
            method: .post, url: form.url, fields: form.fields, key: nil, expiresAt: form.expiresAt, canonicalRequest: nil,
            stringToSign: form.stringToSign)
        for format in [PresignFormat.json, .html] {
            guard let text = try? output.text(as: format), case .form(let url?, let fields)? = try? InspectInput(text) else {
                fatalError("cannot read what is written as \(format)")
            }
            expect(url.isSame(as: form.url) && fields.isSame(as: form.fields), "\(format) changes a form: \(text)")
        }
        guard let text = try? output.text(as: .html), let report = report(on: text) else { fatalError("cannot read a signed form") }
        expect(report.isAccepted, "does not verify what is signed: \(report.json.compact)")
    }

    // MARK: Reports

    private func report(on text: String, headers: [Header]? = nil) -> InspectReport? {
        do throws(CommandFailure) {
            let report: InspectReport
            switch try InspectInput(text) {
            case .url(let url, let method, let inputHeaders):
                report = try URLInspection(
                    url, method: headers == nil ? method : .put, headers: headers ?? inputHeaders, endpoint: nil, found: found, now: now
                ).report()
            case .form(let url, let fields):
                report = FormInspection(form: try InspectedForm(url: url, fields: fields), endpoint: nil, found: found, now: now).report()
            }
            check(report)
            return report
        } catch {
            checkPrintable(error.message)
            return nil
        }
    }

    private func check(_ report: InspectReport) {
        for line in report.text(context).utf8.split(separator: UInt8(ascii: "\n")) { checkPrintable(String(Substring(line))) }
        let text = report.json.pretty
        expect((try? JSONParser.parse(text))?.pretty.isSame(as: text) == true, "a report that is no JSON: \(text)")
    }

    /// Whatever was read, the terminal that shows it stays as it is.
    private func checkPrintable(_ text: String) {
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: fatalError("prints \(scalar.debugDescription)")
            default: continue
            }
        }
    }
}

extension InspectReport {
    var isVerified: Bool {
        if case .verified = verification { true } else { false }
    }

    var isAccepted: Bool { isVerified && !isRefused }
}

private struct NoStream: ByteInput, ByteOutput {
    func read(upTo limit: Int) -> [UInt8] { [] }
    func write(_ bytes: [UInt8]) {}
    func flush() {}
}
