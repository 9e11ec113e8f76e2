internal import Foundation
internal import Yams

/// A YAML file as a tree whose nodes know their places, with all keys that were written twice.
struct YAMLDocument {
    /// A key that stands twice in one mapping, where its second use is.
    struct Duplicate {
        let key: String
        let mark: Mark
        let firstLine: Int
    }

    /// `nil` for an empty file.
    let root: Node?
    let duplicates: [Duplicate]

    /// A file larger than this is none that people wrote.
    static let maximumBytes = 256 << 10
    private static let maximumDuplicates = 100

    /// - Throws: one problem, where the text is not YAML.
    init(_ text: String, file: String) throws(SettingsProblem) {
        // Yams stops at the first mapping with a repeated key. So that the rest of the file is checked too, the repeated key gets a mark of
        // private use in the text, one character for one, and the text is read again.
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { Array($0.unicodeScalars) }
        try YAMLDocument.checkMarkers(lines, file: file)
        var hidden = 0
        while true {
            do {
                let source = lines.map { String(String.UnicodeScalarView($0)) }.joined(separator: "\n")
                root = try Yams.compose(yaml: source)
                break
            } catch YamlError.duplicatedKeysInMapping(_, let context)
                where hidden < YAMLDocument.maximumDuplicates && YAMLDocument.hide(context.mark, in: &lines, number: hidden)
            {
                hidden += 1
            } catch {
                throw YAMLDocument.problem(error, file: file)
            }
        }
        var budget = YAMLDocument.maximumNodes
        if let root, !YAMLDocument.fits(root, &budget) {
            throw SettingsProblem(file: file, message: "with its aliases written out the file is too large; write values where they belong")
        }
        duplicates = root.map { YAMLDocument.duplicates(in: $0) } ?? []
    }

    /// The text of `bucket`, also in a file whose other values are mistakes; `nil` when it says none, or more than one.
    var bucketName: String? {
        guard !duplicates.contains(where: { $0.key == "bucket" }) else { return nil }
        return root?.mapping?["bucket"]?.scalar?.string
    }

    /// A file with markers of its own would have keys that count as hidden.
    private static func checkMarkers(_ lines: [[Unicode.Scalar]], file: String) throws(SettingsProblem) {
        for (index, line) in lines.enumerated() {
            guard let column = line.firstIndex(where: { $0.value >= firstMarker }) else { continue }
            throw SettingsProblem(
                file: file, line: index + 1, column: column + 1,
                message: "this character is of private use, which nobody can read; leave it out")
        }
    }

    /// Few lines of aliases to aliases can stand for more values than there is memory; whatever walks the tree relies on this limit.
    private static let maximumNodes = 100_000

    private static func fits(_ node: Node, _ budget: inout Int) -> Bool {
        budget -= 1
        guard budget > 0 else { return false }
        switch node {
        case .mapping(let mapping): return mapping.allSatisfy { fits($0.key, &budget) && fits($0.value, &budget) }
        case .sequence(let sequence): return sequence.allSatisfy { fits($0, &budget) }
        case .scalar, .alias: return true
        }
    }

    /// Marks are of Unicode's private plane 15: 128 for each hidden key, so that one tells which ASCII character it stands for.
    private static let firstMarker: UInt32 = 0xF0000

    /// Whether a key was renamed because another of its name follows.
    static func isHidden(_ key: String) -> Bool {
        (key.unicodeScalars.first?.value ?? 0) >= firstMarker
    }

    private static func hide(_ mark: Mark, in lines: inout [[Unicode.Scalar]], number: Int) -> Bool {
        let line = mark.line - 1
        guard lines.indices.contains(line) else { return false }
        var column = mark.column - 1
        if lines[line].indices.contains(column), lines[line][column] == "\"" || lines[line][column] == "'" { column += 1 }
        guard lines[line].indices.contains(column), lines[line][column].isASCII,
            let marker = Unicode.Scalar(firstMarker + UInt32(number) * 128 + lines[line][column].value)
        else { return false }
        lines[line][column] = marker
        return true
    }

    private static func duplicates(in node: Node) -> [Duplicate] {
        switch node {
        case .mapping(let mapping):
            var found: [Duplicate] = []
            for (key, value) in mapping {
                found += duplicates(in: value)
                guard let text = key.scalar?.string, isHidden(text), let first = key.mark else { continue }
                let original = restored(text)
                let later = mapping.compactMap { $0.key.scalar.map { ($0.string, $0.mark) } }
                    .first { restored($0.0) == original && ($0.1?.line ?? 0, $0.1?.column ?? 0) > (first.line, first.column) }
                found.append(Duplicate(key: original, mark: later?.1 ?? first, firstLine: first.line))
            }
            return found
        case .sequence(let sequence): return sequence.flatMap { duplicates(in: $0) }
        case .scalar, .alias: return []
        }
    }

    private static func restored(_ key: String) -> String {
        guard isHidden(key), let first = key.unicodeScalars.first, let scalar = Unicode.Scalar((first.value - firstMarker) % 128) else {
            return key
        }
        return String(scalar) + String(key.unicodeScalars.dropFirst())
    }

    private static func problem(_ error: any Error, file: String) -> SettingsProblem {
        switch error {
        case YamlError.scanner(let context, let problem, let mark, _), YamlError.parser(let context, let problem, let mark, _),
            YamlError.composer(let context, let problem, let mark, _):
            let text = [context?.text, problem].compactMap { $0 }.joined(separator: ", ")
            return SettingsProblem(
                file: file, line: mark.line, column: mark.column,
                message: "this is not YAML: \(text); indent with spaces and put a text that begins with a special character into quotes")
        case YamlError.duplicatedKeysInMapping(let keys, let context):
            let names = keys.map { "\"\($0)\"" }.joined(separator: ", ")
            return SettingsProblem(
                file: file, line: context.mark.line, column: context.mark.column, message: "\(names) stands twice in one mapping")
        default:
            return SettingsProblem(file: file, message: "this is not YAML: \(error)")
        }
    }
}
