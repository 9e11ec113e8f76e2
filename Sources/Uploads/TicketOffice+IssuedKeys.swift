internal import Libcrypto
internal import S3Signing
public import SigV4

/// Keys that carry what a grant would, for clients whose later requests hold a key and nothing else of ours.
///
/// Such a key has `.EXPIRY.MARK` before its extension, or at its end: the expiry in hexadecimal seconds, and 128 bits of a MAC over
/// environment, bucket, rule, caller, expiry and all the rest of the key.
extension TicketOffice {
    /// The ticket for one form or PUT under such a key; see ``issue(_:to:with:at:using:)``.
    public func issueMarked(
        _ request: UploadRequest, to caller: Caller, with credentials: SigningCredentials, at now: SigningTime,
        using random: inout some RandomNumberGenerator
    ) throws(Refusal) -> Ticket {
        let upload = try check(request, by: caller)
        let key = marked(key(of: upload, for: caller, at: now, using: &random), of: upload, for: caller, at: now)
        return try ticket(for: upload, key: key, to: caller, with: credentials, at: now, using: &random)
    }

    /// Begins an upload in parts whose steps the client will ask for by its key.
    public func beginMarked(
        _ request: UploadRequest, to caller: Caller, at now: SigningTime, using random: inout some RandomNumberGenerator
    ) throws(Refusal) -> MultipartStart {
        let start = try begin(request, to: caller, at: now, using: &random)
        guard environment.comparesObjectSize else {
            throw Refusal(
                .methodNotAllowed, field: "method",
                "\(environment.provider.rawValue) does not compare an upload's size when the client completes it; use Uppy with Companion's routes"
            )
        }
        let key = marked(start.key.name, of: start.upload, for: caller, at: now)
        do {
            return MultipartStart(upload: start.upload, caller: caller, key: try ObjectKey(key), headers: start.headers)
        } catch {
            throw Refusal(.signingFailed, field: "key", error.message)
        }
    }

    /// What a marked key was issued for, with the store's id of its upload.
    ///
    /// - Parameters:
    ///   - key: as the client sends it.
    ///   - name: the rule that the client's uploads are under.
    public func grant(
        markedKey key: String, rule name: String, uploadID: String, caller: Caller, at now: SigningTime
    ) throws(Refusal) -> Grant {
        let rule = try environment.rule(named: name, for: caller)
        guard let place = MarkedKey(key),
            sealingKeys.verifies(mark: place.mark, of: message(place.name, name, caller, expiresAt: place.expiresAt), for: .issuedKey)
        else {
            throw Refusal(
                .grantInvalid, field: "key", "this key was not issued to this caller; send the one that was answered when the upload began")
        }
        guard now < place.expiresAt else {
            throw Refusal(.grantExpired, field: "key", "this key ended at \(place.expiresAt.iso8601); begin a new upload")
        }
        let multipart = Grant.Multipart(mode: .assisted, uploadID: try Grant.checked(uploadID: uploadID), partSizeBytes: nil)
        return Grant(
            environment: environment.name, rule: name, bucket: environment.location.bucket.name, key: key, holder: caller.identity,
            method: .multipart, multipart: multipart, once: rule.once, sizeBytes: rule.sizeBytes, contentType: "", sha256: nil,
            encryption: rule.encryption, tagsConfirmed: rule.tagsUnconfirmed, expiresAt: place.expiresAt)
    }

    func marked(_ key: String, of upload: CheckedUpload, for caller: Caller, at now: SigningTime) -> String {
        let expiresAt = now.adding(seconds: Int64(upload.rule.grantLifetimeSeconds))
        let fileExtension = upload.contentType.fileExtension
        let hasExtension = !fileExtension.isEmpty && key.hasSuffix(fileExtension)
        let name = MarkedKey.Name(
            stem: String(hasExtension ? key.dropLast(fileExtension.count) : key[...]), fileExtension: hasExtension ? fileExtension : "")
        let mark = sealingKeys.mark(message(name, upload.rule.name, caller, expiresAt: expiresAt), for: .issuedKey)
        return "\(name.stem).\(String(expiresAt.secondsSinceEpoch, radix: 16)).\(mark)\(name.fileExtension)"
    }

    /// The two ends of the key apart: the mark has one place.
    private func message(_ name: MarkedKey.Name, _ rule: String, _ caller: Caller, expiresAt: SigningTime) -> String {
        var fields = FieldWriter()
        for text in [environment.name, environment.location.bucket.name, rule, name.stem, name.fileExtension] { fields.append(text) }
        fields.append(caller.identity)
        fields.append(number: expiresAt.secondsSinceEpoch)
        return Base64URL.encode(fields.bytes)
    }
}

/// A key with its mark taken out.
private struct MarkedKey {
    /// What stands before the mark, and behind it.
    struct Name {
        let stem: String
        let fileExtension: String
    }

    let name: Name
    let expiresAt: SigningTime
    let mark: String

    private static let markByteCount = 22

    /// Nil where a key has nothing that could be a mark.
    init?(_ key: String) {
        guard key.utf8.count <= KeyTemplate.maximumKeyBytes else { return nil }
        let parts = key.split(separator: ".", omittingEmptySubsequences: false)
        guard let index = parts.indices.dropFirst(2).last(where: { parts[$0].utf8.count == Self.markByteCount }),
            let expiry = Int64(parts[index - 1], radix: 16), String(expiry, radix: 16) == parts[index - 1]
        else { return nil }
        mark = String(parts[index])
        expiresAt = SigningTime(secondsSinceEpoch: expiry)
        name = Name(
            stem: parts[..<(index - 1)].joined(separator: "."), fileExtension: parts[(index + 1)...].map { ".\($0)" }.joined())
    }
}
