import Foundation
import HTTPTypes
import Testing
import Uploads

@testable import UploadService

/// Shrine, Active Storage and better-upload.
@Suite struct OtherDialectTests {
    // MARK: Shrine

    @Test func shrineIsAFormOrWithASizeAPut() async throws {
        let dialects = Dialects(rules: [.shrine: "avatars"])
        try await withService(try Dialectal.configuration(dialects: dialects)) { service async throws in
            let path = "/presign?filename=a.png&type=image%2Fpng"
            let put = try await service.send(.get, "\(path)&size=68", Dialectal.keyed).json()
            #expect(put["method"] as? String == "put" && (put["fields"] as? [String: String]) == [:])
            #expect((put["headers"] as? [String: String])?["if-none-match"] == "*")
            #expect(try await service.send(.get, path, Dialectal.keyed).code == "size_required")
            for (size, code) in [
                ("0", "too_small"), ("1000001", "too_large"), ("x", "wrong_type"), ("1.5", "wrong_type"), ("+5", "wrong_type"),
                ("-1", "invalid_size"),
            ] {
                #expect(try await service.send(.get, "\(path)&size=\(size)", Dialectal.keyed).code == code, "\(size)")
            }
            #expect(try await service.send(.get, "\(path)&size=1&size=2", Dialectal.keyed).code == "malformed_query")
            #expect(try await service.send(.get, path, [:]).status == 401)
        }
    }

    // MARK: Active Storage

    private static func blob(_ checksum: String = "XUFAKrxLKna5cZ2REBfFkg==", size: String = "5", type: String = "application/pdf")
        -> String
    {
        #"{"blob":{"filename":"a.pdf","content_type":"\#(type)","byte_size":\#(size),"checksum":"\#(checksum)"}}"#
    }

    @Test func theBucketHoldsAFileToItsMD5() async throws {
        try await Dialectal.run { service, bucket async throws in
            let answer = try await service.post(to: "/rails/active_storage/direct_uploads", Self.blob())
            let json = try answer.json()
            let upload = try #require(json["direct_upload"] as? [String: Any], "\(answer.text)")
            let url = try #require(upload["url"] as? String)
            let headers = try #require(upload["headers"] as? [String: String])
            #expect(headers["content-md5"] == "XUFAKrxLKna5cZ2REBfFkg==" && headers["content-disposition"]?.contains("a.pdf") == true)
            #expect(try await Dialectal.send(.put, url, headers: headers, body: Array("hellO".utf8)).status == 400)
            #expect(
                try await Dialectal.send(.put, url, headers: headers.filter { $0.key != "content-md5" }, body: Array("hello".utf8)).status
                    == 403)
            #expect(try await Dialectal.send(.put, url, headers: headers, body: Array("hello".utf8)).status == 200)
            #expect(try await Dialectal.send(.put, url, headers: headers, body: Array("hello".utf8)).status == 412)

            let grant = try #require(json["signed_id"] as? String)
            let confirmed = try await service.post(to: "/v1/uploads/confirm", #"{"grant":"\#(grant)"}"#).json()
            #expect(confirmed["key"] as? String == json["key"] as? String && confirmed["size"] as? Int == 5)
            #expect(bucket.objects.count == 1)
        }
    }

