import S3Signing
import Testing
import Uploads

@testable import Settings

@Suite struct PolicyFolderTests {
    @Test func `every key of an uploads.yaml arrives`() throws {
        let folder = try TemporaryPolicies([
            "qa-2/uploads.yaml": """
            bucket: example.qa
            account: 012345678901
            downloads: true
            region: us-west-2
            endpoint: https://storage.example.com:9000/s3
            provider: minio
            addressing: path
            allowedOrigins: ["https://*.preview.example.com", http://localhost:3000]
            publicBaseUrl: https://cdn.example.com/
            defaultLifetime: 1h
            rules:
              films:
                contentTypes: [video/*, image/png]
                minimumSize: 10 KB
                maximumSize: 1 GiB
                key: films/{caller}/{uuid}{ext}
                once: false
                encryption: {kms: alias/films, bucketKey: true}
                storageClass: STANDARD_IA
                tags: {from: web, year: 2024}
                metadata: [title]
                cacheControl: no-store
                contentDisposition: inline
                checksum: required
              forms:
                contentTypes: [text/csv]
                maximumSize: 1000
                key: forms/{uuid}
                method: POST
                once: false
                lifetime: 90
                encryption: s3
            """
        ])
        let environment = try PolicyFolder.environments(in: folder.path)[0]
        #expect(environment.name == "qa-2" && environment.provider == .minio)
        #expect(environment.account == "012345678901" && environment.allowsDownloads)
        #expect(environment.location.url(for: nil) == "https://storage.example.com:9000/s3/example.qa")
        #expect(environment.allowedOrigins.map(\.text) == ["https://*.preview.example.com", "http://localhost:3000"])
        #expect(environment.publicBaseURL == "https://cdn.example.com")
        let films = try #require(environment.rule(named: "films"))
        #expect(films.contentTypes.map(\.text) == ["video/*", "image/png"])
        #expect(films.sizeBytes == 10_000...(1 << 30) && films.keyTemplate.text == "films/{caller}/{uuid}{ext}")
        #expect(films.lifetimeSeconds == 3600 && films.method == .put && !films.once)
        #expect(films.encryption == .kms(keyID: "alias/films", bucketKey: true) && films.storageClass == .standardIA)
        #expect(films.tags.map(\.key) == ["from", "year"] && films.tags.map(\.value) == ["web", "2024"])
        #expect(films.allowedMetadata == ["title"] && films.cacheControl == "no-store")
        #expect(films.contentDisposition == ContentDisposition(kind: .inline, namesFile: false) && films.checksum == .required)
        let forms = try #require(environment.rule(named: "forms"))
        #expect(forms.method == .post && forms.lifetimeSeconds == 90 && forms.encryption == .s3 && forms.sizeBytes == 1...1000)
    }

    @Test func `dialects name their rules`() throws {
        let yaml =
            validYAML + """
                    method: POST
                    once: false
                  documents:
                    contentTypes: [application/pdf]
                    maximumSize: 5 MiB
                    key: documents/{caller}/{uuid}
                dialects:
                  uppy: photos
                  activeStorage: documents
                  betterUpload: true
                """
        let folder = try TemporaryPolicies(["staging/uploads.yaml": yaml])
        let dialects = try PolicyFolder.environments(in: folder.path)[0].dialects
        #expect(dialects.rule(for: .uppy) == "photos" && dialects.rule(for: .activeStorage) == "documents")
        #expect(Dialect.allCases.filter(dialects.serves) == [.uppy, .activeStorage, .betterUpload])
        let without = try TemporaryPolicies(["staging/uploads.yaml": validYAML])
        #expect(try PolicyFolder.environments(in: without.path)[0].dialects == Dialects())
    }

    @Test(arguments: [
        (
            "{uppy: photos}",
            "8:18 dialects: uppy: Uppy names no size, so its rule has a form with a range of sizes (method: POST), multipart: "
        ),
        ("{shrine: pictures}", "8:20 dialects: shrine: there is no upload rule \"pictures\"; use one of photos"),
        ("{activestorage: photos}", "8:12 dialects has no key \"activestorage\"; did you mean \"activeStorage\"?"),
        ("{betterUpload: photos}", "8:26 betterUpload: \"photos\" is not allowed; use true or false"),
        ("[uppy]", "8:11 dialects is a mapping of keys and values, not a list"),
        ("{uppy: [photos]}", "8:18 dialects: uppy is a single value, not"),
    ])
    func `a dialect that could never be served does not load`(dialects: String, message: String) throws {
        let problems = try TemporaryPolicies.problems(validYAML + "dialects: \(dialects)\n")
        #expect(problems.count == 1 && problems[0].hasPrefix(message), "\(problems)")
    }

