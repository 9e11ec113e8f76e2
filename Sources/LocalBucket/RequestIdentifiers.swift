import Libcrypto

/// The two identifiers that S3 gives every answer.
struct RequestIdentifiers: Sendable {
    /// `x-amz-request-id`: sixteen upper-case hexadecimal digits.
    let requestID: String
    /// `x-amz-id-2`.
    let hostID: String

    init(using random: inout some RandomNumberGenerator) {
        let bytes = { (random: inout any RandomNumberGenerator, count: Int) in (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) } }
        var source: any RandomNumberGenerator = random
        self.requestID = Hex.encode(bytes(&source, 8)).uppercased()
        self.hostID = Base64.encode(bytes(&source, 48))
    }
}
