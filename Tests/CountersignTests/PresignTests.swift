import Foundation
import S3Signing
import SigV4
import Testing

@testable import countersign

/// `presign put|get|head|delete|post|part`, by what they print.
@Suite struct PresignTests {
    /// AWS, "Authenticating Requests: Using Query Parameters", the worked example.
    static let documentedURL =
        "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
        + "AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400"
        + "&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"

    static let documentedArguments = [
        "presign", "get", "s3://examplebucket/test.txt", "--at", "20130524T000000Z", "--expires", "86400", "--style", "virtual",
        "--endpoint", "https://s3.amazonaws.com", "--region", "us-east-1",
    ]

    @Test func printsTheDocumentedURL() async {
        let run = await CommandRun.command(Self.documentedArguments, now: "20200101T000000Z")
        #expect(run.code == 0)
        #expect(run.output == Self.documentedURL + "\n")
        #expect(run.diagnostics == "")
    }

    @Test func takesTheClockWithoutAt() async {
        let arguments = Self.documentedArguments.filter { $0 != "--at" && $0 != "20130524T000000Z" }
        #expect(await CommandRun.command(arguments).result == Self.documentedURL)
        #expect(await CommandRun.command(arguments, now: "20130524T000001Z").result != Self.documentedURL)
    }

    @Test(arguments: ["24h", "1d", "86400s", "1440m", "23h60m"])
    func readsDurations(_ duration: String) async {
        let arguments = Self.documentedArguments.map { $0 == "86400" ? duration : $0 }
        #expect(await CommandRun.command(arguments).result == Self.documentedURL)
    }

