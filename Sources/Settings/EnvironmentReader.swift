internal import S3Signing
internal import SigV4
internal import Uploads
internal import Yams

extension YAMLReader {
    static let environmentKeys = [
        "bucket", "region", "endpoint", "provider", "addressing", "endpointOptions", "allowedOrigins", "publicBaseUrl", "defaultLifetime",
        "rules",
    ]

    /// The environment that a whole `uploads.yaml` describes; `nil` when anything in it is a mistake.
    mutating func environment(named name: String, document: YAMLDocument) -> Environment? {
        for duplicate in document.duplicates {
            report("\"\(duplicate.key)\" stands here for the second time; line \(duplicate.firstLine) has the first", at: duplicate.mark)
        }
        guard let root = document.root else {
            report("the file is empty; it needs bucket, region and rules", at: nil)
            return nil
        }
        let fields = fields(of: root, what: "uploads.yaml", allowed: YAMLReader.environmentKeys, mark: root.mark)
        let provider = word(fields, "provider", Provider.self)
        let location = location(fields, provider: provider ?? .aws, isProviderKnown: provider != nil || fields["provider"] == nil)
        let origins = list(fields, "allowedOrigins") { text throws(InvalidValue) in try OriginPattern(text) }
        let publicBaseURL = value(fields, "publicBaseUrl") { text throws(InvalidValue) in text }
        let lifetime = value(fields, "defaultLifetime", YAMLReader.lifetime)
        let (rules, ruleFields) = rules(fields, defaultLifetimeSeconds: lifetime)
        do {
            let environment = try Environment(
                name: name, location: location ?? YAMLReader.harmlessLocation, provider: provider ?? .aws, allowedOrigins: origins,
                publicBaseURL: publicBaseURL, rules: rules)
            return problems.isEmpty ? environment : nil
        } catch {
            report(error, fields: fields, rules: ruleFields, isLocationKnown: location != nil)
            return nil
        }
    }

    private static let harmlessLocation = try! S3Location(endpoint: .aws(region: "us-east-1"), bucket: BucketName("unknown"))

    private static func lifetime(_ text: String) throws(InvalidValue) -> Int {
        let seconds = try Quantity.seconds(text)
        guard (1...UploadRule.maximumLifetimeSeconds).contains(seconds) else {
            throw InvalidValue("a ticket lives from 1 second to 7 days (604800 seconds)")
        }
        return seconds
    }

    private mutating func rules(_ fields: Fields, defaultLifetimeSeconds: Int?) -> (rules: [UploadRule], nodes: [String: Fields]) {
        guard let node = fields["rules"] else { return ([], [:]) }
        var rules: [UploadRule] = []
        var nodes: [String: Fields] = [:]
        for (name, mark, value) in entries(of: node, what: "rules") {
            let rule = rule(named: name, mark: mark, node: value, defaultLifetimeSeconds: defaultLifetimeSeconds)
            var ruleFields = Fields(mark: mark)
            if case .mapping(let mapping) = value {
                for (key, value) in mapping { ruleFields.insert(value, for: key.scalar?.string ?? "") }
            }
            nodes[name] = ruleFields
            if let rule { rules.append(rule) }
        }
        return (rules, nodes)
    }

    private mutating func report(_ error: InvalidValues, fields: Fields, rules: [String: Fields], isLocationKnown: Bool) {
        for problem in error.problems {
            let path = (problem.field ?? "").split(separator: ".", maxSplits: 2).map(String.init)
            guard path.first == "rules" else {
                let key = problem.field ?? ""
                report("\(key): \(problem.message)", at: fields[key]?.mark ?? fields.mark)
                continue
            }
            guard path.count == 3 else {
                // Rules with mistakes of their own are not there yet.
                if rules.isEmpty { report("rules: \(problem.message)", at: fields["rules"]?.mark ?? fields.mark) }
                continue
            }
            // What encryption depends on the region for is told once the region is right.
            if path[2] == "encryption", !isLocationKnown { continue }
            report("\(path[2]) of the rule \(path[1]): \(problem.message)", at: rules[path[1]]?[path[2]]?.mark ?? rules[path[1]]?.mark)
        }
    }

