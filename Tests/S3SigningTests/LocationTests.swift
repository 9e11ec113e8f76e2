import S3Signing
import SigV4
import Testing

@Suite struct BucketNameTests {
    @Test(arguments: ["abc", "a-b", "my.bucket.name", "123", String(repeating: "a", count: 63), "a--b", "1.2.3"])
    func validNames(_ name: String) throws {
        #expect(try BucketName(name).name == name)
    }

    @Test(arguments: [
        "", "ab", String(repeating: "a", count: 64), "Abc", "a_b", "-ab", "ab-", ".ab", "ab.", "a..b", "192.168.5.4", "xn--abc", "sthree-a",
        "amzn-s3-demo-a", "abc-s3alias", "abc--ol-s3", "abc.mrap", "abc--x-s3", "abc--table-s3", "a b", "bücket", "a/b", "abc\0",
    ])
    func invalidNamesAreRefusedWithTheRule(_ name: String) {
        let error = #expect(throws: SigningError.self) { try BucketName(name) }
        #expect(error?.code == .invalidBucketName)
        #expect(error?.field == "bucket")
    }
}

@Suite struct ObjectKeyTests {
    @Test func anyTextUpTo1024BytesIsAKey() throws {
        for name in ["a", "/", "//a", "../x", ".", "\0", "%2F", "a b+c", "😀", String(repeating: "é", count: 512)] {
            #expect(try ObjectKey(name).name == name)
        }
        #expect(throws: SigningError.self) { try ObjectKey("") }
        let error = #expect(throws: SigningError.self) { try ObjectKey(String(repeating: "é", count: 512) + "a") }
        #expect(error?.code == .keyTooLong)
    }

    @Test func keysAreComparedByBytes() throws {
        #expect(try ObjectKey("\u{E9}") != ObjectKey("e\u{301}"))
        #expect(try Set([ObjectKey("\u{E9}"), ObjectKey("e\u{301}")]).count == 2)
    }
}

@Suite struct EndpointTests {
    /// Hosts as AWS's endpoint rules name them.
    @Test(
        arguments: [
            ("eu-central-1", [], "https://s3.eu-central-1.amazonaws.com"), ("us-east-1", [], "https://s3.us-east-1.amazonaws.com"),
            ("cn-north-1", [], "https://s3.cn-north-1.amazonaws.com.cn"),
            ("cn-north-1", [.dualstack], "https://s3.dualstack.cn-north-1.amazonaws.com.cn"),
            ("us-gov-west-1", [], "https://s3.us-gov-west-1.amazonaws.com"),
            ("us-gov-west-1", [.fips, .dualstack], "https://s3-fips.dualstack.us-gov-west-1.amazonaws.com"),
            ("eu-west-1", [.dualstack], "https://s3.dualstack.eu-west-1.amazonaws.com"),
            ("us-west-2", [.fips], "https://s3-fips.us-west-2.amazonaws.com"),
            ("eu-west-1", [.accelerate], "https://s3-accelerate.amazonaws.com"),
            ("eu-west-1", [.accelerate, .dualstack], "https://s3-accelerate.dualstack.amazonaws.com"),
        ] as [(String, Endpoint.Options, String)])
    func awsHosts(_ region: String, _ options: Endpoint.Options, _ url: String) throws {
        let endpoint = try Endpoint.aws(region: region, options: options)
        #expect(endpoint.baseURL == url)
        #expect(endpoint.region == region)
    }

    @Test(
        arguments: [
            ("", []), ("europe", []), ("eu_west_1", []), ("eu-west-1/x", []), ("EU-west-1", []), ("eu--1", []), ("us-iso-east-1", []),
            ("cn-north-1", [.fips]), ("eu-central-1", [.fips]), ("cn-north-1", [.accelerate]), ("us-gov-west-1", [.accelerate]),
            ("us-west-2", [.fips, .accelerate]),
        ] as [(String, Endpoint.Options)])
    func whatAWSDoesNotHaveIsRefused(_ region: String, _ options: Endpoint.Options) {
        #expect(throws: SigningError.self) { try Endpoint.aws(region: region, options: options) }
    }

