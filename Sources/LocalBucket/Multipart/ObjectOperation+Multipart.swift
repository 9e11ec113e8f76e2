import HTTPTypes
import Hummingbird
import NIOCore
import S3Signing
import SigV4

/// The number of a part, in an upload or in an object.
enum PartNumber {
    static func parse(_ text: String) throws(S3Error) -> Int {
        let isNumber = !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard isNumber, let number = Int(text), (1...Limits.partCount).contains(number) else { throw Refused.partNumber(text) }
        return number
    }
}

/// Multipart uploads.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>, and the page of each operation.
extension ObjectOperation {
    func answer(_ body: BodyReader, uploadID id: String) async throws -> Response {
        let store = self.bucket.store
        switch self.request.method {
        case "PUT": return try await self.uploadPart(body, of: try await store.upload(id, of: self.key))
        case "GET": return try await self.listParts(of: try await store.upload(id, of: self.key))
        case "POST": return try await self.complete(id, body)
        case "DELETE":
            try await store.abort(try await store.upload(id, of: self.key))
            return Response(status: .noContent)
        default: throw Refused.methodNotAllowed
        }
    }

    /// CreateMultipartUpload, whose body says nothing.
    func createUpload(_ body: BodyReader) async throws -> Response {
        _ = try await body.document(try self.documentExpectation(), maximumBytes: 64 << 10)
        let fields = self.request.fields
        var random: any RandomNumberGenerator = SystemRandomNumberGenerator()
        let upload = UploadRecord(
            key: self.key, attributes: try ObjectAttributes(fields), checksum: try ChecksumType.asked(fields), at: self.clock(),
            using: &random)
        try await self.bucket.store.begin(upload)
        var response = Response.xml(
            XMLText.document("InitiateMultipartUploadResult", namespace: XMLText.namespace) { xml in
                xml.element("Bucket", self.bucket.name)
                xml.element("Key", self.key)
                xml.element("UploadId", upload.id)
            })
        for field in upload.attributes.encryptionHeaders { response.headers[field.name] = field.value }
        if let algorithm = upload.checksumAlgorithm {
            response.headers.set("x-amz-checksum-algorithm", algorithm.rawValue)
            response.headers.set("x-amz-checksum-type", upload.checksumType.rawValue)
        }
        return response
    }

    /// UploadPart.
    private func uploadPart(_ reader: BodyReader, of upload: UploadRecord) async throws -> Response {
        let fields = self.request.fields
        let number = try PartNumber.parse(self.request.query("partNumber") ?? "")
        try self.refuseWhatIsTheUploads(fields)
        var body = try ObjectBody(fields, self.verified, reader)
        try upload.check(body.expectation.declaredAlgorithm)
        if let algorithm = upload.checksumAlgorithm { body.expectation.ownAlgorithm = algorithm }

        let store = self.bucket.store
        let part = try await store.withIncoming { [body] incoming in
            let received = try await incoming.receive(body)
            let part = PartRecord(
                number: number, size: received.size, etag: received.etag, lastModifiedSeconds: self.clock().secondsSinceEpoch,
                checksum: received.checksum)
            try await store.commit(incoming, asPart: part, of: upload)
            return part
        }
        var headers = upload.attributes.encryptionHeaders
        headers[.eTag] = "\"\(part.etag)\""
        if upload.checksumAlgorithm != nil { headers.set(part.checksum.algorithm.headerName, part.checksum.value) }
        return Response(status: .ok, headers: headers)
    }

    /// What is said of the object is said when the upload is created, and what must hold, when it is completed.
    private func refuseWhatIsTheUploads(_ fields: FieldList) throws(S3Error) {
        try ObjectAttributes.refuseUnsupported(fields)
        let encryption = "x-amz-server-side-encryption"
        if let header = fields.names(withPrefix: encryption).first {
            throw S3Error.invalidArgument(
                "\(encryption) header is not supported for this operation.", name: header, value: fields[header] ?? "")
        }
        for header in ["if-match", "if-none-match"] where fields[header] != nil {
            throw Refused.notImplemented("A header you provided implies functionality that is not implemented", header: header)
        }
    }

