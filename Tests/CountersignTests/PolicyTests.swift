import Foundation
import S3Signing
import Testing

@testable import countersign

/// A folder for the files of one test.
struct PolicyFiles: ~Copyable {
    let folder = NSTemporaryDirectory() + "countersign-policy-\(UUID().uuidString)"

    init(_ files: KeyValuePairs<String, String> = [:]) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, text) in files { try write(name, text) }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    func write(_ name: String, _ text: String) throws {
        let path = path(name)
        try FileManager.default.createDirectory(
            atPath: URL(filePath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

    /// The project's own environments, copied.
    static func shipped() throws -> PolicyFiles {
        let files = try PolicyFiles()
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        try FileManager.default.copyItem(atPath: root.appending(path: "policies").path, toPath: files.path("policies"))
        return files
    }

    static func policy(_ statement: String) -> String {
        "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    \(statement)\n  ]\n}\n"
    }

    static func allow(_ action: String = "s3:GetObject", rest: String = "") -> String {
        policy(
            "{\"Sid\": \"Read\", \"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"\(action)\", \"Resource\": \"arn:aws:s3:::b/*\"\(rest)}"
        )
    }
}

/// `policy validate`: what it prints, in every format, and how it ends.
@Suite struct PolicyValidateTests {
    @Test func aGoodPolicyIsMetWithSilence() async throws {
        let files = try PolicyFiles(["p.json": PolicyFiles.allow()])
        let run = await CommandRun.command(["policy", "validate", files.path("p.json")])
        #expect(run.code == 0 && run.output == "" && run.diagnostics == "")
    }

    @Test func aFindingShowsItsPlace() async throws {
        let files = try PolicyFiles(["p.json": PolicyFiles.allow("s3:GetObjct")])
        let run = await CommandRun.command(["policy", "validate", files.path("p.json")])
        #expect(run.code == 1)
        #expect(
            run.output == """
                \(files.path("p.json")):4:68: error: S3 has no action GetObjct; it is not in the data of 2026-10-27. Did you mean s3:GetObject? [INVALID_ACTION]
                   |
                 4 |     {"Sid": "Read", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObjct", "Resource": "arn:aws:s3:::b/*"}
                   |                                                                    ^^^^^^^^^^^^^
                   = help: replace it by s3:GetObject


                """)
        #expect(run.diagnostics == "1 error in 1 of 1 file\n")
    }

    @Test func theCaretCountsWhatATerminalShows() async throws {
        let files = try PolicyFiles(["p.json": "{\n\t\"Version\": \"2012-10-17\", \"漢字\": 1, \"Statement\": []}\n"])
        let lines = await CommandRun.command(["policy", "validate", files.path("p.json")]).output.split(separator: "\n")
        #expect(lines[0].contains(":2:27: error: A policy has no element 漢字"))
        #expect(lines[2] == " 2 |     \"Version\": \"2012-10-17\", \"漢字\": 1, \"Statement\": []}")
        #expect(lines[3] == "   |                              ^^^^^^")
    }

    @Test func jsonIsAWSsAnswer() async throws {
        let files = try PolicyFiles(["p.json": PolicyFiles.allow("s3:GetObjct")])
        let run = await CommandRun.command(["policy", "validate", "--format", "json", files.path("p.json")])
        guard case .array(let findings)? = run.json["findings"], let finding = findings.first else {
            Issue.record("no findings: \(run.output)")
            return
        }
        #expect(finding["issueCode"] == .string("INVALID_ACTION") && finding["findingType"] == .string("ERROR"))
        #expect(finding["learnMoreLink"]?.string?.hasSuffix("#access-analyzer-reference-policy-checks-error-invalid-action") == true)
        guard case .array(let locations)? = finding["locations"] else { return }
        #expect(
            locations[0]["path"]
                == .array([
                    .object([.init("value", .string("Statement"))]), .object([.init("index", .integer(0))]),
                    .object([.init("value", .string("Action"))]),
                ]))
        #expect(
            locations[0]["span"]?["start"]
                == .object([.init("line", .integer(4)), .init("column", .integer(67)), .init("offset", .integer(113))]))
        let several = await CommandRun.command(["policy", "validate", "--format", "json", files.folder])
        #expect(several.json["files"] != nil)
    }

    @Test func sarifHasColumnsInUTF16() async throws {
        let files = try PolicyFiles(["p.json": "{\"Version\": \"2012-10-17\", \"𐐀\": 1, \"Statement\": [], \"x\": 2}"])
        let run = await CommandRun.command(["policy", "validate", "--format", "sarif", files.path("p.json")])
        #expect(run.json["version"] == .string("2.1.0"))
        guard case .array(let runs)? = run.json["runs"], case .array(let results)? = runs[0]["results"] else {
            Issue.record("no results: \(run.output)")
            return
        }
        let last = results[results.count - 1]
        guard case .array(let locations)? = last["locations"] else { return }
        let region = locations[0]["physicalLocation"]?["region"]
        #expect(last["ruleId"] == .string("INVALID_POLICY_ELEMENT"))
        #expect(region?["startColumn"] == .integer(53) && region?["endColumn"] == .integer(56))
        guard case .array(let rules)? = runs[0]["tool"]?["driver"]?["rules"], case .integer(let index)? = last["ruleIndex"] else { return }
        #expect(rules[Int(index)]["id"] == last["ruleId"])
    }

    @Test func gitHubsCommandsAreEscaped() async throws {
        let files = try PolicyFiles(["a,b.json": PolicyFiles.allow("s3:100%")])
        let run = await CommandRun.command(["policy", "validate", "--format", "github", files.path("a,b.json")])
        #expect(run.output.hasPrefix("::error file=\(files.folder)/a%2Cb.json,line=4,endLine=4,col=68,endColumn=77,title=INVALID_ACTION::"))
        #expect(run.output.contains("S3 has no action 100%25;"))
    }

    @Test(arguments: [("error", 0), ("warning", 1), ("suggestion", 1)])
    func theThresholdDecides(failOn: String, code: Int32) async throws {
        let files = try PolicyFiles(["p.json": PolicyFiles.allow().replacing("  \"Version\": \"2012-10-17\",\n", with: "")])
        let run = await CommandRun.command(["policy", "validate", "--fail-on", failOn, files.path("p.json")])
        #expect(run.code == code && run.output.contains("[MISSING_VERSION]"))
    }

    @Test func oneBadFileStopsNothing() async throws {
        let files = try PolicyFiles([
            "a.json": "\u{0}\u{1}", "b.json": String(repeating: "[", count: 10_000), "c.json": "", "d.json": PolicyFiles.allow(),
            "e.json": "{\"Statement\": \"\\ud800\"}",
            "deep/f.json": PolicyFiles.allow("s3:Fetch*"), "notes.txt": "not looked at",
        ])
        try FileManager.default.createSymbolicLink(atPath: files.path("deep/loop"), withDestinationPath: files.folder)
        let run = await CommandRun.command(["policy", "validate", files.folder])
        #expect(run.code == 1)
        for message in [
            "a.json:1:1: error: There is a NUL byte here", "b.json:1:65: error: Arrays and objects are nested more than 64 deep",
            "c.json:1:1: error: The file is empty", "e.json:1:16: error: \\uD800 is half of a surrogate pair",
            "deep/f.json:4:68: error: No action of S3 matches",
        ] {
            #expect(run.output.contains(message), "\(message)")
        }
        #expect(!run.output.contains("d.json") && !run.output.contains("notes.txt") && run.diagnostics.hasSuffix("of 6 files\n"))
    }

    @Test func aLargeFileIsNotReadToItsEnd() async throws {
        let files = try PolicyFiles(["p.json": String(repeating: " ", count: 2 << 20)])
        let run = await CommandRun.command(["policy", "validate", files.path("p.json")])
        #expect(run.code == 1 && run.output.contains("The file has more than 1048576 bytes"))
    }

    @Test func aMissingFileIsWrongUse() async {
        let run = await CommandRun.command(["policy", "validate", "/nonexistent/p.json"])
        #expect(run.code == 2 && run.diagnostics.contains("there is no such file or folder"))
    }

    @Test func kindsFollowFromNameAndContent() async throws {
        let files = try PolicyFiles([
            "signer-policy.json": PolicyFiles.allow(), "x.json": "{\"CORSRules\": []}", "y.json": "{\"Rules\": []}",
            "z.json": PolicyFiles.allow(),
        ])
        let run = await CommandRun.command(["policy", "validate", files.folder])
        for code in ["UNSUPPORTED_PRINCIPAL", "S3_CORS_INVALID_VALUE", "S3_LIFECYCLE_INVALID_VALUE"] { #expect(run.output.contains(code)) }
        #expect(
            await CommandRun.command(["policy", "validate", "--kind", "identity", files.path("z.json")]).output.contains(
                "UNSUPPORTED_PRINCIPAL"))
    }

    @Test func meantFindingsAreIgnoredUntilTheirDay() async throws {
        let files = try PolicyFiles(["p/a.json": PolicyFiles.allow("s3:GetObjct")])
        func run(_ entry: String, now: String = "20270101T000000Z") async throws -> CommandRun {
            try files.write("p/.countersign-ignore.yaml", entry)
            return await CommandRun.command(["policy", "validate", files.path("p/a.json"), "--policies", files.path("p")], now: now)
        }
        let entry = "- code: INVALID_ACTION\n  file: a.json\n  statement: Read\n  reason: kept for a test\n  expires: 2027-01-31\n"
        #expect(try await run(entry).code == 0)
        let late = try await run(entry, now: "20270201T000000Z")
        #expect(late.code == 1 && late.diagnostics.contains("this entry held until 2027-01-31"))
        #expect(try await run(entry.replacing("file: a.json", with: "file: b/a.json")).code == 1)
        #expect(try await run(entry.replacing("Read", with: "Write")).code == 1)
        #expect(try await run(entry.replacing("  reason: kept for a test\n", with: "")).diagnostics.contains("an entry needs reason"))
        let unused = try await run(entry.replacing("INVALID_ACTION", with: "MISSING_VERSION"))
        #expect(unused.code == 1 && unused.diagnostics.contains("nothing is ignored by this entry any more"))
    }

    @Test func fixesAreMadeWhereNobodyGetsMore() async throws {
        let deny =
            "{\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": [\"s3:PutObjct\", \"s3:Delete*\", \"s3:DeleteObject\"], \"Resource\": \"arn:aws:s3:::b/*\"}"
        let allow = "{\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"s3:GetObjct\", \"Resource\": \"arn:aws:s3:::b/*\"}"
        let files = try PolicyFiles(["p.json": PolicyFiles.policy("\(deny),\n    \(allow)")])
        let run = await CommandRun.command(["policy", "validate", "--fix", files.path("p.json")])
        #expect(run.code == 1)
        let fixed = deny.replacing("PutObjct", with: "PutObject").replacing(", \"s3:DeleteObject\"", with: "")
        #expect(try files.text("p.json") == PolicyFiles.policy("\(fixed),\n    \(allow)"))
        #expect(run.diagnostics.contains("not fixed (INVALID_ACTION): the policy would allow s3:GetObject"))
        let again = await CommandRun.command(["policy", "validate", "--fix", files.path("p.json")])
        #expect(again.code == 1 && !again.diagnostics.contains(": fixed"))
    }
}

