import Foundation
import HTTPTypes
import Libcrypto
import Testing
import Uploads

@testable import UploadService

/// Keys that come back: Uppy with `signRequest` presents nothing else of ours.
@Suite struct UppySigningTests {
    private func presign(_ service: ServiceClient, _ body: String, key: String? = Fixture.stagingKey) async throws -> Answer {
        try await service.post(to: "/s3/presign", key: key, body)
    }

    private func create(_ service: ServiceClient, key: String? = Fixture.stagingKey, prefix: String = "") async throws -> String {
        let headers = key == nil ? Dialectal.page : [:]
        let body = #"{"method":"POST","key":"x-film.mp4","contentType":"video/mp4"}"#
        let answer = try await service.post(to: "\(prefix)/s3/presign", key: key, headers: headers, body)
        return try #require(try answer.json()["key"] as? String, "\(answer.text)")
    }

    private func body(_ method: String, _ key: String, _ more: String = #","uploadId":"store-upload-1""#) -> String {
        #"{"method":"\#(method)","key":"\#(key)"\#(more)}"#
    }

    @Test func theKeyIsOursAndKeepsItsExtension() async throws {
        try await withService(try Dialectal.configuration()) { service async throws in
            let key = try await create(service)
            #expect(key.wholeMatch(of: /attachments\/web-backend\/[0-9a-f-]{36}\.[0-9a-f]{8}\.[A-Za-z0-9_-]{22}\.mp4/) != nil, "\(key)")
            #expect(try await presign(service, body("GET", key)).status == 200)
        }
    }

    /// Every single change of the key, and everybody else.
    @Test func noOtherKeyIsSigned() async throws {
        let clock = TestClock()
        try await withService(try Dialectal.configuration(clock: clock)) { service async throws in
            let key = try await create(service)
            for index in key.indices {
                var other = key
                other.replaceSubrange(index...index, with: key[index] == "a" ? "b" : "a")
                let answer = try await presign(service, body("DELETE", other))
                #expect(answer.status >= 400, "\(other)")
            }
            let parts = key.split(separator: ".").map(String.init)
            let others = [
                "", "/", ".", key + ".mp4", key + "/", "/" + key, key.uppercased(), key.dropLast(4) + ".exe", String(key.dropLast(4)),
                parts[0] + ".mp4", "\(parts[0]).ffffffff.\(parts[2]).mp4",
                "\(parts[0]).\(parts[1]).\(parts[2]).\(parts[1]).\(parts[2]).mp4",
                // The mark has one place: what stands on either side of it stays there.
                "\(parts[0].dropLast()).\(parts[1]).\(parts[2]).\(parts[0].suffix(1)).mp4",
                "\(parts[0]).mp4.\(parts[1]).\(parts[2])",
                "attachments/other/x.\(parts[1]).\(parts[2]).mp4", key + "%00", String(repeating: "a.", count: 4000) + key,
            ]
            for other in others {
                #expect(
                    try await presign(service, body("PUT", other, #","uploadId":"i","partNumber":1"#)).code == "grant_invalid", "\(other)")
            }
            let prefix = "/u/\(Dialectal.token(rule: "attachments"))"
            let stranger = try await service.post(to: "\(prefix)/s3/presign", key: nil, headers: Dialectal.page, body("GET", key))
            #expect(stranger.code == "grant_invalid")
            let own = try await create(service, key: nil, prefix: prefix)
            #expect(try await service.post(to: "\(prefix)/s3/presign", key: nil, headers: Dialectal.page, body("GET", own)).status == 200)
            let bob = "/u/\(Dialectal.token(rule: "attachments", subject: "bob"))"
            #expect(
                try await service.post(to: "\(bob)/s3/presign", key: nil, headers: Dialectal.page, body("GET", own)).code == "grant_invalid"
            )
            let film = "/u/\(Dialectal.token(rule: "films"))"
            #expect(
                try await service.post(to: "\(film)/s3/presign", key: nil, headers: Dialectal.page, body("GET", own)).code
                    == "grant_invalid")
            clock.advance(86_400)
            #expect(try await presign(service, body("GET", key)).code == "grant_expired")
        }
    }

    @Test func aKeyOfAnotherEnvironmentOrSecretIsNone() async throws {
        let key = try await withService(try Dialectal.configuration()) { try await create($0) }
        var configuration = try Dialectal.configuration()
        let here = configuration.offices[0]
        let other = try Dialectal.environment(base: "http://127.0.0.1:9", name: "production")
        configuration.offices = [
            SigningOffice(office: TicketOffice(environment: other, sealingKeys: Fixture.sealingKeys), credentials: here.credentials)
        ]
        let inProduction = try await withService(configuration) { try await presign($0, body("GET", key), key: Fixture.productionKey) }
        #expect(inProduction.code == "grant_invalid")
        configuration.offices = [
            SigningOffice(
                office: TicketOffice(environment: here.environment, sealingKeys: SealingKeys(secrets: [Scopes.secret])),
                credentials: here.credentials)
        ]
        #expect(try await withService(configuration) { try await presign($0, body("GET", key)) }.code == "grant_invalid")
        // While a secret is replaced, both are there.
        configuration.offices = [
            SigningOffice(
                office: TicketOffice(
                    environment: here.environment,
                    sealingKeys: SealingKeys(secrets: [Scopes.secret, .init("a-secret-of-32-bytes-or-more-for-tests")])),
                credentials: here.credentials)
        ]
        #expect(try await withService(configuration) { try await presign($0, body("GET", key)) }.status == 200)
    }

