import S3Signing
import Synchronization
import Testing

@testable import countersign

/// `presign batch`: one answer a line, in order, whatever the lines hold.
@Suite struct BatchTests {
    private func batch(_ input: String, _ options: [String] = [], variables: [String: String] = CommandRun.exampleVariables) async
        -> CommandRun
    {
        await CommandRun.command(["presign", "batch"] + options, variables: variables, input: input)
    }

    private func answers(_ run: CommandRun) throws -> [JSON] {
        try run.output.split(separator: "\n").map { try JSONParser.parse(String($0)) }
    }

    /// AWS's worked example as a line.
    static let documentedLine =
        #"{"method":"GET","bucket":"examplebucket","key":"test.txt","region":"us-east-1","endpoint":"https://s3.amazonaws.com","#
        + #""style":"virtual","expires":86400,"at":"20130524T000000Z","accessKeyId":"AKIAIOSFODNN7EXAMPLE","#
        + #""secretAccessKey":"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}"#

    @Test func signsTheDocumentedExample() async throws {
        let run = await CommandRun.command(["presign", "batch", "-"], variables: [:], input: Self.documentedLine)
        #expect(run.code == 0)
        #expect(
            try answers(run) == [
                .object([
                    .init("url", .string(PresignTests.documentedURL)),
                    .init("signature", .string("aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")),
                    .init("signedHeaders", .string("host")),
                ])
            ])
    }

    @Test func signsLikeTheOneOffCommand() async throws {
        let line =
            #"{"method":"PUT","bucket":"examplebucket","key":"a b/é.png","region":"eu-central-1","expires":60,"#
            + #""headers":[["content-type","image/png"],["if-none-match","*"]],"query":[["x-id","PutObject"]]}"#
        let oneOff = await CommandRun.command([
            "presign", "put", "s3://examplebucket/a b/é.png", "--region", "eu-central-1", "--expires", "60", "--header",
            "content-type: image/png", "--header", "if-none-match: *", "--query", "x-id=PutObject",
        ])
        let answer = try #require(try answers(await batch(line)).first)
        #expect(answer["url"] == .string(oneOff.result))
        #expect(answer["signedHeaders"] == .string("content-type;host;if-none-match"))
    }

    /// AWS, "Example: Browser-Based Upload using HTTP POST", 2015 edition: the signature is over the base64 text.
    @Test func signsAPolicyAsItStands() async throws {
        let line =
            #"{"method":"POST-POLICY","policy":"eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9","region":"us-east-1","at":"20151229T000000Z"}"#
        let answer = try #require(try answers(await batch(line)).first)
        #expect(
            answer
                == .object([
                    .init("signature", .string("8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e")),
                    .init("credential", .string("AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request")),
                    .init("date", .string("20151229T000000Z")),
                ]))
    }

    @Test(
        arguments: [
            ("{", "invalid_json", nil),
            ("[]", "invalid_json", nil),
            (#"{"method":"GET","method":"PUT"}"#, "invalid_json", nil),
            (#"{"method":"GET"} {}"#, "invalid_json", nil),
            (#"{"bucket":"b"}"#, "missing_field", "method"),
            (#"{"method":"GET"}"#, "missing_field", "bucket"),
            (#"{"method":"PATCH","bucket":"examplebucket"}"#, "unknown_method", "method"),
            (#"{"method":"GET","bucket":"examplebucket","expire":5}"#, "unknown_field", "expire"),
            (#"{"method":"GET","bucket":5}"#, "wrong_type", "bucket"),
            (#"{"method":"GET","bucket":"examplebucket","expires":"5"}"#, "wrong_type", "expires"),
            (#"{"method":"GET","bucket":"examplebucket","headers":{"a":"b"}}"#, "wrong_type", "headers"),
            (#"{"method":"GET","bucket":"examplebucket","headers":[["a"]]}"#, "wrong_type", "headers"),
            (#"{"method":"GET","bucket":"examplebucket","at":"now"}"#, "invalid_time", "at"),
            (#"{"method":"GET","bucket":"examplebucket","style":"dns"}"#, "invalid_style", "style"),
            (#"{"method":"GET","bucket":"examplebucket","accessKeyId":"A"}"#, "missing_field", "secretAccessKey"),
            (#"{"method":"GET","bucket":"UPPER"}"#, "invalid_bucket_name", "bucket"),
            (#"{"method":"GET","bucket":"examplebucket","key":""}"#, "invalid_key", "key"),
            (#"{"method":"GET","bucket":"examplebucket","expires":604801}"#, "expiry_out_of_range", "expires"),
            (#"{"method":"GET","bucket":"examplebucket","query":[["x-amz-acl","private"]]}"#, "ignored_in_query", "x-amz-acl"),
            (#"{"method":"GET","bucket":"examplebucket","headers":[["a","b\r\nc: d"]]}"#, "invalid_header", "a"),
            (#"{"method":"POST-POLICY"}"#, "missing_field", "policy"),
            (#"{"method":"POST-POLICY","policy":"{}"}"#, "invalid_policy", "policy"),
        ] as [(String, String, String?)])
    func answersOneBadLineAlone(_ line: String, _ code: String, _ field: String?) async throws {
        let good = Self.documentedLine
        let run = await batch([good, line, good].joined(separator: "\n"))
        let answers = try answers(run)
        #expect(run.code == 1)
        #expect(answers.count == 3)
        #expect(answers[0] == answers[2])
        #expect(answers[0]["url"] == .string(PresignTests.documentedURL))
        let error = answers[1]["error"]
        #expect(error?["code"] == .string(code), "\(answers[1].compact)")
        #expect(error?["field"] == field.map(JSON.string), "\(answers[1].compact)")
        #expect(error?["line"] == .integer(2))
        #expect(error?["message"]?.string?.isEmpty == false)
        #expect(run.diagnostics == "error: 1 of 3 lines could not be signed; their answers say why.\n")
    }

    @Test func skipsALineThatIsTooLong() async throws {
        let long = #"{"method":"GET","bucket":"examplebucket","key":""# + String(repeating: "k", count: 3 << 20) + "\"}"
        let run = await batch([long, Self.documentedLine, long].joined(separator: "\n"))
        let answers = try answers(run)
        #expect(answers.count == 3)
        #expect(answers[0]["error"]?["code"] == .string("line_too_long"))
        #expect(answers[1]["url"] == .string(PresignTests.documentedURL))
        #expect(answers[2]["error"]?["line"] == .integer(3))
    }

    @Test func takesEmptyLinesCRLFAndNoLastLineEnd() async throws {
        let run = await batch("\r\n\n  \n\(Self.documentedLine)\r\n\n\(Self.documentedLine)")
        #expect(run.code == 0)
        #expect(try answers(run).count == 2)
        #expect(await batch("").output == "")
    }

    @Test func fillsInTheOptions() async throws {
        let line = #"{"method":"GET","bucket":"examplebucket","key":"test.txt","style":"virtual"}"#
        let run = await batch(
            line, ["--region", "us-east-1", "--endpoint", "https://s3.amazonaws.com", "--expires", "1d", "--at", "20130524T000000Z"])
        #expect(try answers(run).first?["url"] == .string(PresignTests.documentedURL))
    }

    @Test func eachLineHasItsOwnCredentials() async throws {
        let lines = ["AKIDONE", "AKIDTWO", "AKIDONE"].map { id in
            #"{"method":"GET","bucket":"examplebucket","key":"k","region":"us-east-1","accessKeyId":"\#(id)","secretAccessKey":"s\#(id)"}"#
        }
        let answers = try answers(await batch(lines.joined(separator: "\n")))
        #expect(answers[0] == answers[2])
        #expect(answers[0] != answers[1])
        #expect(answers[1]["url"]?.string?.contains("AKIDTWO") == true)
    }

    @Test func oneMissingCredentialIsNotTheOthersFault() async throws {
        let bare = #"{"method":"GET","bucket":"examplebucket","key":"k","region":"us-east-1"}"#
        let run = await batch(bare + "\n" + Self.documentedLine, variables: ["HOME": "/nowhere"])
        let answers = try answers(run)
        #expect(answers[0]["error"]?["code"] == .string("no_credentials"))
        #expect(answers[1]["url"] == .string(PresignTests.documentedURL))
    }

    /// Any bytes get one answer a line, and never a crash.
    @Test func survivesNoise() async throws {
        var random = SeededGenerator(seed: 4)
        let line = Array(Self.documentedLine.utf8)
        var input: [UInt8] = []
        for _ in 0..<300 {
            var mutated = line
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<mutated.count, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: mutated[place] = UInt8.random(in: 0...255, using: &random)
                case 1: mutated.remove(at: place)
                default: mutated.insert(UInt8.random(in: 0...255, using: &random), at: place)
                }
            }
            input += mutated.filter { $0 != 0x0A } + [0x0A]
        }
        let run = await CommandRun.command(["presign", "batch"], variables: [:], input: input)
        let answers = try answers(run)
        #expect(answers.count == 300)
        #expect(answers.allSatisfy { $0["url"] != nil || $0["error"] != nil || $0["signature"] != nil })
    }

    /// An input without end would not fit into memory: what was read is answered before more is read.
    @Test func streams() async throws {
        let input = EndlessInput(line: Array((Self.documentedLine + "\n").utf8), lineCount: 5000)
        let output = CountingOutput()
        var context = CommandContext.ofThisProcess()
        context.variables = [:]
        context.input = input
        context.output = output
        input.answered = { output.lines.withLock { $0 } }
        #expect(await Countersign.run(["presign", "batch"], in: context) == 0)
        #expect(output.lines.withLock { $0 } == 5000)
        #expect(input.largestGap.withLock { $0 } < 1000)
    }
}

/// Hands out one line again and again, and watches how many were answered by then.
private final class EndlessInput: ByteInput, @unchecked Sendable {
    private let line: [UInt8]
    private let lineCount: Int
    private var given = 0
    var answered: () -> Int = { 0 }
    let largestGap = Mutex(0)

    init(line: [UInt8], lineCount: Int) {
        self.line = line
        self.lineCount = lineCount
    }

    func read(upTo limit: Int) -> [UInt8] {
        largestGap.withLock { $0 = max($0, given - answered()) }
        let count = min(limit / line.count, lineCount - given)
        given += count
        return Array(repeatElement(line, count: count).joined())
    }
}

private final class CountingOutput: ByteOutput {
    let lines = Mutex(0)

    func write(_ bytes: [UInt8]) { lines.withLock { $0 += bytes.count { $0 == 0x0A } } }
    func flush() {}
}
