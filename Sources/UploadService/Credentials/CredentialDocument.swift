import Libcrypto
import S3Signing
import Settings
import SigV4
import Uploads

/// The JSON in which programs and endpoints give credentials.
struct CredentialDocument {
    private let json: JSON
    /// What the session token is called.
    private let tokenName: String

    /// - Throws: for what is no JSON object; its text is not repeated.
    init(_ bytes: [UInt8], tokenName: String) throws(CredentialFault) {
        guard bytes.contains(where: { $0 > 0x20 }) else { throw CredentialFault("the answer is empty") }
        guard let json = try? JSONParser.parse(bytes), case .object = json else { throw CredentialFault("the answer is not a JSON object") }
        self.json = json
        self.tokenName = tokenName
    }

    func credentials() throws(CredentialFault) -> SigningCredentials {
        let id = try text("AccessKeyId")
        let secret = try text("SecretAccessKey")
        guard let id, let secret else {
            throw CredentialFault("the answer has no \(id == nil ? "AccessKeyId" : "SecretAccessKey")")
        }
        let token = try text(tokenName)
        let expiration = try text("Expiration").map { text throws(CredentialFault) in
            guard let time = SigningTime(expiration: text) else { throw CredentialFault("Expiration in the answer is no ISO 8601 time") }
            return time
        }
        do throws(InvalidValue) {
            return try SigningCredentials(accessKeyID: id, secretAccessKey: Secret(secret), sessionToken: token, expiresAt: expiration)
        } catch {
            throw CredentialFault("\(error.field ?? "") in the answer: \(error.message)")
        }
    }

    func integer(_ name: String) -> Int64? {
        guard case .integer(let number)? = json[name] else { return nil }
        return number
    }

    /// A member's text; nil for null and the empty text, which stand for none.
    func text(_ name: String) throws(CredentialFault) -> String? {
        switch json[name] {
        case nil, .null?, .string("")?: return nil
        case .string(let text)?: return text
        case let other?: throw CredentialFault("\(name) in the answer must be a string, not \(other.kindName)")
        }
    }

    /// A member that is one word, such as an error's code: other text of strangers is not repeated.
    func word(_ name: String) -> String? { (try? text(name)).flatMap { $0 }.flatMap(CredentialAnswer.word) }
}

enum CredentialAnswer {
    /// A text that is one word of letters, digits, dots and dashes.
    static func word(_ text: String) -> String? {
        let isWord =
            (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
                default: false
                }
            }
        return isWord ? text : nil
    }
}
