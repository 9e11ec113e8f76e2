import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import SigV4
import Synchronization

@testable import UploadService

/// What a server of credentials was asked.
struct CredentialRequest: Sendable {
    let method: String
    let path: String
    let headers: [Header]
    let body: String

    func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }

    /// The form's fields, decoded.
    var form: [String: String] {
        Dictionary((QueryItem.parse(body) ?? []).map { ($0.name, $0.value) }, uniquingKeysWith: { one, _ in one })
    }
}

/// A metadata, container or STS server on loopback, which answers as a test says and remembers what it was asked.
final class CredentialServer: Sendable {
    enum Answer: Sendable {
        case body(String, status: Int = 200)
        /// So many blanks.
        case blanks(Int)
        /// A byte now and then, for as long as anyone listens.
        case drip
        /// Elsewhere.
        case redirect(String)
    }

    typealias Respond = @Sendable (CredentialRequest) -> Answer

    private let seen = Mutex<[CredentialRequest]>([])
    private let respond: Respond

    private init(_ respond: @escaping Respond) { self.respond = respond }

    var requests: [CredentialRequest] { seen.withLock { $0 } }

    /// Runs a test against a server; its base URL has no slash at its end.
    static func run<Value: Sendable>(
        _ respond: @escaping Respond, _ test: @Sendable (_ base: String, _ server: CredentialServer) async throws -> Value
    ) async throws -> Value {
        let server = CredentialServer(respond)
        let responder = CallbackResponder<BasicRequestContext> { request, _ in try await server.answer(request) }
        var logger = Logger(label: "credentials")
        logger.logLevel = .critical
        let application = Application(responder: responder, logger: logger)
        return try await application.test(.live) { client in try await test("http://127.0.0.1:\(client.port ?? 0)", server) }
    }

    private func answer(_ request: Request) async throws -> Response {
        let body = try await request.body.collect(upTo: 1 << 20)
        let asked = CredentialRequest(
            method: request.method.rawValue, path: request.uri.string,
            headers: request.headers.map { Header($0.name.rawName, $0.value) } + [Header("host", request.head.authority ?? "")],
            body: String(buffer: body))
        seen.withLock { $0.append(asked) }
        switch respond(asked) {
        case .body(let text, let status):
            return Response(status: .init(code: status), body: .init(byteBuffer: ByteBuffer(string: text)))
        case .blanks(let count):
            return Response(status: .ok, body: .init(byteBuffer: ByteBuffer(repeating: 0x20, count: count)))
        case .drip:
            return Response(
                status: .ok,
                body: ResponseBody { writer in
                    for _ in 0..<3000 {
                        try await writer.write(ByteBuffer(string: " "))
                        try await Task.sleep(for: .milliseconds(20))
                    }
                    try await writer.finish(nil)
                })
        case .redirect(let place): return Response(status: .found, headers: [.location: place])
        }
    }
}

/// Documents as AWS writes them.
enum CredentialText {
    static let secret = "hiddenSecretAccessKey"
    static let token = "hiddenSessionToken"

    static func json(_ id: String, token name: String = "Token", expiration: String? = "2030-01-02T03:04:05Z", extra: String = "") -> String
    {
        let end = expiration.map { #","Expiration":"\#($0)""# } ?? ""
        return #"{\#(extra)"AccessKeyId":"\#(id)","SecretAccessKey":"\#(secret)","\#(name)":"\#(token)"\#(end)}"#
    }

    static func xml(_ id: String, action: String = "AssumeRole") -> String {
        """
        <\(action)Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><\(action)Result><AssumedRoleUser><AssumedRoleId>AROA:x\
        </AssumedRoleId><Arn>arn:aws:sts::1:assumed-role/r/x</Arn></AssumedRoleUser><Credentials><AccessKeyId>\(id)</AccessKeyId>\
        <SecretAccessKey>\(secret)</SecretAccessKey><SessionToken>\(token)</SessionToken><Expiration>2030-01-02T03:04:05Z</Expiration>\
        </Credentials></\(action)Result></\(action)Response>
        """
    }

    static func xmlError(_ code: String, _ message: String) -> String {
        "<ErrorResponse><Error><Type>Sender</Type><Code>\(code)</Code><Message>\(message)</Message></Error></ErrorResponse>"
    }
}
