internal import Uploads
internal import Yams

extension YAMLReader {
    static let ruleKeys = [
        "contentTypes", "minimumSize", "maximumSize", "key", "lifetime", "grantLifetime", "method", "multipart",
        "partSize", "once", "encryption", "storageClass", "tags", "tagUnconfirmed", "metadata",
        "cacheControl", "contentDisposition", "checksum",
    ]

    /// One upload rule. Where a value is a mistake a harmless one takes its place, so that the others are checked against each other too.
    /// What it needs of the store is told in any case.
    mutating func rule(
        named name: String, mark: Mark?, node: Node, defaultLifetimeSeconds: Int?
    ) -> (rule: UploadRule?, demands: StoreDemands) {
        let before = problems.count
        let what = "the rule \(name)"
        let fields = fields(of: node, what: what, allowed: YAMLReader.ruleKeys, mark: mark)
        for (key, example) in [("contentTypes", "[image/png]"), ("maximumSize", "5 MiB"), ("key", "\(name)/{caller}/{uuid}{ext}")]
        where fields[key] == nil {
            report("\(what) needs \(key), for example \(key): \(example)", at: mark)
        }
        let contentTypes = list(fields, "contentTypes") { text throws(InvalidValue) in try ContentTypePattern(text) }
        let minimum = value(fields, "minimumSize", Quantity.bytes)
        let maximum = value(fields, "maximumSize", Quantity.bytes)
        let template = value(fields, "key") { text throws(InvalidValue) in try KeyTemplate(text) }
        let lifetime = value(fields, "lifetime", Quantity.seconds)
        let grantLifetime = value(fields, "grantLifetime", Quantity.seconds)
        let method = word(fields, "method", UploadMethod.self)
        let multipart = word(fields, "multipart", MultipartMode.self)
        let partSize = value(fields, "partSize", Quantity.bytes)
        let once = flag(fields, "once")
        let encryption = fields["encryption"].flatMap { self.encryption($0) }
        let storageClass = word(fields, "storageClass", StorageClass.self)
        let tags = fields["tags"].map { self.tags($0) } ?? []
        let tagsUnconfirmed = flag(fields, "tagUnconfirmed") ?? false
        let metadata = list(fields, "metadata") { text throws(InvalidValue) in text }
        let cacheControl = value(fields, "cacheControl") { text throws(InvalidValue) in text }
        let disposition = value(fields, "contentDisposition") { text throws(InvalidValue) in try ContentDisposition(text) }
        let checksum = word(fields, "checksum", ChecksumPolicy.self)
        var rule: UploadRule?
        do {
            // A rule whose time is wrong anyway needs no word about the default's.
            let seconds = lifetime ?? (fields["lifetime"] == nil ? defaultLifetimeSeconds : nil) ?? UploadRule.defaultLifetimeSeconds
            rule = try UploadRule(
                name: name, contentTypes: contentTypes, minimumSizeBytes: minimum ?? min(1, maximum ?? 1),
                maximumSizeBytes: maximum ?? UploadRule.maximumSizeBytes, keyTemplate: template ?? YAMLReader.harmlessKey,
                lifetimeSeconds: seconds, method: method ?? .put, multipart: multipart,
                partSizeBytes: partSize ?? UploadRule.defaultPartSizeBytes,
                grantLifetimeSeconds: grantLifetime, once: once ?? true,
                encryption: encryption, storageClass: storageClass,
                tags: tags, tagsUnconfirmed: tagsUnconfirmed, allowedMetadata: metadata, cacheControl: cacheControl,
                contentDisposition: disposition,
                checksum: checksum ?? .optional)
        } catch {
            report(error, rule: name, fields: fields, before: before)
        }
        let demands = StoreDemands(
            method: method ?? .put, once: once ?? (method != .post), needsChecksum: checksum == .required,
            hasTags: !tags.isEmpty || tagsUnconfirmed,
            encryption: encryption, storageClass: storageClass,
            headerKeys: StoreDemands.headerKeys(
                contentTypes: contentTypes, hasCacheControl: cacheControl != nil, hasDisposition: disposition != nil),
            maximumSizeBytes: maximum,
            partSizeBytes: method == .multipart || multipart != nil ? partSize ?? UploadRule.defaultPartSizeBytes : nil)
        return (problems.count == before ? rule : nil, demands)
    }

    private static let harmlessKey = try! KeyTemplate("{caller}/{uuid}")

    /// What a rule is wrong about as a whole, at the key that is to blame; a key with a mistake of its own has been told about.
    private mutating func report(_ error: InvalidValues, rule: String, fields: Fields, before: Int) {
        let told = problems[before...]
        for problem in error.problems {
            let node = problem.field.flatMap { fields[$0] }
            let places = node.map { marks(of: $0) } ?? []
            let isMissing = node == nil && told.contains { $0.message.contains("needs \(problem.field ?? "")") }
            let isTold = told.contains { told in places.contains { $0.line == told.line && $0.column == told.column } }
            guard !isMissing, !isTold else { continue }
            report("\(problem.field.map { "\($0) of " } ?? "")the rule \(rule): \(problem.message)", at: node?.mark ?? fields.mark)
        }
    }

    private func marks(of node: Node) -> [Mark] {
        var found = [node.mark].compactMap(\.self)
        switch node {
        case .sequence(let sequence): found += sequence.flatMap { marks(of: $0) }
        case .mapping(let mapping): found += mapping.flatMap { marks(of: $0.key) + marks(of: $0.value) }
        case .scalar, .alias: break
        }
        return found
    }

    private mutating func encryption(_ node: Node) -> Encryption? {
        guard case .mapping = node else {
            switch text(node, what: "encryption") {
            case "s3": return .s3
            case "kms": return .kms(keyID: nil, bucketKey: false)
            case let text?:
                report("encryption: \"\(text)\" is not allowed; use \(Encryption.allowed)", at: node.mark)
                return nil
            case nil: return nil
            }
        }
        let fields = fields(of: node, what: "encryption", allowed: ["kms", "bucketKey"], mark: node.mark)
        let bucketKey = flag(fields, "bucketKey") ?? false
        guard fields["kms"] != nil else {
            report("encryption: use \(Encryption.allowed)", at: node.mark)
            return nil
        }
        return value(fields, "kms") { text throws(InvalidValue) in .kms(keyID: text, bucketKey: bucketKey) }
    }

    private mutating func tags(_ node: Node) -> [ObjectTag] {
        var tags: [ObjectTag] = []
        for (key, mark, value) in entries(of: node, what: "tags") {
            guard case .scalar(let scalar) = value else {
                report("tags: the value of \"\(key)\" is a single value, not \(YAMLReader.kind(of: value))", at: value.mark)
                continue
            }
            do {
                tags.append(try ObjectTag(key: key, value: scalar.string))
            } catch {
                report("tags: \(error.message)", at: mark)
            }
        }
        return tags
    }
}
