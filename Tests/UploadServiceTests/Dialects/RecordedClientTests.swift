import Foundation
import HTTPTypes
import Testing

@testable import UploadService

/// What each client sends, in its order, and what it must be able to read: the files of Fixtures/Dialects.
@Suite struct RecordedClientTests {
    static let clients: [String] = {
        let folder = Bundle.module.resourceURL!.appending(path: "Fixtures/Dialects")
        let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        return files.filter { $0.pathExtension == "json" }.map { $0.deletingPathExtension().lastPathComponent }.sorted()
    }()

    @Test func allClientsAreThere() {
        #expect(
            Self.clients == [
                "active-storage-6.1", "active-storage-8", "better-upload-3", "shrine-3", "uppy-4", "uppy-5", "uppy-6-companion",
                "uppy-6.3-sign-request",
            ])
    }

    @Test(arguments: clients) func isAnsweredWithAKey(client: String) async throws {
        try await Self.replay(client, prefix: "", Dialectal.keyed)
    }

    /// A page whose client can send no header of its own has the token in its base URL.
    @Test(arguments: clients) func isAnsweredUnderAToken(client: String) async throws {
        let rule = client.hasPrefix("active") ? "documents" : client.hasPrefix("better") ? "avatars" : "attachments"
        try await Self.replay(client, prefix: "/u/\(Dialectal.token(rule: rule))", Dialectal.page)
    }

    private static func replay(_ client: String, prefix: String, _ credentials: HTTPFields) async throws {
        try await Dialectal.run { service, bucket async throws in
            let file = Bundle.module.resourceURL!.appending(path: "Fixtures/Dialects/\(client).json")
            let root = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
            var known: [String: String] = [:]
            for exchange in try #require(root["exchanges"] as? [[String: Any]]) {
                let step = "\(client): \(exchange["step"] as? String ?? "")"
                let answer = try await send(try #require(exchange["request"] as? [String: Any]), prefix, credentials, known, service)
                let expected = filled(try #require(exchange["answer"] as? [String: Any]), known)
                try check(answer, expected as? [String: Any] ?? [:], step)
                guard let value = try? answer.value() else { continue }
                for (name, path) in exchange["keep"] as? [String: String] ?? [:] { known[name] = member(path, of: value) as? String }
                let url = member("url", of: value) as? String
                let headers = member("headers", of: value) as? [String: String] ?? [:]
                if exchange["create"] != nil { try await create(try #require(url), headers, &known) }
                if let size = exchange["upload"] as? Int { try await uploadPart(try #require(url), size, &known) }
            }
            #expect(Set(bucket.objects.values.map(\.size)).subtracting([7_340_032]).isEmpty)
        }
    }

    private static func send(
        _ request: [String: Any], _ prefix: String, _ credentials: HTTPFields, _ known: [String: String], _ service: ServiceClient
    ) async throws -> Answer {
        let method = try #require(HTTPRequest.Method(request["method"] as? String ?? ""))
        var headers: HTTPFields = method == .options ? [:] : credentials
        if request["body"] == nil { headers[.contentType] = nil }
        for (name, value) in request["headers"] as? [String: String] ?? [:] { headers[try #require(HTTPField.Name(name))] = value }
        let body = try request["body"].map {
            String(decoding: try JSONSerialization.data(withJSONObject: filled($0, known)), as: UTF8.self)
        }
        let path = known.reduce(request["path"] as? String ?? "") { path, pair in
            // As encodeURIComponent does.
            let plain = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "-_.!~*'()"))
            return path.replacing("{\(pair.key)}", with: pair.value.addingPercentEncoding(withAllowedCharacters: plain) ?? "")
        }
        return try await service.send(method, prefix + path, headers, body: body)
    }

    private static func check(_ answer: Answer, _ expected: [String: Any], _ step: String) throws {
        #expect(answer.status == expected["status"] as? Int, "\(step): \(answer.text)")
        if let headers = expected["allowsHeaders"] as? [String] {
            let allowed = (answer.headers[.accessControlAllowHeaders] ?? "").lowercased().split(separator: ", ").map(String.init)
            #expect(Set(headers).subtracting(allowed).isEmpty, "\(step): \(allowed)")
            #expect(answer.headers[.accessControlAllowMethods]?.contains(expected["allowsMethod"] as? String ?? "?") == true, "\(step)")
            #expect(answer.headers[.accessControlAllowOrigin] == Fixture.stagingOrigin, "\(step)")
        }
        guard answer.status != 204 else { return }
        let value = try answer.value()
        for (path, wanted) in expected["equals"] as? [String: Any] ?? [:] {
            let actual = member(path, of: value)
            #expect("\(actual ?? "nothing")" == "\(wanted)", "\(step): \(path)")
        }
        for path in expected["has"] as? [String] ?? [] {
            #expect((member(path, of: value) as? String)?.isEmpty == false, "\(step): \(path)")
        }
        for path in expected["lacks"] as? [String] ?? [] { #expect(member(path, of: value) == nil, "\(step): \(path)") }
    }

    private static func create(_ url: String, _ headers: [String: String], _ known: inout [String: String]) async throws {
        let created = try await Dialectal.send(.post, url, headers: headers)
        let id = try #require(created.text.firstMatch(of: /<UploadId>(.*)<\/UploadId>/)?.1, "\(created.text)")
        known["storeId"] = String(id)
    }

    private static func uploadPart(_ url: String, _ size: Int, _ known: inout [String: String]) async throws {
        let sent = try await Dialectal.send(.put, url, body: [UInt8](repeating: UInt8(truncatingIfNeeded: known.count), count: size))
        #expect(sent.status == 200, "\(sent.text)")
        let number = known["etag1"] == nil ? 1 : 2
        known["etag\(number)"] = sent.etag
        known["bare\(number)"] = sent.etag?.filter { $0 != "\"" }
    }

    /// A member by names and numbers between dots. A header's name has no dots.
    private static func member(_ path: String, of value: Any) -> Any? {
        path.split(separator: ".").reduce(Optional(value)) { value, name in
            (value as? [String: Any])?[String(name)]
                ?? Int(name).flatMap { index in (value as? [Any]).flatMap { $0.indices.contains(index) ? $0[index] : nil } }
        }
    }

    private static func filled(_ value: Any, _ known: [String: String]) -> Any {
        switch value {
        case let text as String: known.reduce(text) { $0.replacing("{\($1.key)}", with: $1.value) }
        case let array as [Any]: array.map { filled($0, known) }
        case let object as [String: Any]: object.mapValues { filled($0, known) }
        default: value
        }
    }
}
