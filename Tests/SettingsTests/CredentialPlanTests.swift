import Libcrypto
import SigV4
import Testing
import Uploads

@testable import Settings

/// Whose credentials win: the order of AWS's chain. Tests/Interop holds the same against boto3.
@Suite struct CredentialPlanTests {
    private static let keys = ["AWS_ACCESS_KEY_ID": "V", "AWS_SECRET_ACCESS_KEY": "s"]
    private static let web = ["AWS_ROLE_ARN": "arn:aws:iam::1:role/web", "AWS_WEB_IDENTITY_TOKEN_FILE": "/token"]
    private static let container = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/c"]

    private static func section(_ name: String, keys id: String) -> String {
        "[\(name)]\naws_access_key_id = \(id)\naws_secret_access_key = s\n"
    }

    private func text(_ variables: [String: String] = [:], credentials: String? = nil, config: String? = nil) throws -> String {
        Machine.text(of: try Machine.settings(variables, credentials: credentials, config: config).credentialPlan())
    }

    private func message(_ variables: [String: String] = [:], credentials: String? = nil, config: String? = nil) -> String {
        do throws(AWSSettingsError) {
            return
                "no error, but \(Machine.text(of: try Machine.settings(variables, credentials: credentials, config: config).credentialPlan()))"
        } catch {
            return error.description
        }
    }

    /// All at once, and then one less at a time: each is next in its turn.
    @Test func theChainHasItsOrder() throws {
        var variables = Self.keys.merging(Self.web) { $1 }.merging(Self.container) { $1 }
        var config = [
            "[default]", "role_arn = arn:aws:iam::1:role/base", "source_profile = other", "credential_process = print it",
            "aws_access_key_id = C", "aws_secret_access_key = s", Self.section("profile other", keys: "O"),
        ]
        var credentials: String? = Self.section("default", keys: "F")
        func next() throws -> String { try text(variables, credentials: credentials, config: config.joined(separator: "\n")) }
        #expect(try next() == "keys V")
        Self.keys.keys.forEach { variables[$0] = nil }
        #expect(try next() == "role base with keys O")
        config.removeAll { $0.hasPrefix("role_arn") || $0.hasPrefix("source") }
        #expect(try next() == "role web with token /token")
        Self.web.keys.forEach { variables[$0] = nil }
        #expect(try next() == "keys F")
        credentials = nil
        #expect(try next() == "process print|it")
        config.removeAll { $0.hasPrefix("credential_process") }
        #expect(try next() == "keys C")
        config = []
        #expect(try next() == "container http://127.0.0.1:1/c")
        variables = [:]
        #expect(try next() == "instance http://169.254.169.254")
        #expect(message(["AWS_EC2_METADATA_DISABLED": "TRUE"]).contains("no AWS credentials found"))
    }

    @Test func rolesAreTakenOneWithTheOther() throws {
        let config = """
            [profile a]
            role_arn = arn:aws:iam::1:role/a
            source_profile = b
            external_id = x
            duration_seconds = 900
            role_session_name = uploads
            region = eu-west-1
            [profile b]
            role_arn = arn:aws:iam::1:role/b
            source_profile = c
            [profile self]
            role_arn = arn:aws:iam::1:role/self
            source_profile = self
            [profile w]
            role_arn = arn:aws:iam::1:role/w
            source_profile = v
            [profile v]
            role_arn = arn:aws:iam::1:role/v
            web_identity_token_file = ~/t
            [profile p]
            role_arn = arn:aws:iam::1:role/p
            source_profile = q
            [profile q]
            credential_process = q "a b" 'c d' e\\ f
            """
        let credentials = Self.section("c", keys: "C") + Self.section("self", keys: "S")
        func of(_ profile: String) throws -> String { try text(["AWS_PROFILE": profile], credentials: credentials, config: config) }
        #expect(try of("a") == "role a with role b with keys C")
        #expect(try of("self") == "role self with keys S")
        #expect(try of("w") == "role w with role v with token /people/ada/t")
        #expect(try of("p") == "role p with process q|a b|c d|e f")
        guard
            case .assumeRole(let role, _) = try Machine.settings(["AWS_PROFILE": "a"], credentials: credentials, config: config)
                .credentialPlan().step
        else { throw AWSSettingsError("test", "no role") }
        #expect(role.externalID == "x" && role.durationSeconds == 900 && role.sessionName == "uploads")
        #expect(role.endpointURL == "https://sts.eu-west-1.amazonaws.com" && role.region == "eu-west-1")
    }

