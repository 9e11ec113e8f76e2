internal import Libcrypto
public import SigV4

extension S3Verifier {
    /// Verifies a form post, in S3's order: required fields, signature, policy, expiry and conditions.
    public func verify(_ form: ReceivedForm, at now: SigningTime) throws(S3Error) -> VerifiedForm {
        let fields = FormFields(form)
        guard let keyName = fields["key"] else { throw .missingField("key") }
        let signed = try SignedFields(fields)
        try check(signed.scope, at: signed.time) { message, region in
            S3Verifier.queryError("Error parsing the X-Amz-Credential parameter; \(message)", region: region)
        }
        let credentials = try known(signed.accessKeyID)
        try check(tokens: fields["x-amz-security-token"].map { [$0] } ?? [], of: credentials)
        let key = keys.key(for: credentials, at: signed.time, region: region, service: "s3")
        guard ConstantTime.equal(key.sign(signed.policy).hex, signed.signature) else {
            throw .signatureDoesNotMatch([
                Header("AWSAccessKeyId", signed.accessKeyID), Header("StringToSign", signed.policy),
                Header("SignatureProvided", signed.signature),
            ])
        }

        let policy = try ReceivedPolicy(base64: signed.policy)
        guard now < policy.expiration else { throw .policyDenies("Policy expired.") }
        for condition in policy.conditions where !condition.holds(for: fields, bucket: form.bucket) {
            throw .policyDenies("Policy Condition failed: \(condition.text)")
        }
        // The bucket that the URL names counts as a field: a policy without a condition on it would be good for every bucket.
        let extra = (fields.names + (fields["bucket"] == nil ? ["bucket"] : [])).filter { !PostPolicy.isExempt($0) && !policy.names($0) }
        guard extra.isEmpty else { throw .policyDenies("Extra input fields: \(extra.joined(separator: ", "))") }
        return VerifiedForm(
            accessKeyID: signed.accessKeyID, key: try S3Verifier.objectKey(keyName), fields: fields.content,
            contentLengthRange: policy.contentLengthRange)
    }

    private static func objectKey(_ name: String) throws(S3Error) -> ObjectKey {
        do { return try ObjectKey(name) } catch {
            guard error.code == .keyTooLong else {
                throw .invalidArgument("User key must have a length greater than 0.", name: "key", value: "")
            }
            throw S3Error(
                code: "KeyTooLongError", status: 400, message: "Your key is too long",
                details: [Header("Size", "\(name.utf8.count)"), Header("MaxSizeAllowed", "1024")])
        }
    }
}

extension S3Error {
    fileprivate static func missingField(_ name: String) -> S3Error {
        .invalidArgument(
            "Bucket POST must contain a field named '\(name)'.  If it is specified, please check the order of the fields.", name: name,
            value: "")
    }
}

/// A form's fields by lower-case name, those of one name joined with commas, `${filename}` expanded.
///
/// Names and values are bytes to S3, while Swift's texts are equal when they only look the same; hence the keys.
struct FormFields {
    private(set) var names: [String] = []
    private var values: [[UInt8]: String] = [:]

    init(_ form: ReceivedForm) {
        let filename = form.filename.map { name in
            let parts = name.utf8.split(omittingEmptySubsequences: false) { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }
            return parts.last.map { String(Substring($0)) } ?? ""
        }
        for field in form.fields {
            let name = HeaderRules.lowercased(field.name)
            // Without a filename parameter S3 leaves the variable as it stands (observed).
            let value = filename.map { FilenameVariable.expand(field.value, to: $0) } ?? field.value
            if let earlier = values[Array(name.utf8)] {
                values[Array(name.utf8)] = "\(earlier),\(value)"
            } else {
                names.append(name)
                values[Array(name.utf8)] = value
            }
        }
    }

    subscript(_ name: String) -> String? { values[Array(name.utf8)] }

    /// The fields that describe the object.
    var content: [Header] {
        let signing: Set<String> = [
            "policy", "x-amz-signature", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-security-token", "bucket", "file",
        ]
        return names.filter { !signing.contains($0) }.map { Header($0, self[$0] ?? "") }
    }
}

/// The variable that S3 expands in a form's fields.
enum FilenameVariable {
    private static let text = Array("${filename}".utf8)

    static func isIn(_ value: String) -> Bool {
        value.utf8.firstRange(of: text) != nil
    }

    static func expand(_ value: String, to filename: String) -> String {
        String(decoding: Array(value.utf8).replacing(text, with: Array(filename.utf8)), as: UTF8.self)
    }
}

/// The fields that carry a form's signature.
private struct SignedFields {
    let policy: String
    let signature: String
    let accessKeyID: String
    let scope: CredentialScope
    let time: SigningTime

