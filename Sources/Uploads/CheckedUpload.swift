internal import Libcrypto
public import S3Signing
public import SigV4

/// An upload request that its rule allows, with everything that a ticket binds except the key.
public struct CheckedUpload: Sendable {
    public let rule: UploadRule
    /// The rule's, or MULTIPART where the request asks for it.
    public let method: UploadMethod
    public let contentType: ContentType
    /// The sizes to bind, in bytes.
    ///
    /// One exact size whenever the request names one, with POST too: a range would let the same form carry another file. Only a request
    /// that cannot know its size gets the rule's range, by POST or in parts that the service completes.
    public let sizeBytes: ClosedRange<Int64>
    /// The file's SHA-256 where the request names it.
    let checksum: SHA256Digest?
    /// What the object is to be stored with, as headers in lower case; the form's fields are the same.
    let objectHeaders: [Header]

    /// The presigned PUT that binds all of this to a key.
    public func presignRequest(key: ObjectKey) -> PresignRequest {
        var headers = [Header("content-type", contentType.text), Header("content-length", String(sizeBytes.lowerBound))]
        if rule.once { headers.append(Header("if-none-match", "*")) }
        headers += objectHeaders + taggingHeaders()
        return PresignRequest(method: .put, key: key, expiresSeconds: rule.lifetimeSeconds, headers: headers)
    }

    /// The headers of CreateMultipartUpload that bind all of this but the size, which each part's request binds.
    ///
    /// - Parameter isConfirmed: whether who signs sends the file as well, so that nobody needs to ask whether it arrived.
    public func createHeaders(isConfirmed: Bool = false) -> [Header] {
        [Header("content-type", contentType.text)] + objectHeaders + taggingHeaders(isConfirmed: isConfirmed)
    }

    private func taggingHeaders(isConfirmed: Bool = false) -> [Header] {
        let tags = rule.uploadTags(isConfirmed: isConfirmed)
        return tags.isEmpty ? [] : [Header("x-amz-tagging", UploadRule.taggingHeader(of: tags))]
    }

    /// The POST policy that binds all of this to a key; S3 answers the form with 201 and the object's place.
    public func postPolicy(key: ObjectKey) -> PostPolicy {
        var fields = [Header("key", key.name), Header("content-type", contentType.text), Header("success_action_status", "201")]
        fields += objectHeaders
        if !rule.uploadTags.isEmpty { fields.append(Header("tagging", rule.taggingXML)) }
        return PostPolicy(
            expiresSeconds: rule.lifetimeSeconds, fields: fields, conditions: [.contentLengthRange(sizeBytes)])
    }
}

extension Environment {
    /// Checks an upload request against the rule that it names; everything in a `CheckedUpload` is safe to sign.
    ///
    /// - Parameter caller: Who asks; nil for somebody who may use all rules, such as who has the signer's keys at hand.
    public func check(_ request: UploadRequest, by caller: Caller? = nil) throws(Refusal) -> CheckedUpload {
        let rule = try rule(named: request.rule, for: caller)
        let method = try rule.checked(method: request.method)
        try Environment.check(filename: request.filename)
        let type = try rule.checked(type: request.type)
        let size = try rule.checked(size: request.size, method: method, largestRequestBytes: provider.largestRequestBytes)
        guard request.sha256 == nil || provider.features.checksums else {
            throw Refusal(.invalidChecksum, field: "sha256", "the store (\(provider.rawValue)) does not verify checksums; leave sha256 out")
        }
        guard request.sha256 == nil || method != .multipart else {
            throw Refusal(.invalidChecksum, field: "sha256", "no store verifies the SHA-256 of a file in parts; leave sha256 out")
        }
        let checksum = try rule.checked(sha256: request.sha256)
        var headers: [Header] = []
        if let checksum { headers.append(Header("x-amz-checksum-sha256", Base64.encode(checksum.bytes))) }
        if let md5 = request.md5 { headers.append(Header("content-md5", try Environment.checked(md5: md5, method: method))) }
        headers += rule.storageHeaders(filename: request.filename, type: type)
        headers += try rule.checked(metadata: request.metadata)
        // Where more headers may be sent than were signed, one that gives the file away must not be among them.
        if method != .post, !provider.features.refusesUnsignedHeaders { headers.append(Header("x-amz-acl", "private")) }
        return CheckedUpload(rule: rule, method: method, contentType: type, sizeBytes: size, checksum: checksum, objectHeaders: headers)
    }

