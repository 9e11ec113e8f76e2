internal import Foundation
public import S3Policy
internal import Yams

/// Findings that a team has looked at and means: `.countersign-ignore.yaml` of the policies folder.
///
/// A list of entries with `code`, `file` (below the policies folder), perhaps `statement` (a Sid, or a number from 1), `reason`, and
/// `expires`, the last day on which it holds.
public struct IgnoreList: Sendable {
    public static let fileName = ".countersign-ignore.yaml"
    static let entryKeys = ["code", "file", "statement", "reason", "expires"]

    public struct Entry: Sendable, Hashable {
        public let code: String
        /// Below the policies folder.
        public let file: String
        public let statement: String?
        public let reason: String
        /// As YYYY-MM-DD.
        public let expires: String
        /// Where the entry stands: file and line.
        public let place: String

        /// Whether the entry is about a file.
        public func concerns(_ path: String, in folder: String) -> Bool {
            URL(filePath: path).standardizedFileURL.path == URL(filePath: "\(folder)/\(self.file)").standardizedFileURL.path
        }
    }

    public let entries: [Entry]
    let folder: String

    /// Reads the list; `nil` when there is no such file and none is asked for.
    public init?(file: String, mustExist: Bool, folder: String) throws(SettingsError) {
        guard FileManager.default.fileExists(atPath: file) else {
            guard mustExist else { return nil }
            throw SettingsError([SettingsProblem(file: file, message: "there is no such file")])
        }
        let document: YAMLDocument
        do throws(SettingsProblem) {
            let bytes = try PolicyFile.bytes(of: file, atMost: YAMLDocument.maximumBytes + 1)
            guard bytes.count <= YAMLDocument.maximumBytes, let text = String(validating: bytes, as: UTF8.self) else {
                throw SettingsProblem(file: file, message: "the file is not UTF-8, or larger than 256 KiB")
            }
            document = try YAMLDocument(text, file: file)
        } catch { throw SettingsError([error]) }
        var reader = YAMLReader(file: file)
        self.entries = reader.ignoreEntries(document.root)
        self.folder = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        guard reader.problems.isEmpty else { throw SettingsError(reader.problems) }
    }

    /// The entry that a finding of a file falls under on a day (YYYY-MM-DD); expired ones count no more.
    public func entry(for finding: Finding, in file: PolicyFile, on day: String) -> Entry? {
        self.entries.first { entry in
            entry.code == finding.code.name && entry.concerns(file.path, in: self.folder) && entry.expires >= day
                && (entry.statement == nil || file.statementNames(of: finding).contains(entry.statement ?? ""))
        }
    }

    /// What is to be told of the entries that took away nothing, on a day (YYYY-MM-DD).
    ///
    /// - Parameter paths: The files that were looked at; entries for others are not judged, unless their file is not there.
    public func notes(used: [Entry], paths: [String], on day: String) -> [String] {
        self.entries.filter { !used.contains($0) }.compactMap { entry in
            guard FileManager.default.fileExists(atPath: "\(self.folder)/\(entry.file)") else {
                return "\(entry.place): there is no file \(entry.file) in \(self.folder); correct this entry or delete it"
            }
            guard paths.contains(where: { entry.concerns($0, in: self.folder) }) else { return nil }
            return entry.expires < day
                ? "\(entry.place): this entry held until \(entry.expires); look at the finding again"
                : "\(entry.place): nothing is ignored by this entry any more; delete it"
        }
    }
}

extension PolicyFile {
    /// The number, from 1, and the Sid of the statement that a finding is in.
    fileprivate func statementNames(of finding: Finding) -> [String] {
        guard let range = finding.ranges.first, let root = self.document.root else { return [] }
        let outline = PolicyOutline(root)
        return outline.statements.filter { $0.node.range.lowerBound <= range.lowerBound && range.upperBound <= $0.node.range.upperBound }
            .flatMap { ["\($0.index + 1)", $0.element("Sid")?.value.string].compactMap(\.self) }
    }
}

extension YAMLReader {
    fileprivate mutating func ignoreEntries(_ root: Node?) -> [IgnoreList.Entry] {
        guard let root else { return [] }
        guard case .sequence(let sequence) = root else {
            report("the file is a list of entries with \(IgnoreList.entryKeys.joined(separator: ", "))", at: root.mark)
            return []
        }
        return sequence.compactMap { node in
            let fields = fields(of: node, what: "an entry", allowed: IgnoreList.entryKeys, mark: node.mark)
            func text(_ key: String) -> String? { fields[key]?.scalar?.string }
            var values: [String: String] = [:]
            for key in ["code", "file", "reason", "expires"] {
                guard let value = text(key), !value.isEmpty else {
                    report("an entry needs \(key)", at: fields[key]?.mark ?? node.mark)
                    continue
                }
                values[key] = value
            }
            if let day = values["expires"], PolicyDate.midnight(ofDay: day) == nil {
                report("expires is a day such as 2027-03-31", at: fields["expires"]?.mark ?? node.mark)
                return nil
            }
            guard let code = values["code"], let file = values["file"], let reason = values["reason"], let expires = values["expires"]
            else { return nil }
            let place = "\(self.file):\(node.mark?.line ?? 1)"
            return IgnoreList.Entry(code: code, file: file, statement: text("statement"), reason: reason, expires: expires, place: place)
        }
    }
}
