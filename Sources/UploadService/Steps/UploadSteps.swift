import HTTPTypes
import S3Signing
import SigV4
import Uploads

/// The steps of an upload, from its ticket to its confirmation: the same for the native API and for every dialect.
struct UploadSteps: Sendable {
    let configuration: UploadServiceConfiguration
    private let limits: LimitDesk
    private let budgets = ByteBudgets()

    init(configuration: UploadServiceConfiguration, limits: LimitDesk) {
        self.configuration = configuration
        self.limits = limits
    }

    var store: StoreClient { configuration.store }
    var now: SigningTime { configuration.clock() }

    // MARK: The ticket

    /// Decides on a request; in parts, and where the rule says assisted, the store creates the upload.
    func issue(
        _ request: UploadRequest, _ admission: Admission, using random: inout any RandomNumberGenerator
    ) async throws -> IssuedTicket {
        guard admission.office.environment.isMultipart(request) else {
            let now = now
            let ticket = try admission.office.sign { try $0.issue(request, to: admission.caller, with: $1, at: now, using: &random) }
            // What the limits do not allow is signed and never shown.
            try await reserve(ticket, admission, at: now)
            return .single(ticket)
        }
        return .multipart(try await begin(request, admission, using: &random))
    }

    private func begin(
        _ request: UploadRequest, _ admission: Admission, using random: inout any RandomNumberGenerator
    ) async throws -> MultipartTicket {
        let office = admission.office
        let now = now
        let start = try office.office.begin(request, to: admission.caller, at: now, using: &random)
        // Before the store creates what nobody could send.
        let credentials = try office.sign { office, credentials in
            try office.refuseEnding(credentials, at: now)
            return credentials
        }
        let reservation = office.office.reservation(of: start, at: now)
        try await reserve(reservation, bytes: start.sizeBytes.upperBound, admission, at: now)
        var uploadID: String?
        do {
            if start.mode == .assisted {
                uploadID = try await StoreProblem.told { () async throws(StoreFault) in
                    try await store.createMultipartUpload(
                        start.key, headers: start.headers, at: office.environment.location, with: credentials)
                }
            }
            return try office.sign { try $0.ticket(for: start, uploadID: uploadID, with: $1, at: now, using: &random) }
        } catch {
            // An upload that nobody can go on with would be billed until the bucket's lifecycle ends it.
            if let uploadID {
                try? await store.abortMultipartUpload(
                    start.key, uploadID: uploadID, at: office.environment.location, with: credentials)
            }
            await giveBack(reservation, bytes: start.sizeBytes.upperBound, admission)
            throw error
        }
    }

    // MARK: What it takes

    /// Counts a ticket against the limits and, where a scoped token asks, against its budget: all of them, or none.
    func reserve(_ ticket: Ticket, _ admission: Admission, at now: SigningTime) async throws {
        let reservation = admission.office.office.reservation(of: ticket, for: admission.caller, at: now)
        try await reserve(reservation, bytes: ticket.sizeBytes.upperBound, admission, at: now)
    }

    func reserve(_ reservation: UploadReservation?, bytes: Int64, _ admission: Admission, at now: SigningTime) async throws {
        try await limits.reserve(reservation, admission, at: now)
        do {
            try charge(bytes, admission)
        } catch {
            await limits.release(reservation, at: now)
            throw error
        }
    }

    /// Gives back what a ticket took that nobody will see.
    func withdraw(_ ticket: Ticket, _ admission: Admission) async {
        guard let grant = try? open(ticket.grant, admission) else { return }
        await giveBack(UploadReservation(grant), bytes: ticket.sizeBytes.upperBound, admission)
    }

    private func giveBack(_ reservation: UploadReservation, bytes: Int64, _ admission: Admission) async {
        await limits.release(reservation, at: now)
        if let scope = admission.scope { budgets.refund(bytes, to: scope) }
    }

    private func charge(_ bytes: Int64, _ admission: Admission) throws(Problem) {
        guard let scope = admission.scope else { return }
        switch budgets.charge(bytes, to: scope, at: now) {
        case .charged: return
        case .exhausted(let left):
            throw Problem(.budgetExhausted, "This scoped token has \(left) bytes left: get a new one from your own server.", field: "size")
        case .worn:
            throw Problem(
                .budgetExhausted,
                "This scoped token has had \(ByteBudgets.maximumTickets) tickets: get a new one from your own server.", field: "size")
        case .full:
            throw Problem(.overloaded, "Too many scoped tokens at one time: try again in a minute.", headers: [.retryAfter: "60"])
        }
    }

    // MARK: Parts

    /// What a grant's parts are sent with; and where the client creates the upload itself, how it ends it.
    struct Parts: Sendable {
        let parts: [PartTicket]
        let steps: (complete: PresignedStep, abort: PresignedStep, list: PresignedStep)?
    }

    func open(_ token: String, _ admission: Admission, isConfirming: Bool = false) throws -> Grant {
        try admission.office.office.open(token, for: admission.caller, isConfirming: isConfirming, at: now)
    }

