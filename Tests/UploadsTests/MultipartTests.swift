import S3Signing
import SigV4
import Testing

@testable import Uploads

@Suite struct PartPlanTests {
    private static let mebibyte: Int64 = 1 << 20

    @Test(
        arguments: [
            (0, 1, 16), (1, 1, 16), (16 << 20, 1, 16), ((16 << 20) + 1, 2, 16), (200 << 20, 13, 16), (160_000 << 20, 10_000, 16),
            ((160_000 << 20) + 1, 9412, 17), (UploadRule.maximumMultipartSizeBytes, 10_000, 5120),
        ] as [(Int64, Int, Int64)])
    func `ten thousand parts are always enough`(size: Int64, count: Int, partMebibytes: Int64) {
        let plan = PartPlan(sizeBytes: size, wantedPartSizeBytes: 16 * Self.mebibyte)
        #expect(plan.count == count && plan.partSizeBytes == partMebibytes * Self.mebibyte)
    }

    @Test func `the parts of any file are within the limits and add up to it`() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<2000 {
            let size = Int64.random(in: 0...(1 << Int64.random(in: 0...45, using: &random)), using: &random)
            let wanted = Int64.random(in: UploadRule.partSizes.lowerBound...(64 << 20), using: &random)
            let plan = PartPlan(sizeBytes: size, wantedPartSizeBytes: wanted)
            #expect((1...PartPlan.maximumCount).contains(plan.count) && UploadRule.partSizes.contains(plan.partSizeBytes))
            let last = plan.sizeBytes(ofPart: plan.count)
            #expect(Int64(plan.count - 1) * plan.partSizeBytes + last == size)
            #expect(last <= plan.partSizeBytes && (last > 0 || size == 0))
        }
    }
}

@Suite struct MultipartTests {
    private static let size: Int64 = (40 << 20) + 7

    private func videos(
        _ mode: MultipartMode? = .assisted, method: UploadMethod = .multipart, once: Bool = true, minimum: Int64 = 1,
        maximum: Int64 = 1 << 40, partSize: Int64 = 16 << 20, lifetime: Int = 900, tagsUnconfirmed: Bool = false
    ) throws -> UploadRule {
        try UploadRule(
            name: "videos", contentTypes: [ContentTypePattern("video/mp4")], minimumSizeBytes: minimum, maximumSizeBytes: maximum,
            keyTemplate: KeyTemplate("videos/{caller}/{uuid}{ext}"), lifetimeSeconds: lifetime, method: method, multipart: mode,
            partSizeBytes: partSize, once: once, tagsUnconfirmed: tagsUnconfirmed, allowedMetadata: ["title"])
    }

    private func video(size: Int64? = MultipartTests.size, method: String? = nil, sha256: String? = nil) -> UploadRequest {
        UploadRequest(rule: "videos", filename: "a.mp4", size: size, type: "video/mp4", sha256: sha256, method: method)
    }

    private func ticket(
        _ office: TicketOffice, _ request: UploadRequest, uploadID: String? = "upload-1", at time: SigningTime = now
    ) throws -> MultipartTicket {
        var random = SeededGenerator(seed: 1)
        let start = try office.begin(request, to: backend, at: time, using: &random)
        return try office.ticket(for: start, uploadID: uploadID, with: SigningCredentials(credentials), at: time, using: &random)
    }

