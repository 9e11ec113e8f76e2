import NIOCore
import S3Signing
import SigV4

@testable import LocalBucket

/// POST forms: however the bytes are cut, they mean the same, and what a browser writes is what is read.
struct FormTarget: FuzzTarget {
    private let boundary: FormBoundary

    init() {
        guard let boundary = try? FormBoundary(contentType: "multipart/form-data; boundary=x") else { fatalError("no boundary") }
        self.boundary = boundary
    }

    func run(_ input: [UInt8]) {
        check(input)
        checkWritten(input)
        checkHeaders(String(decoding: input, as: UTF8.self))
    }

    private func check(_ body: [UInt8]) {
        let whole = reading(body, pieces: body.count)
        for length in [1, 7] {
            expect(reading(body, pieces: length) == whole, "in pieces of \(length) bytes the form is another one")
        }
    }

    /// The input as a browser would send it (RFC 7578; names as the HTML Standard escapes them): fields by lines, and all of it as the file.
    private func checkWritten(_ input: [UInt8]) {
        let fields = InputLines(input).pairs(":").filter { Self.isWritable($0.name) }
        let parts =
            fields.map { (header: "name=\"\(Self.quoted($0.name))\"", content: Array($0.value.utf8)) }
            + [(header: "name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain", content: input)]
        guard !parts.contains(where: { $0.content.firstRange(of: Array("\r\n--x".utf8)) != nil }) else { return }
        var body: [UInt8] = []
        for part in parts {
            body += Array("--x\r\nContent-Disposition: form-data; \(part.header)\r\n\r\n".utf8) + part.content + [0x0D, 0x0A]
        }
        body += Array("--x--\r\n".utf8)
        // What stands before the file has a limit.
        guard body.count < 16_000 else { return }
        let read = reading(body, pieces: body.count)
        let expected =
            fields.map { "\(FormParser.Event.field(Header(Self.quoted($0.name), $0.value)))" }
            + ["\(FormParser.Event.file(filename: "a.txt"))", "\(FormParser.Event.endOfFile)", "\(FormParser.Event.end)", "\(input)"]
        expect(read.elementsEqual(expected) { $0.isSame(as: $1) }, "a form that was written is read as \(read), not \(expected)")
        check(body)
    }

    /// Before a quotation mark, a backslash makes a name that has two readings.
    private static func isWritable(_ name: String) -> Bool {
        (1...1000).contains(name.utf8.count) && name.lowercased() != "file"
            && !name.utf8.contains { $0 == 0x0D || $0 == UInt8(ascii: "\\") }
    }

    private static func quoted(_ name: String) -> String {
        name.unicodeScalars.map { $0 == "\"" ? "%22" : String($0) }.joined()
    }

    private func checkHeaders(_ text: String) {
        let (value, parameters) = HeaderParameters.parse(text)
        expect(!value.contains(";") && parameters.allSatisfy { !$0.key.contains("=") }, "not taken apart: \(text)")
        if let boundary = try? FormBoundary(contentType: text) {
            expect((1...70).contains(boundary.text.utf8.count), "no boundary: \(text)")
        }
        guard let redirect = FormRedirect(text) else { return }
        let url = redirect.url(bucket: "fuzzed-bucket", key: text, etag: "\"etag\"")
        expect(url.utf8.allSatisfy { (0x21...0x7E).contains($0) }, "a header could not carry \(url)")
    }

    /// What a form says: fields, file, or that it is none.
    private func reading(_ input: [UInt8], pieces length: Int) -> [String] {
        var parser = FormParser(boundary: boundary)
        var said: [String] = []
        var file: [UInt8] = []
        var rest = input[...]
        do throws(S3Error) {
            repeat {
                parser.feed(ByteBuffer(bytes: rest.prefix(max(length, 1))))
                rest = rest.dropFirst(max(length, 1))
                while let event = try parser.next() {
                    if case .bytes(let bytes) = event { file += bytes.readableBytesView } else { said.append("\(event)") }
                    if event == .end { return said + ["\(file)"] }
                }
            } while !rest.isEmpty
            try parser.finish()
        } catch {
            // Where a form is too large to go on with depends on what has arrived.
            return ["\(error.code)"]
        }
        return said + ["\(file)"]
    }
}
