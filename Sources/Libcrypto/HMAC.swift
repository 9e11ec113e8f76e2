internal import CLibcrypto

/// A key for HMAC-SHA-256 (RFC 2104), prepared once and used many times, from any thread.
///
/// libcrypto's context keeps the key's two inner states, so that a message costs two short hashes and no key schedule;
/// it clears them when it is freed.
public final class HMACSHA256Key: Sendable {
    private let contexts: Pool<MACContext>

    /// Prepares a key; RFC 2104 allows any length.
    public init(_ key: Span<UInt8>) {
        let keyed = MACContext()
        keyed.start(key: key)
        contexts = Pool { keyed.duplicate() }
    }

    /// The code of `message` under this key.
    public func authenticate(_ message: Span<UInt8>) -> SHA256Digest {
        contexts.with { context in
            context.restart()
            context.update(message)
            return context.finish()
        }
    }

    /// The code of a text's UTF-8 bytes under this key.
    public func authenticate(_ message: String) -> SHA256Digest {
        authenticate(message.utf8.span)
    }
}

/// HMAC-SHA-256 with a key that is used once, as in the derivation of a signing key.
public enum HMACSHA256 {
    private static let contexts = Pool { MACContext() }

    /// The code of `message` under `key`.
    public static func authenticate(_ message: Span<UInt8>, key: Span<UInt8>) -> SHA256Digest {
        contexts.with { context in
            context.start(key: key)
            context.update(message)
            return context.finish()
        }
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

/// One EVP_MAC_CTX for HMAC-SHA-256 and its release. Sendable only because whoever holds one is alone with it.
@safe
final class MACContext: @unchecked Sendable {
    private let context: OpaquePointer

    init() {
        unsafe context = Algorithms.require(EVP_MAC_CTX_new(Algorithms.shared.hmac), "EVP_MAC_CTX")
    }

    private init(owning context: OpaquePointer) {
        unsafe self.context = context
    }

    deinit {
        unsafe EVP_MAC_CTX_free(context)
    }

    func duplicate() -> MACContext {
        unsafe MACContext(owning: Algorithms.require(EVP_MAC_CTX_dup(context), "EVP_MAC_CTX"))
    }

    /// Begins with a new key. A NULL key would mean "the key as before", hence the stand-in for an empty one.
    func start(key: Span<UInt8>) {
        var digestName: [CChar] = [0x53, 0x48, 0x41, 0x32, 0x35, 0x36, 0]  // "SHA256"
        unsafe digestName.withUnsafeMutableBufferPointer { name in
            let parameters = unsafe [
                OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.baseAddress, 0),
                OSSL_PARAM_construct_end(),
            ]
            unsafe key.withUnsafeBufferPointer { key in
                var placeholder: UInt8 = 0
                unsafe withUnsafePointer(to: &placeholder) { empty in
                    unsafe Algorithms.check(EVP_MAC_init(context, key.baseAddress ?? empty, key.count, parameters), "EVP_MAC_init")
                }
            }
        }
    }

    /// Begins again with the same key.
    func restart() {
        unsafe Algorithms.check(EVP_MAC_init(context, nil, 0, nil), "EVP_MAC_init")
    }

    func update(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe Algorithms.check(EVP_MAC_update(context, buffer.baseAddress, buffer.count), "EVP_MAC_update")
        }
    }

    func finish() -> SHA256Digest {
        var code = SIMD32<UInt8>()
        unsafe withUnsafeMutableBytes(of: &code) { raw in
            var written = 0
            unsafe Algorithms.check(
                EVP_MAC_final(context, raw.baseAddress?.assumingMemoryBound(to: UInt8.self), &written, raw.count), "EVP_MAC_final")
        }
        return SHA256Digest(code)
    }
}
