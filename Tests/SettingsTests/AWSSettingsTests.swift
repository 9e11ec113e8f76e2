import Foundation
import Libcrypto
import SigV4
import Testing
import Uploads

@testable import Settings

/// The AWS variables and shared files, read as AWS's own tools read them.
@Suite struct AWSSettingsTests {
    private func keys(_ variables: [String: String] = [:], credentials: String? = nil, config: String? = nil) throws -> Credentials {
        let plan = try Machine.settings(variables, credentials: credentials, config: config).credentialPlan()
        guard case .fixed(let signing) = plan.step else { throw AWSSettingsError("test", "the plan is \(Machine.text(of: plan))") }
        return signing.credentials
    }

    @Test func readsTheFiles() throws {
        let credentials = """
            # comment
            [default]
            aws_access_key_id = A
            aws_secret_access_key=a/b+c= ; a comment
            ; comment
            [ other ]\r
            AWS_ACCESS_KEY_ID\t=\tB # note\r
            aws_secret_access_key = s#t\r
            aws_session_token = T
            """
        let first = try keys(credentials: credentials)
        #expect(first.accessKeyID == "A")
        #expect(first.secretAccessKey == Secret("a/b+c="))
        let other = try keys(["AWS_PROFILE": "other"], credentials: credentials)
        #expect(other.accessKeyID == "B")
        #expect(other.secretAccessKey == Secret("s#t"))
        #expect(other.sessionToken == "T")
    }

    @Test(arguments: ["\n", "\r\n", "\r"], ["", "\u{FEFF}"])
    func takesEveryLineEndAndAByteOrderMark(end: String, mark: String) throws {
        let lines = ["", "[default]", "aws_access_key_id\t=\tA", "aws_secret_access_key\t=\tS\t", "", "; end"]
        let found = try keys(credentials: mark + lines.joined(separator: end))
        #expect(found.accessKeyID == "A" && found.secretAccessKey == Secret("S"))
    }

    @Test func readsTheConfigFileByItsOwnRules() throws {
        let config = """
            \u{FEFF}[default]
            region = us-west-1
            [profile default]
            region = eu-central-1
            [default]
            region = us-west-2
            [profile "two words"]
            aws_access_key_id = C
            aws_secret_access_key = D
            s3 =
              max_concurrent_requests = 20
              region = nested
            region = eu-west-3
            [loose]
            aws_access_key_id = E
            aws_secret_access_key = F
            """
        #expect(try Machine.settings(config: config).region() == "eu-central-1")
        #expect(try keys(["AWS_PROFILE": "two words"], config: config).accessKeyID == "C")
        #expect(try Machine.settings(["AWS_PROFILE": "two words"], config: config).region() == "eu-west-3")
        #expect(throws: AWSSettingsError.self) { try keys(["AWS_PROFILE": "loose"], config: config) }
    }

    /// All settings of a section may be indented alike; one that is indented deeper than the one above is more of its value to AWS's tools.
    @Test(arguments: ["\t", "  ", " \t "])
    func indentedSettingsAreSettings(indentation: String) throws {
        let lines = [" [default]", "aws_access_key_id = A", "# comment", "s3 =", "  region = nested", "", "aws_secret_access_key = S"]
        let text = lines.map { indentation + $0 }.joined(separator: "\n")
        #expect(try keys(credentials: text).accessKeyID == "A")
        #expect(try Machine.settings(credentials: text + "\nregion = r").region() == "r")
    }

    @Test(arguments: ["\t", " ", "\t  "])
    func whatIsMoreOfAValueIsNoSetting(indentation: String) {
        let lines = ["[default]", "aws_access_key_id = A", "", "\(indentation)# comment", "\(indentation)aws_secret_access_key = hidden"]
        let error = #expect(throws: AWSSettingsError.self) { try keys(credentials: lines.joined(separator: "\n")) }
        #expect(error?.description.hasPrefix("/people/ada/.aws/credentials:5: this line is indented deeper than the setting above") == true)
        #expect(error?.description.contains("hidden") == false)
    }

