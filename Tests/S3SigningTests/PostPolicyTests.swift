import Libcrypto
import S3Signing
import SigV4
import Testing

/// Forms that are signed, accepted as they are, and refused with S3's answer when anything in them is changed.
@Suite struct PostPolicyTests {
    static let time = PresigningTests.time

    static func policy(_ fields: [Header] = [], _ conditions: [PostPolicy.Condition] = [], key: String = "a/k") -> PostPolicy {
        PostPolicy(expiresSeconds: 900, fields: [Header("key", key)] + fields, conditions: conditions)
    }

    static func form(_ policy: PostPolicy, filename: String? = "cat.jpg") throws -> ReceivedForm {
        ReceivedForm(bucket: "bucket", fields: try PresigningTests.signer().sign(policy, at: time).fields, filename: filename)
    }

    func verify(_ form: ReceivedForm, at time: SigningTime = time) throws -> VerifiedForm {
        try PresigningTests.verifier.verify(form, at: time)
    }

    /// The refusal of a form, as `status code argument`.
    func refusal(_ form: ReceivedForm, at time: SigningTime = time) -> String {
        do {
            _ = try verify(form, at: time)
            return "accepted"
        } catch let error as S3Error {
            return (["\(error.status)", error.code] + error.details.filter { $0.name == "ArgumentName" }.map(\.value)).joined(
                separator: " ")
        } catch { return "\(error)" }
    }

