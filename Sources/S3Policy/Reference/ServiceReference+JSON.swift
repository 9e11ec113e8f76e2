/// Why a file is not a service reference.
public struct ReferenceError: Error, Sendable, Hashable {
    /// What is wrong and what to change.
    public let message: String
    public let range: Range<Int>

    init(_ message: String, range: Range<Int>) {
        self.message = message
        self.range = range
    }
}

extension ServiceReference {
    /// Reads AWS's service reference of S3, as its service reference end point serves it.
    ///
    /// - Parameter date: The day of the data as `YYYY-MM-DD`, for files without a `Date`.
    /// - Throws: ``ReferenceError`` with what is missing.
    public init(_ document: JSONDocument, date: String? = nil) throws(ReferenceError) {
        if let problem = document.problems.first { throw ReferenceError(problem.message, range: problem.range) }
        guard let root = document.root, root["Name"]?.string == "s3" else {
            throw ReferenceError(
                "This is not AWS's service reference of S3: \"Name\" should be \"s3\".", range: document.root?.range ?? 0..<0)
        }
        guard let date = root["Date"]?.string ?? date else {
            throw ReferenceError("The date of the data is missing: add \"Date\" as YYYY-MM-DD.", range: root.range)
        }
        let reader = ReferenceReader(root: root)
        self.init(
            date: date,
            actions: try reader.list("Actions") { node, name in
                ActionReference(
                    name: name, resourceTypes: (node["Resources"]?.items ?? []).compactMap { $0["Name"]?.string },
                    conditionKeys: node["ActionConditionKeys"]?.located.map(\.value) ?? [])
            },
            resourceTypes: try reader.list("Resources") { node, name in
                ResourceTypeReference(
                    name: name, arnFormats: node["ARNFormats"]?.located.map(\.value) ?? [],
                    conditionKeys: node["ConditionKeys"]?.located.map(\.value) ?? [])
            },
            serviceKeys: try reader.list("ConditionKeys") { node, name in ReferenceReader.conditionKey(node, name: name) })
    }
}

private struct ReferenceReader {
    let root: JSONNode

    /// The items of a list, each with its name; an empty list is a mistake of whoever made the file.
    func list<Item>(_ key: String, read: (JSONNode, String) -> Item) throws(ReferenceError) -> [Item] {
        guard let nodes = self.root[key]?.array, !nodes.isEmpty else {
            throw ReferenceError("\"\(key)\" should be a list with at least one item.", range: self.root[key]?.range ?? self.root.range)
        }
        var items: [Item] = []
        for node in nodes {
            guard let name = node["Name"]?.string else { throw ReferenceError("An item of \"\(key)\" has no \"Name\".", range: node.range) }
            items.append(read(node, name))
        }
        return items
    }

    static func conditionKey(_ node: JSONNode, name: String) -> ConditionKeyReference {
        let types = node["Types"]?.located.map(\.value) ?? []
        let families = types.map { $0.hasPrefix("ArrayOf") ? String($0.dropFirst("ArrayOf".count)) : $0 }.compactMap(
            ValueFamily.init(rawValue:))
        return ConditionKeyReference(
            name, families.isEmpty ? [.string] : families, isMultivalued: types.contains { $0.hasPrefix("ArrayOf") })
    }
}
