import Foundation
import HTTPTypes
import HummingbirdTesting
import Libcrypto
import NIOCore
import S3Signing
import SigV4
import Testing

/// POST of a form.
@Suite struct FormTests {
    @Test func aFormStoresItsFile() async throws {
        try await withBucket { bucket async throws in
            let form = try bucket.form(fields: [
                ("key", "u/1.png"), ("Content-Type", "image/png"), ("x-amz-meta-user", "ada"), ("Cache-Control", "no-cache"),
                ("x-amz-storage-class", "STANDARD_IA"),
                (
                    "tagging",
                    "<Tagging><TagSet><Tag><Key>a</Key><Value>1 &amp; 2</Value></Tag></TagSet></Tagging>".replacing("&amp; ", with: "")
                ),
            ])
            let post = try await bucket.post(form, file: "hello")
            #expect(post.status == .noContent)
            #expect(post.text == "")
            #expect(post.headers[.eTag] == "\"5d41402abc4b2a76b9719d911017c592\"")
            #expect(post.headers[.location] == "http://localhost/photos/u/1.png")
            let get = try await bucket.send(.get, "u/1.png")
            #expect(get.text == "hello")
            #expect(get.headers[.contentType] == "image/png")
            #expect(get.headers[raw: "x-amz-meta-user"] == "ada")
            #expect(get.headers[.cacheControl] == "no-cache")
            #expect(get.headers[raw: "x-amz-storage-class"] == "STANDARD_IA")
            #expect(get.headers[raw: "x-amz-tagging-count"] == "1")
        }
    }

