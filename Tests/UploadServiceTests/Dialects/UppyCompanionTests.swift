import Foundation
import HTTPTypes
import Testing
import Uploads

@testable import UploadService

/// Uppy's oddities, and what it must not be able to do.
@Suite struct UppyCompanionTests {
    private static let params = "/s3/params?filename=a.png&type=image%2Fpng"
    private static let film = #"{"filename":"film.mp4","type":"video/mp4","metadata":{}}"#

    private func begin(_ service: ServiceClient, prefix: String = "", _ headers: HTTPFields = Dialectal.keyed) async throws -> (
        id: String, key: String
    ) {
        var headers = headers
        headers[.contentType] = "application/json"
        let answer = try await service.send(.post, "\(prefix)/s3/multipart", headers, body: Self.film)
        #expect(answer.status == 200, "\(answer.text)")
        let json = try answer.json()
        return (try #require(json["uploadId"] as? String), try #require(json["key"] as? String))
    }

    @Test func theFormHasTheRulesRangeAndAURLThatEndsInASlash() async throws {
        try await Dialectal.run { service, _ async throws in
            let json = try await service.send(.get, Self.params, Dialectal.keyed).json()
            let fields = try #require(json["fields"] as? [String: String])
            let url = try #require(json["url"] as? String)
            #expect(json["method"] as? String == "POST" && url.hasSuffix("/"))
            // Uppy 6 takes this for the file's place.
            #expect("\(url)\(fields["key"] ?? "")".contains("/example-uploads/attachments/web-backend/"))
            let encoded = try #require(fields["policy"])
            let policy = String(decoding: try #require(Data(base64Encoded: encoded)), as: UTF8.self)
            #expect(policy.contains(#"["content-length-range",10,20000000]"#))
            // Ten minutes are no time-out for a transfer.
            #expect(json["expires"] == nil)
        }
    }

    @Test func metadataIsBoundWhereTheRuleHasAPlaceForIt() async throws {
        try await Dialectal.run { service, _ async throws in
            func fields(_ query: String) async throws -> [String: String] {
                let answer = try await service.send(.get, "\(Self.params)&\(query)", Dialectal.keyed)
                return try #require(try answer.json()["fields"] as? [String: String], "\(answer.text)")
            }
            let some = try await fields(
                "metadata%5Bname%5D=a+b%2Bc.png&metadata%5BrelativePath%5D=null&metadata[Caption]=x&metadata[type]=y")
            #expect(some["x-amz-meta-name"] == "a b+c.png" && some["x-amz-meta-caption"] == "x")
            #expect(some.keys.filter { $0.hasPrefix("x-amz-meta-") }.count == 2)
            let umlaut = try await fields("metadata[name]=%C3%BCber.png")
            #expect(umlaut["x-amz-meta-name"] == "=?UTF-8?B?w7xiZXIucG5n?=")
            #expect(try await fields("metadata[name]=").keys.filter { $0.hasPrefix("x-amz-meta-") } == [])
            #expect(
                try await service.send(.get, "\(Self.params)&metadata[name]=$%7Bfilename%7D", Dialectal.keyed).code == "invalid_metadata")
        }
    }

    @Test(arguments: [
        ("/s3/params?type=image%2Fpng", "missing_field"), ("/s3/params?filename=a.png", "missing_field"), ("/s3/params", "missing_field"),
        ("/s3/params?filename=a&filename=b&type=image%2Fpng", "malformed_query"), ("/s3/params?filename=%&type=x", "malformed_query"),
        ("/s3/params?filename=%FF&type=x", "malformed_query"), ("/s3/params?filename=%zz&type=x", "malformed_query"),
        ("/s3/params?filename=a.png&type=image", "invalid_type"), ("/s3/params?filename=a.png&type=text%2Fhtml", "type_not_allowed"),
        ("/s3/params?filename=a%00b&type=image%2Fpng", "invalid_filename"), ("/s3/params?filename=&type=image%2Fpng", "invalid_filename"),
    ]) func badQueriesAreToldSo(path: String, code: String) async throws {
        try await withService(try Dialectal.configuration()) { service async throws in
            #expect(try await service.send(.get, path, Dialectal.keyed).code == code)
        }
    }

    /// A PUT binds a size, and Uppy names none: there is nothing between a form and nothing.
    @Test func aRuleWithoutAFormIsRefusedUnderItsToken() async throws {
        try await withService(try Dialectal.configuration()) { service async throws in
            for rule in ["avatars", "films"] {
                let type = rule == "films" ? "video%2Fmp4" : "image%2Fpng"
                let path = "/u/\(Dialectal.token(rule: rule))/s3/params?filename=a&type=\(type)"
                let answer = try await service.send(.get, path, Dialectal.page)
                #expect(answer.code == "size_required" && answer.text.contains("method: POST"))
            }
            let put = "/u/\(Dialectal.token(rule: "avatars"))/s3/multipart"
            #expect(
                try await service.post(to: put, key: nil, headers: Dialectal.page, #"{"filename":"a","type":"image/png"}"#).code
                    == "method_not_allowed")
        }
    }

    @Test func theUploadIDIsTheGrantAndTheKeyOnlyCompared() async throws {
        try await Dialectal.run { service, bucket async throws in
            let (id, key) = try await begin(service)
            #expect(key.hasPrefix("attachments/web-backend/") && !id.contains("store-upload"))
            #expect(try await service.send(.get, "/s3/multipart/\(id)/1", Dialectal.keyed).status == 200)
            for path in ["", "/1", "/batch", "/complete"] {
                let method = path == "/complete" ? HTTPRequest.Method.post : .get
                let other = try await service.send(
                    method, "/s3/multipart/\(id)\(path)?key=attachments/web-backend/other.mp4&partNumbers=1", Dialectal.keyed,
                    body: method == .post ? "{}" : nil)
                #expect(other.code == "key_not_allowed", "\(path) \(other.text)")
                let unsealed = try await service.send(
                    method, "/s3/multipart/store-upload-1\(path)?key=\(key)", Dialectal.keyed, body: method == .post ? "{}" : nil)
                #expect(unsealed.code == "grant_invalid", "\(path)")
            }
            // The key of an API key is not a delegate's, whoever else knows the id.
            let token = Dialectal.token(rule: "attachments")
            let stranger = try await service.send(.delete, "/u/\(token)/s3/multipart/\(id)?key=\(key)", Dialectal.page)
            #expect(stranger.code == "grant_other_caller" && bucket.uploads.count == 1)
        }
    }

    @Test func partsHaveTheirNumbersAndAnHourOrNoExpiry() async throws {
        try await Dialectal.run { service, _ async throws in
            let (id, key) = try await begin(service)
            for (number, code) in [
                ("0", "invalid_part_number"), ("10001", "invalid_part_number"), ("5", "invalid_part_number"), ("x", "wrong_type"),
                ("-1", "wrong_type"), ("1e3", "wrong_type"), ("99999999999999999999", "wrong_type"),
            ] {
                #expect(try await service.send(.get, "/s3/multipart/\(id)/\(number)?key=\(key)", Dialectal.keyed).code == code, "\(number)")
            }
            // 20 MB in parts of 5 MiB at least are four.
            let last = try await service.send(.get, "/s3/multipart/\(id)/4?key=\(key)", Dialectal.keyed).json()
            #expect(last["url"] != nil && last["expires"] == nil)
            let batch = try await service.send(.get, "/s3/multipart/\(id)/batch?key=\(key)&partNumbers=1,2", Dialectal.keyed).json()
            #expect((batch["presignedUrls"] as? [String: String])?.keys.sorted() == ["1", "2"])
            for numbers in ["", "1,,2", "1,1", "1,x"] {
                let answer = try await service.send(.get, "/s3/multipart/\(id)/batch?partNumbers=\(numbers)", Dialectal.keyed)
                #expect(answer.status == 400, "\(numbers)")
            }
            let many = Array(repeating: "1", count: 1001).joined(separator: ",")
            #expect(
                try await service.send(.get, "/s3/multipart/\(id)/batch?partNumbers=\(many)", Dialectal.keyed).code == "invalid_part_count")

            let prefix = "/u/\(Dialectal.token(rule: "films"))"
            let (long, _) = try await begin(service, prefix: prefix, Dialectal.page)
            #expect(try await service.send(.get, "\(prefix)/s3/multipart/\(long)/1", Dialectal.page).json()["expires"] as? Int == 7200)
        }
    }