    /// The page has a scoped token, and Rails the key that it came from.
    @Test func railsConfirmsWhatAPageUploaded() async throws {
        try await Dialectal.run { service, _ async throws in
            let path = "/u/\(Dialectal.token(rule: "documents"))/rails/active_storage/direct_uploads"
            let json = try await service.post(to: path, key: nil, headers: Dialectal.page, Self.blob()).json()
            let upload = try #require(json["direct_upload"] as? [String: Any])
            let headers = try #require(upload["headers"] as? [String: String])
            let sent = try await Dialectal.send(.put, try #require(upload["url"] as? String), headers: headers, body: Array("hello".utf8))
            #expect(sent.status == 200)
            let grant = try #require(json["signed_id"] as? String)
            let confirmed = try await service.post(to: "/v1/uploads/confirm", #"{"grant":"\#(grant)"}"#)
            #expect(confirmed.status == 200, "\(confirmed.text)")
            #expect((try confirmed.json()["key"] as? String)?.hasPrefix("documents/web-backend.alice/") == true)
        }
    }

    @Test(arguments: [
        (blob("x"), "invalid_checksum", "blob.checksum"), (blob(""), "invalid_checksum", "blob.checksum"),
        (blob("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="), "invalid_checksum", "blob.checksum"),
        (blob(size: "0"), "too_small", "blob.byte_size"), (blob(size: "5000001"), "too_large", "blob.byte_size"),
        (blob(size: "null"), "size_required", "blob.byte_size"), (blob(size: "\"5\""), "wrong_type", "blob.byte_size"),
        (blob(type: "text/html"), "type_not_allowed", "blob.content_type"), (blob(type: "a"), "invalid_type", "blob.content_type"),
        (#"{"blob":{}}"#, "missing_field", "blob.filename"), ("{}", "missing_field", "blob"), (#"{"blob":[]}"#, "wrong_type", "blob"),
    ]) func badBlobsAreToldWhichAttributeIsToBlame(body: String, code: String, field: String) async throws {
        try await withService(try Dialectal.configuration()) { service async throws in
            let answer = try await service.post(to: "/rails/active_storage/direct_uploads", body)
            #expect(answer.code == code, "\(answer.text)")
            #expect(try answer.json()["field"] as? String == field)
        }
    }

    @Test func aFileWithoutATypeIsOctets() async throws {
        try await withService(try Dialectal.configuration()) { service async throws in
            let answer = try await service.post(to: "/rails/active_storage/direct_uploads", Self.blob(type: "application/octet-stream"))
            #expect(answer.status == 200, "\(answer.text)")
        }
    }

    // MARK: better-upload

    private func upload(_ service: ServiceClient, _ files: String, route: String = "avatars", key: String? = Fixture.stagingKey)
        async throws -> Answer
    {
        try await service.post(to: "/upload", key: key, #"{"route":"\#(route)","files":[\#(files)]}"#)
    }

    /// What the client sets itself is not among the headers: XMLHttpRequest joins what is set twice.
    @Test func eachHeaderIsSetOnce() async throws {
        try await Dialectal.run { service, _ async throws in
            let answer = try await upload(service, #"{"name":"a.png","size":5,"type":"image/png"}"#)
            let file = try #require((try answer.json()["files"] as? [[String: Any]])?.first, "\(answer.text)")
            let headers = try #require(file["headers"] as? [String: String])
            #expect(headers["cache-control"] == "no-cache" && headers["content-type"] == nil)
            let info = try #require((file["file"] as? [String: Any])?["objectInfo"] as? [String: Any])
            #expect(info["cacheControl"] == nil && (info["metadata"] as? [String: String]) == [:])
            let url = try #require(file["signedUrl"] as? String)
            let sent = try await Dialectal.send(
                .put, url, headers: headers.merging(["Content-Type": "image/png"]) { $1 }, body: Array("hello".utf8))
            #expect(sent.status == 200, "\(sent.text)")
        }
    }

    @Test(arguments: [
        (#"{"name":"a","size":1,"type":""}"#, 400, "invalid_file_type"),
        (#"{"name":"","size":1,"type":"image/png"}"#, 400, "invalid_request"),
        (#"{"name":"a","type":"image/png"}"#, 400, "invalid_request"),
        (#"{"name":"a","size":0,"type":"image/png"}"#, 422, "invalid_request"),
        ("", 400, "too_many_files"), ("7", 400, "invalid_request"),
    ]) func errorsHaveTheirTypes(files: String, status: Int, type: String) async throws {
        try await withService(try Dialectal.configuration()) { service async throws in
            let answer = try await upload(service, files)
            let error = try #require(try answer.json()["error"] as? [String: String])
            #expect(answer.status == status && error["type"] == type && error["message"]?.isEmpty == false, "\(answer.text)")
        }
    }

    @Test func alsoTheServicesOwnErrorsAreInItsWords() async throws {
        try await withService(try Dialectal.configuration()) { service async throws in
            let unknown = try await upload(service, "", key: nil)
            #expect(unknown.status == 401)
            #expect((try unknown.json()["error"] as? [String: String])?["type"] == "rejected")
            #expect(unknown.headers[.wwwAuthenticate] == "Bearer")
            let other = try await service.send(.get, "/upload", Dialectal.keyed)
            #expect(other.status == 405 && other.headers[.allow] == "POST, OPTIONS")
            #expect((try other.json()["error"] as? [String: String])?["code"] == "http_method_not_allowed")
            for rule in ["attachments", "films"] {
                let answer = try await upload(service, #"{"name":"a","size":50,"type":"video/mp4"}"#, route: rule)
                #expect((try answer.json()["error"] as? [String: String])?["code"] == "method_not_allowed")
            }
        }
    }

    @Test func oneFileThatIsRefusedRefusesAll() async throws {
        try await withService(try Dialectal.configuration()) { service async throws in
            let answer = try await upload(
                service, #"{"name":"a","size":1,"type":"image/png"},{"name":"b","size":1,"type":"text/html"}"#)
            #expect(answer.status == 415 && !answer.text.contains("X-Amz-Signature"))
            let token = Dialectal.token(rule: "avatars")
            let other = try await service.post(
                to: "/u/\(token)/upload", key: nil, headers: Dialectal.page,
                #"{"route":"documents","files":[{"name":"a","size":1,"type":"application/pdf"}]}"#)
            #expect(other.status == 403 && other.text.contains("rule_not_allowed"))
        }
    }
}
