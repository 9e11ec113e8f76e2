/// Reads the elements of a bucket's document, and collects what is wrong with their names and types.
struct ElementReader {
    let unknownElement: IssueCode
    let invalidValue: IssueCode
    var findings: [Finding] = []

    init(unknownElement: IssueCode, invalidValue: IssueCode) {
        self.unknownElement = unknownElement
        self.invalidValue = invalidValue
    }

    mutating func refuse(_ message: String, at range: Range<Int>) {
        self.findings.append(Finding(self.invalidValue, message, at: range))
    }

    /// The members of an object; tells those that it should not have. Nil when it is no object.
    mutating func object(_ node: JSONNode, of what: String, known: [String]) -> [JSONMember]? {
        guard let members = node.object else {
            self.refuse("\(what) is an object, not \(node.value.kindName).", at: node.range)
            return nil
        }
        for member in members where !known.contains(member.key) {
            let nearest = NearestName.of(member.key, among: known.filter { name in !members.contains { $0.key == name } })
            let message = "\(what) has no \(member.key); it has \(known.joined(separator: ", "))." + Finding.didYouMean(nearest)
            let fix = nearest.map { Fix.replace(member.keyRange, by: $0) }
            self.findings.append(Finding(self.unknownElement, message, at: member.keyRange, fix: fix))
        }
        return members
    }

    mutating func array(_ node: JSONNode?, _ name: String) -> [JSONNode] {
        guard let node else { return [] }
        guard let items = node.array else {
            self.refuse("\(name) is an array, not \(node.value.kindName).", at: node.range)
            return []
        }
        return items
    }

    mutating func strings(_ node: JSONNode?, _ name: String) -> [String] {
        var texts: [String] = []
        for item in self.array(node, name) {
            if let text = self.string(item, "An item of \(name)") { texts.append(text) }
        }
        return texts
    }

    mutating func string(_ node: JSONNode?, _ name: String) -> String? {
        guard let node else { return nil }
        if node.string == nil { self.refuse("\(name) is a string, not \(node.value.kindName).", at: node.range) }
        return node.string
    }

    /// A whole number that is not below the least one.
    mutating func integer(_ node: JSONNode?, _ name: String, atLeast least: Int) -> Int? {
        guard let node else { return nil }
        guard case .number(let text) = node.value, let number = Int(text), number >= least, number <= Int(Int32.max) else {
            self.refuse("\(name) is a whole number from \(least) on.", at: node.range)
            return nil
        }
        return number
    }
}
