import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import S3Signing
import SigV4

/// Sends a signed PUT and reads the store's answer.
struct UploadTransfer: Sendable {
    let request: AuthorizedRequest
    let source: UploadSource
    let context: CommandContext

    private static let maximumAnswerBytes = 1 << 16

    func run() async throws {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout = .init(connect: .seconds(10), read: .seconds(60), write: .seconds(60))
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(configuration: configuration)
        let progress = ProgressBar(totalBytes: source.byteCount, context: context)
        let outcome: Result<Void, any Error>
        do {
            try await send(with: client, progress: progress)
            outcome = .success(())
        } catch { outcome = .failure(error) }
        progress.finish()
        try? await client.shutdown()
        try outcome.get()
    }

    private func send(with client: HTTPClient, progress: ProgressBar) async throws {
        var message = HTTPClientRequest(url: request.url)
        message.method = .PUT
        // The client writes Content-Length itself, from the body's known length: the value that is signed.
        for header in request.headers where header.name.lowercased() != "content-length" {
            message.headers.add(name: header.name, value: header.value)
        }
        let prepared = message
        let answer = try await source.withChunks { chunks in
            var message = prepared
            let counted = chunks.map { chunk in
                progress.add(chunk.readableBytes)
                return chunk
            }
            message.body = .stream(counted, length: .known(source.byteCount))
            do {
                let response = try await client.execute(message, deadline: .distantFuture)
                let body = try await response.body.collect(upTo: Self.maximumAnswerBytes)
                return StoreAnswer(
                    status: Int(response.status.code), region: response.headers.first(name: "x-amz-bucket-region"), body: body)
            } catch let error as CommandFailure {
                throw error
            } catch {
                throw Self.fault(error, url: request.url)
            }
        }
        try answer.check()
    }

    private static func fault(_ error: any Error, url: String) -> any Error {
        if error is CancellationError || (error as? HTTPClientError) == .cancelled { return CancellationError() }
        let host = url.split(separator: "/").dropFirst().first.map(String.init) ?? url
        return CommandFailure.outside("the upload to \(host) failed: \(reason(error))")
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { reason(first.error) } else { "the host was not found" }
        case let error as HTTPClientError: error.shortDescription
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case is ChannelError: "the connection was closed"
        default: "\(error)"
        }
    }
}

/// What a store answered, and what that means to the person who uploads.
struct StoreAnswer: Sendable {
    let status: Int
    /// The bucket's region, which S3 tells with some refusals.
    let region: String?
    let body: ByteBuffer

    func check() throws(CommandFailure) {
        if (200..<300).contains(status) { return }
        let text = String(buffer: body)
        let code = Self.element("Code", in: text)
        let message = Self.element("Message", in: text)
        let said = [code, message].compactMap(\.self).joined(separator: ": ")
        var sentence = "the store answers \(status)" + (said.isEmpty ? "" : " \(Quoting.terminal(said))")
        if let hint = hint(code: code) { sentence += "\n\(hint)" }
        throw status >= 500 ? .outside(sentence) : .no(sentence)
    }

    private func hint(code: String?) -> String? {
        switch (status, code) {
        case (412, _): return "An object with this key exists already, and --once leaves it as it is."
        case (301, _), (307, _), (_, "AuthorizationHeaderMalformed"):
            return region.map { "The bucket is in the region \(Quoting.terminal($0)): say --region \(Quoting.terminal($0))." }
        case (_, "RequestTimeTooSkewed"): return "This machine's clock is off by more than 15 minutes."
        case (_, "SignatureDoesNotMatch"): return "The secret does not fit the access key, or a proxy changed the request."
        default: return nil
        }
    }

    /// The text of the first element of that name in S3's error document.
    static func element(_ name: String, in xml: String) -> String? {
        guard let start = xml.firstRange(of: "<\(name)>"), let end = xml[start.upperBound...].firstRange(of: "</\(name)>") else {
            return nil
        }
        let text = String(xml[start.upperBound..<end.lowerBound])
        return text.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"").replacing("&amp;", with: "&")
    }
}
