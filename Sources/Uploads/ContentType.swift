/// One exact media type, lower-case and without parameters: what a ticket binds.
///
/// The syntax is the restricted name of RFC 6838 section 4.2 on both sides of the slash, so it holds no comma, no wildcard, no white space
/// and nothing that could start a parameter or a second header.
public struct ContentType: Sendable, Hashable, CustomStringConvertible {
    /// `image/png`
    public let text: String
    private let slash: String.Index

    /// Takes a type in any case, as browsers and people write it.
    public init(_ text: String) throws(InvalidValue) {
        let lowered = ASCII.lowercased(text)
        let parts = lowered.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false).map(Substring.init)
        if lowered.utf8.contains(UInt8(ascii: ";")) {
            throw InvalidValue("\(quoted(text)) has parameters; give the type alone, such as image/png")
        }
        guard parts.count == 2, parts.allSatisfy(ContentType.isRestrictedName) else {
            throw InvalidValue("\(quoted(text)) is not a media type; give one exact type and subtype, such as image/png")
        }
        self.text = lowered
        slash = parts[0].endIndex
    }

    /// `image` of `image/png`.
    public var topLevel: Substring { text[..<slash] }
    /// `png` of `image/png`.
    public var subtype: Substring { text[text.index(after: slash)...] }
    public var description: String { text }

    /// The top-level types (RFC 6838 section 4.2) that hold files; parts of mail, and what a browser takes apart, are not among them.
    static let groups = ["application", "audio", "font", "image", "model", "text", "video"]

    /// RFC 6838 section 4.2: 1 to 127 letters, digits and `!#$&-^_.+`, beginning with a letter or digit.
    static func isRestrictedName(_ name: Substring) -> Bool {
        guard let first = name.utf8.first, ASCII.isAlphanumeric(first), name.utf8.count <= 127 else { return false }
        return name.utf8.allSatisfy { ASCII.isAlphanumeric($0) || "!#$&-^_.+".utf8.contains($0) }
    }
}

/// What a rule allows: one exact type, or the well-known ones of a group that do not run in a browser.
public struct ContentTypePattern: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: Sendable, Hashable {
        case exact(ContentType)
        case anySubtype(of: String)
    }

    private let kind: Kind

    /// Takes `image/png` or `image/*`. `*/*` is refused: a rule says what may be stored.
    public init(_ text: String) throws(InvalidValue) {
        let lowered = ASCII.lowercased(text)
        guard lowered.hasSuffix("/*") else {
            if lowered.utf8.contains(UInt8(ascii: "*")) {
                throw InvalidValue("\(quoted(text)): a wildcard stands for a whole subtype, such as image/*")
            }
            kind = .exact(try ContentType(text))
            return
        }
        let topLevel = lowered.dropLast(2)
        guard ContentType.groups.contains(String(topLevel)) else {
            throw InvalidValue(
                "\(quoted(text)) is not allowed; name a type, such as image/png, or a group: "
                    + ContentType.groups.map { "\($0)/*" }.joined(separator: ", "))
        }
        kind = .anySubtype(of: String(topLevel))
    }

    /// `image/png` or `image/*`.
    public var text: String {
        switch kind {
        case .exact(let type): type.text
        case .anySubtype(let topLevel): topLevel + "/*"
        }
    }

    public var description: String { text }

    /// Whether it lets in a type that runs in a browser; a wildcard never does.
    var runsInBrowser: Bool {
        guard case .exact(let type) = kind else { return false }
        return type.runsInBrowser
    }

    /// One type that it allows.
    var example: String? {
        switch kind {
        case .exact(let exact): exact.text
        case .anySubtype(let topLevel): ContentType.example(of: topLevel)
        }
    }

    /// Whether a file of that type may be uploaded. A wildcard covers the types whose extension is known here, since what is not known may
    /// run somewhere, and never one that runs in a browser.
    public func allows(_ type: ContentType) -> Bool {
        switch kind {
        case .exact(let exact): exact == type
        case .anySubtype(let topLevel): type.topLevel == topLevel && type.isWellKnown && !type.runsInBrowser
        }
    }
}
