import NIOCore
import S3Signing
import SigV4
import Testing

@testable import LocalBucket

/// The form parser alone: what it says must not depend on how the bytes arrive.
@Suite struct FormParserTests {
    private func events(_ pieces: [[UInt8]], boundary: String) throws -> [FormParser.Event] {
        var parser = FormParser(boundary: try FormBoundary(contentType: "multipart/form-data; boundary=\"\(boundary)\""))
        var found: [FormParser.Event] = []
        for piece in pieces {
            parser.feed(ByteBuffer(bytes: piece))
            while let event = try parser.next() {
                // Bytes of the file are joined, since their cuts mean nothing.
                if case .bytes(var more) = event, case .bytes(var before)? = found.last {
                    before.writeBuffer(&more)
                    found[found.count - 1] = .bytes(before)
                } else {
                    found.append(event)
                }
            }
        }
        try parser.finish()
        return found
    }

    @Test(arguments: 0..<60)
    func anyCutMeansTheSame(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let boundary = ["x", "--", "\u{2d}\u{2d}a", "----WebKitFormBoundary7MA4YWxkTrZu0gW"].randomElement(using: &random)!
        let noise = Array("\r\n-\(boundary)ab".utf8)
        let content = { (random: inout SeededGenerator) -> String in
            var text = String(
                decoding: (0..<Int.random(in: 0...80, using: &random)).map { _ in noise.randomElement(using: &random)! }, as: UTF8.self)
            text = text.replacing("\r\n--\(boundary)", with: "")
            // What follows content is a line end and the boundary; content that makes one earlier with it is no content.
            return text.hasSuffix("\r") ? text + "." : text
        }
        let fields = (0..<Int.random(in: 0...4, using: &random)).map { FormPart("f\($0)", content(&random)) }
        let file = content(&random)
        let whole = Array(multipart(fields + [FormPart("file", file, filename: "n")], boundary: boundary).utf8)
        var expected: [FormParser.Event] = fields.map { .field(Header($0.name, $0.content)) } + [.file(filename: "n")]
        if !file.isEmpty { expected.append(.bytes(ByteBuffer(string: file))) }
        expected += [.endOfFile, .end]

        #expect(try self.events([whole], boundary: boundary) == expected)
        #expect(try self.events(whole.map { [$0] }, boundary: boundary) == expected)
        var pieces: [[UInt8]] = []
        var rest = whole[...]
        while !rest.isEmpty {
            let count = Int.random(in: 1...20, using: &random)
            pieces.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        #expect(try self.events(pieces, boundary: boundary) == expected)
    }

    @Test(arguments: 0..<60)
    func garbageEndsInARefusal(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var whole = Array(multipart([FormPart("a", "b"), FormPart("file", "content", filename: "n")], boundary: "x").utf8)
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            whole[Int.random(in: 0..<whole.count, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
        }
        let cut = Array(whole.prefix(Int.random(in: 0..<whole.count - 4, using: &random)))
        #expect(throws: S3Error.self) { try self.events([cut], boundary: "x") }
    }

    /// To Swift, a combining mark makes one character with the quotation mark, semicolon or equals sign before it.
    @Test(arguments: ["\u{301}", "a\u{301}", "\u{301};=:\u{301}", "\u{20DD}=b"])
    func namesMayBeginWithACombiningMark(_ name: String) throws {
        let form = multipart([FormPart(name, "value"), FormPart("file", "content", filename: name)], boundary: "x")
        let events = try self.events([Array(form.utf8)], boundary: "x")
        guard case .field(let field)? = events.first, case .file(let filename?)? = events.dropFirst().first else {
            Issue.record("\(events)")
            return
        }
        #expect(field.name.utf8.elementsEqual(name.utf8))
        #expect(filename.utf8.elementsEqual(name.utf8))
    }

    @Test func memoryIsBounded() throws {
        var parser = FormParser(boundary: try FormBoundary(contentType: "multipart/form-data; boundary=x"))
        parser.feed(ByteBuffer(string: "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"))
        #expect(throws: S3Error.self) { () throws in
            for _ in 0..<10 {
                parser.feed(ByteBuffer(repeating: UInt8(ascii: "a"), count: 4096))
                #expect(try parser.next() == nil)
            }
        }
        var headers = FormParser(boundary: try FormBoundary(contentType: "multipart/form-data; boundary=x"))
        headers.feed(ByteBuffer(string: "--x\r\nContent-Disposition: "))
        #expect(throws: S3Error.self) { () throws in
            for _ in 0..<10 {
                headers.feed(ByteBuffer(repeating: UInt8(ascii: "a"), count: 4096))
                #expect(try headers.next() == nil)
            }
        }
    }
}
