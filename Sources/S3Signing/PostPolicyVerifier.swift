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
        guard key.sign(signed.policy).isSame(asHex: signed.signature) else {
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
        var extra: [String] = []
        for field in fields.all where !policy.names(field.name) && !PostPolicy.isExempt(field.name) { extra.append(field.name) }
        if fields["bucket"] == nil, !policy.names("bucket") { extra.append("bucket") }
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
/// Names and values are bytes to S3, while Swift's texts are equal when they only look the same.
struct FormFields {
    /// In the order in which each name came first.
    private(set) var all: [Header] = []

    init(_ form: ReceivedForm) {
        let filename = form.filename.map(FormFields.lastComponent)
        all.reserveCapacity(form.fields.count)
        for field in form.fields {
            let name = HeaderRules.lowercased(field.name)
            // Without a filename parameter S3 leaves the variable as it stands (observed).
            let value = filename.map { FilenameVariable.expand(field.value, to: $0) } ?? field.value
            if let index = index(of: name) { all[index].value += ",\(value)" } else { all.append(Header(name, value)) }
        }
    }

    /// The part after the last `/` or `\`.
    private static func lastComponent(of filename: String) -> String {
        let separator = filename.utf8.lastIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }
        return separator.map { String(filename[filename.utf8.index(after: $0)...]) } ?? filename
    }

    /// Where a name stands, given in lower case.
    private func index(of name: String) -> Int? {
        let fields = all.span
        for index in fields.indices where HeaderRules.isIdentical(fields[index].name, name) { return index }
        return nil
    }

    subscript(_ name: String) -> String? { index(of: name).map { all[$0].value } }

    /// The fields that describe the object.
    var content: [Header] {
        all.filter { !FormFields.isPartOfSignature($0.name) }
    }

    private static func isPartOfSignature(_ name: String) -> Bool {
        switch name {
        case "policy", "x-amz-signature", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-security-token", "bucket", "file":
            true
        default: false
        }
    }
}

/// The variable that S3 expands in a form's fields.
enum FilenameVariable {
    private static let text: StaticString = "${filename}"

    static func isIn(_ value: String) -> Bool {
        holdsDollar(value) && start(in: Array(value.utf8), from: 0) != nil
    }

    static func expand(_ value: String, to filename: String) -> String {
        guard holdsDollar(value) else { return value }
        let bytes = Array(value.utf8)
        var expanded: [UInt8] = []
        var position = 0
        while let found = start(in: bytes, from: position) {
            expanded += bytes[position..<found]
            expanded += filename.utf8
            position = found + text.utf8CodeUnitCount
        }
        return String(decoding: expanded + bytes[position...], as: UTF8.self)
    }

    private static func holdsDollar(_ value: String) -> Bool {
        HeaderRules.holdsAny(value) { $0 == UInt8(ascii: "$") }
    }

    /// Where the variable stands next, by bytes.
    private static func start(in bytes: [UInt8], from position: Int) -> Int? {
        let name = unsafe UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        guard position + name.count <= bytes.count else { return nil }
        return (position...(bytes.count - name.count)).first { unsafe bytes[$0..<($0 + name.count)].elementsEqual(name) }
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
        let values = SignedFields.names.map { fields[$0.field] }
        guard values.contains(where: { $0 != nil }) else { throw .accessDenied() }
        for (name, value) in zip(SignedFields.names, values) where value == nil { throw .missingField(name.shown) }
        let (policy, algorithm, credential) = (values[0] ?? "", values[1] ?? "", values[2] ?? "")
        let (date, signature) = (values[3] ?? "", values[4] ?? "")
        guard algorithm == "AWS4-HMAC-SHA256" else {
            throw .invalidArgument("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"", name: "X-Amz-Algorithm", value: algorithm)
        }
        do { (accessKeyID, scope) = try PresentedSignature.credential(credential, field: "X-Amz-Credential") } catch {
            throw .invalidArgument(
                "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".", name: "X-Amz-Credential",
                value: credential)
        }
        guard let time = SigningTime(iso8601Basic: date) else {
            throw .invalidArgument(
                "X-Amz-Date must be formated via ISO8601 Long format \"yyyyMMdd'T'HHmmss'Z'\"", name: "X-Amz-Date", value: date)
        }
        self.policy = policy
        self.signature = signature
        self.time = time
    }

    /// The fields that a signature needs, as they are looked up and as S3 names them.
    private static let names = [
        (field: "policy", shown: "Policy"),
        (field: "x-amz-algorithm", shown: "X-Amz-Algorithm"),
        (field: "x-amz-credential", shown: "X-Amz-Credential"),
        (field: "x-amz-date", shown: "X-Amz-Date"),
        (field: "x-amz-signature", shown: "X-Amz-Signature"),
    ]
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
            case .equals(let expected): return HeaderRules.isIdentical(value, expected)
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
        self.conditions.reserveCapacity(conditions.count)
        for condition in conditions { try add(condition) }
    }

    /// Whether a condition names a field, given in lower case.
    func names(_ field: String) -> Bool {
        let conditions = conditions.span
        for index in conditions.indices where HeaderRules.isIdentical(conditions[index].field, field) { return true }
        return false
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
