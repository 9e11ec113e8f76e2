extension CORSConfiguration {
    static let elementNames = ["CORSRules"]
    static let ruleElementNames = ["ID", "AllowedOrigins", "AllowedMethods", "AllowedHeaders", "ExposeHeaders", "MaxAgeSeconds"]

    /// Reads a CORS document, with everything for which S3 would refuse it, in the order of the text.
    ///
    /// - Returns: the rules as far as they could be read; nil when the document has no list of rules.
    public static func read(_ document: JSONDocument) -> (configuration: CORSConfiguration?, findings: [Finding]) {
        let problems = document.problems.map { Finding(.jsonSyntaxError, $0.message, at: $0.range) }
        guard let root = document.root, document.isComplete else { return (nil, problems) }
        var reader = ElementReader(unknownElement: .corsUnknownElement, invalidValue: .corsInvalidValue)
        let rules = reader.corsRules(of: root)
        return (rules.map(CORSConfiguration.init), (problems + reader.findings).inOrderOfText)
    }
}

/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CORSRule.html>.
extension ElementReader {
    fileprivate mutating func corsRules(of root: JSONNode) -> [CORSRule]? {
        guard let object = self.object(root, of: "A CORS document", known: CORSConfiguration.elementNames) else { return nil }
        guard let list = object["CORSRules"] else {
            if object.lacks("CORSRules") { self.refuse("A CORS document has a list named CORSRules.", at: root.range) }
            return nil
        }
        let nodes = self.array(list, "CORSRules")
        if list.array != nil {
            for problem in CORSConfiguration.problems(ruleCount: nodes.count) { self.refuse(problem.message, at: list.range) }
        }
        return nodes.compactMap { self.corsRule($0) }
    }

    private mutating func corsRule(_ node: JSONNode) -> CORSRule? {
        guard let object = self.object(node, of: "A CORS rule", known: CORSConfiguration.ruleElementNames) else { return nil }
        for name in ["AllowedOrigins", "AllowedMethods"] where object.lacks(name) {
            self.refuse("A CORS rule needs \(name).", at: node.range)
        }
        var texts: [String: [Located<String>]] = [:]
        for name in ["AllowedOrigins", "AllowedMethods", "AllowedHeaders", "ExposeHeaders"] {
            texts[name] = self.strings(object[name], name)
        }
        func values(_ name: String) -> [String] { texts[name]?.map(\.value) ?? [] }
        let rule = CORSRule(
            id: self.string(object["ID"], "ID"), allowedOrigins: values("AllowedOrigins"), allowedMethods: values("AllowedMethods"),
            allowedHeaders: values("AllowedHeaders"), exposeHeaders: values("ExposeHeaders"),
            maxAgeSeconds: self.integer(object["MaxAgeSeconds"], "MaxAgeSeconds", in: 0...Int(Int32.max)))
        for problem in rule.problems() {
            if let index = problem.index {
                self.refuse(problem.message, at: texts[problem.element]?[index].range ?? node.range)
            } else if let element = object[problem.element], texts[problem.element] == nil || element.array?.isEmpty == true {
                // What is no list, or has items that are no strings, was told already.
                self.refuse(problem.message, at: element.range)
            }
        }
        return rule
    }
}
