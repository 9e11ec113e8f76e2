import ArgumentParser
import S3Policy
import S3Signing
import Settings
import SigV4

struct PolicySimulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Tells what a policy decides about a request, and which statements decided.",
        discussion: """
            The request is given by --action, --resource, --principal and --context; or by a presigned URL, form or ticket, \
            from which caller, actions, resource and context are read; or as JSON lines in a file. What the policy asks for and \
            the request does not tell is listed. Of the caller a URL or form tells only the account, by its access key id: \
            name the user or role with --principal where statements are about one.

            The answer is allowed, explicitDeny, implicitDeny or needsIdentityPolicy: the last when the caller's own IAM \
            policies decide. Without --bucket-account the caller's account is taken to own the bucket.

            The exit code is 0 only when everything is allowed.

            Examples:
              countersign policy simulate --policy bucket-policy.json --action s3:PutObject \\
                --resource arn:aws:s3:::my-bucket/a.png --principal anonymous --context aws:SecureTransport=true
              countersign policy simulate --policy bucket-policy.json --principal arn:aws:iam::111122223333:user/app \\
                --url 'https://my-bucket.s3.eu-central-1.amazonaws.com/a.png?X-Amz-…' --method PUT
            """)

    @Option(help: ArgumentHelp("The policy.", valueName: "file"))
    var policy: String

    @Option(help: ArgumentHelp("The action, such as s3:PutObject.", valueName: "action"))
    var action: String?

    @Option(help: ArgumentHelp("The ARN of the bucket or object.", valueName: "arn"))
    var resource: String?

    @Option(
        help: ArgumentHelp(
            "Who asks: an ARN, an account, a service, or anonymous (also *; default: anonymous, or whose key signed the URL).",
            valueName: "principal"))
    var principal: String?

    @Option(
        name: .customLong("context"),
        help: ArgumentHelp("A context key's value; an array in JSON for a key with several (repeatable).", valueName: "key=value"))
    var context: [String] = []

    @Option(help: ArgumentHelp("A JSON object of context keys; an array is a key with several values.", valueName: "file"))
    var contextFile: String?

    @Option(help: ArgumentHelp("A presigned URL, a form or a ticket; - reads standard input.", valueName: "url"))
    var url: String?

    @Option(
        help: ArgumentHelp("The method that the URL is used with (default: GET, or what the ticket says).", valueName: "method"),
        transform: Inspect.method)
    var method: S3Method?

    @Option(help: ArgumentHelp("Requests as JSON lines with action, resource, principal and context.", valueName: "file"))
    var requests: String?

    @Option(help: ArgumentHelp("The account that owns the bucket.", valueName: "account"))
    var bucketAccount: String?

    @Option(help: ArgumentHelp("What to print.", valueName: "format"))
    var format = AnswerFormat.text

    func validate() throws {
        let ways = [action != nil || resource != nil, url != nil, requests != nil].count { $0 }
        guard ways == 1 else { throw ValidationError("Give the request by --action and --resource, by --url, or by --requests.") }
        guard url != nil || requests != nil || action != nil && resource != nil else {
            throw ValidationError("--action and --resource belong together.")
        }
        if let bucketAccount, !Principal.isAccount(bucketAccount) { throw ValidationError("--bucket-account has twelve digits.") }
    }

    func run() async throws {
        let commandContext = CommandContext.current
        let read = try PolicyInput.policy(policy)
        guard read.policy.kind == .bucket || principal != nil || requests != nil else {
            throw CommandFailure.wrongUse("\(policy) is a policy of users and roles; name one with --principal.")
        }
        let evaluator = PolicyEvaluator(read.policy)
        let accesses = try self.accesses(commandContext)
        for note in SimulationInput.unknownActions(accesses, ServiceReference.embedded) { commandContext.complain(note) }
        let simulations = accesses.map { request in
            let evaluation = evaluator.evaluate(request)
            return Simulation(
                request: request, evaluation: evaluation, decision: evaluation.decision(for: request.caller, bucketAccount: bucketAccount),
                read: read)
        }
        let printed = format == .json ? json(simulations) : simulations.map(\.text).joined(separator: "\n\n")
        try commandContext.say(printed)
        guard simulations.allSatisfy({ $0.decision == .allowed }) else { throw CommandFailure.no("") }
    }

    private func json(_ simulations: [Simulation]) -> String {
        if requests != nil { return simulations.map(\.json.compact).joined(separator: "\n") }
        return simulations.count == 1 ? simulations[0].json.pretty : JSON.array(simulations.map(\.json)).pretty
    }

    // MARK: - The requests

    private func accesses(_ commandContext: CommandContext) throws -> [AccessRequest] {
        if let requests { return try RequestLines.read(requests) }
        let caller = try principal.map(SimulationInput.caller)
        var accesses: [AccessRequest]
        if let url {
            let text = url == "-" ? try Inspect.everything(commandContext.input) : url
            accesses = try SimulationInput.accesses(of: InspectInput(text), method: method, caller: caller, context: commandContext)
        } else {
            accesses = [try SimulationInput.access(by: caller ?? .anonymous, action: action ?? "", resource: resource ?? "")]
        }
        let given = try SimulationInput.context(context, file: contextFile)
        for index in accesses.indices {
            for (key, value) in given { accesses[index].context[key] = value }
        }
        return accesses
    }
}

