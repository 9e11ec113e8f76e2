internal import SigV4

/// How a rule names its objects: path segments of fixed text and placeholders, `avatars/{caller}/{yyyy}/{mm}/{uuid}{ext}`.
///
/// The name of the uploaded file is not among the placeholders: nothing that a client writes freely enters a key.
public struct KeyTemplate: Sendable, Hashable, CustomStringConvertible {
    /// What a template may hold in braces.
    public enum Placeholder: String, Sendable, CaseIterable {
        /// The caller's own segment, `Caller.keySegment`; always a whole path segment.
        case caller
        /// A random UUID (RFC 9562 version 4).
        case uuid
        /// The day of issue in UTC.
        case yyyy, mm, dd
        /// The extension of the content type, with its dot; ends the key.
        case ext
        case rule, environment
        /// The file's SHA-256 in hexadecimal; needs `checksum: required`.
        case sha256
    }

    enum Part: Sendable, Hashable {
        case literal(String)
        case placeholder(Placeholder)
    }

    /// The longest name of a rule or an environment; the worst case of a key counts with it.
    static let maximumNameBytes = 63
    /// S3's limit for a key.
    static let maximumKeyBytes = 1024

    public let text: String
    let segments: [[Part]]

    public init(_ text: String) throws(InvalidValue) {
        var problems: [String] = []
        var segments: [[Part]] = []
        for segment in text.split(separator: "/", omittingEmptySubsequences: false) {
            segments.append(KeyTemplate.parse(segment, problems: &problems))
        }
        if problems.isEmpty {
            KeyTemplate.check(segments, problems: &problems)
        }
        guard problems.isEmpty else { throw InvalidValue(problems.joined(separator: "; ")) }
        self.text = text
        self.segments = segments
    }

    public var description: String { text }

    /// Whether the template holds that placeholder.
    public func contains(_ placeholder: Placeholder) -> Bool {
        segments.joined().contains(.placeholder(placeholder))
    }

    /// What all keys of that caller under that rule begin with, up to and with the `/` after `{caller}`; `nil` when the template has no
    /// `{caller}`, or something that changes from ticket to ticket stands before it.
    public func prefix(environment: String, rule: String, caller: Caller) -> String? {
        guard let end = segments.firstIndex(of: [.placeholder(.caller)]) else { return nil }
        let fixed: Set<Part> = [.placeholder(.rule), .placeholder(.environment), .placeholder(.caller)]
        for case .placeholder(let placeholder) in segments[...end].joined() where !fixed.contains(.placeholder(placeholder)) { return nil }
        let values = KeyValues(environment: environment, rule: rule, callerSegment: caller.keySegment)
        return KeyTemplate.render(segments[...end], values) + "/"
    }

    /// Whether a key lies under a caller's own prefix: up to the caller's segment its segments are such as the template makes them.
    func isUnderPrefix(_ key: String, environment: String, rule: String, caller: Caller) -> Bool {
        let parts = key.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard let end = segments.firstIndex(of: [.placeholder(.caller)]), parts.count > end + 1,
            parts[end].elementsEqual(caller.keySegment.utf8),
            parts.allSatisfy(KeyTemplate.couldBeIssued)
        else { return false }
        return zip(resolved(environment: environment, rule: rule)[..<end], parts).allSatisfy { segment, part in
            let places = segment.flatMap(KeyTemplate.places(of:))
            return places.count == part.count && zip(places, part).allSatisfy { $0.bytes.contains($1) }
        }
    }

    /// Whether a segment could be of a key that was issued: not empty, no dot segment, and of no bytes that keys never have, so that nobody
    /// on the way reads a slash or a blank into it.
    private static func couldBeIssued(_ segment: Substring.UTF8View) -> Bool {
        !segment.isEmpty && !segment.elementsEqual(".".utf8) && !segment.elementsEqual("..".utf8)
            && segment.allSatisfy { isLiteralByte($0) || Caller.separators.utf8.contains($0) }
    }

    /// What all keys under that rule begin with: the segments before the first that changes, each with its `/`.
    func fixedFolder(environment: String, rule: String) -> String {
        let fixed = resolved(environment: environment, rule: rule).dropLast().lazy.map(KeyTemplate.literal).prefix { $0 != nil }
        return fixed.compactMap { $0 }.map { "\($0)/" }.joined()
    }

