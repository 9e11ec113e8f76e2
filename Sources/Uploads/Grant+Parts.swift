extension Grant {
    /// How the file is cut; nil where that is the client's to choose, or where there are no parts.
    var plan: PartPlan? {
        multipart?.partSizeBytes.map { PartPlan(sizeBytes: sizeBytes.upperBound, partSizeBytes: $0) }
    }

    /// How many parts the upload has; nil where that is the client's to choose, or where there are no parts.
    public var partCount: Int? { plan?.count }

    /// The largest number that a part can have. Where the size is unknown, all parts but the last have 5 MiB at least.
    private var largestPartNumber: Int {
        partCount ?? Int(min(Int64(PartPlan.maximumCount), sizeBytes.upperBound / UploadRule.partSizes.lowerBound + 1))
    }

    /// The upload in parts that the grant is for.
    ///
    /// - Parameters:
    ///   - uploadID: what the client sends, which only counts where it created the upload itself.
    ///   - stepIsAssisted: whether the service does the step that is asked for.
    /// - Returns: the store's id of the upload.
    public func uploadID(sent uploadID: String?, stepIsAssisted: Bool) throws(Refusal) -> String {
        guard let multipart else {
            throw Refusal(.notMultipart, field: "grant", "this grant is for one \(method.rawValue), which has no parts")
        }
        if let known = multipart.uploadID {
            guard uploadID == nil else {
                throw Refusal(.invalidUploadID, field: "uploadId", "the grant holds the store's upload id; leave uploadId out")
            }
            return known
        }
        guard !stepIsAssisted else {
            throw Refusal(
                .multipartSigned, field: "grant",
                "the client itself ends this upload; POST /v1/uploads/parts answers with presigned requests for it")
        }
        guard let uploadID else {
            throw Refusal(
                .invalidUploadID, field: "uploadId", "send the UploadId that the store answered when the client created the upload")
        }
        return try Self.checked(uploadID: uploadID)
    }

    /// A store's id as a client sends it.
    static func checked(uploadID: String) throws(Refusal) -> String {
        guard (1...1024).contains(uploadID.utf8.count), uploadID.utf8.allSatisfy({ ASCII.isPrintable($0) && $0 != 0x20 }) else {
            throw Refusal(.invalidUploadID, field: "uploadId", "an upload id is 1 to 1024 visible ASCII characters")
        }
        return uploadID
    }

    /// Checks the numbers of parts that are asked for: in any order, none twice.
    public func check(partNumbers numbers: [Int]) throws(Refusal) {
        var seen: Set<Int> = []
        for (index, number) in numbers.enumerated() {
            let field = "partNumbers[\(index)]"
            try check(partNumber: number, field: field)
            guard seen.insert(number).inserted else {
                throw Refusal(.invalidPartNumber, field: field, "part \(number) is there twice; ask for each once")
            }
        }
    }

    /// Checks the parts that are to become the object, and gives their entity tags the quotes that the store has round them.
    public func check(_ parts: [CompletedPart]) throws(Refusal) -> [CompletedPart] {
        var checked: [CompletedPart] = []
        for (index, part) in parts.enumerated() {
            let field = "parts[\(index)]"
            try check(partNumber: part.number, field: "\(field).partNumber")
            if let last = checked.last?.number, part.number <= last {
                throw Refusal(
                    part.number == last ? .invalidPartNumber : .invalidPartOrder, field: "\(field).partNumber",
                    "part \(part.number) comes behind part \(last); send each part once, in ascending order")
            }
            checked.append(CompletedPart(number: part.number, etag: try Self.quoted(etag: part.etag, field: "\(field).etag")))
        }
        try checkNothingIsMissing(checked)
        return checked
    }

    private func check(partNumber number: Int, field: String) throws(Refusal) {
        guard (1...largestPartNumber).contains(number) else {
            throw Refusal(.invalidPartNumber, field: field, "\(number) is no part of this upload; its parts are 1 to \(largestPartNumber)")
        }
    }

    private func checkNothingIsMissing(_ parts: [CompletedPart]) throws(Refusal) {
        guard !parts.isEmpty else { throw Refusal(.partsMissing, field: "parts", "an upload has one part at least") }
        guard let partCount, parts.count < partCount else { return }
        let present = Set(parts.map(\.number))
        let missing = (1...partCount).lazy.filter { !present.contains($0) }
        let named = missing.prefix(5).map(String.init).joined(separator: ", ")
        throw Refusal(
            .partsMissing, field: "parts",
            "\(partCount - parts.count) of \(partCount) parts are missing, such as \(named); send them, then complete the upload")
    }

    private static func quoted(etag: String, field: String) throws(Refusal) -> String {
        var text = Substring(etag)
        if text.utf8.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") { text = text.dropFirst().dropLast() }
        let isPlain = text.utf8.allSatisfy { ASCII.isPrintable($0) && $0 != 0x20 && !"\"<>&".utf8.contains($0) }
        guard (1...128).contains(text.utf8.count), isPlain else {
            throw Refusal(.invalidETag, field: field, "send the ETag that the store answered when it took the part")
        }
        return "\"\(text)\""
    }
}

/// A part that the store has, as the client says.
public struct CompletedPart: Sendable, Equatable {
    /// 1…10,000.
    public let number: Int
    /// Its entity tag, as the store answered it.
    public let etag: String

    public init(number: Int, etag: String) {
        self.number = number
        self.etag = etag
    }
}
