extension LifecycleConfiguration {
    /// The most rules that S3 takes.
    public static let maximumRuleCount = 1000

    /// Reads a lifecycle document, with everything for which S3 would refuse it.
    ///
    /// - Returns: the rules as far as they could be read; nil when the document has no list of rules.
    public static func read(_ document: JSONDocument) -> (configuration: LifecycleConfiguration?, findings: [Finding]) {
        let problems = document.problems.map { Finding(.jsonSyntaxError, $0.message, at: $0.range) }
        guard let root = document.root, document.isComplete else { return (nil, problems) }
        var reader = LifecycleReader()
        reader.elements.findings = problems
        let rules = reader.rules(of: root)
        return (rules.map(LifecycleConfiguration.init), reader.elements.findings)
    }
}

/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html> and its parts.
private struct LifecycleReader {
    var elements = ElementReader(unknownElement: .lifecycleUnknownElement, invalidValue: .lifecycleInvalidValue)

    private static let actionNames = [
        "Expiration", "Transitions", "NoncurrentVersionTransitions", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload",
    ]
    private static let storageClasses = [
        "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "GLACIER_IR", "DEEP_ARCHIVE",
    ]

    mutating func rules(of root: JSONNode) -> [LifecycleRule]? {
        let known = ["Rules", "TransitionDefaultMinimumObjectSize"]
        guard self.elements.object(root, of: "A lifecycle document", known: known) != nil else { return nil }
        guard let list = root["Rules"] else {
            self.elements.refuse("A lifecycle document has a list named Rules.", at: root.range)
            return nil
        }
        let nodes = self.elements.array(list, "Rules")
        if nodes.isEmpty { self.elements.refuse("At least one rule is needed.", at: list.range) }
        if nodes.count > LifecycleConfiguration.maximumRuleCount {
            self.elements.refuse("\(nodes.count) rules; S3 takes at most \(LifecycleConfiguration.maximumRuleCount).", at: list.range)
        }
        var ids: Set<String> = []
        return nodes.compactMap { node in
            if let id = node["ID"]?.string, !ids.insert(id).inserted {
                self.elements.refuse(
                    "Another rule has the ID \"\(id)\" already; give this one its own.", at: node["ID"]?.range ?? node.range)
            }
            return self.rule(node)
        }
    }

    private mutating func rule(_ node: JSONNode) -> LifecycleRule? {
        let known = ["ID", "Status", "Filter", "Prefix"] + Self.actionNames
        guard let members = self.elements.object(node, of: "A lifecycle rule", known: known) else { return nil }
        var rule = LifecycleRule()
        rule.id = self.elements.string(node["ID"], "ID")
        if let id = rule.id, id.count > 255 {
            self.elements.refuse("An ID has at most 255 characters.", at: node["ID"]?.range ?? node.range)
        }
        rule.isEnabled = self.status(node)
        self.filter(node, &rule)
        if !members.contains(where: { Self.actionNames.contains($0.key) }) {
            self.elements.refuse("The rule does nothing; it needs one of \(Self.actionNames.joined(separator: ", ")).", at: node.range)
        }
        self.expiration(node["Expiration"], &rule)
        self.abort(node["AbortIncompleteMultipartUpload"], &rule)
        self.noncurrent(node["NoncurrentVersionExpiration"])
        for transition in self.elements.array(node["Transitions"], "Transitions") { self.transition(transition, days: "Days") }
        for transition in self.elements.array(node["NoncurrentVersionTransitions"], "NoncurrentVersionTransitions") {
            self.transition(transition, days: "NoncurrentDays")
        }
        return rule
    }

    private mutating func status(_ node: JSONNode) -> Bool {
        guard let status = node["Status"] else {
            self.elements.refuse("A lifecycle rule needs a Status, \"Enabled\" or \"Disabled\".", at: node.range)
            return false
        }
        if status.string != "Enabled", status.string != "Disabled" {
            self.elements.refuse("Status is \"Enabled\" or \"Disabled\".", at: status.range)
        }
        return status.string == "Enabled"
    }

