import Foundation
import Libcrypto
import S3Signing
import Testing

@testable import countersign

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// JWTs at `serve` and `dev` as processes of their own.
@Suite struct ServedTokenTests {
    private static let secret = "a-secret-of-the-tests-long-enough-for-HS256"
    private static let secretVariable = "COUNTERSIGN_STAGING_JWT_SECRET_OWN"
    private static let variables = [
        "COUNTERSIGN_STAGING_AWS_ACCESS_KEY_ID": "AKIDSTAGING", "COUNTERSIGN_STAGING_AWS_SECRET_ACCESS_KEY": "secretsecret",
        "COUNTERSIGN_SEALING_SECRET": "a-secret-of-32-bytes-or-more-for-tests",
        "COUNTERSIGN_PRODUCTION_AWS_ACCESS_KEY_ID": "AKIDPRODUCTION", "COUNTERSIGN_PRODUCTION_AWS_SECRET_ACCESS_KEY": "hiddenhidden",
        secretVariable: secret,
    ]

    /// Staging takes HS256; production's keys are where nothing listens.
    private static func policies() throws -> PolicyFiles {
        func environment(_ name: String, _ caller: String) -> String {
            """
            bucket: examplebucket-\(name)
            region: eu-central-1
            rules:
              photos: {contentTypes: [image/png], maximumSize: 1 MB, key: "photos/{caller}/{uuid}{ext}"}
              films: {contentTypes: [video/mp4], maximumSize: 1 MB, key: "films/{caller}/{uuid}{ext}"}
            callers:
              - {name: own, issuer: "https://\(name).example.com", audience: uploads, rules: [photos], \(caller)}

            """
        }
        return try PolicyFiles([
            "policies/staging/uploads.yaml": environment("staging", "algorithms: [HS256]"),
            "policies/production/uploads.yaml": environment("production", "algorithms: [RS256], keys: \"https://127.0.0.1:1/jwks.json\""),
        ])
    }

    private static func token(environment: String = "staging", algorithm: String = "HS256", lifetime: Int = 600) -> String {
        let end = Int(Date().timeIntervalSince1970) + lifetime
        let claims = #"{"iss":"https://\#(environment).example.com","sub":"alice","aud":["uploads"],"exp":\#(end)}"#
        let input = [#"{"alg":"\#(algorithm)"}"#, claims].map { Base64URL.encode(Array($0.utf8)) }.joined(separator: ".")
        return "\(input).\(Base64URL.encode(HMACSHA256.authenticate(input.utf8.span, key: secret.utf8.span).bytes))"
    }

    private func get(_ url: String) async throws -> (status: Int, json: JSON) {
        let (data, response) = try await HTTPFetch.send(URLRequest(url: try #require(URL(string: url))))
        return (response.statusCode, try JSONParser.parse(Array(data)))
    }

    private func ask(_ base: String, _ token: String, rule: String = "photos") async throws -> (status: Int, json: JSON) {
        var request = URLRequest(url: try #require(URL(string: base + "v1/uploads")))
        request.httpMethod = "POST"
        let type = rule == "photos" ? "image/png" : "video/mp4"
        request.httpBody = Data(#"{"rule":"\#(rule)","filename":"a.png","size":3,"type":"\#(type)"}"#.utf8)
        request.setValue("application/json", forHTTPHeaderField: "content-type")
        request.setValue("Bearer \(token)", forHTTPHeaderField: "authorization")
        let (data, response) = try await HTTPFetch.send(request)
        return (response.statusCode, try JSONParser.parse(Array(data)))
    }

    @Test func serveTakesTokens() async throws {
        let files = try Self.policies()
        let serve = try BinaryRun(["serve", "--host", "127.0.0.1", "--port", "0"], variables: Self.variables, folder: files.folder)
        let base = try #require(serve.line())
        let token = Self.token()
        let ticket = try await ask(base, token)
        #expect(ticket.status == 201)
        let staging = "https://examplebucket-staging.s3.eu-central-1.amazonaws.com/photos/own~alice/"
        #expect(ticket.json["url"]?.string?.hasPrefix(staging) == true, "\(ticket.json.compact)")
        #expect(try await ask(base, token, rule: "films").status == 403)
        #expect(try await ask(base, Self.token(lifetime: -60)).status == 401)
        #expect(try await ask(base, String(token.dropLast(43)) + String(repeating: "A", count: 43)).status == 401)
        // Production's keys did not come: the service runs all the same, and says so.
        #expect(try await ask(base, Self.token(environment: "production", algorithm: "RS256")).status == 503)
        let ready = try await get(base + "health/ready")
        #expect(ready.status == 503)
        guard case .array(let issuers)? = ready.json["issuers"] else {
            Issue.record("\(ready.json.compact)")
            return
        }
        #expect(issuers.map { $0["keys"] } == [.integer(0), .integer(1)])

        #expect(serve.says("an issuer's keys could not be fetched"))
        serve.signal(SIGTERM)
        let (code, diagnostics) = serve.end()
        #expect(code == 0)
        #expect(diagnostics.contains(#""caller":"own:alice""#))
        for part in token.split(separator: ".") + [Substring(Self.secret)] { #expect(!diagnostics.contains(part)) }
    }

    @Test func serveRefusesKeysThatCannotBeUsed() async throws {
        let files = try Self.policies()
        try files.write("policies/production/key.pem", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
        let yaml = try files.text("policies/production/uploads.yaml").replacing("https://127.0.0.1:1/jwks.json", with: "key.pem")
        try files.write("policies/production/uploads.yaml", yaml)
        let (code, diagnostics) = try BinaryRun(["serve", "--port", "0"], variables: Self.variables, folder: files.folder).end()
        #expect(code == 2)
        #expect(diagnostics.contains("policies/production/key.pem: the file holds no public key for RS256"), "\(diagnostics)")
    }

    @Test func devTakesTokensWhoseSecretIsThere() async throws {
        let files = try Self.policies()
        for variables in [[Self.secretVariable: Self.secret, "HOME": files.folder], ["HOME": files.folder]] {
            let dev = try BinaryRun(["dev", "--port", "0", "--bucket-port", "0"], variables: variables, folder: files.folder)
            let page = try #require(dev.line())
            let answer = try await ask(page, Self.token())
            #expect(answer.status == (variables[Self.secretVariable] == nil ? 401 : 201))
            dev.signal(SIGTERM)
            let (code, diagnostics) = dev.end()
            #expect(code == 0)
            #expect(diagnostics.contains("\(Self.secretVariable) is not set") == (variables[Self.secretVariable] == nil))
        }
    }
}
