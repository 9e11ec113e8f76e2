package import Libcrypto

/// The text that is signed: algorithm, time, scope and the canonical request's digest.
///
/// Source: AWS, "Create a signed AWS API request", step 3.
package enum StringToSign {
    package static let algorithm = "AWS4-HMAC-SHA256"

    package static func write(
        time: SigningTime, region: String, service: String, canonicalRequest: SHA256Digest, to buffer: inout [UInt8]
    ) {
        buffer.append(contentsOf: algorithm.utf8)
        buffer.append(UInt8(ascii: "\n"))
        time.append(to: &buffer)
        buffer.append(UInt8(ascii: "\n"))
        appendScope(time: time, region: region, service: service, to: &buffer)
        buffer.append(UInt8(ascii: "\n"))
        canonicalRequest.appendHex(to: &buffer)
    }

    /// Appends the scope from its parts, since making a text of it for each signature would cost an allocation.
    @inline(__always)
    static func appendScope(time: SigningTime, region: String, service: String, to buffer: inout [UInt8]) {
        time.appendDateStamp(to: &buffer)
        buffer.append(UInt8(ascii: "/"))
        buffer.append(contentsOf: region.utf8)
        buffer.append(UInt8(ascii: "/"))
        buffer.append(contentsOf: service.utf8)
        buffer.append(UInt8(ascii: "/"))
        buffer.append(contentsOf: CredentialScope.terminator.utf8)
    }
}

/// The three texts of one signature, for whoever compares them with another implementation's.
public struct SigningStages: Sendable, Equatable {
    public let canonicalRequest: String
    public let stringToSign: String
    /// 64 lower-case hexadecimal digits.
    public let signature: String
}