/// What is not there to be validated.
@Suite struct PolicyValidateNothingTests {
    @Test func aFolderWithoutPoliciesIsAMistake() async throws {
        let files = try PolicyFiles(["notes.txt": "nothing"])
        let run = await CommandRun.command(["policy", "validate", files.path("")])
        #expect(run.code == 2 && run.diagnostics.contains("there is no *.json file below") && run.output == "")
    }
}

/// `check`: rules and documents together.
@Suite struct CheckTests {
    /// The shipped environments with one text of one file replaced.
    private func check(_ file: String, _ old: String, _ new: String) async throws -> CommandRun {
        let files = try PolicyFiles.shipped()
        let text = try files.text("policies/\(file)")
        try #require(text.contains(old))
        try files.write("policies/\(file)", text.replacing(old, with: new))
        return await CommandRun.command(["check", "--policies", files.path("policies")])
    }

    @Test func theShippedEnvironmentsAreSilent() async throws {
        let files = try PolicyFiles.shipped()
        for arguments in [["check", "--policies", files.path("policies")], ["policy", "validate", files.path("policies")]] {
            let run = await CommandRun.command(arguments)
            #expect(run.code == 0 && run.output == "" && run.diagnostics == "")
        }
    }

    @Test(arguments: [
        ("staging/bucket-policy.json", "\"1200000\"", "\"60000\"", "TICKET_DENIED"),
        ("staging/bucket-policy.json", "\"NumericGreaterThan\"", "\"NumericLessThan\"", "TICKET_DENIED"),
        ("staging/bucket-policy.json", "\"false\"", "\"true\"", "LOCKED_OUT"),
        ("staging/bucket-policy.json", "\"aws:SecureTransport\": \"false\"", "\"aws:SecureTransport\": \"maybe\"", "TYPE_MISMATCH_BOOLEAN"),
        (
            "staging/bucket-policy.json", "\"Bool\": {\n          \"aws:SecureTransport\": \"false\"",
            "\"NumericLessThan\": {\n          \"s3:TlsVersion\": \"1.0\"", "PLAIN_HTTP_ALLOWED"
        ),
        ("staging/bucket-policy.json", "uploads-staging", "uploads-production", "OTHER_BUCKET"),
        ("staging/signer-policy.json", "uploads-staging/avatars", "uploads-staging/pictures", "SIGNER_NOT_ALLOWED"),
        ("staging/signer-policy.json", "\"s3:PutObject\"", "\"s3:*Object\"", "SIGNER_TOO_POWERFUL"),
        ("staging/signer-policy.json", "uploads-staging/avatars/*", "uploads-staging/a*", "SIGNER_TOO_POWERFUL"),
        ("staging/cors.json", "https://staging.example.com", "https://other.example.com", "CORS_REFUSES_TICKET"),
        ("staging/cors.json", "\"if-none-match\",", "", "CORS_REFUSES_TICKET"),
        ("staging/cors.json", "\"POST\",", "", "CORS_REFUSES_TICKET"),
        ("staging/cors.json", "\"ETag\",", "", "CORS_HIDES_ETAG"),
        ("staging/cors.json", "\"GET\",", "\"GET\", \"DELETE\",", "CORS_TOO_WIDE"),
        ("staging/cors.json", "\"http://localhost:3000\"", "\"http://localhost:3000\", \"*\"", "CORS_TOO_WIDE"),
        ("staging/cors.json", "\"content-md5\",", "\"authorization\",", "CORS_TOO_WIDE"),
        (
            "staging/lifecycle.json", "AbortIncompleteMultipartUpload\": {\n        \"DaysAfterInitiation",
            "Expiration\": {\n        \"Days", "UNFINISHED_UPLOADS_STAY"
        ),
    ])
    func whatDoesNotFitIsTold(file: String, old: String, new: String, code: String) async throws {
        let run = try await check(file, old, new)
        #expect(run.code == 1 && run.output.contains("[\(code)]"), "\(run.output)")
    }