    /// With keys of its own, a source's role does not count, as in boto3.
    @Test func keysOfASourceWinOverItsRole() throws {
        let config = """
            [default]
            role_arn = arn:aws:iam::1:role/a
            source_profile = b
            [profile b]
            role_arn = arn:aws:iam::1:role/b
            source_profile = default
            aws_access_key_id = B
            aws_secret_access_key = s
            """
        #expect(try text(config: config) == "role a with keys B")
    }

    @Test(
        arguments: [
            ("EcsContainer", container, "role r with container http://127.0.0.1:1/c"),
            ("Ec2InstanceMetadata", container, "role r with instance http://169.254.169.254"),
            // These variables are first in the chain anyway.
            ("Environment", keys, "keys V"),
        ] as [(String, [String: String], String)])
    func aRoleIsTakenWithANamedSource(name: String, variables: [String: String], plan: String) throws {
        #expect(try text(variables, config: "[default]\nrole_arn = arn:aws:iam::1:role/r\ncredential_source = \(name)") == plan)
    }

    @Test(
        arguments: [
            (["AWS_REGION": "eu-central-1"], "https://sts.eu-central-1.amazonaws.com", "eu-central-1"),
            (["AWS_DEFAULT_REGION": "cn-north-1"], "https://sts.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            ([:], "https://sts.amazonaws.com", "us-east-1"),
            (["AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9/x/", "AWS_REGION": "r"], "http://127.0.0.1:9/x", "r"),
            (["AWS_ENDPOINT_URL": "http://127.0.0.1:9"], "http://127.0.0.1:9", "us-east-1"),
            (["AWS_ENDPOINT_URL_STS": "https://sts.example.com"], "https://sts.example.com", "us-east-1"),
        ] as [([String: String], String, String)])
    func theEndpointOfSTSIsRegional(variables: [String: String], url: String, region: String) throws {
        let plan = try Machine.settings(variables.merging(Self.web) { $1 }).credentialPlan()
        guard case .webIdentity(let role, _) = plan.step else { throw AWSSettingsError("test", "no role") }
        #expect(role.endpointURL == url && role.region == region)
    }

    /// A token would go there for everybody to read, and the credentials come back so.
    @Test(arguments: ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"], ["http://sts.example.com", "http://169.254.169.254", "http://127.1"])
    func tokensDoNotGoOverPlainHTTP(name: String, url: String) {
        let says = "the endpoint of STS: \(url.dropFirst(7)) may not be asked over http; use https"
        #expect(message(Self.web.merging([name: url]) { $1 }).hasPrefix(says))
        let config = "[default]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = k\n" + Self.section("profile k", keys: "K")
        #expect(message([name: url], config: config).hasPrefix(says))
    }

    @Test func variablesMayEnd() throws {
        let ending = Self.keys.merging(["AWS_CREDENTIAL_EXPIRATION": "2030-01-02T05:04:05+02:00"]) { $1 }
        #expect(try text(ending) == "keys V until 2030-01-02T03:04:05Z")
        #expect(message(Self.keys.merging(["AWS_CREDENTIAL_EXPIRATION": "soon"]) { $1 }).hasPrefix("AWS_CREDENTIAL_EXPIRATION: "))
    }

    @Test(
        arguments: [
            ("2030-01-02T03:04:05Z", "2030-01-02T03:04:05Z"), ("2030-01-02T03:04:05.123456Z", "2030-01-02T03:04:05Z"),
            ("2030-01-02T03:04:05+00:00", "2030-01-02T03:04:05Z"), ("2030-01-02T03:04:05.5-01:30", "2030-01-02T04:34:05Z"),
            ("2030-01-02T03:04:05", nil), ("2030-01-02", nil), ("", nil), ("+00:00", nil), ("2030-01-02T03:04:05+24:00", nil),
            ("2030-02-30T03:04:05Z", nil), ("2030-01-02T03:04:05+0a:00", nil), ("tomorrow+00:00", nil),
        ] as [(String, String?)])
    func readsWhenCredentialsEnd(text: String, time: String?) {
        #expect(SigningTime(expiration: text)?.iso8601 == time)
    }

    // MARK: - Endpoints

    @Test(
        arguments: [
            (["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/c?id=1"], "container http://169.254.170.2/v2/c?id=1"),
            (
                ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/r", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "https://x"],
                "container http://169.254.170.2/r"
            ),
            (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "https://example.com/c"], "container https://example.com/c"),
            (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://localhost:80/c"], "container http://localhost:80/c"),
            (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.9.8.7/c"], "container http://127.9.8.7/c"),
            (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://[::1]:1/c"], "container http://[::1]:1/c"),
            (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/c"], "container http://169.254.170.23/v1/c"),
            (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://[FD00:EC2::23]/v1/c"], "container http://[FD00:EC2::23]/v1/c"),
            (["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:5/"], "instance http://127.0.0.1:5"),
            (["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"], "instance http://[fd00:ec2::254]"),
            (["AWS_EC2_METADATA_DISABLED": "false"], "instance http://169.254.169.254"),
        ] as [([String: String], String)])
    func namesTheEndpoint(variables: [String: String], plan: String) throws {
        #expect(try text(variables) == plan)
    }

    @Test(arguments: [
        "http://example.com/c", "http://169.254.170.24/", "http://169.254.169.254/", "http://10.0.0.1/", "http://127.0.0.1.example.com/",
        "http://127.0.0.1@example.com/", "http://0127.0.0.1/", "http://localhost.example.com", "ftp://127.0.0.1/", "127.0.0.1", "http://",
        "http://127.0.0.1:x/", "http://127.0.0.1:0/", "http://[::1", "http://[]/", "http://127.0.0.1\\@example.com/", "http://127.0.0.1 /",
        "http://127.1/", "http://2130706433/", "http://[::2]/", "http://[::ffff:127.0.0.1]/",
    ])
    func credentialsDoNotComeFromAnywhere(url: String) {
        let said = message(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url])
        #expect(said.hasPrefix("AWS_CONTAINER_CREDENTIALS_FULL_URI: "), "\(said)")
    }

    // MARK: - What is wrong

    @Test(
        arguments: [
            ("role_arn = arn:aws:iam::1:role/r", "add source_profile or credential_source"),
            ("role_arn = arn:aws:iam::1:role/r\nsource_profile = nobody", "config:3: there is no profile \"nobody\""),
            ("role_arn = arn:aws:iam::1:role/r\nsource_profile = empty", "config:3: profile empty has no credentials"),
            (
                "role_arn = arn:aws:iam::1:role/r\nsource_profile = default",
                "config:3: source_profile goes round in a circle (default, default)"
            ),
            (
                "role_arn = arn:aws:iam::1:role/r\nsource_profile = loop",
                "source_profile goes round in a circle (default, loop, loop2, loop)"
            ),
            ("role_arn = arn:aws:iam::1:role/r\nsource_profile = back", "goes round in a circle (default, back, default)"),
            ("role_arn = arn:aws:iam::1:role/r\nsource_profile = half", "config:18: profile half needs both"),
            ("role_arn = arn:aws:iam::1:role/r\nsource_profile = half\ncredential_source = Environment", "leave one of them out"),
            ("role_arn = arn:aws:iam::1:role/r\ncredential_source = Cloud", "config:3: there is no credential_source \"Cloud\""),
            (
                "role_arn = arn:aws:iam::1:role/r\ncredential_source = Environment",
                "config:3: the variables of credential_source Environment"
            ),
            (
                "role_arn = arn:aws:iam::1:role/r\ncredential_source = EcsContainer",
                "config:3: the variables of credential_source EcsContainer"
            ),
            ("role_arn = uploads\nsource_profile = empty", "config:2: this is no role"),
            (
                "role_arn = arn:aws:iam::1:role/r\nsource_profile = empty\nmfa_serial = x",
                "config:4: the role of profile default needs a code"
            ),
            ("role_arn = arn:aws:iam::1:role/r\nsource_profile = empty\nduration_seconds = 899", "config:4: use whole seconds"),
            ("web_identity_token_file = /t", "config:2: a token is for taking a role"),
            ("sso_session = s\nsso_account_id = 1", "config:3: profile default signs in with IAM Identity Center"),
            ("login_session = s", "config:2: profile default signs in with aws login"),
            ("credential_process = 'a", "config:2: a quote of this command has no end"),
            ("credential_process = ''", "config:2: this names no program"),
            ("credential_process = a\\", "config:2: a quote of this command has no end"),
        ])
    func saysWhatIsWrongWithAProfile(settings: String, says: String) {
        let others = """
            [profile empty]
            region = r
            [profile loop]
            role_arn = arn:aws:iam::1:role/r
            source_profile = loop2
            [profile loop2]
            role_arn = arn:aws:iam::1:role/r
            source_profile = loop
            [profile back]
            role_arn = arn:aws:iam::1:role/r
            source_profile = default
            [profile half]
            # Only one of two.
            aws_secret_access_key = hidden
            """
        let lines = settings.split(separator: "\n").count + 1
        let said = message(config: "[default]\n\(settings)\n\(String(repeating: "\n", count: max(0, 4 - lines)))\(others)")
        #expect(said.contains(says), "\(said)")
        #expect(!said.contains("hidden"))
    }

    @Test(
        arguments: [
            (["AWS_ACCESS_KEY_ID": "A"], "AWS_SECRET_ACCESS_KEY: it is missing beside AWS_ACCESS_KEY_ID"),
            (["AWS_SECRET_ACCESS_KEY": "hidden"], "AWS_ACCESS_KEY_ID: it is missing beside AWS_SECRET_ACCESS_KEY"),
            (["AWS_SESSION_TOKEN": "hidden"], "AWS_ACCESS_KEY_ID: it is missing beside AWS_SESSION_TOKEN"),
            (["AWS_ACCESS_KEY_ID": "a b", "AWS_SECRET_ACCESS_KEY": "hidden"], "AWS_ACCESS_KEY_ID: this is not an access key id"),
            (
                ["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "hidden", "AWS_SESSION_TOKEN": "hidden\r\nx: y"],
                "AWS_SESSION_TOKEN: this is not a session token"
            ),
            (["AWS_PROFILE": "x"], "AWS_PROFILE: there is no profile \"x\" in /people/ada/.aws/credentials, and none in"),
            (["AWS_WEB_IDENTITY_TOKEN_FILE": "/t"], "AWS_WEB_IDENTITY_TOKEN_FILE: a token is for taking a role"),
            (["AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_ROLE_ARN": "x"], "AWS_ROLE_ARN: this is no role"),
            (["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "http://x"], "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: this is no path"),
            (
                ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "https://x", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "hidden\nx"],
                "AWS_CONTAINER_AUTHORIZATION_TOKEN: this cannot stand in a header"
            ),
            (["AWS_EC2_METADATA_SERVICE_ENDPOINT": "nowhere"], "AWS_EC2_METADATA_SERVICE_ENDPOINT: this is no URL"),
        ] as [([String: String], String)])
    func saysWhatIsWrongWithVariables(variables: [String: String], says: String) {
        let said = message(variables)
        #expect(said.hasPrefix(says), "\(said)")
        #expect(!said.contains("hidden"))
    }

    @Test func saysWhereItLooked() {
        let said = message(["AWS_EC2_METADATA_DISABLED": "true"], credentials: "[other]\nregion = r")
        #expect(
            said == """
                AWS_ACCESS_KEY_ID: no AWS credentials found. Looked at AWS_ACCESS_KEY_ID (not set); profile "default" in \
                /people/ada/.aws/credentials (no such profile) and in /people/ada/.aws/config (no such file); the container's endpoint \
                (not set); the instance's metadata (switched off)
                """)
    }

    // MARK: - Environments

    private func text(
        ofEnvironment name: String, isServedAlone: Bool = true, _ variables: [String: String], config: String? = nil
    ) throws -> String {
        let settings = Machine.settings(variables, config: config).ofEnvironment(name, isServedAlone: isServedAlone)
        return Machine.text(of: try settings.credentialPlan())
    }

    @Test func anEnvironmentsOwnVariablesWin() throws {
        let own = ["COUNTERSIGN_EU_STAGING_AWS_ACCESS_KEY_ID": "A", "COUNTERSIGN_EU_STAGING_AWS_SECRET_ACCESS_KEY": "s"]
        let both = own.merging(Self.keys) { $1 }
        #expect(try text(ofEnvironment: "eu-staging", both) == "keys A")
        #expect(try text(ofEnvironment: "other", both) == "keys V")
        #expect(throws: AWSSettingsError.self) { try text(ofEnvironment: "other", isServedAlone: false, both) }
        let half = ["COUNTERSIGN_PRODUCTION_AWS_ACCESS_KEY_ID": "B"].merging(Self.keys) { $1 }
        let error = #expect(throws: AWSSettingsError.self) { try text(ofEnvironment: "production", half) }
        #expect(
            error?.description
                == "COUNTERSIGN_PRODUCTION_AWS_SECRET_ACCESS_KEY: it is missing beside COUNTERSIGN_PRODUCTION_AWS_ACCESS_KEY_ID")
    }

    /// What the machine has for everybody is never what an environment signs with that names its own.
    @Test(arguments: [true, false])
    func anEnvironmentThatChoosesGetsThatOrNothing(isServedAlone: Bool) {
        let config = Self.section("default", keys: "D") + "[profile empty]\nregion = r\n"
        func said(_ variables: [String: String]) -> String {
            do throws(AWSSettingsError) {
                let settings = Machine.settings(variables, config: config).ofEnvironment("e", isServedAlone: isServedAlone)
                return "no error, but \(Machine.text(of: try settings.credentialPlan()))"
            } catch {
                return error.description
            }
        }
        #expect(
            said(["COUNTERSIGN_E_AWS_ROLE_ARN": "arn:aws:iam::1:role/e"])
                == "COUNTERSIGN_E_AWS_ROLE_ARN: a role is taken with a token or with other credentials; set "
                + "AWS_WEB_IDENTITY_TOKEN_FILE too, or name a profile with role_arn instead")
        let keys = ["COUNTERSIGN_E_AWS_ACCESS_KEY_ID": "AKIDE", "COUNTERSIGN_E_AWS_SECRET_ACCESS_KEY": "hidden"]
        #expect(
            said(keys.merging(["COUNTERSIGN_E_AWS_ROLE_ARN": "arn:aws:iam::1:role/e"]) { $1 })
                == "COUNTERSIGN_E_AWS_ROLE_ARN: no role is taken with the keys of COUNTERSIGN_E_AWS_ACCESS_KEY_ID; name a profile with "
                + "role_arn and source_profile instead, or leave the role out")
        #expect(
            said(["COUNTERSIGN_E_AWS_PROFILE": "empty"])
                == "COUNTERSIGN_E_AWS_PROFILE: profile \"empty\" has no credentials, and what this machine has for everybody does not count "
                + "beside it")
        #expect(said(["COUNTERSIGN_E_AWS_DEFAULT_PROFILE": "empty"]).hasPrefix("COUNTERSIGN_E_AWS_DEFAULT_PROFILE: profile"))
        #expect(said(["COUNTERSIGN_E_AWS_PROFILE": "nobody"]).hasPrefix("COUNTERSIGN_E_AWS_PROFILE: there is no profile \"nobody\""))
        for name in ["AWS_CREDENTIAL_EXPIRATION", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] {
            #expect(
                said(["COUNTERSIGN_E_\(name)": "2030-01-02T03:04:05Z"])
                    .hasPrefix("COUNTERSIGN_E_AWS_ACCESS_KEY_ID: there is nothing to sign with"))
        }
        #expect(said(["COUNTERSIGN_E_AWS_PROFILE": "default"]) == "no error, but keys D")
        let container = "COUNTERSIGN_E_AWS_CONTAINER_CREDENTIALS_FULL_URI"
        #expect(said([container: "http://127.0.0.1:1/c"]) == "no error, but container http://127.0.0.1:1/c")
        #expect(
            said([container: "http://127.0.0.1:1/c", "COUNTERSIGN_E_AWS_PROFILE": "empty"])
                == "no error, but container http://127.0.0.1:1/c")
    }

