/// Which actions go with which resources: a known action only with resources of its types, any other with all.
struct Targets {
    /// Some actions, in lower case, and the resources that each of them can be about.
    struct Group {
        let actions: TextLanguage
        let resources: TextLanguage

        func literals(_ algebra: TextAlgebra) -> [Literal] {
            [.action(algebra.term(self.actions)), .resource(algebra.term(self.resources))]
        }
    }

    let reference: ServiceReference

    /// All pairs of actions and resources that there are.
    var groups: [Group] {
        let typed = self.reference.actions.filter { !$0.resourceTypes.isEmpty }
        let groups = self.reference.resourceTypes.compactMap { type -> Group? in
            let actions = typed.filter { $0.resourceTypes.contains(type.name) }
            return actions.isEmpty ? nil : Group(actions: Self.language(actions), resources: type.arns)
        }
        return groups + [Group(actions: Self.language(typed, isComplement: true), resources: .everything)]
    }

    /// Whether a request for an action can be about a resource.
    func fits(_ action: String, _ resource: String, _ algebra: TextAlgebra) -> Bool {
        let parts = action.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "s3", let known = self.reference.action(named: String(parts[1])),
            !known.resourceTypes.isEmpty
        else { return true }
        return known.resourceTypes.compactMap(self.reference.resourceType).contains { type in
            algebra.contains(resource, in: algebra.term(type.arns))
        }
    }

    private static func language(_ actions: [ActionReference], isComplement: Bool = false) -> TextLanguage {
        TextLanguage(actions.map { TextPattern(literal: "s3:\($0.name.lowercased())") }, isComplement: isComplement)
    }
}

extension ResourceTypeReference {
    /// The ARNs of its resources.
    var arns: TextLanguage { TextLanguage(self.arnFormats.map(Self.pattern(ofFormat:))) }

    /// Such as `arn:${Partition}:s3:::${BucketName}`; only an object's name may hold anything.
    private static func pattern(ofFormat format: String) -> TextPattern {
        let parts = format.split(separator: "${", omittingEmptySubsequences: false)
        let field = UnitSet.all.subtracting(.colon).subtracting(.slash)
        return parts.dropFirst().reduce(TextPattern(literal: parts[0])) { pattern, part in
            let name = part.prefix { $0 != "}" }
            let value = TextPattern.some(name == "ObjectName" ? .all : field)
            return pattern + value + TextPattern(literal: part.dropFirst(name.count + 1))
        }
    }
}