    private func complete(_ service: ServiceClient, _ id: String, _ parts: [(Int, String)]) async throws -> Answer {
        let list = parts.map { #"{"PartNumber":\#($0.0),"ETag":"\#($0.1.replacing("\"", with: "\\\""))"}"# }.joined(separator: ",")
        return try await service.send(.post, "/s3/multipart/\(id)/complete", Dialectal.keyed, body: #"{"parts":[\#(list)]}"#)
    }

    @Test func whatLeavesTheRangeIsAborted() async throws {
        try await Dialectal.run { service, bucket async throws in
            for (size, code) in [(20_000_001, "too_large"), (9, "too_small")] {
                let (id, _) = try await begin(service)
                let storeID = try #require(bucket.uploads.keys.first)
                bucket.put(part: 1, of: storeID, size: size, etag: "\"one\"")
                let answer = try await complete(service, id, [(1, "\"one\"")])
                #expect(answer.code == code && bucket.uploads.isEmpty && bucket.objects.isEmpty, "\(answer.text)")
            }
        }
    }

    /// Between the count and the completion somebody replaces a part by a larger one, whose tag was told before.
    @Test func aPartThatIsReplacedAfterTheCountDoesNotCount() async throws {
        try await Dialectal.run { service, bucket async throws in
            let (id, _) = try await begin(service)
            let storeID = try #require(bucket.uploads.keys.first)
            bucket.put(part: 1, of: storeID, size: 100, etag: "\"small\"")
            bucket.beforeCompleting { $0.put(part: 1, of: storeID, size: 50_000_000, etag: "\"large\"") }
            #expect(try await complete(service, id, [(1, "\"large\"")]).code == "parts_missing")
            #expect(try await complete(service, id, [(1, "\"small\"")]).code == "parts_missing", "the bucket's own word")
            #expect(bucket.objects.isEmpty)
        }
    }

    @Test(arguments: [#""one""#, "one"]) func tagsComeWithAndWithoutQuotes(etag: String) async throws {
        try await Dialectal.run { service, bucket async throws in
            let (id, key) = try await begin(service)
            bucket.put(part: 1, of: try #require(bucket.uploads.keys.first), size: 100, etag: "\"one\"")
            let answer = try await complete(service, id, [(1, etag)])
            let json = try answer.json()
            #expect(answer.status == 200, "\(answer.text)")
            #expect(json["key"] as? String == key && (json["location"] as? String)?.hasSuffix("/example-uploads/\(key)") == true)
            #expect(bucket.objects[key]?.size == 100 && bucket.objects[key]?.type == "video/mp4")
            #expect(try await complete(service, id, [(1, etag)]).status == 200, "a second time")
            for parts in [[], [(2, "x"), (1, "one")], [(1, "one"), (1, "one")], [(0, "one")], [(1, "<a>")]] {
                #expect((400..<500).contains(try await complete(service, id, parts).status))
            }
        }
    }

    /// A grant of the native API is one too, where it is for an upload that the service created.
    @Test func grantsOfOtherUploadsAreNoUploadIDs() async throws {
        try await Dialectal.run { service, _ in
            for (rule, more, code) in [
                ("avatars", "", "not_multipart"), ("films", "", nil), ("attachments", #","method":"MULTIPART""#, nil),
            ] {
                let type = rule == "avatars" ? "image/png" : "video/mp4"
                let ticket = try await service.post(#"{"rule":"\#(rule)","filename":"a","size":100,"type":"\#(type)"\#(more)}"#).json()
                let grant = try #require(ticket["grant"] as? String)
                #expect(try await service.send(.get, "/s3/multipart/\(grant)/1", Dialectal.keyed).code == code, "\(rule)")
            }
        }
    }

    @Test func aGrantEnds() async throws {
        let clock = TestClock()
        try await Dialectal.run(clock: clock) { service, _ async throws in
            let (id, _) = try await begin(service)
            clock.advance(86_400)
            #expect(try await service.send(.get, "/s3/multipart/\(id)/1", Dialectal.keyed).code == "grant_expired")
        }
    }

    /// A path holds the grant, and a query the key: the line of the log has the route and nothing of them.
    @Test func thePathStaysOutOfTheLog() async throws {
        let log = LogLines()
        try await Dialectal.run(logger: log.logger()) { service, _ async throws in
            let (id, key) = try await begin(service)
            let paths = [
                "/s3/multipart/\(id)/1?key=\(key)", "/s3/multipart/\(id)?key=\(key)", "/s3/multipart/\(id)/complete",
                "/s3/multipart/\(id)/x/y",
            ]
            for path in paths {
                for method in [HTTPRequest.Method.get, .post, .delete, .put, .options] {
                    _ = try await service.send(method, path, Dialectal.keyed, body: method == .post ? "{}" : nil)
                }
            }
            let token = Dialectal.token(rule: "attachments")
            for path in paths { _ = try await service.send(.get, "/u/\(token)\(path)", Dialectal.page) }
            #expect(!log.text.contains(token.suffix(20)) && !log.text.contains("/u/"))
            let metrics = try await service.send(.get, "/metrics").text
            #expect(metrics.contains(#"route="/s3/multipart/{uploadId}/{partNumber}""#) && !metrics.contains(id.prefix(24)))
            #expect(!log.text.contains(id.prefix(24)))
        }
        let routes = Set(try log.requests().compactMap { $0["route"] as? String })
        #expect(routes.isSuperset(of: ["/s3/multipart", "/s3/multipart/{uploadId}", "/s3/multipart/{uploadId}/complete", "unmatched"]))
    }

    @Test func aDialectIsOffWhereItIsNotNamed() async throws {
        let paths = ["/s3/params?filename=a&type=image/png", "/s3/multipart/x/1", "/presign?filename=a&type=image/png"]
        try await withService { service async throws in
            for path in paths { #expect(try await service.send(.get, path, Dialectal.keyed).code == "not_found") }
            for path in ["/upload", "/rails/active_storage/direct_uploads", "/s3/presign", "/s3/multipart"] {
                #expect(try await service.post(to: path, "{}").status == 404)
                #expect(try await service.send(.options, path, Dialectal.page).status == 404)
            }
        }
        // On in one of two environments, it is off in the other.
        var configuration = try Dialectal.configuration()
        let production = try Fixture.configuration().offices[1]
        configuration.offices.append(production)
        try await withService(configuration) { service async throws in
            let answer = try await service.send(.get, paths[0], [.authorization: "Bearer \(Fixture.productionKey)"])
            #expect(answer.status == 404 && answer.text.contains("uploads.yaml"))
            #expect(try await service.send(.get, paths[0], Dialectal.keyed).status == 200)
        }
    }

    @Test func theBudgetOfATokenHolds() async throws {
        try await Dialectal.run { service, bucket async throws in
            let token = Dialectal.token(rule: "attachments", budget: 30_000_000)
            #expect(try await service.send(.get, "/u/\(token)\(Self.params)", Dialectal.page).status == 200)
            let second = try await service.post(to: "/u/\(token)/s3/multipart", key: nil, headers: Dialectal.page, Self.film)
            #expect(second.code == "byte_budget_exhausted" && bucket.asked.isEmpty)
        }
    }
}