    @Test(arguments: [
        ("http://localhost:9000", "http://localhost:9000"), ("https://Example.COM:443/", "https://example.com"),
        ("http://example.com:80", "http://example.com"), ("http://example.com:443", "http://example.com:443"),
        ("https://[::1]:9000/s3/", "https://[::1]:9000/s3"), ("https://h/a%20b/ü".replacing("ü", with: "%C3%BC"), "https://h/a%20b/%C3%BC"),
        ("HTTPS://h/a+b//", "https://h/a%2Bb"),
    ])
    func baseURLs(_ text: String, _ url: String) throws {
        #expect(try Endpoint(baseURL: text, region: "r").baseURL == url)
    }

    @Test(arguments: [
        "", "localhost:9000", "ftp://h", "http://", "http:///path", "http://h:0", "http://h:65536", "http://h:", "http://h:9a",
        "http://a@h",
        "http://user:secret@h", "http://h?x=1", "http://h#f", "http://h h", "http://h\r\nx: y", "http://h/%zz", "http://[::1",
        "http://höst",
        "http://a:b:c",
    ])
    func whatIsNoBaseURLIsRefused(_ text: String) {
        let error = #expect(throws: SigningError.self) { try Endpoint(baseURL: text, region: "r") }
        #expect(error?.code == .invalidEndpoint)
    }

    @Test func aRegionOfACustomEndpointFitsAScope() {
        for region in ["", "a/b", "a b", "a\n", "é"] {
            #expect(throws: SigningError.self) { try Endpoint(baseURL: "http://h", region: region) }
        }
        #expect(throws: Never.self) { try Endpoint(baseURL: "http://h", region: "auto") }
    }
}

@Suite struct S3LocationTests {
    func url(_ endpoint: Endpoint, _ bucket: String, _ style: AddressingStyle? = nil, key: String? = "a b/ü") throws -> String {
        try S3Location(endpoint: endpoint, bucket: BucketName(bucket), style: style).url(for: key.map { try ObjectKey($0) })
    }

    @Test func stylesAndTheirDefaults() throws {
        let aws = try Endpoint.aws(region: "eu-west-1")
        let custom = try Endpoint(baseURL: "http://localhost:9000/base", region: "r")
        #expect(try url(aws, "bucket") == "https://bucket.s3.eu-west-1.amazonaws.com/a%20b/%C3%BC")
        #expect(try url(aws, "bucket", .path) == "https://s3.eu-west-1.amazonaws.com/bucket/a%20b/%C3%BC")
        #expect(try url(aws, "my.bucket") == "https://s3.eu-west-1.amazonaws.com/my.bucket/a%20b/%C3%BC")
        #expect(try url(custom, "bucket") == "http://localhost:9000/base/bucket/a%20b/%C3%BC")
        #expect(try url(custom, "bucket", .virtualHost) == "http://bucket.localhost:9000/base/a%20b/%C3%BC")
        #expect(try url(aws, "bucket", key: nil) == "https://bucket.s3.eu-west-1.amazonaws.com/")
        #expect(try url(aws, "bucket", .path, key: nil) == "https://s3.eu-west-1.amazonaws.com/bucket")
        #expect(try url(aws, "bucket", key: "//a/../b/") == "https://bucket.s3.eu-west-1.amazonaws.com///a/../b/")
    }

    @Test func whatNoCertificateOrHostAllowsIsRefused() throws {
        let aws = try Endpoint.aws(region: "eu-west-1")
        let accelerated = try Endpoint.aws(region: "eu-west-1", options: .accelerate)
        for (endpoint, bucket, style) in [
            (aws, "my.bucket", .virtualHost), (accelerated, "bucket", .path), (accelerated, "my.bucket", nil),
            (try Endpoint(baseURL: "http://127.0.0.1:9000", region: "r"), "bucket", .virtualHost),
            (try Endpoint(baseURL: "http://[::1]:9000", region: "r"), "bucket", .virtualHost),
        ] as [(Endpoint, String, AddressingStyle?)] {
            let error = #expect(throws: SigningError.self) { try url(endpoint, bucket, style) }
            #expect(error?.code == .unsupportedEndpoint)
        }
    }
}