    @Test func printsOneJSONObject() async throws {
        let run = await CommandRun.command(Self.documentedArguments + ["--format", "json"])
        guard case .object(let members) = run.json else {
            Issue.record("no object: \(run.output)")
            return
        }
        #expect(
            members.map(\.name) == ["method", "url", "headers", "fields", "expiresAt", "canonicalRequest", "stringToSign"])
        #expect(run.json["method"] == .string("GET"))
        #expect(run.json["url"] == .string(Self.documentedURL))
        #expect(run.json["headers"] == .object([]))
        #expect(run.json["expiresAt"] == .string("2013-05-25T00:00:00Z"))
        #expect(
            run.json["stringToSign"]
                == .string(
                    "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n"
                        + "3bfa292879f6447bbcda7001decf97f4a54dc650c8942174ae0a9121cf58ad04"))
        #expect(run.json["canonicalRequest"]?.string?.hasSuffix("host\nUNSIGNED-PAYLOAD") == true)
    }

    @Test func bindsWhatThePutOptionsSay() async throws {
        let run = await CommandRun.command([
            "presign", "put", "s3://examplebucket/cat.jpg", "--content-type", "image/jpeg", "--content-length", "10kB", "--once",
            "--sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "--header", "x-amz-meta-caption: a cat",
            "--format", "json",
        ])
        #expect(run.code == 0)
        #expect(run.diagnostics == "")
        #expect(
            run.json["headers"]
                == .object([
                    .init("content-type", .string("image/jpeg")), .init("content-length", .string("10000")),
                    .init("x-amz-checksum-sha256", .string("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")),
                    .init("if-none-match", .string("*")), .init("x-amz-meta-caption", .string("a cat")),
                ]))
        let signed = "X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost%3Bif-none-match%3Bx-amz-checksum-sha256%3Bx-amz-meta-caption"
        #expect(run.json["url"]?.string?.contains(signed) == true)
    }

    @Test func tellsWhatIsLeftUnbound() async {
        let run = await CommandRun.command(["presign", "put", "s3://examplebucket/cat.jpg"])
        #expect(
            run.diagnostics == """
                unbound: nothing limits the size: anyone with this URL can upload up to 5 GiB; add --content-length
                unbound: nothing fixes the type: the file can be stored as text/html and run in a visitor's browser; add --content-type
                unbound: nothing fixes the content: any bytes of that size will do; add --sha256
                unbound: it works more than once until it expires, and each use replaces what is stored; add --once

                """)
    }

    @Test func tellsTheHeadersThatGoWithAURL() async {
        let run = await CommandRun.command([
            "presign", "put", "s3://examplebucket/cat.jpg", "--content-type", "image/jpeg", "--content-length", "7", "--once",
        ])
        #expect(run.diagnostics.hasPrefix("send with it: content-type: image/jpeg, content-length: 7, if-none-match: *\n"))
    }

    @Test func signsParts() async {
        let run = await CommandRun.command([
            "presign", "part", "s3://examplebucket/film.mp4", "--upload-id", "a+b/c=", "--part-number", "7", "--content-length", "8MiB",
            "--format", "json",
        ])
        #expect(run.json["method"] == .string("PUT"))
        #expect(run.json["url"]?.string?.contains("partNumber=7&uploadId=a%2Bb%2Fc%3D") == true)
        #expect(run.json["headers"] == .object([.init("content-length", .string("8388608"))]))
    }

    @Test(arguments: ["head", "delete"])
    func signsTheOtherMethods(_ method: String) async {
        let run = await CommandRun.command(["presign", method, "s3://examplebucket/a", "--format", "json"])
        #expect(run.json["method"] == .string(method.uppercased()))
        #expect(run.json["canonicalRequest"]?.string?.hasPrefix("\(method.uppercased())\n/a\n") == true)
    }

    @Test func listsABucket() async {
        let run = await CommandRun.command(["presign", "get", "s3://examplebucket", "--query", "list-type=2", "--query", "acl"])
        #expect(run.code == 0)
        #expect(run.output.contains("https://examplebucket.s3.us-east-1.amazonaws.com/?X-Amz-Algorithm="))
        #expect(run.output.contains("&acl=&list-type=2&"))
    }

    @Test func putsTheSessionTokenIntoTheURL() async {
        var variables = CommandRun.exampleVariables
        variables["AWS_SESSION_TOKEN"] = "to/ken"
        let run = await CommandRun.command(["presign", "get", "s3://examplebucket/a"], variables: variables)
        #expect(run.output.contains("&X-Amz-Security-Token=to%2Fken&"))
    }

    // MARK: Places

    @Test(arguments: [
        (["--region", "eu-central-1"], "https://examplebucket.s3.eu-central-1.amazonaws.com/k?"),
        (["--region", "cn-north-1", "--style", "path"], "https://s3.cn-north-1.amazonaws.com.cn/examplebucket/k?"),
        (["--endpoint", "http://localhost:9000"], "http://localhost:9000/examplebucket/k?"),
        (["--endpoint", "http://localhost:9000/base", "--style", "virtual"], "http://examplebucket.localhost:9000/base/k?"),
    ])
    func addresses(_ options: [String], _ beginning: String) async {
        let run = await CommandRun.command(["presign", "get", "s3://examplebucket/k"] + options)
        #expect(run.output.hasPrefix(beginning))
    }

    @Test func takesTheEndpointFromTheVariables() async {
        var variables = CommandRun.exampleVariables
        variables["AWS_ENDPOINT_URL_S3"] = "http://localhost:9000"
        let run = await CommandRun.command(["presign", "get", "s3://examplebucket/k"], variables: variables)
        #expect(run.output.hasPrefix("http://localhost:9000/examplebucket/k?"))
    }

    @Test func saysWhichRegionItAssumes() async {
        var variables = CommandRun.exampleVariables
        variables["AWS_REGION"] = nil
        let custom = await CommandRun.command(
            ["presign", "get", "s3://examplebucket/k", "--endpoint", "http://localhost:9000"], variables: variables)
        #expect(custom.output.contains("us-east-1"))
        #expect(custom.diagnostics.contains("signing for us-east-1"))
        let aws = await CommandRun.command(["presign", "get", "s3://examplebucket/k"], variables: variables)
        #expect(aws.code == 2)
        #expect(aws.diagnostics == "error: the bucket's region is not known: say --region, set AWS_REGION, or name it in the profile.\n")
    }

    // MARK: Refusals

    @Test(arguments: [
        (["presign", "put", "s3://examplebucket"], "names the whole bucket"),
        (["presign", "delete", "s3://examplebucket/"], "names the whole bucket"),
        (["presign", "get", "s3://Bad_Bucket/k"], "is no bucket name"),
        (["presign", "get", "examplebucket/k"], "write s3://BUCKET/KEY"),
        (["presign", "get", "s3:///k"], "the bucket is missing"),
        (["presign", "get", "s3://examplebucket/k", "--expires", "8d"], "from 1 second to 7 days"),
        (["presign", "get", "s3://examplebucket/k", "--expires", "0"], "from 1 second to 7 days"),
        (["presign", "get", "s3://examplebucket/k", "--expires", "15x"], "numbers with d, h, m, s"),
        (["presign", "get", "s3://examplebucket/k", "--at", "yesterday"], "write 20130524T000000Z"),
        (["presign", "get", "s3://examplebucket/k", "--style", "dns"], "write virtual or path"),
        (["presign", "get", "s3://examplebucket/k", "--endpoint", "localhost:9000"], "is no base URL"),
        (["presign", "get", "s3://examplebucket/k", "--query", "x-amz-acl=public-read"], "sign it as a header"),
        (["presign", "put", "s3://examplebucket/k", "--header", "no colon"], "write 'name: value'"),
        (["presign", "put", "s3://examplebucket/k", "--header", "a b: c"], "a header's name"),
        (["presign", "put", "s3://examplebucket/k", "--header", "x-a: b\r\nx-c: d"], "control character"),
        (["presign", "put", "s3://examplebucket/k", "--content-type", "text/plain\u{0}"], "control character"),
        (["presign", "put", "s3://examplebucket/k", "--content-length", "-1"], "missing value"),
        (["presign", "put", "s3://examplebucket/k", "--content-length", "99999999TiB"], "larger than any object"),
        (["presign", "put", "s3://examplebucket/k", "--sha256", "abc"], "64 hexadecimal digits"),
        (["presign", "put", "s3://examplebucket/k", "--rule", "avatars"], "--rule needs --environment"),
        (["presign", "part", "s3://examplebucket/k", "--upload-id", "u", "--part-number", "10001"], "from 1 to 10000"),
        (["presign", "post", "s3://examplebucket/k", "--once"], "S3 cannot make a form single-use"),
        (["presign", "post", "s3://examplebucket/k", "--min-size", "2", "--max-size", "1"], "larger than --max-size"),
        (["presign", "post", "s3://examplebucket"], "give --key-prefix"),
        (["presign", "post", "s3://examplebucket/${filename}"], "add --key-prefix"),
        (["presign", "post", "s3://examplebucket/k", "--format", "url"], "more than its URL"),
        (["presign", "post", "s3://examplebucket/k", "--field", "policy=x"], "set by the form itself"),
        (["presign", "delete", "s3://examplebucket/k", "--format", "html"], "works with get, put, part and post"),
    ])
    func refusesInWords(_ arguments: [String], _ words: String) async {
        let run = await CommandRun.command(arguments)
        #expect(run.code == 2)
        #expect(run.output == "")
        #expect(run.diagnostics.lowercased().contains(words.lowercased()), "\(run.diagnostics)")
    }

    @Test func saysWhereItLookedForCredentials() async {
        let run = await CommandRun.command(
            ["presign", "get", "s3://examplebucket/k"], variables: ["AWS_REGION": "us-east-1", "HOME": "/nowhere"])
        #expect(run.code == 3)
        #expect(run.diagnostics.contains("AWS_ACCESS_KEY_ID"))
        #expect(run.diagnostics.contains("/nowhere/.aws/credentials (no such file)"))
    }

    @Test func neverPrintsTheSecret() async {
        for format in PresignFormat.allCases {
            let run = await CommandRun.command(["presign", "get", "s3://examplebucket/k", "--format", format.rawValue])
            #expect(!(run.output + run.diagnostics).contains("wJalrXUtnFEMI"))
        }
    }

    // MARK: Forms

    @Test func signsAFormWithConditions() async throws {
        let run = await CommandRun.command([
            "presign", "post", "s3://examplebucket/in/a.jpg", "--key-prefix", "in/", "--min-size", "1", "--max-size", "5MB",
            "--starts-with", "Content-Type=image/", "--field", "acl=private",
        ])
        #expect(run.code == 0)
        #expect(run.json["method"] == .string("POST"))
        #expect(run.json["url"] == .string("https://examplebucket.s3.us-east-1.amazonaws.com/"))
        #expect(run.json["canonicalRequest"] == .null)
        let policy = try #require(run.json["stringToSign"]?.string)
        #expect(run.json["fields"]?["policy"] == .string(policy))
        let bytes = try #require(Data(base64Encoded: policy))
        let conditions = try JSONParser.parse(String(decoding: bytes, as: UTF8.self))["conditions"]
        guard case .array(let all)? = conditions else {
            Issue.record("no conditions")
            return
        }
        #expect(all.contains(.array([.string("starts-with"), .string("$key"), .string("in/")])))
        #expect(all.contains(.array([.string("starts-with"), .string("$Content-Type"), .string("image/")])))
        #expect(all.contains(.array([.string("content-length-range"), .integer(1), .integer(5_000_000)])))
        #expect(all.contains(.object([.init("acl", .string("private"))])))
        #expect(!all.contains(.object([.init("key", .string("in/a.jpg"))])))
        #expect(run.diagnostics.contains("the client fills in the field Content-Type"))
        #expect(run.diagnostics.contains("it works more than once"))
        #expect(!run.diagnostics.contains("nothing limits the size"))
    }

    @Test func namesTheFileUnderAPrefix() async {
        let run = await CommandRun.command(["presign", "post", "s3://examplebucket", "--key-prefix", "in/", "--content-length", "5"])
        #expect(run.json["fields"]?["key"] == .string("in/${filename}"))
    }
}
