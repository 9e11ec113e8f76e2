internal import CLibcrypto

/// A SHA-256 digest (FIPS 180-4): 32 bytes.
public struct SHA256Digest: Sendable, Hashable, CustomStringConvertible {
    private let storage: SIMD32<UInt8>

    init(_ storage: SIMD32<UInt8>) {
        self.storage = storage
    }

    /// Takes the 64 hexadecimal digits of a digest, in either case; anything else is `nil`.
    public init?(hex: String) {
        guard let bytes = Hex.decode(hex) else { return nil }
        self.init(bytes: bytes)
    }

    /// Takes the 32 bytes of a digest; any other number of bytes is `nil`.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.init(SIMD32<UInt8>(bytes))
    }

    /// The digest's 32 bytes.
    public var bytes: [UInt8] {
        storage.indices.map { storage[$0] }
    }

    /// The digest as 64 lower-case hexadecimal digits, the form that SigV4 uses everywhere.
    public var hex: String {
        unsafe String(unsafeUninitializedCapacity: 64) { digits in
            unsafe writeHex(to: digits)
            return 64
        }
    }

    public var description: String { hex }

    /// Writes the 64 lower-case hexadecimal digits into the first 64 bytes of `buffer`.
    package func writeHex(to buffer: UnsafeMutableBufferPointer<UInt8>) {
        for index in 0..<32 {
            unsafe buffer[2 * index] = Hex.digit(storage[index] >> 4)
            unsafe buffer[2 * index + 1] = Hex.digit(storage[index] & 15)
        }
    }

    /// Calls `body` with the 32 bytes, without copying them to the heap.
    func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        unsafe withUnsafeBytes(of: storage) { raw in
            unsafe body(raw.bindMemory(to: UInt8.self).span)
        }
    }
}

/// SHA-256 of bytes that are all at hand, through one fetched EVP_MD and reused contexts.
public enum SHA256 {
    private static let contexts = Pool { DigestContext() }

    /// The digest of the bytes in `message`.
    public static func hash(_ message: Span<UInt8>) -> SHA256Digest {
        contexts.with { context in
            context.start(.sha256)
            context.update(message)
            return context.finishSHA256()
        }
    }

    /// The digest of an array's bytes.
    public static func hash(_ message: [UInt8]) -> SHA256Digest {
        hash(message.span)
    }

    /// The digest of a text's UTF-8 bytes.
    public static func hash(_ message: String) -> SHA256Digest {
        hash(message.utf8.span)
    }
}

/// A digest over bytes that arrive piece by piece; one task uses it, once.
public struct StreamingDigest: ~Copyable {
    private let context = DigestContext()
    private let algorithm: DigestAlgorithm

    /// Begins a digest.
    public init(_ algorithm: DigestAlgorithm) {
        self.algorithm = algorithm
        context.start(algorithm)
    }

    /// Adds bytes.
    public mutating func update(_ bytes: Span<UInt8>) {
        context.update(bytes)
    }

    /// Adds an array's bytes.
    public mutating func update(_ bytes: [UInt8]) {
        context.update(bytes.span)
    }

    /// Ends the digest: `algorithm.byteCount` bytes.
    public consuming func finish() -> [UInt8] {
        context.finish(byteCount: algorithm.byteCount)
    }
}

/// One EVP_MD_CTX and its release. Sendable only because whoever holds one is alone with it.
@safe
final class DigestContext: @unchecked Sendable {
    private let context: OpaquePointer

    init() {
        unsafe context = Algorithms.require(EVP_MD_CTX_new(), "EVP_MD_CTX")
    }

    deinit {
        unsafe EVP_MD_CTX_free(context)
    }

    func start(_ algorithm: DigestAlgorithm) {
        unsafe Algorithms.check(EVP_DigestInit_ex2(context, Algorithms.shared.digest(algorithm), nil), "EVP_DigestInit_ex2")
    }

    func update(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe Algorithms.check(EVP_DigestUpdate(context, buffer.baseAddress, buffer.count), "EVP_DigestUpdate")
        }
    }

    func finishSHA256() -> SHA256Digest {
        var digest = SIMD32<UInt8>()
        unsafe withUnsafeMutableBytes(of: &digest) { raw in
            unsafe Algorithms.check(
                EVP_DigestFinal_ex(context, raw.baseAddress?.assumingMemoryBound(to: UInt8.self), nil), "EVP_DigestFinal_ex")
        }
        return SHA256Digest(digest)
    }

    func finish(byteCount: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            unsafe Algorithms.check(EVP_DigestFinal_ex(context, buffer.baseAddress, nil), "EVP_DigestFinal_ex")
            count = byteCount
        }
    }
}