    @Test func statusAndRedirect() async throws {
        try await withBucket { bucket async throws in
            let ok = try await bucket.post(try bucket.form(fields: [("key", "a b"), ("success_action_status", "200")]), file: "x")
            #expect(ok.status == .ok)
            #expect(ok.text == "")
            let created = try await bucket.post(try bucket.form(fields: [("key", "a b"), ("success_action_status", "201")]), file: "x")
            #expect(created.status == .created)
            #expect(created.element("Location") == "http://localhost/photos/a%20b")
            #expect(created.element("Bucket") == "photos")
            #expect(created.element("Key") == "a b")
            #expect(created.element("ETag") == "&quot;9dd4e461268c8034f5c8564e155c67a6&quot;")
            #expect(created.text.contains("<PostResponse>"))
            let odd = try await bucket.post(try bucket.form(fields: [("key", "k"), ("success_action_status", "404")]), file: "x")
            #expect(odd.status == .noContent)
            let back = try bucket.form(fields: [("key", "a b"), ("success_action_redirect", "https://app.example.com/done?x=1#top")])
            let redirect = try await bucket.post(back, file: "x")
            #expect(redirect.status == .seeOther)
            #expect(
                redirect.headers[.location]
                    == "https://app.example.com/done?x=1&bucket=photos&key=a%20b&etag=%229dd4e461268c8034f5c8564e155c67a6%22#top")
            for unreadable in ["nowhere", "javascript://x/", "https://", "https://a b/"] {
                let form = try bucket.form(fields: [("key", "k"), ("success_action_redirect", unreadable)])
                #expect(try await bucket.post(form, file: "x").status == .noContent, "\(unreadable)")
            }
        }
    }

    @Test func theFilesNameStandsForTheVariable() async throws {
        try await withBucket { bucket async throws in
            let conditions = [PostPolicy.Condition.startsWith(field: "key", prefix: "u/")]
            let form = try bucket.form(fields: [("key", "u/${filename}")], conditions: conditions)
            for (filename, key) in [
                ("a.png", "u/a.png"), ("C:\\dir\\b.png", "u/b.png"), ("../../c.png", "u/c.png"), ("ü \\\" x.png", "u/ü \" x.png"),
            ] {
                #expect(try await bucket.post(form, file: key, filename: filename).status == .noContent)
                #expect(try await bucket.send(.get, key).text == key)
            }
            #expect(try await bucket.post(form, file: "literal", filename: nil).status == .noContent)
            #expect(try await bucket.send(.get, "u/${filename}").text == "literal")
            #expect(try await bucket.post(form, file: "empty", filename: "").status == .noContent)
            #expect(try await bucket.send(.get, "u/").text == "empty")
        }
    }

    @Test func theSizeRangeHolds() async throws {
        try await withBucket { bucket async throws in
            let form = try bucket.form(fields: [("key", "k")], conditions: [.contentLengthRange(3...5)])
            let small = try await bucket.post(form, file: "12")
            #expect(small.refusal == "400 EntityTooSmall")
            #expect(small.element("ProposedSize") == "2")
            #expect(small.element("MinSizeAllowed") == "3")
            let large = try await bucket.post(form, file: String(repeating: "x", count: 200_000))
            #expect(large.refusal == "400 EntityTooLarge")
            #expect(large.element("ProposedSize") == "200000")
            #expect(large.element("MaxSizeAllowed") == "5")
            #expect(try await bucket.send(.get, "k").refusal == "404 NoSuchKey")
            for file in ["123", "12345"] { #expect(try await bucket.post(form, file: file).status == .noContent) }
        }
    }

    @Test func checksumsOfForms() async throws {
        try await withBucket { bucket async throws in
            let form = try bucket.form(fields: [("key", "k"), ("x-amz-checksum-crc32", "y/Q5Jg==")])
            #expect(try await bucket.post(form, file: "1234567890").refusal == "400 BadDigest")
            let stored = try await bucket.post(form, file: "123456789")
            #expect(stored.headers[raw: "x-amz-checksum-crc32"] == "y/Q5Jg==")
        }
    }

    @Test func notAForm() async throws {
        try await withBucket { bucket async throws in
            for type in ["application/x-www-form-urlencoded", "text/plain", "multipart/mixed; boundary=x"] {
                let answer = try await bucket.send("POST", "/photos/", [Header("content-type", type)], body: .init(string: "key=k"))
                #expect(answer.refusal == "412 PreconditionFailed")
                #expect(answer.element("Condition") == "Bucket POST must be of the enclosure-type multipart/form-data")
            }
            for type in [
                "multipart/form-data", "multipart/form-data; boundary=",
                "multipart/form-data; boundary=\(String(repeating: "b", count: 71))",
            ] {
                let answer = try await bucket.send("POST", "/photos/", [Header("content-type", type)], body: .init(string: "key=k"))
                #expect(answer.refusal == "400 MalformedPOSTRequest")
            }
        }
    }

    @Test func whatAFormMustHave() async throws {
        try await withBucket { bucket async throws in
            let form = try bucket.form(fields: [("key", "k")])
            let fields = form.fields.map { FormPart($0.name, $0.value) }
            let file = FormPart("file", "x", filename: "a")
            let without = { (name: String) in fields.filter { $0.name.lowercased() != name } }
            let late = try await bucket.post(parts: without("key") + [file, FormPart("key", "k")])
            #expect(late.refusal == "400 InvalidArgument")
            #expect(late.element("ArgumentName") == "key")
            #expect(try await bucket.post(parts: without("key") + [file]).element("ArgumentName") == "key")
            for name in ["Policy", "X-Amz-Signature", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Algorithm"] {
                let answer = try await bucket.post(parts: without(name.lowercased()) + [file])
                #expect(answer.refusal == "400 InvalidArgument")
                #expect(answer.element("ArgumentName") == name)
            }
            #expect(try await bucket.post(parts: [FormPart("key", "k"), file]).refusal == "403 AccessDenied")
            let none = try await bucket.post(parts: fields)
            #expect(none.refusal == "400 InvalidArgument")
            #expect(none.element("Message") == "POST requires exactly one file upload per request.")
            let two = try await bucket.post(parts: fields + [file, FormPart("file", "y", filename: "b")])
            #expect(two.refusal == "400 InvalidArgument")
            #expect(two.element("Message") == "POST requires exactly one file upload per request.")
            #expect(try await bucket.send(.get, "k").refusal == "404 NoSuchKey")
            #expect(try bucket.folder.files("photos/incoming") == [])
            #expect(try await bucket.post(parts: fields + [file, FormPart("x-amz-meta-late", "ignored")]).status == .noContent)
            #expect(try await bucket.send(.head, "k").headers[raw: "x-amz-meta-late"] == nil)
        }
    }

    @Test func thePolicyIsKept() async throws {
        try await withBucket { bucket async throws in
            let form = try bucket.form(fields: [("key", "k")])
            let extra = try await bucket.post(form, file: "x", extra: [FormPart("x-amz-meta-a", "b")])
            #expect(extra.refusal == "403 AccessDenied")
            #expect(extra.element("Message") == "Invalid according to Policy: Extra input fields: x-amz-meta-a")
            #expect(try await bucket.post(form, file: "x", extra: [FormPart("x-ignore-me", "b")]).status == .noContent)
            let other = form.fields.map { FormPart($0.name, $0.name == "key" ? "other" : $0.value) }
            #expect(try await bucket.post(parts: other + [FormPart("file", "x")]).refusal == "403 AccessDenied")
            let signature = form.fields.map { FormPart($0.name, $0.name == "x-amz-signature" ? String($0.value.reversed()) : $0.value) }
            #expect(try await bucket.post(parts: signature + [FormPart("file", "x")]).refusal == "403 SignatureDoesNotMatch")
            let expired = try bucket.form(fields: [("key", "k")], expires: 60, at: now.adding(seconds: -60))
            #expect(try await bucket.post(expired, file: "x").element("Message") == "Invalid according to Policy: Policy expired.")
            let foreign = try bucket.form(fields: [("key", "k")], as: stranger)
            #expect(try await bucket.post(foreign, file: "x").refusal == "403 AccessDenied")
            // A form for one bucket is no good for another.
            let parts = form.fields.map { FormPart($0.name, $0.value) } + [FormPart("file", "x")]
            #expect(try await bucket.post(parts: parts, path: "/photos.archive/").refusal == "403 AccessDenied")
        }
    }

    @Test(arguments: [
        ("x-amz-storage-class", "COLD", "400 InvalidStorageClass"), ("tagging", "<Tagging>", "400 MalformedXML"),
        ("tagging", "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>", "400 MalformedXML"),
        ("tagging", "<Tagging><TagSet><Tag><Key/><Value/></Tag></TagSet></Tagging>", "400 InvalidTag"),
        ("tagging", "<Tagging><TagSet><Tag><Key></Key><Value></Value></Tag></TagSet></Tagging>", "400 InvalidTag"),
        ("tagging", "<Tagging><TagSet><Tag><Key>a</Key><Value/></Tag></TagSet></Tagging>", "204 -"),
        ("tagging", "<Tagging><TagSet><Tag/></TagSet></Tagging>", "400 MalformedXML"),
        ("tagging", "<Tagging><TagSet><Tag><Key>a</Key><Value>&x;</Value></Tag></TagSet></Tagging>", "400 MalformedXML"),
        ("tagging", "<Tagging><TagSet></TagSet></Tagging>x", "400 MalformedXML"), ("tagging", "a=b", "400 MalformedXML"),
        ("tagging", "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"> <TagSet/> </Tagging>", "204 -"),
        ("tagging", " <Tagging xmlns=\"u\"> <TagSet> </TagSet> </Tagging> ", "204 -"),
        ("tagging", "<Tagging><TagSet><Tag><Key>&#97;&#x62;</Key><Value>c</Value></Tag></TagSet></Tagging>", "204 -"),
        ("acl", "public-read", "400 AccessControlListNotSupported"), ("x-amz-server-side-encryption", "none", "400 InvalidArgument"),
        ("x-amz-meta-a", String(repeating: "é", count: 1024), "400 MetadataTooLarge"),
    ])
    func fieldsThatS3Refuses(name: String, value: String, answer: String) async throws {
        try await withBucket { bucket async throws in
            let post = try await bucket.post(try bucket.form(fields: [("key", "k"), (name, value)]), file: "x")
            #expect(post.refusal == answer)
        }
    }

    @Test func fieldsBeforeTheFileAreLimited() async throws {
        try await withBucket { bucket async throws in
            let size = { (parts: [FormPart]) in parts.reduce(0) { $0 + $1.name.utf8.count + $1.content.utf8.count } }
            let fields = try bucket.form(fields: [("key", "k")]).fields.map { FormPart($0.name, $0.value) }
            let filler = { (count: Int) in
                FormPart("x-ignore-a", String(repeating: "i", count: count - size(fields) - "x-ignore-a".utf8.count))
            }
            let file = FormPart("file", String(repeating: "f", count: 30_000), filename: "f")
            #expect(try await bucket.post(parts: fields + [filler(20_480), file]).status == .noContent)
            #expect(try await bucket.post(parts: fields + [filler(20_481), file]).refusal == "400 MaxPostPreDataLengthExceededError")
            #expect(try await bucket.post(parts: fields + [filler(1_000_000), file]).refusal == "400 MaxPostPreDataLengthExceededError")
            let many = (0..<3000).map { FormPart("x-ignore-\($0)", "") }
            #expect(try await bucket.post(parts: many + fields + [file]).refusal == "400 MaxPostPreDataLengthExceededError")
            // Behind the file nothing is kept, however much it is.
            #expect(try await bucket.post(parts: fields + [file, filler(500_000)]).status == .noContent)
        }
    }

    @Test func bodiesThatAreNoForms() async throws {
        try await withBucket { bucket async throws in
            let form = try bucket.form(fields: [("key", "k")])
            let whole = multipart(form.fields.map { FormPart($0.name, $0.value) } + [FormPart("file", "content", filename: "f")])
            let type = [Header("content-type", "multipart/form-data; boundary=----WebKitFormBoundaryABC123")]
            let altered = [
                String(whole.dropLast(8)), String(whole.prefix(100)), "", "--", "------WebKitFormBoundaryABC123",
                whole.replacing("form-data;", with: "attachment;"),
                whole.replacing("; name=\"key\"", with: ""), whole.replacing("Content-Disposition", with: "X-Disposition"),
                "------WebKitFormBoundaryABC123--\r\n", "------WebKitFormBoundaryABC123xyz\r\n" + whole,
                whole.replacing("\r\n", with: "\n"),
            ]
            for body in altered {
                let answer = try await bucket.send("POST", "/photos/", type, body: .init(string: body))
                #expect(answer.status == .badRequest, "\(body.debugDescription.prefix(200))")
            }
            #expect(try await bucket.send(.get, "k").refusal == "404 NoSuchKey")
            #expect(try bucket.folder.files("photos/incoming") == [])
        }
    }

    /// The file may hold whatever looks like a boundary but is none.
    @Test(arguments: [
        "\r\n------WebKitFormBoundaryABC12", "------WebKitFormBoundaryABC123", "\r\n------WebKitFormBoundaryABC12\r\n--", "\r\n",
        "\r\n\r\n--", "",
        "\r\n--\r\n----\r\n------\r\n", "\r\r\n\n------WebKitFormBoundaryABC123--",
    ])
    func contentLikeABoundary(content: String) async throws {
        try await withBucket { bucket async throws in
            let form = try bucket.form(fields: [("key", "k")])
            #expect(try await bucket.post(form, file: content).status == .noContent)
            #expect(try await bucket.send(.get, "k").text.utf8.elementsEqual(content.utf8))
        }
    }

    @Test func boundariesMayBeQuotedAndPadded() async throws {
        try await withBucket { bucket async throws in
            let form = try bucket.form(fields: [("key", "k")])
            let parts = form.fields.map { FormPart($0.name, $0.value) } + [FormPart("FILE", "x", filename: "f")]
            let body =
                "a preamble\r\n" + multipart(parts, boundary: "a b:c").replacing("--a b:c\r\n", with: "--a b:c \t\r\n") + "an epilogue"
            let type = Header("Content-Type", "Multipart/Form-Data; charset=utf-8; Boundary=\"a b:c\"")
            #expect(try await bucket.send("POST", "/photos", [type], body: .init(string: body)).status == .noContent)
            #expect(try await bucket.send(.get, "k").text == "x")
        }
    }
}
