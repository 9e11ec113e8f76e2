public import AsyncHTTPClient
import Libcrypto
public import NIOCore
import NIOHTTP1
public import S3Signing
public import SigV4
public import Uploads

/// Asks a store about objects and multipart uploads: requests signed in their headers, within limits of time and size, tried again where
/// that helps.
///
/// Redirects are never followed, TLS certificates always verified. Each try is signed anew.
///
/// Source: Amazon S3 API Reference, the operations that the functions name.
public struct StoreClient: Sendable {
    /// For what is neither completing nor sending.
    public var plan: RetryPlan
    /// For `completeMultipartUpload`.
    public var completingPlan: RetryPlan
    /// For `putObject` and `uploadPart`.
    public var sendingPlan: RetryPlan
    /// Whether `conflict` is tried again here, and not by whoever asks the service.
    public let retriesConflicts: Bool

    let http: HTTPClient
    let clock: @Sendable () -> SigningTime
    let makeRandom: @Sendable () -> any RandomNumberGenerator
    let sleep: @Sendable (Duration) async throws -> Void
    let keyCache = SigningKeyCache()

    /// - Parameters:
    ///   - http: who made it shuts it down; it must not follow redirects.
    ///   - clock: the time at which requests are signed.
    ///   - makeRandom: for the pauses between tries.
    ///   - sleep: waits that long; throws where nobody waits any more.
    public init(
        http: HTTPClient = StoreClient.commonHTTP, plan: RetryPlan = .brief, completingPlan: RetryPlan = .completing,
        sendingPlan: RetryPlan = .sending, retriesConflicts: Bool = false,
        clock: @escaping @Sendable () -> SigningTime = UploadServiceConfiguration.systemClock,
        makeRandom: @escaping @Sendable () -> any RandomNumberGenerator = { SystemRandomNumberGenerator() },
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.http = http
        self.plan = plan
        self.completingPlan = completingPlan
        self.sendingPlan = sendingPlan
        self.retriesConflicts = retriesConflicts
        self.clock = clock
        self.makeRandom = makeRandom
        self.sleep = sleep
    }

    /// Lives as long as the process.
    public static let commonHTTP = HTTPClient(configuration: StoreClient.httpConfiguration())