    /// Whether a request is for an upload in parts; what it says may be wrong all the same.
    public func isMultipart(_ request: UploadRequest) -> Bool {
        guard let method = request.method else { return rule(named: request.rule)?.method == .multipart }
        return method == UploadMethod.multipart.rawValue && rule(named: request.rule)?.takes(.multipart) == true
    }

    /// The rule of that name, where the caller may use it; nil for somebody who may use all.
    public func rule(named name: String, for caller: Caller?) throws(Refusal) -> UploadRule {
        let mayUse = { (name: String) in caller?.mayUse(rule: name) ?? true }
        guard let rule = rule(named: name) else {
            let names = rules.map(\.name).filter(mayUse)
            throw Refusal(
                .unknownRule, field: "rule", "there is no upload rule \(quoted(name)); use one of \(names.joined(separator: ", "))")
        }
        guard mayUse(name) else {
            throw Refusal(.ruleNotAllowed, field: "rule", "this caller may not use the rule \(quoted(name))")
        }
        return rule
    }

    /// Stores verify Content-MD5 with a PUT (RFC 1864); forms have no field for it, and parts are not the file.
    private static func checked(md5 text: String, method: UploadMethod) throws(Refusal) -> String {
        guard method == .put else {
            throw Refusal(.invalidChecksum, field: "md5", "no store verifies the MD5 of a \(method.rawValue); leave it out")
        }
        guard let digest = Base64.decode(text), digest.count == DigestAlgorithm.md5.byteCount else {
            throw Refusal(.invalidChecksum, field: "md5", "give the MD5 as the base64 of its 16 bytes, 24 characters with the padding")
        }
        return Base64.encode(digest)
    }

    /// A name is only ever offered for saving, in a header of its own; so any script will do, but no control character.
    private static func check(filename: String) throws(Refusal) {
        guard (1...1024).contains(filename.utf8.count) else {
            throw Refusal(.invalidFilename, field: "filename", "give the file's name, in at most 1024 bytes")
        }
        guard filename.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }) else {
            throw Refusal(.invalidFilename, field: "filename", "the file's name holds a control character; leave it out")
        }
    }
}

// MARK: - One rule, one part of the request

extension UploadRule {
    fileprivate func checked(type text: String) throws(Refusal) -> ContentType {
        let type: ContentType
        do {
            type = try ContentType(text)
        } catch {
            throw Refusal(.invalidType, field: "type", error.message)
        }
        guard contentTypes.contains(where: { $0.allows(type) }) else {
            let allowed = contentTypes.map(\.text).joined(separator: ", ")
            let isInGroup = contentTypes.contains { $0.text == "\(type.topLevel)/*" }
            let reason = isInGroup ? " (of a group, well-known types that do not run in a browser)" : ""
            throw Refusal(.typeNotAllowed, field: "type", "the rule \(name) allows \(allowed)\(reason); this is \(quoted(type.text))")
        }
        return type
    }

    fileprivate func checked(method name: String?) throws(Refusal) -> UploadMethod {
        guard let name else { return method }
        guard let asked = UploadMethod(rawValue: name), takes(asked) else {
            let taken = UploadMethod.allCases.filter(takes).map(\.rawValue).joined(separator: " or ")
            throw Refusal(.methodNotAllowed, field: "method", "the rule \(self.name) takes \(taken); leave method out")
        }
        return asked
    }

    fileprivate func checked(
        size: Int64?, method: UploadMethod, largestRequestBytes: Int64
    ) throws(Refusal) -> ClosedRange<Int64> {
        guard let size else {
            guard method == .post || (method == .multipart && multipart == .assisted) else {
                throw Refusal(.sizeRequired, field: "size", "say the file's size in bytes: the ticket binds it")
            }
            let upper = method == .post ? min(sizeBytes.upperBound, largestRequestBytes) : sizeBytes.upperBound
            return sizeBytes.lowerBound...upper
        }
        guard method == .multipart || size <= largestRequestBytes else {
            let way = multipart == nil ? "" : "; ask with method MULTIPART"
            throw Refusal(
                .tooLarge, field: "size", "one \(method.rawValue) carries up to \(largestRequestBytes) bytes; this file has \(size)\(way)")
        }
        guard size >= 0 else { throw Refusal(.invalidSize, field: "size", "a size is a number of bytes, not negative") }
        guard size <= sizeBytes.upperBound else {
            throw Refusal(.tooLarge, field: "size", "the rule \(name) allows up to \(sizeBytes.upperBound) bytes; this file has \(size)")
        }
        guard size >= sizeBytes.lowerBound else {
            throw Refusal(.tooSmall, field: "size", "the rule \(name) allows from \(sizeBytes.lowerBound) bytes; this file has \(size)")
        }
        return size...size
    }

