import Foundation
import HTTPTypes
import HummingbirdTesting
import S3Signing
import SigV4
import Testing

/// ListObjectsV2, and version 1.
@Suite struct ListingTests {
    private func list(_ bucket: TestBucket, _ query: [(String, String)]) async throws -> TestResponse {
        try await bucket.send(.get, nil, query: [("list-type", "2")] + query)
    }

    private func fill(_ bucket: TestBucket, _ keys: [String]) async throws {
        for key in keys { try await bucket.send(.put, key, body: "x") }
    }

    @Test func anObjectIsListedAsS3Does() async throws {
        try await withBucket { bucket async throws in
            try await bucket.send(.put, "a<b", headers: [("x-amz-storage-class", "STANDARD_IA")], body: "hello")
            let list = try await self.list(bucket, [])
            #expect(list.status == .ok)
            #expect(
                list.text == """
                    <?xml version="1.0" encoding="UTF-8"?>
                    <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>photos</Name><Prefix></Prefix>\
                    <KeyCount>1</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated><Contents><Key>a&lt;b</Key>\
                    <LastModified>2025-01-02T03:04:05.000Z</LastModified><ETag>&quot;5d41402abc4b2a76b9719d911017c592&quot;</ETag>\
                    <ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Size>5</Size>\
                    <StorageClass>STANDARD_IA</StorageClass></Contents></ListBucketResult>
                    """)
        }
    }

    @Test func prefixDelimiterAndStart() async throws {
        try await withBucket { bucket async throws in
            try await self.fill(bucket, ["a", "b/1", "b/2", "b/c/3", "b0", "c/", "c/4"])
            let whole = try await self.list(bucket, [("delimiter", "/")])
            #expect(whole.elements("Key") == ["a", "b0"])
            #expect(whole.elements("Prefix") == ["", "b/", "c/"])
            #expect(whole.element("KeyCount") == "4")
            let inside = try await self.list(bucket, [("delimiter", "/"), ("prefix", "b/")])
            #expect(inside.elements("Key") == ["b/1", "b/2"])
            #expect(inside.elements("Prefix") == ["b/", "b/c/"])
            #expect(try await self.list(bucket, [("prefix", "b")]).elements("Key") == ["b/1", "b/2", "b/c/3", "b0"])
            #expect(try await self.list(bucket, [("prefix", "x")]).elements("Key") == [])
            #expect(try await self.list(bucket, [("start-after", "b/2")]).elements("Key") == ["b/c/3", "b0", "c/", "c/4"])
            #expect(try await self.list(bucket, [("delimiter", "/c"), ("prefix", "b")]).elements("Prefix") == ["b", "b/c"])
        }
    }

    @Test(arguments: [1, 2, 3, 7])
    func pagesJoinToTheWhole(size: Int) async throws {
        let keys = ["a", "b/1", "b/2", "b/c/3", "b0", "c/", "c/4", "d", "é", "😀"].sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        try await withBucket { bucket async throws in
            try await self.fill(bucket, keys.shuffled())
            for delimiter in ["", "/"] {
                let whole = try await self.list(bucket, [("delimiter", delimiter)])
                var found: [String] = []
                var prefixes: [String] = []
                var token: String?
                for _ in 0..<20 {
                    let page = try await self.list(
                        bucket, [("delimiter", delimiter), ("max-keys", "\(size)")] + (token.map { [("continuation-token", $0)] } ?? []))
                    #expect(page.elements("Key").count + page.elements("CommonPrefixes").count <= size)
                    found += page.elements("Key")
                    prefixes += page.elements("Prefix").dropFirst()
                    #expect(page.element("ContinuationToken") == token)
                    token = page.element("NextContinuationToken")
                    #expect((token != nil) == (page.element("IsTruncated") == "true"))
                    if token == nil { break }
                }
                #expect(token == nil)
                #expect(found == whole.elements("Key"))
                #expect(prefixes == Array(whole.elements("Prefix").dropFirst()))
            }
        }
    }

    @Test func encodingTypeURL() async throws {
        try await withBucket { bucket async throws in
            try await self.fill(bucket, ["a b/c+d", "ü/\u{1}"])
            let plain = try await self.list(bucket, [("prefix", "a b/")])
            #expect(plain.elements("Key") == ["a b/c+d"])
            let encoded = try await self.list(bucket, [("encoding-type", "url"), ("delimiter", "/")])
            #expect(encoded.elements("Prefix") == ["", "a%20b/", "%C3%BC/"])
            #expect(encoded.element("EncodingType") == "url")
            #expect(try await self.list(bucket, [("prefix", "ü")]).elements("Key") == ["ü/&#x1;"])
        }
    }

    @Test(arguments: [
        ("max-keys", "-1"), ("max-keys", "many"), ("max-keys", "99999999999"), ("encoding-type", "xml"),
        ("continuation-token", "not a token"),
        ("continuation-token", "eHh4"), ("continuation-token", ""),
    ])
    func parametersThatS3Refuses(name: String, value: String) async throws {
        try await withBucket { bucket async throws in
            let answer = try await self.list(bucket, [(name, value)])
            #expect(answer.refusal == "400 InvalidArgument")
            #expect(answer.element("ArgumentValue") == value)
        }
    }

    @Test func whatWasListedBeforeFollowsTheFolder() async throws {
        try await withBucket { bucket async throws in
            try await self.fill(bucket, ["a", "b", "c"])
            #expect(try await self.list(bucket, []).elements("Key") == ["a", "b", "c"])
            try await bucket.send(.delete, "b")
            try await bucket.send(.put, "a", body: "longer")
            try await self.fill(bucket, ["0"])
            let list = try await self.list(bucket, [("fetch-owner", "true")])
            #expect(list.elements("Key") == ["0", "a", "c"])
            #expect(list.elements("Size") == ["1", "6", "1"])
            #expect(list.elements("Owner").count == 3)
        }
    }

    @Test func pagesHaveAtMostAThousandKeysAndMayBeEmpty() async throws {
        try await withBucket { bucket async throws in
            try await self.fill(bucket, ["a"])
            #expect(try await self.list(bucket, [("max-keys", "5000")]).element("MaxKeys") == "1000")
            let none = try await self.list(bucket, [("max-keys", "0")])
            #expect(none.element("IsTruncated") == "false")
            #expect(none.element("KeyCount") == "0")
        }
    }

    @Test func versionOneHasMarkers() async throws {
        try await withBucket { bucket async throws in
            try await self.fill(bucket, ["a", "b/1", "b/2", "c"])
            let first = try await bucket.send(.get, nil, query: [("delimiter", "/"), ("max-keys", "2")])
            #expect(first.elements("Key") == ["a"])
            #expect(first.element("NextMarker") == "b/")
            #expect(first.element("KeyCount") == nil)
            let second = try await bucket.send(.get, nil, query: [("delimiter", "/"), ("marker", "b/")])
            #expect(second.elements("Key") == ["c"])
            #expect(second.elements("CommonPrefixes") == [])
            #expect(second.element("Marker") == "b/")
        }
    }
}