    @Test(arguments: [
        ("activeStorage", "method: POST\n    once: false", "dialects: activeStorage: Active Storage sends a PUT; photos takes POST"),
        (
            "uppy", "method: MULTIPART\n    multipart: signed",
            "dialects: uppy: Uppy names no size; the rule photos needs multipart: assisted"
        ),
        ("shrine", "method: MULTIPART", "dialects: shrine: Shrine's clients send a file in one request; photos takes parts only"),
        (
            "shrine", "checksum: required",
            "dialects: shrine: its client sends no SHA-256; take a rule without checksum: required than photos"
        ),
    ])
    func `a dialect's rule fits its client`(dialect: String, keys: String, message: String) throws {
        let problems = try TemporaryPolicies.problems("\(validYAML)    \(keys)\ndialects: {\(dialect): photos}\n")
        #expect(problems.count == 1 && problems[0].hasSuffix(message), "\(problems)")
    }

    /// The rule's own mistake is told, and not that the dialect has no rule.
    @Test func `a dialect of a rule with mistakes adds none`() throws {
        let problems = try TemporaryPolicies.problems("\(validYAML)    lifetime: never\ndialects: {shrine: photos}\n")
        #expect(problems.count == 1 && problems[0].contains("lifetime"), "\(problems)")
    }

