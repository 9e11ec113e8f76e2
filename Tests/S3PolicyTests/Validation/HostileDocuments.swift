/// Documents that somebody made to break a reader: each shape at any size.
enum HostileDocuments {
    struct Shape: Sendable, CustomStringConvertible {
        let description: String
        /// A document of about so many bytes.
        let text: @Sendable (_ bytes: Int) -> String
    }

    static let shapes: [Shape] =
        [
            Shape("nested arrays") { String(repeating: "[", count: $0) },
            Shape("nested objects") { repeated("{\"a\":", $0) },
            Shape("a long array") { "[" + repeated("1,", $0) + "1]" },
            Shape("a long array of arrays") { "[" + repeated("[],", $0) + "[]]" },
            Shape("a long string") { "\"" + repeated("a", $0) + "\"" },
            Shape("a long string of escapes") { "\"" + repeated("\\u0041", $0) + "\"" },
            Shape("lone surrogates") { "\"" + repeated("\\ud800", $0) + "\"" },
            Shape("a string that never ends") { "\"" + repeated("a", $0) },
            Shape("many strings that never end") { repeated("\"a\n", $0) },
            Shape("one key again and again") { "{" + repeated("\"a\":1,", $0) + "\"a\":1}" },
            Shape("many keys") { bytes in "{" + numbered(bytes / 12) { "\"k\($0)\":1" } + "}" },
            Shape("a huge number") { "[" + repeated("9", $0) + "]" },
            Shape("many exponents") { "[" + repeated("1e999,", $0) + "1]" },
            Shape("commas") { "[" + repeated(",", $0) + "]" },
            Shape("missing commas") { "[" + repeated("\"a\" ", $0) + "]" },
            Shape("colons") { "{" + repeated(":", $0) + "}" },
            Shape("comments") { repeated("/*", $0) },
            Shape("slashes") { "[" + repeated("/", $0) + "]" },
            Shape("control characters") { "\"" + repeated("\u{1}", $0) + "\"" },
            Shape("byte order marks") { repeated("\u{FEFF}", $0) },
            Shape("single quotation marks") { repeated("'", $0) },
            Shape("empty lines") { repeated("\r\n", $0) },
        ] + policies + documents

