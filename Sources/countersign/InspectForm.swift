import Libcrypto
import S3Signing
import Settings
import SigV4

/// Explains one signed form, or a policy alone.
struct FormInspection {
    let form: InspectedForm
    let endpoint: String?
    let found: Result<FoundCredentials, CommandFailure>
    let now: SigningTime

    private static let signatureFields: Set<String> = [
        "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-security-token", "x-amz-signature", "policy",
    ]

    func report() -> InspectReport {
        var report = InspectReport(kind: form.url == nil && form.fields.count == 1 ? .policy : .form, now: now)
        report.method = .post
        describeSigner(&report)
        describePlace(&report)
        report.expiresAt = form.expiration
        report.bound = bound
        report.unbound = unbound
        report.problems = report.kind == .policy ? [] : problems
        report.verification = verify()
        return report
    }

    private var credential: (id: String, scope: CredentialScope)? {
        guard let text = form.field("x-amz-credential") ?? form.fixedValue("x-amz-credential") else { return nil }
        return try? PresentedSignature.credential(text, field: "x-amz-credential")
    }

    private var signedAt: SigningTime? {
        (form.field("x-amz-date") ?? form.fixedValue("x-amz-date")).flatMap(SigningTime.init(iso8601Basic:))
    }

    private func describeSigner(_ report: inout InspectReport) {
        report.accessKeyID = credential?.id
        report.region = credential?.scope.region
        report.isTemporary =
            form.field("x-amz-security-token") ?? form.fixedValue("x-amz-security-token") != nil || credential?.id.hasPrefix("ASIA") == true
        report.signedAt = signedAt
        report.signature = form.field("x-amz-signature")
    }

    private func describePlace(_ report: inout InspectReport) {
        report.bucket = form.fixedValue("bucket")
        report.key = form.field("key") ?? form.fixedValue("key")
        guard let url = form.url, let (host, path) = Self.hostAndPath(url) else { return }
        let place = InspectedPlace(host: host, rawPath: path, endpoint: endpoint)
        report.host = host
        report.style = place.style
        report.placeRemark = place.remark
        report.bucket = place.bucket ?? report.bucket
    }

    private static func hostAndPath(_ url: String) -> (String, String)? {
        guard let start = url.firstRange(of: "://") else { return nil }
        let rest = url[start.upperBound...]
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        return (String(rest[..<slash]), slash == rest.endIndex ? "/" : String(rest[slash...]))
    }

    private var bound: [InspectReport.Bound] {
        form.conditions.compactMap { condition in
            switch condition {
            case .equals(let field, _) where Self.signatureFields.contains(field.lowercased()): nil
            case .equals(let field, let value): .init(name: field, value: value)
            case .startsWith(let field, let prefix):
                .init(name: field, value: prefix.isEmpty ? "anything, but it must be there" : "anything that starts with \(prefix)")
            case .size(let range):
                .init(name: "size", value: "\(SizeArgument.readable(range.lowerBound)) to \(SizeArgument.readable(range.upperBound))")
            }
        }
    }

    private var unbound: [UnboundNote] {
        var notes: [UnboundNote] = []
        if form.sizeRange == nil { notes.append(.unlimitedSize("--max-size", holder: "this form")) }
        if !names("content-type") { notes.append(.anyType("--content-type")) }
        if form.conditions.contains(.startsWith(field: "key", prefix: "")) { notes.append(.anyKey) }
        notes.append(.repeatedForm)
        return notes
    }

    private func names(_ field: String) -> Bool {
        form.conditions.contains { condition in
            switch condition {
            case .equals(let name, _), .startsWith(let name, _): HeaderRules.isSame(name, field)
            case .size: false
            }
        }
    }

    /// What S3 would answer "Policy Condition failed" or "Extra input fields" to.
    private var problems: [String] {
        var problems: [String] = []
        for name in ["key", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"] where form.field(name) == nil {
            problems.append("the field \(name) is missing")
        }
        for field in form.fields {
            let name = HeaderRules.lowercased(field.name)
            if name != "policy", name != "x-amz-signature", name != "file", !HeaderRules.hasPrefix(name, "x-ignore-"), !names(name) {
                problems.append("the field \(field.name) has no condition: S3 refuses it as an extra input field")
            }
        }
        return problems + form.conditions.compactMap(failure)
    }

    private func failure(_ condition: InspectedForm.Condition) -> String? {
        switch condition {
        case .size: return nil
        case .equals(let field, let value):
            if HeaderRules.isSame(field, "bucket") { return nil }
            guard let sent = form.field(field) else { return "the policy demands the field \(field), which the form lacks" }
            guard !sent.utf8.elementsEqual(value.utf8) else { return nil }
            return Self.signatureFields.contains(field.lowercased())
                ? "the field \(field) is not what the policy demands"
                : "the field \(field) is \"\(sent)\", but the policy demands \"\(value)\""
        case .startsWith(let field, let prefix):
            guard let sent = form.field(field) else { return nil }
            return sent.utf8.starts(with: prefix.utf8)
                ? nil : "the field \(field) is \"\(sent)\", but the policy demands that it starts with \"\(prefix)\""
        }
    }

    // MARK: Signature

    private func verify() -> InspectReport.Verification {
        guard let signature = form.field("x-amz-signature") else { return .unknown("there is no signature, only the policy") }
        guard let credential, let signedAt else { return .unknown("x-amz-credential or x-amz-date is missing or malformed") }
        let source: FoundCredentials
        switch found {
        case .success(let credentials): source = credentials
        case .failure(let failure): return .unknown(failure.message)
        }
        guard source.credentials.accessKeyID == credential.id else {
            return .unknown("signed with another access key than \(source.credentials.accessKeyID), that of \(source.source)")
        }
        let secret = source.credentials.secretAccessKey
        func matches(_ policy: String, _ scope: CredentialScope) -> Bool {
            ConstantTime.equal(SigningKey(secretAccessKey: secret, scope: scope).sign(policy).hex, signature)
        }
        if matches(form.policyText, credential.scope) { return .verified("with \(source.source)") }
        let dated = CredentialScope(date: signedAt.dateStamp, region: credential.scope.region, service: "s3")
        if matches(form.policyText, dated) {
            return .failed("x-amz-credential differs: it was signed for the scope \(dated)")
        }
        if let bytes = Base64.decode(form.policyText), matches(String(decoding: bytes, as: UTF8.self), credential.scope) {
            return .failed("the policy's JSON was signed; S3 wants its base64 text signed")
        }
        return .failed(
            """
            either the policy or the scope was changed after signing, or the secret of \(credential.id) that signed it is not \
            the one in \(source.source)
            """)
    }
}