    /// The default profile's role is the machine's, the environment's own comes before it; a profile that it names comes first, as always.
    @Test func anEnvironmentsOwnRoleWinsOverTheDefaultProfiles() throws {
        let role = "role_arn = arn:aws:iam::1:role/base\nsource_profile = keys\n"
        let config = "[default]\n\(role)[profile named]\n\(role)\(Self.section("profile keys", keys: "K"))"
        let own = ["COUNTERSIGN_E_AWS_ROLE_ARN": "arn:aws:iam::1:role/e", "COUNTERSIGN_E_AWS_WEB_IDENTITY_TOKEN_FILE": "/own"]
        #expect(try text(ofEnvironment: "e", own, config: config) == "role e with token /own")
        let shared = ["COUNTERSIGN_E_AWS_ROLE_ARN": "arn:aws:iam::1:role/e", "AWS_WEB_IDENTITY_TOKEN_FILE": "/token"]
        #expect(try text(ofEnvironment: "e", isServedAlone: false, shared, config: config) == "role e with token /token")
        let named = own.merging(["COUNTERSIGN_E_AWS_PROFILE": "named"]) { $1 }
        #expect(try text(ofEnvironment: "e", named, config: config) == "role base with keys K")
        // Without a choice of the environment's, boto3's order.
        #expect(try text(ofEnvironment: "e", Self.web, config: config) == "role base with keys K")
    }

