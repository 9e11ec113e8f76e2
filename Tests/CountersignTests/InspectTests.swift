import Libcrypto
import S3Signing
import Testing

@testable import countersign

/// `inspect`: what a signature allows, and what is wrong with one that does not verify.
@Suite struct InspectTests {
    private static let during = "20130524T000100Z"

    private func inspect(
        _ source: String, _ options: [String] = [], variables: [String: String] = CommandRun.exampleVariables, input: String = "",
        now: String = during
    ) async -> CommandRun {
        await CommandRun.command(["inspect", source] + options, variables: variables, input: input, now: now)
    }

    /// The JSON report on a URL.
    private func report(_ url: String, _ options: [String] = [], variables: [String: String] = CommandRun.exampleVariables) async -> JSON {
        await inspect(url, options + ["--format", "json"], variables: variables).json
    }

    private func signed(_ arguments: [String], variables: [String: String] = CommandRun.exampleVariables) async -> String {
        await CommandRun.command(["presign"] + arguments, variables: variables).result
    }

    @Test func explainsTheDocumentedURL() async {
        let run = await inspect(PresignTests.documentedURL)
        #expect(run.code == 0)
        #expect(run.diagnostics == "")
        #expect(
            run.output == """
                what        a presigned URL for GET
                who         access key AKIAIOSFODNN7EXAMPLE (long-term credentials)
                where       bucket examplebucket
                            key test.txt
                            region us-east-1
                            host examplebucket.s3.amazonaws.com, bucket in the host (AWS's global endpoint: a bucket elsewhere answers 307)
                when        signed 2013-05-24T00:00:00Z, for 1 day, until 2013-05-25T00:00:00Z: 23 hours 59 minutes left
                bound       host: examplebucket.s3.amazonaws.com
                not bound   whoever has it can read the object as often as they like until it expires
                signature   aeeed9bb…: verifies (as GET, with the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)

                """)
    }

    @Test func saysThatAURLHasExpired() async {
        let run = await inspect(PresignTests.documentedURL, now: "20130525T000000Z")
        #expect(run.code == 1)
        #expect(run.output.contains("until 2013-05-25T00:00:00Z: expired 0 seconds ago"))
        #expect(await inspect(PresignTests.documentedURL, ["--at", "20130524T235959Z"], now: "20200101T000000Z").code == 0)
    }

    @Test func reportsAsJSON() async {
        let json = await report(PresignTests.documentedURL)
        #expect(json["kind"] == .string("url"))
        #expect(json["method"] == .string("GET"))
        #expect(json["bucket"] == .string("examplebucket"))
        #expect(json["key"] == .string("test.txt"))
        #expect(json["region"] == .string("us-east-1"))
        #expect(json["style"] == .string("virtual"))
        #expect(json["expiresAt"] == .string("2013-05-25T00:00:00Z"))
        #expect(json["expired"] == .bool(false))
        #expect(json["problems"] == .array([]))
        #expect(json["signature"]?["status"] == .string("verified"))
    }

    @Test func tellsWhatAnUnboundPutLetsAClientDo() async {
        let url = await signed(["put", "s3://examplebucket/a.png"])
        let json = await report(url)
        #expect(json["method"] == .string("PUT"))
        guard case .array(let unbound)? = json["unbound"] else {
            Issue.record("nothing unbound")
            return
        }
        #expect(unbound.compactMap { $0["code"]?.string } == ["size_unlimited", "type_open", "content_open", "reusable"])
    }

    @Test func tellsWhatIsBound() async {
        let arguments = ["put", "s3://examplebucket/a.png", "--content-type", "image/png", "--content-length", "7", "--once"]
        let text = await signed(arguments + ["--format", "json"])
        let run = await inspect("-", ["--format", "json"], input: text)
        #expect(run.json["signature"]?["status"] == .string("verified"))
        #expect(
            run.json["bound"]
                == .array(
                    [
                        ("host", "examplebucket.s3.us-east-1.amazonaws.com"), ("content-length", "7"), ("content-type", "image/png"),
                        ("if-none-match", "*"),
                    ].map { .object([.init("name", .string($0.0)), .init("value", .string($0.1))]) }))
        let bare = await inspect(await signed(arguments))
        #expect(bare.output.contains("add --header 'content-length: …' --header 'content-type: …'"))
        #expect(bare.code == 0)
        let given = await inspect(await signed(arguments), ["--header", "Content-Type: image/png", "--header", "content-length: 7"])
        #expect(given.output.contains("verifies (as PUT"))
    }

    @Test func neverPrintsTokenOrSignature() async {
        var variables = CommandRun.exampleVariables
        variables["AWS_SESSION_TOKEN"] = "SESSIONTOKENSESSIONTOKEN"
        let url = await signed(["get", "s3://examplebucket/a"], variables: variables)
        let signature = String(url.suffix(64))
        for options in [[], ["--format", "json"], ["--method", "PUT"]] {
            for source in [url, url.replacing("Expires=900", with: "Expires=901")] {
                let run = await inspect(source, options, variables: variables)
                #expect(!(run.output + run.diagnostics).contains("SESSIONTOKEN"))
                #expect(!(run.output + run.diagnostics).contains(signature))
                #expect(!(run.output + run.diagnostics).contains("wJalrXUtnFEMI"))
            }
        }
        let run = await inspect(url, variables: variables)
        #expect(run.output.contains("temporary credentials"))
        #expect(run.output.contains("verifies"))
    }

    @Test func doesNotVerifyWithoutTheRightCredentials() async {
        let bare = await inspect(PresignTests.documentedURL, variables: ["HOME": "/nowhere"])
        #expect(bare.code == 0)
        #expect(bare.output.contains("not verified: no AWS credentials found"))
        var others = CommandRun.exampleVariables
        others["AWS_ACCESS_KEY_ID"] = "AKIDOTHER"
        #expect(
            await inspect(PresignTests.documentedURL, variables: others).output.contains("signed with another access key than AKIDOTHER"))
        var wrong = CommandRun.exampleVariables
        wrong["AWS_SECRET_ACCESS_KEY"] = "wrong"
        let run = await inspect(PresignTests.documentedURL, variables: wrong)
        #expect(run.code == 1)
        #expect(run.output.contains("or the secret of AKIAIOSFODNN7EXAMPLE is not the one in"))
    }

    // MARK: Which part differs

    /// A change made after signing, and the words that name it.
    @Test(arguments: [
        ("X-Amz-Expires=86400", "X-Amz-Expires=604800", "X-Amz-Expires was changed: it was signed for 86400 seconds"),
        ("us-east-1%2Fs3", "eu-west-1%2Fs3", "it was signed for us-east-1"),
        ("examplebucket.s3.amazonaws.com", "examplebucket.s3.us-east-1.amazonaws.com", "it was signed for examplebucket.s3.amazonaws.com"),
        (
            "https://examplebucket.s3.amazonaws.com/", "https://s3.amazonaws.com/examplebucket/",
            "it was signed for examplebucket.s3.amazonaws.com"
        ),
        ("?X-Amz-Algorithm", "?utm_source=x&X-Amz-Algorithm", "utm_source was added after signing"),
        ("%2F20130524%2F", "%2F20130525%2F", "the day in X-Amz-Credential was changed"),
        ("%2Fs3%2F", "%2Fsts%2F", "the service in X-Amz-Credential was changed"),
        ("/test.txt", "/other.txt", "the key, the time, a header"),
        ("X-Amz-Date=20130524T000000Z", "X-Amz-Date=20130524T000001Z", "the key, the time, a header"),
    ])
    func namesTheDifference(_ original: String, _ changed: String, _ words: String) async {
        let url = PresignTests.documentedURL.replacing(original, with: changed)
        #expect(url != PresignTests.documentedURL)
        let run = await inspect(url)
        #expect(run.code == 1)
        #expect(run.output.contains("does not verify"))
        #expect(run.output.contains(words), "\(run.output)")
    }

    @Test func namesAnotherMethod() async {
        let run = await inspect(PresignTests.documentedURL, ["--method", "put"])
        #expect(run.code == 1)
        #expect(run.output.contains("the method differs: it was signed for GET, not PUT"))
    }

    @Test func namesASecondEncoding() async {
        let url = await signed(["get", "s3://examplebucket/a b+c.txt"])
        #expect(url.contains("/a%20b%2Bc.txt?"))
        let twice = await inspect(url.replacing("/a%20b%2Bc.txt?", with: "/a%2520b%252Bc.txt?"))
        #expect(twice.output.contains("it was encoded a second time after signing"))
    }

    @Test func namesACollapsedPath() async {
        let url = await signed(["get", "s3://examplebucket/b/c"])
        let run = await inspect(url.replacing("/b/c?", with: "/a/..//b/./c?"))
        #expect(run.output.contains("dots and double slashes were collapsed before it was signed"))
    }

    @Test func namesAHeaderValue() async {
        let url = await signed(["put", "s3://examplebucket/a", "--content-type", "application/octet-stream"])
        let run = await inspect(url, ["--header", "content-type: image/png"])
        #expect(run.output.contains("content-type differs: it was signed as \"application/octet-stream\", not \"image/png\""))
    }

    @Test func namesAMissingToken() async {
        var variables = CommandRun.exampleVariables
        variables["AWS_SESSION_TOKEN"] = "abc"
        let url = await signed(["get", "s3://examplebucket/a"], variables: variables)
        let run = await inspect(url.replacing("&X-Amz-Security-Token=abc", with: ""), variables: variables)
        #expect(run.output.contains("X-Amz-Security-Token is missing or another one"), "\(run.output)")
    }

    @Test(arguments: [
        ("X-Amz-Expires=86400", "X-Amz-Expires=604801", "S3 takes 1 to 604800 seconds"),
        ("s3.amazonaws.com", "s3.eu-west-1.amazonaws.com", "the host is in eu-west-1, but it was signed for us-east-1"),
        ("SignedHeaders=host", "SignedHeaders=range", "host is not signed"),
        ("?X-Amz-Algorithm", "?x-amz-acl=public-read&X-Amz-Algorithm", "x-amz-acl stands in the query, where S3 ignores or refuses it"),
    ])
    func findsProblems(_ original: String, _ changed: String, _ words: String) async {
        let run = await inspect(PresignTests.documentedURL.replacing(original, with: changed))
        #expect(run.code == 1)
        #expect(run.output.contains(words), "\(run.output)")
    }

    @Test(arguments: [
        ("", "nothing to inspect"), ("https://example.com/a", "not signed"),
        ("https://example.com/a?X-Amz-Algorithm=AWS4-HMAC-SHA256", "cut off"),
        ("https://b.s3.amazonaws.com/k?AWSAccessKeyId=A&Signature=B&Expires=1", "Signature Version 2"),
        ("{\"a\":1}", "neither url nor fields"),
        ("<p>", "no form with the field policy"), ("bm90IGpzb24=", "no JSON"), ("###", "not base64"), ("{", "neither a URL nor JSON"),
        ("https://b.s3.amazonaws.com/%zz?X-Amz-Signature=1", "broken % sequence"),
    ])
    func refusesInWords(_ source: String, _ words: String) async {
        let run = await inspect("-", input: source)
        #expect(run.code == 2)
        #expect(run.output == "")
        #expect(run.diagnostics.contains(words), "\(run.diagnostics)")
    }

    @Test func survivesNoise() async {
        var random = SeededGenerator(seed: 6)
        for _ in 0..<200 {
            var scalars = Array(PresignTests.documentedURL.unicodeScalars)
            for _ in 0..<3 {
                let place = Int.random(in: 8..<scalars.count, using: &random)
                scalars.replaceSubrange(place..<place + 1, with: Array(random.hostileText(maximumLength: 3).unicodeScalars))
            }
            let run = await inspect(String(String.UnicodeScalarView(scalars)))
            #expect(!run.output.contains(": verifies"))
            #expect(!run.output.unicodeScalars.contains { ($0.value < 0x20 && $0 != "\n") || $0 == "\u{202E}" })
        }
    }

    @Test func refusesAnInputThatIsTooLarge() async {
        let run = await inspect("-", input: String(repeating: "a", count: 2 << 20))
        #expect(run.code == 2)
        #expect(run.diagnostics.contains("larger than 1 MiB"))
    }

    // MARK: Forms

    private static let formArguments = [
        "post", "s3://examplebucket/in/a.png", "--content-type", "image/png", "--min-size", "1", "--max-size", "5MiB",
    ]

    @Test func explainsAForm() async throws {
        let form = await signed(Self.formArguments)
        let signature = try #require(try JSONParser.parse(form)["fields"]?["x-amz-signature"]?.string)
        let run = await inspect("-", input: form)
        #expect(run.code == 0)
        #expect(
            run.output == """
                what        a signed form for POST
                who         access key AKIAIOSFODNN7EXAMPLE (long-term credentials)
                where       bucket examplebucket
                            key in/a.png
                            region us-east-1
                            host examplebucket.s3.us-east-1.amazonaws.com, bucket in the host
                when        signed 2013-05-24T00:00:00Z, until 2013-05-24T00:15:00Z: 14 minutes left
                bound       bucket: examplebucket
                            size: 1 byte to 5 MiB
                            key: in/a.png
                            Content-Type: image/png
                not bound   it works more than once until it expires: S3 cannot make a form single-use
                signature   \(signature.prefix(8))…: verifies (with the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY)

                """)
    }

    @Test(arguments: ["html", "json"])
    func readsAFormInItsOtherShapes(_ format: String) async {
        let run = await inspect("-", input: await signed(Self.formArguments + ["--format", format]))
        #expect(run.output.contains("verifies (with"))
        #expect(run.code == 0)
    }

    @Test func explainsAPolicyAlone() async throws {
        let policy = try #require(try JSONParser.parse(await signed(Self.formArguments))["stringToSign"]?.string)
        let run = await inspect("-", input: "\n \(policy) \n")
        #expect(run.code == 0)
        #expect(run.output.contains("what        a POST policy without its form"))
        #expect(run.output.contains("not verified: there is no signature, only the policy"))
    }

    @Test(arguments: [
        ("\"in/a.png\"", "\"in/b.png\"", "the field key is \"in/b.png\", but the policy demands \"in/a.png\""),
        ("\"key\"", "\"x-amz-meta-a\"", "the field x-amz-meta-a has no condition"),
        ("\"key\"", "\"other\"", "the field key is missing"),
        ("/us-east-1/s3", "/us-west-1/s3", "does not verify"),
    ])
    func findsWhatAFormLacks(_ original: String, _ changed: String, _ words: String) async {
        let form = await signed(Self.formArguments)
        let run = await inspect("-", input: form.replacing(original, with: changed))
        #expect(run.code == 1)
        #expect(run.output.contains(words), "\(run.output)")
    }

    /// A policy of others' making, held as the bucket holds it: escapes of S3's own, values of one name joined, bytes compared.
    @Test func readsAPolicyAsABucketDoes() async throws {
        let policy = #"""
            {"expiration":"2013-05-24T00:15:00Z","conditions":[{"bucket":"examplebucket"},{"key":"\$a\v"},["eq","$x-amz-meta-a","1,2"],
            {"x-amz-algorithm":"AWS4-HMAC-SHA256"},{"x-amz-date":"20130524T000000Z"},
            {"x-amz-credential":"AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"}]}
            """#
        let text = Base64.encode(Array(policy.utf8))
        let line = #"{"method":"POST-POLICY","policy":"\#(text)","region":"us-east-1","at":"20130524T000000Z"}"#
        let batch = await CommandRun.command(["presign", "batch", "-"], variables: CommandRun.exampleVariables, input: line + "\n")
        let signature = try #require(try JSONParser.parse(batch.result)["signature"]?.string)
        func form(_ value: String) -> String {
            let fields = [
                ["key", "$a\u{B}"], ["x-amz-meta-a", "1"], ["X-Amz-Meta-A", value], ["x-amz-algorithm", "AWS4-HMAC-SHA256"],
                ["x-amz-date", "20130524T000000Z"], ["x-amz-credential", "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"],
                ["policy", text], ["x-amz-signature", signature],
            ]
            let url = JSON.string("https://examplebucket.s3.us-east-1.amazonaws.com/")
            return JSON.object([.init("url", url), .init("fields", .array(fields.map { .array($0.map(JSON.string)) }))]).compact
        }
        let good = await inspect("-", input: form("2"))
        #expect(good.code == 0 && good.output.contains("verifies (with"), "\(good.output)\(good.diagnostics)")
        let bad = await inspect("-", input: form("3"))
        #expect(bad.code == 1)
    }

    /// Whatever a policy says, the terminal stays as it is.
    @Test func quotesWhatItRefuses() async {
        let policy = "{\"expiration\":\"2013-05-24T00:15:00Z\",\"conditions\":[[\"x\",\"\u{9B}31m\u{202E}\"]]}"
        let run = await inspect("-", input: Base64.encode(Array(policy.utf8)))
        #expect(run.code == 2)
        #expect(run.diagnostics.contains(#"\u{9b}31m\u{202e}"#), "\(run.diagnostics)")
    }

    @Test func tellsWhatAnOpenFormAllows() async {
        let form = await signed(["post", "s3://examplebucket", "--key-prefix", "", "--starts-with", "acl="])
        let json = await inspect("-", ["--format", "json"], input: form).json
        guard case .array(let unbound)? = json["unbound"] else {
            Issue.record("nothing unbound")
            return
        }
        #expect(unbound.compactMap { $0["code"]?.string } == ["size_unlimited", "type_open", "key_open", "reusable"])
    }

    // MARK: Hosts

    @Test(
        arguments: [
            ("b.s3.eu-west-1.amazonaws.com", "/k", "b", "k", "eu-west-1"), ("a.b.s3.amazonaws.com", "/k/l", "a.b", "k/l", nil),
            ("s3.eu-west-1.amazonaws.com", "/b/k", "b", "k", "eu-west-1"), ("s3-eu-west-1.amazonaws.com", "/b/k", "b", "k", "eu-west-1"),
            ("b.s3.dualstack.us-west-2.amazonaws.com", "/", "b", nil, "us-west-2"), ("b.s3-accelerate.amazonaws.com", "/k", "b", "k", nil),
            ("b.s3-fips.us-gov-west-1.amazonaws.com", "/k", "b", "k", "us-gov-west-1"),
            ("b.s3.cn-north-1.amazonaws.com.cn", "/k", "b", "k", "cn-north-1"), ("localhost:9000", "/b/a%20b", "b", "a b", nil),
            ("s3.s3.us-east-1.amazonaws.com", "/k", "s3", "k", "us-east-1"), ("localhost:9000", "/", nil, nil, nil),
        ] as [(String, String, String?, String?, String?)])
    func readsHosts(_ host: String, _ path: String, _ bucket: String?, _ key: String?, _ region: String?) {
        let place = InspectedPlace(host: host, rawPath: path, endpoint: nil)
        #expect(place.bucket == bucket)
        #expect(place.key == key)
        #expect(place.region == region)
    }

    @Test func readsHostsOfOtherStores() {
        let virtual = InspectedPlace(host: "b.store.example:9000", rawPath: "/base/k", endpoint: "https://store.example:9000/base")
        #expect(virtual.bucket == "b")
        #expect(virtual.key == "k")
        let path = InspectedPlace(host: "store.example:9000", rawPath: "/base/b/k", endpoint: "https://store.example:9000/base")
        #expect(path.bucket == "b")
        #expect(path.key == "k")
    }
}
