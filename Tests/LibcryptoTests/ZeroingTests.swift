#if os(Linux)
    import Foundation
    import Libcrypto
    import Testing

    /// What is released is gone from where it stood, as the kernel shows this process's memory.
    @Suite struct ZeroingTests {
        private static let key = (0..<96).map { UInt8(truncatingIfNeeded: $0 &* 73 &+ 41) }

        /// What stands at an address, whoever owns it now; nil where nothing is any more.
        private static func memory(at address: UInt, count: Int) throws -> [UInt8]? {
            let file = open("/proc/self/mem", O_RDONLY | O_CLOEXEC)
            try #require(file >= 0)
            defer { close(file) }
            var bytes = [UInt8](repeating: 0, count: count)
            return pread(file, &bytes, count, off_t(address)) == count ? bytes : nil
        }

        private static func address(of secret: Secret) -> UInt {
            secret.withBytes { span in span.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) } }
        }

        /// The allocator writes into the first 16 bytes of what is free: they are left out.
        private func staysBehind(_ make: () -> Secret) throws -> Bool {
            var secret: Secret? = make()
            let address = try #require(secret.map(Self.address)) + 16
            let count = try #require(secret?.byteCount) - 16
            let before = try withExtendedLifetime(secret) { try Self.memory(at: address, count: count) }
            let bytes = secret?.withBytes { span in span.indices.dropFirst(16).map { span[$0] } }
            #expect(before != nil && before == bytes)
            secret = nil
            let after = try Self.memory(at: address, count: count)
            return zip(before ?? [], after ?? []).contains { $0 == $1 && $0 != 0 }
        }

        /// In one of some tries, another thread may have come to hold the same byte at the same place.
        private func isGone(_ make: () -> Secret) throws -> Bool {
            for _ in 0..<10 where try !staysBehind(make) { return true }
            return false
        }

        @Test func aSecretIsZeroedWhenItIsReleased() throws {
            let isGone = try isGone { Secret(Self.key) }
            #expect(isGone)
        }

        @Test func aPrefixedSecretIsZeroedWhenItIsReleased() throws {
            let secret = Secret(Self.key)
            let isGone = try isGone { secret.prefixed(by: "AWS4") }
            #expect(isGone)
        }

        /// Its two states behind the padded key are as good as the key. Of the outer one, which is second, the hash value comes first.
        @Test func anHMACKeyIsZeroedWhenItIsReleased() throws {
            let count = 32
            func hashValue(_ key: HMACSHA256Key) throws -> (address: UInt, bytes: [UInt8]) {
                // An object is two words and its properties, of which there is one: where the states are, of 112 bytes each (SHA256_CTX).
                let states = Unmanaged.passUnretained(key).toOpaque().load(fromByteOffset: 16, as: UInt.self)
                return (states + 112, try #require(try Self.memory(at: states + 112, count: count)))
            }
            let other = HMACSHA256Key(Self.key.reversed().span)
            let same = HMACSHA256Key(Self.key.span)
            var key: HMACSHA256Key? = HMACSHA256Key(Self.key.span)
            let before = try hashValue(try #require(key))
            // It is what depends on the key.
            #expect(try before.bytes == hashValue(same).bytes)
            #expect(try before.bytes != hashValue(other).bytes)
            key = nil
            let after = try Self.memory(at: before.address, count: count)
            #expect(after != before.bytes)
        }
    }
#endif
