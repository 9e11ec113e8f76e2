/// Why a JWT is not taken. The message is for the client: what is wrong, never what it sent.
struct TokenFault: Error, Equatable {
    /// How far the token got; of the faults that several entries of one issuer find, the last one tells most.
    enum Stage: Int, Comparable {
        case form, issuer, algorithm, key, signature, time, audience, claims

        static func < (left: Stage, right: Stage) -> Bool { left.rawValue < right.rawValue }
    }

    let stage: Stage
    let message: String

    init(_ stage: Stage, _ message: String) {
        self.stage = stage
        self.message = message
    }
}
