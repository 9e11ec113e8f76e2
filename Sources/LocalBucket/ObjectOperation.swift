import HTTPTypes
import Hummingbird
import Libcrypto
import NIOCore
import S3Signing
import SigV4

/// One request about one object.
struct ObjectOperation {
    let request: S3Request
    let bucket: ServedBucket
    let key: String
    let verified: VerifiedRequest
    let clock: @Sendable () -> SigningTime
}

extension ObjectOperation {
    func answer(_ body: BodyReader) async throws -> Response {
        if let id = self.request.query("uploadId") { return try await self.answer(body, uploadID: id) }
        let isAboutTags = self.request.query("tagging") != nil
        switch self.request.method {
        case "GET": return isAboutTags ? try await self.tagging() : try await self.get(sentOn: body.eventLoop)
        case "HEAD" where !isAboutTags: return try await self.head()
        case "PUT": return isAboutTags ? try await self.putTagging(body) : try await self.put(body)
        case "POST" where self.request.query("uploads") != nil: return try await self.createUpload(body)
        case "DELETE": return isAboutTags ? try await self.deleteTagging() : try await self.delete()
        default: throw Refused.methodNotAllowed
        }
    }

    private func put(_ reader: BodyReader) async throws -> Response {
        let fields = self.request.fields
        let body = try ObjectBody(fields, self.verified, reader)
        let attributes = try ObjectAttributes(fields)
        let condition = try WriteCondition(fields)
        try condition.check(try await self.bucket.store.object(self.key)?.record, key: self.key)

        let upload = Upload(store: self.bucket.store, key: self.key, attributes: attributes, condition: condition, clock: self.clock)
        let record = try await upload.receive(body.expectation, body.read)
        return Response(status: .ok, headers: record.storedHeaders)
    }

    private func delete() async throws -> Response {
        let condition: WriteCondition = self.request.fields["if-match"].map { .matches($0) } ?? .none
        try await self.bucket.store.delete(self.key, if: condition)
        return Response(status: .noContent)
    }
}

extension ObjectOperation {
    private func get(sentOn eventLoop: any EventLoop) async throws -> Response {
        let object = try await self.open()
        let record = object.record
        guard try ReadConditions.evaluate(self.request.fields, record: record, now: self.clock()) == .send else {
            return Response(status: .notModified, headers: record.validators)
        }
        if ObjectAttributes.archivedClasses.contains(record.attributes.storageClass) {
            throw Refused.invalidObjectState(record.attributes.storageClass)
        }
        let range = try self.range(of: record)
        var headers = try self.headers(record, range: range)
        let bytes = range ?? 0..<record.size
        headers[.contentLength] = "\(bytes.upperBound - bytes.lowerBound)"
        return Response(status: range == nil ? .ok : .partialContent, headers: headers, body: object.body(bytes, sentOn: eventLoop))
    }

    private func head() async throws -> Response {
        let record = try await self.open().record
        guard try ReadConditions.evaluate(self.request.fields, record: record, now: self.clock()) == .send else {
            return Response(status: .notModified, headers: record.validators)
        }
        let range = try self.range(of: record)
        var headers = try self.headers(record, range: range)
        headers[.contentLength] = "\(range.map { $0.upperBound - $0.lowerBound } ?? record.size)"
        return Response(status: range == nil ? .ok : .partialContent, headers: headers)
    }

    func open() async throws -> StoredObject {
        guard let object = try await self.bucket.store.object(self.key) else { throw Refused.noSuchKey(self.key) }
        return object
    }

    private func range(of record: ObjectRecord) throws(S3Error) -> Range<Int64>? {
        if let number = self.request.query("partNumber") {
            if self.request.fields["range"] != nil {
                throw S3Error.invalidRequest("Cannot specify both Range header and partNumber query parameter")
            }
            return try self.range(ofPart: number, of: record)
        }
        guard ReadConditions.rangeApplies(self.request.fields, record: record) else { return nil }
        return try ByteRange.resolve(self.request.fields["range"], size: record.size)
    }