    /// As in boto3, which looks at the older names first.
    @Test func olderNamesCount() throws {
        let credentials = "[default]\naws_access_key_id=A\naws_secret_access_key=S\naws_session_token=new\naws_security_token=old\n"
        #expect(try keys(credentials: credentials).sessionToken == "old")
        #expect(try keys(credentials: credentials.replacing("aws_session_token=new\n", with: "")).sessionToken == "old")
        let variables = ["AWS_ACCESS_KEY_ID": "V", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SECURITY_TOKEN": "old"]
        #expect(try keys(variables).sessionToken == "old")
        #expect(try keys(variables.merging(["AWS_SESSION_TOKEN": "new"]) { $1 }).sessionToken == "old")
        let profiles = "[p]\naws_access_key_id=P\naws_secret_access_key=S\n[q]\naws_access_key_id=Q\naws_secret_access_key=S\n"
        #expect(try keys(["AWS_DEFAULT_PROFILE": "p"], credentials: profiles).accessKeyID == "P")
        #expect(try keys(["AWS_DEFAULT_PROFILE": "p", "AWS_PROFILE": "q"], credentials: profiles).accessKeyID == "P")
    }

    @Test func theLastOfTwoSettingsWins() throws {
        let text = "[default]\naws_access_key_id=A\naws_secret_access_key=S\n[default]\naws_access_key_id=B"
        #expect(try keys(credentials: text).accessKeyID == "B")
    }

    @Test func aProfileInTheCredentialsFileHasNoPrefix() {
        #expect(throws: AWSSettingsError.self) {
            try keys(["AWS_PROFILE": "x"], credentials: "[profile x]\naws_access_key_id=A\naws_secret_access_key=S")
        }
    }

    @Test func namesTheFilesThatTheVariablesName() throws {
        let variables = ["AWS_SHARED_CREDENTIALS_FILE": "~/keys", "AWS_CONFIG_FILE": "/etc/aws", "HOME": "/people/ada"]
        let settings = AWSSettings(variables: variables) { path throws(AWSSettingsError) in
            switch path {
            case "/people/ada/keys": Array("[default]\naws_access_key_id=A\naws_secret_access_key=S".utf8)
            case "/etc/aws": Array("[default]\nregion=r".utf8)
            default: nil
            }
        }
        #expect(Machine.text(of: try settings.credentialPlan()) == "keys A")
        #expect(try settings.region() == "r")
    }

    @Test func readsEndpoints() throws {
        let config = """
            [default]
            endpoint_url = https://general.example
            services = mine
            [services mine]
            dynamodb =
              endpoint_url = https://dynamo.example
            s3 =
              endpoint_url = https://s3.example
            """
        func endpoint(_ variables: [String: String] = [:], _ config: String? = nil) throws -> String? {
            try Machine.settings(variables, config: config).endpointURL()
        }
        #expect(try endpoint([:], config) == "https://s3.example")
        #expect(try endpoint([:], "[default]\nendpoint_url = https://general.example") == "https://general.example")
        #expect(try endpoint(["AWS_ENDPOINT_URL": "https://v"], config) == "https://v")
        #expect(try endpoint(["AWS_ENDPOINT_URL": "https://v", "AWS_ENDPOINT_URL_S3": "https://w"], config) == "https://w")
        #expect(try endpoint(["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"], config) == nil)
        #expect(try endpoint() == nil)
    }

    @Test func readsRegions() throws {
        #expect(try Machine.settings(["AWS_REGION": "a", "AWS_DEFAULT_REGION": "b"], config: "[default]\nregion=c").region() == "a")
        #expect(try Machine.settings(["AWS_REGION": "", "AWS_DEFAULT_REGION": "b"]).region() == "b")
        #expect(try Machine.settings().region() == nil)
    }

    // MARK: - Bad files

