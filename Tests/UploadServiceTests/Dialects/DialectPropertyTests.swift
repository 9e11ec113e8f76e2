import Foundation
import HTTPTypes
import S3Signing
import SigV4
import Testing
import Uploads

@testable import UploadService

/// Whatever a client sends, no URL and no form leaves what its rule allows.
///
/// Requests of every dialect are mixed from good values, values of other dialects and hostile ones. Every answer is searched for what was
/// signed, and what is found is read with S3's own check and compared with the rules.
@Suite struct DialectPropertyTests {
    private static let names = [
        "a.png", "film.mp4", "../../x", "a\u{0}b", "", "é.pdf", "${filename}", "a\r\nb", "x\"; y=\"z", String(repeating: "n", count: 1500),
    ]
    private static let types = [
        "image/png", "video/mp4", "application/pdf", "image/svg+xml", "text/html", "image/*", "*/*", "", "image/png, text/html",
        "IMAGE/PNG",
        "image/png;charset=x", "image/gif\r\nx: y",
    ]
    private static let sizes = [
        "1", "68", "0", "-1", "1000000", "1000001", "20000001", "9223372036854775807", "1e3", "null", "\"5\"", "[]", "5.5",
    ]
    private static let md5s = ["XUFAKrxLKna5cZ2REBfFkg==", "", "x", "XUFAKrxLKna5cZ2REBfFkg==\\r\\nx-amz-acl: public-read"]
    private static let meta = [
        #"{}"#, #"{"name":"x"}"#, #"{"name":"x\r\nx-amz-acl: public-read"}"#, #"{"x-amz-acl":"public-read"}"#, #"{"caption":"é"}"#, "[]",
        "null",
        #"{"name":{"a":1}}"#, #"{"NAME":"a","name":"b"}"#, #"{"acl":"public-read","content-type":"text/html"}"#,
    ]
    private static let numbers = ["1", "2", "4", "5", "0", "10000", "-1", "1%2F..%2F", "batch", "1,2", "1,1"]

    @Test(arguments: 0..<24) func nothingLeavesItsRule(seed: UInt64) async throws {
        try await Dialectal.run { service, bucket async throws in
            var random = SeededGenerator(seed: 1000 + seed)
            var known = Known()
            var signed = 0
            for _ in 0..<100 {
                let token: String? =
                    Int.random(in: 0..<4, using: &random) > 0
                    ? nil : ["attachments", "avatars", "documents", "films"].randomElement(using: &random)!
                let request = Self.request(&known, using: &random)
                let path = token.map { "/u/\(Dialectal.token(rule: $0))\(request.path)" } ?? request.path
                var headers = token == nil ? Dialectal.keyed : Dialectal.page
                headers[.contentType] = request.body == nil ? nil : "application/json"
                let answer = try await service.send(request.method, path, headers, body: request.body)
                #expect(answer.status != 500, "\(request.path): \(answer.text)")
                guard answer.status == 200 else { continue }
                known.learn(try answer.value(), bucket)
                let rules = token.map { [$0] } ?? Self.rules(of: request.path)
                signed += try Self.check(try answer.value(), rules, owner: token == nil ? "web-backend" : "web-backend.alice")
            }
            #expect(signed > 5, "too few requests were good for anything")
        }
    }

    // MARK: Requests

    private struct Known {
        var ids = ["x", "store-upload-1"]
        var keys = ["attachments/web-backend/x.mp4", "avatars/other/x.png"]

        mutating func learn(_ value: Any, _ bucket: PartsBucket) {
            guard let object = value as? [String: Any] else { return }
            if let id = object["uploadId"] as? String { ids.append(id) }
            if let key = object["key"] as? String { keys.append(key) }
            ids += bucket.uploads.keys.prefix(1)
        }
    }

