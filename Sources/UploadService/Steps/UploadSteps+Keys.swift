import Uploads

/// Uploads whose client holds the key that was issued and nothing else of ours; in parts, it creates and completes them itself.
extension UploadSteps {
    /// Decides on a request for one form or PUT.
    func issueMarked(_ request: UploadRequest, _ admission: Admission, using random: inout any RandomNumberGenerator) async throws -> Ticket
    {
        let now = now
        let ticket = try admission.office.sign { try $0.issueMarked(request, to: admission.caller, with: $1, at: now, using: &random) }
        try await reserve(ticket, admission, at: now)
        return ticket
    }

    /// Decides on a request for parts; the store hears of it from the client.
    func beginMarked(
        _ request: UploadRequest, _ admission: Admission, using random: inout any RandomNumberGenerator
    ) async throws -> MultipartTicket {
        let now = now
        let start = try admission.office.office.beginMarked(request, to: admission.caller, at: now, using: &random)
        let ticket = try admission.office.sign { try $0.ticket(for: start, uploadID: nil, with: $1, at: now, using: &random) }
        let reservation = admission.office.office.reservation(of: start, at: now)
        try await reserve(reservation, bytes: start.sizeBytes.upperBound, admission, at: now)
        return ticket
    }

    /// What an issued key that comes back allows.
    func open(key: String, rule: String, uploadID: String, _ admission: Admission) throws -> Grant {
        try admission.office.office.grant(markedKey: key, rule: rule, uploadID: uploadID, caller: admission.caller, at: now)
    }

    /// How the client ends the upload and lists its parts.
    ///
    /// - Parameter objectSizeBytes: with the request that completes it, what the store is to compare.
    func presignedSteps(
        of grant: Grant, objectSizeBytes: Int64? = nil, _ admission: Admission
    ) throws -> (complete: PresignedStep, abort: PresignedStep, list: PresignedStep) {
        let now = now
        let uploadID = try grant.uploadID(sent: nil, stepIsAssisted: false)
        return try admission.office.sign {
            try $0.steps(of: grant, uploadID: uploadID, objectSizeBytes: objectSizeBytes, with: $1, at: now)
        }
    }

    /// The request that completes an upload, bound to the bytes that the store has counted: a part that is replaced afterwards, with another
    /// size, makes it fail. What leaves the rule's range is aborted.
    func completion(of grant: Grant, _ admission: Admission) async throws -> PresignedStep {
        let sum = try await storedParts(of: grant, admission).reduce(Int64(0)) { sum, part in
            let (sum, isTooLarge) = sum.addingReportingOverflow(part.sizeBytes)
            return isTooLarge ? .max : sum
        }
        try await hold(sum, to: grant, isSpent: false, admission)
        return try presignedSteps(of: grant, objectSizeBytes: sum, admission).complete
    }
}
