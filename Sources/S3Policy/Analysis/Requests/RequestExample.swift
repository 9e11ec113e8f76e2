/// Makes one request out of a region: of all that is possible the plainest.
struct RequestExample {
    let algebra: TextAlgebra
    let keys: KeyTable
    let reference: ServiceReference

    /// A region with one caller only.
    func withPlainCaller(_ region: RequestRegion) throws(WorkLimitReached) -> RequestRegion {
        var result = region
        result.caller = try self.narrowed(region.caller, Self.plainCallers)
        let only = self.algebra.term(TextLanguage([TextPattern(literal: result.caller.text)]))
        result.caller = try self.algebra.intersection(result.caller, only) ?? result.caller
        return result
    }

    /// - Parameter known: What else the request has, for policy variables.
    func request(in region: RequestRegion, _ kind: CallerKind, known: KnownValues) throws(WorkLimitReached) -> AccessRequest {
        let region = try self.withPlainCaller(region)
        var (caller, context) = kind.caller(region.caller.text)
        for (key, value) in known.values where kind.source(of: key) == .request { context[key] = value }
        for (number, values) in region.keys.enumerated() where !values.absent {
            context[self.keys.keys[number]] = try self.value(in: values, number)
        }
        let (action, resource) = try self.target(region)
        return AccessRequest(caller: caller, action: action, resource: resource, context: context)
    }

    /// The part of a region that some sets leave, each taken only where it leaves something.
    private func narrowed(_ region: TextRegion, _ wishes: [TextLanguage]) throws(WorkLimitReached) -> TextRegion {
        var result = region
        for wish in wishes { result = try self.algebra.intersection(result, self.algebra.term(wish)) ?? result }
        return result
    }
}

/// What the request has for a key.
extension RequestExample {
    func value(in region: KeyRegion, _ number: Int) throws(WorkLimitReached) -> RequestContext.Value? {
        if region.absent { return nil }
        if let single = region.single { return .single(try self.text(in: single, number)) }
        guard let lists = region.lists else { return nil }
        var texts: [String] = []
        for some in lists.any {
            let text = try self.text(in: some, number)
            if !texts.contains(where: { $0.utf16.elementsEqual(text.utf16) }) { texts.append(text) }
        }
        if texts.isEmpty, let all = lists.all { texts.append(try self.text(in: all, number)) }
        return .multiple(texts)
    }

    func text(in region: ValueRegion, _ number: Int) throws(WorkLimitReached) -> String {
        switch region {
        case .cells(let set):
            guard let cells = self.keys.cells(of: number), let cell = set.first else { preconditionFailure("A region is never empty.") }
            return cells.text(cell)
        case .text(let region):
            let type = self.reference.conditionKey(self.keys.keys[number])?.types.first ?? .string
            return try self.narrowed(region, Self.plainTexts(type)).text
        }
    }

    private static func plainTexts(_ type: ValueFamily) -> [TextLanguage] {
        switch type {
        case .arn: [TextLanguage(["arn:aws:" + .run(.printable)]), TextLanguage([.anyARN])]
        case .numeric: [TextLanguage([.some(.digits)])]
        default: [TextLanguage([.some(.printable)]), TextLanguage([.some(.letters)]), TextLanguage([TextPattern(literal: "example")])]
        }
    }

    private static let plainCallers = [
        TextLanguage(["arn:aws:" + .run(.all)]), TextLanguage([.callers(ofAccount: "444455556666")]),
        TextLanguage([.run(.all) + "/example", .run(.all) + "/example\(CallerKind.sessionSeparator)" + .run(.all)]),
        TextLanguage(["arn:" + .run(.all) + "role/example" + .run(.all), "arn:" + .run(.all) + "user/example"]),
        TextLanguage([.run(.all) + "\(CallerKind.sessionSeparator)example"]),
        TextLanguage([TextPattern(literal: "cloudfront.amazonaws.com")]),
    ]
}

/// The action and the resource.
extension RequestExample {
    /// An action that S3 has with a resource that it can be about; where there is none, any.
    private func target(_ region: RequestRegion) throws(WorkLimitReached) -> (action: String, resource: String) {
        let known = self.actions.filter { self.algebra.contains("s3:\($0.name.lowercased())", in: region.action) }
        for action in known {
            for type in self.resourceTypes(of: action) {
                guard let resource = try self.algebra.intersection(region.resource, self.algebra.term(type.arns)) else { continue }
                return ("s3:\(action.name)", try self.narrowed(resource, Self.plainResources).text)
            }
        }
        let resource = try self.narrowed(region.resource, Self.plainResources).text
        if let action = known.first { return ("s3:\(action.name)", resource) }
        return (try self.narrowed(region.action, [TextLanguage(["s3:" + .run(.all)])]).text, resource)
    }

    /// The known actions, those that people think of first at the front.
    private var actions: [ActionReference] {
        let first = ["GetObject", "PutObject", "ListBucket", "DeleteObject"].compactMap(self.reference.action)
        return first + self.reference.actions.filter { !first.contains($0) }
    }

    /// Buckets and objects rather than access points.
    private func resourceTypes(of action: ActionReference) -> [ResourceTypeReference] {
        let first = ["object", "bucket"].filter(action.resourceTypes.contains)
        return (first + action.resourceTypes.filter { !first.contains($0) }).compactMap(self.reference.resourceType)
    }

    private static let plainResources: [TextLanguage] = {
        let bucket = TextPattern.some(UnitSet.lowercase.union(.digits).union(UnitSet(of: "-.")))
        let key = TextPattern.some(.printable)
        return [
            TextLanguage(["arn:aws:" + .run(.all), "arn:aws-cn:" + .run(.all)]),
            TextLanguage(["arn:aws:s3:::" + bucket, "arn:aws:s3:::" + bucket + "/" + key]),
            TextLanguage(["arn:aws:s3:::example-bucket" + .run(.all)]),
            TextLanguage([.run(.all) + "example"]),
        ]
    }()
}
