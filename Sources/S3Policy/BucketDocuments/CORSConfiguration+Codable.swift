extension CORSConfiguration: Codable {
    private enum Key: String, CodingKey, CaseIterable {
        case rules = "CORSRules"
    }

    /// Reads the shape of the document; a key that S3 does not know is an error, since S3 would refuse the document.
    /// What the values may be is told by ``problems()``.
    public init(from decoder: any Decoder) throws {
        try UnknownKeys.refuse(in: decoder, known: Key.allCases.map(\.rawValue))
        let container = try decoder.container(keyedBy: Key.self)
        self.init(rules: try container.decode([CORSRule].self, forKey: .rules))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.rules, forKey: .rules)
    }
}

extension CORSRule: Codable {
    private enum Key: String, CodingKey, CaseIterable {
        case id = "ID"
        case allowedOrigins = "AllowedOrigins"
        case allowedMethods = "AllowedMethods"
        case allowedHeaders = "AllowedHeaders"
        case exposeHeaders = "ExposeHeaders"
        case maxAgeSeconds = "MaxAgeSeconds"
    }

    public init(from decoder: any Decoder) throws {
        try UnknownKeys.refuse(in: decoder, known: Key.allCases.map(\.rawValue))
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            id: try container.decodeIfPresent(String.self, forKey: .id),
            allowedOrigins: try container.decode([String].self, forKey: .allowedOrigins),
            allowedMethods: try container.decode([String].self, forKey: .allowedMethods),
            allowedHeaders: try container.decodeIfPresent([String].self, forKey: .allowedHeaders) ?? [],
            exposeHeaders: try container.decodeIfPresent([String].self, forKey: .exposeHeaders) ?? [],
            maxAgeSeconds: try container.decodeIfPresent(Int.self, forKey: .maxAgeSeconds))
    }

    /// Writes what the rule says and leaves out what it does not, as `aws s3api get-bucket-cors` does.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encodeIfPresent(self.id, forKey: .id)
        if !self.allowedHeaders.isEmpty { try container.encode(self.allowedHeaders, forKey: .allowedHeaders) }
        try container.encode(self.allowedMethods, forKey: .allowedMethods)
        try container.encode(self.allowedOrigins, forKey: .allowedOrigins)
        if !self.exposeHeaders.isEmpty { try container.encode(self.exposeHeaders, forKey: .exposeHeaders) }
        try container.encodeIfPresent(self.maxAgeSeconds, forKey: .maxAgeSeconds)
    }
}

/// A key that is whatever the document has.
private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init?(stringValue: String) {
        self.stringValue = stringValue
    }

    init?(intValue: Int) {
        nil
    }
}

private enum UnknownKeys {
    static func refuse(in decoder: any Decoder, known: [String]) throws {
        let container = try decoder.container(keyedBy: AnyKey.self)
        let unknown = container.allKeys.map(\.stringValue).filter { !known.contains($0) }.sorted()
        guard let first = unknown.first else { return }
        let message = "Unknown key \"\(first)\"; allowed are \(known.joined(separator: ", "))."
        throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: message))
    }
}
