import Foundation
import S3Signing
import SigV4
import Testing

@testable import countersign

/// What is pasted elsewhere does there what it says, whatever the key and the values hold.
@Suite struct PresignFormatTests {
    /// The words that bash makes of a command line, by asking it.
    private func words(of command: String) throws -> [String] {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-c", "curl() { printf '%s\\0' \"$@\"; }\n" + command]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: data, as: UTF8.self).split(separator: "\0", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    @Test func quotesForAShell() throws {
        var random = SeededGenerator(seed: 1)
        let texts = (0..<300).map { _ in random.hostileText(maximumLength: 12) } + ["", "-n", "a b", "$(reboot)", "it's", "\u{1B}[31m"]
        let command = "curl " + texts.map(Quoting.shell).joined(separator: " ")
        #expect(!command.unicodeScalars.contains { $0.value < 0x20 })
        #expect(try words(of: command) == texts)
    }

    @Test func curlSendsWhatIsSigned() async throws {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<20 {
            let key = random.hostileText(maximumLength: 20)
            let arguments = [
                "presign", "put", "s3://examplebucket/\(key)", "--header", "x-amz-meta-a: it's \"$HOME\" `id`", "--header", "x-empty:",
                "--content-type", "image/png", "--content-length", "3",
            ]
            let url = await CommandRun.command(arguments).result
            let command = await CommandRun.command(arguments + ["--format", "curl"]).result
            let words = try words(of: command)
            #expect(words.last == url)
            #expect(words.contains("x-amz-meta-a: it's \"$HOME\" `id`"))
            #expect(words.contains("x-empty;"))
            #expect(words.contains("content-type: image/png"))
            #expect(!words.contains { $0.hasPrefix("content-length") })
            #expect(!words.contains { $0.hasPrefix("@") })
        }
    }

    @Test(arguments: [
        ("a/b/cat.jpg", "cat.jpg"), ("cat.jpg", "cat.jpg"), ("a/-rf", "FILE"), ("a/", "FILE"), ("a/.profile", "FILE"), ("a/b c", "FILE"),
        ("a/é", "FILE"),
    ])
    func namesAHarmlessFile(_ key: String, _ name: String) async throws {
        let command = await CommandRun.command(["presign", "get", "s3://examplebucket/\(key)", "--format", "curl"]).result
        let words = try words(of: command)
        let option = try #require(words.firstIndex(of: "--output"))
        #expect(words[option + 1] == name)
    }

    @Test func curlKeepsDotSegments() async {
        let run = await CommandRun.command(["presign", "get", "s3://examplebucket/a/../b", "--format", "curl"])
        #expect(run.output.contains(" --path-as-is "))
        let page = await CommandRun.command(["presign", "get", "s3://examplebucket/a/../b", "--format", "fetch"])
        #expect(page.diagnostics.contains("a browser collapses"))
    }

    @Test func curlPostsFieldsLiterally() async throws {
        let command = await CommandRun.command([
            "presign", "post", "s3://examplebucket/a.png", "--max-size", "10", "--field", "x-amz-meta-a=@/etc/passwd;type=x", "--format",
            "curl",
        ]).result
        let words = try words(of: command)
        let index = try #require(words.firstIndex(of: "x-amz-meta-a=@/etc/passwd;type=x"))
        #expect(words[index - 1] == "--form-string")
        #expect(words.contains("file=@a.png"))
        #expect(words.last == "https://examplebucket.s3.us-east-1.amazonaws.com/")
    }

    @Test func fetchIsOneExpression() async {
        let run = await CommandRun.command([
            "presign", "put", "s3://examplebucket/a", "--content-type", "image/png", "--content-length", "3", "--header",
            "x-amz-meta-a: </script>\"", "--format", "fetch",
        ])
        let lines = run.result.split(separator: "\n").map(String.init)
        #expect(lines[0] == "// file.size must be 3: the browser sends it by itself, and it is signed")
        #expect(lines[1].hasPrefix("const response = await fetch(\"https://examplebucket.s3.us-east-1.amazonaws.com/a?"))
        #expect(
            Array(lines[2...]) == [
                "  method: \"PUT\",", "  headers: {", "    \"content-type\": \"image/png\",",
                "    \"x-amz-meta-a\": \"\\u003c/script\\u003e\\\"\",", "  },", "  body: file,", "});",
            ])
        #expect(!run.output.contains("</script>"))
    }

    @Test func htmlEscapes() async throws {
        let run = await CommandRun.command([
            "presign", "post", "s3://examplebucket/a\"><script>'&.png", "--max-size", "10", "--format", "html",
        ])
        #expect(!run.output.contains("<script>"))
        #expect(run.output.contains("value=\"a&quot;&gt;&lt;script&gt;&#39;&amp;.png\""))
        let form = try #require(HTMLForm(run.output))
        #expect(form.action == "https://examplebucket.s3.us-east-1.amazonaws.com/")
        #expect(form.fields.first?.value == "a\"><script>'&.png")
    }

    @Test func aFormSurvivesHTML() async throws {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<20 {
            let value = String(random.hostileText(maximumLength: 20).unicodeScalars.filter { $0 != "\n" && $0 != "\r" })
            let arguments = ["presign", "post", "s3://examplebucket/k", "--max-size", "10", "--field", "x-amz-meta-a=\(value)"]
            let json = await CommandRun.command(arguments).json
            let html = await CommandRun.command(arguments + ["--format", "html"]).output
            let form = try #require(HTMLForm(html))
            #expect(JSON.object(form.fields.map { .init($0.name, .string($0.value)) }) == json["fields"])
        }
    }

    @Test func javaScriptStringsStayStrings() {
        #expect(Quoting.javaScript("a\"b\\c</script>\u{2028}\n") == "\"a\\\"b\\\\c\\u003c/script\\u003e\\u2028\\n\"")
    }

    @Test func terminalTextHasNoControls() {
        #expect(Quoting.terminal("a\u{1B}[31m\u{9B}b\u{202E}\n") == "a\\u{1b}[31m\\u{9b}b\\u{202e}\\u{a}")
        #expect(Quoting.terminal("é日😀 'x'") == "é日😀 'x'")
    }
}