/// What a command line tells about a request.
enum SimulationInput {
    static func caller(_ text: String) throws -> Caller {
        guard let caller = PolicyInput.caller(text) else {
            throw CommandFailure.wrongUse(
                "\(Quoting.terminal(text)) is no principal; write an ARN, an account, a service such as cloudfront.amazonaws.com, or anonymous."
            )
        }
        return caller
    }

    /// One action on one resource; patterns are for `policy access`.
    static func access(by caller: Caller, action: String, resource: String) throws -> AccessRequest {
        func isPattern(_ text: String) -> Bool { text.contains { $0 == "*" || $0 == "?" } }
        guard let pattern = ActionPattern(action), !isPattern(action) else {
            throw CommandFailure.wrongUse(
                "\(Quoting.terminal(action)) is not one action; write it as s3:PutObject (policy access takes patterns).")
        }
        guard ARN(resource) != nil else {
            throw CommandFailure.wrongUse("\(Quoting.terminal(resource)) is no ARN; write it as arn:aws:s3:::bucket/key.")
        }
        return AccessRequest(caller: caller, action: pattern.text, resource: resource)
    }

    /// What is to be said about actions that nobody has heard of, each once.
    static func unknownActions(_ accesses: [AccessRequest], _ reference: ServiceReference) -> [String] {
        var seen: Set<String> = []
        return accesses.compactMap { access in
            guard let pattern = ActionPattern(access.action), pattern.service.lowercased() == "s3",
                reference.action(named: pattern.name) == nil, seen.insert(access.action).inserted
            else { return nil }
            return "\(Quoting.terminal(access.action)) is not in the data of \(reference.date)."
        }
    }

    /// The keys of `--context-file`, then those of `--context`.
    static func context(_ options: [String], file: String?) throws -> [(ConditionKey, RequestContext.Value)] {
        var values: [(ConditionKey, RequestContext.Value)] = []
        if let file {
            let document: JSONDocument
            do throws(SettingsProblem) { document = try PolicyFile(path: file).document } catch {
                throw CommandFailure.wrongUse("\(error)")
            }
            if let problem = document.problems.first { throw CommandFailure.wrongUse("\(file): \(problem.message)") }
            guard let members = document.root?.object else { throw CommandFailure.wrongUse("\(file): a context is a JSON object.") }
            for member in members { values.append((try key(member.key), try value(member.value, of: member.key))) }
        }
        for option in options {
            guard let separator = option.firstIndex(of: "=") else {
                throw CommandFailure.wrongUse("--context takes key=value, such as aws:SecureTransport=true.")
            }
            let text = String(option[option.index(after: separator)...])
            // What only looks like an array is a text.
            let document = JSONDocument(text)
            let node = text.hasPrefix("[") && document.problems.isEmpty ? document.root : nil
            let name = String(option[..<separator])
            values.append((try key(name), try node.map { try value($0, of: name) } ?? .single(text)))
        }
        return values
    }

    static func key(_ text: String) throws -> ConditionKey {
        guard let key = ConditionKey(text) else {
            throw CommandFailure.wrongUse("\(Quoting.terminal(text)) is no context key; write it as aws:SourceIp.")
        }
        return key
    }

    static func value(_ node: JSONNode, of name: String) throws -> RequestContext.Value {
        func text(_ node: JSONNode) throws -> String {
            switch node.value {
            case .string(let text), .number(let text): return text
            case .boolean(let flag): return flag ? "true" : "false"
            case .null, .array, .object: throw CommandFailure.wrongUse("\(name) takes a text, or an array of texts.")
            }
        }
        if let items = node.array { return .multiple(try items.map(text)) }
        return .single(try text(node))
    }

