import Foundation
import HTTPTypes
import HummingbirdTesting
import LocalBucket
import Logging
import NIOCore
import S3Signing
import SigV4
import Synchronization
import Testing

/// Keeps what is logged.
private final class LogStore: Sendable {
    let lines = Mutex<[String]>([])
}

private struct StoringHandler: LogHandler {
    let store: LogStore
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = self.metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let line = "\(event.level) \(event.message) " + all.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        self.store.lines.withLock { $0.append(line) }
    }
}

@Suite struct LogTests {
    @Test func everyRequestIsOneLineWithoutSecrets() async throws {
        let store = LogStore()
        let logger = Logger(label: "test") { _ in StoringHandler(store: store) }
        let folder = TemporaryFolder()
        let application = try buildLocalBucket(try configuration(folder), logger: logger)
        try await application.test(.live) { client in
            let bucket = TestBucket(client: client, folder: folder)
            try await bucket.presigned(.put, "a b\nc", body: "x")
            try await bucket.presigned(.get, "a b\nc", as: temporary) { $0 + "0" }
            try await bucket.post(try bucket.form(fields: [("key", "form")], as: temporary), file: "x")
            try await bucket.send(.get, "absent")
        }
        let lines = store.lines.withLock { $0 }
        let requests = lines.filter { $0.contains("bucket request") }
        #expect(requests.count == 4)
        #expect(requests[0].contains("bucket=photos") && requests[0].contains("key=a%20b%0Ac") && requests[0].contains("status=200"))
        #expect(requests[1].contains("code=SignatureDoesNotMatch") && requests[1].contains("status=403"))
        #expect(requests[3].contains("code=NoSuchKey"))
        for line in lines {
            for secret in ["Signature=", "X-Amz", "x-amz-signature", "writer-secret", "temporary-secret", "token+", "AWS4-HMAC", "\n"] {
                #expect(!line.contains(secret), "\(line)")
            }
        }
    }
}
