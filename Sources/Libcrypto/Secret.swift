internal import CLibcrypto

/// Bytes that must not be seen: never printed, and zeroed when the last copy of this value goes.
///
/// The text or array that a secret was made from is its maker's to forget; a `Secret` cannot reach it.
public struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let storage: SecretStorage

    private init(storage: SecretStorage) {
        self.storage = storage
    }

    /// Copies the bytes in `bytes`.
    public init(_ bytes: Span<UInt8>) {
        storage = SecretStorage(bytes)
    }

    /// Copies an array's bytes.
    public init(_ bytes: [UInt8]) {
        self.init(bytes.span)
    }

    /// Copies a text's UTF-8 bytes.
    public init(_ text: String) {
        self.init(text.utf8.span)
    }

    /// Number of bytes.
    public var byteCount: Int { storage.count }

    /// Lends the bytes for the time of `body`; what `body` copies from them, it has to clear itself.
    public func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        storage.withBytes(body)
    }

    /// This secret behind some fixed text, as SigV4 keys its first code by `AWS4` and the secret access key.
    public func prefixed(by prefix: StaticString) -> Secret {
        unsafe Secret(
            storage: SecretStorage(prefix: UnsafeBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount), storage))
    }

    /// Compares contents in constant time.
    public static func == (left: Secret, right: Secret) -> Bool {
        if left.storage === right.storage { return true }
        return left.withBytes { leftBytes in
            right.withBytes { rightBytes in ConstantTime.equal(leftBytes, rightBytes) }
        }
    }

    public var description: String { "<redacted>" }
    public var debugDescription: String { "<redacted>" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

@safe
private final class SecretStorage: @unchecked Sendable {
    let count: Int
    private let bytes: UnsafeMutablePointer<UInt8>

    init(_ source: Span<UInt8>) {
        count = source.count
        unsafe bytes = .allocate(capacity: max(source.count, 1))
        for index in 0..<source.count { unsafe bytes[index] = source[index] }
    }

    init(prefix: UnsafeBufferPointer<UInt8>, _ rest: SecretStorage) {
        count = prefix.count + rest.count
        unsafe bytes = .allocate(capacity: max(count, 1))
        for index in 0..<prefix.count { unsafe bytes[index] = prefix[index] }
        for index in 0..<rest.count { unsafe bytes[prefix.count + index] = rest.bytes[index] }
    }

    deinit {
        unsafe OPENSSL_cleanse(bytes, count)
        unsafe bytes.deallocate()
    }

    func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        unsafe body(UnsafeBufferPointer(start: bytes, count: count).span)
    }
}

/// Comparisons whose time depends on lengths only.
public enum ConstantTime {
    /// Whether both hold the same bytes (CRYPTO_memcmp).
    public static func equal(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        return unsafe left.withUnsafeBufferPointer { left in
            unsafe right.withUnsafeBufferPointer { right in
                unsafe left.isEmpty || CRYPTO_memcmp(left.baseAddress, right.baseAddress, left.count) == 0
            }
        }
    }

    /// Whether both arrays hold the same bytes.
    public static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        equal(left.span, right.span)
    }

    /// Whether both texts have the same UTF-8 bytes.
    public static func equal(_ left: String, _ right: String) -> Bool {
        equal(left.utf8.span, right.utf8.span)
    }
}
