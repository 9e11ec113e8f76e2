internal import CLibcrypto

/// Encryption that notices every change: AES-256 in Galois/Counter Mode (NIST SP 800-38D).
public enum AESGCM {
    /// Bytes that sealing adds.
    public static let tagByteCount = 16
    /// 96 bits, the length that the mode is made for.
    public static let nonceByteCount = 12

    /// Encrypts a message.
    ///
    /// - Parameters:
    ///   - key: derived for this use. A pair of key and nonce may seal one message only, ever.
    ///   - nonce: 12 bytes.
    ///   - additional: what is not encrypted and still must be the same to open.
    /// - Returns: the ciphertext, as long as the message, with the tag behind it.
    public static func seal(_ message: [UInt8], key: SHA256Digest, nonce: [UInt8], additional: [UInt8]) -> [UInt8] {
        let context = Context(key: key, nonce: nonce, encrypts: true)
        context.authenticate(additional)
        return context.update(message) + context.tag()
    }

    /// Decrypts what ``seal(_:key:nonce:additional:)`` made.
    ///
    /// - Returns: the message; nil where a bit of it, the key, the nonce or the additional bytes is another.
    public static func open(_ sealed: [UInt8], key: SHA256Digest, nonce: [UInt8], additional: [UInt8]) -> [UInt8]? {
        guard sealed.count >= tagByteCount else { return nil }
        let context = Context(key: key, nonce: nonce, encrypts: false)
        context.authenticate(additional)
        let message = context.update(Array(sealed.dropLast(tagByteCount)))
        return context.verifies(tag: Array(sealed.suffix(tagByteCount))) ? message : nil
    }
}

extension AESGCM {
    /// One message's way through libcrypto.
    @safe
    private final class Context {
        private let context: OpaquePointer

        init(key: SHA256Digest, nonce: [UInt8], encrypts: Bool) {
            precondition(nonce.count == nonceByteCount)
            unsafe context = Algorithms.require(EVP_CIPHER_CTX_new(), "a cipher's context")
            key.withBytes { key in
                unsafe key.withUnsafeBufferPointer { key in
                    Algorithms.check(
                        unsafe EVP_CipherInit_ex2(
                            context, Algorithms.shared.aes256GCM, key.baseAddress, nonce, encrypts ? 1 : 0, nil), "AES-256-GCM")
                }
            }
        }

        deinit {
            unsafe EVP_CIPHER_CTX_free(context)
        }

        func authenticate(_ bytes: [UInt8]) {
            var count: Int32 = 0
            Algorithms.check(unsafe EVP_CipherUpdate(context, nil, &count, bytes, Int32(bytes.count)), "additional bytes")
        }

        func update(_ bytes: [UInt8]) -> [UInt8] {
            guard !bytes.isEmpty else { return [] }
            var count: Int32 = 0
            var output = [UInt8](repeating: 0, count: bytes.count)
            Algorithms.check(unsafe EVP_CipherUpdate(context, &output, &count, bytes, Int32(bytes.count)), "AES-256-GCM")
            return output
        }

        func tag() -> [UInt8] {
            var count: Int32 = 0
            var tag = [UInt8](repeating: 0, count: tagByteCount)
            Algorithms.check(unsafe EVP_CipherFinal_ex(context, &tag, &count), "AES-256-GCM")
            Algorithms.check(
                unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tagByteCount), &tag), "the tag of AES-256-GCM")
            return tag
        }

        /// libcrypto compares in constant time.
        func verifies(tag: [UInt8]) -> Bool {
            var tag = tag
            var count: Int32 = 0
            var nothing = [UInt8](repeating: 0, count: 16)
            Algorithms.check(
                unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagByteCount), &tag), "the tag of AES-256-GCM")
            return unsafe EVP_CipherFinal_ex(context, &nothing, &count) == 1
        }
    }
}
