import NIOCore
import S3Signing
import SigV4

@testable import LocalBucket

/// POST forms: however the bytes are cut, they mean the same.
struct FormTarget: FuzzTarget {
    func run(_ input: [UInt8]) {
        _ = HeaderParameters.parse(String(decoding: input, as: UTF8.self))
        guard let boundary = try? FormBoundary(contentType: "multipart/form-data; boundary=x") else { fatalError("no boundary") }
        let whole = Self.reading(input, pieces: input.count, boundary)
        for length in [1, 7] {
            expect(Self.reading(input, pieces: length, boundary) == whole, "in pieces of \(length) bytes the form is another one")
        }
    }

    /// What a form says: fields, file, or that it is none.
    private static func reading(_ input: [UInt8], pieces length: Int, _ boundary: FormBoundary) -> [String] {
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
