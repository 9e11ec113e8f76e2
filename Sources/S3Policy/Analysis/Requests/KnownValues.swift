/// What is settled about the keys of the requests in question, so that policy variables can be replaced.
struct KnownValues: Sendable {
    /// A key that is not here is open; nil is for a key that the requests do not have.
    var values: [ConditionKey: RequestContext.Value?] = [:]

    /// Whether all variables of a text are settled.
    func settle(_ text: PolicyText) -> Bool {
        text.variables.allSatisfy { self.values.keys.contains($0) }
    }

    func value(of key: ConditionKey) -> RequestContext.Value? { self.values[key] ?? nil }
}
