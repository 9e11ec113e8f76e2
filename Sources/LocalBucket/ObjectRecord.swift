import Foundation
import Libcrypto
import SigV4

/// What is kept about an object besides its bytes.
struct ObjectRecord: FileRecord, Hashable {
    var key: String
    var size: Int64
    /// MD5 of the bytes in hexadecimal, without quotes.
    var etag: String
    /// Seconds since the epoch.
    var lastModifiedSeconds: Int64
    var attributes: ObjectAttributes
    /// Of the bytes; or, where the parts of a multipart upload were sent with such checksums, of the parts' checksums, with their number.
    var checksum: Checksum
    /// Nil for an object that came as a whole.
    var multipart: MultipartOrigin?

    var checksumType: ChecksumType { self.multipart?.checksumType ?? .fullObject }
    var quotedETag: String { "\"\(self.etag)\"" }
    var lastModified: SigningTime { SigningTime(secondsSinceEpoch: self.lastModifiedSeconds) }
}

/// The multipart upload that an object was put together from.
struct MultipartOrigin: Sendable, Hashable, Codable {
    /// Tells the completion that is sent again from one that is not known.
    var uploadID: String
    var partSizes: [Int64]
    var checksumType: ChecksumType

    /// Where the bytes of a part are.
    ///
    /// - Parameter number: 1 for the first part in the object, whatever its number in the upload.
    func range(ofPart number: Int) -> Range<Int64>? {
        guard number >= 1, number <= self.partSizes.count else { return nil }
        let start = self.partSizes.prefix(number - 1).reduce(0, +)
        return start..<start + self.partSizes[number - 1]
    }
}

/// How one object, or one part of an upload, is one file: its bytes, then its record as JSON, then the length of the JSON and a mark.
///
/// The record comes last because it holds what is only known when all bytes have arrived. Being one file, bytes and
/// record change together, by one rename; and the bytes stand at the front, where an image viewer expects them.
enum ObjectFile {
    private static let mark = Array("CSOBJ001".utf8)
    static let footerBytes = 16
    /// A record is a key, at most 8 KB of headers, the sizes of at most 10,000 parts, and their JSON.
    static let maximumRecordBytes = 1 << 20

    /// What stands behind the object's bytes.
    static func trailer(_ record: some FileRecord) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json = try encoder.encode(record)
        let length = stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: json.count >> $0) }
        return Array(json) + length + self.mark
    }

    /// - Parameter footer: The last ``footerBytes`` of a file.
    /// - Returns: The length of the record before it, or nil when this is no object's file.
    static func recordLength(footer: [UInt8]) -> Int? {
        guard footer.count == self.footerBytes, Array(footer[8...]) == self.mark else { return nil }
        let length = footer[..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return length <= UInt64(self.maximumRecordBytes) ? Int(length) : nil
    }

    static func record<Record: FileRecord>(json: [UInt8]) -> Record? {
        try? JSONDecoder().decode(Record.self, from: Data(json))
    }

    /// The file's name: the hash of the key, so that any key is safe and no two keys meet; then, for people, its readable end.
    static func name(for key: String) -> String {
        let readable = key.utf8.suffix(64).map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "."), UInt8(ascii: "-"):
                byte
            default: UInt8(ascii: "_")
            }
        }
        return SHA256.hash(key).hex + "-" + String(decoding: readable, as: UTF8.self)
    }
}
