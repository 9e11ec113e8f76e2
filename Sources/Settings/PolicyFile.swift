internal import Foundation
public import S3Policy

/// A JSON file that was read, whether or not it is right.
public struct PolicyFile: Sendable {
    /// As it was given, or found in a folder that was given.
    public let path: String
    public let kind: BucketDocumentKind
    public let document: JSONDocument

    public init(path: String, kind: BucketDocumentKind, document: JSONDocument) {
        self.path = path
        self.kind = kind
        self.document = document
    }

    /// Reads a file. What is larger than ``JSONLimits/byteCount`` is read no further than that.
    ///
    /// - Parameter kind: What it is; nil finds out.
    /// - Throws: when it cannot be read at all.
    public init(path: String, kind: BucketDocumentKind? = nil) throws(SettingsProblem) {
        let limits = JSONLimits()
        let document = JSONDocument(try Self.bytes(of: path, atMost: limits.byteCount + 1), limits: limits)
        let name = path.split(separator: "/").last.map(String.init) ?? path
        self.init(path: path, kind: kind ?? BucketDocumentKind(fileName: name, document: document), document: document)
    }

    /// The files that paths name: a file itself, of a folder all `*.json` files below it, in the order of their names.
    ///
    /// - Throws: for the first path that names nothing.
    public static func paths(of names: [String]) throws(SettingsProblem) -> [String] {
        var paths: [String] = []
        for name in names {
            var isFolder = ObjCBool(false)
            guard FileManager.default.fileExists(atPath: name, isDirectory: &isFolder) else {
                throw SettingsProblem(file: name, message: "there is no such file or folder")
            }
            paths += isFolder.boolValue ? Self.paths(below: name.count > 1 && name.hasSuffix("/") ? String(name.dropLast()) : name) : [name]
        }
        return paths
    }

    /// Symbolic links to folders are not followed, so that a walk always ends; hidden files and folders are left out, and whatever is no
    /// regular file, which might never end. A folder that cannot be listed stands for itself, to be told as unreadable.
    private static func paths(below folder: String) -> [String] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return [folder] }
        return names.filter { !$0.hasPrefix(".") }.sorted().flatMap { name -> [String] in
            let path = "\(folder)/\(name)"
            let isJSON = name.hasSuffix(".json")
            return switch self.type(of: path) {
            case .typeDirectory: Self.paths(below: path)
            case .typeRegular where isJSON: [path]
            case .typeSymbolicLink where isJSON && self.type(of: URL(filePath: path).resolvingSymlinksInPath().path) == .typeRegular: [path]
            default: []
            }
        }
    }

    private static func type(of path: String) -> FileAttributeType? {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.type] as? FileAttributeType
    }

    /// At most so many bytes of a file.
    public static func bytes(of path: String, atMost count: Int) throws(SettingsProblem) -> [UInt8] {
        do {
            guard let handle = FileHandle(forReadingAtPath: path) else { throw CocoaError(.fileReadUnknown) }
            defer { try? handle.close() }
            return Array(try handle.read(upToCount: count) ?? Data())
        } catch {
            let message = self.type(of: path) == .typeDirectory ? "this is a folder, and it cannot be read" : "the file cannot be read"
            throw SettingsProblem(file: path, message: message)
        }
    }
}

extension PolicyFile {
    /// Everything to change in the file, in the order of its text.
    public func findings(reference: ServiceReference = .embedded) -> [Finding] {
        switch self.kind {
        case .bucket: PolicyValidator(reference: reference).findings(in: self.document, kind: .bucket)
        case .identity: PolicyValidator(reference: reference).findings(in: self.document, kind: .identity)
        case .cors: CORSConfiguration.read(self.document).findings
        case .lifecycle: LifecycleConfiguration.read(self.document).findings
        }
    }
}
