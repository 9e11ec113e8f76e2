import Libcrypto
import SigV4
import Uploads

@testable import S3Signing
@testable import Settings
@testable import UploadService

/// Bodies of upload requests: a ticket binds exactly what was asked for, under a prefix of its caller's own.
struct UploadRequestTarget: FuzzTarget {
    private let office: TicketOffice
    private let caller = Caller(name: "fuzzer", environment: "staging")
    private let credentials = SigningCredentials(
        Credentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("fuzzing-secret")))
    private let now = SigningTime(secondsSinceEpoch: 1_800_000_000)

    init() {
        var reader = YAMLReader(file: "uploads.yaml")
        guard let document = try? YAMLDocument(Self.uploads, file: "uploads.yaml"),
            let environment = reader.environment(named: "staging", document: document)
        else { fatalError("\(reader.problems)") }
        let keys = SealingKeys(secrets: [Secret("fuzzing-fuzzing-fuzzing-fuzzing-fuzzing")])
        office = TicketOffice(environment: environment, sealingKeys: keys)
    }

    func run(_ input: [UInt8]) {
        guard let json = try? JSONParser.parse(input) else { return }
        do throws(Problem) {
            let request = try UploadRequest(json: json, path: "")
            decide(on: request)
        } catch {
            expect((400..<500).contains(error.status.code) && !error.detail.isEmpty, "\(error)")
        }
    }

    private func decide(on request: UploadRequest) {
        var random = SystemRandomNumberGenerator()
        do throws(Refusal) {
            let ticket = try office.issue(request, to: caller, with: credentials, at: now, using: &random)
            check(ticket, for: request)
        } catch {
            expect((400..<500).contains(error.status) && !error.detail.isEmpty, "\(error)")
        }
    }

    private func check(_ ticket: Ticket, for request: UploadRequest) {
        expect(ticket.rule == request.rule, "a ticket of another rule")
        expect(ticket.key.hasPrefix("\(ticket.rule)/\(caller.keySegment)/"), "a key outside of the caller's prefix: \(ticket.key)")
        expect(!ticket.key.contains("..") && !ticket.key.contains("${") && !ticket.key.contains("//"), "an unsafe key: \(ticket.key)")
        expect(ticket.sizeBytes.upperBound <= 1_000_000, "a size that the rule does not allow")
        if let size = request.size { expect(ticket.sizeBytes == size...size, "another size than asked for") }
        let values = (ticket.headers + ticket.fields).map(\.value)
        expect(!values.contains { $0.utf8.contains { $0 == 0x0A || $0 == 0x0D } }, "a value with a line break")
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
          hashed:
            contentTypes: [application/pdf]
            maximumSize: 1 MB
            key: hashed/{caller}/{sha256}{ext}
            checksum: required
        """
}
