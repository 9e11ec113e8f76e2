import Foundation
import HTTPTypes
import S3Signing
import SigV4
import Testing
import Uploads

@testable import UploadService

@Suite struct UploadRouteTests {
    @Test func issuesTheTicketForAPUT() async throws {
        let answer = try await withService {
            try await $0.post(#"{"rule":"avatars","filename":"a.png","size":68,"type":"image/png","metadata":{"caption":"me"}}"#)
        }
        #expect(answer.status == 201)
        #expect(answer.headers[.cacheControl] == "no-store")
        #expect(answer.headers[.contentType] == "application/json")
        let ticket = try answer.json()
        #expect(ticket["environment"] as? String == "staging")
        #expect(ticket["bucket"] as? String == "example-staging-uploads")
        #expect(ticket["method"] as? String == "PUT")
        #expect(ticket["once"] as? Bool == true)
        #expect(ticket["expiresAt"] as? String == "2025-06-01T12:15:00Z")
        let key = try #require(ticket["key"] as? String)
        #expect(key.hasPrefix("web-backend/2025/"))
        #expect(ticket["publicUrl"] as? String == "https://cdn.example.com/staging/\(key)")
        #expect(ticket["fields"] == nil)
        let headers = try #require(ticket["headers"] as? [String: String])
        #expect(headers["If-None-Match"] ?? headers["if-none-match"] == "*")
        try verifies(url: try #require(ticket["url"] as? String), method: "PUT", headers: headers.merging(["Content-Length": "68"]) { $1 })
    }

    /// The signature must hold for what the ticket says, with S3's own check.
    private func verifies(url: String, method: String, headers: [String: String]) throws {
        let rest = try #require(url.split(separator: "://", maxSplits: 1).last)
        let host = String(rest.prefix { $0 != "/" })
        let request = ReceivedRequest(
            method: method, target: String(rest.dropFirst(host.count)),
            headers: [Header("Host", host)] + headers.map { Header($0.key, $0.value) })
        let verifier = S3Verifier(region: "eu-central-1") { id in Fixture.credentials.values.first { $0.accessKeyID == id } }
        let verified = try verifier.verify(request, at: Fixture.now)
        #expect(verified.accessKeyID == "AKIASTAGING")
    }

    @Test func issuesTheTicketForAPOST() async throws {
        let answer = try await withService { try await $0.post(Body.attachment) }
        #expect(answer.status == 201)
        let ticket = try answer.json()
        #expect(ticket["method"] as? String == "POST")
        #expect(ticket["once"] as? Bool == false)
        #expect(ticket["headers"] == nil)
        #expect((ticket["url"] as? String)?.hasSuffix("/") == true)
        let fields = try #require(ticket["fields"] as? [String: String])
        #expect(fields["key"] == ticket["key"] as? String)
        #expect(fields["content-type"] ?? fields["Content-Type"] == "image/gif")
    }

    @Test func fieldsKeepTheirOrder() async throws {
        let configuration = try Fixture.configuration()
        var random = SeededGenerator(seed: 7)
        let ticket = try configuration.offices[0].sign {
            try $0.issue(
                UploadRequest(rule: "attachments", filename: "a.gif", size: 68, type: "image/gif"),
                to: Caller(name: "web-backend", environment: "staging"), with: $1, at: Fixture.now, using: &random)
        }
        let answer = try await withService { try await $0.post(Body.attachment) }
        let places = try ticket.fields.map { try #require(answer.text.range(of: "\"\($0.name)\":", options: .backwards)).lowerBound }
        #expect(places == places.sorted())
    }

    @Test func sameInputsGiveTheSameTicket() async throws {
        let first = try await withService { try await $0.post(Body.avatar) }
        let second = try await withService { try await $0.post(Body.avatar) }
        #expect(first.status == 201)
        #expect(first.text == second.text)
    }

    @Test func theKeyDecidesAboutTheEnvironment() async throws {
        try await withService { service in
            let answer = try await service.post(key: Fixture.productionKey, Body.avatar)
            #expect(try answer.json()["bucket"] as? String == "example-production-uploads")
            let forced = try await service.post(
                #"{"rule":"avatars","filename":"a.png","size":68,"type":"image/png","environment":"production"}"#)
            #expect(forced.status == 400)
            #expect(forced.code == "unknown_field")
            #expect(try forced.json()["field"] as? String == "environment")
        }
    }

    @Test(arguments: [
        (#"{"rule":"nope","filename":"a","size":1,"type":"image/png"}"#, 404, "unknown_rule", "rule"),
        (#"{"rule":"avatars","filename":"a","size":1000001,"type":"image/png"}"#, 413, "too_large", "size"),
        (#"{"rule":"attachments","filename":"a","size":9,"type":"image/png"}"#, 422, "too_small", "size"),
        (#"{"rule":"avatars","filename":"a","type":"image/png"}"#, 422, "size_required", "size"),
        (#"{"rule":"avatars","filename":"a","size":null,"type":"image/png"}"#, 422, "size_required", "size"),
        (#"{"rule":"avatars","filename":"a","size":-1,"type":"image/png"}"#, 400, "invalid_size", "size"),
        (#"{"rule":"avatars","filename":"a","size":1,"type":"image/svg+xml"}"#, 415, "type_not_allowed", "type"),
        (#"{"rule":"avatars","filename":"a","size":1,"type":"image/png, text/html"}"#, 400, "invalid_type", "type"),
        (#"{"rule":"avatars","filename":"a","size":1,"type":"image/png","method":"MULTIPART"}"#, 422, "method_not_allowed", "method"),
        (#"{"rule":"avatars","filename":"a","size":1,"type":"image/png","sha256":"x"}"#, 400, "invalid_checksum", "sha256"),
        (#"{"rule":"contracts","filename":"a","size":1,"type":"application/pdf"}"#, 422, "checksum_required", "sha256"),
        (#"{"rule":"avatars","filename":"a","size":1,"type":"image/png","metadata":{"x":"y"}}"#, 422, "metadata_not_allowed", "metadata"),
        (#"{"rule":"avatars","filename":"","size":1,"type":"image/png"}"#, 400, "invalid_filename", "filename"),
        (#"{"rule":"avatars","filename":"a\u0000","size":1,"type":"image/png"}"#, 400, "invalid_filename", "filename"),
    ])
    func refusesWhatTheRuleRefuses(body: String, status: Int, code: String, field: String) async throws {
        let answer = try await withService { try await $0.post(body) }
        #expect(answer.status == status)
        #expect(answer.code == code)
        #expect(try answer.json()["field"] as? String == field)
    }

    @Test(
        arguments: [
            ("", "malformed_json", nil), ("{", "malformed_json", nil), ("nul", "malformed_json", nil),
            ("[]", "wrong_type", nil), ("null", "wrong_type", nil), ("\"a\"", "wrong_type", nil),
            (#"{"filename":"a","size":1,"type":"image/png"}"#, "missing_field", "rule"),
            (#"{"rule":"avatars","size":1,"type":"image/png"}"#, "missing_field", "filename"),
            (#"{"rule":"avatars","filename":"a","size":1}"#, "missing_field", "type"),
            (#"{"rule":null,"filename":"a","size":1,"type":"image/png"}"#, "missing_field", "rule"),
            (#"{"rule":["avatars"],"filename":"a","size":1,"type":"image/png"}"#, "wrong_type", "rule"),
            (#"{"rule":"avatars","filename":7,"size":1,"type":"image/png"}"#, "wrong_type", "filename"),
            (#"{"rule":"avatars","filename":"a","size":"1","type":"image/png"}"#, "wrong_type", "size"),
            (#"{"rule":"avatars","filename":"a","size":1.5,"type":"image/png"}"#, "wrong_type", "size"),
            (#"{"rule":"avatars","filename":"a","size":1e3,"type":"image/png"}"#, "wrong_type", "size"),
            (#"{"rule":"avatars","filename":"a","size":9223372036854775808,"type":"image/png"}"#, "wrong_type", "size"),
            (#"{"rule":"avatars","filename":"a","size":true,"type":"image/png"}"#, "wrong_type", "size"),
            (#"{"rule":"avatars","filename":"a","size":1,"type":{}}"#, "wrong_type", "type"),
            (#"{"rule":"avatars","filename":"a","size":1,"type":"image/png","method":1}"#, "wrong_type", "method"),
            (#"{"rule":"avatars","filename":"a","size":1,"type":"image/png","metadata":[]}"#, "wrong_type", "metadata"),
            (#"{"rule":"avatars","filename":"a","size":1,"type":"image/png","metadata":{"caption":1}}"#, "wrong_type", "metadata.caption"),
            (#"{"rule":"avatars","filename":"a","size":1,"type":"image/png","sha-256":""}"#, "unknown_field", "sha-256"),
            (#"{"rule":"avatars","rule":"contracts"}"#, "malformed_json", nil),
        ] as [(String, String, String?)])
    func refusesOtherShapesByField(body: String, code: String, field: String?) async throws {
        let answer = try await withService { try await $0.post(body) }
        #expect(answer.status == 400)
        #expect(answer.code == code)
        #expect(try answer.json()["field"] as? String == field)
    }

    @Test func saysWhereTheJSONBreaks() async throws {
        let answer = try await withService { try await $0.post("{\n  \"rule\": avatars\n}") }
        let problem = try answer.json()
        #expect(problem["detail"] as? String == "The body is not JSON: expected a value at line 2, column 11.")
        #expect(problem["message"] as? String == problem["detail"] as? String)
        #expect(problem["error"] as? String == problem["detail"] as? String)
        #expect(problem["type"] as? String == "urn:countersign:problem:malformed_json")
        #expect(problem["title"] as? String == "Malformed json")
        #expect(problem["status"] as? Int == 400)
        #expect(problem["instance"] as? String == answer.headers[.xRequestID])
    }

    @Test(arguments: [
        ("text/plain", 415), ("application/x-www-form-urlencoded", 415), ("application/json; charset=latin1", 415), ("", 415),
        ("application/json; charset=utf-8", 201), ("Application/JSON;charset=\"UTF-8\"", 201),
    ])
    func takesJSONOnly(type: String, status: Int) async throws {
        let answer = try await withService { try await $0.post(headers: [.contentType: type], Body.avatar) }
        #expect(answer.status == status)
        #expect(answer.code == (status == 415 ? "unsupported_media_type" : nil))
    }

    @Test func takesNoCompressedBody() async throws {
        let answer = try await withService { try await $0.post(headers: [.contentEncoding: "gzip"], Body.avatar) }
        #expect(answer.code == "unsupported_media_type")
    }

    // MARK: Batches

    @Test func decidesABatchEntryByEntry() async throws {
        let entries = [
            Body.avatar, #"{"rule":"avatars","filename":"a","size":"1","type":"image/png"}"#, Body.attachment, "7",
            #"{"rule":"nope","filename":"a","size":1,"type":"image/png"}"#,
            #"{"rule":"avatars","filename":"a","size":1,"type":"image/png","metadata":{"x":""}}"#,
        ]
        let answer = try await withService {
            try await $0.post(to: "/v1/uploads/batch", #"{"uploads":[\#(entries.joined(separator: ","))]}"#)
        }
        #expect(answer.status == 200)
        #expect(answer.headers[.cacheControl] == "no-store")
        let results = try #require(try answer.json()["tickets"] as? [[String: Any]])
        #expect(
            results.map { $0["method"] as? String ?? $0["code"] as? String } == [
                "PUT", "wrong_type", "POST", "wrong_type", "unknown_rule", "metadata_not_allowed",
            ])
        #expect(
            results.map { $0["field"] as? String } == [
                nil, "uploads[1].size", nil, "uploads[3]", "uploads[4].rule", "uploads[5].metadata",
            ])
        #expect(results[1]["instance"] as? String == answer.headers[.xRequestID])
    }

    @Test func everyTicketOfABatchHasAKeyOfItsOwn() async throws {
        let body = #"{"uploads":[\#(Array(repeating: Body.avatar, count: 1_000).joined(separator: ","))]}"#
        let answer = try await withService { try await $0.post(to: "/v1/uploads/batch", body) }
        let results = try #require(try answer.json()["tickets"] as? [[String: Any]])
        #expect(Set(results.compactMap { $0["key"] as? String }).count == 1_000)
    }

    @Test(arguments: [
        (#"{"uploads":[]}"#, "invalid_batch"), (#"{"uploads":{}}"#, "wrong_type"), ("{}", "missing_field"), ("[]", "wrong_type"),
        (#"{"uploads":[],"more":1}"#, "unknown_field"),
        (#"{"uploads":[\#(Array(repeating: "0", count: 1_001).joined(separator: ","))]}"#, "invalid_batch"),
    ])
    func refusesOtherBatches(body: String, code: String) async throws {
        let answer = try await withService { try await $0.post(to: "/v1/uploads/batch", body) }
        #expect(answer.status == 400)
        #expect(answer.code == code)
    }

    // MARK: Rules

    @Test func tellsTheRules() async throws {
        let answer = try await withService { try await $0.send(.get, "/v1/rules", [.xAPIKey: Fixture.stagingKey]) }
        let expected = #"""
            {"environment":"staging","rules":[\#
            {"name":"avatars","contentTypes":["image/png","image/jpeg"],"minimumSize":1,"maximumSize":1000000,"method":"PUT","once":true,\#
            "lifetimeSeconds":900,"checksum":"optional","metadata":["caption"]},\#
            {"name":"attachments","contentTypes":["image/*"],"minimumSize":10,"maximumSize":2000000,"method":"POST","once":false,\#
            "lifetimeSeconds":600,"checksum":"optional","metadata":[]},\#
            {"name":"contracts","contentTypes":["application/pdf"],"minimumSize":1,"maximumSize":5000000,"method":"PUT","once":true,\#
            "lifetimeSeconds":900,"checksum":"required","metadata":[]}]}
            """#
        #expect(answer.text == expected)
    }

    // MARK: Anything

    /// Whatever is sent: an answer that the document knows, and never a ticket that was not asked for.
    @Test func anyBodyIsAnswered() async throws {
        let pieces = [
            "{", "}", "[", "]", ",", ":", "\"rule\"", "\"avatars\"", "\"filename\"", "\"a\"", "\"size\"", "1", "-1", "1.5", "\"type\"",
            "\"image/png\"", "null", "true", "\"metadata\"", "\"uploads\"", "\u{0}", "\"\\u0000\"", " ",
        ]
        try await withService { service in
            var random = SeededGenerator(seed: 9)
            for _ in 0..<300 {
                let body = (0..<Int.random(in: 0...30, using: &random)).map { _ in pieces.randomElement(using: &random)! }.joined()
                let path = Bool.random(using: &random) ? "/v1/uploads" : "/v1/uploads/batch"
                let answer = try await service.post(to: path, body)
                #expect(answer.status == 400)
            }
        }
    }
}