    @Test(arguments: [
        (#"{"method":"GET","key":"a"}"#, "invalid_step"), (#"{"method":"DELETE","key":"a","contentType":"image/png"}"#, "invalid_step"),
        (#"{"method":"HEAD","key":"a"}"#, "invalid_step"),
        (#"{"method":"PUT","key":"a","partNumber":1,"contentType":"image/png"}"#, "invalid_step"),
        (#"{"method":"PUT","key":"a.png"}"#, "missing_field"), (#"{"key":"a"}"#, "missing_field"), (#"{"method":"PUT"}"#, "missing_field"),
        (#"{"method":"PUT","key":7}"#, "wrong_type"), (#"{"method":"PUT","key":"a","contentType":"text/html"}"#, "type_not_allowed"),
        (#"{"method":"POST","key":"a","contentType":"text/html"}"#, "type_not_allowed"),
        (#"{"method":"PUT","key":"","contentType":"image/png"}"#, "invalid_filename"),
        (#"{"method":"PUT","key":"a","uploadId":"x","partNumber":1}"#, "grant_invalid"), ("[]", "wrong_type"), ("", "malformed_json"),
    ]) func whatIsNoStepIsToldSo(request: String, code: String) async throws {
        try await withService(try Dialectal.configuration()) { service async throws in
            #expect(try await presign(service, request).code == code)
        }
    }

    @Test func stepsThatDoNotExistForAnUpload() async throws {
        try await withService(try Dialectal.configuration()) { service async throws in
            let key = try await create(service)
            for (method, more, code) in [
                ("PUT", #","uploadId":"i""#, "invalid_step"), ("POST", #","uploadId":"i","partNumber":1"#, "invalid_step"),
                ("PUT", #","uploadId":"i","partNumber":0"#, "invalid_part_number"),
                ("PUT", #","uploadId":"i","partNumber":5"#, "invalid_part_number"),
                ("PUT", #","uploadId":"i","partNumber":1.5"#, "wrong_type"), ("GET", #","uploadId":"""#, "invalid_upload_id"),
                ("GET", #","uploadId":"a b""#, "invalid_upload_id"), ("HEAD", #","uploadId":"i""#, "invalid_step"),
            ] {
                #expect(try await presign(service, body(method, key, more)).code == code, "\(method) \(more)")
            }
        }
    }

    /// The client's own key gives the file's name where a rule keeps it, and nothing else.
    @Test func theProposedKeyIsOnlyAName() async throws {
        let dialects = Dialects(rules: [.uppy: "attachments"])
        try await withService(try Dialectal.configuration(dialects: dialects)) { service async throws in
            for key in ["../../etc/passwd", "0f6cbb4e-8d0c-4a2e-9a3e-6f0a4f5d1c2b-a.png", "avatars/web-backend/x.png", "${filename}"] {
                let answer = try await presign(service, #"{"method":"PUT","key":"\#(key)","contentType":"image/png"}"#)
                let issued = try #require(try answer.json()["key"] as? String, "\(answer.text)")
                #expect(issued.wholeMatch(of: /attachments\/web-backend\/[0-9a-f-]{36}\.[0-9a-f]{8}\.[A-Za-z0-9_-]{22}\.png/) != nil)
            }
        }
    }

    /// The store itself holds the completion to what was counted.
    @Test func whatChangesAfterTheCountIsNotCompleted() async throws {
        try await Dialectal.run { service, bucket async throws in
            let key = try await create(service)
            let made = try await presign(service, #"{"method":"POST","key":"film.mp4","contentType":"video/mp4"}"#).json()
            let created = try await Dialectal.send(
                .post, try #require(made["url"] as? String), headers: try #require(made["headers"] as? [String: String]))
            #expect(created.status == 200)
            let id = try #require(bucket.uploads.keys.first)
            let own = try #require(made["key"] as? String)
            #expect(
                try await presign(service, body("POST", key, #","uploadId":"\#(id)""#)).code == "upload_not_found", "another upload's key")

            bucket.put(part: 1, of: id, size: 1000, etag: "\"one\"")
            let step = try await presign(service, body("POST", own, #","uploadId":"\#(id)""#)).json()
            let url = try #require(step["url"] as? String)
            let headers = try #require(step["headers"] as? [String: String])
            #expect(headers == ["x-amz-mp-object-size": "1000"])
            let document = Array(
                "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>one</ETag></Part></CompleteMultipartUpload>".utf8)
            #expect(try await Dialectal.send(.post, url, body: document).status == 403, "the size is signed")
            #expect(try await Dialectal.send(.post, url, headers: ["x-amz-mp-object-size": "2000"], body: document).status == 403)
            bucket.put(part: 1, of: id, size: 2000, etag: "\"one\"")
            #expect(try await Dialectal.send(.post, url, headers: headers, body: document).status == 400)
            bucket.put(part: 1, of: id, size: 1000, etag: "\"one\"")
            #expect(try await Dialectal.send(.post, url, headers: headers, body: document).status == 200)
            #expect(bucket.objects[own]?.size == 1000)
        }
    }

    @Test func whatLeavesTheRangeIsAborted() async throws {
        try await Dialectal.run { service, bucket async throws in
            for (size, code) in [(20_000_001, "too_large"), (9, "too_small")] {
                let made = try await presign(service, #"{"method":"POST","key":"film.mp4","contentType":"video/mp4"}"#).json()
                let headers = try #require(made["headers"] as? [String: String])
                _ = try await Dialectal.send(.post, try #require(made["url"] as? String), headers: headers)
                let id = try #require(bucket.uploads.keys.first)
                bucket.put(part: 1, of: id, size: size, etag: "\"one\"")
                let key = try #require(made["key"] as? String)
                #expect(try await presign(service, body("POST", key, #","uploadId":"\#(id)""#)).code == code)
                #expect(bucket.uploads.isEmpty && bucket.objects.isEmpty)
            }
        }
    }
}