    private static func request(_ known: inout Known, using random: inout SeededGenerator) -> (
        method: HTTPRequest.Method, path: String, body: String?
    ) {
        func one(_ values: [String]) -> String { values.randomElement(using: &random)! }
        func text(_ value: String) -> String { String(decoding: try! JSONEncoder().encode(value), as: UTF8.self) }
        func query(_ value: String) -> String { value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "" }
        // Most of the values are those that a good request has.
        func often(_ values: [String], good: Int = 2) -> String {
            Int.random(in: 0..<8, using: &random) > 0 ? one(Array(values.prefix(good))) : one(values)
        }
        let key = one(Array(known.keys.suffix(3)) + ["x-film.mp4", "../x"])
        let id = one(Array(known.ids.suffix(3)))
        switch Int.random(in: 0..<9, using: &random) {
        case 0:
            let more = one([
                "", "&metadata[name]=x", "&metadata[x-amz-acl]=public-read", "&size=5", "&type=text%2Fhtml", "&method=PUT&key=x",
            ])
            return (.get, "/s3/params?filename=\(query(often(names)))&type=\(query(often(types)))\(more)", nil)
        case 1:
            return (.get, "/presign?filename=\(query(often(names)))&type=\(query(often(types)))&size=\(query(often(sizes)))", nil)
        case 2:
            let body =
                #"{"filename":\#(text(often(names))),"type":\#(text(often(types))),"metadata":\#(often(meta)),"#
                + #""size":\#(one(sizes)),"rule":"avatars"}"#
            return (.post, "/s3/multipart", body)
        case 3:
            return (.get, "/s3/multipart/\(id)/\(often(numbers))?key=\(query(key))", nil)
        case 4: return (.get, "/s3/multipart/\(id)/batch?partNumbers=\(often(numbers))", nil)
        case 5, 6:
            let more = one([
                "", #","uploadId":\#(text(id))"#, #","uploadId":\#(text(id)),"partNumber":\#(one(["1", "2", "9", "0"]))"#,
                #","uploadId":"x?acl&y","partNumber":1"#, #","bucket":"other","expiresIn":604800"#,
            ])
            let method = one(["PUT", "POST", "GET", "DELETE", "HEAD", "put"])
            return (.post, "/s3/presign", #"{"method":"\#(method)","key":\#(text(key)),"contentType":\#(text(often(types)))\#(more)}"#)
        case 7:
            let blob =
                #"{"filename":\#(text(often(names))),"content_type":\#(text(often(types, good: 3))),"byte_size":\#(often(sizes)),"#
                + #""checksum":"\#(often(md5s, good: 1))","metadata":\#(one(meta)),"key":"x","service_name":"y"}"#
            return (.post, "/rails/active_storage/direct_uploads", #"{"blob":\#(blob)}"#)
        default:
            let file =
                #"{"name":\#(text(often(names))),"size":\#(often(sizes)),"type":\#(text(often(types))),"#
                + #""objectInfo":{"key":"x","acl":"public-read"}}"#
            let route = one(["avatars", "documents", "attachments", "films", "nothing"])
            return (
                .post, "/upload",
                #"{"route":"\#(route)","files":[\#(file)],"metadata":\#(one(meta)),"headers":{"x-amz-acl":"public-read"}}"#
            )
        }
    }

    private static func rules(of path: String) -> [String] {
        if path.hasPrefix("/rails") { return ["documents"] }
        return path.hasPrefix("/upload") ? Array(Dialectal.rules.keys) : ["attachments"]
    }

    // MARK: What was signed

    /// Finds every URL and form in an answer and compares it; how many there were.
    private static func check(_ value: Any, _ rules: [String], owner: String) throws -> Int {
        switch value {
        case let array as [Any]: return try array.reduce(0) { $0 + (try check($1, rules, owner: owner)) }
        case let object as [String: Any]:
            if let fields = object["fields"] as? [String: String], !fields.isEmpty {
                try checkForm(try #require(object["url"] as? String), fields, rules, owner)
                return 1
            }
            let headers = object["headers"] as? [String: String] ?? [:]
            return try object.values.reduce(0) { count, value in
                guard let text = value as? String, text.contains("X-Amz-Signature=") else {
                    return count + (try check(value, rules, owner: owner))
                }
                try checkURL(text, headers, rules, owner)
                return count + 1
            }
        default: return 0
        }
    }

    private static func ruleName(ofKey key: String, _ rules: [String], _ owner: String) -> String? {
        let parts = key.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, rules.contains(parts[0]), parts[1] == owner else { return nil }
        return parts[2].wholeMatch(of: /[0-9a-f-]{36}(\.[0-9a-f]{8}\.[A-Za-z0-9_-]{22})?(\.[a-z0-9]{2,5})?/) == nil ? nil : parts[0]
    }

    private static func checkForm(_ url: String, _ fields: [String: String], _ rules: [String], _ owner: String) throws {
        #expect(url.hasSuffix("/\(PartsBucket.name)/"))
        let rule = try #require(ruleName(ofKey: fields["key"] ?? "", rules, owner), "\(fields["key"] ?? "")")
        let encoded = try #require(fields["policy"])
        let document = try #require(Data(base64Encoded: encoded))
        let policy = try #require(try JSONSerialization.jsonObject(with: document) as? [String: Any])
        let conditions = try #require(policy["conditions"] as? [Any])
        var exact: [String: String] = [:]
        var range: [Int64]?
        for condition in conditions {
            if let object = condition as? [String: String] { exact.merge(object) { one, _ in one } }
            guard let list = condition as? [Any] else { continue }
            if list[0] as? String == "content-length-range" {
                range = list.dropFirst().compactMap { ($0 as? NSNumber)?.int64Value }
            } else {
                #expect(list[0] as? String == "eq", "\(list)")
                exact[String((list[1] as? String ?? "").dropFirst())] = list[2] as? String
            }
        }
        let allowed = try #require(Dialectal.rules[rule])
        let bounds = try #require(range)
        #expect(bounds.count == 2 && bounds[0] >= allowed.lowerBound && bounds[1] <= allowed.upperBound)
        #expect(exact["bucket"] == PartsBucket.name && exact["key"] == fields["key"] && exact["content-type"] == fields["content-type"])
        checkHeaders(fields, rule)
        for (name, value) in fields where !["policy", "x-amz-signature"].contains(name) { #expect(exact[name] == value, "\(name)") }
    }

    private static func checkURL(_ url: String, _ sent: [String: String], _ rules: [String], _ owner: String) throws {
        let components = try #require(URLComponents(string: url))
        let path = components.path
        #expect(path.hasPrefix("/\(PartsBucket.name)/"))
        let rule = try #require(ruleName(ofKey: String(path.dropFirst(PartsBucket.name.count + 2)), rules, owner), "\(path)")
        let query = Dictionary((components.queryItems ?? []).map { ($0.name, $0.value ?? "") }, uniquingKeysWith: { $0 + $1 })
        let operation = Set(query.keys.filter { !$0.hasPrefix("X-Amz-") })
        let signed = Set((query["X-Amz-SignedHeaders"] ?? "").split(separator: ";").map(String.init))
        switch operation {
        case []:  // A PUT of the file.
            #expect(signed.isSuperset(of: ["content-length", "content-type"]), "\(url)")
        case ["partNumber", "uploadId"]:
            #expect((1...4).contains(Int(query["partNumber"] ?? "") ?? 0) && signed.subtracting(["host", "content-length"]).isEmpty)
        case ["uploads"]: #expect(signed.contains("content-type"))
        case ["uploadId"]:
            // Completing, listing or aborting: the first is bound to what was counted.
            #expect(signed.subtracting(["host", "if-none-match", "x-amz-mp-object-size"]).isEmpty)
        default: Issue.record("\(url) does something else")
        }
        checkHeaders(sent, rule)
        #expect(signed.subtracting(["host", "content-length", "content-type"]).isSubset(of: sent.keys), "\(url)")
    }

    private static func checkHeaders(_ headers: [String: String], _ rule: String) {
        let types = ["attachments": ["image/", "video/mp4"], "avatars": ["image/png", "image/jpeg"], "films": ["video/mp4"]]
        let allowed = types[rule] ?? ["application/pdf", "application/octet-stream"]
        if let type = headers["content-type"] {
            #expect(allowed.contains { type.hasPrefix($0) } && !type.contains("svg") && !type.contains(",") && !type.contains(";"))
        }
        for (name, value) in headers {
            #expect(!name.contains("acl") && value.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "\(name): \(value)")
            if name.hasPrefix("x-amz-meta-") { #expect(["x-amz-meta-name", "x-amz-meta-caption"].contains(name)) }
        }
    }
}