    init(_ fields: FormFields) throws(S3Error) {
        let required = ["Policy", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature"]
        guard required.contains(where: { fields[$0.lowercased()] != nil }) else { throw .accessDenied() }
        var values: [String] = []
        for name in required {
            guard let value = fields[name.lowercased()] else { throw .missingField(name) }
            values.append(value)
        }
        guard values[1] == "AWS4-HMAC-SHA256" else {
            throw .invalidArgument("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"", name: "X-Amz-Algorithm", value: values[1])
        }
        do { (accessKeyID, scope) = try PresentedSignature.credential(values[2], field: "X-Amz-Credential") } catch {
            throw .invalidArgument(
                "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".", name: "X-Amz-Credential",
                value: values[2])
        }
        guard let time = SigningTime(iso8601Basic: values[3]) else {
            throw .invalidArgument(
                "X-Amz-Date must be formated via ISO8601 Long format \"yyyyMMdd'T'HHmmss'Z'\"", name: "X-Amz-Date", value: values[3])
        }
        policy = values[0]
        signature = values[4]
        self.time = time
    }
}

/// A policy document as S3 reads it.
struct ReceivedPolicy {
    struct Condition {
        enum Rule {
            case equals(String)
            case startsWith(String)
        }

        /// In lower case.
        let field: String
        let rule: Rule
        /// As S3 prints it in a refusal.
        var text: String {
            switch rule {
            case .equals(let value): "[\"eq\", \"$\(field)\", \"\(value)\"]"
            case .startsWith(let prefix): "[\"starts-with\", \"$\(field)\", \"\(prefix)\"]"
            }
        }

        /// A condition on a field that was not sent fails, `starts-with ""` too (observed).
        func holds(for fields: FormFields, bucket: String) -> Bool {
            guard let value = field == "bucket" ? bucket : fields[field] else { return false }
            switch rule {
            case .equals(let expected): return value.utf8.elementsEqual(expected.utf8)
            case .startsWith(let prefix):
                guard PostPolicy.takesPrefix(field) else { return false }
                guard field == "content-type" else { return value.utf8.starts(with: prefix.utf8) }
                let items = value.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
                return items.allSatisfy { $0.starts(with: prefix.utf8) }
            }
        }
    }

    let expiration: SigningTime
    private(set) var conditions: [Condition] = []
    private(set) var contentLengthRange: ClosedRange<Int64>?

    init(base64 text: String) throws(S3Error) {
        guard let bytes = Base64.decode(text) else { throw .invalidPolicy("Invalid Base64 Encoding.") }
        let document: JSON
        do { document = try JSONParser.parse(bytes[...], takesPolicyEscapes: true) } catch { throw .invalidPolicy("Invalid JSON.") }
        guard case .object(let members) = document else { throw .invalidPolicy("Invalid JSON.") }
        guard let expiration = members.first(where: { $0.name == "expiration" })?.value else {
            throw .invalidPolicy("Policy missing expiration.")
        }
        guard case .string(let text) = expiration, let time = SigningTime(iso8601: text) else {
            throw .invalidPolicy("Invalid 'expiration' value.")
        }
        guard case .array(let conditions)? = members.first(where: { $0.name == "conditions" })?.value else {
            throw .invalidPolicy("Policy missing conditions.")
        }
        self.expiration = time
        for condition in conditions { try add(condition) }
    }

    /// Whether a condition names a field, given in lower case.
    func names(_ field: String) -> Bool {
        conditions.contains { $0.field.utf8.elementsEqual(field.utf8) }
    }

    private mutating func add(_ condition: JSON) throws(S3Error) {
        switch condition {
        case .object(let members):
            guard members.count == 1, case .string(let value) = members[0].value else {
                throw .invalidPolicy("Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.")
            }
            conditions.append(Condition(field: HeaderRules.lowercased(members[0].name), rule: .equals(value)))
        case .array(let parts):
            guard parts.count == 3, case .string(let rule) = parts[0] else { throw .invalidPolicy("Invalid Condition.") }
            if rule == "content-length-range" { return try narrow(parts[1], parts[2]) }
            guard case .string(let field) = parts[1], field.first == "$", case .string(let value) = parts[2] else {
                throw .invalidPolicy("Invalid Condition: the field needs a leading $ and the value is a string.")
            }
            guard rule == "eq" || rule == "starts-with" else { throw .invalidPolicy("Invalid Condition: unknown operation '\(rule)'.") }
            let name = HeaderRules.lowercased(String(field.dropFirst()))
            conditions.append(Condition(field: name, rule: rule == "eq" ? .equals(value) : .startsWith(value)))
        default: throw .invalidPolicy("Invalid Condition.")
        }
    }

    private mutating func narrow(_ lower: JSON, _ upper: JSON) throws(S3Error) {
        guard let lower = ReceivedPolicy.size(lower), let upper = ReceivedPolicy.size(upper), lower <= upper else {
            throw .invalidPolicy("Invalid content-length-range.")
        }
        guard let range = contentLengthRange else {
            contentLengthRange = lower...upper
            return
        }
        guard range.overlaps(lower...upper) else { throw .invalidPolicy("Invalid content-length-range.") }
        contentLengthRange = range.clamped(to: lower...upper)
    }

    private static func size(_ value: JSON) -> Int64? {
        switch value {
        case .integer(let size): size >= 0 ? size : nil
        case .string(let text): Int64(text).flatMap { $0 >= 0 ? $0 : nil }
        default: nil
        }
    }
}
