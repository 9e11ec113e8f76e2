extension IssueCode {
    static let firstByte = IssueCode("S3_FIRST_BYTE", .error, origin: .s3)
}

/// A policy does not begin with `{`: S3 refuses it, even where white space stands before.
enum FirstByte {
    static func finding(in document: JSONDocument, kind: PolicyKind) -> Finding? {
        guard kind == .bucket, let first = document.text.bytes.first, first != UInt8(ascii: "{"), document.root != nil else { return nil }
        // A byte order mark is a mistake of its own already.
        guard !document.problems.contains(where: { $0.range.lowerBound == 0 }) else { return nil }
        let message = "Policies must be valid JSON and the first byte must be '{'; delete what stands before it."
        return Finding(.firstByte, message, at: 0..<1)
    }
}