    /// Whether a caller's own folder under one template could hold another caller's files under the other.
    ///
    /// Segments are compared from the left as far as they can come out equal. Where one is `{caller}` and the other is not, but could come
    /// out as some caller's segment, whoever has that name owns what others upload.
    func clashes(with other: KeyTemplate, environment: String, rules: (String, String)) -> Bool {
        let own = resolved(environment: environment, rule: rules.0)
        let others = other.resolved(environment: environment, rule: rules.1)
        for (index, (left, right)) in zip(own, others).enumerated() {
            switch (left == [.placeholder(.caller)], right == [.placeholder(.caller)]) {
            case (true, true): return false
            // The last segment is a file, which no folder holds.
            case (true, false): return index + 1 < others.count && KeyTemplate.couldBeCaller(right)
            case (false, true): return index + 1 < own.count && KeyTemplate.couldBeCaller(left)
            case (false, false):
                if let left = KeyTemplate.literal(left), let right = KeyTemplate.literal(right), left != right { return false }
            }
        }
        return false
    }

    /// The segments with the names of environment and rule written in.
    private func resolved(environment: String, rule: String) -> [[Part]] {
        segments.map { segment in
            segment.map { part in
                switch part {
                case .placeholder(.environment): .literal(environment)
                case .placeholder(.rule): .literal(rule)
                default: part
                }
            }
        }
    }

    /// The text of a segment without placeholders.
    private static func literal(_ segment: [Part]) -> String? {
        var text = ""
        for part in segment {
            guard case .literal(let literal) = part else { return nil }
            text += literal
        }
        return text
    }

    /// Whether a segment can look like `Caller.keySegment`: one with a capital letter in its fixed text cannot.
    private static func couldBeCaller(_ segment: [Part]) -> Bool {
        segment.allSatisfy { part in
            guard case .literal(let text) = part else { return true }
            return text.utf8.allSatisfy { ASCII.isLowercase($0) || ASCII.isDigit($0) || "-_\(Caller.separators)".utf8.contains($0) }
        }
    }

    func render(_ values: KeyValues) -> String {
        KeyTemplate.render(segments[...], values)
    }

    private static func render(_ segments: ArraySlice<[Part]>, _ values: KeyValues) -> String {
        var key = ""
        for (index, segment) in segments.enumerated() {
            if index > 0 { key += "/" }
            for part in segment {
                switch part {
                case .literal(let text): key += text
                case .placeholder(let placeholder): key += values.text(of: placeholder)
                }
            }
        }
        return key
    }
}

/// What the placeholders of one key become.
struct KeyValues {
    var environment: String
    var rule: String
    var callerSegment: String
    var uuid = ""
    var time = SigningTime(secondsSinceEpoch: 0)
    var fileExtension = ""
    var sha256Hex = ""

    func text(of placeholder: KeyTemplate.Placeholder) -> String {
        switch placeholder {
        case .caller: callerSegment
        case .uuid: uuid
        case .yyyy: String(time.dateStamp.prefix(4))
        case .mm: String(time.dateStamp.dropFirst(4).prefix(2))
        case .dd: String(time.dateStamp.suffix(2))
        case .ext: fileExtension
        case .rule: rule
        case .environment: environment
        case .sha256: sha256Hex
        }
    }
}

// MARK: - All keys of a template

extension KeyTemplate {
    /// A place in a key: the bytes that can stand there, and whether there can be more of them.
    struct Place {
        let bytes: Set<UInt8>
        var repeats = false
    }

    /// Every key that the template can make, place by place, once for each ending.
    func places(environment: String, rule: String, extensions: [String]) -> [[Place]] {
        var places: [Place] = []
        for (index, segment) in resolved(environment: environment, rule: rule).enumerated() {
            if index > 0 { places.append(Place(bytes: [UInt8(ascii: "/")])) }
            for part in segment { places += KeyTemplate.places(of: part) }
        }
        return (contains(.ext) ? extensions : [""]).map { ending in places + ending.utf8.map { Place(bytes: [$0]) } }
    }

    private static func places(of part: Part) -> [Place] {
        let digits = Set(UInt8(ascii: "0")...UInt8(ascii: "9"))
        let hexadecimal = digits.union(UInt8(ascii: "a")...UInt8(ascii: "f"))
        func many(_ bytes: Set<UInt8>, _ count: Int) -> [Place] { Array(repeating: Place(bytes: bytes), count: count) }
        switch part {
        case .literal(let text): return text.utf8.map { Place(bytes: [$0]) }
        case .placeholder(.caller):
            let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
            return [Place(bytes: digits.union(letters).union("-_\(Caller.separators)".utf8), repeats: true)]
        case .placeholder(.uuid):
            return [8, 4, 4, 4, 12].map { many(hexadecimal, $0) }.joined(separator: [Place(bytes: [UInt8(ascii: "-")])]).map(\.self)
        case .placeholder(.sha256): return many(hexadecimal, 64)
        case .placeholder(.yyyy): return many(digits, 4)
        case .placeholder(.mm), .placeholder(.dd): return many(digits, 2)
        case .placeholder(.ext), .placeholder(.rule), .placeholder(.environment): return []
        }
    }
}

