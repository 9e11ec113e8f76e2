import AsyncHTTPClient
import Libcrypto
import NIOHTTP1
import Settings
import SigV4
import Uploads

/// AWS's Security Token Service: gives credentials of a role to who may take it.
///
/// Source: AWS Security Token Service API Reference, AssumeRole and AssumeRoleWithWebIdentity, version 2011-06-15.
struct SecurityTokenService: Sendable {
    let http: BoundedHTTP

    func assume(_ role: AssumedRole, with credentials: Credentials, at now: SigningTime) async throws -> SigningCredentials {
        try await ask(try Self.request(role, with: credentials, at: now), hiding: credentials.sessionToken)
    }

    func assume(_ role: AssumedRole, token: String, at now: SigningTime) async throws -> SigningCredentials {
        try await ask(Self.request(role, token: token, at: now), hiding: token)
    }

    // MARK: Request

    /// A request that is ready to be sent.
    struct Request: Sendable {
        let url: String
        let headers: [Header]
        let body: String
    }

    static func request(_ role: AssumedRole, with credentials: Credentials, at now: SigningTime) throws(SigningError) -> Request {
        var fields = fields("AssumeRole", role, at: now)
        if let id = role.externalID { fields.append(("ExternalId", id)) }
        if let seconds = role.durationSeconds { fields.append(("DurationSeconds", String(seconds))) }
        let unsigned = request(to: role.endpointURL, fields)
        let (authority, path) = parts(of: unsigned.url)
        let signer = RequestSigner(credentials: credentials, region: role.region, service: "sts")
        let signature = try signer.authorize(
            SignableRequest(method: "POST", path: path, headers: [Header("host", authority)] + unsigned.headers),
            payload: .sha256(SHA256.hash(unsigned.body)), declaresPayload: false, at: now)
        return Request(url: unsigned.url, headers: unsigned.headers + signature.headers, body: unsigned.body)
    }

    /// Not signed: the token says who asks.
    static func request(_ role: AssumedRole, token: String, at now: SigningTime) -> Request {
        request(to: role.endpointURL, fields("AssumeRoleWithWebIdentity", role, at: now) + [("WebIdentityToken", token)])
    }

    private static func fields(_ action: String, _ role: AssumedRole, at now: SigningTime) -> [(String, String)] {
        [
            ("Action", action), ("Version", "2011-06-15"), ("RoleArn", role.arn),
            ("RoleSessionName", role.sessionName ?? "countersign-\(now.secondsSinceEpoch)"),
        ]
    }

    private static func request(to endpointURL: String, _ fields: [(String, String)]) -> Request {
        Request(
            url: parts(of: endpointURL).path == "/" && !endpointURL.hasSuffix("/") ? endpointURL + "/" : endpointURL,
            headers: [Header("content-type", "application/x-www-form-urlencoded; charset=utf-8")],
            body: fields.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&"))
    }

    /// Host with port, and path, of a base URL that the settings have checked.
    private static func parts(of url: String) -> (authority: String, path: String) {
        let rest = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? url[...]
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        return (String(rest[..<slash]), slash == rest.endIndex ? "/" : String(rest[slash...]))
    }

    // MARK: Answer

    private func ask(_ request: Request, hiding token: String?) async throws -> SigningCredentials {
        var message = HTTPClientRequest(url: request.url)
        message.method = .POST
        for header in request.headers { message.headers.add(name: header.name, value: header.value) }
        message.headers.add(name: "accept", value: "text/xml")
        message.body = .bytes(Array(request.body.utf8))
        let answer = try await http.send(message)
        let document = XMLElement(document: answer.body)
        guard answer.status == 200 else { throw CredentialFault(Self.refusal(answer.status, document, hiding: token)) }
        return try Self.credentials(document)
    }

    private static func credentials(_ document: XMLElement?) throws(CredentialFault) -> SigningCredentials {
        guard let inner = document?.first("Credentials") else { throw CredentialFault("the answer has no Credentials") }
        func value(_ name: String) throws(CredentialFault) -> String {
            guard let value = inner.text(of: name), !value.isEmpty else { throw CredentialFault("the answer has no \(name)") }
            return value
        }
        guard let expiration = SigningTime(expiration: try value("Expiration")) else {
            throw CredentialFault("Expiration in the answer is no ISO 8601 time")
        }
        let (id, secret, token) = (try value("AccessKeyId"), Secret(try value("SecretAccessKey")), try value("SessionToken"))
        do throws(InvalidValue) {
            return try SigningCredentials(accessKeyID: id, secretAccessKey: secret, sessionToken: token, expiresAt: expiration)
        } catch {
            throw CredentialFault("\(error.field ?? "") in the answer: \(error.message)")
        }
    }

    /// What STS says: its code, and its sentence where that is one and repeats no token.
    private static func refusal(_ status: Int, _ document: XMLElement?, hiding token: String?) -> String {
        guard let error = document?.first("Error"), let code = error.text(of: "Code").flatMap({ CredentialAnswer.word($0) }) else {
            return "STS answers \(status)"
        }
        guard let sentence = error.text(of: "Message"), sentence.utf8.count <= 300,
            sentence.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }), !(token.map { sentence.contains($0) } ?? false)
        else { return "STS answers \(status) \(code)" }
        return "STS answers \(status) \(code): \(sentence)"
    }
}
