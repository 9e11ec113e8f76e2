import S3Signing
import SigV4

/// What `inspect` found out, to be printed for people or programs.
struct InspectReport {
    /// Something that the signature covers; nil where the text does not tell the value.
    struct Bound {
        let name: String
        let value: String?
    }

    enum Verification {
        case verified(String)
        case failed(String)
        /// Why it could not be tried.
        case unknown(String)
    }

    enum Kind: String { case url, form, policy }

    let kind: Kind
    var method: S3Method?
    var accessKeyID: String?
    var isTemporary = false
    var bucket: String?
    var key: String?
    var region: String?
    var host: String?
    var style: AddressingStyle?
    /// How the bucket was read off the URL, when that is a guess.
    var placeRemark: String?
    var signedAt: SigningTime?
    var lifetimeSeconds: Int64?
    var expiresAt: SigningTime?
    var now: SigningTime
    var bound: [Bound] = []
    var unbound: [UnboundNote] = []
    /// Conditions under which the list of what is unbound holds, such as `if it was signed for PUT`.
    var unboundRemark: String?
    /// What S3 will refuse, whoever asks.
    var problems: [String] = []
    var signature: String?
    var verification = Verification.unknown("no credentials were looked for")

    var isExpired: Bool { expiresAt.map { $0 <= now } ?? false }

    /// Whether S3 would say "no" now, as far as this can be told here.
    var isRefused: Bool {
        if case .failed = verification { return true }
        return isExpired || !problems.isEmpty
    }

    // MARK: Text

    func text(_ context: CommandContext) -> String {
        var lines: [String] = []
        func add(_ label: String, _ values: [String]) {
            for (index, value) in values.enumerated() {
                let head = index == 0 ? label : ""
                lines.append(head + String(repeating: " ", count: max(1, 12 - head.count)) + value)
            }
        }
        add("what", [what])
        add("who", [who])
        add("where", place)
        add("when", [when])
        add("bound", bound.map(Self.line))
        add("not bound", unboundLines(context))
        add("problem", problems.map { context.paintOutput(Quoting.terminal($0), .red) })
        add("signature", [signatureLine(context)])
        return lines.joined(separator: "\n")
    }

    private var what: String {
        switch kind {
        case .url: "a presigned URL" + (method.map { " for \($0.rawValue)" } ?? "; which method it is for cannot be seen")
        case .form: "a signed form for POST"
        case .policy: "a POST policy without its form"
        }
    }

    private var who: String {
        guard let accessKeyID else { return "not told" }
        let kind = isTemporary ? "temporary credentials: the URL ends with them, whatever its own time" : "long-term credentials"
        return "access key \(Quoting.terminal(accessKeyID)) (\(kind))"
    }

    private var place: [String] {
        var lines = ["bucket \(bucket.map(Quoting.terminal) ?? "not told")"]
        lines.append(key.map { "key \(Quoting.terminal($0))" } ?? "no key: the bucket itself")
        if let region { lines.append("region \(Quoting.terminal(region))") }
        if let host {
            let style = style.map { $0 == .path ? ", bucket in the path" : ", bucket in the host" } ?? ""
            lines.append("host \(Quoting.terminal(host))\(style)\(placeRemark.map { " (\($0))" } ?? "")")
        }
        return lines
    }

    private var when: String {
        guard let expiresAt else { return "not told" }
        let signed = signedAt.map { "signed \($0.iso8601), " } ?? ""
        let life = lifetimeSeconds.map { "for \(DurationText.readable($0)), " } ?? ""
        let distance = expiresAt.secondsSinceEpoch - now.secondsSinceEpoch
        let state = isExpired ? "expired \(DurationText.readable(-distance)) ago" : "\(DurationText.readable(distance)) left"
        return "\(signed)\(life)until \(expiresAt.iso8601): \(state)"
    }

    private static func line(_ bound: Bound) -> String {
        let name = Quoting.terminal(bound.name)
        return bound.value.map { "\(name): \(Quoting.terminal($0))" } ?? "\(name) (value not in the URL; give it with --header)"
    }

    private func unboundLines(_ context: CommandContext) -> [String] {
        guard !unbound.isEmpty else { return [] }
        return (unboundRemark.map { ["\($0):"] } ?? []) + unbound.map { context.paintOutput($0.consequence, .yellow) }
    }

    private func signatureLine(_ context: CommandContext) -> String {
        let short = signature.map { Quoting.terminal(String($0.prefix(8))) + "…: " } ?? ""
        switch verification {
        case .verified(let how): return short + context.paintOutput("verifies", .green) + " (\(Quoting.terminal(how)))"
        case .failed(let why): return short + context.paintOutput("does not verify", .red) + ": \(Quoting.terminal(why))"
        case .unknown(let why): return short + "not verified: \(Quoting.terminal(why))"
        }
    }

    // MARK: JSON

    var json: JSON {
        func text(_ value: String?) -> JSON { value.map(JSON.string) ?? .null }
        return .object([
            .init("kind", .string(kind.rawValue)), .init("method", text(method?.rawValue)),
            .init("accessKeyId", text(accessKeyID)), .init("temporary", .bool(isTemporary)),
            .init("bucket", text(bucket)), .init("key", text(key)), .init("region", text(region)),
            .init("host", text(host)), .init("style", text(style?.rawValue)),
            .init("signedAt", text(signedAt?.iso8601)), .init("expiresAt", text(expiresAt?.iso8601)), .init("expired", .bool(isExpired)),
            .init("bound", .array(bound.map { .object([.init("name", .string($0.name)), .init("value", text($0.value))]) })),
            .init(
                "unbound",
                .array(unbound.map { .object([.init("code", .string($0.code)), .init("consequence", .string($0.consequence))]) })),
            .init("problems", .array(problems.map(JSON.string))),
            .init("signature", signatureJSON),
        ])
    }

    private var signatureJSON: JSON {
        let (status, detail) =
            switch verification {
            case .verified(let how): ("verified", how)
            case .failed(let why): ("failed", why)
            case .unknown(let why): ("unknown", why)
            }
        return .object([.init("status", .string(status)), .init("detail", .string(detail))])
    }
}
