/// The shared files of AWS's tools (`~/.aws/credentials`, `~/.aws/config`), by the rules of the SDKs' shared configuration
/// file format: sections, `name = value`, comments, nested blocks by indentation.
/// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
struct AWSProfileFile: Sendable {
    enum Kind: Sendable { case credentials, config }

    /// What is said about each profile, the names of settings lower-cased.
    let profiles: [String: AWSProfile.Section]
    /// `[services NAME]` sections: service, then setting.
    let services: [String: [String: [String: String]]]

    /// Refuses what is no text, and lines that are neither a section, a setting nor a comment: a setting that would silently not count
    /// may be the one that says who signs.
    init(_ bytes: [UInt8], path: String, kind: Kind) throws(AWSSettingsError) {
        var reader = Reader(kind: kind, path: path)
        for (index, line) in Self.lines(of: try Self.text(bytes, path: path)).enumerated() { try reader.read(line, number: index + 1) }
        profiles = reader.profiles
        services = reader.services
    }

    private static func text(_ bytes: [UInt8], path: String) throws(AWSSettingsError) -> String {
        let isUTF16 = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) || bytes.prefix(4).contains(0)
        if isUTF16 { throw AWSSettingsError(path, "this is UTF-16 text; save it as UTF-8") }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let line = 1 + validPrefix(bytes).count { $0 == 0x0A }
            throw AWSSettingsError("\(path):\(line)", "this is not UTF-8 text; save the file as UTF-8")
        }
        return text
    }

    private static func validPrefix(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        guard let bad = lines.first(where: { String(validating: $0, as: UTF8.self) == nil }) else { return bytes[...] }
        return bytes[..<bad.startIndex]
    }

    /// Lines end in LF, CR LF or CR.
    private static func lines(of text: String) -> [Substring.UnicodeScalarView] {
        let scalars = text.unicodeScalars[...]
        let content = scalars.first == "\u{FEFF}" ? scalars.dropFirst() : scalars
        var lines: [Substring.UnicodeScalarView] = []
        var start = content.startIndex
        var index = start
        while index != content.endIndex {
            let scalar = content[index]
            let next = content.index(after: index)
            if scalar == "\n" || scalar == "\r" {
                lines.append(content[start..<index])
                start = scalar == "\r" && next != content.endIndex && content[next] == "\n" ? content.index(after: next) : next
                index = start
            } else {
                index = next
            }
        }
        lines.append(content[start...])
        return lines
    }

    private enum Section { case profile(String), services(String), other, none }

    private struct Reader {
        let kind: Kind
        let path: String
        var profiles: [String: AWSProfile.Section] = [:]
        var services: [String: [String: [String: String]]] = [:]
        private var section = Section.none
        /// The setting above that has no value, whose block the lines that are indented deeper are.
        private var block: String?
        /// How far the setting above is indented; nil behind a header.
        private var indentation: Int?
        private var place = ""
        /// `[profile default]` wins over `[default]`, wherever it stands.
        private var hasPrefixedDefault = false

        init(kind: Kind, path: String) {
            self.kind = kind
            self.path = path
        }

        mutating func read(_ line: Substring.UnicodeScalarView, number: Int) throws(AWSSettingsError) {
            place = "\(path):\(number)"
            let text = AWSProfileFile.trimmed(line)
            guard let first = text.unicodeScalars.first, first != "#", first != ";" else { return }
            let indentation = line.prefix { $0 == " " || $0 == "\t" }.count
            if let above = self.indentation, indentation > above {
                try readNested(text)
            } else if first == "[" {
                try open(text)
            } else {
                self.indentation = indentation
                try readSetting(text)
            }
        }

        private mutating func open(_ text: String) throws(AWSSettingsError) {
            block = nil
            indentation = nil
            section = .other
            guard let end = text.unicodeScalars.firstIndex(of: "]") else {
                throw AWSSettingsError(place, "the section has no closing ]; write [default] or [profile NAME]")
            }
            let words = AWSProfileFile.words(String(text.unicodeScalars[..<end].dropFirst()))
            switch (kind, words.count, words.first) {
            case (.credentials, 1, let name?): section = .profile(name)
            case (.config, 1, "default") where !hasPrefixedDefault: section = .profile("default")
            case (.config, 2, "profile"): openProfile(words[1])
            case (.config, 2, "services"): section = .services(words[1])
            default: return
            }
            if case .profile(let name) = section, profiles[name] == nil { profiles[name] = AWSProfile.Section(place: place) }
        }

        private mutating func openProfile(_ name: String) {
            if name == "default", !hasPrefixedDefault {
                hasPrefixedDefault = true
                profiles["default"] = nil
            }
            section = .profile(name)
        }

        private mutating func readSetting(_ text: String) throws(AWSSettingsError) {
            block = nil
            // The line itself may be a secret: it is not repeated.
            guard let (name, value) = AWSProfileFile.setting(text) else {
                throw AWSSettingsError(place, "this line is no setting; write name = value, or # before a comment")
            }
            if case .none = section {
                throw AWSSettingsError(place, "a setting stands before the first section; write [default] above it")
            }
            if value.isEmpty {
                block = name
            } else if case .profile(let profile) = section {
                profiles[profile]?.set(name, value, at: place)
            }
        }

        /// `s3 =` followed by indented settings: kept for services; inside a profile such blocks tune old tools only.
        ///
        /// Behind a value, AWS's tools read such a line as more of that value, whatever it looks like; nothing that is asked for here
        /// has two lines.
        private mutating func readNested(_ text: String) throws(AWSSettingsError) {
            guard let block else {
                throw AWSSettingsError(
                    place,
                    "this line is indented deeper than the setting above, so it is more of that one's value to AWS's tools; "
                        + "begin it where the setting above begins")
            }
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
