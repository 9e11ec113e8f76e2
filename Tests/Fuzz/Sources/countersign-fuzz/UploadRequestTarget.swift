import Libcrypto
import SigV4

@testable import S3Signing
@testable import Settings
@testable import UploadService
@testable import Uploads

/// Bodies of upload requests: a ticket binds exactly what was asked for, under a prefix of its caller's own, and a bucket takes that and
/// nothing else.
struct UploadRequestTarget: FuzzTarget {
    private let office: TicketOffice
    private let verifier: S3Verifier
    private let caller = Caller(name: "fuzzer", environment: "staging")
    private let credentials = SigningCredentials(
        Credentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("fuzzing-secret")))
    private let now = SigningTime(secondsSinceEpoch: 1_800_000_000)
    private let keys = SealingKeys(secrets: [Secret("fuzzing-fuzzing-fuzzing-fuzzing-fuzzing")])

    init() {
        var reader = YAMLReader(file: "uploads.yaml")
        guard let document = try? YAMLDocument(Self.uploads, file: "uploads.yaml"),
            let environment = reader.environment(named: "staging", document: document)
        else { fatalError("\(reader.problems)") }
        office = TicketOffice(environment: environment, sealingKeys: keys)
        verifier = S3Verifier(region: "us-east-1") { [credentials] in
            $0 == credentials.credentials.accessKeyID ? credentials.credentials : nil
        }
    }

    func run(_ input: [UInt8]) {
        checkQuery(String(decoding: input, as: UTF8.self))
        guard let json = try? JSONParser.parse(input) else { return }
        do throws(Problem) {
            let request = try UploadRequest(json: json, path: "")
            decide(on: request)
        } catch {
            expect((400..<500).contains(error.status.code) && !error.detail.isEmpty, "\(error)")
        }
    }

    /// What dialects read from a URL's query.
    private func checkQuery(_ text: String) {
        guard let query = try? FormQuery(text) else { return }
        for name in ["filename", "type"] {
            let pairs = text.utf8.split(separator: UInt8(ascii: "&")).filter {
                $0.elementsEqual(name.utf8) || $0.starts(with: "\(name)=".utf8)
            }
            if let value = try? query.value(name) {
                expect(pairs.count <= 1, "\(name) is there \(pairs.count) times, and yet \(value)")
            }
        }
    }

    private func decide(on request: UploadRequest) {
        var random = SameNumbers()
        do throws(Refusal) {
            let ticket = try office.issue(request, to: caller, with: credentials, at: now, using: &random)
            check(ticket, for: request)
        } catch {
            expect((400..<500).contains(error.status) && !error.detail.isEmpty, "\(error)")
        }
    }

    // MARK: What a ticket is

    private func check(_ ticket: Ticket, for request: UploadRequest) {
        expect(ticket.rule == request.rule, "a ticket of another rule")
        expect(ticket.key.hasPrefix("\(ticket.rule)/\(caller.keySegment)/"), "a key outside of the caller's prefix: \(ticket.key)")
        expect(!ticket.key.contains("..") && !ticket.key.contains("${") && !ticket.key.contains("//"), "an unsafe key: \(ticket.key)")
        expect(1 <= ticket.sizeBytes.lowerBound && ticket.sizeBytes.upperBound <= 1_000_000, "a size that the rule does not allow")
        if let size = request.size { expect(ticket.sizeBytes == size...size, "another size than asked for") }
        let headers = ticket.headers + ticket.fields
        expect(headers.allSatisfy { $0.value.utf8.allSatisfy { (0x20...0x7E).contains($0) } }, "a value that no header carries: \(headers)")
        checkType(ticket, request, headers)
        for (name, value) in request.metadata where !value.isEmpty {
            let sent = headers.filter { HeaderRules.isSame($0.name, "x-amz-meta-\(name)") }.map(\.value)
            expect(sent.count == 1 && value.contains(sent[0]), "metadata \(name) is \(sent), not \(value)")
        }
        checkGrant(ticket)
        if ticket.fields.isEmpty { checkPut(ticket) } else { checkForm(ticket) }
    }

    private func checkType(_ ticket: Ticket, _ request: UploadRequest, _ headers: [Header]) {
        func value(_ name: String) -> String? { headers.first { HeaderRules.isSame($0.name, name) }?.value }
        expect(value("content-type") == ticket.contentType.text, "another type is signed: \(headers)")
        expect(request.type.lowercased() == ticket.contentType.text, "another type than asked for: \(ticket.contentType)")
        let disposition = value("content-disposition") ?? ""
        let mayRun = ["image/svg+xml", "text/html", "application/xml", "text/xml"].contains(ticket.contentType.text)
        expect(!mayRun || disposition.hasPrefix("attachment"), "would run in a browser: \(headers)")
        expect(disposition == "inline" || disposition.hasPrefix("attachment") || disposition.hasPrefix("inline; "), disposition)
        if ticket.rule == "named", mayRun == false { expect(!disposition.contains(".svg\""), "a false extension: \(disposition)") }
    }

    /// The grant says the same as the ticket, to this caller alone.
    private func checkGrant(_ ticket: Ticket) {
        guard let grant = Grant(token: ticket.grant, keys: keys) else { fatalError("a ticket without a grant") }
        expect(grant.key == ticket.key && grant.sizeBytes == ticket.sizeBytes && grant.rule == ticket.rule, "another upload: \(grant)")
        expect(grant.isHeld(by: caller) && !grant.isHeld(by: Caller(name: "other", environment: "staging")), "another's grant")
        expect(grant.expiresAt >= ticket.expiresAt, "a grant that ends before its ticket")
    }

    // MARK: What a bucket takes

    private func checkPut(_ ticket: Ticket) {
        let target = String(Substring(ticket.url.utf8.dropFirst("https://".utf8.count).drop { $0 != UInt8(ascii: "/") }))
        let size = ticket.sizeBytes.lowerBound
        func isTaken(_ headers: [Header], size: Int64) -> Bool {
            let all = headers + [Header("host", office.environment.location.host), Header("content-length", "\(size)")]
            return (try? verifier.verify(ReceivedRequest(method: "PUT", target: target, headers: all), at: now)) != nil
        }
        expect(isTaken(ticket.headers, size: size), "a ticket that nobody takes: \(ticket.url)")
        expect(!isTaken(ticket.headers, size: size + 1), "a file of another size is taken")
        for index in ticket.headers.indices {
            var headers = ticket.headers
            headers[index].value += "x"
            expect(!isTaken(headers, size: size), "another \(headers[index].name) is taken")
            headers.remove(at: index)
            expect(!isTaken(headers, size: size), "\(ticket.headers[index].name) can be left out")
        }
    }

    private func checkForm(_ ticket: Ticket) {
        func taken(_ fields: [Header]) -> VerifiedForm? {
            try? verifier.verify(ReceivedForm(bucket: "fuzzed-bucket", fields: fields, filename: "x"), at: now)
        }
        guard let form = taken(ticket.fields) else { fatalError("a form that nobody takes: \(ticket.fields)") }
        expect(form.contentLengthRange == ticket.sizeBytes, "a form for \(form.contentLengthRange as Any) bytes")
        expect(form.key.name.isSame(as: ticket.key), "another key: \(form.key)")
        for index in ticket.fields.indices {
            var fields = ticket.fields
            fields[index].value += "x"
            expect(taken(fields) == nil, "another \(fields[index].name) is taken")
        }
        expect(taken(ticket.fields + [Header("acl", "public-read")]) == nil, "a field more is taken")
    }

    private static let uploads = """
        bucket: fuzzed-bucket
        region: us-east-1
        rules:
          photos:
            contentTypes: [image/*, application/pdf, image/svg+xml]
            maximumSize: 1 MB
            key: photos/{caller}/{yyyy}/{uuid}{ext}
            metadata: [caption, album]
          forms:
            contentTypes: [image/png]
            maximumSize: 1 MB
            key: forms/{caller}/{uuid}{ext}
            method: POST
            once: false
            metadata: [caption]
          hashed:
            contentTypes: [application/pdf]
            maximumSize: 1 MB
            key: hashed/{caller}/{sha256}{ext}
            checksum: required
          named:
            contentTypes: [image/png, text/html, application/octet-stream]
            maximumSize: 1 MB
            key: named/{caller}/{uuid}{ext}
            contentDisposition: inline; filename={filename}
            encryption: kms
            tagUnconfirmed: true
        """
}
