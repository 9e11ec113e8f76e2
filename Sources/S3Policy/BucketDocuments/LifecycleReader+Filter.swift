/// What a lifecycle rule is about.
struct LifecycleFilter {
    var prefix = ""
    /// What it asks for besides the prefix, in words: `tags` or `sizes`. Nil when nothing.
    var restriction: String?
}

extension LifecycleReader {
    private static let sizes = ["ObjectSizeGreaterThan", "ObjectSizeLessThan"]
    /// The largest size that a filter may name, in bytes: 1,000 TiB.
    private static let maximumSize = 1_099_511_627_776_000
    /// The longest key of an object, in bytes.
    private static let maximumKeyLength = 1024

    /// The rule's `Filter`, or the older `Prefix` in its place.
    ///
    /// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRuleFilter.html>.
    mutating func filter(_ rule: ElementObject) -> LifecycleFilter {
        let older = self.prefix(rule["Prefix"])
        guard let node = rule["Filter"] else {
            if rule.lacks("Filter"), rule.lacks("Prefix") {
                self.elements.refuse("A lifecycle rule needs a Filter; {\"Prefix\": \"\"} is for all objects.", at: rule.range)
            }
            return LifecycleFilter(prefix: older)
        }
        if let prefix = rule["Prefix"] { self.elements.refuse("A rule has either Filter or the older Prefix.", at: prefix.range) }
        let known = ["Prefix", "Tag"] + Self.sizes + ["And"]
        guard let filter = self.elements.object(node, of: "A Filter", known: known) else { return LifecycleFilter() }
        if filter.present(known).count > 1 {
            self.elements.refuse("A Filter has one element; put several into And.", at: filter.range)
        }
        self.tags([filter["Tag"]].compactMap(\.self))
        self.sizes(of: filter)
        var result = LifecycleFilter(prefix: self.prefix(filter["Prefix"]), restriction: Self.restriction(of: filter, tags: "Tag"))
        guard let node = filter["And"], let parts = self.conjunction(node) else { return result }
        if filter["Prefix"] == nil { result.prefix = parts["Prefix"]?.string ?? "" }
        result.restriction = result.restriction ?? Self.restriction(of: parts, tags: "Tags")
        return result
    }

    private mutating func conjunction(_ node: JSONNode) -> ElementObject? {
        guard let parts = self.elements.object(node, of: "And", known: ["Prefix", "Tags"] + Self.sizes) else { return nil }
        let tags = self.elements.array(parts["Tags"], "Tags")
        _ = self.prefix(parts["Prefix"])
        self.tags(tags)
        self.sizes(of: parts)
        if parts.present(["Prefix"] + Self.sizes).count + tags.count < 2, parts.misspelt.isEmpty {
            self.elements.refuse("And joins two conditions or more; a single one stands in the Filter itself.", at: parts.range)
        }
        return parts
    }

    private static func restriction(of filter: ElementObject, tags: String) -> String? {
        if let node = filter[tags], node.array?.isEmpty != true { return "tags" }
        return filter.present(self.sizes).isEmpty ? nil : "sizes"
    }

    private mutating func prefix(_ node: JSONNode?) -> String {
        let prefix = self.elements.string(node, "Prefix") ?? ""
        if let node, prefix.utf8.count > Self.maximumKeyLength {
            self.elements.refuse("No key is longer than \(Self.maximumKeyLength) bytes, so that nothing has this prefix.", at: node.range)
        }
        return prefix
    }

    private mutating func sizes(of filter: ElementObject) {
        let least = self.elements.integer(filter[Self.sizes[0]], Self.sizes[0], in: 0...Self.maximumSize)
        let most = self.elements.integer(filter[Self.sizes[1]], Self.sizes[1], in: 1...Self.maximumSize)
        if let least, let most, most <= least {
            self.elements.refuse(
                "ObjectSizeLessThan is more than ObjectSizeGreaterThan, \(least); no object has such a size.",
                at: filter[Self.sizes[1]]?.range ?? filter.range)
        }
    }

    /// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html>.
    private mutating func tags(_ nodes: [JSONNode]) {
        var keys: Set<[UInt8]> = []
        for node in nodes {
            guard let tag = self.elements.object(node, of: "A tag", known: ["Key", "Value"]) else { continue }
            for name in ["Key", "Value"] where tag.lacks(name) { self.elements.refuse("A tag needs a \(name).", at: tag.range) }
            if let key = self.elements.string(tag["Key"], "Key"), let place = tag["Key"]?.range {
                if key.isEmpty || key.unicodeScalars.count > 128 {
                    self.elements.refuse("A tag's Key has 1 to 128 characters.", at: place)
                } else if !keys.insert(Array(key.utf8)).inserted {
                    self.elements.refuse("The key \"\(key)\" is there already; an object has it once.", at: place)
                }
            }
            if let value = self.elements.string(tag["Value"], "Value"), value.unicodeScalars.count > 256 {
                self.elements.refuse("A tag's Value has at most 256 characters.", at: tag["Value"]?.range ?? tag.range)
            }
        }
    }
}
