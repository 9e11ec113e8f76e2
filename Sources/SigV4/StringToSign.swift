package import Libcrypto

/// The text that is signed: algorithm, time, scope and the canonical request's digest.
///
/// Source: AWS, "Create a signed AWS API request", step 3.
package enum StringToSign {
    package static let algorithm: StaticString = "AWS4-HMAC-SHA256"

    package static func write(
        time: SigningTime, region: String, service: String, canonicalRequest: SHA256Digest, to buffer: inout GrowingBytes
    ) {
        buffer.append(algorithm)
        buffer.append(UInt8(ascii: "\n"))
        time.append(to: &buffer)
        buffer.append(UInt8(ascii: "\n"))
        appendScope(time: time, region: region, service: service, to: &buffer)
        buffer.append(UInt8(ascii: "\n"))
        buffer.append(canonicalRequest)
    }

    /// Appends the scope from its parts, since making a text of it for each signature would cost an allocation.
    @inline(__always)
    static func appendScope(time: SigningTime, region: String, service: String, to buffer: inout GrowingBytes) {
        time.appendDateStamp(to: &buffer)
        buffer.append(UInt8(ascii: "/"))
        buffer.append(region)
        buffer.append(UInt8(ascii: "/"))
        buffer.append(service)
        buffer.append(UInt8(ascii: "/"))
        buffer.append(CredentialScope.terminator)
    }
}

/// The three texts of one signature, for whoever compares them with another implementation's.
public struct SigningStages: Sendable, Equatable {
    public let canonicalRequest: String
    public let stringToSign: String
    /// 64 lower-case hexadecimal digits.
    public let signature: String
}
