import S3Signing
import SigV4

/// What ListParts asks.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html>.
struct PartListingRequest: Sendable {
    let maxParts: Int
    /// The part after which the page begins.
    let marker: Int

    init(_ request: S3Request) throws(S3Error) {
        self.maxParts = min(try Self.number("max-parts", in: request) ?? Limits.listedParts, Limits.listedParts)
        self.marker = try Self.number("part-number-marker", in: request) ?? 0
    }

    static func number(_ name: String, in request: S3Request) throws(S3Error) -> Int? {
        guard let text = request.query(name), !text.isEmpty else { return nil }
        guard let number = Int32(text), number >= 0 else {
            throw S3Error.invalidArgument("Provided \(name) not an integer or within integer range", name: name, value: text)
        }
        return Int(number)
    }

    /// - Parameter parts: Those behind the marker, one more than the page takes where there are more.
    func xml(bucket: String, upload: UploadRecord, parts: [PartRecord]) -> String {
        let page = parts.prefix(self.maxParts)
        return XMLText.document("ListPartsResult", namespace: XMLText.namespace) { xml in
            xml.element("Bucket", bucket)
            xml.element("Key", upload.key)
            xml.element("UploadId", upload.id)
            upload.writeOwner(to: &xml)
            xml.element("PartNumberMarker", "\(self.marker)")
            xml.element("NextPartNumberMarker", "\(page.last?.number ?? 0)")
            xml.element("MaxParts", "\(self.maxParts)")
            xml.element("IsTruncated", page.count < parts.count ? "true" : "false")
            for part in page {
                xml.element("Part") { xml in
                    xml.element("PartNumber", "\(part.number)")
                    xml.element("LastModified", XMLText.time(part.lastModified))
                    xml.element("ETag", "\"\(part.etag)\"")
                    xml.element("Size", "\(part.size)")
                    if upload.checksumAlgorithm != nil { xml.element(part.checksum.algorithm.elementName, part.checksum.value) }
                }
            }
        }
    }
}

/// What ListMultipartUploads asks.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html>.
struct UploadListingRequest {
    let prefix: String
    let delimiter: String?
    let maxUploads: Int
    let keyMarker: String
    /// Counts only with a key marker.
    let uploadIDMarker: String
    let encodesURL: Bool

    init(_ request: S3Request) throws(S3Error) {
        self.prefix = request.query("prefix") ?? ""
        self.delimiter = request.query("delimiter").flatMap { $0.isEmpty ? nil : $0 }
        self.maxUploads = min(try PartListingRequest.number("max-uploads", in: request) ?? Limits.listedUploads, Limits.listedUploads)
        self.keyMarker = request.query("key-marker") ?? ""
        self.uploadIDMarker = self.keyMarker.isEmpty ? "" : request.query("upload-id-marker") ?? ""
        self.encodesURL = try ListingRequest.encodesURL(request)
    }

    func commonPrefix(of key: [UInt8]) -> [UInt8]? {
        self.delimiter.flatMap { Bytes.commonPrefix(of: key, prefix: self.prefix, delimiter: $0) }
    }
}

/// One page of the open uploads.
struct UploadPage {
    private let request: UploadListingRequest
    private var uploads: [UploadRecord] = []
    private var prefixes: [[UInt8]] = []
    private var isTruncated = false
    /// The markers of the next page.
    private var last: (key: String, uploadID: String) = ("", "")

    /// - Parameter uploads: All of the bucket, by key and then by age.
    init(_ request: UploadListingRequest, uploads: [UploadRecord]) {
        self.request = request
        let marker = Array(request.keyMarker.utf8)
        // A page that ends with a common prefix is followed by what comes after all of it.
        let passed = request.commonPrefix(of: marker) == marker ? marker : nil
        for upload in uploads where upload.key.utf8.starts(with: request.prefix.utf8) {
            let key = Array(upload.key.utf8)
            guard self.isBehind(marker, key, upload.id), passed.map({ !key.starts(with: $0) }) ?? true else { continue }
            let common = request.commonPrefix(of: key)
            if let common, self.prefixes.last == common { continue }
            if self.uploads.count + self.prefixes.count == request.maxUploads {
                self.isTruncated = request.maxUploads > 0
                return
            }
            if let common {
                self.prefixes.append(common)
                self.last = (String(decoding: common, as: UTF8.self), "")
            } else {
                self.uploads.append(upload)
                self.last = (upload.key, upload.id)
            }
        }
    }

    private func isBehind(_ marker: [UInt8], _ key: [UInt8], _ id: String) -> Bool {
        if key == marker { return !self.request.uploadIDMarker.isEmpty && self.request.uploadIDMarker < id }
        return marker.lexicographicallyPrecedes(key)
    }

    func xml(bucket: String) -> String {
        XMLText.document("ListMultipartUploadsResult", namespace: XMLText.namespace) { xml in
            xml.element("Bucket", bucket)
            xml.element("KeyMarker", self.encoded(self.request.keyMarker))
            xml.element("UploadIdMarker", self.request.uploadIDMarker)
            if self.isTruncated {
                xml.element("NextKeyMarker", self.encoded(self.last.key))
                xml.element("NextUploadIdMarker", self.last.uploadID)
            }
            xml.element("Prefix", self.encoded(self.request.prefix))
            if let delimiter = self.request.delimiter { xml.element("Delimiter", self.encoded(delimiter)) }
            if self.request.encodesURL { xml.element("EncodingType", "url") }
            xml.element("MaxUploads", "\(self.request.maxUploads)")
            xml.element("IsTruncated", self.isTruncated ? "true" : "false")
            for upload in self.uploads {
                xml.element("Upload") { xml in
                    xml.element("Key", self.encoded(upload.key))
                    xml.element("UploadId", upload.id)
                    upload.writeOwner(to: &xml)
                    xml.element("Initiated", XMLText.time(upload.initiated))
                }
            }
            for prefix in self.prefixes {
                xml.element("CommonPrefixes") { $0.element("Prefix", self.encoded(String(decoding: prefix, as: UTF8.self))) }
            }
        }
    }

    private func encoded(_ text: String) -> String {
        self.request.encodesURL ? PercentEncoding.encodePath(text) : text
    }
}

extension UploadRecord {
    /// The members that both listings have.
    fileprivate func writeOwner(to xml: inout XMLText) {
        xml.element("Initiator") { $0.element("ID", Owner.id) }
        xml.element("Owner") { $0.element("ID", Owner.id) }
        xml.element("StorageClass", self.attributes.storageClass)
        if let algorithm = self.checksumAlgorithm {
            xml.element("ChecksumAlgorithm", algorithm.rawValue)
            xml.element("ChecksumType", self.checksumType.rawValue)
        }
    }
}
