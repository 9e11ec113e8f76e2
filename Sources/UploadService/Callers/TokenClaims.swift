import Foundation
import S3Signing
import SigV4

/// The claims of a JWT (RFC 7519 section 4), of the types that they must have.
struct TokenClaims: Sendable {
    private static let maximumSubjectBytes = 256
    /// 9999-12-31T23:59:59Z.
    private static let latestTime = 253_402_300_799.0

    let issuer: String
    let subject: String
    let audiences: [String]
    /// Seconds since 1970, perhaps with a fraction, as are the next two.
    let expiresAt: Double
    let notBefore: Double?
    let issuedAt: Double?
    private let all: JSON

    init(_ json: JSON) throws(TokenFault) {
        all = json
        issuer = try Self.text(json, "iss")
        subject = try Self.text(json, "sub")
        guard subject.utf8.count <= Self.maximumSubjectBytes else {
            throw TokenFault(.form, "The subject (sub) of this token is longer than \(Self.maximumSubjectBytes) bytes.")
        }
        audiences = try Self.audiences(json)
        guard let end = try Self.time(json, "exp") else {
            throw TokenFault(.form, "This token has no end (exp): ask its issuer for one that expires.")
        }
        expiresAt = end
        notBefore = try Self.time(json, "nbf")
        issuedAt = try Self.time(json, "iat")
    }

    subscript(name: String) -> JSON? { all[name] }

    private static func text(_ json: JSON, _ name: String) throws(TokenFault) -> String {
        guard let value = json[name] else { throw TokenFault(.form, "This token lacks the claim \(name).") }
        guard let text = value.string, !text.isEmpty else {
            throw TokenFault(.form, "The claim \(name) of this token must be a text that is not empty.")
        }
        return text
    }

    /// RFC 7519 section 4.1.3: one text, or an array of them.
    private static func audiences(_ json: JSON) throws(TokenFault) -> [String] {
        switch json["aud"] {
        case .string(let audience)?: return [audience]
        case .array(let elements)?:
            let audiences = elements.compactMap(\.string)
            if audiences.count == elements.count { return audiences }
        case nil: throw TokenFault(.form, "This token lacks the claim aud.")
        default: break
        }
        throw TokenFault(.form, "The claim aud of this token must be a text or an array of texts.")
    }

    /// RFC 7519 section 2, NumericDate: a number of seconds, and no text that reads like one.
    private static func time(_ json: JSON, _ name: String) throws(TokenFault) -> Double? {
        let seconds: Double?
        switch json[name] {
        case nil: return nil
        case .integer(let integer)?: seconds = Double(integer)
        case .number(let digits)?: seconds = Double(digits)
        default: seconds = nil
        }
        guard let seconds, (0...latestTime).contains(seconds) else {
            throw TokenFault(.form, "The claim \(name) of this token must be a number of seconds since 1970.")
        }
        return seconds
    }

    // MARK: Time

    func checkTimes(at now: SigningTime, leewaySeconds: Int) throws(TokenFault) {
        let (now, leeway) = (Double(now.secondsSinceEpoch), Double(leewaySeconds))
        guard now < expiresAt + leeway else { throw TokenFault(.time, "This token has expired: get a new one from its issuer.") }
        if let notBefore, notBefore > now + leeway {
            throw TokenFault(.time, "This token is not valid yet (nbf): send it later, or set its issuer's clock.")
        }
        if let issuedAt, issuedAt > now + leeway {
            throw TokenFault(.time, "This token was issued in the future (iat): set its issuer's clock.")
        }
    }
}
