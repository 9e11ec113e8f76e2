internal import SigV4

/// What a rule says a browser shall do with an object that it opens (RFC 6266).
public struct ContentDisposition: Sendable, Hashable, CustomStringConvertible {
    public enum Kind: String, Sendable, CaseIterable {
        /// Shown in the page.
        case inline
        /// Saved to disk.
        case attachment
    }

    public var kind: Kind
    /// Whether the uploaded file's name, made safe, goes with it.
    public var namesFile: Bool

    public init(kind: Kind, namesFile: Bool) {
        self.kind = kind
        self.namesFile = namesFile
    }

    /// Takes `attachment`, `inline`, `attachment; filename={filename}` and `inline; filename={filename}`.
    public init(_ text: String) throws(InvalidValue) {
        let parts = text.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false).map { $0.filter { $0 != " " && $0 != "\"" } }
        guard let kind = parts.first.flatMap({ Kind(rawValue: $0) }), parts.count == 1 || parts[1] == "filename={filename}" else {
            throw InvalidValue("\(quoted(text)) is not allowed; use attachment or inline, alone or with \"; filename={filename}\"")
        }
        self.init(kind: kind, namesFile: parts.count == 2)
    }

    public var description: String {
        kind.rawValue + (namesFile ? "; filename={filename}" : "")
    }

    /// The header's value: ASCII only, whatever the file's name. A type that runs in a browser is an attachment in any case.
    func headerValue(filename: String, type: ContentType) -> String {
        let kind = type.runsInBrowser ? Kind.attachment : kind
        guard namesFile else { return kind.rawValue }
        let name = SafeFilename(filename, type: type)
        return "\(kind.rawValue); \(name.parameters)"
    }
}

/// A file's name as it may be offered for saving: without a folder, control or direction characters, quotes, or a false extension.
struct SafeFilename {
    let text: String

    /// The last component of the name; its extension is the content type's own, so that `invoice.exe` sent as a PDF is not saved as a program.
    /// A type without a known extension leaves the name none: any could be false.
    init(_ filename: String, type: ContentType) {
        var cleaned = String.UnicodeScalarView()
        for scalar in filename.unicodeScalars {
            if scalar == "/" || scalar == "\\" {
                cleaned.removeAll()
            } else if SafeFilename.isVisible(scalar) {
                cleaned.append("\"*:<>?|".unicodeScalars.contains(scalar) ? "_" : scalar)
            }
        }
        var (stem, fileExtension) = SafeFilename.splitExtension(Substring(String(cleaned)))
        if !type.acceptedExtensions.contains(ASCII.lowercased(fileExtension)) {
            if !fileExtension.isEmpty { stem += (type.isWellKnown ? "." : "_") + fileExtension }
            fileExtension = type.acceptedExtensions.first ?? ""
        }
        while stem.utf8.count + fileExtension.utf8.count > SafeFilename.maximumBytes {
            if stem.isEmpty { fileExtension.removeLast() } else { stem.removeLast() }
        }
        stem = SafeFilename.trimmed(Substring(stem))
        text = (stem.isEmpty ? "file" : stem) + (fileExtension.isEmpty ? "" : "." + fileExtension)
    }

    /// `filename=` for everyone and, where that loses something, `filename*=` in UTF-8 (RFC 8187) for those who know it.
    var parameters: String {
        var fallback = ""
        for scalar in text.unicodeScalars {
            let isPlain = scalar.isASCII && (ASCII.isAlphanumeric(UInt8(scalar.value)) || " ._-()".unicodeScalars.contains(scalar))
            // Two spaces would count as one in the signature.
            if scalar != " " || fallback.last != " " { fallback.unicodeScalars.append(isPlain ? scalar : "_") }
        }
        let plain = "filename=\"\(fallback)\""
        return fallback == text ? plain : "\(plain); filename*=UTF-8''\(PercentEncoding.encode(text))"
    }

    private static let maximumBytes = 180

    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate: false
        default: true
        }
    }

    /// The part after the last dot counts as an extension when it is short and plain.
    private static func splitExtension(_ name: Substring) -> (stem: String, fileExtension: String) {
        let name = trimmed(name)
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return (name, "") }
        let tail = name[name.index(after: dot)...]
        guard (1...10).contains(tail.utf8.count), tail.utf8.allSatisfy(ASCII.isAlphanumeric) else { return (name, "") }
        return (String(name[..<dot]), String(tail))
    }

    /// Without dots and spaces at either end: no hidden files, nothing that Windows would cut off.
    private static func trimmed(_ name: Substring) -> String {
        let edge: (Character) -> Bool = { $0 == "." || $0.isWhitespace }
        var name = name.drop(while: edge)
        while let last = name.last, edge(last) { name.removeLast() }
        return String(name)
    }
}
