import S3Policy
import S3Signing

/// Requests and values as commands print them.
enum RequestText {
    static func caller(_ caller: Caller) -> String {
        switch caller {
        case .anonymous: "anonymous"
        case .identity(let arn): arn.description
        case .service(let name): name
        case .originAccessIdentity(let id): "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity \(id)"
        }
    }

    static func value(_ value: RequestContext.Value) -> JSON {
        switch value {
        case .single(let text): .string(text)
        case .multiple(let texts): .array(texts.map(JSON.string))
        }
    }

    static func context(_ context: RequestContext) -> [JSON.Member] {
        context.values.sorted { $0.key.lowercased < $1.key.lowercased }.map { JSON.Member($0.key.text, value($0.value)) }
    }

    static func json(_ request: AccessRequest) -> JSON {
        .object([
            .init("action", .string(request.action)), .init("resource", .string(request.resource)),
            .init("principal", .string(caller(request.caller))), .init("context", .object(context(request.context))),
        ])
    }

    /// A line for each part of the request, and one that a shell takes to ask `policy simulate` about it.
    static func lines(_ request: AccessRequest, policy path: String) -> [String] {
        var lines = ["  principal  \(caller(request.caller))", "  action     \(request.action)", "  resource   \(request.resource)"]
        lines += context(request.context).map { "  \($0.name) = \($0.value.compact)" }
        return lines + ["To see why: countersign policy simulate --policy \(Quoting.shell(path)) \(options(request))"]
    }

    /// The options of `policy simulate` for a request. Keys with several values are given as JSON arrays.
    private static func options(_ request: AccessRequest) -> String {
        let plain = [("--action", request.action), ("--resource", request.resource), ("--principal", caller(request.caller))]
        let context = request.context.values.sorted { $0.key.lowercased < $1.key.lowercased }.map { key, value -> (String, String) in
            if case .single(let text) = value { return ("--context", "\(key.text)=\(text)") }
            return ("--context", "\(key.text)=\(self.value(value).compact)")
        }
        return (plain + context).map { "\($0.0) \(Quoting.shell($0.1))" }.joined(separator: " ")
    }
}

extension Uncertainty {
    /// Why, in a sentence's words.
    var words: String {
        switch self.reason {
        case .policyVariable: "a policy variable may stand for anything"
        case .canonicalUser: "a canonical user id does not tell its account"
        case .mixedComparisons: "one key is compared in several ways"
        case .caseBeyondASCII: "a text is compared without case and has letters beyond ASCII"
        case .callerKey: "what a key says follows from the caller in a way that is not modelled"
        case .tooComplex: "the policies are too intertwined"
        case .unconfirmedExample: "an example was found that evaluating did not confirm"
        }
    }
}
