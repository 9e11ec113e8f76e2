import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import S3Policy
import S3Signing
import SigV4

/// Answers every request. There is no router: keys must reach the signature and the store exactly as they were sent.
struct BucketResponder: HTTPResponder {
    typealias Context = BucketRequestContext

    let buckets: [String: ServedBucket]
    let region: String
    let clock: @Sendable () -> SigningTime
    private let verifier: S3Verifier

    /// Blocks while it prepares the folders.
    init(_ configuration: LocalBucketConfiguration) throws {
        var buckets: [String: ServedBucket] = [:]
        var credentials: [String: Credentials] = [:]
        for bucket in configuration.buckets {
            let name = bucket.name.name
            if buckets[name] != nil { throw LocalBucketError("The bucket \(name) is named twice; name each bucket once.") }
            for known in bucket.credentials {
                if let earlier = credentials[known.accessKeyID], earlier.secretAccessKey != known.secretAccessKey {
                    throw LocalBucketError("The access key \(known.accessKeyID) has two secrets; give each access key one.")
                }
                credentials[known.accessKeyID] = known
            }
            buckets[name] = try ServedBucket(bucket, folder: "\(configuration.folder)/\(name)")
        }
        self.buckets = buckets
        self.region = configuration.region
        self.clock = configuration.clock
        self.verifier = S3Verifier(region: configuration.region) { [credentials] in credentials[$0] }
    }

    func respond(to request: Request, context: BucketRequestContext) async throws -> Response {
        var random: any RandomNumberGenerator = SystemRandomNumberGenerator()
        let identifiers = RequestIdentifiers(using: &random)
        var exchange = Exchange(identifiers: identifiers, method: request.head.method.rawValue)
        var response = await self.answer(request, &exchange, context)
        response.headers.set("x-amz-request-id", identifiers.requestID)
        response.headers.set("x-amz-id-2", identifiers.hostID)
        if let seen = exchange.request, seen.method != "OPTIONS" {
            let document = exchange.bucket?.cors
            for field in CORSAnswer.headers(seen.fields, method: seen.method, document: document) {
                response.headers[field.name] = field.value
            }
        }
        exchange.log(response, to: context.logger)
        if !exchange.keepsConnection { response.headers[.connection] = "close" }
        return response
    }

    private func answer(_ request: Request, _ exchange: inout Exchange, _ context: BucketRequestContext) async -> Response {
        var response: Response
        var body: BodyReader?
        do throws(any Error) {
            body = try BodyReader(request, channel: context.channel)
            let seen = try S3Request(request.head, buckets: self.buckets.keys)
            exchange.request = seen
            exchange.bucket = seen.bucket.flatMap { self.buckets[$0] }
            response = try await self.route(seen, body: body!, exchange)
        } catch {
            response = exchange.refuse(error, context.logger)
        }
        exchange.keepsConnection = body?.canKeepConnection ?? false
        if exchange.method == "HEAD" { response = response.createHeadResponse() }
        return response
    }

    private func route(_ request: S3Request, body: BodyReader, _ exchange: Exchange) async throws -> Response {
        guard let name = request.bucket else { return try self.listBuckets(request) }
        // Behind an encoded byte no key was looked for: such a name is no bucket's.
        let isCreation = request.method == "PUT" && request.key == nil && !name.utf8.contains(UInt8(ascii: "%"))
        guard let bucket = exchange.bucket else {
            if isCreation { throw try self.refuseCreation(of: name, request) }
            throw Refused.noSuchBucket(name)
        }
        try request.checkLimits()
        if request.method == "OPTIONS" { return try CORSAnswer.preflight(request.fields, document: bucket.cors) }
        // A form carries its signature in its fields.
        if request.method == "POST", request.key == nil, request.target.query.isEmpty {
            let post = FormPost(request: request, bucket: bucket, verifier: self.verifier, clock: self.clock)
            return try await post.answer(body)
        }
        let verified = try self.verify(request)
        guard bucket.accessKeyIDs.contains(verified.accessKeyID) else {
            throw isCreation ? Refused.bucketAlreadyExists(name) : S3Error.accessDenied()
        }
        // PutObjectTagging is judged by its tags, which come in its body.
        if !request.putsTags { try bucket.gate?.check(request, verified: verified, at: self.clock()) }
        try Subresource.check(request)
        if case .streaming = verified.payload, request.method != "PUT" || request.key == nil || request.putsTags {
            throw Refused.streamingNotTaken
        }
        guard let key = request.key else {
            let operation = BucketOperation(request: request, bucket: bucket, region: self.region, verified: verified)
            return try await operation.answer(body)
        }
        let operation = ObjectOperation(request: request, bucket: bucket, key: key, verified: verified, clock: self.clock)
        return try await operation.answer(body)
    }

    private func verify(_ request: S3Request) throws(S3Error) -> VerifiedRequest {
        let received = ReceivedRequest(method: request.method, target: request.rawTarget, headers: request.headers)
        return try self.verifier.verify(received, at: self.clock())
    }

    /// Buckets come from the configuration; whoever asks for another one is told which there are.
    private func refuseCreation(of name: String, _ request: S3Request) throws(S3Error) -> S3Error {
        let accessKeyID = try self.verify(request).accessKeyID
        guard (try? BucketName(name)) != nil else { return Refused.invalidBucketName(name) }
        return Refused.notConfigured(name, served: self.visible(to: accessKeyID))
    }

    private func visible(to accessKeyID: String) -> [String] {
        self.buckets.values.filter { $0.accessKeyIDs.contains(accessKeyID) }.map(\.name).sorted()
    }

    private func listBuckets(_ request: S3Request) throws(S3Error) -> Response {
        let visible = self.visible(to: try self.verify(request).accessKeyID)
        guard request.method == "GET" else { throw Refused.methodNotAllowed }
        return .xml(
            XMLText.document("ListAllMyBucketsResult", namespace: XMLText.namespace) { xml in
                xml.element("Owner") { $0.element("ID", Owner.id) }
                xml.element("Buckets") { xml in
                    for name in visible {
                        xml.element("Bucket") { xml in
                            xml.element("Name", name)
                            xml.element("CreationDate", "2006-03-01T00:00:00.000Z")
                        }
                    }
                }
            })
    }
}

/// A bucket with its objects.
struct ServedBucket: Sendable {
    let name: String
    let accessKeyIDs: Set<String>
    let cors: CORSConfiguration?
    /// Nil when the bucket has no policy.
    let gate: PolicyGate?
    let store: ObjectStore

    fileprivate init(_ bucket: LocalBucketConfiguration.Bucket, folder: String) throws {
        self.name = bucket.name.name
        self.accessKeyIDs = Set(bucket.credentials.map(\.accessKeyID))
        self.cors = bucket.cors
        self.gate = bucket.policy.map { PolicyGate($0, bucketName: bucket.policyBucketName) }
        if let problem = bucket.cors?.problems().first {
            throw LocalBucketError("The CORS document of \(bucket.name.name) is not one that S3 takes: \(problem)")
        }
        do {
            self.store = try ObjectStore(folder: folder)
        } catch {
            throw LocalBucketError("The folder \(folder) cannot be used: \(error)")
        }
    }
}
