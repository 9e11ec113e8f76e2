import Libcrypto
import S3Signing
import SigV4

/// What is signed and verified: a picture's upload to AWS, under many keys, as a rule with all its bindings makes it.
struct Inputs {
    /// As many different uploads as are taken in turn; one alone would suit caches and branch predictors too well.
    static let count = 64
    static let accessKeyID = "AKIAIOSFODNN7EXAMPLE"
    static let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    static let region = "eu-central-1"
    static let bucket = "uploads-production"
    static let expiresSeconds = 900
    static let time = SigningTime(secondsSinceEpoch: 1_767_323_045)
    /// What binds, besides `Host`.
    static let headers = [
        Header("content-length", "284113"), Header("content-type", "image/jpeg"), Header("if-none-match", "*"),
        Header("x-amz-checksum-sha256", "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="),
    ]

    let signer: S3Signer
    let verifier: S3Verifier
    /// A PUT of one object with four signed headers besides `Host`.
    let requests: [PresignRequest]
    let presigned: [ReceivedRequest]
    let canonicalRequests: [[UInt8]]
    let stringsToSign: [[UInt8]]
    let policies: [PostPolicy]
    let policyTexts: [String]
    let policyBytes: [[UInt8]]
    let forms: [ReceivedForm]

    init() throws {
        let credentials = Credentials(accessKeyID: Inputs.accessKeyID, secretAccessKey: Secret(Inputs.secret))
        let location = try S3Location(endpoint: .aws(region: Inputs.region), bucket: BucketName(Inputs.bucket))
        let signer = S3Signer(credentials: credentials, location: location)
        self.signer = signer
        verifier = S3Verifier(region: Inputs.region) { $0 == Inputs.accessKeyID ? credentials : nil }

        let keys = try (0..<Inputs.count).map { try ObjectKey(Inputs.key($0)) }
        requests = keys.map {
            PresignRequest(method: .put, key: $0, expiresSeconds: Inputs.expiresSeconds, headers: Inputs.headers)
        }
        let stages = try requests.map { try signer.stages(of: $0, at: Inputs.time) }
        canonicalRequests = stages.map { Array($0.canonicalRequest.utf8) }
        stringsToSign = stages.map { Array($0.stringToSign.utf8) }
        presigned = try requests.map { request in
            let url = try signer.presign(request, at: Inputs.time).url
            return ReceivedRequest(
                method: "PUT", target: String(url.dropFirst("https://\(location.host)".count)),
                headers: [Header("Host", location.host), Header("User-Agent", "Mozilla/5.0"), Header("Accept", "*/*")] + request.headers)
        }

        policies = keys.map(Inputs.policy)
        let signed = try policies.map { try signer.sign($0, at: Inputs.time) }
        policyTexts = signed.map(\.stringToSign)
        policyBytes = policyTexts.map { Array($0.utf8) }
        forms = signed.map { ReceivedForm(bucket: Inputs.bucket, fields: $0.fields, filename: "chelsea.jpg") }
    }

    /// One upload's URL, with the headers that it binds.
    func samplePresigned() throws -> PresignedRequest {
        try signer.presign(requests[0], at: Inputs.time)
    }

    private static func key(_ index: Int) -> String {
        let digits = Hex.encode(Array(SHA256.hash("upload \(index)").bytes.prefix(16)))
        let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits.dropFirst($0.lowerBound).prefix($0.count)) }
        return "pictures/web/\(groups.joined(separator: "-")).jpg"
    }

    /// Key, type, length range and four `x-amz-*` fields, of which three are the signature's own.
    private static func policy(_ key: ObjectKey) -> PostPolicy {
        PostPolicy(
            expiresSeconds: expiresSeconds,
            fields: [
                Header("key", key.name), Header("content-type", "image/jpeg"),
                Header("x-amz-checksum-sha256", "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="),
            ],
            conditions: [.contentLengthRange(1...5_000_000)])
    }
}
