/// Why a file is not a service reference.
public struct ReferenceError: Error, Sendable, Hashable {
    /// What is wrong and what to change.
    public let message: String
    public let range: Range<Int>

    init(_ message: String, range: Range<Int>) {
        self.message = message.readable
        self.range = range
    }
}

extension ServiceReference {
    /// Reads AWS's service reference of S3, as its service reference end point serves it.
    ///
    /// - Parameter date: The day of the data as `YYYY-MM-DD`, for files without a `Date`.
    /// - Throws: ``ReferenceError`` with the first thing that is missing or wrong; also when the file has another `Date`.
    public init(_ document: JSONDocument, date: String? = nil) throws(ReferenceError) {
        if let problem = document.problems.first { throw ReferenceError(problem.message, range: problem.range) }
        guard let root = document.root, root["Name"]?.string == "s3" else {
            throw ReferenceError(
                "This is not AWS's service reference of S3: \"Name\" should be \"s3\".", range: document.root?.range ?? 0..<0)
        }
        let reader = ReferenceReader(root: root)
        self.init(
            date: try reader.day(besides: date),
            actions: try reader.list("Actions") { node, name throws(ReferenceError) in
                guard name.utf8.allSatisfy(\.isLetterOrDigit) else {
                    throw ReferenceError("An action's name has letters and digits only, unlike \"\(name)\".", range: node.range)
                }
                return ActionReference(
                    name: name, resourceTypes: try ReferenceReader.names(node["Resources"], "Resources"),
                    conditionKeys: try ReferenceReader.strings(node["ActionConditionKeys"], "ActionConditionKeys"))
            },
            resourceTypes: try reader.list("Resources") { node, name throws(ReferenceError) in
                ResourceTypeReference(
                    name: name, arnFormats: try ReferenceReader.strings(node["ARNFormats"], "ARNFormats"),
                    conditionKeys: try ReferenceReader.strings(node["ConditionKeys"], "ConditionKeys"))
            },
            serviceKeys: try reader.list("ConditionKeys") { node, name throws(ReferenceError) in
                try ReferenceReader.conditionKey(node, name: name)
            })
    }
}

private struct ReferenceReader {
    let root: JSONNode

    func day(besides given: String?) throws(ReferenceError) -> String {
        guard let node = self.root["Date"] else {
            guard let given else {
                throw ReferenceError("The date of the data is missing: add \"Date\" as YYYY-MM-DD.", range: self.root.range)
            }
            return given
        }
        guard let day = node.string, PolicyDate.midnight(ofDay: day) != nil else {
            throw ReferenceError("\"Date\" should be a day such as \"2027-01-31\".", range: node.range)
        }
        if let given, given != day {
            throw ReferenceError("By their own \"Date\" these data are of \(day), not of \(given).", range: node.range)
        }
        return day
    }

    /// The items of a list, each with its name; an empty list is a mistake of whoever made the file.
    func list<Item>(
        _ key: String, read: (JSONNode, String) throws(ReferenceError) -> Item
    ) throws(ReferenceError) -> [Item] {
        guard let nodes = self.root[key]?.array, !nodes.isEmpty else {
            throw ReferenceError("\"\(key)\" should be a list with at least one item.", range: self.root[key]?.range ?? self.root.range)
        }
        var items: [Item] = []
        var names: Set<String> = []
        for node in nodes {
            let name = try Self.name(node, of: key)
            guard names.insert(name.lowercased()).inserted else {
                throw ReferenceError("\"\(key)\" has \(name) twice.", range: node.range)
            }
            items.append(try read(node, name))
        }
        return items
    }

    static func name(_ node: JSONNode, of key: String) throws(ReferenceError) -> String {
        guard let name = node["Name"]?.string, !name.isEmpty else {
            throw ReferenceError("An item of \"\(key)\" has no \"Name\".", range: node.range)
        }
        return name
    }

    static func names(_ node: JSONNode?, _ key: String) throws(ReferenceError) -> [String] {
        var names: [String] = []
        for item in try self.array(node, key) { names.append(try self.name(item, of: key)) }
        return names
    }

    static func strings(_ node: JSONNode?, _ key: String) throws(ReferenceError) -> [String] {
        var texts: [String] = []
        for item in try self.array(node, key) {
            guard let text = item.string else { throw ReferenceError("\"\(key)\" should be a list of strings.", range: item.range) }
            texts.append(text)
        }
        return texts
    }

    /// A list that may be missing.
    private static func array(_ node: JSONNode?, _ key: String) throws(ReferenceError) -> [JSONNode] {
        guard let node else { return [] }
        guard let items = node.array else {
            throw ReferenceError("\"\(key)\" should be a list, not \(node.value.kindName).", range: node.range)
        }
        return items
    }

    static func conditionKey(_ node: JSONNode, name: String) throws(ReferenceError) -> ConditionKeyReference {
        let types = try self.strings(node["Types"], "Types")
        let families = types.map { $0.hasPrefix("ArrayOf") ? String($0.dropFirst("ArrayOf".count)) : $0 }.compactMap(
            ValueFamily.init(rawValue:))
        return ConditionKeyReference(
            name, families.isEmpty ? [.string] : families, isMultivalued: types.contains { $0.hasPrefix("ArrayOf") })
    }
}
