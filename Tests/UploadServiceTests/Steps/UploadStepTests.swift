import Foundation
import HTTPTypes
import Libcrypto
import NIOHTTP1
import S3Signing
import SigV4
import Testing
import Uploads

@testable import UploadService

/// Uploads in parts and their confirmation, against a bucket that keeps S3's rules.
@Suite(.serialized) struct UploadStepTests {
    private static let file = (0..<(StepDesk.partSize + 1000)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

    @Test func everyStepIsTakenByAnyInstance() async throws {
        try await StepDesk.run { desk in
            let ticket = try await desk.ticket("videos", size: Self.file.count)
            #expect(ticket["method"] as? String == "MULTIPART" && ticket["multipart"] as? String == "assisted")
            #expect(ticket["partCount"] as? Int == 2 && ticket["partSize"] as? Int == StepDesk.partSize && ticket["url"] == nil)
            let parts = try await desk.send(Self.file, ticket)

            let listed = try await desk.two.post(to: "/v1/uploads/list", #"{"grant":"\#(ticket.grant)"}"#).json()
            #expect((listed["parts"] as? [[String: Any]])?.map { $0["size"] as? Int } == [StepDesk.partSize, 1000])
            let again = try await desk.two.post(to: "/v1/uploads/parts", #"{"grant":"\#(ticket.grant)","partNumbers":[2]}"#).json()
            let part = try #require((again["parts"] as? [[String: Any]])?.first)
            #expect(try await desk.bucket.send(part, Array(repeating: 0, count: 999)) == nil)

            let complete = #"{"grant":"\#(ticket.grant)","parts":[\#(parts)]}"#
            let completed = try await desk.two.post(to: "/v1/uploads/complete", complete)
            #expect(completed.status == 200, "\(completed.text)")
            let object = try completed.json()
            #expect(object["size"] as? Int == Self.file.count && object["type"] as? String == "video/mp4")
            #expect(object["key"] as? String == ticket["key"] as? String && (object["etag"] as? String)?.hasSuffix("-2\"") == true)

            // Again, elsewhere, and once more only asked for.
            #expect(try await desk.one.post(to: "/v1/uploads/complete", complete).text == completed.text)
            #expect(try await desk.one.post(to: "/v1/uploads/confirm", #"{"grant":"\#(ticket.grant)"}"#).text == completed.text)
            #expect(try await desk.bucket.unfinishedUploads() == 0)

            let key = try #require(ticket["key"] as? String)
            let read = try await desk.one.post(to: "/v1/downloads", #"{"grant":"\#(ticket.grant)"}"#).json()
            let body = try await desk.bucket.send("GET", #require(read["url"] as? String))
            #expect(body.status == 200 && Int(body.headers["content-length"].first ?? "") == Self.file.count)
            let whole = try await desk.bucket.own(.head, key)
            #expect(whole.headers["content-type"] == ["video/mp4"])
        }
    }

    @Test func anUnconfirmedObjectIsToldByItsTag() async throws {
        try await StepDesk.run { desk in
            func tag(_ key: String) async throws -> String { try await desk.bucket.own(.get, key, [.init("tagging", "")]).text }
            let ticket = try await desk.ticket("videos", size: 10)
            let parts = try await desk.send(Array(Self.file.prefix(10)), ticket)
            let key = try #require(ticket["key"] as? String)
            // The parts become an object without the service: nobody has confirmed it.
            try await desk.completeAside(key, parts)
            #expect(try await tag(key).contains("<Value>unconfirmed</Value>"))
            let confirm = #"{"grant":"\#(ticket.grant)"}"#
            #expect(try await desk.one.post(to: "/v1/uploads/confirm", confirm).status == 200)
            #expect(try await tag(key).contains("<Value>confirmed</Value>"))
            // What others tag it with stays, whoever comes first.
            for own in ["", "<Tag><Key>countersign</Key><Value>unconfirmed</Value></Tag>"] {
                let tags = "<Tagging><TagSet><Tag><Key>scan</Key><Value>a+b/c</Value></Tag>\(own)</TagSet></Tagging>"
                #expect(try await desk.bucket.own(.put, key, [.init("tagging", "")], Array(tags.utf8)).status == 200)
                for _ in 1...2 { #expect(try await desk.two.post(to: "/v1/uploads/confirm", confirm).status == 200) }
                let text = try await tag(key)
                #expect(text.contains("<Value>a+b/c</Value>") && text.contains("<Value>confirmed</Value>"), "\(text)")
            }
        }
    }

    /// Another object of the same size and type is not what these parts would have made.
    @Test func whatSomebodyElsePutThereIsNotTheUpload() async throws {
        try await StepDesk.run { desk in
            let ticket = try await desk.ticket("fixed", size: 10)
            let parts = try await desk.send(Array(Self.file.prefix(10)), ticket)
            #expect(try await desk.one.post(to: "/v1/uploads/abort", #"{"grant":"\#(ticket.grant)"}"#).status == 204)
            let key = try #require(ticket["key"] as? String)
            let other = [UInt8](repeating: 7, count: 10)
            #expect(try await desk.bucket.own(.put, key, headers: ["content-type": "video/mp4"], other).status == 200)
            let complete = #"{"grant":"\#(ticket.grant)","parts":[\#(parts)]}"#
            #expect(try await desk.two.post(to: "/v1/uploads/complete", complete).code == "upload_not_found")
        }
    }

    @Test func abortLeavesNothing() async throws {
        try await StepDesk.run { desk in
            let ticket = try await desk.ticket("videos", size: Self.file.count)
            let parts = try await desk.send(Self.file, ticket)
            #expect(try await desk.bucket.unfinishedUploads() == 1)
            for service in [desk.one, desk.two] {
                let answer = try await service.post(to: "/v1/uploads/abort", #"{"grant":"\#(ticket.grant)"}"#)
                #expect(answer.status == 204 && answer.body.isEmpty)
            }
            #expect(try await desk.bucket.unfinishedUploads() == 0)
            let complete = #"{"grant":"\#(ticket.grant)","parts":[\#(parts)]}"#
            #expect(try await desk.one.post(to: "/v1/uploads/complete", complete).code == "upload_not_found")
            #expect(try await desk.one.post(to: "/v1/uploads/list", #"{"grant":"\#(ticket.grant)"}"#).code == "upload_not_found")
            #expect(try await desk.one.post(to: "/v1/uploads/confirm", #"{"grant":"\#(ticket.grant)"}"#).code == "object_not_found")
        }
    }

    @Test func completingTellsWhatIsWrongWithTheParts() async throws {
        try await StepDesk.run { desk in
            let ticket = try await desk.ticket("videos", size: Self.file.count)
            _ = try await desk.send(Self.file, ticket)
            let etag = String(repeating: "0", count: 32)
            let cases = [
                ("[]", "invalid_part_count"), (#"[{"partNumber":1,"etag":"x"}]"#, "parts_missing"),
                (#"[{"partNumber":2,"etag":"x"},{"partNumber":1,"etag":"x"}]"#, "invalid_part_order"),
                (#"[{"partNumber":1,"etag":"x"},{"partNumber":1,"etag":"x"}]"#, "invalid_part_number"),
                (#"[{"partNumber":0,"etag":"x"},{"partNumber":1,"etag":"x"}]"#, "invalid_part_number"),
                (#"[{"partNumber":10001,"etag":"x"}]"#, "invalid_part_number"), (#"[{"partNumber":1,"etag":"a b"}]"#, "invalid_etag"),
                (#"[{"partNumber":"1","etag":"x"}]"#, "wrong_type"), (#"[{"partNumber":1.5,"etag":"x"}]"#, "wrong_type"),
                (#"[{"partNumber":1}]"#, "missing_field"), (#"[{"partNumber":1,"etag":"x","size":1}]"#, "unknown_field"),
                ("{}", "wrong_type"),
                (#"[{"partNumber":1,"etag":"\#(etag)"},{"partNumber":2,"etag":"\#(etag)"}]"#, "parts_missing"),
            ]
            for (parts, code) in cases {
                let answer = try await desk.one.post(to: "/v1/uploads/complete", #"{"grant":"\#(ticket.grant)","parts":\#(parts)}"#)
                #expect(answer.code == code, "\(parts): \(answer.text)")
            }
            // Nothing is lost by any of it.
            #expect(try await desk.bucket.unfinishedUploads() == 1)
        }
    }

    @Test func aSizeOutsideTheRuleIsAborted() async throws {
        try await StepDesk.run { desk in
            let ticket = try await desk.ticket("forms", size: nil, method: "MULTIPART")
            #expect(ticket["partCount"] == nil && ticket["parts"] == nil)
            let urls = try await desk.two.post(to: "/v1/uploads/parts", #"{"grant":"\#(ticket.grant)","partNumbers":[1,2]}"#).json()
            var parts: [String] = []
            for (index, part) in try #require(urls["parts"] as? [[String: Any]]).enumerated() {
                let etag = try await desk.bucket.send(part, Array(repeating: 1, count: StepDesk.partSize))
                parts.append("{\"partNumber\":\(index + 1),\"etag\":\(try #require(etag).debugDescription)}")
            }
            let answer = try await desk.one.post(
                to: "/v1/uploads/complete", #"{"grant":"\#(ticket.grant)","parts":[\#(parts.joined(separator: ","))]}"#)
            #expect(answer.code == "too_large" && answer.text.contains("10485760"), "\(answer.text)")
            #expect(try await desk.bucket.unfinishedUploads() == 0)
            let first = try await desk.one.post(to: "/v1/uploads/complete", #"{"grant":"\#(ticket.grant)","parts":[\#(parts[0])]}"#)
            #expect(first.code == "upload_not_found")
            // The same within the range.
            let other = try await desk.ticket("forms", size: nil, method: "MULTIPART")
            let url = try await desk.two.post(to: "/v1/uploads/parts", #"{"grant":"\#(other.grant)","partNumbers":[1]}"#).json()
            let etag = try await desk.bucket.send(#require((url["parts"] as? [[String: Any]])?.first), [1, 2, 3])
            let small = #"{"grant":"\#(other.grant)","parts":[{"partNumber":1,"etag":\#(try #require(etag).debugDescription)}]}"#
            #expect(try await desk.one.post(to: "/v1/uploads/complete", small).json()["size"] as? Int == 3)
            #expect(try await desk.two.post(to: "/v1/uploads/complete", small).status == 200)
        }
    }

    @Test func whatIsThereIsNeverReplaced() async throws {
        try await StepDesk.run { desk in
            let first = try await desk.ticket("fixed", size: 10)
            let second = try await desk.ticket("fixed", size: 10)
            #expect(first["key"] as? String == second["key"] as? String)
            let (ten, other) = (Array(Self.file.prefix(10)), [UInt8](repeating: 7, count: 10))
            let parts = try await [desk.send(ten, first), desk.send(other, second)]
            let winner = try await desk.one.post(to: "/v1/uploads/complete", #"{"grant":"\#(first.grant)","parts":[\#(parts[0])]}"#)
            #expect(winner.status == 200)
            let loser = try await desk.two.post(to: "/v1/uploads/complete", #"{"grant":"\#(second.grant)","parts":[\#(parts[1])]}"#)
            #expect(loser.status == 412 && loser.code == "object_exists")
            #expect(try await desk.two.post(to: "/v1/uploads/abort", #"{"grant":"\#(second.grant)"}"#).status == 204)
        }
    }

    @Test func confirmingTellsWhatDiffers() async throws {
        try await StepDesk.run { desk in
            let ticket = try await desk.ticket("single", size: 3)
            let confirm = #"{"grant":"\#(ticket.grant)"}"#
            #expect(try await desk.one.post(to: "/v1/uploads/confirm", confirm).code == "object_not_found")
            #expect(try await desk.bucket.send(ticket, [1, 2, 3]) != nil)
            let confirmed = try await desk.two.post(to: "/v1/uploads/confirm", confirm)
            #expect(confirmed.status == 200 && confirmed.text.contains(#""once":true"#))
            // Somebody with the bucket's keys puts another object in its place.
            let key = try #require(ticket["key"] as? String)
            #expect(try await desk.bucket.own(.put, key, headers: ["content-type": "text/html"], [1, 2, 3, 4]).status == 200)
            let tampered = try await desk.one.post(to: "/v1/uploads/confirm", confirm)
            #expect(tampered.status == 409 && tampered.code == "object_differs")
            let differences = try #require(try tampered.json()["differences"] as? [[String: String]])
            #expect(
                differences == [
                    ["field": "size", "expected": "3", "actual": "4"], ["field": "type", "expected": "video/mp4", "actual": "text/html"],
                ])
            for route in ["parts", "list", "complete", "abort"] {
                let more = ["parts": #","partNumbers":[1]"#, "complete": #","parts":[{"partNumber":1,"etag":"x"}]"#][route] ?? ""
                let answer = try await desk.one.post(to: "/v1/uploads/\(route)", #"{"grant":"\#(ticket.grant)"\#(more)}"#)
                #expect(answer.status == 409 && answer.code == "not_multipart")
            }
        }
    }

    @Test func signedTheClientDoesItAll() async throws {
        try await StepDesk.run { desk in
            let ticket = try await desk.ticket("signed", size: Self.file.count)
            let create = try #require(ticket["create"] as? [String: Any])
            let created = try await desk.bucket.send(
                "POST", #require(create["url"] as? String), #require(create["headers"] as? [String: String]))
            let id = try #require(created.text.firstMatch(of: /<UploadId>([^<]+)</)?.1)
            let request = #"{"grant":"\#(ticket.grant)","uploadId":"\#(id)","partNumbers":[1,2]}"#
            let steps = try await desk.two.post(to: "/v1/uploads/parts", request).json()
            var document = "<CompleteMultipartUpload>"
            for (index, part) in try #require(steps["parts"] as? [[String: Any]]).enumerated() {
                let start = index * StepDesk.partSize
                let bytes = Array(Self.file[start..<min(start + StepDesk.partSize, Self.file.count)])
                let etag = try #require(try await desk.bucket.send(part, bytes))
                document += "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(etag)</ETag></Part>"
            }
            let complete = try #require(steps["complete"] as? [String: Any])
            #expect(
                complete["headers"] as? [String: String]
                    == ["if-none-match": "*", "x-amz-mp-object-size": String(Self.file.count)])
            // A grant is for the whole file, not for the parts that somebody likes.
            let first = document.components(separatedBy: "</Part>")[0] + "</Part></CompleteMultipartUpload>"
            #expect(try await desk.bucket.send(complete, Array(first.utf8)) == nil)
            let done = try await desk.bucket.send(complete, Array((document + "</CompleteMultipartUpload>").utf8))
            #expect(done != nil)
            let confirmed = try await desk.one.post(to: "/v1/uploads/confirm", #"{"grant":"\#(ticket.grant)"}"#)
            #expect(confirmed.status == 200 && confirmed.text.contains("\"size\":\(Self.file.count)"))
            let parts = #"{"grant":"\#(ticket.grant)","parts":[{"partNumber":1,"etag":"x"}]}"#
            #expect(try await desk.one.post(to: "/v1/uploads/complete", parts).code == "multipart_signed")
            #expect(
                try await desk.one.post(to: "/v1/uploads/parts", #"{"grant":"\#(ticket.grant)","partNumbers":[1]}"#).code
                    == "invalid_upload_id")
        }
    }

    @Test(arguments: ["parts", "list", "complete", "abort", "confirm"])
    func aGrantIsItsHoldersUntilItEnds(route: String) async throws {
        let more = ["parts": #","partNumbers":[1]"#, "complete": #","parts":[{"partNumber":1,"etag":"x"}]"#][route] ?? ""
        try await StepDesk.run { desk in
            let ticket = try await desk.ticket("videos", size: 10)
            func code(_ grant: String, key: String = Fixture.stagingKey) async throws -> String? {
                try await desk.two.post(to: "/v1/uploads/\(route)", key: key, #"{"grant":"\#(grant)"\#(more)}"#).code
            }
            #expect(try await code("") == "grant_invalid")
            #expect(try await code(String(ticket.grant.dropLast())) == "grant_invalid")
            #expect(try await code(ticket.grant, key: Fixture.productionKey) == "grant_other_caller")
            #expect(try await desk.two.post(to: "/v1/uploads/\(route)", #"{"grant":7\#(more)}"#).code == "wrong_type")
            #expect(try await desk.two.post(to: "/v1/uploads/\(route)", #"{"grant":"x","key":"y"\#(more)}"#).code == "unknown_field")
            #expect(try await desk.two.post(to: "/v1/uploads/\(route)", key: nil, "{}").status == 401)
            desk.clock.advance(86_400)
            #expect(try await code(ticket.grant) == "grant_expired")
        }
    }

    @Test func aScopedTokenPaysForWhatItBegins() async throws {
        try await StepDesk.run { desk in
            let token = try await desk.one.mint(
                #"{"rule":"videos","origin":"\#(StepDesk.origin)","bytes":100,"subject":"alice"}"#)
            let ticket = try await desk.one.page(token, origin: StepDesk.origin, StepDesk.body("videos", size: 60)).json()
            let refused = try await desk.one.page(token, origin: StepDesk.origin, StepDesk.body("videos", size: 60))
            #expect(refused.code == "byte_budget_exhausted")
            #expect(try await desk.bucket.unfinishedUploads() == 1)
            let parts = try await desk.send(Array(Self.file.prefix(60)), ticket)
            let complete = #"{"grant":"\#(ticket.grant)","parts":[\#(parts)]}"#
            #expect(try await desk.two.post(to: "/v1/uploads/complete", complete).code == "grant_other_caller")
            #expect(try await desk.two.page(token, origin: StepDesk.origin, to: "/v1/uploads/complete", complete).status == 200)
            // Its back end asks whether that is true, and reads nothing by it.
            #expect(try await desk.two.post(to: "/v1/downloads", #"{"grant":"\#(ticket.grant)"}"#).code == "grant_other_caller")
            #expect(try await desk.two.post(to: "/v1/uploads/confirm", #"{"grant":"\#(ticket.grant)"}"#).status == 200)
        }
    }

    @Test func aBatchMayHoldUploadsInParts() async throws {
        try await StepDesk.run { desk in
            let entries = [StepDesk.body("videos", size: 10), StepDesk.body("single", size: 10), StepDesk.body("videos", size: nil)]
            let answer = try await desk.one.post(to: "/v1/uploads/batch", #"{"uploads":[\#(entries.joined(separator: ","))]}"#)
            let tickets = try #require(try answer.json()["tickets"] as? [[String: Any]])
            #expect(tickets.map { $0["method"] as? String } == ["MULTIPART", "PUT", "MULTIPART"])
            #expect(try await desk.bucket.unfinishedUploads() == 2)
        }
    }

    /// What the store has to create one by one is bounded.
    @Test func aBatchBeginsSoManyUploadsInParts() async throws {
        let entries = Array(repeating: StepDesk.body("videos", size: 10), count: 101) + [StepDesk.body("single", size: 10)]
        let batch = #"{"uploads":[\#(entries.joined(separator: ","))]}"#
        try await StepDesk.run { desk in
            let tickets = try #require(try await desk.one.post(to: "/v1/uploads/batch", batch).json()["tickets"] as? [[String: Any]])
            #expect(tickets.prefix(100).allSatisfy { $0["method"] as? String == "MULTIPART" })
            #expect(tickets[100]["code"] as? String == "invalid_batch" && tickets[100]["field"] as? String == "uploads[100]")
            #expect(tickets[101]["method"] as? String == "PUT")
            #expect(try await desk.bucket.unfinishedUploads() == 100)
        }
    }

    @Test func aStoreThatIsNotThereIsAProblem() async throws {
        try await StepDesk.run { desk in
            let grant = try await desk.ticket("single", size: 3).grant
            try await StepDesk.run(change: { configuration in
                let office = configuration.offices[0]
                let gone = try! S3Location(
                    endpoint: Endpoint(baseURL: "http://127.0.0.1:1", region: "us-east-1"), bucket: BucketName(TestStore.name), style: .path
                )
                let environment = office.environment.replacing(location: gone, publicBaseURL: nil, allowedOrigins: [])
                configuration.offices = [
                    SigningOffice(environment: environment, sealingKeys: Fixture.sealingKeys, credentials: TestStore.credentials)
                ]
            }) { cut async throws in
                #expect(try await cut.one.post(StepDesk.body("videos", size: 10)).code == "store_unreachable")
                #expect(try await cut.one.post(to: "/v1/uploads/confirm", #"{"grant":"\#(grant)"}"#).code == "store_unreachable")
                #expect(try await cut.one.post(StepDesk.body("single", size: 10)).status == 201)
            }
        }
    }
}