    /// - Parameter uploadID: the store's, where the client created the upload.
    func parts(_ numbers: [Int], of grant: Grant, uploadID sent: String? = nil, _ admission: Admission) throws -> Parts {
        let uploadID = try grant.uploadID(sent: sent, stepIsAssisted: false)
        try grant.check(partNumbers: numbers)
        let now = now
        return try admission.office.sign { office, credentials in
            Parts(
                parts: try office.parts(numbers, of: grant, uploadID: uploadID, with: credentials, at: now),
                steps: grant.multipart?.mode == .signed
                    ? try office.steps(of: grant, uploadID: uploadID, with: credentials, at: now) : nil)
        }
    }

    /// The parts that the store has, in ascending order.
    func storedParts(of grant: Grant, _ admission: Admission) async throws -> [StoredPart] {
        let uploadID = try grant.uploadID(sent: nil, stepIsAssisted: true)
        let (key, location, credentials) = try place(of: grant, admission)
        return try await StoreProblem.told { () async throws(StoreFault) in
            try await store.parts(of: key, uploadID: uploadID, at: location, with: credentials)
        }
    }

    // MARK: The end

    /// Makes the parts one object, and confirms it. What was completed before is confirmed again.
    func complete(_ parts: [CompletedPart], of grant: Grant, _ admission: Admission) async throws -> ConfirmedObject {
        let uploadID = try grant.uploadID(sent: nil, stepIsAssisted: true)
        let parts = try grant.check(parts)
        if grant.partCount == nil, try await !holdsSize(parts, of: grant, admission) {
            return try await confirmFinished(parts, of: grant, admission)
        }
        let (key, location, credentials) = try place(of: grant, admission)
        do throws(StoreFault) {
            _ = try await store.completeMultipartUpload(
                key, uploadID: uploadID, parts: parts, createOnly: grant.once, at: location, with: credentials)
        } catch {
            switch error {
            case .noSuchUpload: return try await confirmFinished(parts, of: grant, admission)
            // Ceph's word for an upload that is over, up to version 16: a 500.
            case .busy where await isOver(uploadID, of: key, location, credentials):
                return try await confirmFinished(parts, of: grant, admission)
            case .preconditionFailed: return try await confirmOwn(parts, of: grant, admission)
            default: throw StoreProblem.problem(ofCompleting: error)
            }
        }
        return try await confirm(grant, admission)
    }

    /// Whether the parts together have a size that the rule allows, as the store counts them; false where the upload is over already. What
    /// has another size is aborted: nothing of it could ever be completed.
    private func holdsSize(_ parts: [CompletedPart], of grant: Grant, _ admission: Admission) async throws -> Bool {
        let stored: [StoredPart]
        do {
            stored = try await storedParts(of: grant, admission)
        } catch let problem as Problem where problem.code == ProblemCode.uploadNotFound.rawValue {
            return false
        }
        let arrived = Dictionary(stored.map { ($0.number, $0) }, uniquingKeysWith: { $1 })
        // Another part could take the place of one that was counted: the tag says which one is meant.
        if let missing = parts.first(where: { arrived[$0.number].map { Self.bare($0.etag) } != Self.bare($0.etag) }) {
            throw Refusal(
                .partsMissing, field: "parts",
                "the store has no part \(missing.number) with this ETag; send it, then complete the upload")
        }
        let sum = parts.reduce(Int64(0)) { sum, part in
            let (sum, isTooLarge) = sum.addingReportingOverflow(arrived[part.number]?.sizeBytes ?? 0)
            return isTooLarge ? .max : sum
        }
        try await hold(sum, to: grant, isSpent: true, admission)
        return true
    }

    private static func bare(_ etag: String) -> String { etag.filter { $0 != "\"" } }

    /// Aborts an upload whose parts have together what its rule does not allow.
    ///
    /// - Parameter isSpent: whether nothing else can come of its ticket: where the client creates uploads, it can create another.
    func hold(_ sum: Int64, to grant: Grant, isSpent: Bool, _ admission: Admission) async throws {
        guard !grant.sizeBytes.contains(sum) else { return }
        try await endParts(of: grant, givingBack: isSpent, admission)
        throw Refusal(
            sum > grant.sizeBytes.upperBound ? .tooLarge : .tooSmall, field: "parts",
            "the rule \(grant.rule) allows \(grant.sizeBytes.lowerBound) to \(grant.sizeBytes.upperBound) bytes; the parts have \(sum), "
                + "and the upload is aborted")
    }

    private func isOver(
        _ uploadID: String, of key: ObjectKey, _ location: S3Location, _ credentials: SigningCredentials
    ) async -> Bool {
        do throws(StoreFault) {
            _ = try await store.parts(of: key, uploadID: uploadID, at: location, with: credentials)
            return false
        } catch {
            if case .noSuchUpload = error { return true }
            return false
        }
    }