    /// ListParts.
    private func listParts(of upload: UploadRecord) async throws -> Response {
        let request = try PartListingRequest(self.request)
        // One more than the page has, to see whether there are more.
        let parts = try await self.bucket.store.parts(of: upload) { numbers in
            Array(numbers.lazy.filter { $0 > request.marker }.prefix(request.maxParts + 1))
        }
        return .xml(request.xml(bucket: self.bucket.name, upload: upload, parts: parts))
    }
}

extension UploadRecord {
    /// A part's checksum is by the algorithm that the upload was created with; one of the whole S3 computes by itself. Where none was
    /// named, any is checked: SDKs send one with each part unasked.
    fileprivate func check(_ declared: ChecksumAlgorithm?) throws(S3Error) {
        if self.checksumAlgorithm == nil || declared == nil && self.checksumType == .fullObject { return }
        guard declared == self.checksumAlgorithm else {
            throw Refused.checksumMismatch(expected: self.checksumAlgorithm, actual: declared)
        }
    }
}

// MARK: - Completion

extension ObjectOperation {
    /// CompleteMultipartUpload. Sent again, it answers as it did, as long as the object is there that it made.
    private func complete(_ id: String, _ body: BodyReader) async throws -> Response {
        let completion = try Completion(xml: try await body.document(try self.documentExpectation(), maximumBytes: Limits.completionBytes))
        do {
            if let record = try await self.finished(id) { return self.completed(record) }
            return self.completed(try await self.bucket.store.assemblies.pass { try await self.assemble(id, completion) })
        } catch let refusal as S3Error {
            // Whatever was wrong by then, the same completion may have come through on another connection.
            guard let record = try await self.finished(id) else { throw refusal }
            return self.completed(record)
        }
    }

    /// The checksum headers are about the object.
    private func documentExpectation() throws(S3Error) -> BodyExpectation {
        let own = self.request.fields.all.filter { $0.name.lowercased() == "content-md5" }
        return try BodyExpectation(FieldList(own), contentSHA256: self.verified.contentSHA256)
    }

    /// The object that this upload became; also when a kill has come between the object's name and the upload's end.
    private func finished(_ id: String) async throws -> ObjectRecord? {
        guard let record = try await self.bucket.store.object(self.key)?.record, record.multipart?.uploadID == id else { return nil }
        if let rest = try? await self.bucket.store.upload(id, of: self.key) { try? await self.bucket.store.abort(rest) }
        return record
    }

    private func assemble(_ id: String, _ completion: Completion) async throws -> ObjectRecord {
        let store = self.bucket.store
        let condition = try WriteCondition(self.request.fields)
        return try await store.watchingDeletions(of: self.key) { watch in
            let upload = try await store.upload(id, of: self.key)
            try condition.check(try await store.object(self.key)?.record, key: self.key)
            let assembly = try Assembly(upload, completion, stored: try await store.parts(of: upload), fields: self.request.fields)
            return try await store.withIncoming { incoming in
                let record = try await assembly.write(from: store, to: incoming, at: self.clock())
                try await store.complete(upload, with: incoming, as: record, if: condition, watch: watch)
                return record
            }
        }
    }

    private func completed(_ record: ObjectRecord) -> Response {
        var response = Response.xml(
            XMLText.document("CompleteMultipartUploadResult", namespace: XMLText.namespace) { xml in
                xml.element("Location", "http://\(self.request.host)\(self.request.target.rawPath)")
                xml.element("Bucket", self.bucket.name)
                xml.element("Key", record.key)
                xml.element("ETag", record.quotedETag)
                xml.element(record.checksum.algorithm.elementName, record.checksum.value)
                xml.element("ChecksumType", record.checksumType.rawValue)
            })
        for field in record.attributes.encryptionHeaders { response.headers[field.name] = field.value }
        return response
    }
}

extension ChecksumAlgorithm {
    /// In XML.
    var elementName: String { "Checksum\(self.rawValue)" }
}
