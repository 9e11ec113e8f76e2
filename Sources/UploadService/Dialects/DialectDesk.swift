import Hummingbird
import S3Signing
import SigV4
import Uploads

/// The handlers of all dialects.
struct DialectHandlers: Sendable {
    let uppy: UppyCompanion
    let uppySigning: UppySigning
    let shrine: ShrinePresign
    let activeStorage: ActiveStorageUploads
    let betterUpload: BetterUpload

    init(_ desk: DialectDesk) {
        uppy = UppyCompanion(desk: desk)
        uppySigning = UppySigning(desk: desk)
        shrine = ShrinePresign(desk: desk)
        activeStorage = ActiveStorageUploads(desk: desk)
        betterUpload = BetterUpload(desk: desk)
    }
}

/// What every dialect does alike: a dialect reads its client's words, has one decided like any other request, and writes its client's words.
struct DialectDesk: Sendable {
    let admittance: Admittance
    let tickets: TicketDesk
    let limits: ServiceLimits

    var steps: UploadSteps { tickets.steps }

    /// Who asks, where the dialect is on for them.
    func admit(_ dialect: Dialect, _ request: Request, _ context: ServiceContext) async throws -> Admission {
        let admission = try await admittance.admit(request, context)
        let environment = admission.office.environment
        guard environment.dialects.serves(dialect) else {
            throw Problem(
                .notFound,
                "This client is not answered in environment '\(environment.name)': name a rule for \(dialect.rawValue) under "
                    + "dialects in its uploads.yaml.")
        }
        return admission
    }

    /// The rule of a client that names none: a scoped token's own, else the one that the environment names.
    func rule(for dialect: Dialect, _ admission: Admission) throws -> UploadRule {
        let environment = admission.office.environment
        guard let name = admission.scope?.rule ?? environment.dialects.rule(for: dialect) else {
            throw Problem(.notFound, "Environment '\(environment.name)' names no rule for \(dialect.rawValue).")
        }
        return try environment.rule(named: name, for: admission.caller)
    }

    func single(_ request: UploadRequest, _ admission: Admission, _ context: ServiceContext) async throws -> Ticket {
        guard case .single(let ticket) = try await tickets.issue(request, admission, context.record) else {
            throw Problem(.internalError, "Something failed here, not in the request.")
        }
        return ticket
    }

    func multipart(_ request: UploadRequest, _ admission: Admission, _ context: ServiceContext) async throws -> MultipartTicket {
        guard case .multipart(let ticket) = try await tickets.issue(request, admission, context.record) else {
            throw Problem(.internalError, "Something failed here, not in the request.")
        }
        return ticket
    }

    /// What was decided before, as a client presents it.
    func note(_ grant: Grant, _ context: ServiceContext) {
        context.record.update { record in
            record.rule = grant.rule
            record.key = grant.key
        }
    }
}

extension UploadRule {
    /// Of what a client sends along by itself, such as a file's name and type, what the rule has a place for.
    ///
    /// Text that no header can carry is encoded as S3 and Companion do (RFC 2047).
    func metadata(from sent: [(name: String, value: String)]) -> [String: String] {
        let known = sent.map { (name: $0.name.lowercased(), value: $0.value) }.filter {
            allowedMetadata.contains($0.name) && !$0.value.isEmpty
        }
        return Dictionary(known.map { ($0.name, EncodedWord.text(of: $0.value)) }, uniquingKeysWith: { first, _ in first })
    }
}

extension JSONObjectReader {
    /// The texts, numbers and flags of a member that is an object of anything; empty where it is none.
    func metadata(_ name: String) -> [(name: String, value: String)] {
        guard case .object(let members)? = value(name) else { return [] }
        return members.compactMap { member in
            switch member.value {
            case .string(let text): (member.name, text)
            case .integer(let number): (member.name, String(number))
            case .number(let digits): (member.name, digits)
            case .bool(let flag): (member.name, flag ? "true" : "false")
            case .null, .array, .object: nil
            }
        }
    }
}

extension JSONWriter {
    mutating func headers(_ name: String, _ headers: [Header]) {
        self.name(name)
        object { json in
            for header in headers { json.member(header.name, header.value) }
        }
    }
}
