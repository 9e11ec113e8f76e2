import Libcrypto
import SigV4
import Testing

/// What was signed verifies; what was changed afterwards does not.
@Suite struct VerifyingTests {
    let time = SigningTime(secondsSinceEpoch: 1_369_353_600)
    let credentials = Credentials(accessKeyID: "AKID", secretAccessKey: Secret("secret"))

    func presented(_ request: SignableRequest, rules: PathRules = .general) throws -> (PresentedSignature, SignableRequest) {
        let signer = RequestSigner(credentials: credentials, region: "r", service: "execute-api", rules: rules)
        let signed = try signer.presign(request, expiresSeconds: 60, at: time)
        var received = request
        received.query = try #require(QueryItem.parse(signed.query))
        return (try PresentedSignature(query: received.query), received)
    }

    func verifies(_ presented: PresentedSignature, _ request: SignableRequest, rules: PathRules = .general) -> Bool {
        RequestVerifier(rules: rules)
            .verdict(on: request, presented: presented, payload: .empty, credentials: credentials, at: time) == .matches
    }

    @Test func whatWasSignedVerifiesAndNoChangeDoes() throws {
        let request = SignableRequest(
            method: "GET", path: "/a/b%20c", query: [QueryItem("x", "1 +&="), QueryItem("é", "")],
            headers: [Header("Host", "example.com"), Header("X-Thing", "v")])
        let (signature, received) = try presented(request)
        #expect(verifies(signature, received))

        var changed = received
        changed.method = "PUT"
        #expect(!verifies(signature, changed))
        changed = received
        changed.path = "/a/b%20d"
        #expect(!verifies(signature, changed))
        changed = received
        changed.query.append(QueryItem("y", ""))
        #expect(!verifies(signature, changed))
        changed = received
        changed.headers[1].value = "w"
        #expect(!verifies(signature, changed))
        changed = received
        changed.headers.removeLast()
        #expect(!verifies(signature, changed))
        changed = received
        changed.headers.append(Header("x-thing", "again"))
        #expect(!verifies(signature, changed))
    }

    @Test func everyFlippedBitOfTheSignatureIsNoticed() throws {
        let (signature, received) = try presented(SignableRequest(method: "GET", path: "/", headers: [Header("Host", "h")]))
        let index = try #require(received.query.firstIndex { $0.name == "X-Amz-Signature" })
        for position in 0..<64 {
            for bit in 0..<7 {
                var bytes = Array(signature.signature.utf8)
                bytes[position] ^= 1 << UInt8(bit)
                var changed = received
                changed.query[index].value = String(decoding: bytes, as: UTF8.self)
                #expect(try !verifies(PresentedSignature(query: changed.query), changed))
            }
        }
    }

    @Test func anAuthorizationHeaderIsReadWithAndWithoutBlanks() throws {
        for separator in [",", ", ", ",  "] {
            let text = ["Credential=A/B/20130524/r/s/aws4_request", "SignedHeaders=host;x-amz-date", "Signature=00ff"].joined(
                separator: separator)
            let presented = try PresentedSignature(authorization: "AWS4-HMAC-SHA256 " + text)
            #expect(presented.accessKeyID == "A/B")
            #expect(presented.scope == CredentialScope(date: "20130524", region: "r", service: "s"))
            #expect(presented.signedHeaders == ["host", "x-amz-date"])
            #expect(presented.signature == "00ff")
        }
    }

    @Test(arguments: [
        "", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512 Credential=A/20130524/r/s/aws4_request,SignedHeaders=host,Signature=00",
        "AWS4-HMAC-SHA256 Credential=A/20130524/r/s/aws4_request,SignedHeaders=host",
        "AWS4-HMAC-SHA256 Credential=A/20130524/r/s,SignedHeaders=host,Signature=00",
        "AWS4-HMAC-SHA256 Credential=A/20130524/r/s/aws5_request,SignedHeaders=host,Signature=00",
        "AWS4-HMAC-SHA256 Credential=A/20130524/r/s/aws4_request,SignedHeaders=host,Signature=00,Signature=00",
        "AWS4-HMAC-SHA256 Credential,SignedHeaders=host,Signature=00",
    ])
    func aBrokenAuthorizationHeaderIsRefused(_ text: String) {
        #expect(throws: PresentedSignature.Malformed.self) { try PresentedSignature(authorization: text) }
    }

    @Test func aMissingOrRepeatedParameterIsNamed() throws {
        let (_, received) = try presented(SignableRequest(method: "GET", path: "/", headers: [Header("Host", "h")]))
        for name in ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature"] {
            let without = received.query.filter { $0.name != name }
            let missing = #expect(throws: PresentedSignature.Malformed.self) { try PresentedSignature(query: without) }
            #expect(missing?.field == name && missing?.reason == .missing)
            let twice = received.query + received.query.filter { $0.name == name }
            let repeated = #expect(throws: PresentedSignature.Malformed.self) { try PresentedSignature(query: twice) }
            #expect(repeated?.field == name && repeated?.reason == .repeated)
        }
    }
}