    @Test func everyKindOfConditionIsSignedAndHolds() throws {
        let policy = Self.policy(
            [
                Header("Content-Type", "image/png"), Header("x-amz-meta-title", "Räksmörgås \"quoted\" \\ €😀"),
                Header("x-ignore-csrf", "1"), Header("acl", "private"),
            ],
            [
                .startsWith(field: "key", prefix: "a/"), .startsWith(field: "Content-Type", prefix: "image/"),
                .equals(field: "acl", value: "private"), .contentLengthRange(1...10),
            ], key: "a/${filename}")
        let signed = try PresigningTests.signer().sign(policy, at: Self.time)
        #expect(signed.url == "http://storage.example:9000/base/bucket/")
        #expect(signed.fields.suffix(2).map(\.name) == ["policy", "x-amz-signature"])
        #expect(signed.policy.contains(#"["starts-with","$Content-Type","image/"]"#))
        #expect(signed.policy.contains(#"{"acl":"private"}"#))
        #expect(signed.policy.contains(#"["content-length-range",1,10]"#))
        #expect(!signed.policy.contains("x-ignore"))
        let verified = try verify(ReceivedForm(bucket: "bucket", fields: signed.fields, filename: "C:\\photos\\my cat.jpg"))
        #expect(verified.key.name == "a/my cat.jpg")
        #expect(verified.contentLengthRange == 1...10)
        #expect(verified.fields.contains(Header("x-amz-meta-title", "Räksmörgås \"quoted\" \\ €😀")))
        #expect(!verified.fields.contains { $0.name.hasPrefix("x-amz-signature") || $0.name == "policy" })
        #expect(
            throws: S3Error(
                code: "EntityTooLarge", status: 400, message: "Your proposed upload exceeds the maximum allowed size",
                details: [Header("ProposedSize", "11"), Header("MaxSizeAllowed", "10")])
        ) { try verified.check(size: 11) }
        #expect(throws: S3Error.self) { try verified.check(size: 0) }
        #expect(throws: Never.self) { try verified.check(size: 1) }
    }

    @Test func theFilenameIsExpandedAsS3Does() throws {
        #expect(
            try verify(Self.form(Self.policy([], [.startsWith(field: "key", prefix: "a/")], key: "a/${filename}"), filename: "x/y\\z.jpg"))
                .key.name == "a/z.jpg")
        #expect(
            try verify(Self.form(Self.policy([], [.startsWith(field: "key", prefix: "a/")], key: "a/${filename}"), filename: "")).key.name
                == "a/")
        #expect(
            try verify(Self.form(Self.policy([], [.startsWith(field: "key", prefix: "a/")], key: "a/${filename}"), filename: nil)).key.name
                == "a/${filename}")
    }

    @Test func everyChangedFieldIsRefused() throws {
        let conditions: [PostPolicy.Condition] = [.startsWith(field: "key", prefix: "a/")]
        let form = try Self.form(Self.policy([Header("Content-Type", "image/png"), Header("x-amz-meta-a", "1")], conditions))
        #expect(refusal(form) == "accepted")
        let expected = [
            "key": "403 AccessDenied", "Content-Type": "403 AccessDenied", "x-amz-meta-a": "403 AccessDenied",
            "x-amz-algorithm": "400 InvalidArgument X-Amz-Algorithm", "x-amz-credential": "400 InvalidArgument X-Amz-Credential",
            "x-amz-date": "400 InvalidArgument X-Amz-Date", "x-amz-security-token": "400 InvalidToken",
            "policy": "403 SignatureDoesNotMatch",
            "x-amz-signature": "403 SignatureDoesNotMatch",
        ]
        for (index, field) in form.fields.enumerated() {
            var changed = form
            changed.fields[index].value = "x"
            #expect(refusal(changed) == expected[field.name], "\(field.name)")
            changed = form
            changed.fields.append(field)
            // Two keys, joined as "a/k,a/k", still begin as the condition says.
            #expect((refusal(changed) == "accepted") == (field.name == "key"), "\(field.name) twice")
        }
    }

    @Test func whatIsMissingIsNamed() throws {
        let form = try Self.form(Self.policy([Header("Content-Type", "image/png")]))
        let expected = [
            "key": "400 InvalidArgument key", "Content-Type": "403 AccessDenied", "x-amz-algorithm": "400 InvalidArgument X-Amz-Algorithm",
            "x-amz-credential": "400 InvalidArgument X-Amz-Credential", "x-amz-date": "400 InvalidArgument X-Amz-Date",
            "x-amz-security-token": "403 InvalidAccessKeyId", "policy": "400 InvalidArgument Policy",
            "x-amz-signature": "400 InvalidArgument X-Amz-Signature",
        ]
        for (index, field) in form.fields.enumerated() {
            var changed = form
            changed.fields.remove(at: index)
            #expect(refusal(changed) == expected[field.name], "\(field.name)")
        }
        #expect(refusal(ReceivedForm(bucket: "bucket", fields: [Header("key", "a")], filename: nil)) == "403 AccessDenied")
    }

    @Test func bucketTimeRegionAndKeyAreChecked() throws {
        var form = try Self.form(Self.policy())
        #expect(refusal(form, at: Self.time.adding(seconds: 899)) == "accepted")
        #expect(refusal(form, at: Self.time.adding(seconds: 900)) == "403 AccessDenied")
        form.bucket = "other"
        #expect(refusal(form) == "403 AccessDenied")
        form.bucket = "bucket"
        form.fields.append(Header("x-amz-meta-extra", "1"))
        #expect(refusal(form) == "403 AccessDenied")
        form.fields[form.fields.count - 1] = Header("X-Ignore-Extra", "1")
        #expect(refusal(form) == "accepted")
        let elsewhere = S3Verifier(region: "us-east-1") { _ in PresigningTests.credentials }
        let region = #expect(throws: S3Error.self) { try elsewhere.verify(form, at: Self.time) }
        #expect(region?.code == "AuthorizationQueryParametersError")
        let nobody = S3Verifier(region: "eu-west-1") { _ in nil }
        let unknown = #expect(throws: S3Error.self) { try nobody.verify(form, at: Self.time) }
        #expect(unknown?.code == "InvalidAccessKeyId")
    }

    /// Policies that others sign with the right key, and S3 refuses all the same.
    @Test(arguments: [
        ("{", "400 InvalidPolicyDocument"), ("[]", "400 InvalidPolicyDocument"),
        (#"{"conditions":[]}"#, "400 InvalidPolicyDocument"), (#"{"expiration":"2030-01-01T00:00:00Z"}"#, "400 InvalidPolicyDocument"),
        (#"{"Expiration":"2030-01-01T00:00:00Z","conditions":[]}"#, "400 InvalidPolicyDocument"),
        (#"{"expiration":"2030-01-01 00:00:00Z","conditions":[]}"#, "400 InvalidPolicyDocument"),
        (#"{"expiration":"2030-01-01T00:00:00+00:00","conditions":[]}"#, "400 InvalidPolicyDocument"),
        (#"{"expiration":"2030-01-01T00:00:00Z","conditions":[{"a":"x","b":"y"}]}"#, "400 InvalidPolicyDocument"),
        (#"{"expiration":"2030-01-01T00:00:00Z","conditions":[{"key":1}]}"#, "400 InvalidPolicyDocument"),
        (#"{"expiration":"2030-01-01T00:00:00Z","conditions":[["eq","key","a"]]}"#, "400 InvalidPolicyDocument"),
        (#"{"expiration":"2030-01-01T00:00:00Z","conditions":[["like","$key","a"]]}"#, "400 InvalidPolicyDocument"),
        (#"{"expiration":"2030-01-01T00:00:00Z","conditions":[["content-length-range",5,1]]}"#, "400 InvalidPolicyDocument"),
        (#"{"expiration":"2030-01-01T00:00:00Z","conditions":[["content-length-range",-1,1]]}"#, "400 InvalidPolicyDocument"),
        (#"{"expiration":"2030-01-01T00:00:00Z","conditions":[["content-length-range",1.5,2]]}"#, "400 InvalidPolicyDocument"),
        (#"{"expiration":"2030-01-01T00:00:00Z","conditions":[]} x"#, "400 InvalidPolicyDocument"),
        (#"{"expiration":"2030-01-01T00:00:00Z","conditions":[],"conditions":[]}"#, "400 InvalidPolicyDocument"),
        (String(repeating: "[", count: 5000), "400 InvalidPolicyDocument"),
        (#"{"expiration":"2001-01-01T00:00:00Z","conditions":[]}"#, "403 AccessDenied"),
        (#"{"expiration":"2030-01-01T00:00:00Z","conditions":[]}"#, "403 AccessDenied"),
        (#"{"expiration":"2030-01-01T00:00:00Z","conditions":[["starts-with","$success_action_redirect",""],ALL]}"#, "403 AccessDenied"),
        (#"{"expiration":"2030-01-01T00:00:00Z","conditions":[["starts-with","$bucket","b"],ALL]}"#, "403 AccessDenied"),
        (#"{"expiration":"2030-01-01T00:00:00Z","conditions":[ALL]}"#, "403 AccessDenied"),
        (#"{"expiration":"2030-01-01T00:00:00Z","conditions":[{"bucket":"bucket"},["content-length-range","1","9"],ALL]}"#, "accepted"),
        (#"{"expiration":"2030-01-01T00:00:00.000Z","conditions":[["eq","$KEY","\u0061\/b"],{"Bucket":"bucket"},SIG]}"#, "accepted"),
    ])
    func policiesOfOthers(_ template: String, _ expected: String) throws {
        let credential = "AKIDEXAMPLE/20231114/eu-west-1/s3/aws4_request"
        let signature =
            #"{"x-amz-algorithm":"AWS4-HMAC-SHA256"},{"x-amz-credential":"\#(credential)"},{"x-amz-date":"20231114T221320Z"},{"x-amz-security-token":"to/k+en=="}"#
        let text = template.replacing("ALL", with: #"{"key":"a/b"},SIG"#).replacing("SIG", with: signature)
        let policy = Base64.encode(Array(text.utf8))
        let signed = try PresigningTests.signer().sign(policyBase64: policy, at: Self.time)
        let form = ReceivedForm(
            bucket: "bucket",
            fields: [
                Header("key", "a/b"), Header("X-Amz-Algorithm", "AWS4-HMAC-SHA256"), Header("X-Amz-Credential", signed.credential),
                Header("X-Amz-Date", signed.date), Header("X-Amz-Security-Token", "to/k+en=="), Header("Policy", policy),
                Header("X-Amz-Signature", signed.signature),
            ], filename: "f")
        #expect(refusal(form) == expected)
    }

    @Test func textsThatOnlyLookTheSameAreNotTheSame() throws {
        var form = try Self.form(Self.policy(key: "caf\u{E9}"))
        form.fields[0].value = "cafe\u{301}"
        #expect(refusal(form) == "403 AccessDenied")
    }

    @Test func marksThatJoinWithSeparatorsDoNotHideThem() throws {
        let conditions: [PostPolicy.Condition] = [.startsWith(field: "key", prefix: "a/")]
        let form = try Self.form(Self.policy([], conditions, key: "a/${filename}\u{301}"), filename: "x/\u{301}y")
        #expect(try verify(form).key.name == "a/\u{301}y\u{301}")
        var named = try Self.form(Self.policy([Header("x-amz-meta-a", "1")]))
        named.fields.append(Header("x-amz-meta-a\u{301}", "1"))
        #expect(refusal(named) == "403 AccessDenied")
    }

    @Test(arguments: ["", "AA", "AAA=\n", "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n00"])
    func onlyPoliciesAreSigned(_ text: String) throws {
        let error = #expect(throws: SigningError.self) { try PresigningTests.signer().sign(policyBase64: text, at: Self.time) }
        #expect(error?.code == .invalidPolicy)
    }

    @Test func contentTypesInAListAreMatchedOneByOne() throws {
        let policy = Self.policy([Header("Content-Type", "image/png,text/html")], [.startsWith(field: "content-type", prefix: "image/")])
        #expect(try refusal(Self.form(policy)) == "403 AccessDenied")
    }

    @Test func whatCannotBeBoundIsNotSigned() throws {
        let cases: [(PostPolicy, SigningError.Code)] = [
            (PostPolicy(expiresSeconds: 60, fields: [], conditions: []), .invalidCondition),
            (Self.policy([], [.startsWith(field: "x-amz-storage-class", prefix: "S")]), .invalidCondition),
            (Self.policy([], [.startsWith(field: "bucket", prefix: "b")]), .invalidCondition),
            (Self.policy([], [.equals(field: "bucket", value: "b")]), .reserved),
            (Self.policy([], [.equals(field: "X-Amz-Date", value: "b")]), .reserved),
            (Self.policy([], [.contentLengthRange(-1...5)]), .invalidCondition),
            (Self.policy(key: "a/${filename}"), .invalidCondition), (Self.policy([Header("file", "x")]), .reserved),
            (Self.policy([Header("Policy", "x")]), .reserved),
            (Self.policy([Header("x-amz-signature", "x")]), .reserved), (Self.policy([Header("x-amz-meta-a", "1\r\n2")]), .invalidField),
            (Self.policy([Header("a b", "x")]), .invalidField),
            (Self.policy([Header("x-amz-meta-a", "1"), Header("X-Amz-Meta-A", "2")]), .invalidField),
            (Self.policy([Header("Content-Type", "text/html")], [.startsWith(field: "content-type", prefix: "image/")]), .invalidCondition),
            (Self.policy([Header("acl", "private")], [.equals(field: "acl", value: "public-read")]), .invalidCondition),
            (Self.policy(key: "a/${filename}\u{301}"), .invalidCondition), (Self.policy([Header("", "x")]), .invalidField),
            (Self.policy([Header("x-amz-meta-a", String(repeating: "a", count: 21_000))]), .formTooLarge),
        ]
        for (policy, code) in cases {
            let error = #expect(throws: SigningError.self) { try PresigningTests.signer().sign(policy, at: Self.time) }
            #expect(error?.code == code, "\(policy)")
        }
        for seconds in [0, 604_801] {
            let error = #expect(throws: SigningError.self) {
                try PresigningTests.signer().sign(
                    PostPolicy(expiresSeconds: seconds, fields: [Header("key", "k")], conditions: []), at: Self.time)
            }
            #expect(error?.code == .expiryOutOfRange)
        }
    }

    @Test func randomFormsVerify() throws {
        var random = SplitMix(seed: 11)
        for _ in 0..<500 {
            let fields = (0..<Int.random(in: 0...5, using: &random)).map {
                Header("x-amz-meta-\($0)", random.text(0...30).replacing("\n", with: "").replacing("\0", with: ""))
            }
            let key = random.text(1...30).replacing("\n", with: "").replacing("\0", with: "") + "k"
            let form = try Self.form(Self.policy(fields, key: key), filename: nil)
            let verified = try verify(form)
            #expect(verified.key.name.utf8.elementsEqual(key.utf8))
            #expect(verified.fields.count == fields.count + 1)
        }
    }
}