// MARK: - Parsing

extension KeyTemplate {
    private static func parse(_ segment: Substring, problems: inout [String]) -> [Part] {
        var parts: [Part] = []
        var rest = segment
        while let first = rest.first {
            if first == "{" {
                guard let close = rest.firstIndex(of: "}") else {
                    problems.append("a \"{\" is not closed; placeholders are \(allPlaceholders)")
                    return parts
                }
                let name = String(rest[rest.index(after: rest.startIndex)..<close])
                if let placeholder = Placeholder(rawValue: name) {
                    parts.append(.placeholder(placeholder))
                } else {
                    problems.append(unknown(name))
                }
                rest = rest[rest.index(after: close)...]
            } else {
                let literal = rest.prefix { $0 != "{" }
                if !literal.utf8.allSatisfy(isLiteralByte) {
                    problems.append(
                        "\(quoted(String(literal))) holds a character other than letters, digits and \"-\", \"_\", \".\", \"=\"")
                }
                parts.append(.literal(String(literal)))
                rest = rest[literal.endIndex...]
            }
        }
        return parts
    }

    /// The characters that S3 calls safe and that mean nothing to a URL, an IAM resource, a shell or `${filename}`.
    private static func isLiteralByte(_ byte: UInt8) -> Bool {
        ASCII.isAlphanumeric(byte) || "-_.=".utf8.contains(byte)
    }

    private static var allPlaceholders: String {
        Placeholder.allCases.map { "{\($0.rawValue)}" }.joined(separator: ", ")
    }

    private static func unknown(_ name: String) -> String {
        if name == "filename" || name == "name" {
            return
                "{\(name)} does not exist: a file's name never enters a key; keep it with contentDisposition: attachment; filename={filename}"
        }
        return "there is no placeholder \(quoted("{\(name)}")); use \(allPlaceholders)"
    }

    private static func check(_ segments: [[Part]], problems: inout [String]) {
        for (index, segment) in segments.enumerated() {
            let shown = segment.map(show).joined()
            // `{ext}` may come out empty, so what remains without it decides.
            let bare = segment.filter { $0 != .placeholder(.ext) }
            switch bare {
            case []: problems.append(segment.isEmpty ? emptySegment : "\"\(shown)\" can come out empty; put a name before {ext}")
            case [.literal(".")], [.literal("..")]: problems.append("\"\(shown)\" can come out as a dot segment; browsers collapse those")
            default: break
            }
            if segment.contains(.placeholder(.caller)), segment.count > 1 {
                problems.append("\"\(shown)\": {caller} must be a whole path segment, as in files/{caller}/{uuid}")
            }
            let isLast = index == segments.count - 1
            if let position = segment.firstIndex(of: .placeholder(.ext)), !isLast || position != segment.count - 1 {
                problems.append("{ext} must be the end of the key, as in {uuid}{ext}")
            }
        }
        let worst = segments.map { $0.map(worstCaseBytes).reduce(0, +) }.reduce(segments.count - 1, +)
        if worst > maximumKeyBytes {
            problems.append("the key can be \(worst) bytes long; S3 allows \(maximumKeyBytes)")
        }
    }

    private static let emptySegment = "the key has an empty path segment; write it without a leading, trailing or double \"/\""

    private static func show(_ part: Part) -> String {
        switch part {
        case .literal(let text): text
        case .placeholder(let placeholder): "{\(placeholder.rawValue)}"
        }
    }

    private static func worstCaseBytes(_ part: Part) -> Int {
        switch part {
        case .literal(let text): text.utf8.count
        case .placeholder(.caller): Caller.maximumSegmentBytes
        case .placeholder(.uuid): 36
        case .placeholder(.yyyy): 4
        case .placeholder(.mm), .placeholder(.dd): 2
        case .placeholder(.ext): ContentType.maximumExtensionBytes
        case .placeholder(.rule), .placeholder(.environment): maximumNameBytes
        case .placeholder(.sha256): 64
        }
    }
}
