/// The shared files of AWS's tools (`~/.aws/credentials`, `~/.aws/config`), by the rules of the SDKs' shared configuration
/// file format: sections, `name = value`, comments, nested blocks by indentation.
/// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
struct AWSProfileFile: Sendable {
    enum Kind: Sendable { case credentials, config }

    /// Settings of each profile, names lower-cased.
    private(set) var profiles: [String: [String: String]] = [:]
    /// `[services NAME]` sections: service, then setting.
    private(set) var services: [String: [String: [String: String]]] = [:]

    init(_ text: String, kind: Kind) {
        var reader = Reader(kind: kind)
        for line in Self.lines(of: text) { reader.read(line) }
        profiles = reader.profiles
        services = reader.services
    }

    private static func lines(of text: String) -> [Substring.UnicodeScalarView] {
        let scalars = text.unicodeScalars[...]
        return (scalars.first == "\u{FEFF}" ? scalars.dropFirst() : scalars).split(whereSeparator: { $0 == "\n" || $0 == "\r" })
    }

    private enum Section { case profile(String), services(String), other }

    private struct Reader {
        let kind: Kind
        var profiles: [String: [String: String]] = [:]
        var services: [String: [String: [String: String]]] = [:]
        private var section = Section.other
        private var block: String?
        /// `[profile default]` wins over `[default]`, wherever it stands.
        private var hasPrefixedDefault = false

        init(kind: Kind) { self.kind = kind }

        mutating func read(_ line: Substring.UnicodeScalarView) {
            let text = AWSProfileFile.trimmed(line)
            guard let first = text.unicodeScalars.first, first != "#", first != ";" else { return }
            let isIndented = line.first == " " || line.first == "\t"
            if first == "[", !isIndented {
                open(text)
            } else if isIndented, let block {
                readNested(text, in: block)
            } else {
                readSetting(text)
            }
        }

        private mutating func open(_ text: String) {
            block = nil
            section = .other
            guard let end = text.unicodeScalars.firstIndex(of: "]") else { return }
            let words = AWSProfileFile.words(String(text.unicodeScalars[..<end].dropFirst()))
            switch (kind, words.count, words.first) {
            case (.credentials, 1, let name?): section = .profile(name)
            case (.config, 1, "default") where !hasPrefixedDefault: section = .profile("default")
            case (.config, 2, "profile"): openProfile(words[1])
            case (.config, 2, "services"): section = .services(words[1])
            default: return
            }
            if case .profile(let name) = section, profiles[name] == nil { profiles[name] = [:] }
        }

        private mutating func openProfile(_ name: String) {
            if name == "default", !hasPrefixedDefault {
                hasPrefixedDefault = true
                profiles["default"] = nil
            }
            section = .profile(name)
        }

        private mutating func readSetting(_ text: String) {
            block = nil
            guard let (name, value) = AWSProfileFile.setting(text) else { return }
            if value.isEmpty {
                block = name
            } else if case .profile(let profile) = section {
                profiles[profile, default: [:]][name] = value
            }
        }

        /// `s3 =` followed by indented settings: kept for services; inside a profile such blocks tune old tools only.
        private mutating func readNested(_ text: String, in block: String) {
            guard case .services(let services) = section, let (name, value) = AWSProfileFile.setting(text) else { return }
            self.services[services, default: [:]][block, default: [:]][name] = value
        }
    }

    /// `name = value` with an inline comment (white space, then `#` or `;`) removed; the name lower-cased.
    private static func setting(_ text: String) -> (String, String)? {
        let scalars = text.unicodeScalars
        guard let equals = scalars.firstIndex(of: "=") else { return nil }
        let name = trimmed(scalars[..<equals]).lowercased()
        guard !name.isEmpty else { return nil }
        var value = scalars[equals...].dropFirst()
        var previous: Unicode.Scalar = "="
        for index in value.indices {
            let scalar = value[index]
            if scalar == "#" || scalar == ";", previous == " " || previous == "\t" {
                value = value[..<index]
                break
            }
            previous = scalar
        }
        return (name, trimmed(value))
    }

    private static func trimmed(_ text: Substring.UnicodeScalarView) -> String {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }

    /// The words of a section header; a name in double or single quotes is one word.
    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            if let open = quote {
                if scalar == open { quote = nil } else { word?.unicodeScalars.append(scalar) }
            } else if scalar == "\"" || scalar == "'" {
                quote = scalar
                word = word ?? ""
            } else if scalar == " " || scalar == "\t" {
                if let done = word { words.append(done) }
                word = nil
            } else {
                word = (word ?? "") + String(scalar)
            }
        }
        if let done = word { words.append(done) }
        return words
    }
}
