import HTTPTypes
import SigV4
import Uploads

/// What goes wrong between the service and the store, as clients are told it.
enum StoreProblem {
    /// Runs a call of the store that ends no upload; its faults become problems.
    static func told<Value>(_ call: () async throws(StoreFault) -> Value) async throws -> Value {
        do throws(StoreFault) {
            return try await call()
        } catch {
            throw problem(ofAsking: error)
        }
    }

    /// What is in the way of such a call is over in a moment.
    private static func problem(ofAsking fault: StoreFault) -> any Error {
        if case .conflict = fault { return problem(.busy(retryAfterSeconds: 1)) }
        return problem(fault)
    }

    static func problem(_ fault: StoreFault) -> any Error {
        switch fault {
        case .unsignable(let error): Refusal(.signingFailed, field: error.field, error.message)
        case .refused(let refusal):
            Problem(.storeRefused, "The bucket refused what the service asked of it: \(refusal). Whoever runs this service has to look.")
        case .notFound: objectNotFound
        case .noSuchUpload:
            Problem(.uploadNotFound, "The bucket has no such upload: it was completed or aborted. Ask for a new ticket.", field: "grant")
        case .preconditionFailed:
            Problem(.objectExists, "An object with this key is stored already: confirm it, or ask for a new ticket.", field: "grant")
        case .conflict:
            Problem(.uploadBusy, "Another request for this upload is under way: try again.", headers: [.retryAfter: "1"])
        case .busy(let seconds):
            Problem(.storeBusy, "The bucket is busy: try again.", headers: [.retryAfter: String(seconds)])
        case .unreachable(let reason):
            Problem(.storeUnreachable, "The bucket did not answer the service (\(reason)): try again.", headers: [.retryAfter: "5"])
        case .cancelled: CancellationError()
        }
    }

    /// The same where parts were to become an object: what the store has against them is the client's to mend (CompleteMultipartUpload).
    static func problem(ofCompleting fault: StoreFault) -> any Error {
        guard case .refused(let refusal) = fault else { return problem(fault) }
        return switch refusal.code {
        case "InvalidPart":
            Refusal(
                .partsMissing, field: "parts", "the bucket lacks one of the parts, or has another ETag for it; list them, send it again")
        case "EntityTooSmall":
            Refusal(.tooSmall, field: "parts", "a part that is not the last one has less than 5 MiB; cut the file into larger parts")
        default: problem(fault)
        }
    }

    /// The same where the service only looked for an object. Without s3:ListBucket, S3 does not tell what is not there from what is
    /// forbidden (HeadObject).
    static func problem(ofLooking fault: StoreFault) -> any Error {
        if case .refused(let refusal) = fault, refusal.status == 403 { return objectNotFound }
        return problem(ofAsking: fault)
    }

    static func problem(_ differences: [Difference]) -> Problem {
        let texts = differences.map { "its \($0.field) is \($0.actual), not \($0.expected)" }
        var problem = Problem(
            .objectDiffers, "What is stored is not what the ticket was for: \(texts.joined(separator: "; ")).", field: "grant")
        problem.differences = differences
        return problem
    }

    private static var objectNotFound: Problem {
        Problem(
            .objectNotFound,
            "The bucket has no such object yet, or the service may not look (its credentials need s3:GetObject): upload it, then ask again.",
            field: "grant")
    }
}
