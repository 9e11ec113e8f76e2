import AsyncHTTPClient
import Libcrypto
import NIOCore
import S3Signing
import SigV4
import UploadService
import Uploads

/// Sends a file to a store, in one request or in parts.
struct UploadTransfer: Sendable {
    let plan: UploadPlan
    let source: UploadSource
    let location: S3Location
    let credentials: KeptCredentials
    let context: CommandContext

    /// A connection on which nothing moves that long is given up.
    private static let stallTimeout = TimeAmount.seconds(120)

    func run() async throws {
        let http = HTTPClient(
            configuration: StoreClient.httpConfiguration(connections: plan.parallel + 1, stallTimeout: Self.stallTimeout))
        let client = StoreClient(http: http, retriesConflicts: true, clock: context.now)
        let progress = ProgressBar(totalBytes: source.byteCount, context: context)
        let outcome: Result<Void, any Error>
        do {
            try await source.open { file in
                if let parts = plan.parts {
                    try await PartsTransfer(transfer: self, parts: parts, file: file, client: client, progress: progress).run()
                } else {
                    try await sendWhole(file, client: client, progress: progress)
                }
            }
            outcome = .success(())
        } catch { outcome = .failure(error) }
        progress.finish()
        try? await http.shutdown()
        do { try outcome.get() } catch let fault as StoreFault {
            throw fault.failure(host: location.host)
        }
    }

    private func sendWhole(_ file: OpenSource, client: StoreClient, progress: ProgressBar) async throws {
        let range = 0..<source.byteCount
        let body = try await file.body(range, signsBytes: plan.signsBytes, progress: progress)
        do throws(StoreFault) {
            _ = try await client.putObject(
                plan.key, headers: plan.headers, createOnly: plan.once, body: body, at: location, with: credentials.current())
        } catch {
            guard case .preconditionFailed(afterRetry: true) = error else { throw error }
            guard await isStored(as: Hex.encode(try await file.digest(.md5, of: range)), client: client) else { throw error }
        }
    }

    /// Whether the object is there that an own try may have stored whose answer was lost.
    ///
    /// - Parameter etag: without quotes. An object that KMS encrypts has another, so that its size must do.
    func isStored(as etag: String, client: StoreClient) async -> Bool {
        guard let object = try? await client.head(plan.key, at: location, with: credentials.current()),
            object.sizeBytes == source.byteCount
        else { return false }
        return object.etag?.contains(etag) == true || object.encryption?.hasPrefix("aws:kms") == true
    }
}

extension StoreFault {
    /// What it means to the person who uploads.
    func failure(host: String) -> any Error {
        switch self {
        case .cancelled: CancellationError()
        case .unsignable(let error): CommandFailure.wrongUse(Quoting.terminal(error.message))
        case .refused(let refusal):
            refusal.status >= 500 ? CommandFailure.outside(told(refusal.hint)) : CommandFailure.no(told(refusal.hint))
        case .preconditionFailed: CommandFailure.no(told("--once leaves it as it is."))
        case .notFound, .noSuchUpload, .conflict: CommandFailure.no(told(nil))
        case .busy: CommandFailure.outside(told("Try again later."))
        case .unreachable(let reason): CommandFailure.outside("no answer from \(host): \(Quoting.terminal(reason))")
        }
    }

    private func told(_ hint: String?) -> String {
        Quoting.terminal(description) + (hint.map { "\n\($0)" } ?? "")
    }
}

extension StoreRefusal {
    fileprivate var hint: String? {
        switch (status, code) {
        case (301, _), (307, _), (_, "AuthorizationHeaderMalformed"):
            region.map { "The bucket is in the region \(Quoting.terminal($0)): say --region \(Quoting.terminal($0))." }
        case (_, "RequestTimeTooSkewed"): "This machine's clock is off by more than 15 minutes."
        case (_, "SignatureDoesNotMatch"): "The secret does not fit the access key, or a proxy changed the request."
        default: nil
        }
    }
}
