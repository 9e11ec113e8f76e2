internal import Uploads
internal import Yams

/// Takes values out of a YAML tree and notes every mistake with its place, instead of stopping at the first.
struct YAMLReader {
    /// A mapping with known keys.
    struct Fields {
        /// Where the mapping is named, for what is missing in it.
        let mark: Mark?
        private var values: [String: Node] = [:]

        init(mark: Mark?) {
            self.mark = mark
        }

        subscript(key: String) -> Node? { values[key] }

        mutating func insert(_ value: Node, for key: String) { values[key] = value }
    }

    let file: String
    private(set) var problems: [SettingsProblem] = []
    /// What `callers` of an environment's file lists, also where other values of the file are mistakes.
    var issuers: [ReadIssuer] = []

    init(file: String) {
        self.file = file
    }

    mutating func report(_ message: String, at mark: Mark?) {
        let problem = SettingsProblem(file: file, line: mark?.line, column: mark?.column, message: message)
        if !problems.contains(problem) { problems.append(problem) }
    }

    // MARK: - Mappings

    /// The mapping's fields; keys outside `allowed` are mistakes.
    mutating func fields(of node: Node, what: String, allowed: [String], mark: Mark?) -> Fields {
        var fields = Fields(mark: mark)
        for (key, keyMark, value) in entries(of: node, what: what) {
            if allowed.contains(key) {
                fields.insert(value, for: key)
            } else {
                report("\(what) has no key \"\(key)\"\(YAMLReader.suggestion(for: key, among: allowed))", at: keyMark)
            }
        }
        return fields
    }

    /// All pairs of a mapping whose keys are free.
    mutating func entries(of node: Node, what: String) -> [(key: String, mark: Mark?, value: Node)] {
        guard case .mapping(let mapping) = node else {
            report("\(what) is a mapping of keys and values, not \(YAMLReader.kind(of: node))", at: node.mark)
            return []
        }
        var entries: [(key: String, mark: Mark?, value: Node)] = []
        for (key, value) in mapping {
            guard let name = key.scalar?.string else {
                report("a key of \(what) is a text", at: key.mark)
                continue
            }
            if !YAMLDocument.isHidden(name) { entries.append((name, key.mark, value)) }
        }
        return entries
    }

    // MARK: - Values

    /// A single value as its text, however it is written.
    mutating func text(_ node: Node, what: String) -> String? {
        guard case .scalar(let scalar) = node else {
            let hint = "put a text that begins with \"{\", \"[\" or \"*\" into quotes"
            report("\(what) is a single value, not \(YAMLReader.kind(of: node)); \(hint)", at: node.mark)
            return nil
        }
        let isNull = scalar.style == .plain && ["", "~", "null"].contains(scalar.string.lowercased())
        guard !isNull, !scalar.string.isEmpty else {
            report("\(what) is empty; give a value or leave the key out", at: node.mark)
            return nil
        }
        return scalar.string
    }

    /// A single value that `parse` understands; `nil` when the key is missing or the value is a mistake.
    mutating func value<Value>(_ fields: Fields, _ key: String, _ parse: (String) throws(InvalidValue) -> Value) -> Value? {
        guard let node = fields[key], let text = text(node, what: key) else { return nil }
        return value(text, at: node.mark, what: key, parse)
    }

    /// One of a few words.
    mutating func word<Word: RawRepresentable & CaseIterable>(_ fields: Fields, _ key: String, _ type: Word.Type) -> Word?
    where Word.RawValue == String {
        value(fields, key) { text throws(InvalidValue) in
            guard let word = Word(rawValue: text) else {
                throw InvalidValue("\"\(text)\" is not allowed; use \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return word
        }
    }

    /// `true` or `false`, and none of YAML's other spellings.
    mutating func flag(_ fields: Fields, _ key: String) -> Bool? {
        guard let node = fields[key] else { return nil }
        return flag(node, what: key)
    }

    mutating func flag(_ node: Node, what: String) -> Bool? {
        guard let text = text(node, what: what) else { return nil }
        switch text {
        case "true": return true
        case "false": return false
        default:
            report("\(what): \"\(text)\" is not allowed; use true or false", at: node.mark)
            return nil
        }
    }

    /// A list whose items `parse` understands; each item once. Items that are mistakes are left out.
    mutating func list<Item: Hashable>(_ fields: Fields, _ key: String, _ parse: (String) throws(InvalidValue) -> Item) -> [Item] {
        guard let node = fields[key] else { return [] }
        guard case .sequence(let sequence) = node else {
            report("\(key) is a list, one item a line after \"- \", or [in, brackets]; this is \(YAMLReader.kind(of: node))", at: node.mark)
            return []
        }
        var items: [Item] = []
        for node in sequence {
            guard let text = text(node, what: "an item of \(key)"), let item = value(text, at: node.mark, what: key, parse) else {
                continue
            }
            if items.contains(item) {
                report("\(key): \"\(text)\" stands twice in the list", at: node.mark)
            } else {
                items.append(item)
            }
        }
        return items
    }

    private mutating func value<Value>(
        _ text: String, at mark: Mark?, what: String, _ parse: (String) throws(InvalidValue) -> Value
    ) -> Value? {
        do {
            return try parse(text)
        } catch {
            report("\(what): \(error.message)", at: mark)
            return nil
        }
    }

    // MARK: - Words for people

    static func kind(of node: Node) -> String {
        switch node {
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .scalar(let scalar): scalar.string.isEmpty ? "empty" : "the value \"\(scalar.string)\""
        case .alias: "an alias"
        }
    }

    /// The nearest allowed key, where one is near; else all of them.
    static func suggestion(for key: String, among allowed: [String]) -> String {
        let plain = plain(key)
        let near = allowed.map { ($0, distance(plain, YAMLReader.plain($0))) }.min { $0.1 < $1.1 }
        if let near, near.1 <= max(1, plain.count / 3) { return "; did you mean \"\(near.0)\"?" }
        return "; it has \(allowed.joined(separator: ", "))"
    }

    private static func plain(_ key: String) -> [Character] {
        Array(key.lowercased().filter { $0 != "-" && $0 != "_" && $0 != " " })
    }

    /// Levenshtein's distance.
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let substituted = diagonal + (a == b ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
