/// Reads JSON (RFC 8259) with the place of every key and value, and goes on after a mistake.
///
/// A mistake that leaves no doubt about what was meant (a comment, a comma too many, a key given twice) is told and read over.
/// Another one skips to the next comma or closing bracket.
struct JSONReader {
    private(set) var problems: [JSONProblem] = []
    let bytes: [UInt8]
    let limits: JSONLimits
    var position = 0
    /// Set when reading on would only guess: too many problems, too deep, the end of the text.
    private(set) var hasGivenUp = false

    init(_ bytes: [UInt8], limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    mutating func document() -> JSONNode? {
        guard self.checkEncoding() else { return nil }
        self.skipSpace()
        if self.position == self.bytes.count {
            self.report("The file is empty; a JSON value is missing.", 0..<self.bytes.count, losesValues: true)
            return nil
        }
        let root = self.value(depth: 0)
        self.skipSpace()
        if self.position < self.bytes.count, !self.hasGivenUp {
            let message = "There is more text after the end of the JSON value; delete it."
            self.report(message, self.position..<self.bytes.count, losesValues: true)
        }
        return root
    }

    /// What no JSON text may have as a whole; false when there is nothing to read on.
    private mutating func checkEncoding() -> Bool {
        if self.bytes.count > self.limits.byteCount {
            let message = "The file has more than \(self.limits.byteCount) bytes; no policy is that long."
            self.report(message, 0..<0, losesValues: true)
            return false
        }
        if self.bytes.starts(with: [0xFF, 0xFE]) || self.bytes.starts(with: [0xFE, 0xFF]) {
            self.report("The file is encoded as UTF-16; save it as UTF-8.", 0..<2, losesValues: true)
            return false
        }
        if let offset = self.bytes.firstIndex(of: 0) {
            self.report("There is a NUL byte here: this is no text file.", offset..<(offset + 1), losesValues: true)
            return false
        }
        if self.bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            self.position = 3
            self.report("The file starts with a byte order mark; save it as UTF-8 without one.", 0..<3, losesValues: false)
        }
        return true
    }

    mutating func report(_ message: String, _ range: Range<Int>, losesValues: Bool) {
        guard !self.hasGivenUp else { return }
        self.problems.append(JSONProblem(message, range: range, losesValues: losesValues))
        if self.problems.count >= self.limits.problemCount { self.giveUp() }
    }

    mutating func giveUp() {
        self.hasGivenUp = true
        self.position = self.bytes.count
    }

    var current: UInt8? { self.position < self.bytes.count ? self.bytes[self.position] : nil }

    func startsWith(_ text: StaticString) -> Bool {
        unsafe UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount).elementsEqual(
            self.bytes[self.position...].prefix(text.utf8CodeUnitCount))
    }
}

// MARK: - Values

extension JSONReader {
    private mutating func value(depth: Int) -> JSONNode? {
        let start = self.position
        switch self.current {
        case UInt8(ascii: "{"): return self.container(depth: depth) { reader in .object(reader.members(depth: depth + 1)) }
        case UInt8(ascii: "["): return self.container(depth: depth) { reader in .array(reader.items(depth: depth + 1)) }
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            let text = self.string()
            return JSONNode(.string(text), range: start..<self.position)
        case nil:
            self.report("The file ends where a value should be.", start..<start, losesValues: true)
            self.giveUp()
            return nil
        default:
            return self.word()
        }
    }

    private mutating func container(depth: Int, read: (inout JSONReader) -> JSONValue) -> JSONNode? {
        let start = self.position
        guard depth < self.limits.depth else {
            let message = "Arrays and objects are nested more than \(self.limits.depth) deep; no policy is."
            self.report(message, start..<(start + 1), losesValues: true)
            self.giveUp()
            return nil
        }
        self.position += 1
        let value = read(&self)
        return JSONNode(value, range: start..<self.position)
    }

    private mutating func items(depth: Int) -> [JSONNode] {
        var items: [JSONNode] = []
        self.elements(closing: UInt8(ascii: "]"), name: "array") { reader in
            if let item = reader.value(depth: depth) { items.append(item) }
        }
        return items
    }

    private mutating func members(depth: Int) -> [JSONMember] {
        var members: [JSONMember] = []
        var keys: [String: Range<Int>] = [:]
        self.elements(closing: UInt8(ascii: "}"), name: "object") { reader in
            guard let member = reader.member(depth: depth) else { return }
            if let first = keys.updateValue(member.keyRange, forKey: member.key) {
                let line = SourceText(Array(reader.bytes[..<first.lowerBound])).lineCount
                let message = "The key \"\(member.key)\" is already there, on line \(line); keep one of the two."
                reader.report(message, member.keyRange, losesValues: false)
            }
            members.append(member)
        }
        return members
    }

