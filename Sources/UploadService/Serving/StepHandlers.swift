import Hummingbird
import S3Signing
import Uploads

/// The steps behind a ticket: each takes its grant, and nothing else about the object.
struct StepHandlers: Sendable {
    /// A request asks for at most this many parts.
    static let maximumPartCount = 1_000

    private let admittance: Admittance
    private let steps: UploadSteps
    private let limits: ServiceLimits

    init(configuration: UploadServiceConfiguration, admittance: Admittance, steps: UploadSteps) {
        self.admittance = admittance
        self.steps = steps
        self.limits = configuration.limits
    }

    func parts(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let (admission, reader, grant) = try await open(request, context, known: ["partNumbers", "uploadId"])
        let numbers = try reader.integers("partNumbers", in: 1...Self.maximumPartCount, "name the parts to be sent, such as [1, 2]")
        let parts = try steps.parts(numbers, of: grant, uploadID: reader.optionalString("uploadId"), admission)
        return .json { parts.write(to: &$0) }
    }

    func list(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let (admission, _, grant) = try await open(request, context)
        let parts = try await steps.storedParts(of: grant, admission)
        return .json { json in
            json.object { json in
                json.name("parts")
                json.array { json in parts.forEach { $0.write(to: &json) } }
            }
        }
    }

    func complete(_ request: Request, _ context: ServiceContext) async throws -> Response {
        // Ten thousand parts with their entity tags are as long as a batch.
        let (admission, reader, grant) = try await open(
            request, context, known: ["parts"], maximumBytes: limits.maximumBatchBodyBytes)
        let confirmed = try await steps.complete(reader.completedParts(), of: grant, admission)
        return .json { confirmed.write(to: &$0) }
    }

    func abort(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let (admission, _, grant) = try await open(request, context)
        try await steps.abort(grant, admission)
        return Response(status: .noContent, headers: [.cacheControl: "no-store"])
    }

    func confirm(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let (admission, _, grant) = try await open(request, context, isConfirming: true)
        let confirmed = try await steps.confirm(grant, admission)
        return .json { confirmed.write(to: &$0) }
    }

    /// Who asks, the body, and what its grant says.
    private func open(
        _ request: Request, _ context: ServiceContext, known: [String] = [], maximumBytes: Int? = nil, isConfirming: Bool = false
    ) async throws -> (Admission, JSONObjectReader, Grant) {
        let admission = try await admittance.admit(request, context)
        let json = try await BodyReader.json(of: request, maximumBytes: maximumBytes ?? limits.maximumBodyBytes)
        let reader = try JSONObjectReader(json, path: "", known: ["grant"] + known)
        let token = try reader.string("grant", reader.required("grant", "send the grant that the ticket had"))
        let grant = try steps.open(token, admission, isConfirming: isConfirming)
        context.record.update { record in
            record.rule = admission.office.environment.rule(named: grant.rule)?.name
            record.key = grant.key
        }
        return (admission, reader, grant)
    }
}

extension JSONObjectReader {
    /// - Parameter counts: how many there may be.
    fileprivate func integers(_ name: String, in counts: ClosedRange<Int>, _ meaning: String) throws(Problem) -> [Int] {
        try array(name, in: counts, meaning).enumerated().map { index, value throws(Problem) in
            try integer("\(name)[\(index)]", value)
        }
    }

    /// - Parameters:
    ///   - number, etag: what the client calls them.
    ///   - knownOnly: whether a part may have nothing else.
    func completedParts(number: String = "partNumber", etag: String = "etag", knownOnly: Bool = true) throws(Problem) -> [CompletedPart] {
        let elements = try array("parts", in: 1...PartPlan.maximumCount, "name each part that was sent, with its ETag")
        return try elements.enumerated().map { index, element throws(Problem) in
            let reader = try JSONObjectReader(element, path: field("parts[\(index)]"), known: knownOnly ? [number, etag] : nil)
            return CompletedPart(
                number: try reader.integer(number, reader.required(number, "say which part it is")),
                etag: try reader.string(etag, reader.required(etag, "send the ETag that the bucket answered for the part")))
        }
    }

    func array(
        _ name: String, in counts: ClosedRange<Int>, _ meaning: String, otherwise: ((Int) -> Problem)? = nil
    ) throws(Problem) -> [JSON] {
        let value = try required(name, meaning)
        guard case .array(let elements) = value else {
            throw Problem(.wrongType, "'\(field(name))' must be an array, not \(value.kindName).", field: field(name))
        }
        guard counts.contains(elements.count) else {
            throw otherwise?(elements.count)
                ?? Problem(
                    .invalidPartCount, "'\(field(name))' holds \(elements.count): send \(counts.lowerBound) to \(counts.upperBound).",
                    field: field(name))
        }
        return elements
    }

    func optionalInteger(_ name: String) throws(Problem) -> Int? {
        guard let value = value(name) else { return nil }
        return try integer(name, value)
    }

    private func integer(_ name: String, _ value: JSON) throws(Problem) -> Int {
        guard case .integer(let integer) = value else {
            throw Problem(.wrongType, "'\(field(name))' must be a whole number, not \(value.kindName).", field: field(name))
        }
        return Int(integer)
    }
}
