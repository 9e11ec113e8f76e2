internal import Foundation
public import S3Policy

/// The S3 reference data that commands work with: those of the policies folder where it has newer ones, else the embedded ones.
public enum ReferenceData {
    /// Newer data in a policies folder, which a team commits with its policies.
    public static let fileName = ".s3-reference.json"

    /// - Throws: when the folder's file is there and is no reference data.
    public static func current(policies folder: String) throws(SettingsProblem) -> ServiceReference {
        let path = "\(folder)/\(fileName)"
        guard FileManager.default.fileExists(atPath: path) else { return .embedded }
        let reference = try read(path)
        return reference.date > ServiceReference.embedded.date ? reference : .embedded
    }

    /// Reads AWS's service reference of S3 from a file.
    ///
    /// - Parameter date: The day of the data, for a file that does not tell it.
    public static func read(_ path: String, date: String? = nil) throws(SettingsProblem) -> ServiceReference {
        let file = try PolicyFile(path: path, kind: .bucket)
        do {
            return try ServiceReference(file.document, date: date)
        } catch {
            let position = file.document.text.position(at: error.range.lowerBound)
            throw SettingsProblem(file: path, line: position.line, column: position.column + 1, message: error.message)
        }
    }

    /// Keeps a file's data in a policies folder, with their date in it.
    public static func store(_ path: String, date: String, in folder: String) throws(SettingsProblem) {
        let file = try PolicyFile(path: path, kind: .bucket)
        var bytes = file.document.text.bytes
        if file.document.root?["Date"] == nil, let start = file.document.root?.range.lowerBound {
            bytes.insert(contentsOf: "\"Date\":\"\(date)\",".utf8, at: start + 1)
        }
        do {
            try Data(bytes).write(to: URL(filePath: "\(folder)/\(fileName)"), options: .atomic)
        } catch {
            throw SettingsProblem(file: "\(folder)/\(fileName)", message: "the file cannot be written")
        }
    }
}
