import Floor
import Libcrypto
import S3Signing
import SigV4

/// One operation of ours and libcrypto's share of it, each as a loop over the inputs.
struct Measure {
    let name: String
    let summary: String
    /// How many times its floor it may cost, by the project's own aim.
    let aim: Double
    let ours: (_ iterations: Int) throws -> Void
    let floor: (_ iterations: Int) throws -> Void
    /// The floor through copied SHA-256 states, for comparison.
    let states: (_ iterations: Int) throws -> Void
}

extension Measure {
    static func all() throws -> [Measure] {
        let inputs = try Inputs()
        let floor = try FloorWork(inputs, digest: floor_digest, authenticate: floor_authenticate)
        let states = try FloorWork(inputs, digest: floor_states_digest, authenticate: floor_states_authenticate)
        return [
            Measure(
                name: "put-url", summary: "presign a PUT with four signed headers", aim: 1.6,
                ours: { try each($0) { try consume(inputs.signer.presign(inputs.requests[$0], at: Inputs.time).url.utf8.count) } },
                floor: floor.request, states: states.request),
            Measure(
                name: "post-policy", summary: "write a POST policy and sign its form", aim: 2,
                ours: { try each($0) { try consume(inputs.signer.sign(inputs.policies[$0], at: Inputs.time).fields.count) } },
                floor: floor.policy, states: states.policy),
            Measure(
                name: "post-policy-text", summary: "sign a POST policy that is in base 64 already", aim: 2,
                ours: {
                    try each($0) {
                        try consume(inputs.signer.sign(policyBase64: inputs.policyTexts[$0], at: Inputs.time).signature.utf8.count)
                    }
                },
                floor: floor.policy, states: states.policy),
            Measure(
                name: "verify-url", summary: "verify that PUT as it is received", aim: 2,
                ours: { try each($0) { try consume(inputs.verifier.verify(inputs.presigned[$0], at: Inputs.time).signedHeaders.count) } },
                floor: floor.request, states: states.request),
            Measure(
                name: "verify-form", summary: "verify that form as it is received", aim: 2,
                ours: { try each($0) { try consume(inputs.verifier.verify(inputs.forms[$0], at: Inputs.time).fields.count) } },
                floor: floor.policy, states: states.policy),
        ]
    }
}

/// Runs `body` with the inputs' numbers in turn.
@inline(__always)
func each(_ iterations: Int, _ body: (Int) throws -> Void) rethrows {
    for iteration in 0..<iterations { try body(iteration % Inputs.count) }
}

/// Keeps a result from being optimised away.
@inline(never)
@_optimize(none)
func consume(_ value: Int) {}

/// The very bytes that are hashed for each input, through libcrypto alone. One thread at a time.
final class FloorWork {
    typealias Step = (_ floor: OpaquePointer, _ bytes: UnsafePointer<UInt8>, _ count: Int, _ out: UnsafeMutablePointer<UInt8>) -> Void

    private let floor: OpaquePointer
    private let digest: Step
    private let authenticate: Step
    private let inputs: Inputs
    private var code = [UInt8](repeating: 0, count: 32)

    /// Refuses to be a floor for anything but the same signatures.
    init(_ inputs: Inputs, digest: @escaping Step, authenticate: @escaping Step) throws {
        self.digest = digest
        self.authenticate = authenticate
        floor = floor_open(Inputs.secret, Inputs.time.dateStamp, Inputs.region)
        self.inputs = inputs
        request(iterations: 1)
        let url = try inputs.signer.presign(inputs.requests[0], at: Inputs.time)
        precondition(Hex.encode(code) == url.signature, "the floor makes another signature of the URL")
        policy(iterations: 1)
        let form = try inputs.signer.sign(inputs.policies[0], at: Inputs.time)
        precondition(Hex.encode(code) == form.signature, "the floor makes another signature of the policy")
    }

    deinit { floor_close(floor) }

    /// SHA-256 of the canonical request, HMAC of the string to sign.
    func request(iterations: Int) {
        each(iterations) { index in
            let canonicalRequest = inputs.canonicalRequests[index]
            digest(floor, canonicalRequest, canonicalRequest.count, &code)
            let stringToSign = inputs.stringsToSign[index]
            authenticate(floor, stringToSign, stringToSign.count, &code)
        }
    }

    /// HMAC of the policy in base 64.
    func policy(iterations: Int) {
        each(iterations) { index in
            let text = inputs.policyBytes[index]
            authenticate(floor, text, text.count, &code)
        }
    }
}
