import ArgumentParser

/// `s3://BUCKET/KEY` as the AWS CLI writes it: the key is taken as it stands, nothing is decoded.
struct S3URL: Equatable, Sendable {
    let bucket: String
    /// Nil when the URL names only the bucket.
    let key: String?

    init(_ text: String) throws {
        let scalars = text.unicodeScalars
        guard scalars.prefix(5).map({ Character($0).lowercased() }).joined() == "s3://" else {
            throw ValidationError("write s3://BUCKET/KEY.")
        }
        let rest = scalars.dropFirst(5)
        let slash = rest.firstIndex(of: "/")
        bucket = String(rest[..<(slash ?? rest.endIndex)])
        guard !bucket.isEmpty else { throw ValidationError("the bucket is missing: write s3://BUCKET/KEY.") }
        let key = slash.map { String(rest[$0...].dropFirst()) } ?? ""
        self.key = key.isEmpty ? nil : key
    }
}

/// `name: value`, as a header is written.
struct HeaderArgument: Equatable, Sendable {
    let name: String
    let value: String

    init(_ text: String) throws {
        guard let colon = text.unicodeScalars.firstIndex(of: ":"), colon > text.startIndex else {
            throw ValidationError("write 'name: value'.")
        }
        name = String(text[..<colon])
        var rest = text.unicodeScalars[colon...].dropFirst()
        while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        value = String(rest)
    }
}

/// `name=value`; the value may be empty and may hold further equals signs.
struct PairArgument: Equatable, Sendable {
    let name: String
    let value: String

    init(_ text: String) throws {
        guard let equals = text.unicodeScalars.firstIndex(of: "="), equals > text.startIndex else {
            throw ValidationError("write 'name=value'.")
        }
        name = String(text[..<equals])
        value = String(text.unicodeScalars[equals...].dropFirst())
    }

    /// As a query parameter, where a name alone (`acl`) is one with an empty value.
    static func query(_ text: String) throws -> PairArgument {
        try PairArgument(text.unicodeScalars.contains("=") ? text : text + "=")
    }
}
