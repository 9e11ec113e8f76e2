import Foundation
import Testing

@testable import countersign

/// `policy validate --fix`: what it leaves as it is; and what the ignore list says where.
@Suite struct PolicyFixTests {
    private static let deny =
        "{\"Sid\": \"No\", \"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": [\"s3:PutObjct\", \"s3:PutObjectAc\"], \"Resource\": \"arn:aws:s3:::b/*\"}"

    @Test func anIgnoredFindingStays() async throws {
        let files = try PolicyFiles([
            "p.json": PolicyFiles.policy(Self.deny),
            ".countersign-ignore.yaml": "- {code: INVALID_ACTION, file: p.json, reason: kept for a test, expires: 2027-01-31}\n",
        ])
        func fix(now: String) async -> CommandRun {
            await CommandRun.command(["policy", "validate", "--fix", "--policies", files.folder, files.path("p.json")], now: now)
        }
        let run = await fix(now: "20270131T000000Z")
        #expect(run.code == 0 && run.diagnostics == "" && run.output == "")
        #expect(try files.text("p.json") == PolicyFiles.policy(Self.deny))
        let late = await fix(now: "20270201T000000Z")
        #expect(late.code == 0 && late.diagnostics.contains("p.json:4:66: fixed (INVALID_ACTION): replace it by s3:PutObject\n"))
        #expect(late.diagnostics.contains(".countersign-ignore.yaml:1: this entry held until 2027-01-31; look at the finding again"))
        #expect(try files.text("p.json").contains("[\"s3:PutObject\", \"s3:PutObjectAcl\"]"))
    }

    /// AWS takes no policy with such mistakes, so that it allows nothing; it may only become one that allows nothing.
    @Test func aPolicyWithoutMeaningIsRepairedWhereItAllowsNothing() async throws {
        let plain = PolicyFiles.policy(
            "{\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"s3:*\", \"Resource\": \"arn:aws:s3:::b/*\", \"Condition\": {\"Bool\": {\"aws:SecureTransport\": \"false\"}}}"
        )
        let flawed = plain.replacing("\"Action\"", with: "\"Actions\"").replacing("Condition", with: "condition")
            .replacing("\"Bool\"", with: "\"bool\"").replacing("SecureTransport", with: "SecureTransprt").replacing(
                "\"Deny\"", with: "\"deny\"")
        let allowing = flawed.replacing("deny", with: "allow")
        let files = try PolicyFiles(["deny.json": flawed, "allow.json": allowing, "lost.json": flawed.replacing("\"s3:*\"", with: "7")])
        let run = await CommandRun.command(["policy", "validate", "--fix", files.folder])
        #expect(try files.text("deny.json") == plain)
        #expect(run.diagnostics.contains("deny.json:4:16: fixed (INVALID_EFFECT): replace it by Deny\n"))
        #expect(try files.text("allow.json") == allowing && files.text("lost.json").contains("deny"))
        #expect(run.diagnostics.contains("lost.json: not fixed: the policy would have no meaning\n"))
        #expect(run.diagnostics.contains("allow.json: not fixed: the policy would allow s3:"))
        #expect(!run.output.contains("deny.json"), "\(run.diagnostics) \(run.output)")
    }

    @Test(arguments: [
        ("\"Action\"", "\"Acton\"", "Did you mean Action?", "replace it by Action"),
        ("\"Principal\"", "\"principal\"", "Did you mean Principal?", "replace it by Principal"),
        ("s3:GetObject", "s3:GetObjects", "Did you mean s3:GetObject?", "replace it by s3:GetObject"),
        ("\"Bool\"", "\"Boolean\"", "There is no condition operator Boolean", ""),
        ("\"Bool\"", "\"BoolIfExist\"", "Did you mean BoolIfExists?", "replace it by BoolIfExists"),
        ("aws:SecureTransport", "aws:SecureTransports", "Did you mean aws:SecureTransport?", "replace it by aws:SecureTransport"),
        ("aws:SecureTransport", "s3:authtyp", "Did you mean s3:authType?", "replace it by s3:authType"),
        ("\"Statement\"", "\"Statment\"", "Did you mean Statement?", "replace it by Statement"),
        ("\"Allow\"", "\"allow\"", "Allow", "replace it by Allow"),
    ])
    func theMeantNameIsTold(name: String, misspelt: String, question: String, help: String) async throws {
        let text = PolicyFiles.allow(rest: ", \"Condition\": {\"Bool\": {\"aws:SecureTransport\": \"true\"}}")
        let files = try PolicyFiles(["p.json": text.replacing(name, with: misspelt)])
        let run = await CommandRun.command(["policy", "validate", files.path("p.json")])
        #expect(run.code == 1 && run.output.contains(question), "\(run.output)")
        #expect(help.isEmpty || run.output.contains("= help: \(help)\n"), "\(run.output)")
    }

    @Test func aLinkStaysOneAndItsFileKeepsWhoMayReadIt() async throws {
        let files = try PolicyFiles(["real/p.json": PolicyFiles.policy(Self.deny)])
        let manager = FileManager.default
        try manager.setAttributes([.posixPermissions: 0o640], ofItemAtPath: files.path("real/p.json"))
        try manager.createSymbolicLink(atPath: files.path("p.json"), withDestinationPath: "real/p.json")
        _ = await CommandRun.command(["policy", "validate", "--fix", files.path("p.json")])
        #expect(try manager.destinationOfSymbolicLink(atPath: files.path("p.json")) == "real/p.json")
        #expect(try files.text("real/p.json").contains("[\"s3:PutObject\", \"s3:PutObjectAcl\"]"))
        let permissions = try manager.attributesOfItem(atPath: files.path("real/p.json"))[.posixPermissions] as? NSNumber
        #expect(permissions?.intValue == 0o640)
    }

    @Test func whatIsNoPolicyIsLeftAndSaidSo() async throws {
        let cors = "{\"CORSRules\": [{\"AllowedOrigin\": [\"*\"], \"AllowedMethods\": [\"GET\"]}]}"
        let lifecycle = "{\"Rules\": [{\"Status\": \"Enabled\", \"Filter\": {}, \"Expiraton\": {\"Days\": 1}}]}"
        let files = try PolicyFiles(["cors.json": cors, "lifecycle.json": lifecycle])
        let run = await CommandRun.command(["policy", "validate", "--fix", files.folder])
        #expect(run.code == 1)
        for note in [
            "cors.json:1:17: not fixed (S3_CORS_UNKNOWN_ELEMENT): only policies are; replace it by AllowedOrigins by hand",
            "lifecycle.json:1:48: not fixed (S3_LIFECYCLE_UNKNOWN_ELEMENT): only policies are; replace it by Expiration by hand",
        ] { #expect(run.diagnostics.contains(note), "\(run.diagnostics)") }
        #expect(try files.text("cors.json") == cors && files.text("lifecycle.json") == lifecycle)
    }

    @Test(arguments: [
        (["policy", "validate", "p"], "policies"), (["check"], "policies"),
    ])
    func entriesThatAreNotNeededAreTold(command: [String], folder: String) async throws {
        let files = try PolicyFiles.shipped()
        try files.write(
            "policies/.countersign-ignore.yaml",
            """
            - {code: CORS_TOO_WIDE, file: staging/cors.json, reason: unused, expires: 2027-01-31}
            - {code: CORS_TOO_WIDE, file: staging/cors.json, reason: expired, expires: 2026-01-31}
            - {code: CORS_TOO_WIDE, file: stagng/cors.json, reason: misspelt, expires: 2027-01-31}
            - {code: CORS_HIDES_ETAG, file: staging/cors.json, reason: used, expires: 2027-01-31}
            - {code: CORS_HIDES_ETAG, file: production/cors.json, reason: expired, expires: 2026-01-31}

            """)
        for environment in ["staging", "production"] {
            let text = try files.text("policies/\(environment)/cors.json")
            try files.write("policies/\(environment)/cors.json", text.replacing("\"ETag\",", with: ""))
        }
        let arguments = command.map { $0 == "p" ? files.path(folder) : $0 } + ["--policies", files.path(folder)]
        let run = await CommandRun.command(arguments, now: "20270131T000000Z")
        #expect(run.code == 1 && run.output.contains("production/cors.json") && !run.output.contains("staging/cors.json"))
        let list = files.path("policies/.countersign-ignore.yaml")
        for note in [
            "\(list):1: nothing is ignored by this entry any more; delete it\n",
            "\(list):2: this entry held until 2026-01-31; look at the finding again\n",
            "\(list):3: there is no file stagng/cors.json in \(files.path(folder)); correct this entry or delete it\n",
            "\(list):5: this entry held until 2026-01-31; look at the finding again\n",
        ] { #expect(run.diagnostics.contains(note), "\(run.diagnostics)") }
        #expect(!run.diagnostics.contains("\(list):4"))
    }

    @Test(arguments: ["2027-02-29", "1800000000", "2027-1-31", "soon"])
    func anEntrysLastDayIsADay(day: String) async throws {
        let files = try PolicyFiles([
            "p.json": PolicyFiles.allow(),
            ".countersign-ignore.yaml": "- {code: INVALID_ACTION, file: p.json, reason: kept for a test, expires: \(day)}\n",
        ])
        let run = await CommandRun.command(["policy", "validate", "--policies", files.folder, files.path("p.json")])
        #expect(run.code == 2 && run.diagnostics.contains(".countersign-ignore.yaml:1:") && run.diagnostics.contains("expires is a day"))
    }
}

/// What is no policy: a clear error, and no more of it read than a policy can have.
@Suite struct HostileFileTests {
    private func message(_ bytes: [UInt8]) async throws -> CommandRun {
        let files = try PolicyFiles()
        try Data(bytes).write(to: URL(filePath: files.path("p.json")))
        return await CommandRun.command(["policy", "validate", files.path("p.json")])
    }

    @Test(arguments: [
        (Array("\u{7F}ELF\u{2}\u{1}\u{1}\u{0}".utf8), "There is a NUL byte here: this is no text file."),
        ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0xFF, 0xD8], "PNG is not a JSON value"),
        ([0xFF, 0xFE, 0x7B, 0x00, 0x7D, 0x00], "The file is encoded as UTF-16; save it as UTF-8."),
        (Array(String(repeating: "[", count: 10_000).utf8), "Arrays and objects are nested more than 64 deep"),
        (Array(String(repeating: "{\"a\":", count: 10_000).utf8), "Arrays and objects are nested more than 64 deep"),
        (Array("{\"Version\": \"\\ud800\"}".utf8), "\\uD800 is half of a surrogate pair"),
        ([0x7B, 0x22, 0xED, 0xA0, 0x80, 0x22, 0x3A, 0x31, 0x7D], "This string is not valid UTF-8"),
        (Array("{\"Version\": \"a\u{0}\"}".utf8), "There is a NUL byte here"),
        (Array("\u{FEFF}{}".utf8), "The file starts with a byte order mark"),
        ([], "The file is empty"),
    ])
    func isAClearError(bytes: [UInt8], message: String) async throws {
        let run = try await self.message(bytes)
        #expect(run.code == 1 && run.output.contains(message) && run.output.contains("p.json:1:"), "\(run.output)")
        #expect(run.output.utf8.count < 20_000)
    }

    /// Files with holes: to read them to their ends would take hours, and more memory than there is.
    @Test(arguments: [100 << 20, 1 << 40])
    func aLargeFileIsReadNoFurtherThanAPolicyCanBeLong(size: UInt64) async throws {
        let files = try PolicyFiles(["p.json": "{", ".countersign-ignore.yaml": ""])
        func grow(_ name: String) throws {
            let handle = try #require(FileHandle(forWritingAtPath: files.path(name)))
            try handle.truncate(atOffset: size)
            try handle.close()
        }
        try grow("p.json")
        let run = await CommandRun.command(["policy", "validate", files.path("p.json"), "--policies", files.folder])
        #expect(run.code == 1 && run.output.contains("The file has more than 1048576 bytes; no policy is that long."))
        let asked = await CommandRun.command(["policy", "public", files.path("p.json")])
        #expect(asked.code == 1 && asked.diagnostics.contains("p.json:1:1"))
        let updated = await CommandRun.command(["policy", "data", "--update", files.path("p.json"), "--policies", files.folder])
        #expect(updated.code == 2 && updated.diagnostics.contains("the file is larger than 8 MiB"))
        try grow(".countersign-ignore.yaml")
        let ignored = await CommandRun.command(["policy", "validate", files.path("p.json"), "--policies", files.folder])
        #expect(ignored.code == 2 && ignored.diagnostics.contains("larger than 256 KiB"))
    }
}
