import S3Policy
import Testing

@Suite("What a request asks a policy for")
struct S3RequestFactsTests {
    typealias Item = S3RequestFacts.Item

    static func facts(
        _ method: String, _ key: String? = "a/b.png", _ query: [Item] = [], _ headers: [Item] = [],
        signed: S3RequestFacts.Authentication? = .query
    ) -> S3RequestFacts {
        S3RequestFacts(method: method, bucket: "example-bucket", key: key, query: query, headers: headers, authentication: signed)
    }

    @Test(
        "Actions follow from method, subresource and headers",
        arguments: [
            (facts("GET"), ["s3:GetObject"]), (facts("HEAD"), ["s3:GetObject"]), (facts("PUT"), ["s3:PutObject"]),
            (facts("DELETE"), ["s3:DeleteObject"]),
            (facts("GET", "a", [Item("versionId", "1")]), ["s3:GetObjectVersion"]),
            (facts("DELETE", "a", [Item("versionId", "1")]), ["s3:DeleteObjectVersion"]),
            (facts("GET", "a", [Item("tagging", "")]), ["s3:GetObjectTagging"]),
            (facts("PUT", "a", [Item("acl", "")]), ["s3:PutObjectAcl"]),
            (facts("PUT", "a", [], [Item("X-Amz-ACL", "private")]), ["s3:PutObject", "s3:PutObjectAcl"]),
            (facts("PUT", "a", [], [Item("x-amz-object-lock-mode", "GOVERNANCE")]), ["s3:PutObject", "s3:PutObjectRetention"]),
            (facts("PUT", "a", [Item("partNumber", "1"), Item("uploadId", "u")]), ["s3:PutObject"]),
            (facts("POST", "a", [Item("uploads", "")]), ["s3:PutObject"]),
            (facts("DELETE", "a", [Item("uploadId", "u")]), ["s3:AbortMultipartUpload"]),
            (facts("GET", "a", [Item("uploadId", "u")]), ["s3:ListMultipartUploadParts"]),
            (facts("GET", nil), ["s3:ListBucket"]), (facts("HEAD", nil), ["s3:ListBucket"]),
            (facts("GET", nil, [Item("uploads", "")]), ["s3:ListBucketMultipartUploads"]),
            (facts("GET", nil, [Item("cors", "")]), ["s3:GetBucketCORS"]),
            (facts("PUT", nil, [Item("policy", "")]), ["s3:PutBucketPolicy"]),
            (facts("DELETE", nil, [Item("policy", "")]), ["s3:DeleteBucketPolicy"]),
            (facts("DELETE", nil, [Item("cors", "")]), ["s3:PutBucketCORS"]),
            (facts("PUT", nil), ["s3:CreateBucket"]), (facts("POST", "a", signed: .form), ["s3:PutObject"]),
        ])
    func actions(facts: S3RequestFacts, actions: [String]) {
        let accesses = facts.accesses(by: .anonymous)
        #expect(accesses.map(\.action) == actions)
        #expect(accesses.allSatisfy { ServiceReference.embedded.action(named: String($0.action.dropFirst(3))) != nil })
        #expect(accesses.allSatisfy { $0.resource == "arn:aws:s3:::example-bucket" + (facts.key.map { "/\($0)" } ?? "") })
    }

    @Test("The context tells what the request has, and nothing that the action does not")
    func context() throws {
        var facts = Self.facts(
            "PUT", "a", [], [Item("If-None-Match", "*"), Item("x-amz-storage-class", "STANDARD_IA"), Item("User-Agent", "x")])
        facts.signatureAgeMilliseconds = 1500
        facts.isSecure = true
        facts.tags = [Item("team", "red")]
        let accesses = facts.accesses(by: .anonymous)
        #expect(accesses.map(\.action) == ["s3:PutObject", "s3:PutObjectTagging"])
        func value(_ name: String, _ index: Int = 0) throws -> RequestContext.Value? {
            accesses[index].context[try #require(ConditionKey(name))]
        }
        #expect(try value("s3:if-none-match") == .single("*"))
        #expect(try value("s3:x-amz-storage-class") == .single("STANDARD_IA"))
        #expect(try value("s3:x-amz-storage-class", 1) == nil)
        #expect(try value("s3:signatureAge") == .single("1500"))
        #expect(try value("s3:authType") == .single("REST-QUERY-STRING"))
        #expect(try value("s3:ObjectCreationOperation") == .single("true"))
        #expect(try value("s3:RequestObjectTag/team") == .single("red"))
        #expect(try value("s3:RequestObjectTagKeys") == .multiple(["team"]))
        #expect(try value("aws:SecureTransport") == .single("true"))
        #expect(try value("aws:UserAgent") == .single("x"))
        #expect(try value("aws:SourceIp") == nil)
    }

    @Test("A form's ACL and tags ask for their actions, under the form's own names")
    func form() throws {
        let acl = try #require(ConditionKey("s3:x-amz-acl"))
        let form = Self.facts("POST", "a", [], [Item("acl", "public-read"), Item("Tagging", "<Tagging/>")], signed: .form)
        let accesses = form.accesses(by: .anonymous)
        #expect(accesses.map(\.action) == ["s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectTagging"])
        #expect(accesses[0].context[acl] == .single("public-read") && accesses[1].context[acl] == .single("public-read"))
        let header = Self.facts("PUT", "a", [], [Item("acl", "public-read"), Item("x-amz-tagging", "")])
        #expect(header.accesses(by: .anonymous).map(\.action) == ["s3:PutObject", "s3:PutObjectTagging"])
    }

    @Test("What S3 takes from headers only tells nothing in the query")
    func query() throws {
        let facts = Self.facts("PUT", "a", [Item("x-amz-acl", "private"), Item("X-Amz-Storage-Class", "STANDARD")])
        let accesses = facts.accesses(by: .anonymous)
        #expect(accesses.map(\.action) == ["s3:PutObject"])
        for name in ["s3:x-amz-acl", "s3:x-amz-storage-class"] {
            #expect(accesses[0].context[try #require(ConditionKey(name))] == nil)
        }
    }

    @Test("The time is told as seconds and as a date")
    func time() throws {
        var facts = Self.facts("GET")
        facts.timeSeconds = 1_735_689_600
        let context = facts.accesses(by: .anonymous)[0].context
        #expect(context[try #require(ConditionKey("aws:EpochTime"))] == .single("1735689600"))
        #expect(context[try #require(ConditionKey("aws:CurrentTime"))] == .single("2025-01-01T00:00:00Z"))
    }

    @Test("A part makes no object, a listing tells its prefix, and a payload's hash never comes in a query")
    func special() throws {
        let creation = try #require(ConditionKey("s3:ObjectCreationOperation"))
        let part = Self.facts("PUT", "a", [Item("partNumber", "1"), Item("uploadId", "u")]).accesses(by: .anonymous)
        #expect(part[0].context[creation] == .single("false"))
        let list = Self.facts("GET", nil, [Item("prefix", "a/"), Item("max-keys", "3")]).accesses(by: .anonymous)
        #expect(list[0].context[try #require(ConditionKey("s3:prefix"))] == .single("a/"))
        #expect(list[0].context[try #require(ConditionKey("s3:max-keys"))] == .single("3"))
        let hash = try #require(ConditionKey("s3:x-amz-content-sha256"))
        #expect(Self.facts("GET", "a", [Item("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")]).accesses(by: .anonymous)[0].context[hash] == nil)
        #expect(
            Self.facts("GET", "a", [], [Item("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")]).accesses(by: .anonymous)[0].context[hash]
                == .single("UNSIGNED-PAYLOAD"))
    }
}
