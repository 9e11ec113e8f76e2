import Foundation
import HTTPTypes
import HummingbirdTesting
import LocalBucket
import NIOCore
import S3Signing
import SigV4
import Testing

/// Connections that break off, drip, race or lie.
@Suite struct WireTests {
    private func put(_ key: String, _ headers: [(String, String)] = []) throws -> AuthorizedRequest {
        try TestBucket.signer().authorize(
            method: .put, key: try ObjectKey(key), headers: headers.map { Header($0.0, $0.1) }, payload: .unsigned, at: now)
    }

    @Test func aBodyThatBreaksOffIsNotStored() async throws {
        try await withBucket { bucket async throws in
            let wire = try Wire(port: bucket.port)
            try await wire.send(head("PUT", "/photos/k", try self.put("k").headers + [Header("content-length", "10")]) + "01234")
            wire.finish()
            let answer = try await wire.receiveToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
            #expect(answer.contains("<Code>IncompleteBody</Code>"))
            #expect(try await bucket.send(.get, "k").refusal == "404 NoSuchKey")
            #expect(try bucket.folder.files("photos/incoming") == [])
        }
    }

    @Test func aFormThatBreaksOffIsNotStored() async throws {
        try await withBucket { bucket async throws in
            let form = try bucket.form(fields: [("key", "k")])
            let body = multipart(form.fields.map { FormPart($0.name, $0.value) } + [FormPart("file", "content", filename: "f")])
            let headers = [
                Header("content-type", "multipart/form-data; boundary=----WebKitFormBoundaryABC123"),
                Header("content-length", "\(body.utf8.count)"),
            ]
            for count in [0, 40, body.utf8.count - 60, body.utf8.count - 1] {
                let wire = try Wire(port: bucket.port)
                try await wire.send(head("POST", "/photos/", headers) + String(decoding: body.utf8.prefix(count), as: UTF8.self))
                wire.finish()
                #expect(try await wire.receiveToEnd().contains("<Code>IncompleteBody</Code>"))
            }
            #expect(try await bucket.send(.get, "k").refusal == "404 NoSuchKey")
            #expect(try bucket.folder.files("photos/incoming") == [])
        }
    }

    @Test func aLengthIsNeeded() async throws {
        try await withBucket { bucket async throws in
            for extra in [[], [Header("transfer-encoding", "chunked")]] {
                let wire = try Wire(port: bucket.port)
                try await wire.send(head("PUT", "/photos/k", try self.put("k").headers + extra))
                let answer = try await wire.receiveAnswer()
                #expect(answer.head.hasPrefix("HTTP/1.1 411 Length Required\r\n"))
                #expect(answer.body.contains("<Code>MissingContentLength</Code>"))
            }
            let wire = try Wire(port: bucket.port)
            try await wire.send(head("PUT", "/photos/k", try self.put("k").headers + [Header("content-length", "5368709121")]))
            let answer = try await wire.receiveAnswer()
            #expect(answer.body.contains("<Code>EntityTooLarge</Code>"))
            #expect(answer.head.lowercased().contains("connection: close\r\n"))
        }
    }

    @Test func aRefusalLeavesTheConnectionUsable() async throws {
        try await withBucket { bucket async throws in
            let wire = try Wire(port: bucket.port)
            let get = try TestBucket.signer().authorize(method: .get, key: try ObjectKey("k"), payload: .unsigned, at: now)
            try await bucket.send(.put, "k", body: "stored")
            for _ in 0..<3 {
                try await wire.send(head("PUT", "/photos/k", [Header("content-length", "100000")]) + String(repeating: "x", count: 100_000))
                #expect(try await wire.receiveAnswer().body.contains("<Code>AccessDenied</Code>"))
                try await wire.send(head("GET", "/photos/k", get.headers))
                #expect(try await wire.receiveAnswer().body == "stored")
            }
        }
    }

    @Test func aRefusalOfALargeBodyClosesTheConnectionAfterItsAnswer() async throws {
        try await withBucket { bucket async throws in
            let wire = try Wire(port: bucket.port)
            try await wire.send(head("PUT", "/photos/k", [Header("content-length", "100000000")]) + String(repeating: "x", count: 100_000))
            let answer = try await wire.receiveToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 403 Forbidden\r\n"))
            #expect(answer.contains("<Code>AccessDenied</Code>"))
        }
    }

    @Test func aClientThatWaitsIsToldToContinueOnlyWhenItMay() async throws {
        try await withBucket { bucket async throws in
            let expecting = [Header("content-length", "5"), Header("expect", "100-continue")]
            let wire = try Wire(port: bucket.port)
            try await wire.send(head("PUT", "/photos/k", try self.put("k").headers + expecting))
            #expect(try await wire.receiveHead() == "HTTP/1.1 100 Continue\r\n\r\n")
            try await wire.send("hello")
            #expect(try await wire.receiveAnswer().head.hasPrefix("HTTP/1.1 200 OK\r\n"))
            try await wire.send(head("PUT", "/photos/k", expecting))
            let refused = try await wire.receiveToEnd()
            #expect(refused.hasPrefix("HTTP/1.1 403 Forbidden\r\n"))
            #expect(refused.lowercased().contains("connection: close\r\n"))
            #expect(try await bucket.send(.get, "k").text == "hello")
        }
    }

