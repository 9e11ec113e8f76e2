import Libcrypto

/// The two identifiers that S3 gives every answer.
struct RequestIdentifiers: Sendable {
    /// `x-amz-request-id`: sixteen upper-case hexadecimal digits.
    let requestID: String
    /// `x-amz-id-2`.
    let hostID: String

    init(using random: inout some RandomNumberGenerator) {
        var bytes: [UInt8] = []
        for _ in 0..<56 { bytes.append(.random(in: .min ... .max, using: &random)) }
        self.requestID = Hex.encode(Array(bytes[..<8])).uppercased()
        self.hostID = Base64.encode(Array(bytes[8...]))
    }
}
