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
        var found: [CORSProblem] = []
        if self.rules.isEmpty {
            found.append(CORSProblem(path: "CORSRules", message: "At least one rule is needed."))
        }
        if self.rules.count > Self.maximumRuleCount {
            let message = "\(self.rules.count) rules; S3 takes at most \(Self.maximumRuleCount)."
            found.append(CORSProblem(path: "CORSRules", message: message))
        }
        for (index, rule) in self.rules.enumerated() {
            found += rule.problems(at: "CORSRules[\(index)]")
        }
        return found
    }
}

extension CORSRule {
    /// The longest name of a rule, in characters.
    static let maximumIDLength = 255

    func problems(at path: String) -> [CORSProblem] {
        self.originProblems(at: path) + self.methodProblems(at: path) + self.headerProblems(at: path) + self.otherProblems(at: path)
    }

    private func originProblems(at path: String) -> [CORSProblem] {
        if self.allowedOrigins.isEmpty {
            return [CORSProblem(path: "\(path).AllowedOrigins", message: "At least one origin is needed.")]
        }
        return self.allowedOrigins.enumerated().compactMap { index, origin in
            let place = "\(path).AllowedOrigins[\(index)]"
            if origin.isEmpty {
                return CORSProblem(path: place, message: "An origin is empty; write scheme://host[:port], or *.")
            }
            if !OneStarPattern.isValid(origin) {
                return CORSProblem(path: place, message: "\"\(origin)\" has more than one *; S3 allows one per origin.")
            }
            if origin.utf8.last == UInt8(ascii: "/") {
                return CORSProblem(path: place, message: "\"\(origin)\" ends in /; a browser's Origin never does, so it would never match.")
            }
            return nil
        }
    }

    private func methodProblems(at path: String) -> [CORSProblem] {
        let allowed = CORSConfiguration.methods
        if self.allowedMethods.isEmpty {
            let message = "At least one method is needed; allowed are \(allowed.joined(separator: ", "))."
            return [CORSProblem(path: "\(path).AllowedMethods", message: message)]
        }
        return self.allowedMethods.enumerated().compactMap { index, method in
            if allowed.contains(method) { return nil }
            let message = "Unknown method \"\(method)\"; allowed are \(allowed.joined(separator: ", ")) (S3 answers OPTIONS by itself)."
            return CORSProblem(path: "\(path).AllowedMethods[\(index)]", message: message)
        }
    }

    private func headerProblems(at path: String) -> [CORSProblem] {
        let allowed = self.allowedHeaders.enumerated().compactMap { index, header -> CORSProblem? in
            let place = "\(path).AllowedHeaders[\(index)]"
            if header.isEmpty { return CORSProblem(path: place, message: "A header name is empty.") }
            if OneStarPattern.isValid(header) { return nil }
            return CORSProblem(path: place, message: "\"\(header)\" has more than one *; S3 allows one per header.")
        }
        let exposed = self.exposeHeaders.enumerated().compactMap { index, header -> CORSProblem? in
            let place = "\(path).ExposeHeaders[\(index)]"
            if header.isEmpty { return CORSProblem(path: place, message: "A header name is empty.") }
            if !header.utf8.contains(UInt8(ascii: "*")) { return nil }
            return CORSProblem(path: place, message: "\"\(header)\" has a *; S3 wants every exposed header named.")
        }
        return allowed + exposed
    }

    private func otherProblems(at path: String) -> [CORSProblem] {
        var found: [CORSProblem] = []
        if let maxAgeSeconds, maxAgeSeconds < 0 {
            found.append(CORSProblem(path: "\(path).MaxAgeSeconds", message: "\(maxAgeSeconds) is negative; write 0 or more seconds."))
        }
        if let id, id.count > Self.maximumIDLength {
            let message = "\(id.count) characters; S3 takes at most \(Self.maximumIDLength)."
            found.append(CORSProblem(path: "\(path).ID", message: message))
        }
        return found
    }
}