    fileprivate func checked(sha256 text: String?) throws(Refusal) -> SHA256Digest? {
        guard let text else {
            guard checksum == .optional else {
                throw Refusal(.checksumRequired, field: "sha256", "the rule \(name) needs the file's SHA-256, in base64")
            }
            return nil
        }
        guard let digest = Base64.decode(text).flatMap({ SHA256Digest(bytes: $0) }) else {
            throw Refusal(
                .invalidChecksum, field: "sha256", "give the SHA-256 as the base64 of its 32 bytes, 44 characters with the padding")
        }
        return digest
    }

    /// What the rule itself says about storing, whatever the request.
    fileprivate func storageHeaders(filename: String, type: ContentType) -> [Header] {
        var headers: [Header] = []
        if let cacheControl { headers.append(Header("cache-control", cacheControl)) }
        // Always signed: what is left out, the sender of a PUT may add, and with it a name such as evil.html.
        let disposition = contentDisposition ?? ContentDisposition(kind: .inline, namesFile: false)
        headers.append(Header("content-disposition", disposition.headerValue(filename: filename, type: type)))
        headers += (encryption?.headers ?? []).map { Header($0.name, $0.value) }
        if let storageClass { headers.append(Header("x-amz-storage-class", storageClass.rawValue)) }
        return headers
    }

    /// User metadata, sorted by name. Blanks at a value's ends are dropped: no header can carry them.
    fileprivate func checked(metadata: [String: String]) throws(Refusal) -> [Header] {
        var headers: [String: String] = [:]
        for (given, value) in metadata.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            let name = ASCII.lowercased(given)
            guard allowedMetadata.contains(name) else {
                let allowed = allowedMetadata.isEmpty ? "no metadata" : allowedMetadata.joined(separator: ", ")
                throw Refusal(.metadataNotAllowed, field: "metadata", "the rule \(self.name) allows \(allowed); this is \(quoted(given))")
            }
            let field = "metadata.\(name)"
            guard headers[name] == nil else { throw Refusal(.invalidMetadata, field: field, "\(name) is given twice, in different cases") }
            headers[name] = try UploadRule.checked(metadataValue: value, name: name, field: field)
        }
        let bytes = headers.reduce(0) { $0 + UploadRule.metadataPrefix.utf8.count + $1.key.utf8.count + $1.value.utf8.count }
        guard bytes <= UploadRule.maximumMetadataBytes else {
            throw Refusal(
                .metadataTooLarge, field: "metadata",
                "S3 stores up to \(UploadRule.maximumMetadataBytes) bytes of metadata, names and values together; these are \(bytes)")
        }
        return headers.sorted { $0.key < $1.key }.map { Header(UploadRule.metadataPrefix + $0.key, $0.value) }
    }

    private static let metadataPrefix = "x-amz-meta-"
    /// S3's 2 KB for user metadata.
    private static let maximumMetadataBytes = 2048

    private static func checked(metadataValue value: String, name: String, field: String) throws(Refusal) -> String {
        let trimmed = value.utf8.drop { $0 == 0x20 || $0 == 0x09 }.reversed().drop { $0 == 0x20 || $0 == 0x09 }.reversed()
        guard trimmed.allSatisfy(ASCII.isPrintable) else {
            throw Refusal(
                .invalidMetadata, field: field,
                "metadata travels in headers, which hold visible ASCII; encode the value of \(name) first, for example with encodeURIComponent"
            )
        }
        let text = String(decoding: Array(trimmed), as: UTF8.self)
        guard !text.isEmpty else { throw Refusal(.invalidMetadata, field: field, "\(name) is empty; leave it out") }
        // S3 would put the file's name there, in forms, and the policy would no longer hold.
        guard !text.contains("${") else { throw Refusal(.invalidMetadata, field: field, "the value of \(name) may not hold \"${\"") }
        return text
    }
}