    @Test func downloadsNeedTheSignerToRead() async throws {
        let files = try PolicyFiles.shipped()
        for (file, old, new) in [
            ("uploads.yaml", "#   downloads: true", "downloads: true"), ("signer-policy.json", ",\n        \"s3:GetObject\"", ""),
        ] {
            let text = try files.text("policies/staging/\(file)")
            try #require(text.contains(old))
            try files.write("policies/staging/\(file)", text.replacing(old, with: new))
        }
        let run = await CommandRun.command(["check", "--policies", files.path("policies")])
        #expect(run.code == 1 && run.output.contains("[SIGNER_NOT_ALLOWED]") && run.output.contains("s3:GetObject"), "\(run.output)")
    }

    /// Active Storage's uploads have an MD5, and Uppy's signRequest ends them from the page.
    @Test func dialectsNeedHeadersAndMethodsOfTheirOwn() async throws {
        let files = try PolicyFiles.shipped()
        let check = { await CommandRun.command(["check", "--environment", "staging", "--policies", files.path("policies")]) }
        func replace(_ file: String, _ old: String, _ new: String) throws {
            let text = try files.text("policies/staging/\(file)")
            #expect(text.contains(old))
            try files.write("policies/staging/\(file)", text.replacing(old, with: new))
        }
        let commented =
            "#   dialects:\n#     uppy: attachments\n#     shrine: attachments\n#     activeStorage: documents\n#     betterUpload: true"
        try replace("uploads.yaml", commented, commented.replacing("#   ", with: ""))
        #expect(await check().code == 0)
        try replace("cors.json", "\"content-md5\",", "")
        let refused = await check()
        #expect(refused.code == 1 && refused.output.contains("[CORS_REFUSES_TICKET]") && refused.output.contains("content-md5"))
        try replace("cors.json", "\"if-none-match\",", "\"if-none-match\", \"content-md5\",")
        try replace("cors.json", "\"GET\",", "\"GET\", \"DELETE\",")
        #expect(await check().output.contains("[CORS_TOO_WIDE]"))
        try replace("uploads.yaml", "    method: POST\n", "    method: POST\n    multipart: assisted\n")
        #expect(await check().output.contains("[CORS_") == false)
    }