    /// What can be read, and is a policy of many parts.
    private static let policies: [Shape] = [
        Shape("many statements") { bytes in
            policy(
                numbered(bytes / 110) { statement("\"Sid\":\"s\($0)\",", action: "\"s3:GetObject\"", resource: "\"arn:aws:s3:::b/\($0)\"") }
            )
        },
        Shape("one statement again and again") { bytes in
            policy(numbered(bytes / 100) { _ in statement(action: "\"s3:GetObject\"", resource: "\"arn:aws:s3:::b/*\"") })
        },
        Shape("many actions") { bytes in
            policy(statement(action: "[" + numbered(bytes / 14) { "\"s3:Get\($0)\"" } + "]", resource: "\"*\""))
        },
        Shape("many patterns of actions") { bytes in
            policy(statement(action: "[" + numbered(bytes / 14) { "\"s3:*e*t*\($0)*\"" } + "]", resource: "\"*\""))
        },
        Shape("one long pattern") { bytes in
            policy(statement(action: "\"s3:\(repeated("*a", bytes / 2))\"", resource: "\"arn:aws:s3:::b/\(repeated("*a", bytes / 2))\""))
        },
        Shape("many resources") { bytes in
            policy(statement(action: "\"s3:GetObject\"", resource: "[" + numbered(bytes / 24) { "\"arn:aws:s3:::b/*\($0)*\"" } + "]"))
        },
        Shape("many principals") { bytes in
            let principals = "{\"AWS\":[" + numbered(bytes / 36) { "\"arn:aws:iam::123456789012:user/u\($0)\"" } + "]}"
            return policy(statement(principal: principals, action: "\"s3:GetObject\"", resource: "\"arn:aws:s3:::b/*\""))
        },
        Shape("many conditions") { bytes in
            condition("{" + numbered(bytes / 46) { "\"StringLike\($0)\":{\"aws:RequestTag/k\($0)\":\"v\"}" } + "}")
        },
        Shape("many keys in a condition") { bytes in
            condition("{\"StringLike\":{" + numbered(bytes / 30) { "\"aws:RequestTag/k\($0)\":\"*\($0)*\"" } + "}}")
        },
        Shape("many values in a condition") { bytes in
            condition("{\"StringLike\":{\"aws:Referer\":[" + numbered(bytes / 12) { "\"*a\($0)*b*\"" } + "]}}")
        },
        Shape("many networks") { bytes in
            condition("{\"IpAddress\":{\"aws:SourceIp\":[" + numbered(bytes / 17) { "\"203.0.\($0 % 256).0/24\"" } + "]}}")
        },
        Shape("many variables") { bytes in
            policy(statement(action: "\"s3:GetObject\"", resource: "\"arn:aws:s3:::b/\(repeated("${aws:username}", bytes))\""))
        },
        Shape("variables that never end") { bytes in
            policy(statement(action: "\"s3:GetObject\"", resource: "\"arn:aws:s3:::b/\(repeated("${", bytes))\""))
        },
        Shape("unknown elements") { bytes in "{" + numbered(bytes / 14) { "\"Statemen\($0)\":1" } + "}" },
    ]

    private static let documents: [Shape] = [
        Shape("many CORS rules") { bytes in
            "{\"CORSRules\":[" + numbered(bytes / 56) { _ in "{\"AllowedOrigins\":[\"*\"],\"AllowedMethods\":[\"PATCH\"]}" } + "]}"
        },
        Shape("many origins") { bytes in
            "{\"CORSRules\":[{\"AllowedMethods\":[\"GET\"],\"AllowedOrigins\":[" + numbered(bytes / 8) { "\"*\($0)*\"" } + "]}]}"
        },
        Shape("many lifecycle rules") { bytes in
            "{\"Rules\":["
                + numbered(bytes / 70) { "{\"ID\":\"a\($0 / 2)\",\"Status\":\"Enabled\",\"Prefix\":\"\",\"Expiration\":{\"Days\":0}}" }
                + "]}"
        },
        Shape("many transitions") { bytes in
            let transitions = numbered(bytes / 38) { "{\"Days\":\($0),\"StorageClass\":\"GLACIER\"}" }
            return "{\"Rules\":[{\"Status\":\"Enabled\",\"Filter\":{},\"Transitions\":[" + transitions + "]}]}"
        },
        Shape("many tags") { bytes in
            let tags = numbered(bytes / 28) { "{\"Key\":\"k\($0 / 2)\",\"Value\":\"\"}" }
            return "{\"Rules\":[{\"Status\":\"Enabled\",\"Filter\":{\"And\":{\"Tags\":[" + tags + "]}},\"Expiration\":{\"Days\":1}}]}"
        },
    ]

    private static func repeated(_ text: String, _ bytes: Int) -> String {
        String(repeating: text, count: bytes / text.utf8.count)
    }

    private static func numbered(_ count: Int, _ text: (Int) -> String) -> String {
        (0..<count).map(text).joined(separator: ",")
    }

    private static func policy(_ statements: String) -> String {
        "{\"Version\":\"2012-10-17\",\"Statement\":[\(statements)]}"
    }

    private static func statement(
        _ sid: String = "", principal: String = "\"*\"", action: String, resource: String, rest: String = ""
    ) -> String {
        "{\(sid)\"Effect\":\"Allow\",\"Principal\":\(principal),\"Action\":\(action),\"Resource\":\(resource)\(rest)}"
    }

    private static func condition(_ condition: String) -> String {
        policy(statement(action: "\"s3:GetObject\"", resource: "\"arn:aws:s3:::b/*\"", rest: ",\"Condition\":\(condition)"))
    }
}

extension HostileDocuments.Shape {
    fileprivate init(_ description: String, text: @escaping @Sendable (_ bytes: Int) -> String) {
        self.init(description: description, text: text)
    }
}
