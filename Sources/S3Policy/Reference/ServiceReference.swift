/// What AWS documents about S3's actions, resource types and condition keys, as of a date.
///
/// Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>; in the shape of
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/service-reference.html>.
public struct ServiceReference: Sendable {
    /// The day that the data describe, as `YYYY-MM-DD`.
    public let date: String
    /// In the order of their names.
    public let actions: [ActionReference]
    public let resourceTypes: [ResourceTypeReference]
    /// S3's own keys, and the global ones.
    public let conditionKeys: [ConditionKeyReference]

    private let actionIndexes: [String: Int]
    private let keyIndexes: [String: Int]
    /// The keys of each resource type in lower case, without tags' placeholders.
    private let familiesOfTypes: [String: Set<String>]

    /// The data that Countersign comes with.
    public static let embedded: ServiceReference = {
        do throws(ReferenceError) {
            return try ServiceReference(JSONDocument(EmbeddedReference.s3))
        } catch {
            preconditionFailure("The embedded reference data: \(error.message)")
        }
    }()

    init(date: String, actions: [ActionReference], resourceTypes: [ResourceTypeReference], serviceKeys: [ConditionKeyReference]) {
        self.date = date
        self.actions = actions
        self.resourceTypes = resourceTypes
        // The global keys come first: their types say more than the service's.
        let globalNames = Set(GlobalConditionKeys.all.map(\.lowercasedFamily))
        self.conditionKeys = GlobalConditionKeys.all + serviceKeys.filter { !globalNames.contains($0.lowercasedFamily) }
        self.actionIndexes = Dictionary(
            self.actions.enumerated().map { ($0.element.lowercasedName, $0.offset) }, uniquingKeysWith: { first, _ in first })
        self.keyIndexes = Dictionary(
            self.conditionKeys.enumerated().map { ($0.element.lowercasedFamily, $0.offset) }, uniquingKeysWith: { first, _ in first })
        self.familiesOfTypes = Dictionary(
            resourceTypes.map { ($0.name, Set($0.conditionKeys.map(ConditionKeyReference.lowercasedFamily))) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The action of a name, without `s3:`; case does not count.
    public func action(named name: String) -> ActionReference? {
        self.actionIndexes[name.lowercased()].map { self.actions[$0] }
    }

    /// What is known about a key; nil when the data do not have it. A key of a tag must name a tag, another one must not.
    public func conditionKey(_ key: ConditionKey) -> ConditionKeyReference? {
        guard let reference = self.familyReference(key) else { return nil }
        return reference.namesTag == (key.tagKey != nil) ? reference : nil
    }

    /// The key of the same name, whether or not that names a tag as it should.
    func familyReference(_ key: ConditionKey) -> ConditionKeyReference? {
        self.keyIndexes[key.family].map { self.conditionKeys[$0] }
    }

    /// The resource type of a name, such as `object`.
    public func resourceType(named name: String) -> ResourceTypeReference? {
        self.resourceTypes.first { $0.name == name }
    }

    /// Whether a request for the action can have the key, by itself or by one of its resource types.
    func supports(_ key: ConditionKey, for action: ActionReference) -> Bool {
        action.supports(key) || action.resourceTypes.contains { self.familiesOfTypes[$0]?.contains(key.family) == true }
    }
}

/// One action of S3.
public struct ActionReference: Sendable, Hashable {
    /// Without `s3:`, such as `PutObject`.
    public let name: String
    /// Names of the resource types that it can be about; none when it is about the whole account.
    public let resourceTypes: [String]
    /// The service's condition keys that a request for it can have, as documented.
    public let conditionKeys: [String]
    /// The name in lower case, by which actions are compared.
    let lowercasedName: String
    /// The same, as patterns are matched with it.
    let nameUnits: [UInt16]
    /// The resources of a bucket policy that the action can be about.
    let bucketPolicyTypes: BucketPolicyTypes
    private let families: Set<String>

    init(name: String, resourceTypes: [String], conditionKeys: [String]) {
        self.name = name
        self.resourceTypes = resourceTypes
        self.conditionKeys = conditionKeys
        self.lowercasedName = name.lowercased()
        self.nameUnits = Array(self.lowercasedName.utf16)
        self.bucketPolicyTypes = BucketPolicyTypes(resourceTypes: resourceTypes)
        self.families = Set(conditionKeys.map(ConditionKeyReference.lowercasedFamily))
    }

    /// Whether the action has this key; global keys belong to every action.
    public func supports(_ key: ConditionKey) -> Bool {
        self.families.contains(key.family)
    }
}

/// One type of resource of S3.
public struct ResourceTypeReference: Sendable, Hashable {
    /// Such as `object`.
    public let name: String
    /// With placeholders, such as `arn:${Partition}:s3:::${BucketName}/${ObjectName}`.
    public let arnFormats: [String]
    public let conditionKeys: [String]
}

/// One condition key.
public struct ConditionKeyReference: Sendable, Hashable {
    /// As documented; a tag's name is a placeholder, as in `aws:ResourceTag/${TagKey}`.
    public let name: String
    /// The kinds of operators that fit its values; the first fits best.
    public let types: [ValueFamily]
    /// Whether a request can have several values for it.
    public let isMultivalued: Bool
    /// Whether AWS counts it among the keys that separate accounts, organizations and networks, where wildcards are risky.
    public let isSensitive: Bool
    /// The name in lower case, without the tag's placeholder.
    let lowercasedFamily: String

    init(_ name: String, _ types: [ValueFamily], isMultivalued: Bool = false, isSensitive: Bool = false) {
        self.name = name
        self.types = types
        self.isMultivalued = isMultivalued
        self.isSensitive = isSensitive
        self.lowercasedFamily = Self.lowercasedFamily(of: name)
    }

    /// The name without the tag's placeholder.
    var familyName: String { String(self.name.prefix { $0 != "/" }) }

    /// Whether a tag's name belongs to it.
    public var namesTag: Bool { self.name.contains("/") }

    static func lowercasedFamily(of name: String) -> String {
        String(name.lowercased().prefix { $0 != "/" })
    }
}