    private mutating func member(depth: Int) -> JSONMember? {
        let start = self.position
        guard let first = self.current, first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") else {
            self.skipWord()
            self.report("A key in quotation marks should be here.", start..<max(start + 1, self.position), losesValues: true)
            if self.current == UInt8(ascii: ":") { self.skipValueAfterColon(depth: depth) }
            return nil
        }
        let key = self.string()
        let keyRange = start..<self.position
        self.skipSpace()
        guard self.current == UInt8(ascii: ":") else {
            self.report("A colon and a value are missing after this key.", keyRange, losesValues: true)
            return nil
        }
        self.position += 1
        self.skipSpace()
        if self.current == UInt8(ascii: ",") || self.current == UInt8(ascii: "}") {
            self.report("The value of \"\(key)\" is missing.", keyRange, losesValues: true)
            return nil
        }
        return self.value(depth: depth).map { JSONMember(key: key, keyRange: keyRange, value: $0) }
    }

    private mutating func skipValueAfterColon(depth: Int) {
        self.position += 1
        self.skipSpace()
        _ = self.value(depth: depth)
    }

    /// Reads what stands between commas up to a closing bracket.
    private mutating func elements(closing: UInt8, name: String, read: (inout JSONReader) -> Void) {
        let start = self.position - 1
        var comma: Int?
        while true {
            self.skipSpace()
            guard let byte = self.current else { return self.reportUnclosed(name, from: start) }
            if byte == closing { break }
            if byte == UInt8(ascii: ",") {
                self.report("There is a comma too many.", self.position..<(self.position + 1), losesValues: false)
                self.position += 1
                continue
            }
            let before = self.position
            read(&self)
            self.skipSpace()
            comma = self.separator(closing: closing, name: name)
            // Whatever could not be read must not be tried again.
            if self.position == before { self.position += 1 }
        }
        if let comma { self.report("There is a comma after the last element; delete it.", comma..<(comma + 1), losesValues: false) }
        self.position += 1
    }

    /// Reads the comma between two elements; returns where it was.
    private mutating func separator(closing: UInt8, name: String) -> Int? {
        guard let byte = self.current, byte != closing else { return nil }
        if byte == UInt8(ascii: ",") {
            self.position += 1
            return self.position - 1
        }
        let startsElement = byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[")
        if startsElement {
            self.report("A comma is missing before this.", self.position..<(self.position + 1), losesValues: false)
            return nil
        }
        let start = self.position
        self.skipToSeparator()
        self.report("This does not belong into the \(name).", start..<max(self.position, start + 1), losesValues: true)
        guard self.current == UInt8(ascii: ",") else { return nil }
        self.position += 1
        return self.position - 1
    }

    private mutating func reportUnclosed(_ name: String, from start: Int) {
        let closing = name == "array" ? "]" : "}"
        self.report("This \(name) is never closed; a \(closing) is missing.", start..<(start + 1), losesValues: true)
        self.giveUp()
    }

    private mutating func skipToSeparator() {
        while let byte = self.current, byte != UInt8(ascii: ","), byte != UInt8(ascii: "]"), byte != UInt8(ascii: "}") {
            if byte == UInt8(ascii: "\"") { _ = self.string() } else { self.position += 1 }
        }
    }
}

// MARK: - Space, comments, numbers and words

extension JSONReader {
    /// Skips white space, and comments, which are told.
    mutating func skipSpace() {
        while let byte = self.current {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): self.position += 1
            case UInt8(ascii: "/") where self.startsWith("//"), UInt8(ascii: "#"): self.skipComment(until: "\n")
            case UInt8(ascii: "/") where self.startsWith("/*"): self.skipComment(until: "*/")
            default: return
            }
        }
    }

    private mutating func skipComment(until end: StaticString) {
        let start = self.position
        self.position += 1
        while self.current != nil, !self.startsWith(end) { self.position += 1 }
        let commentEnd = self.position
        if self.current != nil { self.position += end.utf8CodeUnitCount }
        let range = start..<(end.utf8CodeUnitCount == 1 ? commentEnd : self.position)
        self.report("JSON has no comments; delete this one.", range, losesValues: false)
    }

    /// A number, `true`, `false`, `null`, or a word that is none of them.
    private mutating func word() -> JSONNode? {
        let start = self.position
        self.skipWord()
        let range = start..<self.position
        guard !range.isEmpty else {
            let end = self.endOfCharacter(from: start)
            self.position = end
            self.report("This character has no place here; a value should be here.", start..<end, losesValues: true)
            return nil
        }
        let text = String(decoding: self.bytes[range], as: UTF8.self)
        switch text {
        case "true": return JSONNode(.boolean(true), range: range)
        case "false": return JSONNode(.boolean(false), range: range)
        case "null": return JSONNode(.null, range: range)
        default: break
        }
        if range.count > self.limits.numberLength {
            self.report("This is longer than \(self.limits.numberLength) characters; no number is.", range, losesValues: true)
        } else if JSONNumber.isValid(self.bytes[range]) {
            return JSONNode(.number(text), range: range)
        } else {
            self.report("\(text) is not a JSON value; text needs quotation marks.", range, losesValues: true)
        }
        return nil
    }

    private mutating func skipWord() {
        while let byte = self.current, byte >= 0x80 || byte.isWordByte { self.position += 1 }
    }

    private func endOfCharacter(from start: Int) -> Int {
        var end = start + 1
        while end < self.bytes.count, self.bytes[end] & 0xC0 == 0x80 { end += 1 }
        return end
    }
}

extension UInt8 {
    /// Letters, digits and what numbers have besides.
    fileprivate var isWordByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "$"):
            true
        default: false
        }
    }
}

/// The grammar of numbers (RFC 8259 section 6).
enum JSONNumber {
    static func isValid(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        let whole = digits(&rest)
        guard whole.count == 1 || whole.count > 1 && whole.first != UInt8(ascii: "0") else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            guard !digits(&rest).isEmpty else { return false }
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest.removeFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
            guard !digits(&rest).isEmpty else { return false }
        }
        return rest.isEmpty
    }

    private static func digits(_ text: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let digits = text.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        text = text.dropFirst(digits.count)
        return digits
    }
}
