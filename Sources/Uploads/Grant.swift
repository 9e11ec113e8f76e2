public import Libcrypto
public import SigV4

/// What a ticket was issued for. Whoever goes on with the upload presents it, sealed, and says nothing else about the object.
public struct Grant: Sendable, Equatable {
    public let environment: String
    public let rule: String
    public let bucket: String
    public let key: String
    /// Who got the ticket.
    public let holder: Caller.Identity
    public let method: UploadMethod
    /// With MULTIPART only.
    public let multipart: Multipart?
    /// Whether the object is created and never replaced.
    public let once: Bool
    /// One exact size, or a range where the client could not know it, in bytes.
    public let sizeBytes: ClosedRange<Int64>
    /// The exact media type.
    public let contentType: String
    /// The file's SHA-256 where the request named it.
    public let sha256: SHA256Digest?
    public let encryption: Encryption?
    /// Whether confirming tags the object (``UploadRule/tagsUnconfirmed``).
    public let tagsConfirmed: Bool
    public let expiresAt: SigningTime

    /// An upload in parts.
    public struct Multipart: Sendable, Equatable {
        public let mode: MultipartMode
        /// The store's id of the upload. Where the client creates it itself, only the client knows it.
        public let uploadID: String?
        /// The size of every part but the last, in bytes; nil where the client could not know the file's size.
        public let partSizeBytes: Int64?
    }
}

extension Grant {
    /// Whether a caller may go on with the upload: only who got the ticket.
    public func isHeld(by caller: Caller) -> Bool {
        holder == caller.identity
    }

    /// Whether a caller may ask what was stored: besides who got the ticket, the back end on whose behalf it was issued, and for the
    /// subjects of JWTs any back end of the environment. A back end has nothing else to make sure of what its pages say.
    public func isConfirmable(by caller: Caller) -> Bool {
        if isHeld(by: caller) { return true }
        guard case .apiKey(let name) = caller.identity else { return false }
        return switch holder {
        case .delegate(_, of: let holder): holder == name
        case .subject: true
        case .apiKey: false
        }
    }
}

// MARK: - The sealed form

extension Grant {
    private static let version: UInt8 = 1

    /// The token that a ticket carries.
    func sealed(with keys: SealingKeys, using random: inout some RandomNumberGenerator) -> String {
        keys.seal(encoded, for: .grant, using: &random)
    }

    /// What a token says; nil for all that ``sealed(with:using:)`` did not make.
    init?(token: String, keys: SealingKeys) {
        guard let bytes = keys.open(token, for: .grant) else { return nil }
        self.init(encoded: bytes)
    }

    private var encoded: [UInt8] {
        var fields = FieldWriter()
        fields.append(number: Int64(Self.version))
        for text in [environment, rule, bucket, key] { fields.append(text) }
        fields.append(holder)
        fields.append(method.rawValue)
        fields.append(multipart) { fields, multipart in
            fields.append(multipart.mode.rawValue)
            fields.append(multipart.uploadID) { $0.append($1) }
            fields.append(multipart.partSizeBytes) { $0.append(number: $1) }
        }
        fields.append(number: once ? 1 : 0)
        fields.append(number: sizeBytes.lowerBound)
        fields.append(number: sizeBytes.upperBound)
        fields.append(contentType)
        fields.append(sha256) { $0.append($1.hex) }
        fields.append(encryption) { $0.append($1) }
        fields.append(number: tagsConfirmed ? 1 : 0)
        fields.append(number: expiresAt.secondsSinceEpoch)
        return fields.bytes
    }

    init?(encoded bytes: [UInt8]) {
        var fields = FieldReader(bytes)
        do throws(FieldReader.Fault) {
            guard try fields.number() == Int64(Self.version) else { return nil }
            environment = try fields.text()
            rule = try fields.text()
            bucket = try fields.text()
            key = try fields.text()
            holder = try fields.identity()
            method = try fields.word()
            multipart = try fields.optional { fields throws(FieldReader.Fault) in
                Multipart(
                    mode: try fields.word(),
                    uploadID: try fields.optional { fields throws(FieldReader.Fault) in try fields.text() },
                    partSizeBytes: try fields.optional { fields throws(FieldReader.Fault) in try fields.number() })
            }
            once = try fields.flag()
            sizeBytes = try fields.sizes()
            contentType = try fields.text()
            sha256 = try fields.optional { fields throws(FieldReader.Fault) in try fields.digest() }
            encryption = try fields.optional { fields throws(FieldReader.Fault) in try fields.encryption() }
            tagsConfirmed = try fields.flag()
            expiresAt = try fields.time()
            try fields.end()
        } catch {
            return nil
        }
    }
}
