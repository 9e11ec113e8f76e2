import Libcrypto
import S3Signing
import SigV4
import Testing

@testable import Uploads

@Suite struct TicketOfficeTests {
    @Test func `a PUT ticket binds everything and says what a browser must send`() throws {
        let office = try office(
            rule(
                encryption: .kms(keyID: "alias/uploads", bucketKey: true), storageClass: .standardIA,
                tags: [ObjectTag(key: "from", value: "web")],
                metadata: ["caption"], cacheControl: "private", disposition: ContentDisposition("inline")),
            publicBaseURL: "https://cdn.example.com/")
        let ticket = try office.issue(request(sha256: emptySHA256, metadata: ["Caption": " A cat\t"]))
        #expect(
            ticket.headers == [
                Header("content-type", "image/png"), Header("if-none-match", "*"), Header("x-amz-checksum-sha256", emptySHA256),
                Header("cache-control", "private"), Header("content-disposition", "inline"),
                Header("x-amz-server-side-encryption", "aws:kms"),
                Header("x-amz-server-side-encryption-aws-kms-key-id", "alias/uploads"),
                Header("x-amz-server-side-encryption-bucket-key-enabled", "true"), Header("x-amz-storage-class", "STANDARD_IA"),
                Header("x-amz-meta-caption", "A cat"), Header("x-amz-tagging", "from=web"),
            ])
        #expect(ticket.fields.isEmpty && ticket.once && ticket.method == .put)
        #expect(ticket.key.hasPrefix("photos/web-backend/2026/03/") && ticket.key.hasSuffix(".png"))
        #expect(ticket.publicURL == "https://cdn.example.com/\(ticket.key)")
        #expect(ticket.expiresAt == now.adding(seconds: 900))
        let signed = Set(
            ticket.headers.map(\.name) + ["host", "content-length"])
        #expect(ticket.url.contains("X-Amz-SignedHeaders=" + signed.sorted().joined(separator: "%3B") + "&"))
        #expect(answer(to: ticket, size: 68) == nil)
    }

    @Test func `where unsigned headers pass, a ticket keeps the file private itself`() throws {
        for provider in Provider.allCases where provider != .b2 {
            let ticket = try office(rule(), provider: provider).issue(request())
            #expect(ticket.headers["x-amz-acl"] == (provider == .ceph ? "private" : nil), "\(provider)")
        }
        // A form takes no field beside those of its policy.
        #expect(try office(rule(method: .post), provider: .ceph).issue(request()).fields["x-amz-acl"] == nil)
    }

    @Test func `a PUT ticket does exactly one thing`() throws {
        let office = try office(rule(metadata: ["caption"]))
        let ticket = try office.issue(request(metadata: ["caption": "x"]))
        #expect(answer(to: ticket, size: 69) == "SignatureDoesNotMatch")
        #expect(answer(to: ticket, size: 68, extra: [Header("x-amz-acl", "public-read")]) == "AccessDenied")
        for index in ticket.headers.indices {
            var headers = ticket.headers
            headers[index].value = "text/html"
            var changed = received(ticket, size: 68)
            changed.headers = Array(changed.headers.prefix(2)) + headers
            #expect(throws: S3Error.self) { try verifier.verify(changed, at: now) }
        }
        var other = received(ticket, size: 68)
        other.target = other.target.replacing("web-backend", with: "web-frontend")
        #expect(throws: S3Error.self) { try verifier.verify(other, at: now) }
        #expect(throws: S3Error.self) { try verifier.verify(received(ticket, size: 68), at: now.adding(seconds: 900)) }
    }

    @Test func `a POST ticket binds the exact size, the type, the key and every field`() throws {
        let office = try office(
            rule(
                method: .post, encryption: .s3, tags: [ObjectTag(key: "from", value: "web")], metadata: ["caption"],
                disposition: ContentDisposition("attachment; filename={filename}")))
        let ticket = try office.issue(request(sha256: emptySHA256, metadata: ["caption": "x"]))
        #expect(ticket.headers.isEmpty && !ticket.once && ticket.method == .post && ticket.url.hasSuffix("/"))
        #expect(ticket.fields[0] == Header("key", ticket.key))
        #expect(ticket.fields["content-type"] == "image/png")
        #expect(ticket.fields["tagging"] == "<Tagging><TagSet><Tag><Key>from</Key><Value>web</Value></Tag></TagSet></Tagging>")
        #expect(ticket.fields["content-disposition"] == "attachment; filename=\"cat.png\"")
        #expect(ticket.fields["x-amz-server-side-encryption"] == "AES256")
        #expect(ticket.fields["x-amz-checksum-sha256"] == emptySHA256)
        #expect(answer(to: ticket, size: 68) == nil)
        #expect(answer(to: ticket, size: 67) == "EntityTooSmall")
        #expect(answer(to: ticket, size: 69) == "EntityTooLarge")
        #expect(answer(to: ticket, size: 68, extra: [Header("acl", "public-read")]) == "AccessDenied")
        #expect(answer(to: ticket, size: 68, extra: [Header("content-type", "text/html")]) == "AccessDenied")
        for index in ticket.fields.indices {
            var fields = ticket.fields
            fields[index].value += "x"
            #expect(throws: S3Error.self) {
                try verifier.verify(ReceivedForm(bucket: ticket.bucket, fields: fields, filename: "a"), at: now)
            }
        }
    }

    @Test func `only a POST rule serves a request without a size, with the rule's range`() throws {
        let office = try office(rule(), rule("forms", minimum: 10, maximum: 20, method: .post))
        let ticket = try office.issue(request(rule: "forms", size: nil))
        #expect(ticket.sizeBytes == 10...20)
        #expect(
            answer(to: ticket, size: 9) == "EntityTooSmall" && answer(to: ticket, size: 15) == nil
                && answer(to: ticket, size: 21) == "EntityTooLarge")
        #expect(refusal(office, request(size: nil))?.code == .sizeRequired)
    }

    @Test func `once: false leaves If-None-Match out and says so`() throws {
        let ticket = try office(rule(key: "{caller}/avatar{ext}", once: false)).issue(request())
        #expect(ticket.headers["if-none-match"] == nil && !ticket.once)
        #expect(ticket.key == "web-backend/avatar.png")
    }

    @Test func `the same inputs give the same ticket`() throws {
        for method in [UploadMethod.put, .post] {
            let office = try office(rule(method: method, metadata: ["a", "b", "c"]))
            let request = request(metadata: ["c": "3", "a": "1", "b": "2"])
            #expect(try office.issue(request, seed: 7) == office.issue(request, seed: 7))
            #expect(try office.issue(request, seed: 7).key != office.issue(request, seed: 8).key)
        }
    }

    @Test func `the key's parts come from the request's day, type and checksum`() throws {
        let office = try office(
            rule(contentTypes: ["image/jpeg"], key: "{environment}/{rule}/{caller}/{yyyy}{mm}{dd}/{sha256}{ext}", checksum: .required))
        let ticket = try office.issue(request(filename: "photo.exe", type: "IMAGE/JPEG", sha256: emptySHA256))
        let digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        #expect(ticket.key == "staging/photos/web-backend/20260309/\(digest).jpg")
    }

    @Test func `an UUID is of version 4`() throws {
        let office = try office(rule(key: "{uuid}"))
        for seed in 0..<100 as Range<UInt64> {
            let groups = try office.issue(request(), seed: seed).key.split(separator: "-")
            #expect(groups.map(\.count) == [8, 4, 4, 4, 12])
            #expect(groups[2].first == "4" && "89ab".contains(groups[3].first!))
        }
    }

    @Test(arguments: ["image/svg+xml", "text/html", "text/javascript", "application/xml"])
    func `a type that runs in a browser must be named, and is an attachment`(type: String) throws {
        let wild = try office(rule(contentTypes: ["image/*", "text/*", "application/*"]))
        #expect(refusal(wild, request(type: type))?.code == .typeNotAllowed)
        for method in [UploadMethod.put, .post] {
            for disposition in [nil, "inline", "inline; filename={filename}"] {
                let named = try office(
                    rule(contentTypes: [type], method: method, disposition: disposition.map { try ContentDisposition($0) }))
                let ticket = try named.issue(request(type: type))
                #expect((ticket.headers + ticket.fields)["content-disposition"]?.hasPrefix("attachment") == true)
                #expect(answer(to: ticket, size: 68) == nil)
            }
        }
    }

    @Test func `refusals are typed and name the field`() throws {
        let office = try office(rule(minimum: 10, maximum: 100, metadata: ["caption"]), rule("checked", checksum: .required))
        let cases: [(UploadRequest, Refusal.Code, String?, Int)] = [
            (request(rule: "nope"), .unknownRule, "rule", 404), (request(filename: ""), .invalidFilename, "filename", 400),
            (request(filename: "a\r\nb"), .invalidFilename, "filename", 400),
            (request(filename: String(repeating: "a", count: 1025)), .invalidFilename, "filename", 400),
            (request(type: "image/*"), .invalidType, "type", 400), (request(type: "video/mp4"), .typeNotAllowed, "type", 415),
            (request(size: -1), .invalidSize, "size", 400), (request(size: 9), .tooSmall, "size", 422),
            (request(size: 101), .tooLarge, "size", 413),
            (request(sha256: "abc"), .invalidChecksum, "sha256", 400), (request(sha256: "YWJj"), .invalidChecksum, "sha256", 400),
            (request(rule: "checked"), .checksumRequired, "sha256", 422),
            (request(metadata: ["x": "y"]), .metadataNotAllowed, "metadata", 422),
            (request(metadata: ["caption": "ü"]), .invalidMetadata, "metadata.caption", 400),
            (request(metadata: ["caption": "a\r\nx-amz-acl: public-read"]), .invalidMetadata, "metadata.caption", 400),
            (request(metadata: ["caption": " "]), .invalidMetadata, "metadata.caption", 400),
            (request(metadata: ["caption": "${filename}"]), .invalidMetadata, "metadata.caption", 400),
            (request(metadata: ["caption": "a", "CAPTION": "b"]), .invalidMetadata, "metadata.caption", 400),
            (request(metadata: ["caption": String(repeating: "a", count: 2048)]), .metadataTooLarge, "metadata", 422),
            (request(method: "POST"), .methodNotAllowed, "method", 422), (request(method: "put"), .methodNotAllowed, "method", 422),
        ]
        for (request, code, field, status) in cases {
            let refusal = refusal(office, request)
            #expect(refusal?.code == code && refusal?.field == field && refusal?.status == status, "\(request)")
            #expect(refusal?.detail.utf8.allSatisfy(ASCII.isPrintable) == true)
        }
        #expect(refusal(office, request(method: "PUT")) == nil)
        let foreign = Caller(name: "web-backend", environment: "production")
        #expect(refusal(office, request(), to: foreign)?.code == .wrongEnvironment)
        #expect(refusal(office, request(), to: Caller(name: "", environment: "staging"))?.code == .invalidCaller)
    }

    @Test func `every code has a status and a name in snake case`() {
        #expect(Set(Refusal.Code.all).count == Refusal.Code.all.count)
        for code in Refusal.Code.all {
            #expect([400, 403, 404, 409, 413, 415, 422, 500, 503].contains(code.status))
            #expect(code.rawValue.utf8.allSatisfy { ASCII.isLowercase($0) || $0 == UInt8(ascii: "_") })
        }
    }

    @Test func `an operator may name the key under a rule`() throws {
        let environment = try office(rule()).environment
        let checked = try environment.check(request())
        let presign = try checked.presignRequest(key: ObjectKey("one/off.png"))
        #expect(presign.expiresSeconds == 900 && presign.headers["content-length"] == "68")
    }

    @Test func `replacing the bucket keeps the rules`() throws {
        let environment = try office(rule(method: .post)).environment
        let local = try S3Location(endpoint: Endpoint(baseURL: "http://127.0.0.1:9000", region: "us-east-1"), bucket: BucketName("local"))
        let replaced = try environment.replacing(
            location: local, publicBaseURL: "http://127.0.0.1:9000/local/", allowedOrigins: [OriginPattern("http://localhost:8080")])
        let ticket = try TicketOffice(environment: replaced, sealingKeys: sealingKeys).issue(request())
        #expect(ticket.url == "http://127.0.0.1:9000/local/" && ticket.publicURL == "http://127.0.0.1:9000/local/\(ticket.key)")
        #expect(replaced.provider == .custom && replaced.allows(origin: "http://localhost:8080"))
    }
}

