import Libcrypto
import SigV4
import Testing

@testable import Settings

/// The AWS variables and shared files, read as AWS's own tools read them.
@Suite struct AWSCredentialChainTests {
    private func chain(_ variables: [String: String] = [:], credentials: String? = nil, config: String? = nil) -> AWSCredentialChain {
        var variables = variables
        variables["HOME"] = "/people/ada"
        return AWSCredentialChain(variables: variables) { path in
            switch path {
            case "/people/ada/.aws/credentials": credentials
            case "/people/ada/.aws/config": config
            default: nil
            }
        }
    }

    private func secret(_ credentials: Credentials) -> String {
        credentials.secretAccessKey.withBytes { bytes in
            String(decoding: (0..<bytes.count).map { bytes[$0] }, as: UTF8.self)
        }
    }

    @Test func takesTheVariablesFirst() throws {
        let found = try chain(
            ["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S", "AWS_SESSION_TOKEN": "T", "AWS_PROFILE": "other"],
            credentials: "[other]\naws_access_key_id=B\naws_secret_access_key=C"
        ).credentials()
        #expect(found.credentials.accessKeyID == "A")
        #expect(secret(found.credentials) == "S")
        #expect(found.credentials.sessionToken == "T")
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
        let first = try chain(credentials: credentials).credentials()
        #expect(first.credentials.accessKeyID == "A")
        #expect(secret(first.credentials) == "a/b+c=")
        #expect(first.source == "profile default in /people/ada/.aws/credentials")
        let other = try chain(["AWS_PROFILE": "other"], credentials: credentials).credentials()
        #expect(other.credentials.accessKeyID == "B")
        #expect(secret(other.credentials) == "s#t")
        #expect(other.credentials.sessionToken == "T")
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
        #expect(chain(config: config).region == "eu-central-1")
        let spaced = chain(["AWS_PROFILE": "two words"], config: config)
        #expect(try spaced.credentials().credentials.accessKeyID == "C")
        #expect(spaced.region == "eu-west-3")
        #expect(throws: AWSCredentialsError.self) { try chain(["AWS_PROFILE": "loose"], config: config).credentials() }
    }

    @Test func theCredentialsFileWins() throws {
        let found = try chain(
            credentials: "[default]\naws_access_key_id=A\naws_secret_access_key=S",
            config: "[default]\naws_access_key_id=B\naws_secret_access_key=T"
        ).credentials()
        #expect(found.credentials.accessKeyID == "A")
    }

    @Test func theLastOfTwoSettingsWins() throws {
        let found = try chain(credentials: "[default]\naws_access_key_id=A\naws_secret_access_key=S\n[default]\naws_access_key_id=B")
            .credentials()
        #expect(found.credentials.accessKeyID == "B")
    }

    @Test func aProfileInTheCredentialsFileHasNoPrefix() {
        #expect(throws: AWSCredentialsError.self) {
            try chain(["AWS_PROFILE": "x"], credentials: "[profile x]\naws_access_key_id=A\naws_secret_access_key=S").credentials()
        }
    }

    @Test func namesTheFilesThatTheVariablesName() throws {
        let chain = AWSCredentialChain(variables: [
            "AWS_SHARED_CREDENTIALS_FILE": "~/keys", "AWS_CONFIG_FILE": "/etc/aws", "HOME": "/people/ada",
        ]) {
            $0 == "/people/ada/keys"
                ? "[default]\naws_access_key_id=A\naws_secret_access_key=S" : $0 == "/etc/aws" ? "[default]\nregion=r" : nil
        }
        #expect(try chain.credentials().credentials.accessKeyID == "A")
        #expect(chain.region == "r")
    }

    @Test func readsEndpoints() {
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
        #expect(chain(config: config).endpointURL == "https://s3.example")
        #expect(chain(config: "[default]\nendpoint_url = https://general.example").endpointURL == "https://general.example")
        #expect(chain(["AWS_ENDPOINT_URL": "https://v"], config: config).endpointURL == "https://v")
        #expect(chain(["AWS_ENDPOINT_URL": "https://v", "AWS_ENDPOINT_URL_S3": "https://w"], config: config).endpointURL == "https://w")
        #expect(chain(["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"], config: config).endpointURL == nil)
        #expect(chain().endpointURL == nil)
    }

    @Test func readsRegions() {
        #expect(chain(["AWS_REGION": "a", "AWS_DEFAULT_REGION": "b"], config: "[default]\nregion=c").region == "a")
        #expect(chain(["AWS_REGION": "", "AWS_DEFAULT_REGION": "b"]).region == "b")
        #expect(chain().region == nil)
    }

    @Test func readsAnEnvironmentsOwnVariables() throws {
        let chain = chain([
            "COUNTERSIGN_EU_STAGING_AWS_ACCESS_KEY_ID": "A", "COUNTERSIGN_EU_STAGING_AWS_SECRET_ACCESS_KEY": "S",
            "COUNTERSIGN_PRODUCTION_AWS_ACCESS_KEY_ID": "B",
        ])
        #expect(try chain.credentials(ofEnvironment: "eu-staging")?.credentials.accessKeyID == "A")
        #expect(try chain.credentials(ofEnvironment: "other") == nil)
        #expect(
            throws: AWSCredentialsError(
                description: "COUNTERSIGN_PRODUCTION_AWS_ACCESS_KEY_ID is set, but COUNTERSIGN_PRODUCTION_AWS_SECRET_ACCESS_KEY is not.")
        ) {
            try chain.credentials(ofEnvironment: "production")
        }
    }

    @Test(
        arguments: [
            (["AWS_ACCESS_KEY_ID": "A"], nil, "AWS_SECRET_ACCESS_KEY is not"),
            (["AWS_SECRET_ACCESS_KEY": "hidden"], nil, "AWS_ACCESS_KEY_ID is not"),
            ([:], "[default]\naws_secret_access_key = hidden", "needs both"),
            ([:], nil, "no such file"),
            (["AWS_PROFILE": "x"], "[default]\naws_access_key_id=A", "no such profile"),
            ([:], "[default]\nrole_arn = arn:aws:iam::1:role/r", "has role_arn"),
            ([:], "[default]\nregion = r", "no keys in it"),
        ] as [([String: String], String?, String)])
    func saysWhatIsMissing(_ variables: [String: String], _ file: String?, _ words: String) {
        let error = #expect(throws: AWSCredentialsError.self) { try chain(variables, credentials: file).credentials() }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("hidden") == false)
    }

    @Test func survivesNoise() {
        let pieces = [
            "[", "]", "profile", " ", "\t", "=", "\n", "\r", "#", ";", "\"", "'", "default", "a", "\u{0}", "é", "s3 =", "services",
        ]
        var state: UInt64 = 7
        for _ in 0..<500 {
            var text = ""
            for _ in 0..<40 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text += pieces[Int(state >> 33) % pieces.count]
            }
            let chain = chain(credentials: text, config: text)
            #expect((try? chain.credentials())?.credentials.accessKeyID.isEmpty != true)
        }
    }
}
