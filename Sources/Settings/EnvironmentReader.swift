internal import S3Signing
internal import SigV4
internal import Uploads
internal import Yams

extension YAMLReader {
    static let environmentKeys = [
        "bucket", "account", "region", "endpoint", "provider", "addressing", "endpointOptions", "allowedOrigins", "downloads",
        "publicBaseUrl",
        "defaultLifetime", "rules", "dialects", "callers", "limits",
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
        let isProviderKnown = provider != nil || fields["provider"] == nil
        let region = region(fields, provider: provider)
        let location = location(fields, provider: provider ?? .aws, isProviderKnown: isProviderKnown, region: region)
        let origins = list(fields, "allowedOrigins") { text throws(InvalidValue) in try OriginPattern(text) }
        let allowsDownloads = flag(fields, "downloads") ?? false
        let account = value(fields, "account") { text throws(InvalidValue) in text }
        let publicBaseURL = value(fields, "publicBaseUrl") { text throws(InvalidValue) in text }
        let lifetime = value(fields, "defaultLifetime", YAMLReader.lifetime)
        let rules = rules(fields, defaultLifetimeSeconds: lifetime)
        let dialects = dialects(fields, rules: rules)
        let limits = limits(fields)
        issuers = callers(fields, environment: name, rules: rules.map(\.name))
        if let provider { checkDemands(of: rules, provider: provider) }
        for read in rules where read.rule == nil || region == nil {
            // A rule with mistakes is not part of the environment, and yet shall not hide what the store lacks.
            for problem in (provider ?? .aws).problems(of: read.demands, region: region) {
                report(problem.message, key: problem.field ?? "", of: read)
            }
        }
        do {
            let environment = try Environment(
                name: name, location: location ?? YAMLReader.harmlessLocation(region: region), provider: provider ?? .aws,
                allowedOrigins: origins, account: account, allowsDownloads: allowsDownloads, publicBaseURL: publicBaseURL,
                rules: rules.compactMap(\.rule), dialects: dialects, limits: limits)
            return problems.isEmpty ? environment : nil
        } catch {
            report(error, fields: fields, rules: rules, isRegionKnown: region != nil)
            return nil
        }
    }

    /// A rule as it stands in the file; without `rule` when something in it is a mistake.
    private struct ReadRule {
        let name: String
        let fields: Fields
        let rule: UploadRule?
        let demands: StoreDemands
    }

    private static func harmlessLocation(region: String?) -> S3Location {
        let base = "https://storage.example.com"
        let endpoint = try? region.map { region throws(SigningError) in try Endpoint(baseURL: base, region: region) }
        return try! S3Location(endpoint: endpoint ?? Endpoint(baseURL: base, region: "us-east-1"), bucket: BucketName("unknown"))
    }

    private static func lifetime(_ text: String) throws(InvalidValue) -> Int {
        let seconds = try Quantity.seconds(text)
        guard (1...UploadRule.maximumLifetimeSeconds).contains(seconds) else {
            throw InvalidValue("a ticket lives from 1 second to 7 days (604800 seconds)")
        }
        return seconds
    }

    private mutating func rules(_ fields: Fields, defaultLifetimeSeconds: Int?) -> [ReadRule] {
        guard let node = fields["rules"] else { return [] }
        var rules: [ReadRule] = []
        for (name, mark, value) in entries(of: node, what: "rules") {
            let (rule, demands) = rule(named: name, mark: mark, node: value, defaultLifetimeSeconds: defaultLifetimeSeconds)
            var ruleFields = Fields(mark: mark)
            if case .mapping(let mapping) = value {
                for (key, value) in mapping { ruleFields.insert(value, for: key.scalar?.string ?? "") }
            }
            rules.append(ReadRule(name: name, fields: ruleFields, rule: rule, demands: demands))
        }
        return rules
    }

    /// Which dialects are on, and their rules; those whose rules are mistakes are left out.
    private mutating func dialects(_ fields: Fields, rules: [ReadRule]) -> Dialects {
        guard let node = fields["dialects"] else { return Dialects() }
        let dialects = self.fields(of: node, what: "dialects", allowed: Dialect.allCases.map(\.rawValue), mark: node.mark)
        var named: [Dialect: String] = [:]
        for dialect in Dialect.allCases where dialect != .betterUpload {
            guard let node = dialects[dialect.rawValue], let name = text(node, what: "dialects: \(dialect.rawValue)") else { continue }
            if let rule = rules.first(where: { $0.name == name }) {
                if rule.rule != nil { named[dialect] = name }
            } else {
                let names = rules.map(\.name).joined(separator: ", ")
                report("dialects: \(dialect.rawValue): there is no upload rule \"\(name)\"; use one of \(names)", at: node.mark)
            }
        }
        return Dialects(rules: named, betterUpload: flag(dialects, Dialect.betterUpload.rawValue) ?? false)
    }

