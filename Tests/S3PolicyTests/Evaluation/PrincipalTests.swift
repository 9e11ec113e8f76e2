import S3Policy
import Testing

/// Whom a statement's principals cover, and what follows from who the caller is.
@Suite("Principals")
struct PrincipalTests {
    static let user = "arn:aws:iam::111122223333:user/team/ann"
    static let role = "arn:aws:iam::111122223333:role/service/uploader"
    static let session = "arn:aws:sts::111122223333:assumed-role/uploader/i-1"
    static let federated = "arn:aws:sts::111122223333:federated-user/bob"
    static let root = "arn:aws:iam::111122223333:root"
    static let canonicalUser = String(repeating: "0123456789abcdef", count: 4)
    static let oai = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity EH1HDMB1FH2TC"

    static func outcome(_ principal: String, effect: String = "Allow", by caller: Caller) throws -> Evaluation.Outcome {
        let policy = try bucketPolicy(
            #"{"Version": "2012-10-17", "Statement": {"Effect": "\#(effect)", \#(principal), "Action": "*", "Resource": "*"}}"#)
        return PolicyEvaluator(policy).evaluate(request(by: caller)).outcome
    }

    static func caller(_ text: String) throws -> Caller {
        switch text {
        case "anonymous": .anonymous
        case "EH1HDMB1FH2TC": .originAccessIdentity(text)
        case _ where text.hasSuffix(".amazonaws.com"): .service(text)
        default: try identity(text)
        }
    }

    static let everybody = ["anonymous", user, role, session, federated, root, "EH1HDMB1FH2TC", "logging.s3.amazonaws.com"]

    @Test(
        "Every form of a principal covers these callers and no others",
        arguments: [
            (#""*""#, everybody),
            (#"{"AWS": "*"}"#, everybody),
            (#"{"AWS": "111122223333"}"#, [user, role, session, federated, root]),
            (#"{"AWS": "arn:aws:iam::111122223333:root"}"#, [user, role, session, federated, root]),
            (#"{"AWS": ["444455556666", "arn:aws:iam::444455556666:root"]}"#, []),
            (#"{"AWS": "\#(user)"}"#, [user]),
            (#"{"AWS": "arn:aws:iam::111122223333:user/ann"}"#, []),
            (#"{"AWS": "arn:aws:iam::111122223333:user/team/Ann"}"#, []),
            (#"{"AWS": "\#(role)"}"#, [role, session]),
            (#"{"AWS": "arn:aws:iam::111122223333:role/Uploader"}"#, []),
            (#"{"AWS": "arn:aws:iam::444455556666:role/uploader"}"#, []),
            (#"{"AWS": "\#(session)"}"#, [session]),
            (#"{"AWS": "arn:aws:sts::111122223333:assumed-role/uploader/i-2"}"#, []),
            (#"{"AWS": "\#(federated)"}"#, [federated]),
            (#"{"AWS": "AIDAJQABLZS4A3QDU576Q"}"#, []),
            (#"{"AWS": "AROAJQABLZS4A3QDU576Q"}"#, []),
            (#"{"AWS": "\#(oai)"}"#, ["EH1HDMB1FH2TC"]),
            (#"{"Service": "logging.s3.amazonaws.com"}"#, ["logging.s3.amazonaws.com"]),
            (#"{"Service": ["cloudfront.amazonaws.com", "LOGGING.s3.amazonaws.com"]}"#, []),
            (#"{"CanonicalUser": "\#(canonicalUser)"}"#, []),
            (#"{"Federated": "cognito-identity.amazonaws.com"}"#, []),
            (#"{"AWS": "\#(user)", "Service": "logging.s3.amazonaws.com"}"#, [user, "logging.s3.amazonaws.com"]),
            (#"{"AWS": []}"#, []),
        ])
    func coverage(principal: String, covered: [String]) throws {
        for name in Self.everybody {
            let outcome = try Self.outcome("\"Principal\": \(principal)", by: try Self.caller(name))
            #expect((outcome == .allow) == covered.contains(name), "\(name)")
        }
    }

    @Test("Names are compared by code units: é is not e with an accent")
    func codeUnits() throws {
        let composed = "arn:aws:iam::111122223333:user/\u{E9}"
        let decomposed = "arn:aws:iam::111122223333:user/e\u{301}"
        #expect(try Self.outcome(#""Principal": {"AWS": "\#(composed)"}"#, by: try identity(composed)) == .allow)
        #expect(try Self.outcome(#""Principal": {"AWS": "\#(composed)"}"#, by: try identity(decomposed)) == .none)
    }

    @Test(
        "NotPrincipal with Deny spares callers that are listed with all that they are",
        arguments: [
            (#""*""#, everybody),
            (#"{"AWS": "*"}"#, everybody),
            (#"{"AWS": "111122223333"}"#, [root]),
            (#"{"AWS": ["111122223333", "\#(user)"]}"#, [root, user]),
            (#"{"AWS": "\#(user)"}"#, []),
            (#"{"AWS": ["111122223333", "\#(role)"]}"#, [root, role]),
            (#"{"AWS": ["111122223333", "\#(role)", "\#(session)"]}"#, [root, role, session]),
            (#"{"AWS": ["\#(role)", "\#(session)"]}"#, []),
            (#"{"Service": "logging.s3.amazonaws.com"}"#, ["logging.s3.amazonaws.com"]),
            (#"{"AWS": "\#(oai)"}"#, ["EH1HDMB1FH2TC"]),
            (#"{"CanonicalUser": "\#(canonicalUser)"}"#, []),
        ])
    func notPrincipal(principal: String, spared: [String]) throws {
        for name in Self.everybody {
            let outcome = try Self.outcome("\"NotPrincipal\": \(principal)", effect: "Deny", by: try Self.caller(name))
            #expect((outcome == .none) == spared.contains(name), "\(name)")
        }
    }

    @Test(
        "The caller tells its own keys",
        arguments: [
            ("anonymous", "aws:PrincipalAccount", "anonymous"), ("anonymous", "aws:PrincipalType", "Anonymous"),
            ("anonymous", "aws:userid", "anonymous"), ("anonymous", "aws:PrincipalArn", nil),
            ("anonymous", "aws:PrincipalIsAWSService", nil), ("anonymous", "aws:PrincipalOrgID", nil),
            (user, "aws:PrincipalArn", user), (user, "aws:PrincipalAccount", "111122223333"), (user, "aws:PrincipalType", "User"),
            (user, "aws:username", "ann"), (user, "aws:PrincipalIsAWSService", "false"), (user, "aws:userid", nil),
            (root, "aws:PrincipalArn", root), (root, "aws:PrincipalType", "Account"), (root, "aws:userid", "111122223333"),
            (root, "aws:username", nil), (role, "aws:PrincipalArn", role), (role, "aws:PrincipalType", "AssumedRole"),
            (session, "aws:PrincipalArn", "arn:aws:iam::111122223333:role/uploader"), (session, "aws:PrincipalType", "AssumedRole"),
            (session, "aws:username", nil), (federated, "aws:PrincipalArn", federated), (federated, "aws:PrincipalType", "FederatedUser"),
            (federated, "aws:userid", "111122223333:bob"), ("logging.s3.amazonaws.com", "aws:PrincipalIsAWSService", "true"),
            ("logging.s3.amazonaws.com", "aws:PrincipalServiceName", "logging.s3.amazonaws.com"),
            ("logging.s3.amazonaws.com", "aws:PrincipalArn", nil), ("logging.s3.amazonaws.com", "aws:PrincipalAccount", nil),
        ] as [(String, String, String?)])
    func keys(caller: String, key: String, value: String?) throws {
        let request = request(by: try Self.caller(caller))
        let present = PolicyEvaluator(try policy(when: "Null", key, "\"false\"")).evaluate(request)
        #expect((present.outcome == .allow) == (value != nil))
        guard let value else { return }
        #expect(PolicyEvaluator(try policy(when: "StringEquals", key, quoted(value))).evaluate(request).outcome == .allow)
        var stated = request
        stated.context[try #require(ConditionKey(key))] = .single("stated")
        #expect(PolicyEvaluator(try policy(when: "StringEquals", key, "\"stated\"")).evaluate(stated).outcome == .allow)
    }

    @Test("A service has the names that belong to it as one key with several values")
    func serviceNames() throws {
        let request = request(by: .service("logging.s3.amazonaws.com"))
        let list = try policy(when: "ForAnyValue:StringEquals", "aws:PrincipalServiceNamesList", "\"logging.s3.amazonaws.com\"")
        #expect(PolicyEvaluator(list).evaluate(request).outcome == .allow)
    }

    @Test("A session whose request tells its role's path has that role's ARN")
    func rolePath() throws {
        let values = try context(["aws:PrincipalArn": .single(Self.role)])
        let policy = try policy(when: "ArnLike", "aws:PrincipalArn", #""arn:aws:iam::*:role/service/*""#)
        #expect(PolicyEvaluator(policy).evaluate(request(values, by: try identity(Self.session))).outcome == .allow)
        #expect(PolicyEvaluator(policy).evaluate(request(by: try identity(Self.session))).outcome == .none)
    }

    @Test("aws:PrincipalArn with :root means the root user alone")
    func rootKey() throws {
        let evaluator = PolicyEvaluator(try policy(when: "ArnEquals", "aws:PrincipalArn", "\"\(Self.root)\""))
        #expect(evaluator.evaluate(request(by: try identity(Self.root))).outcome == .allow)
        #expect(evaluator.evaluate(request(by: try identity(Self.user))).outcome == .none)
    }
}
