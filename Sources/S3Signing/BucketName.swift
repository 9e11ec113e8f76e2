public import SigV4

extension SigningError.Code {
    /// The name breaks AWS's naming rules.
    public static let invalidBucketName = SigningError.Code(rawValue: "invalid_bucket_name")
    /// The key is empty.
    public static let invalidKey = SigningError.Code(rawValue: "invalid_key")
    /// The key has more than 1,024 bytes of UTF-8.
    public static let keyTooLong = SigningError.Code(rawValue: "key_too_long")
}

/// The name of a general purpose bucket.
///
/// Source: Amazon S3 User Guide, "General purpose bucket naming rules".
public struct BucketName: Sendable, Hashable, CustomStringConvertible {
    public let name: String

    /// Checks a name; throws `invalid_bucket_name`, telling the rule that it breaks.
    public init(_ name: String) throws(SigningError) {
        if let problem = BucketName.problem(of: name) {
            throw SigningError(.invalidBucketName, field: "bucket", "'\(name)' is no bucket name: \(problem).")
        }
        self.name = name
    }

    public var description: String { name }

    /// Whether the name can be a host's first labels under TLS, where a certificate's `*` covers one label.
    var fitsOneLabel: Bool { !name.utf8.contains(UInt8(ascii: ".")) }

    private static let reservedPrefixes = ["xn--", "sthree-", "amzn-s3-demo-"]
    private static let reservedSuffixes = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"]

    private static func problem(of name: String) -> String? {
        let bytes = Array(name.utf8)
        guard (3...63).contains(bytes.count) else { return "it needs 3 to 63 characters" }
        guard bytes.allSatisfy({ isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }) else {
            return "it takes lower-case letters, digits, dots and hyphens only"
        }
        guard isLetterOrDigit(bytes[0]), isLetterOrDigit(bytes[bytes.count - 1]) else {
            return "it begins and ends with a letter or digit"
        }
        if zip(bytes, bytes.dropFirst()).contains(where: { $0 == UInt8(ascii: ".") && $1 == UInt8(ascii: ".") }) {
            return "two dots may not follow each other"
        }
        if isIPv4Address(name) { return "it may not look like an IP address" }
        if let prefix = reservedPrefixes.first(where: name.hasPrefix) { return "AWS keeps the beginning '\(prefix)' for itself" }
        if let suffix = reservedSuffixes.first(where: name.hasSuffix) {
            return "AWS keeps the ending '\(suffix)' for other kinds of bucket"
        }
        return nil
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
    }
}

/// Whether a text is four numbers with dots between them, as in `192.168.5.4`.
func isIPv4Address(_ text: String) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { (1...3).contains($0.count) && $0.utf8.allSatisfy({ (0x30...0x39).contains($0) }) }
}

/// The key of an object: any UTF-8 of 1 to 1,024 bytes, taken as it is.
///
/// Source: Amazon S3 User Guide, "Naming Amazon S3 objects".
public struct ObjectKey: Sendable, Hashable, CustomStringConvertible {
    public let name: String

    /// Checks a key; throws `invalid_key` for an empty one, `key_too_long` over 1,024 bytes.
    public init(_ name: String) throws(SigningError) {
        let count = name.utf8.count
        guard count > 0 else { throw SigningError(.invalidKey, field: "key", "An object needs a key: give at least one character.") }
        guard count <= 1024 else {
            throw SigningError(.keyTooLong, field: "key", "A key takes at most 1024 bytes of UTF-8, not \(count): shorten it.")
        }
        self.name = name
    }

    public var description: String { name }

    // By bytes: S3 keeps keys apart that Swift's texts hold for equal, such as é written in one character or two.
    public static func == (left: ObjectKey, right: ObjectKey) -> Bool {
        left.name.utf8.elementsEqual(right.name.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        for byte in name.utf8 { hasher.combine(byte) }
    }
}