    /// The accesses of a presigned URL or form, as if it were used now.
    ///
    /// - Parameter caller: nil for whoever holds the access key that it was signed with.
    static func accesses(of input: InspectInput, method: S3Method?, caller: Caller?, context: CommandContext) throws -> [AccessRequest] {
        let endpoint = try LocationDefaults(context).endpointURL
        var facts: S3RequestFacts
        let accessKeyID: String?
        let expiresAt: SigningTime?
        switch input {
        case .url(let text, let ticketMethod, let headers):
            let url = try InspectedURL(text)
            let place = InspectedPlace(host: url.host, rawPath: url.rawPath, endpoint: endpoint)
            guard let bucket = place.bucket else { throw CommandFailure.wrongUse("the URL names no bucket.") }
            facts = S3RequestFacts(
                method: (method ?? ticketMethod ?? .get).rawValue, bucket: bucket, key: place.key,
                query: url.ownQuery.map { .init($0.name, $0.value) },
                headers: headers.map { .init($0.name, $0.value) }, authentication: .query)
            facts.isSecure = text.lowercased().hasPrefix("https:")
            facts.region = url.presented.scope.region
            facts.signatureAgeMilliseconds = max(0, context.now().secondsSinceEpoch - url.signedAt.secondsSinceEpoch) * 1000
            (accessKeyID, expiresAt) = (url.presented.accessKeyID, url.expiresAt)
        case .form(let url, let fields):
            let form = try InspectedForm(url: url, fields: fields)
            guard let bucket = form.fixedValue("bucket"), let key = form.field("key") ?? form.fixedValue("key") else {
                throw CommandFailure.wrongUse("the form names no bucket or no key.")
            }
            facts = S3RequestFacts(
                method: "POST", bucket: bucket, key: key, headers: fields.map { .init($0.name, $0.value) }, authentication: .form)
            facts.isSecure = url.map { $0.lowercased().hasPrefix("https:") }
            if let date = form.field("x-amz-date").flatMap({ SigningTime(iso8601Basic: $0) }) {
                facts.signatureAgeMilliseconds = max(0, context.now().secondsSinceEpoch - date.secondsSinceEpoch) * 1000
            }
            accessKeyID = form.field("x-amz-credential").flatMap { $0.split(separator: "/").first.map(String.init) }
            expiresAt = form.expiration
        }
        if let expiresAt, expiresAt.secondsSinceEpoch < context.now().secondsSinceEpoch {
            context.complain("it ended at \(expiresAt.iso8601), so that S3 refuses it whatever the policy says.")
        }
        facts.timeSeconds = context.now().secondsSinceEpoch
        facts.tags = facts.headers.first { $0.name == "x-amz-tagging" }.map { tags($0.value) } ?? []
        return facts.accesses(by: try caller ?? holder(of: accessKeyID))
    }

    private static func holder(of accessKeyID: String?) throws -> Caller {
        if let holder = accessKeyID.flatMap(AccessKeyAccount.holder) { return holder }
        throw CommandFailure.wrongUse("the access key id does not tell whose it is; name who signed with --principal.")
    }

    private static func tags(_ header: String) -> [S3RequestFacts.Item] {
        (QueryItem.parse(header) ?? []).map { .init($0.name, $0.value) }
    }
}

/// Requests in a file, one JSON object a line.
enum RequestLines {
    static func read(_ path: String) throws -> [AccessRequest] {
        let bytes: [UInt8]
        do throws(SettingsProblem) { bytes = try PolicyFile.bytes(of: path, atMost: maximumByteCount) } catch {
            throw CommandFailure.wrongUse("\(error)")
        }
        var requests: [AccessRequest] = []
        for (number, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            if line.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") }) { continue }
            do {
                requests.append(try request(JSONDocument(Array(line))))
            } catch let failure as CommandFailure {
                throw CommandFailure.wrongUse("\(path):\(number + 1): \(failure.message)")
            }
        }
        return requests
    }

    private static let maximumByteCount = 256 << 20

    private static func request(_ document: JSONDocument) throws -> AccessRequest {
        if let problem = document.problems.first { throw CommandFailure.wrongUse(problem.message) }
        guard let root = document.root, let action = root["action"]?.string, let resource = root["resource"]?.string else {
            throw CommandFailure.wrongUse("a request has action and resource.")
        }
        var request = try SimulationInput.access(
            by: SimulationInput.caller(root["principal"]?.string ?? "anonymous"), action: action, resource: resource)
        for member in root["context"]?.object ?? [] {
            request.context[try SimulationInput.key(member.key)] = try SimulationInput.value(member.value, of: member.key)
        }
        return request
    }
}