    private mutating func checkDemands(of rules: [ReadRule], provider: Provider) {
        for read in rules where provider.needsExplicitOnce && read.demands.method != .post && read.fields["once"] == nil {
            report(
                "old versions of \(provider.rawValue) ignore If-None-Match; write once: true where yours refuses a second upload with 412, "
                    + "else once: false with {uuid} in the key",
                key: "once", of: read)
        }
    }

    private mutating func report(_ message: String, key: String, of rule: ReadRule) {
        report("\(key) of the rule \(rule.name): \(message)", at: rule.fields[key]?.mark ?? rule.fields.mark)
    }

    private mutating func report(_ error: InvalidValues, fields: Fields, rules: [ReadRule], isRegionKnown: Bool) {
        for problem in error.problems {
            let path = (problem.field ?? "").split(separator: ".", maxSplits: 2).map(String.init)
            if path.first == "dialects", path.count == 2 {
                report("dialects: \(path[1]): \(problem.message)", at: fields["dialects"]?.mapping?[path[1]]?.mark ?? fields.mark)
                continue
            }
            if path.first == "limits", path.count == 3 {
                let scope = fields["limits"]?.mapping?[path[1]]
                report("\(problem.field ?? ""): \(problem.message)", at: (scope?.mapping?[path[2]] ?? scope ?? fields["limits"])?.mark)
                continue
            }
            guard path.first == "rules" else {
                let key = problem.field ?? ""
                report("\(key): \(problem.message)", at: fields[key]?.mark ?? fields.mark)
                continue
            }
            guard path.count == 3, let rule = rules.first(where: { $0.name == path[1] }) else {
                // Rules with mistakes of their own are not there yet.
                if rules.isEmpty { report("rules: \(problem.message)", at: fields["rules"]?.mark ?? fields.mark) }
                continue
            }
            // What encryption depends on the region for is told once the region is right.
            if path[2] == "encryption", !isRegionKnown { continue }
            report(problem.message, key: path[2], of: rule)
        }
    }

    // MARK: - Where the bucket is

    /// The region, `auto` where r2 says none; whatever else is wrong, its form is checked.
    private mutating func region(_ fields: Fields, provider: Provider?) -> String? {
        if fields["region"] == nil, provider == .r2 { return "auto" }
        return signingValue(fields, "region", example: "eu-central-1") { text throws(SigningError) in
            try Endpoint(baseURL: "https://storage.example.com", region: text).region
        }
    }

    private mutating func location(_ fields: Fields, provider: Provider, isProviderKnown: Bool, region: String?) -> S3Location? {
        let bucket = signingValue(fields, "bucket", example: "my-app-staging") { text throws(SigningError) in try BucketName(text) }
        let style = addressing(fields)
        let options = endpointOptions(fields, provider: provider)
        let endpoint: Endpoint?
        if fields["endpoint"] != nil || (isProviderKnown && provider != .aws) {
            endpoint = customEndpoint(fields, provider: provider, region: region)
        } else if isProviderKnown {
            endpoint =
                signing(at: fields["region"]?.mark, key: "region") { () throws(SigningError) in
                    try region.map { region throws(SigningError) in try Endpoint.aws(region: region, options: options) }
                } ?? nil
        } else {
            endpoint = nil
        }
        guard isProviderKnown else { return nil }
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
        guard !YAMLReader.isPlainRemote(text) else {
            report("endpoint: plain http is for localhost only, since it shows tickets to the network; write https://", at: node.mark)
            return nil
        }
        // Without a region the URL is still worth checking.
        let endpoint = signing(at: node.mark, key: "endpoint") { () throws(SigningError) in
            try Endpoint(baseURL: text, region: region ?? "us-east-1")
        }
        return region == nil ? nil : endpoint
    }

    /// Whether a base URL is plain HTTP to another machine; origins know this machine's names.
    private static func isPlainRemote(_ baseURL: String) -> Bool {
        guard baseURL.lowercased().hasPrefix("http://") else { return false }
        let authority = baseURL.dropFirst("http://".count).prefix { $0 != "/" }
        return (try? OriginPattern("http://\(authority)")) == nil
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
