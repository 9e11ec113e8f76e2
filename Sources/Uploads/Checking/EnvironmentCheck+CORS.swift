internal import S3Policy
internal import SigV4

extension EnvironmentCheck {
    /// Request headers that a browser may send without asking (Fetch, "CORS-safelisted request-header").
    private static let safelisted = ["accept", "accept-language", "content-language", "range"]
    /// Headers of uploads beside `x-amz-*`.
    private static let uploadHeaders = [
        "content-type", "content-length", "content-md5", "content-disposition", "content-encoding", "cache-control", "expires", "if-match",
        "if-none-match",
    ]

    func corsFindings(_ tickets: [Specimen]) -> [EnvironmentFinding] {
        guard let cors, let corsRoot, let rules = corsRoot["CORSRules"], !self.environment.allowedOrigins.isEmpty else { return [] }
        return self.refusals(tickets.filter(\.isNeeded), cors, at: rules.range) + self.hiddenETag(tickets, cors, rules)
            + self.width(tickets, cors, rules)
    }

    /// Origins that a pattern stands for.
    private func examples(of pattern: OriginPattern) -> [String] {
        pattern.text.contains("*")
            ? ["1", "42-feature", "a"].map {
                pattern.text.split(separator: "*", maxSplits: 1, omittingEmptySubsequences: false).joined(separator: $0)
            } : [pattern.text]
    }

    private func refusals(_ tickets: [Specimen], _ cors: CORSConfiguration, at place: Range<Int>) -> [EnvironmentFinding] {
        var findings: [EnvironmentFinding] = []
        for ticket in tickets {
            let headers = ticket.headers.map(\.name).filter { !Self.safelisted.contains($0) }
            for origin in self.environment.allowedOrigins {
                let isTold = findings.contains { $0.rule == ticket.rule.name && $0.finding.message.contains(" \(origin.text) ") }
                guard !isTold,
                    let refused = self.examples(of: origin).first(where: {
                        cors.match(origin: $0, method: ticket.request.method, headers: headers) == nil
                    })
                else { continue }
                let what = self.missing(origin: refused, ticket, headers: headers, cors)
                let message =
                    "A page of \(origin.text) gets tickets of the rule \(ticket.rule.name), and its browser is not let through: \(what)."
                findings.append(EnvironmentFinding(.cors, Finding(.corsRefusesTicket, message, at: place), rule: ticket.rule.name))
            }
        }
        return findings
    }

    /// What to add so that one CORS rule allows all of it.
    private func missing(origin: String, _ ticket: Specimen, headers: [String], _ cors: CORSConfiguration) -> String {
        let method = ticket.request.method
        let forOrigin = cors.rules.filter { $0.allows(origin: origin) }
        if forOrigin.isEmpty { return "no rule has its origin; add it to AllowedOrigins" }
        let forMethod = forOrigin.filter { $0.allows(method: method) }
        if forMethod.isEmpty { return "its rule does not have \(method); add it to AllowedMethods" }
        let unknown = headers.filter { header in !forMethod.contains { $0.allows(header: header) } }
        return "AllowedHeaders lacks \(unknown.isEmpty ? "some of " + headers.joined(separator: ", ") : unknown.joined(separator: ", "))"
    }

    private func hiddenETag(_ tickets: [Specimen], _ cors: CORSConfiguration, _ rules: JSONNode) -> [EnvironmentFinding] {
        cors.rules.indices.compactMap { index in
            let rule = cors.rules[index]
            let isForUploads = tickets.contains { rule.allows(method: $0.request.method) }
            guard isForUploads, !rule.exposeHeaders.contains(where: { $0.lowercased() == "etag" }) else { return nil }
            let node = rules.array?[index]
            let message = "Pages cannot read the ETag of what they uploaded, which multipart uploads need; add it to ExposeHeaders."
            return EnvironmentFinding(.cors, Finding(.corsHidesETag, message, at: (node?["ExposeHeaders"] ?? node ?? rules).range))
        }
    }

    /// Everything that the rules let in and no ticket uses. Reading is everybody's business: GET and HEAD are not looked at.
    private func width(_ tickets: [Specimen], _ cors: CORSConfiguration, _ rules: JSONNode) -> [EnvironmentFinding] {
        var findings: [EnvironmentFinding] = []
        for (index, rule) in cors.rules.enumerated() {
            guard let node = rules.array?[index] else { continue }
            func tell(_ message: String, _ list: String, _ item: Int) {
                let place = (node[list]?.array?[item] ?? node).range
                findings.append(EnvironmentFinding(.cors, Finding(.corsTooWide, message, at: place)))
            }
            for (item, method) in rule.allowedMethods.enumerated() where !["GET", "HEAD"].contains(method) {
                guard !tickets.contains(where: { $0.request.method == method }) else { continue }
                tell("No ticket uses \(method); delete it.", "AllowedMethods", item)
            }
            guard rule.allowedMethods.contains(where: { !["GET", "HEAD"].contains($0) }) else { continue }
            for (item, origin) in rule.allowedOrigins.enumerated() where !self.isUsed(origin: origin, rule) {
                tell("No page of \(origin) gets tickets; name the origins of uploads.yaml.", "AllowedOrigins", item)
            }
            for (item, header) in rule.allowedHeaders.enumerated() where !Self.isUsed(header: header.lowercased()) {
                tell(
                    "No ticket has the header \(header); name those that tickets have, such as content-type and x-amz-*.", "AllowedHeaders",
                    item)
            }
        }
        return findings
    }

    /// Whether every origin that a CORS rule's pattern stands for may ask for tickets, as far as examples tell.
    private func isUsed(origin: String, _ rule: CORSRule) -> Bool {
        guard origin.contains("*") else { return self.environment.allows(origin: origin) }
        return self.environment.allowedOrigins.contains { $0.text == origin }
    }

    private static func isUsed(header: String) -> Bool {
        header.hasPrefix("x-amz-") || self.uploadHeaders.contains(header)
    }
}
