import Libcrypto
import NIOCore
import SigV4

@testable import LocalBucket
@testable import S3Signing

/// `aws-chunked` bodies: however the bytes are cut, they mean the same and never more than was announced, and what the encoder signs is
/// what is read and verifies.
struct ChunkTarget: FuzzTarget {
    private struct Read: Equatable {
        var object: [UInt8] = []
        var events: [ChunkParser.Event] = []
        var refusal: String?
    }

    private let key = SigningKey(
        secretAccessKey: Secret("fuzzing-secret"), scope: CredentialScope(date: "20270115", region: "us-east-1", service: "s3"))
    private let now = SigningTime(secondsSinceEpoch: 1_800_000_000)

    /// The first byte says the kind of body, the second how long it says to be.
    func run(_ input: [UInt8]) {
        guard input.count > 2 else { return }
        let kinds = ChunkedPayload.allCases
        let payload = kinds[Int(input[0]) % kinds.count]
        let body = Array(input.dropFirst(2))
        let whole = Self.reading(body, pieces: body.count, payload, Int64(input[1]))
        for length in [1, 7] {
            let other = Self.reading(body, pieces: length, payload, Int64(input[1]))
            // Of a body that is refused, it depends on the pieces how much was read before.
            expect(
                other == whole || other.refusal == whole.refusal && whole.refusal != nil,
                "in pieces of \(length) bytes the body is another one")
        }
        checkWritten(body, payload, Change(input))
    }

    private static func reading(_ input: [UInt8], pieces length: Int, _ payload: ChunkedPayload, _ announced: Int64) -> Read {
        var parser = ChunkParser(payload, decodedLength: announced)
        var read = Read()
        var rest = input[...]
        do throws(S3Error) {
            repeat {
                parser.feed(ByteBuffer(bytes: rest.prefix(length)))
                rest = rest.dropFirst(length)
                while let event = try parser.next() {
                    if case .bytes(let bytes) = event { read.object += bytes.readableBytesView } else { read.events.append(event) }
                }
            } while !rest.isEmpty
            try parser.finish()
            expect(read.object.count == announced, "\(read.object.count) bytes of \(announced)")
        } catch {
            expect(read.object.count <= announced, "\(read.object.count) bytes of \(announced)")
            read.refusal = error.code
        }
        return read
    }

    // MARK: What the encoder writes

    private var chain: ChunkSignatureChain { ChunkSignatureChain(seed: String(repeating: "0", count: 64), key: key, at: now) }

    private func checkWritten(_ object: [UInt8], _ payload: ChunkedPayload, _ change: Change?) {
        let trailer = payload.hasTrailer ? [Header("x-amz-checksum-crc32", "AAAAAA==")] : []
        var encoder = ChunkedBodyEncoder(payload, chain: payload.isSigned ? chain : nil)
        let body = encoder.chunk(object) + encoder.end(trailer: trailer)
        let length = payload.encodedByteCount(decodedByteCount: object.count, chunkByteCount: 8192, trailer: trailer)
        expect(body.count == length, "\(body.count) bytes, \(length) foretold")
        let read = Self.reading(body, pieces: 7, payload, Int64(object.count))
        expect(read.refusal == nil && read.object == object, "what is written is not read: \(read)")
        expect(verifies(read), "what is signed does not verify")
        guard payload.isSigned, let changed = change?.applied(to: body), changed != body else { return }
        let other = Self.reading(changed, pieces: 7, payload, Int64(object.count))
        guard other.refusal == nil, verifies(other) else { return }
        expect(other.object == object && Self.trailer(of: other) == trailer, "verifies and is another: \(other)")
    }

    private func verifies(_ read: Read) -> Bool {
        var verifier = ChunkVerifier(accessKeyID: "AKIDEXAMPLE", chain: chain)
        var rest = read.object[...]
        do throws(S3Error) {
            for event in read.events {
                switch event {
                case .endOfChunk(let signature?):
                    // There is one chunk, and the empty one behind it.
                    try verifier.verify(chunk: SHA256.hash(Array(rest)), signature: signature)
                    rest = []
                case .end(let trailer, let signature?): try verifier.verify(trailer: trailer, signature: signature)
                default: continue
                }
            }
            return true
        } catch {
            return false
        }
    }

    private static func trailer(of read: Read) -> [Header]? {
        for case .end(let trailer, _) in read.events { return trailer }
        return nil
    }
}
