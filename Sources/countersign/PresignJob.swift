import S3Signing
import SigV4
import Uploads

/// One `presign put|get|head|delete|part`: from the options to the printed result.
struct PresignJob {
    let method: S3Method
    let target: S3URL
    let request: RequestOptions
    let time: TimeOptions
    let location: LocationOptions
    var bindings: UploadBindingOptions?
    var headers: [Header] = []
    var part: (uploadID: String, number: Int)?

    func run() async throws {
        let context = CommandContext.current
        if target.key == nil, method != .get, method != .head {
            throw CommandFailure.wrongUse(
                "s3://\(Quoting.terminal(target.bucket)) names the whole bucket; name one object: s3://BUCKET/KEY.")
        }
        let setup = try await SigningSetup(bucket: target.bucket, options: location, context: context)
        let signedRequest = try presignRequest(setup)
        let output = try sign(signedRequest, with: setup, at: time.at ?? context.now())
        let text = try output.text(as: request.format)
        tell(output, setup: setup, context: context)
        setup.credentials.tellEnd(before: output.expiresAt, context: context)
        try context.say(text)
    }

    private func presignRequest(_ setup: SigningSetup) throws -> PresignRequest {
        var signed = try boundRequest(setup)
        signed.headers += bindings?.rule == nil ? request.signedHeaders : request.signedHeaders.filter { Self.metadataName($0) == nil }
        signed.query = request.queryItems
        if let part { signed.query += [QueryItem("partNumber", String(part.number)), QueryItem("uploadId", part.uploadID)] }
        return signed
    }

    private func boundRequest(_ setup: SigningSetup) throws -> PresignRequest {
        if let rule = bindings?.rule { return try ruleBinding(rule, setup: setup).presignRequest(expiresSeconds: time.expires) }
        return try Self.told { () throws(SigningError) in
            PresignRequest(
                method: method, key: try target.key.map { key throws(SigningError) in try ObjectKey(key) },
                expiresSeconds: time.expiresSeconds, headers: (bindings?.headers ?? []) + headers)
        }
    }

    private func ruleBinding(_ rule: String, setup: SigningSetup) throws -> RuleBinding {
        let metadata = request.signedHeaders.compactMap { header in Self.metadataName(header).map { ($0, header.value) } }
        return try RuleBinding(
            rule: rule, setup: setup, key: target.key ?? "", contentType: bindings?.contentType, size: bindings?.contentLength,
            sha256: bindings?.sha256, once: bindings?.once ?? false, metadata: Dictionary(metadata) { $1 })
    }

    /// User metadata among the headers is the rule's to allow.
    static func metadataName(_ header: Header) -> String? {
        let prefix = "x-amz-meta-"
        return header.name.lowercased().hasPrefix(prefix) ? String(header.name.dropFirst(prefix.count)) : nil
    }

    private func sign(_ request: PresignRequest, with setup: SigningSetup, at time: SigningTime) throws -> SignedOutput {
        let signer = S3Signer(credentials: setup.credentials.credentials, location: setup.location)
        return try Self.told { () throws(SigningError) in
            let presigned = try signer.presign(request, at: time)
            let stages = try signer.stages(of: request, at: time)
            return SignedOutput(
                method: presigned.method, url: presigned.url, headers: presigned.headers, key: request.key?.name,
                expiresAt: presigned.expiresAt, canonicalRequest: stages.canonicalRequest, stringToSign: stages.stringToSign)
        }
    }

    /// What the signer refuses is the caller's to change: exit code 2 with the signer's own words.
    static func told<Value>(_ body: () throws(SigningError) -> Value) throws(CommandFailure) -> Value {
        do { return try body() } catch { throw .wrongUse(Quoting.terminal(error.message)) }
    }

    /// Standard error: what must be sent with the URL, and what the signature leaves open.
    private func tell(_ output: SignedOutput, setup: SigningSetup, context: CommandContext) {
        if request.format == .url, !output.headers.isEmpty {
            let headers = output.headers.map { "\($0.name): \(Quoting.terminal($0.value))" }
            context.complain("send with it: " + headers.joined(separator: ", "))
        }
        if request.format == .fetch || request.format == .html, output.hasDotSegments {
            context.complain(
                context.paint("warning:", .yellow) + " a browser collapses . and .. in a URL, so this signature fails there; rename the key"
            )
        }
        guard bindings?.rule == nil else { return }
        let signed = Set(output.headers.map { $0.name.lowercased() })
        UnboundNote.tell(
            UnboundNote.of(method: method, isPart: part != nil, signedHeaders: signed), setup: setup,
            context: context)
    }
}

extension UnboundNote {
    /// On standard error, one line each.
    static func tell(_ notes: [UnboundNote], setup: SigningSetup, context: CommandContext) {
        for note in notes { context.complain("\(context.paint("unbound:", .yellow)) \(note.line)") }
        if let environment = setup.environment, notes.contains(where: { $0.remedy != nil }) {
            let rules = environment.rules.map(\.name).joined(separator: ", ")
            context.complain("or bind it all at once with a rule of \(environment.name): --rule NAME (\(rules))")
        }
    }
}
