package import Libcrypto

/// The text that is signed: algorithm, time, scope and the canonical request's digest.
///
/// Source: AWS, "Create a signed AWS API request", step 3.
package enum StringToSign {
    package static let algorithm = "AWS4-HMAC-SHA256"

    package static func write(time: SigningTime, key: SigningKey, canonicalRequest: SHA256Digest, to buffer: inout GrowingBytes) {
        buffer.append(algorithm)
        buffer.append(UInt8(ascii: "\n"))
        key.append(time, to: &buffer)
        buffer.append(UInt8(ascii: "\n"))
        buffer.append(key.scope)
        buffer.append(UInt8(ascii: "\n"))
        buffer.append(canonicalRequest)
    }
}

/// The three texts of one signature, for whoever compares them with another implementation's.
public struct SigningStages: Sendable, Equatable {
    public let canonicalRequest: String
    public let stringToSign: String
    /// 64 lower-case hexadecimal digits.
    public let signature: String
}
