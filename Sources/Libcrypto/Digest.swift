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

    /// Whether a text is this digest in 64 lower-case digits; compared in constant time.
    public func isSame(asHex text: String) -> Bool {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { digits in
            unsafe writeHex(to: digits)
            return unsafe ConstantTime.equal(digits.span, text.utf8.span)
        }
    }

    /// Writes the 64 lower-case hexadecimal digits into the first 64 bytes of `buffer`.
    package func writeHex(to buffer: UnsafeMutableBufferPointer<UInt8>) {
        precondition(buffer.count >= 64)
        let digits = UnsafeMutableRawBufferPointer(buffer)
        unsafe withUnsafeBytes(of: storage) { bytes in
            for index in 0..<8 {
                let four = unsafe bytes.load(fromByteOffset: 4 * index, as: UInt32.self)
                unsafe digits.storeBytes(of: Hex.digits(of: four.littleEndian).littleEndian, toByteOffset: 8 * index, as: UInt64.self)
            }
        }
    }

    /// Calls `body` with the 32 bytes, without copying them to the heap.
    func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        unsafe withUnsafeBytes(of: storage) { raw in
            unsafe body(raw.bindMemory(to: UInt8.self).span)
        }
    }
}

/// SHA-256 of bytes that are all at hand.
public enum SHA256 {
    /// The digest of the bytes in `message`.
    public static func hash(_ message: Span<UInt8>) -> SHA256Digest {
        var state = SHA256State()
        state.update(message)
        return state.finish()
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

/// A SHA-256 computation at some point of its message, as libcrypto's SHA256_CTX: a plain value, to be copied there.
///
/// The EVP interface allocates for each message and locks what is shared; a presigned URL takes three short messages. By
/// these functions it costs a fifth less hashing and no allocation. They run libcrypto's own code, not a FIPS provider's.
struct SHA256State {
    private var context = SHA256_CTX()

    init() {
        unsafe Algorithms.check(SHA256_Init(&context), "SHA256_Init")
    }

    @inline(__always)
    mutating func update(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe Algorithms.check(SHA256_Update(&context, buffer.baseAddress, buffer.count), "SHA256_Update")
        }
    }

    @inline(__always)
    mutating func finish() -> SHA256Digest {
        var digest = SIMD32<UInt8>()
        unsafe withUnsafeMutableBytes(of: &digest) { raw in
            unsafe Algorithms.check(SHA256_Final(raw.baseAddress?.assumingMemoryBound(to: UInt8.self), &context), "SHA256_Final")
        }
        return SHA256Digest(digest)
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

    func finish(byteCount: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            unsafe Algorithms.check(EVP_DigestFinal_ex(context, buffer.baseAddress, nil), "EVP_DigestFinal_ex")
            count = byteCount
        }
    }
}