    @Test func idleAndDrippingConnectionsAreClosed() async throws {
        try await withBucket(change: { $0.idleTimeoutSeconds = 0.5 }) { bucket async throws in
            let silent = try Wire(port: bucket.port)
            let half = try Wire(port: bucket.port)
            try await half.send("GET /photos/k HT")
            let body = try Wire(port: bucket.port)
            try await body.send(head("PUT", "/photos/k", try self.put("k").headers + [Header("content-length", "10")]) + "01234")
            #expect(try await silent.receiveToEnd() == "")
            #expect(try await half.receiveToEnd() == "")
            _ = try await body.receiveToEnd()
            let wire = try Wire(port: bucket.port)
            let list = try TestBucket.signer().authorize(
                method: .get, key: nil, query: [QueryItem("list-type", "2")], payload: .unsigned, at: now)
            try await wire.send(head("GET", String(list.url.dropFirst("http://localhost".count)), list.headers))
            #expect(try await wire.receiveAnswer().body.contains("<KeyCount>0</KeyCount>"))
        }
    }

    @Test func headsThatAreTooLargeOrBroken() async throws {
        try await withBucket { bucket async throws in
            let broken = [
                "GET /photos/k HTTP/1.1\r\nHost: localhost\r\nx-amz-meta-a: \(String(repeating: "a", count: 100_000))\r\n\r\n",
                "GET /\(String(repeating: "a", count: 100_000)) HTTP/1.1\r\nHost: localhost\r\n\r\n", "nonsense\r\n\r\n",
                "GET /photos/k HTTP/1.1\r\nHost: localhost\r\nbad header: x\r\n\r\n",
                "PUT /photos/k HTTP/1.1\r\nHost: localhost\r\ncontent-length: -1\r\n\r\n",
                "PUT /photos/k HTTP/1.1\r\nHost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx",
                "GET /photos/k HTTP/1.1\r\nHost: localhost\r\nHost: photos\r\n\r\n", "GET /photos/k HTTP/1.1\r\n\r\n",
                "GET * HTTP/1.1\r\nHost: localhost\r\n\r\n",
            ]
            for text in broken {
                let wire = try Wire(port: bucket.port)
                // The server may close before it has read everything.
                try? await wire.send(text)
                wire.finish()
                let answer = try await wire.receiveToEnd()
                #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"), "\(text.prefix(60)): \(answer)")
            }
            let many = (0..<100).map { Header("x-amz-meta-\($0)", String(repeating: "a", count: 100)) }
            let wire = try Wire(port: bucket.port)
            try await wire.send(head("GET", "/photos/k", many))
            #expect(try await wire.receiveAnswer().body.contains("<Code>RequestHeaderSectionTooLarge</Code>"))
            #expect(try await bucket.send(.get, "k").refusal == "404 NoSuchKey")
        }
    }

    @Test func ofRacingOncePutsExactlyOneWins() async throws {
        try await withBucket { bucket async throws in
            for round in 0..<5 {
                let request = try TestBucket.signer().presign(
                    PresignRequest(
                        method: .put, key: try ObjectKey("k\(round)"), expiresSeconds: 60, headers: [Header("if-none-match", "*")]),
                    at: now)
                let target = String(request.url.dropFirst("http://localhost".count))
                let answers = try await withThrowingTaskGroup(of: (Int, Int).self) { group in
                    for number in 0..<8 {
                        group.addTask {
                            try await TestClient.withClient(host: "localhost", port: bucket.port) { client in
                                let answer = try await client.execute(
                                    .init(
                                        target, method: .put, authority: "localhost", headers: HTTPFields(request.headers),
                                        body: ByteBuffer(string: "writer \(number)")))
                                return (number, answer.status.code)
                            }
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                let winners = answers.filter { $0.1 == 200 }
                #expect(winners.count == 1)
                #expect(answers.filter { $0.1 == 412 }.count == 7)
                #expect(try await bucket.send(.get, "k\(round)").text == "writer \(winners[0].0)")
            }
            #expect(try bucket.folder.files("photos/incoming") == [])
        }
    }

    @Test func readersSeeOneObjectWhileWritersReplaceIt() async throws {
        try await withBucket { bucket async throws in
            let text = { @Sendable (number: Int) in String(repeating: "\(number)", count: 100_000) }
            try await bucket.send(.put, "k", headers: [("x-amz-meta-number", "0")], body: text(0))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...4 {
                    let request = try TestBucket.signer().presign(
                        PresignRequest(
                            method: .put, key: try ObjectKey("k"), expiresSeconds: 60, headers: [Header("x-amz-meta-number", "\(number)")]),
                        at: now)
                    group.addTask {
                        try await TestClient.withClient(host: "localhost", port: bucket.port) { client in
                            for _ in 0..<5 {
                                let answer = try await client.execute(
                                    .init(
                                        String(request.url.dropFirst("http://localhost".count)), method: .put, authority: "localhost",
                                        headers: HTTPFields(request.headers), body: ByteBuffer(string: text(number))))
                                #expect(answer.status == .ok)
                            }
                        }
                    }
                }
                for _ in 0..<30 {
                    let get = try await bucket.send(.get, "k")
                    let number = try #require(get.headers[raw: "x-amz-meta-number"].flatMap { Int($0) })
                    #expect(get.text == text(number))
                }
                try await group.waitForAll()
            }
        }
    }
}
