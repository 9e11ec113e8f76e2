import Connections
import HTTPTypes
import Hummingbird
import NIOCore
import S3Signing

/// Reads a JSON body within its limits.
enum BodyReader {
    static func json(of request: Request, maximumBytes: Int) async throws -> JSON {
        try checkMediaType(request.headers)
        let bytes = try await bytes(of: request, maximumBytes: maximumBytes)
        if bytes.isEmpty { throw Problem(.malformedJSON, "The body is empty: send a JSON object.") }
        do {
            return try JSONParser.parse(bytes)
        } catch {
            throw Problem(.malformedJSON, "The body is not JSON: \(error.message) at line \(error.line), column \(error.column).")
        }
    }

    private static func checkMediaType(_ headers: HTTPFields) throws(Problem) {
        let type = headers.value(of: .contentType) ?? ""
        if type != "application/json" { try checkParts(ofMediaType: type) }
        let encoding = headers.value(of: .contentEncoding)?.lowercased() ?? "identity"
        guard encoding == "identity" else {
            throw Problem(.unsupportedMediaType, "Send the body as it is, without Content-Encoding.")
        }
    }

    private static func checkParts(ofMediaType type: String) throws(Problem) {
        let parts = type.split(separator: ";").map { $0.trimmingSpaces().lowercased() }
        let charset = parts.dropFirst().first { $0.hasPrefix("charset=") }
        guard parts.first == "application/json", charset.map({ ["charset=utf-8", "charset=\"utf-8\""].contains($0) }) ?? true else {
            throw Problem(.unsupportedMediaType, "Send the body as JSON in UTF-8, with 'Content-Type: application/json'.")
        }
    }

    private static func bytes(of request: Request, maximumBytes: Int) async throws -> [UInt8] {
        let announced = request.headers.value(of: .contentLength).flatMap { Int($0) }
        if let announced, announced > maximumBytes { throw tooLarge(maximumBytes) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(announced ?? 0)
        do {
            for try await buffer in request.body {
                guard bytes.count + buffer.readableBytes <= maximumBytes else { throw tooLarge(maximumBytes) }
                bytes += buffer.readableBytesView
            }
        } catch let problem as Problem {
            throw problem
        } catch is BodyDeadlineExceeded {
            throw Problem(.requestTimeout, "The body did not arrive in time: send it again at once.", headers: closing)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw Problem(.malformedBody, "The body broke off or is not framed as HTTP/1.1 asks: send it again.", headers: closing)
        }
        return bytes
    }

    private static func tooLarge(_ maximumBytes: Int) -> Problem {
        Problem(.bodyTooLarge, "The body is larger than \(maximumBytes) bytes: send less at a time.", headers: closing)
    }

    /// What is left of such a body is not worth reading.
    private static let closing: HTTPFields = [.connection: "close"]
}

extension StringProtocol {
    fileprivate func trimmingSpaces() -> SubSequence {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        let start = drop(while: isSpace)
        return start[..<(start.lastIndex { !isSpace($0) }.map(start.index(after:)) ?? start.startIndex)]
    }
}