    /// Somebody may have written a secret into a command.
    @Test func aSharedCommandIsNamedByItsPlace() throws {
        let command = "[profile p]\ncredential_process = TOKEN=hidden get\n"
        let plan = try Machine.settings(["AWS_PROFILE": "p"], config: command).credentialPlan()
        #expect(plan.identity == "the credential_process at /people/ada/.aws/config:2")
        #expect(plan.isSame(as: plan))
    }

    @Test func aPlainVariableChoosesNothingOnceTheEnvironmentDoes() throws {
        let config = Self.section("profile p", keys: "P")
        let plain = Self.keys.merging(Self.web) { $1 }.merging(Self.container) { $1 }
        #expect(try text(ofEnvironment: "e", plain.merging(["COUNTERSIGN_E_AWS_PROFILE": "p"]) { $1 }, config: config) == "keys P")
        #expect(
            try text(ofEnvironment: "e", isServedAlone: false, plain.merging(["COUNTERSIGN_E_AWS_PROFILE": "p"]) { $1 }, config: config)
                == "keys P")
        // A pod has one identity, and its environments roles of their own.
        let role = plain.merging(["COUNTERSIGN_E_AWS_ROLE_ARN": "arn:aws:iam::1:role/e"]) { $1 }
        #expect(try text(ofEnvironment: "e", isServedAlone: false, role) == "role e with token /token")
        let files = ["COUNTERSIGN_E_AWS_CONFIG_FILE": "/people/ada/.aws/config", "AWS_CONFIG_FILE": "/nowhere", "AWS_PROFILE": "p"]
        #expect(try text(ofEnvironment: "e", files, config: config) == "keys P")
    }
}