/// What temporary credentials mean for a ticket.
@Suite struct EndingCredentialsTests {
    private func signing(for seconds: Int64) -> SigningCredentials {
        SigningCredentials(credentials, expiresAt: now.adding(seconds: seconds))
    }

    @Test(arguments: [(60, 60), (61, 61), (899, 899), (900, 900), (901, 900), (1 << 40, 900)] as [(Int64, Int64)])
    func aTicketEndsWithThem(remaining: Int64, lives: Int64) throws {
        for method in [UploadMethod.put, .post] {
            let ticket = try office(rule(method: method)).issue(request(), with: signing(for: remaining))
            #expect(ticket.expiresAt == now.adding(seconds: lives))
        }
    }

    @Test(arguments: [59, 1, 0, -1, -3600] as [Int64])
    func underAMinuteThereIsNone(remaining: Int64) throws {
        let office = try office(rule(lifetime: 60))
        #expect(throws: Refusal.self) { try office.issue(request(), with: signing(for: remaining)) }
        do throws(Refusal) { _ = try office.issue(request(), with: signing(for: remaining)) } catch {
            #expect(error.code == .credentialsExpiring && error.status == 503 && error.field == nil)
        }
    }

    /// What a client did wrong is told first: no other credentials would help.
    @Test func aRefusalOfTheRuleComesFirst() throws {
        let office = try office(rule())
        do throws(Refusal) { _ = try office.issue(request(size: -1), with: signing(for: 1)) } catch {
            #expect(error.code == .invalidSize)
        }
    }

    @Test(
        arguments: [
            ("", "s", nil), ("a/b", "s", nil), ("a,b", "s", nil), ("a\n", "s", nil), ("a", "", nil), ("a", "s", ""), ("a", "s", "t\r\n"),
        ] as [(String, String, String?)])
    func whatCannotSignIsRefused(id: String, secret: String, token: String?) {
        #expect(throws: InvalidValue.self) {
            try SigningCredentials(accessKeyID: id, secretAccessKey: Secret(secret), sessionToken: token)
        }
    }

    @Test func noSecretIsInADump() throws {
        let signing = try SigningCredentials(
            accessKeyID: "AKIA", secretAccessKey: Secret("hidden"), sessionToken: "hidden-too", expiresAt: now)
        var dumped = "\(signing) \(String(reflecting: signing))"
        dump(signing, to: &dumped)
        #expect(dumped.contains("AKIA") && !dumped.contains("hidden"), "\(dumped)")
    }
}
