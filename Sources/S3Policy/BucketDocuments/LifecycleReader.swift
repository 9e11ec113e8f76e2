extension LifecycleConfiguration {
    /// The most rules that S3 takes.
    public static let maximumRuleCount = 1000

    /// Reads a lifecycle document, with everything for which S3 would refuse it, in the order of the text.
    ///
    /// - Returns: the rules as far as they could be read; nil when the document has no list of rules.
    public static func read(_ document: JSONDocument) -> (configuration: LifecycleConfiguration?, findings: [Finding]) {
        let problems = document.problems.map { Finding(.jsonSyntaxError, $0.message, at: $0.range) }
        guard let root = document.root, document.isComplete else { return (nil, problems) }
        var reader = LifecycleReader()
        let rules = reader.rules(of: root)
        return (rules.map(LifecycleConfiguration.init), (problems + reader.elements.findings).inOrderOfText)
    }
}

/// Reads lifecycle rules, and collects everything for which S3 would refuse them.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html> and its parts, and
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html>.
struct LifecycleReader {
    var elements = ElementReader(unknownElement: .lifecycleUnknownElement, invalidValue: .lifecycleInvalidValue)

    private static let actionNames = [
        "Expiration", "Transitions", "NoncurrentVersionTransitions", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload",
    ]
    private static let minimumSizes = ["all_storage_classes_128K", "varies_by_storage_class"]
    /// The longest name of a rule, in characters.
    private static let maximumIDLength = 255
    static let days = 1...Int(Int32.max)
    static let daysOrAtOnce = 0...Int(Int32.max)

    mutating func rules(of root: JSONNode) -> [LifecycleRule]? {
        let known = ["Rules", "TransitionDefaultMinimumObjectSize"]
        guard let document = self.elements.object(root, of: "A lifecycle document", known: known) else { return nil }
        if let size = document["TransitionDefaultMinimumObjectSize"], !Self.minimumSizes.contains(where: { $0 == size.string }) {
            let values = Self.minimumSizes.map { "\"\($0)\"" }.joined(separator: " or ")
            self.elements.refuse("TransitionDefaultMinimumObjectSize is \(values).", at: size.range)
        }
        guard let list = root["Rules"] else {
            if document.lacks("Rules") { self.elements.refuse("A lifecycle document has a list named Rules.", at: root.range) }
            return nil
        }
        let nodes = self.elements.array(list, "Rules")
        if list.array?.isEmpty == true { self.elements.refuse("At least one rule is needed.", at: list.range) }
        if nodes.count > LifecycleConfiguration.maximumRuleCount {
            self.elements.refuse("\(nodes.count) rules; S3 takes at most \(LifecycleConfiguration.maximumRuleCount).", at: list.range)
        }
        self.uniqueIDs(of: nodes)
        self.onePlaceForPrefixes(in: nodes)
        return nodes.compactMap { self.rule($0) }
    }

    /// S3 gives rules without an ID, or with an empty one, an ID of its own.
    private mutating func uniqueIDs(of rules: [JSONNode]) {
        var ids: Set<[UInt8]> = []
        for node in rules.compactMap({ $0["ID"] }) {
            guard let id = node.string, !id.isEmpty, !ids.insert(Array(id.utf8)).inserted else { continue }
            self.elements.refuse("Another rule has the ID \"\(id)\" already; give this one its own.", at: node.range)
        }
    }

    /// S3 takes documents in which every rule has a Filter, and those in which none has.
    private mutating func onePlaceForPrefixes(in rules: [JSONNode]) {
        guard rules.contains(where: { $0["Filter"] != nil }) else { return }
        for rule in rules where rule["Filter"] == nil {
            guard let prefix = rule["Prefix"] else { continue }
            self.elements.refuse("Other rules have a Filter, so that this Prefix belongs into one as well.", at: prefix.range)
        }
    }

    private mutating func rule(_ node: JSONNode) -> LifecycleRule? {
        let known = ["ID", "Status", "Filter", "Prefix"] + Self.actionNames
        guard let object = self.elements.object(node, of: "A lifecycle rule", known: known) else { return nil }
        var rule = LifecycleRule()
        rule.id = self.elements.string(object["ID"], "ID")
        if let id = rule.id, id.unicodeScalars.count > Self.maximumIDLength {
            self.elements.refuse("An ID has at most \(Self.maximumIDLength) characters.", at: object["ID"]?.range ?? object.range)
        }
        rule.isEnabled = self.status(object)
        let filter = self.filter(object)
        rule.prefix = filter.prefix
        rule.hasOtherFilter = filter.restriction != nil
        // The AWS CLI sends nothing for an empty list.
        let actions = object.present(Self.actionNames).filter { object[$0]?.array?.isEmpty != true }
        if actions.isEmpty, object.misspelt.isDisjoint(with: Self.actionNames) {
            self.elements.refuse("The rule does nothing; it needs one of \(Self.actionNames.joined(separator: ", ")).", at: object.range)
        }
        self.current(object, filter, &rule)
        self.noncurrent(object)
        rule.abortDays = self.abort(object["AbortIncompleteMultipartUpload"], filter)
        return rule
    }

    private mutating func status(_ rule: ElementObject) -> Bool {
        guard let status = rule["Status"] else {
            if rule.lacks("Status") {
                self.elements.refuse("A lifecycle rule needs a Status, \"Enabled\" or \"Disabled\".", at: rule.range)
            }
            return false
        }
        if status.string != "Enabled", status.string != "Disabled" {
            self.elements.refuse("Status is \"Enabled\" or \"Disabled\".", at: status.range)
        }
        return status.string == "Enabled"
    }
}
