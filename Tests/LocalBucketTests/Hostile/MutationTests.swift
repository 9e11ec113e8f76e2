import S3Signing
import SigV4
import Testing

/// Changes of valid requests by machine: the verifiers accept exactly those that change nothing in what a request says.
@Suite struct MutationTests {
    private static let verifier = S3Verifier(region: "eu-west-1") { id in [writer, stranger, temporary].first { $0.accessKeyID == id } }

    private static func accepts(_ request: ReceivedRequest) -> Bool {
        (try? verifier.verify(request, at: now)) != nil
    }

    private static func accepts(_ form: ReceivedForm) -> Bool {
        (try? verifier.verify(form, at: now)) != nil
    }

    private static let bases: [BaseRequest] = [
        .presignedPut, .presignedBoundPut, .presignedGet, .presignedDelete, .presignedTemporaryPut, .presignedOddKeyPut, .authorizedPut,
        .authorizedBoundPut, .authorizedGet, .authorizedDelete, .authorizedTemporaryPut, .authorizedOddKeyPut,
    ]

    /// Every text that one flipped bit makes of a text, as a server reads it: invalid UTF-8 becomes U+FFFD.
    private static func flips(of text: String) -> [String] {
        let bytes = Array(text.utf8)
        return bytes.indices.flatMap { index in
            (0..<8).map { bit in
                var changed = bytes
                changed[index] ^= 1 << UInt8(bit)
                return String(decoding: changed, as: UTF8.self)
            }
        }
    }

    @Test(arguments: bases)
    func theSignersSayTheSame(_ base: BaseRequest) throws {
        let meanings = [base.draft.signed(), try base.signedByProduct()].map { RequestMeaning($0.received, signed: base.signedNames) }
        #expect(meanings[0] == meanings[1])
    }

    @Test(arguments: [BaseRequest.presignedGet, .presignedTemporaryPut, .presignedOddKeyPut, .authorizedGet, .authorizedOddKeyPut])
    func everyFlippedBitOfATargetIsJudgedByWhatItSays(_ base: BaseRequest) throws {
        let request = base.draft.signed().received
        let meaning = RequestMeaning(request, signed: base.signedNames)
        #expect(Self.accepts(request))
        var same = 0
        for target in Self.flips(of: request.target) {
            var changed = request
            changed.target = target
            let says = RequestMeaning(changed, signed: base.signedNames) == meaning
            same += says ? 1 : 0
            #expect(Self.accepts(changed) == says, "\(target)")
        }
        // Only the case of hexadecimal digits, and never any digit of the signature.
        #expect(same <= request.target.utf8.count { $0 == UInt8(ascii: "%") } * 2)
    }

    @Test(arguments: [BaseRequest.presignedBoundPut, .authorizedBoundPut, .authorizedTemporaryPut])
    func everyFlippedBitOfAHeaderIsJudgedByWhatItSays(_ base: BaseRequest) throws {
        let request = base.draft.signed().received
        let meaning = RequestMeaning(request, signed: base.signedNames)
        for index in request.headers.indices {
            var changed = request
            for value in Self.flips(of: request.headers[index].value) {
                changed.headers[index].value = value
                let says = RequestMeaning(changed, signed: base.signedNames) == meaning
                #expect(Self.accepts(changed) == says, "\(request.headers[index].name): \(value)")
            }
            changed = request
            for name in Self.flips(of: request.headers[index].name) {
                changed.headers[index].name = name
                #expect(Self.accepts(changed) == (RequestMeaning(changed, signed: base.signedNames) == meaning), "\(name)")
            }
        }
    }

    @Test func everyFlippedBitOfAFormIsJudgedByWhatItSays() throws {
        let wire = FormDraft().signed()
        let fields = wire.parts.dropLast().map { Header($0.name, $0.content) }
        let form = ReceivedForm(bucket: "photos", fields: fields, filename: "cat.png")
        #expect(Self.accepts(form))
        for index in form.fields.indices {
            var changed = form
            for value in Self.flips(of: fields[index].value) {
                changed.fields[index].value = value
                #expect(Self.accepts(changed) == FormMeaning(changed, signed: form).isAsSigned, "\(fields[index].name): \(value)")
            }
            changed = form
            for name in Self.flips(of: fields[index].name) {
                changed.fields[index].name = name
                #expect(Self.accepts(changed) == FormMeaning(changed, signed: form).isAsSigned, "\(name)")
            }
        }
    }

