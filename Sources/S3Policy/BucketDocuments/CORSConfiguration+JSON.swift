extension CORSConfiguration {
    static let elementNames = ["CORSRules"]
    static let ruleElementNames = ["ID", "AllowedOrigins", "AllowedMethods", "AllowedHeaders", "ExposeHeaders", "MaxAgeSeconds"]

    /// Reads a CORS document, with everything for which S3 would refuse it.
    ///
    /// - Returns: the rules as far as they could be read; nil when the document has no list of rules.
    public static func read(_ document: JSONDocument) -> (configuration: CORSConfiguration?, findings: [Finding]) {
        let problems = document.problems.map { Finding(.jsonSyntaxError, $0.message, at: $0.range) }
        guard let root = document.root, document.isComplete else { return (nil, problems) }
        var reader = ElementReader(unknownElement: .corsUnknownElement, invalidValue: .corsInvalidValue)
        reader.findings = problems
        guard let members = reader.object(root, of: "A CORS document", known: Self.elementNames) else { return (nil, reader.findings) }
        guard let rules = members.first(where: { $0.key == "CORSRules" })?.value else {
            reader.refuse("A CORS document has a list named CORSRules.", at: root.range)
            return (nil, reader.findings)
        }
        var configuration = CORSConfiguration(rules: [])
        var nodes: [JSONNode] = []
        for node in reader.array(rules, "CORSRules") {
            guard let rule = CORSRule(node, &reader) else { continue }
            configuration.rules.append(rule)
            nodes.append(node)
        }
        let isReadable = reader.findings.count == problems.count
        if isReadable {
            reader.findings += configuration.problems().map { problem in
                Finding(.corsInvalidValue, problem.message, at: (root.node(at: problem.path) ?? rules).range)
            }
        }
        return (configuration, reader.findings)
    }
}

extension CORSRule {
    fileprivate init?(_ node: JSONNode, _ reader: inout ElementReader) {
        guard reader.object(node, of: "A CORS rule", known: CORSConfiguration.ruleElementNames) != nil else { return nil }
        for name in ["AllowedOrigins", "AllowedMethods"] where node[name] == nil {
            reader.refuse("A CORS rule needs \(name).", at: node.range)
        }
        self.init(
            id: reader.string(node["ID"], "ID"), allowedOrigins: reader.strings(node["AllowedOrigins"], "AllowedOrigins"),
            allowedMethods: reader.strings(node["AllowedMethods"], "AllowedMethods"),
            allowedHeaders: reader.strings(node["AllowedHeaders"], "AllowedHeaders"),
            exposeHeaders: reader.strings(node["ExposeHeaders"], "ExposeHeaders"),
            maxAgeSeconds: reader.integer(node["MaxAgeSeconds"], "MaxAgeSeconds", atLeast: 0))
    }
}

extension JSONNode {
    /// The value at a path such as `CORSRules[0].AllowedMethods[1]`, or the innermost one on the way to it; nil where it does not begin.
    public func node(at path: String) -> JSONNode? {
        var node = self
        for step in path.split(separator: ".") {
            let parts = step.split(separator: "[")
            guard let name = parts.first, let value = node[String(name)] else { return node == self ? nil : node }
            node = value
            for index in parts.dropFirst() {
                guard let items = node.array, let index = Int(index.dropLast()), items.indices.contains(index) else { return node }
                node = items[index]
            }
        }
        return node
    }
}
