internal import Foundation
public import S3Policy

/// The S3 reference data that commands work with: those of the policies folder where it has newer ones, else the embedded ones.
public struct ReferenceData: Sendable {
    /// Newer data in a policies folder, which a team commits with its policies.
    public static let fileName = ".s3-reference.json"
    /// The longest file, in bytes. AWS's own has some hundred thousand.
    static let maximumBytes = 8 << 20

    public let reference: ServiceReference
    /// The file that the data are from; nil for the embedded ones.
    public let path: String?

    /// The data in use, of which day and from where.
    ///
    /// Data of the same day as the embedded ones are used, since somebody put them there.
    ///
    /// - Throws: when the folder's file is there and is no reference data.
    public init(policies folder: String) throws(SettingsProblem) {
        let path = "\(folder)/\(Self.fileName)"
        if FileManager.default.fileExists(atPath: path) {
            let (reference, _) = try Self.read(path)
            if reference.date >= ServiceReference.embedded.date {
                self.reference = reference
                self.path = path
                return
            }
        }
        self.reference = .embedded
        self.path = nil
    }

    public static func current(policies folder: String) throws(SettingsProblem) -> ServiceReference {
        try ReferenceData(policies: folder).reference
    }

    /// Takes AWS's service reference of S3 from a file into a policies folder, with its day in it.
    ///
    /// - Parameters:
    ///   - date: The day of the data, for a file that does not tell it, as YYYY-MM-DD.
    ///   - today: The day on which this happens; data of a later day than the next are refused, since clocks differ by time zone only.
    public static func update(
        from path: String, date: String?, today: PolicyDate, in folder: String
    ) throws(SettingsProblem) {
        let (reference, document) = try self.read(path, date: date)
        let dayMilliseconds: Int64 = 86_400_000
        guard let day = PolicyDate.midnight(ofDay: reference.date),
            day.millisecondsSinceEpoch - today.millisecondsSinceEpoch <= dayMilliseconds
        else {
            throw SettingsProblem(file: path, message: "these data are of \(reference.date), a day to come; tell the day of the download")
        }
        let current = try ReferenceData(policies: folder).reference
        guard reference.date >= current.date else {
            throw SettingsProblem(file: path, message: "these data are of \(reference.date), older than those of \(current.date) at hand")
        }
        var bytes = document.text.bytes
        if document.root?["Date"] == nil, let start = document.root?.range.lowerBound {
            bytes.insert(contentsOf: "\"Date\":\"\(reference.date)\",".utf8, at: start + 1)
        }
        let target = "\(folder)/\(fileName)"
        do {
            try Data(bytes).write(to: URL(filePath: target), options: .atomic)
        } catch {
            throw SettingsProblem(file: target, message: "the file cannot be written; is there a folder \(folder)?")
        }
    }

    private static func read(
        _ path: String, date: String? = nil
    ) throws(SettingsProblem) -> (reference: ServiceReference, document: JSONDocument) {
        let bytes = try PolicyFile.bytes(of: path, atMost: maximumBytes + 1)
        guard bytes.count <= maximumBytes else {
            throw SettingsProblem(file: path, message: "the file is larger than 8 MiB, which AWS's service reference of S3 is not")
        }
        let document = JSONDocument(bytes, limits: JSONLimits(byteCount: maximumBytes))
        do {
            return (try ServiceReference(document, date: date), document)
        } catch {
            let position = document.text.position(at: error.range.lowerBound)
            throw SettingsProblem(file: path, line: position.line, column: position.column + 1, message: error.message)
        }
    }
}