    /// The upload is over: completed before, as its object shows, or aborted.
    private func confirmFinished(
        _ parts: [CompletedPart], of grant: Grant, _ admission: Admission
    ) async throws -> ConfirmedObject {
        do {
            let stored = try await look(for: grant, admission)
            if stored.isMade(of: parts) { return try await confirm(stored, grant, admission) }
        } catch let problem as Problem
            where [ProblemCode.objectNotFound.rawValue, ProblemCode.objectDiffers.rawValue].contains(problem.code)
        {}
        throw StoreProblem.problem(.noSuchUpload(afterRetry: false))
    }

    /// An object is there since an earlier try, whose answer was lost, or since before. The entity tag tells which.
    private func confirmOwn(_ parts: [CompletedPart], of grant: Grant, _ admission: Admission) async throws -> ConfirmedObject {
        let stored = try await look(for: grant, admission)
        guard grant.differences(from: stored).isEmpty, stored.isMade(of: parts, whereUnknown: false) else {
            throw StoreProblem.problem(.preconditionFailed(afterRetry: true))
        }
        return try await confirm(stored, grant, admission)
    }

    private static let abortRounds = 3

    /// Ends an upload that is not to be completed, and leaves no part of it. One that is over already is no fault.
    func abort(_ grant: Grant, _ admission: Admission) async throws {
        try await endParts(of: grant, givingBack: true, admission)
    }

    /// Gives back what the ticket took as soon as the store has ended the upload, also where something fails behind that: another try does
    /// not meet it any more. One that was over before may be stored: it is confirmed, or counts until its grant ends.
    private func endParts(of grant: Grant, givingBack givesBack: Bool, _ admission: Admission) async throws {
        let uploadID = try grant.uploadID(sent: nil, stepIsAssisted: true)
        let (key, location, credentials) = try place(of: grant, admission)
        var givesBack = givesBack
        // A part that arrives meanwhile can outlive the first attempt (AbortMultipartUpload).
        for round in 1...Self.abortRounds {
            do throws(StoreFault) {
                try await store.abortMultipartUpload(key, uploadID: uploadID, at: location, with: credentials)
                if givesBack { await limits.release(UploadReservation(grant), at: now) }
                givesBack = false
                if try await store.parts(of: key, uploadID: uploadID, at: location, with: credentials).isEmpty { return }
            } catch {
                if case .noSuchUpload = error { return }
                throw StoreProblem.problem(error)
            }
            if round < Self.abortRounds { try await store.sleep(.seconds(1)) }
        }
        throw Problem(
            .uploadBusy, "Parts of this upload are still arriving: end their requests, then abort it again.", field: "grant",
            headers: [.retryAfter: "5"])
    }

    /// Asks the bucket what is stored, and compares it with what the ticket was for.
    func confirm(_ grant: Grant, _ admission: Admission) async throws -> ConfirmedObject {
        try await confirm(look(for: grant, admission), grant, admission)
    }

    private func confirm(_ stored: StoredObject, _ grant: Grant, _ admission: Admission) async throws -> ConfirmedObject {
        let differences = grant.differences(from: stored)
        guard differences.isEmpty else { throw StoreProblem.problem(differences) }
        if grant.tagsConfirmed { try await tagConfirmed(grant, admission) }
        // A form can be sent again, and so can the creation of an upload by its client: such a ticket keeps all that it allows.
        let isSpent = grant.method == .put || grant.multipart?.uploadID != nil
        await limits.settle(grant, storedBytes: isSpent ? stored.sizeBytes : grant.sizeBytes.upperBound, at: now)
        return ConfirmedObject(grant: grant, stored: stored, publicURL: admission.office.environment.publicURL(of: grant.key))
    }

    /// Replaces the one tag that says that nobody asked yet. What others have tagged the object with stays; so a second time changes nothing.
    private func tagConfirmed(_ grant: Grant, _ admission: Admission) async throws {
        let (key, location, credentials) = try place(of: grant, admission)
        let confirmed = StoredTag(key: UploadRule.confirmedTag.key, value: UploadRule.confirmedTag.value)
        try await StoreProblem.told { () async throws(StoreFault) in
            let tags = try await store.tags(of: key, at: location, with: credentials)
            guard !tags.contains(confirmed) else { return }
            try await store.setTags(
                tags.filter { $0.key != confirmed.key } + [confirmed], of: key, at: location, with: credentials)
        }
    }

    private func look(for grant: Grant, _ admission: Admission) async throws -> StoredObject {
        let (key, location, credentials) = try place(of: grant, admission)
        do throws(StoreFault) {
            return try await store.head(key, at: location, with: credentials)
        } catch {
            throw StoreProblem.problem(ofLooking: error)
        }
    }

    private func place(
        of grant: Grant, _ admission: Admission
    ) throws -> (key: ObjectKey, location: S3Location, credentials: SigningCredentials) {
        (try ObjectKey(grant.key), admission.office.environment.location, try admission.office.signingCredentials())
    }
}
