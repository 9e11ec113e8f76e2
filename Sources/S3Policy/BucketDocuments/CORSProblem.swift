/// Why S3 would refuse a ``CORSConfiguration``, and where.
public struct CORSProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where in the document, such as `CORSRules[0].AllowedMethods[1]`.
    public let path: String
    /// What is wrong and what is allowed.
    public let message: String

    public init(path: String, message: String) {
        self.path = path
        self.message = message
    }

    public var description: String { "\(self.path): \(self.message)" }
}

extension CORSConfiguration {
    /// The methods that a rule may name.
    public static let methods = ["GET", "PUT", "POST", "DELETE", "HEAD"]
    /// The most rules that S3 takes.
    public static let maximumRuleCount = 100

    /// Everything for which S3 would refuse the document; empty when it would take it.
    public func problems() -> [CORSProblem] {
        let problems = Self.problems(ruleCount: self.rules.count)
        return problems.map { CORSProblem(path: $0.element, message: $0.message) }
            + self.rules.enumerated().flatMap { index, rule in
                rule.problems().map { problem in
                    let item = problem.index.map { "[\($0)]" } ?? ""
                    return CORSProblem(path: "CORSRules[\(index)].\(problem.element)\(item)", message: problem.message)
                }
            }
    }

    static func problems(ruleCount: Int) -> [CORSRule.Problem] {
        if ruleCount == 0 { return [CORSRule.Problem("CORSRules", "At least one rule is needed.")] }
        guard ruleCount > Self.maximumRuleCount else { return [] }
        return [CORSRule.Problem("CORSRules", "\(ruleCount) rules; S3 takes at most \(Self.maximumRuleCount).")]
    }
}

extension CORSRule {
    /// Why S3 would refuse an element, or one of its items.
    struct Problem {
        let element: String
        /// Which item of the element, from 0; nil for the element itself.
        let index: Int?
        let message: String

        init(_ element: String, item index: Int? = nil, _ message: String) {
            self.element = element
            self.index = index
            self.message = message
        }
    }

    /// The longest name of a rule, in characters.
    private static let maximumIDLength = 255

    func problems() -> [Problem] {
        self.originProblems() + self.methodProblems() + self.headerProblems() + self.otherProblems()
    }

    private func originProblems() -> [Problem] {
        let name = "AllowedOrigins"
        if self.allowedOrigins.isEmpty { return [Problem(name, "At least one origin is needed.")] }
        return self.allowedOrigins.enumerated().compactMap { index, origin in
            if origin.isEmpty { return Problem(name, item: index, "An origin is empty; write scheme://host[:port], or *.") }
            if !OneStarPattern.isValid(origin) {
                return Problem(name, item: index, "\"\(origin)\" has more than one *; S3 allows one per origin.")
            }
            if origin.utf8.last == UInt8(ascii: "/") {
                return Problem(name, item: index, "\"\(origin)\" ends in /; a browser's Origin never does, so it would never match.")
            }
            return nil
        }
    }

    private func methodProblems() -> [Problem] {
        let name = "AllowedMethods"
        let allowed = CORSConfiguration.methods.joined(separator: ", ")
        if self.allowedMethods.isEmpty { return [Problem(name, "At least one method is needed; allowed are \(allowed).")] }
        return self.allowedMethods.enumerated().compactMap { index, method in
            if CORSConfiguration.methods.contains(method) { return nil }
            return Problem(name, item: index, "Unknown method \"\(method)\"; allowed are \(allowed) (S3 answers OPTIONS by itself).")
        }
    }

    private func headerProblems() -> [Problem] {
        let allowed = self.allowedHeaders.enumerated().compactMap { index, header -> Problem? in
            if header.isEmpty { return Problem("AllowedHeaders", item: index, "A header name is empty.") }
            if OneStarPattern.isValid(header) { return nil }
            return Problem("AllowedHeaders", item: index, "\"\(header)\" has more than one *; S3 allows one per header.")
        }
        let exposed = self.exposeHeaders.enumerated().compactMap { index, header -> Problem? in
            if header.isEmpty { return Problem("ExposeHeaders", item: index, "A header name is empty.") }
            if !header.utf8.contains(UInt8(ascii: "*")) { return nil }
            return Problem("ExposeHeaders", item: index, "\"\(header)\" has a *; S3 wants every exposed header named.")
        }
        return allowed + exposed
    }

    private func otherProblems() -> [Problem] {
        var found: [Problem] = []
        if let maxAgeSeconds, maxAgeSeconds < 0 {
            found.append(Problem("MaxAgeSeconds", "\(maxAgeSeconds) is negative; write 0 or more seconds."))
        }
        if let length = id?.unicodeScalars.count, length > Self.maximumIDLength {
            found.append(Problem("ID", "\(length) characters; S3 takes at most \(Self.maximumIDLength)."))
        }
        return found
    }
}
