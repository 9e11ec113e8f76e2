import NIOCore
import S3Signing
import SigV4

@testable import LocalBucket

/// `aws-chunked` bodies: however the bytes are cut, they mean the same, and never more than was announced.
struct ChunkTarget: FuzzTarget {
    /// The first byte says the kind of body, the second how long it says to be.
    func run(_ input: [UInt8]) {
        guard input.count > 2 else { return }
        let kinds = ChunkedPayload.allCases
        let payload = kinds[Int(input[0]) % kinds.count]
        let announced = Int64(input[1])
        let body = Array(input.dropFirst(2))
        let whole = Self.reading(body, pieces: body.count, payload, announced)
        for length in [1, 7] {
            expect(Self.reading(body, pieces: length, payload, announced) == whole, "in pieces of \(length) bytes the body is another one")
        }
    }

    private static func reading(_ input: [UInt8], pieces length: Int, _ payload: ChunkedPayload, _ announced: Int64) -> [String] {
        var parser = ChunkParser(payload, decodedLength: announced)
        var said: [String] = []
        var object: [UInt8] = []
        var rest = input[...]
        do throws(S3Error) {
            repeat {
                parser.feed(ByteBuffer(bytes: rest.prefix(length)))
                rest = rest.dropFirst(length)
                while let event = try parser.next() {
                    if case .bytes(let bytes) = event { object += bytes.readableBytesView } else { said.append("\(event)") }
                }
            } while !rest.isEmpty
            try parser.finish()
        } catch {
            expect(object.count <= announced, "\(object.count) bytes of \(announced)")
            return ["\(error.code)"]
        }
        expect(object.count == announced, "\(object.count) bytes of \(announced)")
        return said + ["\(object)"]
    }
}