    private func code(_ body: () throws -> some Any) -> Refusal.Code? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? Refusal)?.code
        }
    }

    private func verify(_ step: PresignedStep, length: Int64? = nil, extra: [Header] = []) -> String? {
        let start = step.url.firstRange(of: "://")!.upperBound
        let slash = step.url[start...].firstIndex(of: "/")!
        let received = ReceivedRequest(
            method: step.method.rawValue, target: String(step.url[slash...]),
            headers: [Header("host", String(step.url[start..<slash]))] + (length.map { [Header("content-length", "\($0)")] } ?? [])
                + step.headers + extra)
        do throws(S3Error) {
            _ = try verifier.verify(received, at: now)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `each part's URL takes exactly the bytes that the part has`() throws {
        let ticket = try ticket(office(videos()), video())
        #expect(ticket.plan?.count == 3 && ticket.create == nil && ticket.once)
        let parts = try #require(ticket.parts)
        #expect(parts.map(\.number) == [1, 2, 3])
        for (part, size) in zip(parts, [16 << 20, 16 << 20, (8 << 20) + 7] as [Int64]) {
            #expect(part.step.method == .put && part.step.url.contains("partNumber=\(part.number)&uploadId=upload-1"))
            #expect(part.step.url.contains("/videos/web-backend/") && part.step.headers.isEmpty)
            #expect(verify(part.step, length: size) == nil)
            for other in [size - 1, size + 1, 0] { #expect(verify(part.step, length: other) == "SignatureDoesNotMatch") }
        }
    }

    @Test func `what the object is stored with is told when it is created`() throws {
        var random = SeededGenerator(seed: 1)
        let start = try office(videos(tagsUnconfirmed: true)).begin(video(), to: backend, at: now, using: &random)
        #expect(start.headers["content-type"] == "video/mp4" && start.headers["content-disposition"] == "inline")
        #expect(start.headers["x-amz-tagging"] == "countersign=unconfirmed" && start.headers["content-length"] == nil)
        #expect(start.headers["if-none-match"] == nil && start.mode == .assisted)
    }

    @Test func `signed, the client creates, completes, aborts and lists by itself`() throws {
        let office = try office(videos(.signed))
        let ticket = try ticket(office, video(), uploadID: nil)
        let create = try #require(ticket.create)
        #expect(ticket.parts == nil && create.method == .post && create.url.contains("uploads="))
        #expect(verify(create) == nil && verify(PresignedStep(method: .post, url: create.url, headers: [], expiresAt: now)) != nil)
        let grant = try office.open(ticket.grant, for: backend, at: now)
        #expect(code { try grant.uploadID(sent: nil, stepIsAssisted: false) } == .invalidUploadID)
        #expect(code { try grant.uploadID(sent: "x", stepIsAssisted: true) } == .multipartSigned)
        for bad in ["", "a b", "ü", String(repeating: "a", count: 1025)] {
            #expect(code { try grant.uploadID(sent: bad, stepIsAssisted: false) } == .invalidUploadID)
        }
        let id = try grant.uploadID(sent: "2~store/s+id=", stepIsAssisted: false)
        let steps = try office.steps(of: grant, uploadID: id, with: SigningCredentials(credentials), at: now)
        #expect(steps.complete.headers["if-none-match"] == "*" && verify(steps.complete) == nil)
        #expect(verify(PresignedStep(method: .post, url: steps.complete.url, headers: [], expiresAt: now)) == "SignatureDoesNotMatch")
        #expect(steps.abort.method == .delete && verify(steps.abort) == nil && verify(steps.list) == nil)
        #expect(steps.list.url.contains("uploadId=2~store%2Fs%2Bid%3D"))
        let part = try office.parts([3], of: grant, uploadID: id, with: SigningCredentials(credentials), at: now)[0]
        #expect(verify(part.step, length: (8 << 20) + 7) == nil)
    }

    @Test func `an upload of unknown size is only begun where the service completes it`() throws {
        let assisted = try office(videos(maximum: 100 << 20))
        let ticket = try ticket(assisted, video(size: nil))
        #expect(ticket.plan == nil && ticket.parts == nil && ticket.sizeBytes == 1...(100 << 20))
        let grant = try assisted.open(ticket.grant, for: backend, at: now)
        // Parts have 5 MiB at least, all but the last.
        try grant.check(partNumbers: [1, 21])
        #expect(code { try grant.check(partNumbers: [22]) } == .invalidPartNumber)
        #expect(code { try self.ticket(office(videos(.signed)), video(size: nil), uploadID: nil) } == .sizeRequired)
    }

    @Test(arguments: [[0], [4], [-1], [10_001], [1, 1], [.max]])
    func `part numbers that are none are refused`(numbers: [Int]) throws {
        let office = try office(videos())
        let grant = try office.open(ticket(office, video()).grant, for: backend, at: now)
        #expect(code { try grant.check(partNumbers: numbers) } == .invalidPartNumber)
        try grant.check(partNumbers: [3, 1, 2])
    }

    @Test func `parts to complete with are whole, in order, and have entity tags`() throws {
        let office = try office(videos())
        let grant = try office.open(ticket(office, video()).grant, for: backend, at: now)
        func check(_ parts: [(Int, String)]) -> Refusal.Code? {
            code { try grant.check(parts.map { CompletedPart(number: $0.0, etag: $0.1) }) }
        }
        #expect(check([(1, "a"), (2, "\"b\""), (3, "c")]) == nil)
        let quoted = try grant.check([1, 2, 3].map { CompletedPart(number: $0, etag: $0 == 2 ? "\"b\"" : "a") })
        #expect(quoted.map(\.etag) == ["\"a\"", "\"b\"", "\"a\""])
        #expect(check([(1, "a"), (3, "c")]) == .partsMissing)
        #expect(check([]) == .partsMissing)
        #expect(check([(1, "a"), (3, "c"), (2, "b")]) == .invalidPartOrder)
        #expect(check([(1, "a"), (1, "a"), (2, "b"), (3, "c")]) == .invalidPartNumber)
        #expect(check([(0, "a"), (1, "a"), (2, "b"), (3, "c")]) == .invalidPartNumber)
        for bad in ["", "\"\"", "a b", "a\"b", "<a/>", "a&b", "ä", String(repeating: "a", count: 129), "\"a", "a\n"] {
            #expect(check([(1, bad), (2, "b"), (3, "c")]) == .invalidETag, "\(bad)")
        }
    }

    @Test func `steps of an upload in parts are none of one request`() throws {
        let office = try office(rule())
        let grant = try office.open(office.issue(request()).grant, for: backend, at: now)
        #expect(code { try grant.uploadID(sent: nil, stepIsAssisted: true) } == .notMultipart)
        #expect(code { try self.ticket(office, request()) } == .notMultipart)
        #expect(refusal(try self.office(videos()), video())?.code == .methodNotAllowed)
    }

    private func office(_ rule: UploadRule) throws -> TicketOffice { try UploadsTests.office(rule) }

    @Test func `a rule of one request may take parts besides`() throws {
        let forms = try office(videos(.assisted, method: .post, once: false, maximum: 10 << 30, lifetime: 600))
        #expect(try forms.issue(video()).method == .post)
        #expect(refusal(forms, video(size: (5 << 30) + 1))?.code == .tooLarge)
        #expect(refusal(forms, video(size: (5 << 30) + 1))?.detail.contains("MULTIPART") == true)
        #expect(try forms.issue(video(size: nil)).sizeBytes == 1...(5 << 30))
        let large = try ticket(forms, video(size: (5 << 30) + 1, method: "MULTIPART"))
        #expect(large.plan?.count == 321 && large.parts == nil && !large.once)
        #expect(code { try ticket(office(videos()), video(sha256: emptySHA256)) } == .invalidChecksum)
        #expect(refusal(try office(rule()), request(method: "MULTIPART"))?.detail.contains("takes PUT;") == true)
    }

    @Test func `a part's URL ends with the grant, and with the credentials`() throws {
        let office = try office(videos(lifetime: 3600))
        let grant = try office.open(ticket(office, video()).grant, for: backend, at: now)
        let late = now.adding(seconds: 86_400 - 100)
        let part = try office.parts([1], of: grant, uploadID: "u", with: SigningCredentials(credentials), at: late)[0]
        #expect(part.step.expiresAt == grant.expiresAt)
        let ending = SigningCredentials(credentials, expiresAt: now.adding(seconds: 120))
        #expect(try office.parts([1], of: grant, uploadID: "u", with: ending, at: now)[0].step.expiresAt == ending.expiresAt)
        #expect(
            code { try office.parts([1], of: grant, uploadID: "u", with: ending, at: now.adding(seconds: 61)) } == .credentialsExpiring)
    }

    @Test func `rules of parts that cannot be kept do not load`() throws {
        func fields(_ rule: () throws -> UploadRule) -> [String?] {
            do {
                _ = try rule()
                return []
            } catch {
                return (error as? InvalidValues)?.problems.map(\.field) ?? ["?"]
            }
        }
        #expect(fields { try videos(maximum: UploadRule.maximumMultipartSizeBytes) } == [])
        #expect(fields { try videos(maximum: UploadRule.maximumMultipartSizeBytes + 1) } == ["maximumSize"])
        #expect(fields { try videos(nil, method: .put, maximum: (5 << 30) + 1) } == ["maximumSize"])
        #expect(fields { try videos(.assisted, method: .put, minimum: 6 << 30) } == ["minimumSize"])
        #expect(fields { try videos(partSize: (5 << 20) - 1) } == ["partSize"])
        #expect(fields { try videos(partSize: (5 << 30) + 1) } == ["partSize"])
        #expect(fields { try rule(method: .multipart, once: true, checksum: .required) } == ["checksum"])
    }
}
