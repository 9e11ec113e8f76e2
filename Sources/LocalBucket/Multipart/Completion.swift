import S3Signing

/// The document of CompleteMultipartUpload: which parts make the object.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>.
struct Completion {
    struct Part {
        var number = 0
        /// Without quotes.
        var etag = ""
        var checksums: [Checksum] = []
    }

    let parts: [Part]

    init(xml: String) throws(S3Error) {
        self.parts = try XMLReader.document(xml, "CompleteMultipartUpload") { reader throws(S3Error) in
            var parts: [Part] = []
            while reader.begins("Part") { parts.append(try reader.element("Part", empty: nil, Self.part)) }
            return parts
        }
        guard (1...Limits.partCount).contains(self.parts.count) else { throw Refused.malformedXML }
    }

    /// The members of a part, in any order, each at most once.
    private static func part(_ reader: inout XMLReader) throws(S3Error) -> Part {
        var (number, etag): (Int?, String?)
        var checksums: [Checksum] = []
        while true {
            if number == nil, reader.begins("PartNumber") {
                number = try self.number(try reader.text("PartNumber"))
            } else if etag == nil, reader.begins("ETag") {
                etag = self.bare(try reader.text("ETag"))
            } else if let algorithm = self.nextChecksum(&reader), !checksums.contains(where: { $0.algorithm == algorithm }) {
                checksums.append(Checksum(algorithm: algorithm, value: try reader.text(algorithm.elementName)))
            } else {
                break
            }
        }
        guard let number, let etag else { throw Refused.malformedXML }
        return Part(number: number, etag: etag, checksums: checksums)
    }

    private static func nextChecksum(_ reader: inout XMLReader) -> ChecksumAlgorithm? {
        for algorithm in ChecksumAlgorithm.allCases where reader.begins(algorithm.elementName) { return algorithm }
        return nil
    }

    private static func number(_ text: String) throws(S3Error) -> Int {
        guard let number = Int(text) else { throw Refused.malformedXML }
        guard (1...Limits.partCount).contains(number) else {
            throw S3Error.invalidArgument("PartNumber must be >= 1 and <= \(Limits.partCount).", name: "partNumber", value: text)
        }
        return number
    }

    private static func bare(_ etag: String) -> String {
        let text = etag[...].trimmingSpaces
        guard text.utf8.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return String(text) }
        return String(text.dropFirst().dropLast())
    }
}
