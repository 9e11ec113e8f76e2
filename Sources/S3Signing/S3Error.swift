public import SigV4

/// A refusal as S3 words it: the parts of its XML `Error` element and the HTTP status.
///
/// Source: Amazon S3 API Reference, "Error responses".
public struct S3Error: Error, Sendable, Equatable {
    /// S3's code, such as `SignatureDoesNotMatch`.
    public let code: String
    /// The HTTP status.
    public let status: Int
    public let message: String
    /// The elements besides `Code` and `Message`, in S3's order.
    public let details: [Header]

    public init(code: String, status: Int, message: String, details: [Header] = []) {
        self.code = code
        self.status = status
        self.message = message
        self.details = details
    }

    /// 403 `AccessDenied`.
    public static func accessDenied(_ message: String = "Access Denied", details: [Header] = []) -> S3Error {
        S3Error(code: "AccessDenied", status: 403, message: message, details: details)
    }

    /// 400 `InvalidArgument`, naming the argument.
    public static func invalidArgument(_ message: String, name: String, value: String? = nil) -> S3Error {
        let details = [Header("ArgumentName", name)] + (value.map { [Header("ArgumentValue", $0)] } ?? [])
        return S3Error(code: "InvalidArgument", status: 400, message: message, details: details)
    }

    /// 400 `InvalidRequest`.
    public static func invalidRequest(_ message: String) -> S3Error {
        S3Error(code: "InvalidRequest", status: 400, message: message)
    }

    static func invalidAccessKeyID(_ accessKeyID: String) -> S3Error {
        S3Error(
            code: "InvalidAccessKeyId", status: 403, message: "The AWS Access Key Id you provided does not exist in our records.",
            details: [Header("AWSAccessKeyId", accessKeyID)])
    }

    static let invalidToken = S3Error(
        code: "InvalidToken", status: 400, message: "The provided token is malformed or otherwise invalid.")

    static func signatureDoesNotMatch(_ details: [Header]) -> S3Error {
        S3Error(
            code: "SignatureDoesNotMatch", status: 403,
            message: "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
            details: details)
    }

    static func invalidPolicy(_ reason: String) -> S3Error {
        S3Error(code: "InvalidPolicyDocument", status: 400, message: "Invalid Policy: \(reason)")
    }

    static func policyDenies(_ reason: String) -> S3Error {
        .accessDenied("Invalid according to Policy: \(reason)")
    }
}