    /// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>, `partNumber`. An object that came as a whole is its
    /// own first part.
    private func range(ofPart text: String, of record: ObjectRecord) throws(S3Error) -> Range<Int64>? {
        let number = try PartNumber.parse(text)
        if record.multipart == nil, number == 1 { return record.size == 0 ? nil : 0..<record.size }
        guard let range = record.multipart?.range(ofPart: number) else {
            throw Refused.partNotSatisfiable(text, count: record.multipart?.partSizes.count ?? 1)
        }
        return range.isEmpty ? nil : range
    }

    private func headers(_ record: ObjectRecord, range: Range<Int64>?) throws(S3Error) -> HTTPFields {
        var headers = HTTPFields(record.attributes.headers)
        for field in record.validators { headers[field.name] = field.value }
        headers[.acceptRanges] = "bytes"
        if !record.attributes.tags.isEmpty { headers.set("x-amz-tagging-count", "\(record.attributes.tags.count)") }
        if let multipart = record.multipart, self.request.query("partNumber") != nil {
            headers.set("x-amz-mp-parts-count", "\(multipart.partSizes.count)")
        }
        if let range {
            headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(record.size)"
        } else if self.wantsChecksum {
            for field in record.checksumHeaders { headers[field.name] = field.value }
        }
        for (name, value) in try self.overrides() { headers.set(name, value) }
        return headers
    }

    /// A header, which presigning clients move into the query.
    private var wantsChecksum: Bool {
        let mode =
            self.request.fields["x-amz-checksum-mode"]
            ?? self.request.target.query.first { $0.name.lowercased() == "x-amz-checksum-mode" }?.value
        return mode?.uppercased() == "ENABLED"
    }

    /// Headers that the (signed) query replaces.
    private func overrides() throws(S3Error) -> [(name: String, value: String)] {
        var found: [(name: String, value: String)] = []
        for name in ["content-type", "content-language", "expires", "cache-control", "content-disposition", "content-encoding"] {
            guard let value = self.request.query("response-\(name)") else { continue }
            guard HTTPField.isValidValue(value) else {
                throw S3Error.invalidArgument("A header value must not hold control characters.", name: "response-\(name)", value: "")
            }
            found.append((name, value))
        }
        return found
    }
}

extension VerifiedRequest {
    /// The digest that was signed of the body, in hexadecimal.
    var contentSHA256: String? {
        if case .sha256(let digest) = self.payload { digest.hex } else { nil }
    }
}

extension ObjectRecord {
    /// What lets a client ask whether it has the object already.
    var validators: HTTPFields {
        var headers = HTTPFields()
        headers[.eTag] = self.quotedETag
        headers[.lastModified] = HTTPDate.format(self.lastModified)
        return headers
    }

    var checksumHeaders: HTTPFields {
        var headers = HTTPFields()
        headers.set(self.checksum.algorithm.headerName, self.checksum.value)
        headers.set("x-amz-checksum-type", self.checksumType.rawValue)
        return headers
    }

    /// What S3 says about an object that it has just stored.
    var storedHeaders: HTTPFields {
        var headers = self.checksumHeaders
        headers[.eTag] = self.quotedETag
        for field in self.attributes.encryptionHeaders { headers[field.name] = field.value }
        return headers
    }
}

extension ObjectAttributes {
    var encryptionHeaders: HTTPFields {
        HTTPFields(self.headers.filter { $0.name.hasPrefix("x-amz-server-side-encryption") })
    }
}

extension StoredObject {
    /// Sends bytes of the object piece by piece, as fast as the client takes them.
    ///
    /// - Parameter eventLoop: The connection's. Waiting for it after each piece keeps the next ones out of memory: a write comes back before
    ///   the event loop has seen it, and only then is it known that the client takes no more.
    func body(_ range: Range<Int64>, sentOn eventLoop: any EventLoop) -> ResponseBody {
        ResponseBody(contentLength: Int(range.upperBound - range.lowerBound)) { writer in
            for piece in self.pieces(range) {
                try await writer.write(try await self.read(piece))
                try await eventLoop.submit {}.get()
            }
            try await writer.finish(nil)
        }
    }
}