    // MARK: - Where the bucket is

    private mutating func location(_ fields: Fields, provider: Provider, isProviderKnown: Bool) -> S3Location? {
        let bucket = signingValue(fields, "bucket", example: "my-app-staging") { text throws(SigningError) in try BucketName(text) }
        let style = addressing(fields)
        let options = endpointOptions(fields, provider: provider)
        var region: String?
        if fields["region"] == nil, provider == .r2 {
            region = "auto"
        } else {
            region = signingValue(fields, "region", example: "eu-central-1") { text throws(SigningError) in text }
        }
        guard isProviderKnown else { return nil }
        let endpoint: Endpoint?
        if fields["endpoint"] != nil || provider != .aws {
            endpoint = customEndpoint(fields, provider: provider, region: region)
        } else {
            endpoint =
                signing(at: fields["region"]?.mark, key: "region") { () throws(SigningError) in
                    try region.map { region throws(SigningError) in try Endpoint.aws(region: region, options: options) }
                } ?? nil
        }
        guard let bucket, let endpoint else { return nil }
        return signing(at: (fields["addressing"] ?? fields["bucket"])?.mark, key: "addressing") { () throws(SigningError) in
            try S3Location(endpoint: endpoint, bucket: bucket, style: style)
        }
    }

    private mutating func customEndpoint(_ fields: Fields, provider: Provider, region: String?) -> Endpoint? {
        if let node = fields["endpointOptions"] {
            report("endpointOptions are for AWS's own endpoints; leave them out beside endpoint and other providers", at: node.mark)
        }
        guard let node = fields["endpoint"] else {
            report("the provider \(provider.rawValue) needs endpoint, its base URL, such as https://storage.example.com", at: fields.mark)
            return nil
        }
        guard let text = text(node, what: "endpoint") else { return nil }
        // Without a region the URL is still worth checking.
        let endpoint = signing(at: node.mark, key: "endpoint") { () throws(SigningError) in
            try Endpoint(baseURL: text, region: region ?? "us-east-1")
        }
        if let endpoint, !YAMLReader.isConfidential(endpoint) {
            report("endpoint: a ticket is as good as a password, and plain http shows it to the network; write https://", at: node.mark)
        }
        return region == nil ? nil : endpoint
    }

    /// Whether nobody on the way reads along: TLS, or this machine.
    private static func isConfidential(_ endpoint: Endpoint) -> Bool {
        let parts = endpoint.baseURL.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true)
        return parts.count >= 2 && (try? OriginPattern("\(parts[0])//\(parts[1])")) != nil
    }

    private mutating func addressing(_ fields: Fields) -> AddressingStyle? {
        value(fields, "addressing") { text throws(InvalidValue) in
            guard let style = AddressingStyle(rawValue: text) else {
                throw InvalidValue("\"\(text)\" is not allowed; use virtual or path, or leave it out for what suits the provider")
            }
            return style
        }
    }

    private mutating func endpointOptions(_ fields: Fields, provider: Provider) -> Endpoint.Options {
        let words: [String: Endpoint.Options] = ["dualstack": .dualstack, "fips": .fips, "accelerate": .accelerate]
        let options = list(fields, "endpointOptions") { text throws(InvalidValue) in
            guard words[text] != nil else { throw InvalidValue("\"\(text)\" is not allowed; use dualstack, fips, accelerate") }
            return text
        }
        return Endpoint.Options(options.compactMap { words[$0] })
    }

    private mutating func signingValue<Value>(
        _ fields: Fields, _ key: String, example: String, _ make: (String) throws(SigningError) -> Value
    ) -> Value? {
        guard let node = fields[key] else {
            report("uploads.yaml needs \(key), for example \(key): \(example)", at: fields.mark)
            return nil
        }
        guard let text = text(node, what: key) else { return nil }
        return signing(at: node.mark, key: key) { () throws(SigningError) in try make(text) }
    }

    private mutating func signing<Value>(at mark: Mark?, key: String, _ make: () throws(SigningError) -> Value) -> Value? {
        do {
            return try make()
        } catch {
            report("\(key): \(error.message)", at: mark)
            return nil
        }
    }
}
