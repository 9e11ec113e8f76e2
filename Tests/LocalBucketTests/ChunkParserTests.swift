import NIOCore
import S3Signing
import SigV4
import Testing

@testable import LocalBucket

/// What the framing of a body in chunks may look like, and what not.
@Suite struct ChunkParserTests {
    /// The object's bytes, or the code of the refusal.
    private func parse(_ pieces: [String], length: Int64, _ payload: ChunkedPayload = .unsignedWithTrailer) -> String {
        var parser = ChunkParser(payload, decodedLength: length)
        var object = ""
        var trailer = ""
        do throws(S3Error) {
            for piece in pieces {
                parser.feed(ByteBuffer(string: piece))
                while let event = try parser.next() {
                    switch event {
                    case .bytes(let bytes): object += String(buffer: bytes)
                    case .endOfChunk: continue
                    case .end(let headers, _): trailer = headers.map { "|\($0.name)=\($0.value)" }.joined()
                    }
                }
            }
            try parser.finish()
        } catch { return error.code }
        return object + trailer
    }

    @Test func aBodyInAnyPiecesIsTheSame() {
        let body = "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"
        let whole = "hello|x-amz-checksum-crc32=NhCmhg=="
        #expect(self.parse([body], length: 5) == whole)
        #expect(self.parse(body.unicodeScalars.map { String($0) }, length: 5) == whole)
        for cut in 1..<body.utf8.count {
            let bytes = Array(body.utf8)
            let pieces = [bytes[..<cut], bytes[cut...]].map { String(decoding: $0, as: UTF8.self) }
            #expect(self.parse(pieces, length: 5) == whole)
        }
    }

    @Test func sizesAreHexadecimalInEitherCase() {
        #expect(self.parse(["A\r\ndummy data\r\n0\r\n\r\n"], length: 10) == "dummy data")
        #expect(self.parse(["00a\r\ndummy data\r\n000\r\n\r\n"], length: 10) == "dummy data")
        #expect(self.parse(["0\r\n\r\n"], length: 0) == "")
    }

    @Test func onlyTheLastChunkMayBeSmall() {
        let large = String(repeating: "x", count: 8192)
        #expect(self.parse(["2000\r\n\(large)\r\n1\r\ny\r\n0\r\n\r\n"], length: 8193) == large + "y")
        #expect(self.parse(["1fff\r\n\(large.dropLast())\r\n1\r\ny\r\n0\r\n\r\n"], length: 8192) == "InvalidChunkSizeError")
    }

    /// Bodies that S3 was seen to refuse, and what else breaks the framing.
    @Test(arguments: [
        "A\ndummy data\r\n0\r\n\r\n", "A\r\ndummy data0\r\n\r\n", "A\r\nXYZ\r\ndummy data\r\n0\r\n\r\n", "B\r\ndummy data\r\n0\r\n\r\n",
        "A\r\ndummy data\r\n0\r\n", "A\r\ndummy data\r\n0\r\nx-amz-checksum-crc64nvme:dPVWc2vU1+Q=\r\n", "A\r\n",
        "A\r\nA\r\ndummy data\r\n0\r\n\r\n", "invalid_chunk_size\r\ndummy data\r\n0\r\n\r\n", "A\r\ndummy data\r\nJ\r\n\r\n", "",
        "\r\ndummy data\r\n0\r\n\r\n", "-A\r\ndummy data\r\n0\r\n\r\n", "+A\r\ndummy data\r\n0\r\n\r\n", " A\r\ndummy data\r\n0\r\n\r\n",
        "0xA\r\ndummy data\r\n0\r\n\r\n", "A;name=value\r\ndummy data\r\n0\r\n\r\n", "A\rdummy data\r\n0\r\n\r\n",
        "0000000000000000A\r\ndummy data\r\n0\r\n\r\n", "ffffffffffffffff\r\ndummy data\r\n0\r\n\r\n", "A\r\ndummy data\r\r0\r\n\r\n",
        "A\r\ndummy data\r\n0\r\n\r\n!", "A\r\ndummy data\r\n0\r\n\r\n0\r\n\r\n", "A\r\ndummy data\r\n0\r\n\r",
        "A\r\ndummy data\r\n0\r\n\n\r\n",
        "9\r\ndummy data\r\n0\r\n\r\n", "B\r\ndummy data!\r\n0\r\n\r\n", "0\r\n\r\n", "7fffffffffffffff\r\ndummy data\r\n0\r\n\r\n",
        "A\r\ndummy data\r\n0\r\na: \u{0}\rb\r\n\r\n", "A;chunk-signature=0\r\ndummy data\r\n0\r\n\r\n",
    ])
    func brokenFraming(body: String) {
        #expect(self.parse([body], length: 10) == "IncompleteBody")
        #expect(self.parse(body.unicodeScalars.map { String($0) }, length: 10) == "IncompleteBody")
    }

    @Test(arguments: ["x-amz-checksum-crc32\r\n\r\n", ":NhCmhg==\r\n\r\n", "a:1\r\nb:2\r\nc:3\r\nd:4\r\ne:5\r\n\r\n"])
    func brokenTrailers(trailer: String) {
        #expect(self.parse(["5\r\nhello\r\n0\r\n" + trailer], length: 5) == "MalformedTrailerError")
    }

    @Test func aTrailerWhereNoneBelongs() {
        let signature = String(repeating: "0", count: 64)
        let body = "5;chunk-signature=\(signature)\r\nhello\r\n0;chunk-signature=\(signature)\r\n"
        #expect(self.parse([body + "\r\n"], length: 5, .signed) == "hello")
        #expect(self.parse([body + "x-amz-checksum-crc32:NhCmhg==\r\n\r\n"], length: 5, .signed) == "IncompleteBody")
        #expect(self.parse([body + "x-amz-checksum-crc32:NhCmhg==\r\n\r\n"], length: 5, .signedWithTrailer) == "MalformedTrailerError")
        #expect(self.parse([body + "\r\n"], length: 5, .signedWithTrailer) == "MalformedTrailerError")
        #expect(
            self.parse([body + "x-amz-trailer-signature:0\r\nx-amz-checksum-crc32:1\r\n\r\n"], length: 5, .signedWithTrailer)
                == "MalformedTrailerError")
        #expect(self.parse([body.replacing(";chunk-signature=", with: ";chunk-signaturf=")], length: 5, .signed) == "IncompleteBody")
        #expect(self.parse(["5\r\nhello\r\n0\r\n\r\n"], length: 5, .signed) == "IncompleteBody")
    }

    @Test func linesWithoutAnEndAreNotKept() {
        let endless = String(repeating: "0", count: 1025)
        #expect(self.parse([endless], length: 5) == "IncompleteBody")
        #expect(self.parse(Array(repeating: "0", count: 1025), length: 5) == "IncompleteBody")
        #expect(self.parse(["5\r\nhello\r\n0\r\n" + endless], length: 5) == "IncompleteBody")
    }
}