    /// Confirming looks at what was uploaded, and nothing needs more.
    @Test func theSignerMayLookAtWhatWasUploaded() async throws {
        let blind = try await check("staging/signer-policy.json", ",\n        \"s3:GetObject\"", "")
        // Completing in parts confirms; for the others it is the callers' choice.
        #expect(blind.code == 1 && blind.output.contains("s3:GetObject on") && blind.output.contains("the rule videos"), "\(blind.output)")
        let deleting = try await check("staging/signer-policy.json", "\"s3:PutObject\"", "\"s3:PutObject\", \"s3:DeleteObject\"")
        #expect(deleting.code == 1 && deleting.output.contains("[SIGNER_TOO_POWERFUL]"), "\(deleting.output)")
    }

    @Test(arguments: [
        ("multipart: assisted", ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"], [String]()),
        ("multipart: signed", ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"], ["DELETE"]),
        ("tagUnconfirmed: true", ["s3:GetObjectTagging", "s3:PutObjectTagging"], []),
    ])
    func stepsBehindATicketNeedRightsOfTheirOwn(key: String, actions: [String], methods: [String]) async throws {
        let files = try PolicyFiles.shipped()
        func replace(_ file: String, _ old: String, _ new: String) throws {
            let text = try files.text(file)
            #expect(text.contains(old))
            try files.write(file, text.replacing(old, with: new))
        }
        func check() async -> CommandRun {
            await CommandRun.command(["check", "--environment", "staging", "--policies", files.path("policies")])
        }
        try replace("policies/staging/uploads.yaml", "    method: POST\n", "    method: POST\n    \(key)\n")
        #expect(await check().output.contains("[SIGNER_NOT_ALLOWED]"))
        let list = actions.map { ", \"\($0)\"" }.joined()
        try replace("policies/staging/signer-policy.json", "\"s3:PutObject\"", "\"s3:PutObject\"\(list)")
        if !methods.isEmpty {
            #expect(await check().output.contains("[CORS_REFUSES_TICKET]"))
            try replace("policies/staging/cors.json", "\"GET\",", "\"GET\", \"DELETE\",")
        }
        // The other rules need less, so the signer has too much there.
        let run = await check()
        #expect(!run.output.contains("[SIGNER_NOT_ALLOWED]") && !run.output.contains("[CORS_"), "\(run.output)")
    }

    @Test func anAccountThatIsNotTheEnvironmentsIsTold() async throws {
        func told(_ effect: String, _ principal: String, account: String = "111122223333") async throws -> CommandRun {
            let files = try PolicyFiles.shipped()
            let statement = """
                {"Effect": "\(effect)", "Principal": {"AWS": "\(principal)"}, "Action": "s3:GetObject",
                 "Resource": "arn:aws:s3:::example-app-uploads-staging/pictures/*"},
                """
            let policy = try files.text("policies/staging/bucket-policy.json")
            try files.write(
                "policies/staging/bucket-policy.json", policy.replacing("\"Statement\": [", with: "\"Statement\": [" + statement))
            for (name, account) in [("staging", account), ("production", "777788889999")] {
                let file = "policies/\(name)/uploads.yaml"
                try files.write(file, try files.text(file) + "account: \(account)\n")
            }
            return await CommandRun.command(["check", "--policies", files.path("policies")])
        }
        for own in ["111122223333", "arn:aws:iam::111122223333:role/reader"] {
            #expect(try await told("Allow", own).code == 0)
        }
        #expect(try await told("Deny", "444455556666").code == 0)
        let foreign = try await told("Allow", "arn:aws:iam::444455556666:user/ann")
        #expect(
            foreign.code == 1 && foreign.output.contains("444455556666 is another account") && foreign.output.contains("[OTHER_ACCOUNT]"))
        #expect(try await told("Allow", "777788889999").output.contains("is the account of the environment production"))
        let wrong = try await told("Allow", "111122223333", account: "11112222333")
        #expect(wrong.code == 2 && wrong.diagnostics.contains("twelve digits"))
    }

    /// A statement more in staging's bucket policy, and what is told about it.
    @Test(arguments: [
        // One caller's folder, which a sample of callers would miss.
        ("avatars/bob/*", "", "TICKET_DENIED", "such as avatars/bob/"),
        ("avatars/auth0~*", "", "TICKET_DENIED", "such as avatars/auth0~"),
        ("*.jpg", "", "TICKET_DENIED", ".jpg"),
        ("documents/*/2031/*", "", "TICKET_DENIED", "/2031/"),
        ("avatars/*/????????-????-????-????-????????????.webp", "", "TICKET_DENIED", ".webp"),
        ("avatars/${aws:username}/*", "", "TICKETS_UNCERTAIN", "the rule avatars"),
        // No ticket's key is like these.
        ("*.exe", "", nil, ""), ("avatars/Bob/*", "", nil, ""), ("avatars/*/private/*", "", nil, ""), ("pictures/*", "", nil, ""),
        ("avatars/*/????.webp", "", nil, ""), ("other/${aws:username}/*", "", nil, ""),
        ("*", "\"IpAddress\": {\"aws:SourceIp\": \"198.51.100.0/24\"}", nil, ""),
    ])
    func everyTicketIsHeldAgainstTheBucketPolicy(resource: String, condition: String, code: String?, hint: String) async throws {
        let statement = """
            {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Condition": {\(condition)},
             "Resource": "arn:aws:s3:::example-app-uploads-staging/\(resource)"},
            """
        let run = try await check(
            "staging/bucket-policy.json", "\"Statement\": [",
            "\"Statement\": [" + (condition.isEmpty ? statement.replacing(" \"Condition\": {},", with: "") : statement))
        if let code {
            #expect(run.code == 1 && run.output.contains("[\(code)]") && run.output.contains(hint), "\(run.output)")
            #expect(run.output.contains("[TICKET") && !run.output.contains("the rule documents, such as avatars"))
        } else {
            #expect(run.code == 0 && run.output == "", "\(run.output)")
        }
    }

    /// What keeps people from changing the policy again, and what spares some of them.
    @Test(arguments: [
        ("", true), ("\"ArnNotLike\": {\"aws:PrincipalArn\": \"arn:aws:iam::111122223333:root\"}", true),
        ("\"ArnNotEquals\": {\"aws:PrincipalArn\": \"arn:aws:iam::111122223333:role/admin\"}", false),
        ("\"NotIpAddress\": {\"aws:SourceIp\": \"198.51.100.0/24\"}", false),
        ("\"StringNotEquals\": {\"aws:PrincipalTag/team\": \"platform\"}", false),
    ])
    func lockOutIsToldWhereNobodyEscapesIt(condition: String, isLockedOut: Bool) async throws {
        let statement = """
            {"Effect": "Deny", "Principal": "*", "Action": ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"],
             "Resource": "arn:aws:s3:::example-app-uploads-staging"\(condition.isEmpty ? "" : ", \"Condition\": {\(condition)}")},
            """
        let run = try await check("staging/bucket-policy.json", "\"Statement\": [", "\"Statement\": [" + statement)
        #expect(run.output.contains("[LOCKED_OUT]") == isLockedOut, "\(run.output)")
        #expect(run.code == (isLockedOut ? 1 : 0), "\(run.output)")
    }

    @Test func whatCannotBeToldAboutTheSignerIsToldAsSuch() async throws {
        let statement = """
            {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::example-app-uploads-staging/*",
             "Condition": {"StringEqualsIgnoreCase": {"aws:PrincipalTag/folder": "é"}}},
            """
        let run = try await check("staging/signer-policy.json", "\"Statement\": [", "\"Statement\": [" + statement)
        #expect(run.code == 1 && run.output.contains("[SIGNER_UNCERTAIN]"), "\(run.output)")
    }

    @Test func bothPlacesAreNamed() async throws {
        let run = try await check("staging/bucket-policy.json", "\"1200000\"", "\"60000\"")
        #expect(
            run.output.contains(
                "/policies/staging/bucket-policy.json:34:5: error: Statement \"DenyOldSignatures\" denies s3:PutObject to tickets of the rule avatars"
            ))
        #expect(run.output.contains("since s3:signatureAge is 900000."))
        #expect(run.output.contains("/policies/staging/uploads.yaml:48)"))
    }

    @Test func oneFileIsHeldAgainstTheEnvironmentThatIsNamed() async throws {
        let files = try PolicyFiles.shipped()
        try files.write("lone.json", try files.text("policies/production/bucket-policy.json"))
        let alone = await CommandRun.command(["policy", "validate", files.path("lone.json")])
        #expect(alone.code == 0)
        let placed = await CommandRun.command([
            "policy", "validate", files.path("lone.json"), "--environment", "staging", "--policies", files.path("policies"),
        ])
        #expect(placed.code == 1 && placed.output.contains("example-app-uploads-production is the bucket of the environment production"))
    }

    @Test func serveRefusesToStartWhenItShall() async throws {
        let files = try PolicyFiles.shipped()
        let text = try files.text("policies/staging/cors.json")
        try files.write("policies/staging/cors.json", text.replacing("\"ETag\",", with: ""))
        var variables = CommandRun.exampleVariables
        variables["COUNTERSIGN_API_KEYS"] = nil
        let run = await CommandRun.command(
            ["serve", "--strict", "--environment", "staging", "--policies", files.path("policies"), "--port", "0"], variables: variables)
        #expect(run.code == 1 && run.diagnostics.contains("--strict"), "\(run.diagnostics)")
    }
}
