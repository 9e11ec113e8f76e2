/// Reads the elements of a bucket's document, and collects what is wrong with their names and types.
struct ElementReader {
    let unknownElement: IssueCode
    let invalidValue: IssueCode
    private var found: [Finding] = []

    init(unknownElement: IssueCode, invalidValue: IssueCode) {
        self.unknownElement = unknownElement
        self.invalidValue = invalidValue
    }

    /// What was found, in the order of the text.
    var findings: [Finding] { self.found.inOrderOfText }

    mutating func refuse(_ message: String, at range: Range<Int>) {
        self.found.append(Finding(self.invalidValue, message, at: range))
    }

    /// An object's elements; tells those that it should not have. Nil when it is no object.
    mutating func object(_ node: JSONNode, of what: String, known: [String]) -> ElementObject? {
        guard let members = node.object else {
            self.refuse("\(what) is an object, not \(node.value.kindName).", at: node.range)
            return nil
        }
        let free = known.filter { name in !members.contains { $0.key == name } }
        var misspelt: Set<String> = []
        for member in members where !known.contains(member.key) {
            let nearest = NearestName.of(member.key, among: free)
            if let nearest { misspelt.insert(nearest) }
            let message = "\(what) has no \(member.key); it has \(known.joined(separator: ", "))." + Finding.didYouMean(nearest)
            let fix = nearest.map { Fix.replace(member.keyRange, by: $0) }
            self.found.append(Finding(self.unknownElement, message, at: member.keyRange, fix: fix))
        }
        return ElementObject(node: node, misspelt: misspelt)
    }

    mutating func array(_ node: JSONNode?, _ name: String) -> [JSONNode] {
        guard let node else { return [] }
        guard let items = node.array else {
            self.refuse("\(name) is an array, not \(node.value.kindName).", at: node.range)
            return []
        }
        return items
    }

    mutating func strings(_ node: JSONNode?, _ name: String) -> [Located<String>] {
        self.array(node, name).compactMap { item in
            self.string(item, "An item of \(name)").map { Located($0, range: item.range) }
        }
    }

    mutating func string(_ node: JSONNode?, _ name: String) -> String? {
        guard let node else { return nil }
        if node.string == nil { self.refuse("\(name) is a string, not \(node.value.kindName).", at: node.range) }
        return node.string
    }

    /// A whole number of a range.
    mutating func integer(_ node: JSONNode?, _ name: String, in range: ClosedRange<Int>) -> Int? {
        guard let node else { return nil }
        guard case .number(let text) = node.value, let number = Int(text), range.contains(number) else {
            let bounds =
                range.upperBound == Int(Int32.max) ? "from \(range.lowerBound) on" : "from \(range.lowerBound) to \(range.upperBound)"
            self.refuse("\(name) is a whole number \(bounds).", at: node.range)
            return nil
        }
        return number
    }
}

/// An object of a bucket's document, with the elements that it has under other names.
struct ElementObject {
    let node: JSONNode
    /// Elements that are there under a misspelt name, which was told: they are not missing.
    let misspelt: Set<String>

    var range: Range<Int> { self.node.range }

    subscript(name: String) -> JSONNode? { self.node[name] }

    /// Whether an element is neither there nor misspelt.
    func lacks(_ name: String) -> Bool {
        self.node[name] == nil && !self.misspelt.contains(name)
    }

    /// Those of the names that are there.
    func present(_ names: [String]) -> [String] {
        names.filter { self.node[$0] != nil }
    }
}
