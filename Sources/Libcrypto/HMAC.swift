internal import CLibcrypto

/// A key for HMAC-SHA-256 (RFC 2104), prepared once and used many times, from any thread.
///
/// It keeps the two hash states behind the padded key, so that a message costs two short hashes and no key schedule, and
/// zeroes them when it goes.
@safe
public final class HMACSHA256Key: @unchecked Sendable {
    /// The inner state, then the outer one; never written after `init`.
    private let states: UnsafeMutablePointer<SHA256State>

    /// Prepares a key; RFC 2104 allows any length.
    public init(_ key: Span<UInt8>) {
        unsafe states = .allocate(capacity: 2)
        unsafe states.initialize(repeating: SHA256State(), count: 2)
        if key.count > HMACSHA256Key.blockByteCount {
            SHA256.hash(key).withBytes { unsafe HMACSHA256Key.start(states, key: $0) }
        } else {
            unsafe HMACSHA256Key.start(states, key: key)
        }
    }

    deinit {
        unsafe OPENSSL_cleanse(states, 2 * MemoryLayout<SHA256State>.stride)
        unsafe states.deallocate()
    }

    private static let blockByteCount = 64

    private static func start(_ states: UnsafeMutablePointer<SHA256State>, key: Span<UInt8>) {
        var block = [UInt8](repeating: 0, count: blockByteCount)
        for (position, pad) in [0x36 as UInt8, 0x5C].enumerated() {
            for index in block.indices { block[index] = (index < key.count ? key[index] : 0) ^ pad }
            unsafe states[position].update(block.span)
        }
        unsafe block.withUnsafeMutableBytes { unsafe OPENSSL_cleanse($0.baseAddress, $0.count) }
    }

    /// The code of `message` under this key.
    public func authenticate(_ message: Span<UInt8>) -> SHA256Digest {
        var inner = unsafe states[0]
        inner.update(message)
        var outer = unsafe states[1]
        inner.finish().withBytes { outer.update($0) }
        return outer.finish()
    }

    /// The code of a text's UTF-8 bytes under this key.
    public func authenticate(_ message: String) -> SHA256Digest {
        authenticate(message.utf8.span)
    }
}

/// HMAC-SHA-256 with a key that is used once, as in the derivation of a signing key.
public enum HMACSHA256 {
    /// The code of `message` under `key`.
    public static func authenticate(_ message: Span<UInt8>, key: Span<UInt8>) -> SHA256Digest {
        HMACSHA256Key(key).authenticate(message)
    }

    /// The code of a text's UTF-8 bytes, keyed by an earlier code.
    public static func authenticate(_ message: String, key: SHA256Digest) -> SHA256Digest {
        key.withBytes { authenticate(message.utf8.span, key: $0) }
    }
}

extension SHA256Digest {
    /// Prepares this digest as an HMAC key, the last step of SigV4's key derivation.
    public var hmacKey: HMACSHA256Key {
        withBytes { HMACSHA256Key($0) }
    }
}
