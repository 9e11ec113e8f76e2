import Libcrypto
import S3Signing
import SigV4

/// What a ListObjects request asks.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>; without `list-type=2` it is version 1, whose
/// `marker` takes the place of `start-after` and `continuation-token`.
struct ListingRequest {
    let isVersion2: Bool
    let prefix: String
    let delimiter: String?
    let maxKeys: Int
    let startAfter: String?
    let continuationToken: String?
    let encodesURL: Bool
    let fetchesOwner: Bool

    init(_ request: S3Request) throws(S3Error) {
        self.isVersion2 = request.query("list-type") != nil
        if let type = request.query("list-type"), type != "2" {
            throw S3Error.invalidArgument("Invalid List Type specified in Request", name: "list-type", value: type)
        }
        self.prefix = request.query("prefix") ?? ""
        self.delimiter = request.query("delimiter").flatMap { $0.isEmpty ? nil : $0 }
        self.maxKeys = try Self.maxKeys(request.query("max-keys"))
        self.startAfter = request.query(self.isVersion2 ? "start-after" : "marker")
        self.continuationToken = self.isVersion2 ? request.query("continuation-token") : nil
        self.encodesURL = try Self.encodesURL(request)
        self.fetchesOwner = !self.isVersion2 || request.query("fetch-owner") == "true"
    }

    static func encodesURL(_ request: S3Request) throws(S3Error) -> Bool {
        let encoding = request.query("encoding-type")
        if let encoding, encoding != "url" {
            throw S3Error.invalidArgument("Invalid Encoding Method specified in Request", name: "encoding-type", value: encoding)
        }
        return encoding != nil
    }

    private static func maxKeys(_ text: String?) throws(S3Error) -> Int {
        guard let text, !text.isEmpty else { return Limits.listedKeys }
        guard let number = Int32(text) else {
            throw S3Error.invalidArgument("Provided max-keys not an integer or within integer range", name: "max-keys", value: text)
        }
        guard number >= 0 else {
            throw S3Error.invalidArgument("Argument maxKeys must be an integer between 0 and 2147483647", name: "maxKeys", value: text)
        }
        return min(Int(number), Limits.listedKeys)
    }

    /// Where the page begins.
    fileprivate func start() throws(S3Error) -> ListingPosition {
        if let token = self.continuationToken {
            guard let position = ListingPosition(token: token) else {
                throw S3Error.invalidArgument("The continuation token provided is incorrect", name: "continuation-token", value: token)
            }
            return position
        }
        guard let after = self.startAfter.map({ Array($0.utf8) }) else { return .start }
        // Version 1 hands a common prefix out as the next marker, and then means what comes after all of it.
        if !self.isVersion2, let delimiter, Bytes.commonPrefix(of: after, prefix: self.prefix, delimiter: delimiter) == after {
            return .afterPrefix(after)
        }
        return .afterKey(after)
    }
}

/// The place between two entries of a listing.
private enum ListingPosition: Equatable {
    case start
    case afterKey([UInt8])
    case afterPrefix([UInt8])

    /// Opaque to clients, as S3's are.
    var token: String {
        switch self {
        case .start: ""
        case .afterKey(let key): Base64.encode(Array("k".utf8) + key)
        case .afterPrefix(let prefix): Base64.encode(Array("p".utf8) + prefix)
        }
    }

    init?(token: String) {
        guard let bytes = Base64.decode(token), let kind = bytes.first else { return nil }
        let rest = Array(bytes.dropFirst())
        switch kind {
        case UInt8(ascii: "k"): self = .afterKey(rest)
        case UInt8(ascii: "p"): self = .afterPrefix(rest)
        default: return nil
        }
    }

    init() {
        self = .start
    }

    func isBefore(_ key: [UInt8]) -> Bool {
        switch self {
        case .start: true
        case .afterKey(let last): last.lexicographicallyPrecedes(key)
        case .afterPrefix(let prefix): prefix.lexicographicallyPrecedes(key) && !key.starts(with: prefix)
        }
    }
}