    @Test func fifteenThousandRandomRequests() throws {
        var random = SeededGenerator(seed: 3)
        let valid = try Self.bases.flatMap { base in
            try [base.draft.signed().received, base.signedByProduct().received].map { (request: $0, signed: base.signedNames) }
        }
        let requests = valid.map(\.request)
        var tally = (sent: 0, accepted: 0)
        for _ in 0..<15_000 {
            let request = requests.randomElement(using: &random)!
            var changed = request
            for _ in 0..<Int.random(in: 1...3, using: &random) { Self.mutate(&changed, like: requests, using: &random) }
            tally.sent += 1
            guard Self.accepts(changed) else { continue }
            tally.accepted += 1
            // A mutation can make one valid request of another.
            let isValid = valid.contains { RequestMeaning($0.request, signed: $0.signed) == RequestMeaning(changed, signed: $0.signed) }
            #expect(isValid, "\(changed.method) \(changed.target) \(changed.headers) made of \(request.target)")
        }
        print("random requests: \(tally.sent) verified, \(tally.accepted) accepted, each with a signed request's meaning")
        #expect(tally.accepted < tally.sent / 4)
    }

    @Test func fiveThousandRandomForms() throws {
        var random = SeededGenerator(seed: 4)
        let fields = FormDraft().signed().parts.dropLast().map { Header($0.name, $0.content) }
        let form = ReceivedForm(bucket: "photos", fields: fields, filename: "cat.png")
        var tally = (sent: 0, accepted: 0)
        for _ in 0..<5_000 {
            var changed = form
            for _ in 0..<Int.random(in: 1...3, using: &random) { Self.mutate(&changed.fields, using: &random) }
            tally.sent += 1
            guard Self.accepts(changed) else { continue }
            tally.accepted += 1
            #expect(FormMeaning(changed, signed: form).isAsSigned, "\(changed.fields)")
        }
        print("random forms: \(tally.sent) verified, \(tally.accepted) accepted, each as its policy demands")
        #expect(tally.accepted < tally.sent / 4)
    }
}

extension MutationTests {
    private static let tokens = [
        "%2F", "/", "%00", "%", "%25", "..", "/../", "//", "+", "%20", " ", "\t", ",", ";", "=", "&", "?", "#", "%C0%AF", "%FF", "\u{212A}",
        "\u{301}", "\u{37e}", "\r\n", "&X-Amz-Expires=604800", "&x-amz-acl=public-read", "X-Amz-Signature=", "host;", "AKIDWRITER", "0",
        "x-amz-",
    ]

    private static func mutate(_ request: inout ReceivedRequest, like others: [ReceivedRequest], using random: inout SeededGenerator) {
        switch Int.random(in: 0..<10, using: &random) {
        case 0...3: request.target = mutated(request.target, using: &random)
        case 4:
            var parts = request.target.split(separator: "?", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { return }
            parts[1] = parts[1].split(separator: "&").shuffled(using: &random).joined(separator: "&")
            request.target = parts.joined(separator: "?")
        case 5: request.method = ["GET", "PUT", "HEAD", "DELETE", "POST", "get"].randomElement(using: &random)!
        case 6:
            // A part of another valid request.
            let other = others.randomElement(using: &random)!
            if Bool.random(using: &random) {
                request.target = other.target
            } else {
                request.headers.append(other.headers.randomElement(using: &random)!)
            }
        default: mutate(&request.headers, using: &random)
        }
    }

    private static func mutate(_ fields: inout [Header], using random: inout SeededGenerator) {
        guard let index = fields.indices.randomElement(using: &random) else { return }
        switch Int.random(in: 0..<8, using: &random) {
        case 0...2: fields[index].value = mutated(fields[index].value, using: &random)
        case 3: fields[index].name = mutated(fields[index].name, using: &random)
        case 4: fields.remove(at: index)
        case 5: fields.append(fields[index])
        case 6: fields.shuffle(using: &random)
        default:
            fields.insert(Header(["x-amz-acl", "x-amz-meta-b", "Accept", "acl", "key"].randomElement(using: &random)!, "x"), at: index)
        }
    }

    private static func mutated(_ text: String, using random: inout SeededGenerator) -> String {
        var bytes = Array(text.utf8)
        let start = Int.random(in: 0...bytes.count, using: &random)
        let end = Int.random(in: start...min(bytes.count, start + 8), using: &random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0 where start < bytes.count: bytes[start] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes.removeSubrange(start..<end)
        case 2: bytes.insert(contentsOf: bytes[start..<end], at: end)
        case 3: bytes.replaceSubrange(start..<end, with: tokens.randomElement(using: &random)!.utf8)
        case 4: bytes.insert(contentsOf: tokens.randomElement(using: &random)!.utf8, at: start)
        case 5: bytes.replaceSubrange(start..<end, with: bytes[start..<end].reversed())
        case 6: bytes.replaceSubrange(start..<end, with: String(decoding: bytes[start..<end], as: UTF8.self).lowercased().utf8)
        case 7 where start < bytes.count: bytes.replaceSubrange(start...start, with: "%\(String(bytes[start] | 0x10, radix: 16))".utf8)
        default: bytes.append(UInt8.random(in: 0...255, using: &random))
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
