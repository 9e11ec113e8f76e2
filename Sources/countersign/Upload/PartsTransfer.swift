import Libcrypto
import UploadService
import Uploads

/// Sends a file in parts, some at one time; leaves either the object or nothing.
struct PartsTransfer: Sendable {
    let transfer: UploadTransfer
    let parts: PartPlan
    let file: OpenSource
    let client: StoreClient
    let progress: ProgressBar

    func run() async throws {
        try await refuseExisting()
        let uploadID = try await create()
        do {
            try Task.checkCancellation()
            let sent = try await send(uploadID)
            try await transfer.source.checkUnchanged()
            try await refuseExisting()
            try await complete(uploadID, sent)
        } catch {
            await abort(uploadID)
            throw error
        }
    }

    /// Where an object must stay, looks for it before anything is sent for nothing; and once more at the end, since some stores do not look
    /// themselves when parts become an object (Ceph 16). Only the store's own look has no gap.
    private func refuseExisting() async throws {
        guard transfer.plan.once else { return }
        let object = try? await client.head(transfer.plan.key, at: transfer.location, with: transfer.credentials.current())
        if object != nil { throw StoreFault.preconditionFailed(afterRetry: false) }
    }

    /// Not to be cancelled: an upload whose id never came could not be aborted.
    private func create() async throws -> String {
        try await Task {
            try await client.createMultipartUpload(
                transfer.plan.key, headers: transfer.plan.headers, at: transfer.location, with: transfer.credentials.current())
        }.value
    }

    private func send(_ uploadID: String) async throws -> [CompletedPart] {
        try await withThrowingTaskGroup(of: CompletedPart.self) { group in
            var next = 1
            func addNext() {
                guard next <= parts.count else { return }
                let number = next
                group.addTask { try await send(number, uploadID) }
                next += 1
            }
            for _ in 0..<transfer.plan.parallel { addNext() }
            var sent: [CompletedPart] = []
            while let part = try await group.next() {
                sent.append(part)
                addNext()
            }
            return sent.sorted { $0.number < $1.number }
        }
    }

    private func send(_ number: Int, _ uploadID: String) async throws -> CompletedPart {
        let start = Int64(number - 1) * parts.partSizeBytes
        let range = start..<start + parts.sizeBytes(ofPart: number)
        let body = try await file.body(range, signsBytes: transfer.plan.signsBytes, progress: progress)
        let etag = try await client.uploadPart(
            number, of: transfer.plan.key, uploadID: uploadID, body: body, at: transfer.location, with: transfer.credentials.current())
        return CompletedPart(number: number, etag: etag)
    }

    private func complete(_ uploadID: String, _ sent: [CompletedPart]) async throws {
        do throws(StoreFault) {
            _ = try await client.completeMultipartUpload(
                transfer.plan.key, uploadID: uploadID, parts: sent, createOnly: transfer.plan.once, at: transfer.location,
                with: transfer.credentials.current())
        } catch {
            switch error {
            case .preconditionFailed(afterRetry: true), .noSuchUpload(afterRetry: true), .unreachable, .busy:
                guard let etag = Self.etag(of: sent), await transfer.isStored(as: etag, client: client) else { throw error }
            default: throw error
            }
        }
    }

    /// The ETag that the parts' object has: the MD5 of their MD5s, and their number.
    static func etag(of parts: [CompletedPart]) -> String? {
        var digest = StreamingDigest(.md5)
        for part in parts {
            guard let md5 = Hex.decode(part.etag.replacing("\"", with: "")) else { return nil }
            digest.update(md5)
        }
        return "\(Hex.encode(digest.finish()))-\(parts.count)"
    }

    /// In a task of its own, which is not cancelled. A part that the store was still taking in may outlive an abort, so that the upload is
    /// looked for afterwards.
    private func abort(_ uploadID: String) async {
        await Task {
            var (fault, isAborted): (StoreFault?, Bool) = (nil, false)
            for _ in 0..<3 {
                let (key, location, credentials) = (transfer.plan.key, transfer.location, await transfer.credentials.current())
                do throws(StoreFault) {
                    try await client.abortMultipartUpload(key, uploadID: uploadID, at: location, with: credentials)
                    isAborted = true
                    if try await client.parts(of: key, uploadID: uploadID, at: location, with: credentials).isEmpty { return }
                } catch .noSuchUpload {
                    return
                } catch {
                    // Not every signer may list parts.
                    if isAborted, case .refused = error { return }
                    fault = error
                }
            }
            transfer.context.complain(
                """
                \(transfer.context.paint("warning:", .yellow)) the upload's parts could not be removed\
                \(fault.map { " (\(Quoting.terminal($0.description)))" } ?? ""); its id is \(Quoting.terminal(uploadID))
                """)
        }.value
    }
}
