extension ServiceReference {
    /// Whether a pattern of S3 matches any action.
    func hasAction(_ pattern: ActionPattern) -> Bool {
        if pattern.name == "*" || self.action(named: pattern.name) != nil { return true }
        return !self.actions(matching: pattern).isEmpty
    }

    /// The actions that a pattern matches.
    public func actions(matching pattern: ActionPattern) -> [ActionReference] {
        let service = pattern.service.lowercased()
        guard service == "s3" || Glob(service).matches("s3") else { return [] }
        if let exact = self.action(named: pattern.name) { return [exact] }
        if pattern.name == "*" { return self.actions }
        guard pattern.name.utf8.contains(where: { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }) else { return [] }
        let matches = Glob(pattern.name.lowercased()).matcher
        return self.actions.filter { matches($0.nameUnits[...]) }
    }

    /// Whether the resource of an S3 ARN has the form of one of S3's resource types.
    func matchesFormat(_ arn: ARN) -> Bool {
        arn.isBucketOrObject ? arn.hasBucketName : self.canHaveAccount(arn)
    }

    /// Whether the resource, or something that its pattern matches, is an access point or another thing of an account, rather than a
    /// bucket or an object.
    func canHaveAccount(_ arn: ARN) -> Bool {
        let resource = Glob(arn.resource.replacingPlaceholders)
        return self.resourceTypes.contains { type in
            type.arnFormats.contains { format in
                guard let format = ARN(format), format.service == "s3", !format.account.isEmpty else { return false }
                return Glob(format.resource.replacingPlaceholders).overlaps(resource)
            }
        }
    }

    /// Whether there is a key of this name, also where the tag that belongs to it is missing.
    func hasKey(_ key: ConditionKey) -> Bool {
        guard let reference = self.familyReference(key) else { return false }
        return reference.namesTag || key.tagKey == nil
    }

    /// Whether the key is one of a tag.
    func familyNamesTag(_ key: ConditionKey) -> Bool {
        self.familyReference(key)?.namesTag == true
    }

    /// The one key that somebody meant who wrote another one of the same prefix; its tag stays.
    func nearestKey(to key: ConditionKey) -> String? {
        let prefix = key.prefix.lowercased() + ":"
        let candidates = self.conditionKeys.filter { $0.lowercasedFamily.hasPrefix(prefix) && $0.namesTag == (key.tagKey != nil) }
        guard let family = NearestName.of(String(key.text.prefix { $0 != "/" }), among: candidates.map(\.familyName)) else { return nil }
        return family + (key.tagKey.map { "/\($0)" } ?? "")
    }

    /// The types of resources of a bucket policy that the actions of a pattern are about.
    func bucketPolicyTypes(of pattern: ActionPattern) -> BucketPolicyTypes {
        let actions = self.actions(matching: pattern)
        return actions.count == self.actions.count ? .both : actions.reduce(into: []) { $0.formUnion($1.bucketPolicyTypes) }
    }

    /// The types of resources of a bucket policy that a resource pattern can be.
    func bucketPolicyTypes(of resource: ResourceOutline) -> BucketPolicyTypes {
        guard let arn = resource.arn else { return .both }
        guard arn.isBucketOrObject else { return arn.resource.contains("/object/") ? .object : .both }
        // A wildcard or a variable may reach over the slash.
        let beforeSlash = arn.resource[..<(arn.resource.utf8.firstIndex(of: UInt8(ascii: "/")) ?? arn.resource.endIndex)]
        if beforeSlash.utf8.contains(where: { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }) || beforeSlash.contains("${") {
            return .both
        }
        return beforeSlash.endIndex == arn.resource.endIndex ? .bucket : .object
    }
}

/// What a bucket policy can be about.
struct BucketPolicyTypes: OptionSet, Sendable, Hashable {
    let rawValue: Int

    static let bucket = BucketPolicyTypes(rawValue: 1)
    static let object = BucketPolicyTypes(rawValue: 2)
    static let both: BucketPolicyTypes = [.bucket, .object]
}

extension BucketPolicyTypes {
    /// Those among an action's resource types: buckets and objects, or objects behind an access point.
    init(resourceTypes: [String]) {
        self = []
        if resourceTypes.contains("bucket") { self.insert(.bucket) }
        if resourceTypes.contains("object") || resourceTypes.contains("accesspointobject") { self.insert(.object) }
    }
}

extension ARN {
    /// Whether the resource is a bucket or an object of one, rather than an access point, a job and the like.
    var isBucketOrObject: Bool {
        !Self.otherKinds.contains { self.resource.utf8.starts(with: $0) }
            || self.region.isEmpty && self.account.isEmpty && self.resource.hasPrefix("job/")
    }

    private static let otherKinds = [
        "accesspoint/", "access-grants/", "job/", "storage-lens/", "storage-lens-group/", "async-request/",
    ].map { Array($0.utf8) }

    /// Whether what stands before the first slash could be a bucket's name, a pattern of names, or what templates put in their place.
    fileprivate var hasBucketName: Bool {
        let resource = self.resource.replacingPlaceholders
        let bucket = resource[..<(resource.utf8.firstIndex(of: UInt8(ascii: "/")) ?? resource.endIndex)]
        return !bucket.isEmpty && bucket.utf8.count <= 255 && bucket.utf8.allSatisfy { $0.isLetterOrDigit || $0.isNameMark }
    }
}

extension UInt8 {
    /// Whether it is a punctuation mark that stands in a bucket's name, a pattern of names, or a template.
    fileprivate var isNameMark: Bool {
        switch self {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "{"),
            UInt8(ascii: "}"), UInt8(ascii: ","), UInt8(ascii: "'"), UInt8(ascii: " "):
            true
        default: false
        }
    }
}

extension String {
    /// `${Name}` becomes `*`.
    fileprivate var replacingPlaceholders: String {
        guard self.utf8.contains(UInt8(ascii: "$")) else { return self }
        let bytes = Array(self.utf8)
        let braces = VariableBraces(bytes)
        var text: [UInt8] = []
        var index = 0
        while let start = bytes[index...].firstRange(of: "${".utf8) {
            text += bytes[index..<start.lowerBound] + [UInt8(ascii: "*")]
            index = braces.closeAnyway(from: start.upperBound).map { $0 + 1 } ?? bytes.count
        }
        return String(decoding: text + bytes[index...], as: UTF8.self)
    }
}