enum Bytes {
    /// The part of a key up to and with the first delimiter behind the prefix.
    static func commonPrefix(of key: [UInt8], prefix: String, delimiter: String) -> [UInt8]? {
        let mark = Array(delimiter.utf8)
        var index = prefix.utf8.count
        while index + mark.count <= key.count {
            if key[index..<index + mark.count].elementsEqual(mark) { return Array(key[..<(index + mark.count)]) }
            index += 1
        }
        return nil
    }
}

/// One page of a listing.
struct ListingPage {
    private enum Entry {
        case object([UInt8])
        case prefix([UInt8])
    }

    private let request: ListingRequest
    private var entries: [Entry] = []
    private var last = ListingPosition()
    private var isTruncated = false

    /// - Parameter keys: All of the bucket, in order.
    init(_ request: ListingRequest, keys: [[UInt8]]) throws(S3Error) {
        self.request = request
        self.last = try request.start()
        guard request.maxKeys > 0 else { return }
        for key in keys where key.starts(with: request.prefix.utf8) && self.last.isBefore(key) {
            if self.entries.count == request.maxKeys {
                self.isTruncated = true
                return
            }
            if let delimiter = request.delimiter, let common = Bytes.commonPrefix(of: key, prefix: request.prefix, delimiter: delimiter) {
                self.entries.append(.prefix(common))
                self.last = .afterPrefix(common)
            } else {
                self.entries.append(.object(key))
                self.last = .afterKey(key)
            }
        }
    }

    /// The objects of this page.
    var keys: [String] {
        self.entries.compactMap { if case .object(let key) = $0 { String(decoding: key, as: UTF8.self) } else { nil } }
    }

    /// - Parameter records: Of the objects of this page, as far as they are still there.
    func xml(bucket: String, records: [ObjectRecord]) -> String {
        XMLText.document("ListBucketResult", namespace: XMLText.namespace) { xml in
            xml.element("Name", bucket)
            xml.element("Prefix", self.encoded(self.request.prefix))
            self.writePosition(&xml, count: self.entries.count - self.keys.count + records.count)
            xml.element("MaxKeys", "\(self.request.maxKeys)")
            if let delimiter = self.request.delimiter { xml.element("Delimiter", self.encoded(delimiter)) }
            if self.request.encodesURL { xml.element("EncodingType", "url") }
            xml.element("IsTruncated", self.isTruncated ? "true" : "false")
            for record in records { self.write(record, to: &xml) }
            for case .prefix(let prefix) in self.entries {
                xml.element("CommonPrefixes") { $0.element("Prefix", self.encoded(String(decoding: prefix, as: UTF8.self))) }
            }
        }
    }

    private func writePosition(_ xml: inout XMLText, count: Int) {
        if self.request.isVersion2 {
            xml.element("KeyCount", "\(count)")
            if let token = self.request.continuationToken { xml.element("ContinuationToken", token) }
            if let after = self.request.startAfter { xml.element("StartAfter", self.encoded(after)) }
            if self.isTruncated { xml.element("NextContinuationToken", self.last.token) }
            return
        }
        xml.element("Marker", self.encoded(self.request.startAfter ?? ""))
        switch self.last {
        case .afterKey(let name) where self.isTruncated, .afterPrefix(let name) where self.isTruncated:
            xml.element("NextMarker", self.encoded(String(decoding: name, as: UTF8.self)))
        default: break
        }
    }

    private func write(_ record: ObjectRecord, to xml: inout XMLText) {
        xml.element("Contents") { xml in
            xml.element("Key", self.encoded(record.key))
            xml.element("LastModified", XMLText.time(record.lastModified))
            xml.element("ETag", record.quotedETag)
            xml.element("ChecksumAlgorithm", record.checksum.algorithm.rawValue)
            xml.element("ChecksumType", record.checksumType.rawValue)
            xml.element("Size", "\(record.size)")
            if self.request.fetchesOwner { xml.element("Owner") { $0.element("ID", Owner.id) } }
            xml.element("StorageClass", record.attributes.storageClass)
        }
    }

    private func encoded(_ text: String) -> String {
        self.request.encodesURL ? PercentEncoding.encodePath(text) : text
    }
}

/// The one account to which all local buckets belong.
enum Owner {
    static let id = String(repeating: "0", count: 64)
}
