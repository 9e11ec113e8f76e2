import Foundation
import Libcrypto
import SigV4
import Testing

/// The fixture files of this folder, and the shapes in them.
enum Fixture {
    static func load<Value: Decodable>(_ name: String) throws -> Value {
        let file = try #require(Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Fixtures"))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Value.self, from: Data(contentsOf: file))
    }
}

struct Stages: Decodable {
    let canonicalRequest: String
    let stringToSign: String
    let signature: String
}

struct SuiteRequest: Decodable {
    let method: String
    let target: String
    let headers: [[String]]
    let body: String

    /// The request as its sender would hand it over, without what the signature itself sets.
    func signable(addsHeaders added: [Header] = []) throws -> SignableRequest {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        return SignableRequest(
            method: method, path: String(parts[0]), query: try #require(QueryItem.parse(parts.count == 2 ? parts[1] : "")),
            headers: headers.map { Header($0[0], SuiteRequest.unfolded($0[1])) }.filter { !HeaderRules.isReserved($0.name) } + added)
    }

    /// A folded header line goes on behind one space (RFC 9112 section 5.2).
    private static func unfolded(_ value: String) -> String {
        value.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
    }
}

struct SuiteContext: Decodable {
    struct Keys: Decodable {
        let accessKeyId: String
        let secretAccessKey: String
        let token: String?
    }

    let credentials: Keys
    let region: String
    let service: String
    let timestamp: String
    let normalize: Bool
    let signBody: Bool?
    let expirationInSeconds: Int?
    let omitSessionToken: Bool?

    var time: SigningTime {
        get throws { try #require(SigningTime(iso8601: timestamp) ?? SigningTime(iso8601Basic: timestamp)) }
    }

    var signer: RequestSigner {
        RequestSigner(
            credentials: Credentials(
                accessKeyID: credentials.accessKeyId, secretAccessKey: .init(credentials.secretAccessKey), sessionToken: credentials.token),
            region: region, service: service, rules: PathRules(normalizes: normalize, encodesAgain: true))
    }

    var token: RequestSigner.TokenPlacement { omitSessionToken == true ? .added : .signed }
}

struct Suite: Decodable {
    struct Case: Decodable, CustomTestStringConvertible {
        let name: String
        let context: SuiteContext
        let request: SuiteRequest
        let header: Stages
        let query: Stages?

        var testDescription: String { name }
    }

    struct LegacyCase: Decodable, CustomTestStringConvertible {
        let name: String
        let sessionToken: String?
        let request: SuiteRequest
        let header: Stages

        var testDescription: String { name }
    }

    struct LegacySource: Decodable {
        let accessKeyId: String
        let secretAccessKey: String
        let region: String
        let service: String
        let amzDate: String
    }

    struct SkippedHeaders: Decodable {
        let name: String
        let addsHeaders: [[String]]
        let expectSignedHeaders: String
    }

    struct MustFail: Decodable {
        let name: String
        let header: [String]?
        let query: String?
    }

    let cases: [Case]
    let doubleEncoding: [Case]
    let legacySource: LegacySource
    let legacy: [LegacyCase]
    let skippedHeaders: [SkippedHeaders]
    let mustFail: [MustFail]

    static let shared: Result<Suite, any Error> = Result { try Fixture.load("sigv4-suite") }
    static var all: Suite { get throws { try shared.get() } }
}

/// Compares stage by stage, so that a failure names the stage that is wrong.
func expect(_ stages: SigningStages, equal expected: Stages, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(stages.canonicalRequest == expected.canonicalRequest, "canonical request", sourceLocation: sourceLocation)
    #expect(stages.stringToSign == expected.stringToSign, "string to sign", sourceLocation: sourceLocation)
    #expect(stages.signature == expected.signature, "signature", sourceLocation: sourceLocation)
}
