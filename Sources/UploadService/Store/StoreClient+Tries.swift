import S3Signing
import SigV4
import Uploads

extension StoreClient {
    /// What came of one try.
    private enum Outcome {
        case done(StoreReply)
        case failed(StoreFault)
        /// Worth another try; the seconds are the store's wish.
        case failedForNow(StoreFault, wishSeconds: Int?)
    }

    /// Sends a call until it is done, may not be repeated, or has used up its tries or its time.
    func reply(
        to call: StoreCall, at location: S3Location, with credentials: SigningCredentials, plan: RetryPlan? = nil
    ) async throws(StoreFault) -> StoreReply {
        let plan = plan ?? self.plan
        let start = ContinuousClock.now
        var random = makeRandom()
        var failures = 0
        while true {
            let deadline = max(min(plan.tryDeadline, plan.deadline - (.now - start)), .milliseconds(1))
            switch try await outcome(of: call, at: location, with: credentials, deadline: deadline, isRetry: failures > 0) {
            case .done(let reply): return reply
            case .failed(let fault): throw fault
            case .failedForNow(let fault, let wishSeconds):
                failures += 1
                let elapsed = ContinuousClock.now - start
                let pause = plan.pause(afterFailures: failures, elapsed: elapsed, wishSeconds: wishSeconds, using: &random)
                guard let pause else { throw fault }
                do { try await sleep(pause) } catch { throw .cancelled }
            }
        }
    }

    private func outcome(
        of call: StoreCall, at location: S3Location, with credentials: SigningCredentials, deadline: Duration, isRetry: Bool
    ) async throws(StoreFault) -> Outcome {
        let request = try call.signed(at: location, with: credentials.credentials, keyCache: keyCache, now: clock())
        let bounded = BoundedHTTP(
            maximumBytes: call.maximumAnswerBytes, maximumErrorBytes: StoreCall.maximumErrorBytes, deadline: deadline, client: http)
        let answer: HTTPAnswer
        do {
            answer = try await bounded.send(call.message(request))
        } catch {
            if Task.isCancelled { throw .cancelled }
            return error.isLasting ? .failed(.unreachable(error.message)) : .failedForNow(.unreachable(error.message), wishSeconds: nil)
        }
        let hidden = [request.stages.signature, credentials.credentials.sessionToken ?? ""]
        switch StoreVerdict(answer, to: call, isRetry: isRetry, hiding: hidden) {
        case .done(let document): return .done(StoreReply(answer: answer, document: document, isRetry: isRetry))
        case .fault(.conflict) where retriesConflicts: return .failedForNow(.conflict, wishSeconds: nil)
        case .fault(let fault): return .failed(fault)
        case .transient(let wish):
            return .failedForNow(.busy(retryAfterSeconds: min(max(wish ?? Self.guessedPauseSeconds, 1), 300)), wishSeconds: wish)
        }
    }

    /// What others should wait where the store says nothing.
    private static let guessedPauseSeconds = 5
}
