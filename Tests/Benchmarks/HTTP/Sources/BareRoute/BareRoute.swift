import HTTPTypes
import Hummingbird

/// The floor of `POST /v1/uploads`: reads the same request, and answers with as many header fields and bytes.
///
/// Usage: BareRoute PORT BODY-BYTES bare|logged [NAME VALUE]...
/// `logged` writes a line for each request, with Hummingbird's own middleware and swift-log's own handler.
@main
struct BareRoute {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 4, let port = Int(arguments[1]), let byteCount = Int(arguments[2]) else {
            fatalError("usage: BareRoute PORT BODY-BYTES bare|logged [NAME VALUE]...")
        }
        var headers = HTTPFields()
        for index in stride(from: 4, to: arguments.count - 1, by: 2) {
            guard let name = HTTPField.Name(arguments[index]) else { fatalError("\(arguments[index]) is no header's name") }
            headers[name] = arguments[index + 1]
        }
        let answer = ByteBuffer(repeating: UInt8(ascii: "x"), count: byteCount)

        let router = Router()
        if arguments[3] == "logged" { router.add(middleware: LogRequestsMiddleware(.info)) }
        router.post("v1/uploads") { [headers] request, _ in
            _ = try await request.body.collect(upTo: 64 * 1024)
            return Response(status: .created, headers: headers, body: ResponseBody(byteBuffer: answer))
        }
        let application = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)))
        try await application.runService()
    }
}
