import AsyncHTTPClient
import Libcrypto
import NIOHTTP1
import Settings
import SigV4
import Uploads

extension ContainerCredentials {
    /// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
    func credentials(over http: BoundedHTTP) async throws -> SigningCredentials {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "accept", value: "application/json")
        switch authorization {
        case .none: break
        case .token(let secret): request.headers.add(name: "authorization", value: secret.text)
        case .file(let path): request.headers.add(name: "authorization", value: try TokenFile.read(path))
        }
        let answer = try await http.send(request)
        guard answer.status == 200 else {
            let code = try? CredentialDocument(answer.body, tokenName: "Token").word("code")
            throw CredentialFault("the answer is \(answer.status)\(code.map { " \($0)" } ?? "")")
        }
        return try CredentialDocument(answer.body, tokenName: "Token").credentials()
    }
}

extension InstanceMetadata {
    /// Version 2 of the service, with a token; version 1, which any forged request of the instance could ask, is not used.
    ///
    /// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
    func credentials(over http: BoundedHTTP) async throws -> SigningCredentials {
        do {
            let token = try await token(over: http)
            let role = try await role(over: http, token: token)
            let answer = try await get(
                "latest/meta-data/iam/security-credentials/\(PercentEncoding.encode(role))", over: http, token: token)
            guard answer.status == 200 else { throw CredentialFault("the answer is \(answer.status)") }
            let document = try CredentialDocument(answer.body, tokenName: "Token")
            if let code = document.word("Code"), code != "Success" { throw CredentialFault("the answer is \(code)") }
            return try document.credentials()
        } catch {
            guard let lookedAt else { throw error }
            let reason = (error as? CredentialFault)?.message ?? (error as? HTTPFault)?.message ?? "it failed"
            throw CredentialFault("\(lookedAt) (\(reason))")
        }
    }

    private func token(over http: BoundedHTTP) async throws -> String {
        var request = HTTPClientRequest(url: "\(endpointURL)/latest/api/token")
        request.method = .PUT
        request.headers.add(name: "x-aws-ec2-metadata-token-ttl-seconds", value: "21600")
        let answer = try await http.send(request)
        let token = String(decoding: answer.body, as: UTF8.self)
        guard answer.status == 200, !token.isEmpty, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw CredentialFault(answer.status == 200 ? "the answer is no token" : "the answer is \(answer.status)")
        }
        return token
    }

    /// The name of the instance's role, which is the first line.
    private func role(over http: BoundedHTTP, token: String) async throws -> String {
        let answer = try await get("latest/meta-data/iam/security-credentials/", over: http, token: token)
        guard answer.status != 404 else { throw CredentialFault("the instance has no role") }
        guard answer.status == 200 else { throw CredentialFault("the answer is \(answer.status)") }
        let line = String(decoding: answer.body.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
        // IAM's letters for names.
        let isName =
            (1...64).contains(line.utf8.count)
            && line.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "+=,.@-_".utf8.contains(byte)
                }
            }
        guard isName else { throw CredentialFault("the answer is no role's name") }
        return line
    }

    private func get(_ path: String, over http: BoundedHTTP, token: String) async throws -> HTTPAnswer {
        var request = HTTPClientRequest(url: "\(endpointURL)/\(path)")
        request.headers.add(name: "x-aws-ec2-metadata-token", value: token)
        return try await http.send(request)
    }
}

extension Secret {
    /// For the one header that has to carry it.
    fileprivate var text: String {
        withBytes { bytes in String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self) }
    }
}
