public import Libcrypto
internal import Synchronization

/// The key that signs every request of one day, region and service.
///
/// Source: AWS, "Create a signed AWS API request", step 4: four HMACs, each keyed by the one before.
public final class SigningKey: Sendable {
    package let hmac: HMACSHA256Key
    /// The scope as it stands in the string to sign, kept since each signature names it.
    package let scope: String
    /// The scope as it stands in a query, percent-encoded.
    package let encodedScope: String

    /// Derives the key. `date` is the scope's `yyyymmdd`.
    public init(secretAccessKey: Secret, scope: CredentialScope) {
        hmac = SigningKey.derivation(secretAccessKey: secretAccessKey, scope: scope)[3].hmacKey
        self.scope = scope.description
        encodedScope = PercentEncoding.encode(self.scope)
    }

    /// Appends a moment of the scope's day as it stands in `X-Amz-Date`, the day copied from the scope.
    package func append(_ time: SigningTime, to buffer: inout GrowingBytes) {
        assert(scope.hasPrefix(time.dateStamp))
        buffer.append(scope, prefix: 8)
        time.appendClock(to: &buffer)
    }

    /// Signs a string to sign, or a POST policy's base64 text.
    public func sign(_ text: String) -> SHA256Digest {
        hmac.authenticate(text)
    }

    /// The four codes of the derivation, in AWS's names: kDate, kRegion, kService, kSigning.
    static func derivation(secretAccessKey: Secret, scope: CredentialScope) -> [SHA256Digest] {
        let kDate = secretAccessKey.prefixed(by: "AWS4").withBytes { HMACSHA256.authenticate(scope.date.utf8.span, key: $0) }
        let kRegion = HMACSHA256.authenticate(scope.region, key: kDate)
        let kService = HMACSHA256.authenticate(scope.service, key: kRegion)
        return [kDate, kRegion, kService, HMACSHA256.authenticate(CredentialScope.terminator, key: kService)]
    }
}

/// Signing keys that were derived before, by secret, day, region and service; shared by signers and verifiers.
///
/// Deriving takes four HMACs and a key schedule, several times the work of the signature itself. The cache holds the
/// few keys used last, so that an attacker who names a new region in each request cannot make it grow.
public final class SigningKeyCache: Sendable {
    private final class Entry: Sendable {
        let secret: Secret
        let day: Int64
        let region: String
        let service: String
        let key: SigningKey

        init(secret: Secret, day: Int64, region: String, service: String, key: SigningKey) {
            self.secret = secret
            self.day = day
            self.region = region
            self.service = service
            self.key = key
        }

        func fits(_ credentials: borrowing Credentials, _ day: Int64, _ region: borrowing String, _ service: borrowing String) -> Bool {
            self.day == day && self.region == region && self.service == service && secret == credentials.secretAccessKey
        }
    }

    private let entries = Mutex<[Entry]>([])
    private let capacity: Int

    /// Makes an empty cache that keeps `capacity` keys.
    public init(capacity: Int = 64) {
        self.capacity = max(capacity, 1)
    }

    /// The key for a scope, derived when it is not at hand.
    public func key(for credentials: Credentials, at time: SigningTime, region: String, service: String) -> SigningKey {
        let day = time.dayNumber
        let known = entries.withLock { entries -> SigningKey? in
            // The last one used stands last: the common case is found at the first look.
            for index in entries.indices.reversed() where entries[index].fits(credentials, day, region, service) {
                if index != entries.count - 1 { entries.append(entries.remove(at: index)) }
                return entries[entries.count - 1].key
            }
            return nil
        }
        if let known { return known }

        let scope = CredentialScope(date: time.dateStamp, region: region, service: service)
        let key = SigningKey(secretAccessKey: credentials.secretAccessKey, scope: scope)
        let entry = Entry(secret: credentials.secretAccessKey, day: day, region: region, service: service, key: key)
        entries.withLock { entries in
            if entries.count >= capacity { entries.removeFirst(entries.count - capacity + 1) }
            entries.append(entry)
        }
        return key
    }
}
