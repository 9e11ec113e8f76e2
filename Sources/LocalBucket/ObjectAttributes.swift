import Libcrypto
import S3Signing
import SigV4

/// What a PUT or a POST says about the object besides its bytes, checked as S3 checks it.
struct ObjectAttributes: Sendable, Hashable, Codable {
    /// The headers that GET and HEAD repeat: lower-case names, in a fixed order.
    var headers: [ObjectHeader]
    var tags: [ObjectTag]
    /// `STANDARD` when nothing is said.
    var storageClass: String

    /// - Parameter fields: The headers of a PUT, or the fields of a form.
    init(_ fields: FieldList) throws(S3Error) {
        try Self.refuseUnsupported(fields)
        self.storageClass = try Self.storageClass(fields)
        self.tags = try Self.tags(fields)
        self.headers = Self.systemHeaders(fields)
        self.headers += try Self.encryption(fields)
        self.headers += try Self.metadata(fields)
        for header in self.headers where header.value.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f }) {
            throw S3Error.invalidArgument("A header value must not hold control characters.", name: header.name, value: "")
        }
        if self.storageClass != "STANDARD" { self.headers.append(ObjectHeader("x-amz-storage-class", self.storageClass)) }
    }

    private static let storageClasses = [
        "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE", "OUTPOSTS",
        "GLACIER_IR", "SNOW", "EXPRESS_ONEZONE",
    ]

    /// The classes whose objects must be restored before they can be read.
    static let archivedClasses = ["GLACIER", "DEEP_ARCHIVE"]

    private static func storageClass(_ fields: FieldList) throws(S3Error) -> String {
        let name = fields["x-amz-storage-class"] ?? "STANDARD"
        guard self.storageClasses.contains(name) else { throw Refused.invalidStorageClass(name) }
        return name
    }

    private static func tags(_ fields: FieldList) throws(S3Error) -> [ObjectTag] {
        if let header = fields["x-amz-tagging"] { return try Tagging.parse(header: header) }
        if let field = fields["tagging"] { return try Tagging.parse(xml: field) }
        return []
    }

    private static func systemHeaders(_ fields: FieldList) -> [ObjectHeader] {
        let names = ["cache-control", "content-disposition", "content-language", "expires"]
        let type = ObjectHeader("content-type", fields["content-type"].flatMap { $0.isEmpty ? nil : $0 } ?? "binary/octet-stream")
        let redirect = "x-amz-website-redirect-location"
        let encoding = ContentEncoding.stored(fields["content-encoding"]).map { ObjectHeader("content-encoding", $0) }
        return [type] + (names + [redirect]).compactMap { name in fields[name].map { ObjectHeader(name, $0) } }
            + [encoding].compactMap(\.self)
    }

    private static func metadata(_ fields: FieldList) throws(S3Error) -> [ObjectHeader] {
        let prefix = "x-amz-meta-"
        let headers = fields.names(withPrefix: prefix).map { ObjectHeader($0, fields[$0] ?? "") }
        let size = headers.reduce(0) { $0 + $1.name.utf8.count - prefix.utf8.count + $1.value.utf8.count }
        if size > Limits.metadataBytes { throw Refused.metadataTooLarge(size) }
        for header in headers where !header.name.utf8.allSatisfy(Self.isTokenByte) {
            throw S3Error.invalidArgument("A metadata name must be a header name.", name: "x-amz-meta-", value: header.name)
        }
        return headers
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}

/// A header as an object keeps it.
struct ObjectHeader: Sendable, Hashable, Codable {
    /// Lower case.
    var name: String
    var value: String

    init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

extension ObjectAttributes {
    private static func encryption(_ fields: FieldList) throws(S3Error) -> [ObjectHeader] {
        let name = "x-amz-server-side-encryption"
        let method = fields[name] ?? "AES256"
        guard ["AES256", "aws:kms", "aws:kms:dsse"].contains(method) else {
            throw S3Error.invalidArgument("The encryption method specified is not supported", name: name, value: method)
        }
        var headers = [ObjectHeader(name, method)]
        for option in ["\(name)-aws-kms-key-id", "\(name)-context"] {
            guard let value = fields[option] else { continue }
            if method == "AES256" {
                throw S3Error.invalidArgument(
                    "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
                    name: name, value: method)
            }
            if option.hasSuffix("-context") {
                guard Base64.decode(value) != nil else {
                    throw S3Error.invalidArgument("The header must be base64-encoded JSON.", name: option, value: value)
                }
            } else {
                headers.append(ObjectHeader(option, value))
            }
        }
        let bucketKey = "\(name)-bucket-key-enabled"
        if let value = fields[bucketKey]?.lowercased() {
            guard value == "true" || value == "false" else {
                throw S3Error.invalidArgument("The bucket key setting must be true or false.", name: bucketKey, value: value)
            }
            if value == "true" { headers.append(ObjectHeader(bucketKey, value)) }
        }
        return headers
    }

    /// Refuses what the local bucket does not keep, rather than dropping it in silence.
    static func refuseUnsupported(_ fields: FieldList) throws(S3Error) {
        if let customer = fields.names(withPrefix: "x-amz-server-side-encryption-customer-").first {
            throw Refused.notImplemented("The local bucket does not keep customer-provided encryption keys.", header: customer)
        }
        if let lock = fields.names(withPrefix: "x-amz-object-lock-").first {
            throw S3Error(
                code: "InvalidRequest", status: 400, message: "Bucket is missing Object Lock Configuration",
                details: [Header("Header", lock)])
        }
        let owned = ["bucket-owner-full-control", "private"]
        let acl = fields["x-amz-acl"] ?? fields["acl"]
        if let acl, !owned.contains(acl) { throw self.aclRefusal }
        if fields.names(withPrefix: "x-amz-grant-").first != nil { throw self.aclRefusal }
    }

    /// Buckets made since April 2023 have ACLs off.
    private static let aclRefusal = S3Error(
        code: "AccessControlListNotSupported", status: 400, message: "The bucket does not allow ACLs")
}