    private mutating func filter(_ node: JSONNode, _ rule: inout LifecycleRule) {
        let legacy = self.elements.string(node["Prefix"], "Prefix")
        guard let filter = node["Filter"] else {
            if legacy == nil {
                self.elements.refuse("A lifecycle rule needs a Filter; {\"Prefix\": \"\"} is for all objects.", at: node.range)
            }
            rule.prefix = legacy ?? ""
            return
        }
        if let prefix = node["Prefix"] { self.elements.refuse("A rule has either Filter or the older Prefix.", at: prefix.range) }
        let known = ["Prefix", "Tag", "ObjectSizeGreaterThan", "ObjectSizeLessThan", "And"]
        guard let members = self.elements.object(filter, of: "A Filter", known: known) else { return }
        if members.count > 1 { self.elements.refuse("A Filter has one element; put several into And.", at: filter.range) }
        rule.prefix = self.elements.string(filter["Prefix"] ?? filter["And"]?["Prefix"], "Prefix") ?? ""
        self.tag(filter["Tag"])
        if let both = filter["And"] {
            let known = ["Prefix", "Tags", "ObjectSizeGreaterThan", "ObjectSizeLessThan"]
            if let parts = self.elements.object(both, of: "And", known: known), parts.count + (both["Tags"]?.array?.count ?? 1) < 3 {
                self.elements.refuse("And joins two conditions or more.", at: both.range)
            }
            for tag in self.elements.array(both["Tags"], "Tags") { self.tag(tag) }
        }
        for part in [filter, filter["And"]].compactMap(\.self) {
            _ = self.elements.integer(part["ObjectSizeGreaterThan"], "ObjectSizeGreaterThan", atLeast: 0)
            _ = self.elements.integer(part["ObjectSizeLessThan"], "ObjectSizeLessThan", atLeast: 1)
        }
        rule.hasOtherFilter =
            members.contains { !["Prefix", "And"].contains($0.key) } || filter["And"]?.object?.contains { $0.key != "Prefix" } == true
    }

    private mutating func tag(_ node: JSONNode?) {
        guard let node, self.elements.object(node, of: "A tag", known: ["Key", "Value"]) != nil else { return }
        for name in ["Key", "Value"] where self.elements.string(node[name], name) == nil && node[name] == nil {
            self.elements.refuse("A tag needs a \(name).", at: node.range)
        }
    }

    private mutating func expiration(_ node: JSONNode?, _ rule: inout LifecycleRule) {
        guard let node, let members = self.elements.object(node, of: "Expiration", known: ["Days", "Date", "ExpiredObjectDeleteMarker"])
        else { return }
        if members.count != 1 {
            self.elements.refuse("Expiration has one of Days, Date and ExpiredObjectDeleteMarker.", at: node.range)
        }
        rule.expirationDays = self.elements.integer(node["Days"], "Days", atLeast: 1)
        self.date(node["Date"])
        if let marker = node["ExpiredObjectDeleteMarker"] {
            if case .boolean = marker.value {
            } else {
                self.elements.refuse("ExpiredObjectDeleteMarker is true or false.", at: marker.range)
            }
            if rule.hasOtherFilter { self.elements.refuse("ExpiredObjectDeleteMarker goes with no tags.", at: marker.range) }
        }
    }

    /// S3 takes midnight of Greenwich only.
    private mutating func date(_ node: JSONNode?) {
        guard let node else { return }
        guard let date = node.string.flatMap({ PolicyDate($0) }), date.millisecondsSinceEpoch.isMultiple(of: 86_400_000) else {
            return self.elements.refuse("Date is midnight in UTC, such as 2030-01-31T00:00:00Z.", at: node.range)
        }
    }

    private mutating func abort(_ node: JSONNode?, _ rule: inout LifecycleRule) {
        guard let node, self.elements.object(node, of: "AbortIncompleteMultipartUpload", known: ["DaysAfterInitiation"]) != nil else {
            return
        }
        rule.abortDays = self.elements.integer(node["DaysAfterInitiation"], "DaysAfterInitiation", atLeast: 1)
        if node["DaysAfterInitiation"] == nil {
            self.elements.refuse("AbortIncompleteMultipartUpload needs DaysAfterInitiation.", at: node.range)
        }
        if rule.hasOtherFilter {
            self.elements.refuse("AbortIncompleteMultipartUpload goes with no tags and no sizes; make a rule of its own.", at: node.range)
        }
    }

    private mutating func noncurrent(_ node: JSONNode?) {
        let known = ["NoncurrentDays", "NewerNoncurrentVersions"]
        guard let node, self.elements.object(node, of: "NoncurrentVersionExpiration", known: known) != nil else { return }
        if node["NoncurrentDays"] == nil { self.elements.refuse("NoncurrentVersionExpiration needs NoncurrentDays.", at: node.range) }
        _ = self.elements.integer(node["NoncurrentDays"], "NoncurrentDays", atLeast: 1)
        _ = self.elements.integer(node["NewerNoncurrentVersions"], "NewerNoncurrentVersions", atLeast: 1)
    }

    private mutating func transition(_ node: JSONNode, days: String) {
        let known = days == "Days" ? ["Days", "Date", "StorageClass"] : ["NoncurrentDays", "NewerNoncurrentVersions", "StorageClass"]
        guard self.elements.object(node, of: "A transition", known: known) != nil else { return }
        let count = self.elements.integer(node[days], days, atLeast: 0)
        self.date(node["Date"])
        guard let storageClass = node["StorageClass"] else {
            return self.elements.refuse("A transition needs a StorageClass.", at: node.range)
        }
        guard let name = storageClass.string, Self.storageClasses.contains(name) else {
            return self.elements.refuse("StorageClass is one of \(Self.storageClasses.joined(separator: ", ")).", at: storageClass.range)
        }
        if let count, count < 30, name.hasSuffix("_IA") {
            self.elements.refuse("Objects move to \(name) after 30 days at the earliest.", at: node[days]?.range ?? node.range)
        }
    }
}
