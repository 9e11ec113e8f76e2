import HTTPTypes
import Hummingbird
import NIOCore
import S3Signing
import SigV4

/// One request about a bucket itself.
struct BucketOperation {
    let request: S3Request
    let bucket: ServedBucket
    let region: String
    let verified: VerifiedRequest

    func answer(_ body: BodyReader) async throws -> Response {
        switch self.request.method {
        case "HEAD": return self.head()
        case "GET" where self.request.query("location") != nil: return self.location()
        case "GET" where self.request.query("uploads") != nil: return try await self.listUploads()
        case "GET": return try await self.list()
        case "PUT" where self.request.target.query.isEmpty: return try await self.create(body)
        case "DELETE" where self.request.target.query.isEmpty: return try await self.delete()
        case "POST" where self.request.query("delete") != nil: return try await self.deleteObjects(body)
        default: throw Refused.methodNotAllowed
        }
    }

    private func head() -> Response {
        var headers = HTTPFields()
        headers.set("x-amz-bucket-region", self.region)
        headers[.contentType] = "application/xml"
        return Response(status: .ok, headers: headers)
    }

    private func location() -> Response {
        // The first region of all is told by an empty element.
        let location = self.region == Self.firstRegion ? "" : XMLText.escape(self.region)
        return .xml(XMLText.document("LocationConstraint", namespace: XMLText.namespace) { $0.write(escaped: location) })
    }

    private func list() async throws -> Response {
        let page = try ListingPage(try ListingRequest(self.request), keys: try await self.bucket.store.keys())
        let records = try await self.bucket.store.records(page.keys)
        var response = Response.xml(page.xml(bucket: self.bucket.name, records: records))
        response.headers.set("x-amz-bucket-region", self.region)
        return response
    }

    private func listUploads() async throws -> Response {
        let page = UploadPage(try UploadListingRequest(self.request), uploads: try await self.bucket.store.openUploads())
        return .xml(page.xml(bucket: self.bucket.name))
    }

    private func expectation() throws(S3Error) -> BodyExpectation {
        try BodyExpectation(self.request.fields, contentSHA256: self.verified.contentSHA256)
    }

    private static let firstRegion = "us-east-1"

    /// The bucket is there already, and the client's own: S3's oldest region takes that, the others do not.
    private func create(_ body: BodyReader) async throws -> Response {
        let text = try await body.document(try self.expectation(), maximumBytes: 64 << 10)
        let constraint = text.isEmpty ? nil : try BucketConfiguration.locationConstraint(xml: text)
        guard constraint ?? Self.firstRegion == self.region else { throw Refused.illegalLocation(constraint) }
        guard self.region == Self.firstRegion else { throw Refused.bucketAlreadyOwnedByYou(self.bucket.name) }
        var headers = HTTPFields()
        headers[.location] = "/\(self.bucket.name)"
        return Response(status: .ok, headers: headers)
    }

    private func delete() async throws -> Response {
        guard try await self.bucket.store.keys().isEmpty else { throw Refused.bucketNotEmpty(self.bucket.name) }
        throw S3Error.accessDenied(
            "The bucket \(self.bucket.name) is named in the configuration of this local bucket; take it out there.")
    }
}

extension BucketOperation {
    /// A list of up to a thousand keys takes no more, escapes included.
    private static let deletionBytes = 8 << 20

    /// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>.
    private func deleteObjects(_ body: BodyReader) async throws -> Response {
        let expectation = try self.expectation()
        guard expectation.contentMD5 != nil || expectation.checksum != nil else {
            throw S3Error.invalidRequest("Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
        }
        let deletion = try Deletion(xml: try await body.document(expectation, maximumBytes: Self.deletionBytes))
        var outcomes: [(object: Deletion.Object, refusal: S3Error?)] = []
        for object in deletion.objects {
            do {
                try object.check()
                try await self.bucket.store.delete(object.key, if: object.etag.map { .matches($0) } ?? .none)
                outcomes.append((object, nil))
            } catch let refusal as S3Error {
                outcomes.append((object, refusal))
            }
        }
        return .xml(
            XMLText.document("DeleteResult", namespace: XMLText.namespace) { xml in
                for (object, refusal) in outcomes { object.write(refusal, isQuiet: deletion.isQuiet, to: &xml) }
            })
    }
}

/// The document of DeleteObjects.
struct Deletion {
    struct Object {
        var key = ""
        var version: String?
        var etag: String?

        func check() throws(S3Error) {
            if self.key.utf8.count > Limits.keyBytes { throw Refused.keyTooLong(self.key.utf8.count) }
            if let version, version != "null" { throw Refused.noSuchVersion }
        }

        func write(_ refusal: S3Error?, isQuiet: Bool, to xml: inout XMLText) {
            if refusal == nil, isQuiet { return }
            xml.element(refusal == nil ? "Deleted" : "Error") { xml in
                xml.element("Key", self.key)
                if let version { xml.element("VersionId", version) }
                guard let refusal else { return }
                xml.element("Code", refusal.code)
                xml.element("Message", refusal.message)
            }
        }
    }

    private(set) var objects: [Object] = []
    private(set) var isQuiet = false

    init(xml: String) throws(S3Error) {
        self = try XMLReader.document(xml, "Delete") { reader throws(S3Error) in
            var deletion = Deletion()
            while true {
                if reader.begins("Object") {
                    deletion.objects.append(try Self.object(&reader))
                } else if reader.begins("Quiet") {
                    deletion.isQuiet = try reader.text("Quiet") == "true"
                } else {
                    return deletion
                }
            }
        }
        guard (1...Limits.deletedKeys).contains(self.objects.count) else { throw Refused.malformedXML }
    }

    private init() {}

    private static func object(_ reader: inout XMLReader) throws(S3Error) -> Object {
        let object = try reader.element("Object", empty: nil) { reader throws(S3Error) in
            var object = Object()
            while true {
                if reader.begins("Key") {
                    object.key = try reader.text("Key")
                } else if reader.begins("VersionId") {
                    object.version = try reader.text("VersionId")
                } else if reader.begins("ETag") {
                    object.etag = try reader.text("ETag")
                } else {
                    return object
                }
            }
        }
        if object.key.isEmpty { throw Refused.malformedXML }
        return object
    }
}

/// The document of CreateBucket.
enum BucketConfiguration {
    static func locationConstraint(xml: String) throws(S3Error) -> String? {
        try XMLReader.document(xml, "CreateBucketConfiguration") { reader throws(S3Error) in
            reader.begins("LocationConstraint") ? try reader.text("LocationConstraint") : nil
        }
    }
}
