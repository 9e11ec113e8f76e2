import HTTPTypes
import HummingbirdTesting
import Libcrypto
import S3Signing
import SigV4
import Testing

/// A multipart upload of a test.
struct TestUpload: Sendable {
    let bucket: TestBucket
    let key: String
    let id: String

    /// The least that a part may have which another one follows.
    static let partBytes = 5 << 20

    /// - Returns: The part's ETag, with its quotes.
    func part(_ number: Int, _ body: String, headers: [(String, String)] = []) async throws -> String {
        let answer = try await self.send(.put, [("partNumber", "\(number)")], headers: headers, body: body)
        #expect(answer.status == .ok, "\(answer.text)")
        return try #require(answer.headers[.eTag])
    }

    @discardableResult func complete(_ parts: [(Int, String)], headers: [(String, String)] = []) async throws -> TestResponse {
        try await self.complete(xml: Self.document(parts), headers: headers)
    }

    @discardableResult func complete(xml: String, headers: [(String, String)] = []) async throws -> TestResponse {
        try await self.send(.post, headers: headers, body: xml)
    }

    @discardableResult func abort() async throws -> TestResponse { try await self.send(.delete) }

    func parts(_ query: [(String, String)] = []) async throws -> TestResponse { try await self.send(.get, query) }

    @discardableResult func send(
        _ method: S3Method, _ query: [(String, String)] = [], headers: [(String, String)] = [], body: String? = nil
    ) async throws -> TestResponse {
        try await self.bucket.send(method, self.key, query: query + [("uploadId", self.id)], headers: headers, body: body)
    }

    static func document(_ parts: [(Int, String)]) -> String {
        let list = parts.map { "<Part><PartNumber>\($0.0)</PartNumber><ETag>\($0.1)</ETag></Part>" }.joined()
        return "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\(list)</CompleteMultipartUpload>"
    }

    /// What must be left on the disk when an upload has ended.
    static func expectNothingLeft(_ bucket: TestBucket) throws {
        for folder in ["incoming", "uploads", "parts"] {
            let files = try bucket.folder.files("photos/\(folder)")
            #expect(files == [], "\(folder)")
        }
    }
}

extension TestUpload {
    /// Creates an upload.
    init(_ bucket: TestBucket, _ key: String = "k", headers: [(String, String)] = []) async throws {
        let answer = try await bucket.send(.post, key, query: [("uploads", "")], headers: headers)
        #expect(answer.status == .ok)
        self.init(bucket: bucket, key: key, id: try #require(answer.element("UploadId")))
    }
}

/// An answer to a request on a connection of its own.
struct LoneAnswer {
    let status: Int
    let text: String

    var code: String? { self.text.firstMatch(of: /<Code>(\w+)<\/Code>/).map { String($0.output.1) } }
    var refusal: String { "\(self.status) \(self.code ?? "-")" }
}

extension TestBucket {
    /// Sends a request on a connection of its own, so that it can meet others: the client's requests wait for each other.
    func alone(
        _ method: S3Method, _ key: String, query: [(String, String)] = [], headers: [(String, String)] = [], body: String = ""
    ) async throws -> LoneAnswer {
        let request = try Self.signer().authorize(
            method: method, key: try ObjectKey(key), query: query.map { QueryItem($0.0, $0.1) },
            headers: headers.map { Header($0.0, $0.1) }, payload: .sha256(SHA256.hash(body)), at: now)
        let wire = try Wire(port: self.port)
        let target = String(request.url.dropFirst("http://localhost".count))
        try await wire.send(
            LocalBucketTests.head(method.rawValue, target, request.headers + [Header("content-length", "\(body.utf8.count)")]) + body)
        let answer = try await wire.receiveAnswer()
        return LoneAnswer(status: Int(answer.head.split(separator: " ")[1]) ?? 0, text: answer.body)
    }
}

extension TestUpload {
    func completeAlone(_ parts: [(Int, String)], headers: [(String, String)] = []) async throws -> LoneAnswer {
        try await self.bucket.alone(
            .post, self.key, query: [("uploadId", self.id)], headers: headers, body: Self.document(parts))
    }

    func abortAlone() async throws -> LoneAnswer {
        try await self.bucket.alone(.delete, self.key, query: [("uploadId", self.id)])
    }
}
