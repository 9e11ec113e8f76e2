import S3Signing
import Testing

@testable import countersign

/// `policy data`: which data are in use, and taking newer ones.
@Suite struct PolicyDataTests {
    static let embeddedDay = "2026-10-27"

    private static func reference(date: String? = nil, action: String = "FetchObject") -> String {
        """
        {"Name": "s3", \(date.map { "\"Date\": \"\($0)\", " } ?? "")\
        "Actions": [{"Name": "\(action)", "ActionConditionKeys": [], "Resources": [{"Name": "object"}]}],
        "ConditionKeys": [{"Name": "s3:fetch", "Types": ["String"]}],
        "Resources": [{"Name": "object", "ARNFormats": ["arn:${Partition}:s3:::${BucketName}/${ObjectName}"]}]}
        """
    }

    private static func data(in folder: String, _ arguments: String..., now: String = "20270131T230000Z") async -> CommandRun {
        await CommandRun.command(["policy", "data", "--policies", folder] + arguments, now: now)
    }

    @Test func theDataInUseAreShown() async throws {
        let files = try PolicyFiles()
        #expect(
            await Self.data(in: files.folder).output == """
                S3 as of 2026-10-27: 180 actions, 13 resource types, 122 condition keys
                from Countersign itself

                """)
        let json = await Self.data(in: files.folder, "--format", "json").json
        #expect(json["date"] == .string(Self.embeddedDay) && json["file"] == .null && json["actions"] == .integer(180))
        try files.write(".s3-reference.json", Self.reference(date: "2027-01-30"))
        #expect(
            await Self.data(in: files.folder).output == """
                S3 as of 2027-01-30: 1 actions, 1 resource types, 62 condition keys
                from \(files.path(".s3-reference.json"))

                """)
        #expect(await Self.data(in: files.folder, "--format", "json").json["file"] == .string(files.path(".s3-reference.json")))
    }

    @Test func newerDataAreKeptAndUsed() async throws {
        let files = try PolicyFiles([
            "new.json": Self.reference(), "p.json": PolicyFiles.allow("s3:FetchObject"), "q.json": PolicyFiles.allow("s3:FetchObjects"),
        ])
        func validate(_ file: String) async -> CommandRun {
            await CommandRun.command(["policy", "validate", files.path(file), "--policies", files.folder])
        }
        #expect(await validate("p.json").output.contains("S3 has no action FetchObject; it is not in the data of \(Self.embeddedDay)."))
        #expect(await Self.data(in: files.folder, "--update", files.path("new.json"), "--date", "2027-01-31").code == 0)
        #expect(await validate("p.json").code == 0)
        #expect(await validate("q.json").output.contains("it is not in the data of 2027-01-31. Did you mean s3:FetchObject?"))
        #expect(try files.text(".s3-reference.json").hasPrefix("{\"Date\":\"2027-01-31\",\"Name\""))
    }

    @Test func dataOfTheSameDayAreUsed() async throws {
        let files = try PolicyFiles(["new.json": Self.reference(date: Self.embeddedDay), "again.json": Self.reference(action: "FetchPart")])
        let run = await Self.data(in: files.folder, "--update", files.path("new.json"))
        #expect(run.output.hasPrefix("S3 as of \(Self.embeddedDay): 1 actions"))
        _ = await Self.data(in: files.folder, "--update", files.path("again.json"), "--date", Self.embeddedDay)
        #expect(try files.text(".s3-reference.json").contains("FetchPart"))
    }

    @Test(arguments: [
        (nil, nil, "The date of the data is missing"),
        (nil, "2026-10-26", "these data are of 2026-10-26, older than those of 2026-10-27 at hand"),
        (nil, "2027-02-02", "these data are of 2027-02-02, a day to come"),
        ("2027-01-30", "2027-01-31", "By their own \"Date\" these data are of 2027-01-30, not of 2027-01-31."),
        ("2027-02-30", nil, "\"Date\" should be a day"), ("2027-1-30", nil, "\"Date\" should be a day"),
        ("1800000000", nil, "\"Date\" should be a day"), ("9999-12-31", nil, "a day to come"), ("", nil, "\"Date\" should be a day"),
        (nil, "2027-13-01", "--date is a day"), (nil, "1800000000", "--date is a day"), (nil, "tomorrow", "--date is a day"),
    ])
    func aWrongDayIsRefused(date: String?, option: String?, message: String) async throws {
        let files = try PolicyFiles(["new.json": Self.reference(date: date)])
        var arguments = ["policy", "data", "--policies", files.folder, "--update", files.path("new.json")]
        if let option { arguments += ["--date", option] }
        let run = await CommandRun.command(arguments, now: "20270131T230000Z")
        #expect(run.code == 2 && run.output == "" && run.diagnostics.contains(message), "\(run.diagnostics)")
        #expect((try? files.text(".s3-reference.json")) == nil)
    }

    @Test(arguments: ["2027-01-31", "2027-02-01"])
    func tomorrowIsTodaySomewhere(day: String) async throws {
        let files = try PolicyFiles(["new.json": Self.reference(date: day)])
        #expect(await Self.data(in: files.folder, "--update", files.path("new.json"), "--date", day).code == 0)
    }

    @Test func aDayWithoutDataIsWrongUse() async throws {
        let files = try PolicyFiles()
        let run = await Self.data(in: files.folder, "--date", "2027-01-31")
        #expect(run.code == 2 && run.diagnostics.contains("--date tells the day of the data that --update takes"))
    }

    @Test(arguments: [
        ("", "The file is empty"), ("\u{0}\u{1}", "NUL byte"), ("<html>", "This character has no place here"),
        ("[]", "\"Name\" should be \"s3\""),
        ("{\"Name\": \"ec2\"}", "\"Name\" should be \"s3\""), (String(repeating: "[", count: 10_000), "nested more than 64 deep"),
        ("{\"Name\": \"s3\", \"Date\": 20270131}", "\"Date\" should be a day"),
        ("{\"Name\": \"s3\", \"Date\": \"2027-01-31\"}", "\"Actions\" should be a list"),
        ("{\"Name\": \"s3\", \"Date\": \"2027-01-31\", \"Actions\": {\"Name\": \"GetObject\"}}", "\"Actions\" should be a list"),
        (reference(date: "2027-01-31").replacing("[]", with: "\"s3:x\""), "\"ActionConditionKeys\" should be a list, not a string."),
        (reference(date: "2027-01-31").replacing("[]", with: "[7]"), "\"ActionConditionKeys\" should be a list of strings."),
        (reference(date: "2027-01-31").replacing("[\"String\"]", with: "{}"), "\"Types\" should be a list"),
        (reference(date: "2027-01-31", action: ""), "An item of \"Actions\" has no \"Name\"."),
        (reference(date: "2027-01-31", action: "Get\\u001b[31m"), "has letters and digits only"),
        (
            reference(date: "2027-01-31").replacing("\"Actions\": [", with: "\"Actions\": [{\"Name\": \"FETCHobject\"}, "),
            "\"Actions\" has FetchObject twice."
        ),
        (String(repeating: " ", count: 9 << 20), "the file is larger than 8 MiB"),
    ])
    func aFileThatIsNoReferenceIsTold(text: String, message: String) async throws {
        let files = try PolicyFiles(["new.json": text])
        let run = await Self.data(in: files.folder, "--update", files.path("new.json"))
        #expect(run.code == 2 && run.diagnostics.contains(message) && run.diagnostics.contains("new.json"), "\(run.diagnostics)")
        #expect(!run.diagnostics.contains("\u{1b}") && (try? files.text(".s3-reference.json")) == nil)
        try files.write(".s3-reference.json", text)
        let check = await CommandRun.command(["policy", "validate", files.path("new.json"), "--policies", files.folder])
        #expect(check.code == 2 && check.diagnostics.contains(".s3-reference.json"))
    }

    @Test func aFolderThatIsMissingIsTold() async throws {
        let files = try PolicyFiles(["new.json": Self.reference(date: "2027-01-31")])
        let run = await Self.data(in: files.path("nowhere"), "--update", files.path("new.json"))
        #expect(run.code == 2 && run.diagnostics.contains("is there a folder"))
    }
}