    @Test(
        arguments: [
            ("[default\naws_access_key_id=A", ".aws/credentials:1: the section has no closing ]"),
            ("[default]\naws_access_key_id A", ".aws/credentials:2: this line is no setting"),
            ("[default]\n\n= hidden", ".aws/credentials:3: this line is no setting"),
            ("aws_secret_access_key = hidden", ".aws/credentials:1: a setting stands before the first section"),
            ("<html>hidden</html>", ".aws/credentials:1: this line is no setting"),
            ("[default]\naws_secret_access_key = hidden", ".aws/credentials:2: profile default needs both"),
            ("[default]\naws_access_key_id = A", ".aws/credentials:2: profile default needs both"),
            ("[default]\naws_access_key_id = A B\naws_secret_access_key = hidden", ".aws/credentials:2: this is not an access key id"),
            (
                "[default]\naws_access_key_id = A\naws_secret_access_key = hidden\naws_session_token = hid den",
                ".aws/credentials:2: this is not a session token"
            ),
        ])
    func saysWhereAFileIsWrong(text: String, says: String) {
        let error = #expect(throws: AWSSettingsError.self) { try keys(credentials: text) }
        #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("hid") == false)
    }

    @Test(
        arguments: [
            ([0xFF, 0xFE, 0x5B, 0x00], "this is UTF-16 text"), ([0xFE, 0xFF, 0x00, 0x5B], "this is UTF-16 text"),
            (Array("[default]\na = b\nc = \u{1}".utf8) + [0xC3, 0x28], ":3: this is not UTF-8 text"),
        ] as [([UInt8], String)])
    func saysWhatIsNoText(bytes: [UInt8], says: String) {
        let settings = AWSSettings(variables: ["HOME": "/h"]) { path throws(AWSSettingsError) in path.hasSuffix("config") ? bytes : nil }
        let error = #expect(throws: AWSSettingsError.self) { try settings.credentialPlan() }
        #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
    }

    @Test func readsRealFilesOnly() throws {
        let folder = try TemporaryPolicies(["big": String(repeating: "#", count: (1 << 20) + 1), "folder/x": ""])
        for (name, says) in [("big", "larger than 1 MiB"), ("folder", "regular file"), ("/dev/zero", "larger than 1 MiB")] {
            let path = name.hasPrefix("/") ? name : folder.path + "/" + name
            let settings = AWSSettings(variables: ["AWS_SHARED_CREDENTIALS_FILE": path, "AWS_CONFIG_FILE": "/dev/null"])
            let error = #expect(throws: AWSSettingsError.self) { try settings.credentialPlan() }
            #expect(error?.place == path && error?.message.contains(says) == true, "\(error?.description ?? "")")
        }
    }

    @Test func aPipeIsRefusedAndNotWaitedFor() throws {
        let folder = try TemporaryPolicies()
        let path = folder.path + "/pipe"
        #expect(mkfifo(path, 0o600) == 0)
        for name in ["AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"] {
            let settings = AWSSettings(variables: ["HOME": folder.path, name: path])
            let error = #expect(throws: AWSSettingsError.self) { try settings.credentialPlan() }
            #expect(error?.description == "\(path): this is no regular file; name one")
        }
        #expect(try AWSSettings.bytesOfFile("/dev/null") == [])
    }

    @Test func survivesNoise() {
        let pieces = [
            "[", "]", "profile", " ", "\t", "=", "\n", "\r", "#", ";", "\"", "'", "default", "a", "\u{0}", "é", "s3 =", "services",
            "role_arn = arn:aws:iam::1:role/r\n", "source_profile = default\n", "aws_access_key_id = A\n", "credential_process = '",
        ]
        var state: UInt64 = 7
        for _ in 0..<2000 {
            var text = ""
            for _ in 0..<40 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text += pieces[Int(state >> 33) % pieces.count]
            }
            let plan = try? Machine.settings(credentials: text, config: text).credentialPlan()
            #expect(plan.map(Machine.text) != "keys ")
        }
    }

    @Test func secretsOfAProfileAreInNoDump() throws {
        let text = "[default]\naws_access_key_id = A\naws_secret_access_key = hidden-one\naws_session_token = hidden-two"
        let settings = Machine.settings(credentials: text)
        var dumped = ""
        let profile = try settings.profiles()["default"]
        dump(profile, to: &dumped)
        dump(try settings.credentialPlan(), to: &dumped)
        dumped += "\(String(describing: profile)) \(String(reflecting: profile)) \(try settings.credentialPlan())"
        #expect(dumped.contains("AWSProfile") && !dumped.contains("hidden"), "\(dumped)")
    }
}