    /// At most so many connections to one store, which close when idle for a while.
    ///
    /// - Parameter stallTimeout: for each write, and until each read; nil where deadlines alone count.
    public static func httpConfiguration(connections: Int = 32, stallTimeout: TimeAmount? = nil) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout = .init(connect: .seconds(5))
        configuration.timeout.read = stallTimeout
        configuration.timeout.write = stallTimeout
        configuration.connectionPool = .init(idleTimeout: .seconds(10), concurrentHTTP1ConnectionsPerHostSoftLimit: connections)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        return configuration
    }

    // MARK: - Multipart uploads

    /// CreateMultipartUpload.
    ///
    /// - Parameter headers: what the object is to be stored with, such as `content-type` and `x-amz-server-side-encryption`.
    /// - Returns: the upload's id. A try whose answer was lost may have begun another upload, which the bucket's lifecycle sweeps.
    public func createMultipartUpload(
        _ key: ObjectKey, headers: [Header], at location: S3Location, with credentials: SigningCredentials
    ) async throws(StoreFault) -> String {
        let call = StoreCall(method: .post, key: key, query: [QueryItem("uploads", "")], headers: headers)
        let reply = try await reply(to: call, at: location, with: credentials)
        guard let id = reply.document?.text(of: "UploadId"), (1...2048).contains(id.utf8.count),
            id.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw .unreachable("the answer has no upload id") }
        return id
    }

    /// ListParts, all pages; the parts in the order of their numbers.
    public func parts(
        of key: ObjectKey, uploadID: String, at location: S3Location, with credentials: SigningCredentials
    ) async throws(StoreFault) -> [StoredPart] {
        var parts: [StoredPart] = []
        for _ in 0..<Self.maximumPages {
            var query = [QueryItem("max-parts", "1000"), QueryItem("uploadId", uploadID)]
            if let last = parts.last { query.append(QueryItem("part-number-marker", String(last.number))) }
            let call = StoreCall(method: .get, key: key, query: query, maximumAnswerBytes: Self.maximumPageBytes)
            let page = try PartsPage(try await reply(to: call, at: location, with: credentials).document, after: parts.last?.number ?? 0)
            parts += page.parts
            if !page.isTruncated { return parts }
        }
        throw .unreachable("the list of parts does not end")
    }

    /// A page has up to 1,000 parts; some stores give fewer.
    private static let maximumPages = 100
    private static let maximumPageBytes = 2 << 20

    /// CompleteMultipartUpload.
    ///
    /// - Parameters:
    ///   - parts: ascending.
    ///   - createOnly: an object that has the key already stays (`If-None-Match: *`), which is `preconditionFailed`.
    public func completeMultipartUpload(
        _ key: ObjectKey, uploadID: String, parts: [CompletedPart], createOnly: Bool, at location: S3Location,
        with credentials: SigningCredentials
    ) async throws(StoreFault) -> StoredUpload {
        let elements = parts.map { "<Part><PartNumber>\($0.number)</PartNumber><ETag>\(XMLElement.escape($0.etag))</ETag></Part>" }
        let document = "<CompleteMultipartUpload \(Self.namespace)>\(elements.joined())</CompleteMultipartUpload>"
        var call = StoreCall(method: .post, key: key, query: [QueryItem("uploadId", uploadID)], body: .bytes(Array(document.utf8)))
        call.headers.append(Header("content-type", "application/xml"))
        if createOnly { call.headers.append(Header("if-none-match", "*")) }
        let reply = try await reply(to: call, at: location, with: credentials, plan: completingPlan)
        guard let document = reply.document, document.name == "CompleteMultipartUploadResult" else {
            throw .unreachable("the answer does not say that the upload is complete")
        }
        // Ceph leaves the tag empty up to version 16.
        return StoredUpload(reply, etag: document.text(of: "ETag").flatMap { $0.isEmpty ? nil : $0 })
    }

    /// AbortMultipartUpload. Parts that are still on their way may be kept all the same; whoever sends them ends them first.
    public func abortMultipartUpload(
        _ key: ObjectKey, uploadID: String, at location: S3Location, with credentials: SigningCredentials
    ) async throws(StoreFault) {
        let call = StoreCall(method: .delete, key: key, query: [QueryItem("uploadId", uploadID)])
        do throws(StoreFault) {
            _ = try await reply(to: call, at: location, with: credentials)
        } catch .noSuchUpload(afterRetry: true) {
            // The try before did it.
        }
    }

    // MARK: - Objects

    /// HeadObject, with checksums.
    ///
    /// - Throws: `notFound`; `refused` with 403 for what is not there, too, where the signer may not list the bucket.
    public func head(
        _ key: ObjectKey, at location: S3Location, with credentials: SigningCredentials
    ) async throws(StoreFault) -> StoredObject {
        let call = StoreCall(method: .head, key: key, headers: [Header("x-amz-checksum-mode", "ENABLED")])
        return try StoredObject(try await reply(to: call, at: location, with: credentials).answer)
    }

    /// GetObjectTagging, of the newest version.
    public func tags(
        of key: ObjectKey, at location: S3Location, with credentials: SigningCredentials
    ) async throws(StoreFault) -> [StoredTag] {
        let call = StoreCall(method: .get, key: key, query: [QueryItem("tagging", "")])
        // Ceph's answer is empty where an object has no tags.
        guard let document = try await reply(to: call, at: location, with: credentials).document else { return [] }
        guard document.name == "Tagging" else { throw .unreachable("the answer is no set of tags") }
        return (document["TagSet"]?.children ?? []).map { StoredTag(key: $0["Key"]?.text ?? "", value: $0["Value"]?.text ?? "") }
    }

    /// PutObjectTagging: the tags of the newest version become these.
    public func setTags(
        _ tags: [StoredTag], of key: ObjectKey, at location: S3Location, with credentials: SigningCredentials
    ) async throws(StoreFault) {
        let elements = tags.map { "<Tag><Key>\(XMLElement.escape($0.key))</Key><Value>\(XMLElement.escape($0.value))</Value></Tag>" }
        let body = Array("<Tagging \(Self.namespace)><TagSet>\(elements.joined())</TagSet></Tagging>".utf8)
        var digest = StreamingDigest(.md5)
        digest.update(body)
        let headers = [Header("content-type", "application/xml"), Header("content-md5", Base64.encode(digest.finish()))]
        let call = StoreCall(method: .put, key: key, query: [QueryItem("tagging", "")], headers: headers, body: .bytes(body))
        _ = try await reply(to: call, at: location, with: credentials)
    }

    private static let namespace = #"xmlns="http://s3.amazonaws.com/doc/2006-03-01/""#
}

extension StoredUpload {
    init(_ reply: StoreReply, etag: String?) {
        let version = reply.answer.headers.first(name: "x-amz-version-id")
        self.init(etag: etag, versionID: version == "null" ? nil : version, afterRetry: reply.isRetry)
    }
}

/// One page of ListParts.
struct PartsPage {
    let parts: [StoredPart]
    let isTruncated: Bool

    /// - Parameter marker: the number after which the page begins; its parts must have greater ones, so that pages come to an end.
    init(_ document: XMLElement?, after marker: Int) throws(StoreFault) {
        guard let document, document.name == "ListPartsResult" else { throw .unreachable("the answer is no list of parts") }
        var parts: [StoredPart] = []
        for element in document.children where element.name == "Part" {
            guard let number = element.text(of: "PartNumber").flatMap({ Int($0) }), let etag = element.text(of: "ETag"), !etag.isEmpty,
                let size = element.text(of: "Size").flatMap({ Int64($0) }), size >= 0, (1...10_000).contains(number)
            else { throw .unreachable("the list of parts has one without number, size or ETag") }
            guard number > parts.last?.number ?? marker else { throw .unreachable("the list of parts goes round in circles") }
            parts.append(StoredPart(number: number, sizeBytes: size, etag: etag))
        }
        isTruncated = document.text(of: "IsTruncated") == "true"
        if isTruncated, parts.isEmpty { throw .unreachable("the list of parts does not end") }
        self.parts = parts
    }
}