    @Test func `what is left out has its default`() throws {
        let folder = try TemporaryPolicies(["staging/uploads.yaml": validYAML])
        let environment = try PolicyFolder.environments(in: folder.path)[0]
        let rule = try #require(environment.rules.first)
        #expect(environment.provider == .aws && environment.location.host == "example-staging.s3.eu-central-1.amazonaws.com")
        #expect(
            rule.lifetimeSeconds == 900 && rule.method == .put && rule.once && rule.checksum == .optional && rule.sizeBytes.lowerBound == 1)
    }

    @Test func `AWS's endpoint options are taken`() throws {
        let folder = try TemporaryPolicies(["staging/uploads.yaml": validYAML + "endpointOptions: [dualstack]\n"])
        #expect(
            try PolicyFolder.environments(in: folder.path)[0].location.host == "example-staging.s3.dualstack.eu-central-1.amazonaws.com")
    }

    @Test func `every mistake is told at once, with its place and what is allowed`() throws {
        let problems = try TemporaryPolicies.problems(
            """
            bucket: Example_Bucket
            regoin: eu-central-1
            provider: azure
            allowedOrigins:
              - https://*.netlify.app
              - https://app.example.com/
            defaultLifetime: soon
            rules:
              photos:
                contentTypes: [image/png, "*/*", image/png]
                maximumSize: large
                key: ../{filename}
                once: perhaps
                colour: blue
              forms:
                contentTypes: image/png
                maximumSize: 6 GiB
                key: forms/{caller}
                method: POST
                lifetime: 1h
                tags: [a]
              empty:
            """)
        let expected = [
            "1:1 uploads.yaml needs region", "1:9 bucket: 'Example_Bucket' is no bucket name",
            "2:1 uploads.yaml has no key \"regoin\"; did you mean \"region\"?",
            "3:11 provider: \"azure\" is not allowed; use aws, r2,", "5:5 allowedOrigins: \"https://*.netlify.app\"",
            "6:5 allowedOrigins: \"https://app.example.com/\"",
            "7:18 defaultLifetime: \"soon\" is not a time", "10:31 contentTypes: \"*/*\"", "10:38 contentTypes: \"image/png\" stands twice",
            "11:18 maximumSize: \"large\" is not a size", "12:10 key: {filename} does not exist",
            "13:11 once: \"perhaps\" is not allowed; use true or false",
            "14:5 the rule photos has no key \"colour\"; it has contentTypes,",
            "15:3 once of the rule forms: S3 cannot make a POST form single-use",
            "16:19 contentTypes is a list", "17:18 maximumSize of the rule forms", "18:10 key of the rule forms",
            "20:15 lifetime of the rule forms",
            "21:11 tags is a mapping", "22:3 the rule empty needs contentTypes", "22:3 the rule empty needs maximumSize",
            "22:3 the rule empty needs key",
            "22:9 the rule empty is a mapping",
        ]
        #expect(problems.count == expected.count, "\(problems.joined(separator: "\n"))")
        for (problem, start) in zip(problems, expected) { #expect(problem.hasPrefix(start)) }
    }

    @Test func `a key that stands twice does not hide other mistakes`() throws {
        let problems = try TemporaryPolicies.problems(
            validYAML.replacing("region:", with: "\"bucket\": other\nregion:") + "bucket: third\ncolour: blue\n")
        #expect(
            problems == [
                "2:1 \"bucket\" stands here for the second time; line 1 has the first",
                "9:1 \"bucket\" stands here for the second time; line 2 has the first",
                "10:1 uploads.yaml has no key \"colour\"; it has \(YAMLReader.environmentKeys.joined(separator: ", "))",
            ])
        let rules = try TemporaryPolicies.problems(validYAML + "  photos: {}\n")
        #expect(rules.first == "8:3 \"photos\" stands here for the second time; line 4 has the first")
    }

    @Test(arguments: [
        ("", "the file is empty"), ("# nothing\n", "the file is empty"), ("- a\n", "uploads.yaml is a mapping"),
        ("a: b: c\n", "this is not YAML"),
        ("\tbucket: x\n", "this is not YAML"), ("bucket: [\n", "this is not YAML"), ("a: *unknown\n", "this is not YAML"),
        ("---\na: b\n---\nc: d\n", "this is not YAML"),
        ("just text", "uploads.yaml is a mapping"),
    ])
    func `what is no mapping is told`(yaml: String, message: String) throws {
        let problems = try TemporaryPolicies.problems(yaml)
        #expect(problems.first?.contains(message) == true, "\(problems)")
    }

    @Test func `a rule without a maximum size does not load`() throws {
        let problems = try TemporaryPolicies.problems(validYAML.replacing("    maximumSize: 5 MiB\n", with: ""))
        #expect(problems == ["4:3 the rule photos needs maximumSize, for example maximumSize: 5 MiB"])
    }

    @Test func `a text in braces is told to need quotes`() throws {
        let problems = try TemporaryPolicies.problems(validYAML.replacing("photos/{caller}/{uuid}{ext}", with: "{caller}"))
        #expect(problems.count == 1 && problems[0].contains("into quotes"))
    }

    @Test func `the environment's default lifetime binds POST rules too`() throws {
        let post = validYAML + "    method: POST\n    once: false\n"
        #expect(try TemporaryPolicies.problems(post) == [])
        let problems = try TemporaryPolicies.problems("defaultLifetime: 1h\n" + post)
        #expect(problems.count == 1 && problems[0].hasPrefix("5:3 lifetime of the rule photos: a POST form"))
        #expect(try TemporaryPolicies.problems("defaultLifetime: 1h\n" + post + "    lifetime: 15m\n") == [])
    }

    @Test func `what the provider lacks is told at the rule's key`() throws {
        let yaml = "provider: r2\nendpoint: https://a.r2.cloudflarestorage.com\n" + validYAML + "    once: false\n    method: POST\n"
        let problems = try TemporaryPolicies.problems(yaml.replacing("region: eu-central-1\n", with: ""))
        #expect(problems == ["10:13 method of the rule photos: r2 has no POST forms; use PUT"])
        #expect(try TemporaryPolicies.problems("provider: minio\n" + validYAML).first?.contains("needs endpoint") == true)
    }

    @Test func `b2 has less, and each rule is told what to write`() throws {
        let b2 = "provider: b2\nendpoint: https://s3.eu-central-003.backblazeb2.com\n" + validYAML
        #expect(try TemporaryPolicies.problems(b2 + "    once: false\n") == [])
        #expect(try TemporaryPolicies.problems(b2).first?.contains("once of the rule photos: b2 ignores If-None-Match") == true)
        let demanding = b2 + "    checksum: required\n    tags: {a: b}\n    encryption: kms\n    storageClass: GLACIER\n    colour: blue\n"
        let problems = try TemporaryPolicies.problems(demanding)
        let places = ["6:3 once of", "10:15 checksum of", "11:11 tags of", "12:17 encryption of", "13:19 storageClass of", "14:5 the rule"]
        #expect(problems.count == places.count, "\(problems)")
        for (problem, place) in zip(problems, places) { #expect(problem.hasPrefix(place), "\(problem)") }
    }

    @Test func `what a store does not take from a form is told`() throws {
        let form = "endpoint: https://storage.example.com\n" + validYAML + "    once: false\n    method: POST\n    tags: {a: b}\n"
        let headers = "    cacheControl: no-cache\n    contentDisposition: attachment\n"
        #expect(try TemporaryPolicies.problems("provider: minio\n" + form + headers) == [])
        #expect(try TemporaryPolicies.problems("provider: ceph\n" + form) == [])
        let script = (form + headers).replacing("image/png", with: "image/svg+xml")
        let dropped = try TemporaryPolicies.problems("provider: ceph\n" + script)
        #expect(dropped.count == 3)
        for (problem, key) in zip(dropped, ["contentTypes", "cacheControl", "contentDisposition"]) {
            #expect(problem.contains("\(key) of the rule photos: ceph keeps neither"), "\(problem)")
        }
        #expect(try TemporaryPolicies.problems("provider: ceph\n" + script.replacing("POST", with: "PUT")) == [])
        let tagged = try TemporaryPolicies.problems("provider: seaweedfs\n" + form + headers)
        #expect(tagged.count == 1 && tagged[0].contains("tags of the rule photos: seaweedfs refuses forms with tags"), "\(tagged)")
        #expect(try TemporaryPolicies.problems("provider: seaweedfs\n" + form.replacing("POST", with: "PUT")) == [])
    }

    @Test(arguments: ["minio", "ceph", "seaweedfs", "custom"])
    func `where versions differ a PUT rule says once itself`(provider: String) throws {
        let yaml = "provider: \(provider)\nendpoint: https://storage.example.com\n" + validYAML
        #expect(try TemporaryPolicies.problems(yaml).map { $0.prefix(27) } == ["6:3 once of the rule photos"])
        #expect(try TemporaryPolicies.problems(yaml + "    once: true\n") == [])
        #expect(try TemporaryPolicies.problems(yaml + "    once: false\n") == [])
    }

    @Test func `what the store and the region rule out is told beside other mistakes`() throws {
        let encryption = "    encryption: {kms: \"arn:aws:kms:us-east-1:111122223333:key/1\"}\n"
        let kms = try TemporaryPolicies.problems(
            validYAML.replacing("example-staging", with: "Bad_Bucket") + encryption + "    colour: x\n")
        #expect(kms.count == 3 && kms[1].contains("encryption of the rule photos: the KMS key is in \"us-east-1\""), "\(kms)")
        let unknown = try TemporaryPolicies.problems(
            "provider: azure\nendpoint: ftp://x\n" + validYAML.replacing("eu-central-1", with: "\"a b\""))
        #expect(unknown.map { $0.prefix(4) } == ["1:11", "2:11", "4:9 "], "\(unknown)")
    }

    @Test(arguments: [
        ("http://localhost:9000", true), ("http://127.0.0.1:9000/s3", true), ("HTTP://[::1]:9000", true), ("https://minio:9000", true),
        ("http://minio:9000", false), ("http://storage.example.com/", false), ("http://localhost.example.com", false),
        ("HTTP://10.0.0.1", false),
    ])
    func `a plain http endpoint is this machine's`(endpoint: String, loads: Bool) throws {
        let problems = try TemporaryPolicies.problems(
            "provider: custom\nendpoint: \"\(endpoint)\"\n" + validYAML + "    once: false\n")
        #expect(problems.isEmpty == loads, "\(problems)")
    }

    @Test func `two environments with one bucket do not load`() throws {
        let folder = try TemporaryPolicies([
            "staging/uploads.yaml": validYAML, "production/uploads.yaml": validYAML.replacing("eu-central", with: "us-east"),
        ])
        let all = #expect(throws: SettingsError.self) { try PolicyFolder.environments(in: folder.path) }
        #expect(all?.problems.count == 1 && all?.problems[0].message.contains("bucket example-staging is also production's") == true)
        #expect(throws: SettingsError.self) { try PolicyFolder.environments(in: folder.path, named: ["staging"]) }
        try folder.write(
            "provider: minio\nendpoint: https://minio.example.com\n" + validYAML + "    once: true\n", to: "production/uploads.yaml")
        #expect(try PolicyFolder.environments(in: folder.path).map(\.name) == ["production", "staging"])
        #expect(try PolicyFolder.environments(in: folder.path, named: ["staging", "staging"]).map(\.name) == ["staging"])
    }

    @Test func `a neighbour's mistake does not hide that it has the same bucket`() throws {
        let folder = try TemporaryPolicies(["staging/uploads.yaml": validYAML, "production/uploads.yaml": validYAML + "colour: blue\n"])
        for broken in [validYAML + "colour: blue\n", "bucket: [\n", "", "bucket: other\n" + validYAML] {
            try folder.write(broken, to: "production/uploads.yaml")
            let error = #expect(throws: SettingsError.self) { try PolicyFolder.environments(in: folder.path, named: ["staging"]) }
            #expect(error?.problems.allSatisfy { $0.file.hasSuffix("production/uploads.yaml") } == true)
        }
        try folder.write("bucket: other\ncolour: blue\n", to: "production/uploads.yaml")
        #expect(try PolicyFolder.environments(in: folder.path, named: ["staging"]).map(\.name) == ["staging"])
    }

    @Test func `a key of private use is told, not ignored`() throws {
        let problems = try TemporaryPolicies.problems(validYAML + "\u{F0062}ucket: other\n")
        #expect(problems == ["8:1 this character is of private use, which nobody can read; leave it out"])
    }

    @Test func `the mistakes of all environments are told together`() throws {
        let folder = try TemporaryPolicies([
            "a/uploads.yaml": "bucket: x\n", "b/uploads.yaml": "bucket: y\n", "C/uploads.yaml": validYAML, "note.txt": "",
        ])
        let error = #expect(throws: SettingsError.self) { try PolicyFolder.environments(in: folder.path) }
        let files = Set(error?.problems.map { $0.file.split(separator: "/").suffix(2).joined(separator: "/") } ?? [])
        #expect(files == ["a/uploads.yaml", "b/uploads.yaml", "C/uploads.yaml"])
        #expect(error?.description.contains("/a/uploads.yaml:1:9: bucket:") == true)
    }

    @Test func `a folder without environments and unknown names are told`() throws {
        let folder = try TemporaryPolicies()
        #expect(throws: SettingsError.self) { try PolicyFolder.environments(in: folder.path) }
        #expect(throws: SettingsError.self) { try PolicyFolder.environments(in: folder.path + "/none") }
        let error = #expect(throws: SettingsError.self) { try PolicyFolder.environments(in: shippedPolicies, named: ["qa", "staging"]) }
        #expect(error?.problems.map(\.message) == ["there is no environment \"qa\" here, it has production, staging"])
    }

    @Test func `files that no one wrote by hand are refused`() throws {
        #expect(try TemporaryPolicies.problems(String(repeating: "# x\n", count: 70_000)).first?.contains("larger than 256 KiB") == true)
        #expect(try TemporaryPolicies.problems("bucket: \"a\0\"\n").count > 0)
        #expect(try TemporaryPolicies.problems(String(repeating: "[", count: 50_000)).count > 0)
        #expect(try TemporaryPolicies.problems(String(repeating: "a: {", count: 20_000)).count > 0)
        let bomb =
            "a: &a [x]\n"
            + (0..<40).map { "\($0): &n\($0) [*\($0 == 0 ? "a" : "n\($0 - 1)"), *\($0 == 0 ? "a" : "n\($0 - 1)")]\n" }.joined()
        #expect(try TemporaryPolicies.problems(bomb).count > 0)
    }

    @Test func `CORS rules are read, or told to be none`() throws {
        let folder = try TemporaryPolicies(["staging/cors.json": "{\"CORSRules\": 1}"])
        #expect(throws: SettingsError.self) { try PolicyFolder.corsConfiguration(in: folder.path, environment: "staging") }
        #expect(try PolicyFolder.corsConfiguration(in: folder.path, environment: "production") == nil)
    }
}
