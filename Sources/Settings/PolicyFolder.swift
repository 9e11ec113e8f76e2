internal import Foundation
public import S3Policy
internal import S3Signing
public import Uploads
internal import Yams

/// Reads `policies/`: one folder for each environment, named as it.
public enum PolicyFolder {
    /// Environments with whose JWTs they take.
    public struct Served: Sendable {
        public let environments: [Environment]
        public let tokenIssuers: [TokenIssuer]
    }

    /// All environments of the folder, sorted by name.
    ///
    /// - Throws: every mistake of every file, at once; also when two environments share a bucket, or one token could be a caller's of both.
    public static func environments(in folder: String) throws(SettingsError) -> [Environment] {
        try served(in: folder).environments
    }

    /// The same with whose JWTs they take.
    public static func served(in folder: String) throws(SettingsError) -> Served {
        let names = try environmentNames(in: folder)
        guard !names.isEmpty else {
            throw SettingsError([
                SettingsProblem(file: folder, message: "there is no environment here; write one in \(folder)/staging/uploads.yaml")
            ])
        }
        return try load(names, in: folder, besides: [])
    }

    /// The named environments, in that order. The others of the folder only count where they share a bucket or a
    /// caller's tokens with these, or have mistakes that may hide it.
    public static func environments(in folder: String, named names: [String]) throws(SettingsError) -> [Environment] {
        try served(in: folder, named: names).environments
    }

    /// The same with whose JWTs they take.
    public static func served(in folder: String, named names: [String]) throws(SettingsError) -> Served {
        let known = try environmentNames(in: folder)
        let unknown = names.filter { !known.contains($0) }
        guard unknown.isEmpty else {
            let has = known.isEmpty ? "it has none" : "it has \(known.joined(separator: ", "))"
            throw SettingsError(
                unknown.map { SettingsProblem(file: folder, message: "there is no environment \"\($0)\" here, \(has)") })
        }
        var wanted: [String] = []
        for name in names where !wanted.contains(name) { wanted.append(name) }
        return try load(wanted, in: folder, besides: known.filter { !wanted.contains($0) })
    }

    /// The CORS rules of an environment's bucket; `nil` when it has no `cors.json`.
    public static func corsConfiguration(in folder: String, environment: String) throws(SettingsError) -> CORSConfiguration? {
        guard let file = try file(.cors, in: folder, environment: environment) else { return nil }
        let (configuration, findings) = CORSConfiguration.read(file.document)
        guard let configuration, findings.isEmpty else {
            throw SettingsError(findings.map { $0.problem(in: file) })
        }
        return configuration
    }

    /// The policy of an environment's bucket; `nil` when it has no `bucket-policy.json`.
    public static func bucketPolicy(in folder: String, environment: String) throws(SettingsError) -> Policy? {
        guard let file = try file(.bucket, in: folder, environment: environment) else { return nil }
        do {
            return try Policy(file.document, kind: .bucket)
        } catch {
            let position = file.document.text.position(at: error.range.lowerBound)
            throw SettingsError([
                SettingsProblem(file: file.path, line: position.line, column: position.column + 1, message: error.message)
            ])
        }
    }

    /// One of the JSON files of an environment; `nil` when it has none of that kind.
    ///
    /// - Throws: when it is there and cannot be read. What is wrong with its content is not looked at.
    public static func file(_ kind: BucketDocumentKind, in folder: String, environment: String) throws(SettingsError) -> PolicyFile? {
        let path = path(folder, environment, kind.fileName)
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        do {
            return try PolicyFile(path: path, kind: kind)
        } catch {
            throw SettingsError([error])
        }
    }

    /// All JSON files of an environment that are there and can be read.
    public static func files(in folder: String, environment: String) throws(SettingsError) -> [PolicyFile] {
        var files: [PolicyFile] = []
        for kind in BucketDocumentKind.allCases {
            if let file = try file(kind, in: folder, environment: environment) { files.append(file) }
        }
        return files
    }

    /// Where each rule of an environment stands in its `uploads.yaml`, as `file:line`.
    public static func rulePlaces(in folder: String, environment: String) -> [String: String] {
        let file = path(folder, environment, "uploads.yaml")
        guard let text = try? content(of: file), let document = try? YAMLDocument(text, file: file),
            case .mapping(let fields)? = document.root, case .mapping(let rules)? = fields["rules"]
        else { return [:] }
        var places: [String: String] = [:]
        for (key, _) in rules {
            if let name = key.scalar?.string, let line = key.mark?.line { places[name] = "\(file):\(line)" }
        }
        return places
    }

    /// Holds an environment's rules against its bucket's documents, as `countersign check` does.
    ///
    /// - Parameters:
    ///   - others: All environments of the folder, whose buckets must not be named here.
    ///   - replacement: A file that takes the place of the environment's own of its kind.
    public static func check(
        _ environment: Environment, in folder: String, besides others: [Environment], replacing replacement: PolicyFile? = nil
    ) throws(SettingsError) -> [CheckedFile] {
        var files = try files(in: folder, environment: environment.name)
        if let replacement { files = files.filter { $0.kind != replacement.kind } + [replacement] }
        let documents = Dictionary(files.map { ($0.kind, $0.document) }, uniquingKeysWith: { first, _ in first })
        let neighbours = others.filter { $0.name != environment.name }
        let findings = EnvironmentCheck(environment, documents: documents, neighbours: neighbours).findings()
        let places = rulePlaces(in: folder, environment: environment.name)
        return files.map { file in
            CheckedFile(
                file: file,
                findings: findings.filter { $0.document == file.kind }.map { found in
                    guard let place = found.rule.flatMap({ places[$0] }) else { return found.finding }
                    return Finding(found.finding.code, "\(found.finding.message) (\(place))", at: found.finding.ranges)
                })
        }
    }

    /// Whether a folder has an environment of that name.
    public static func hasEnvironment(_ name: String, in folder: String) -> Bool {
        FileManager.default.fileExists(atPath: path(folder, name, "uploads.yaml"))
    }

    // MARK: - Files

    private static func environmentNames(in folder: String) throws(SettingsError) -> [String] {
        let entries: [String]
        do {
            entries = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw SettingsError([
                SettingsProblem(file: folder, message: "there is no folder to read here; name the folder that holds the environments")
            ])
        }
        return entries.filter { FileManager.default.fileExists(atPath: path(folder, $0, "uploads.yaml")) }.sorted()
    }

    private static func path(_ folder: String, _ environment: String, _ file: String) -> String {
        "\(folder.hasSuffix("/") ? String(folder.dropLast()) : folder)/\(environment)/\(file)"
    }

    static func content(of file: String) throws(SettingsError) -> String {
        func refuse(_ message: String) -> SettingsError { SettingsError([SettingsProblem(file: file, message: message)]) }
        guard let handle = FileHandle(forReadingAtPath: file) else { throw refuse("the file cannot be read") }
        defer { try? handle.close() }
        let data: Data
        do {
            data = try handle.read(upToCount: YAMLDocument.maximumBytes + 1) ?? Data()
        } catch {
            throw refuse("the file cannot be read")
        }
        guard data.count <= YAMLDocument.maximumBytes else { throw refuse("the file is larger than 256 KiB") }
        guard let text = String(validating: data, as: UTF8.self) else { throw refuse("the file is not UTF-8") }
        return text
    }

    // MARK: - Environments

    /// One environment's file, read; without `environment` when the file has mistakes.
    private struct ReadFile {
        let path: String
        let environment: Environment?
        let issuers: [ReadIssuer]
        let problems: [SettingsProblem]
    }

    private static func load(_ names: [String], in folder: String, besides others: [String]) throws(SettingsError) -> Served {
        let files = names.map { read($0, path: path(folder, $0, "uploads.yaml")) }
        let neighbours = others.map { read($0, path: path(folder, $0, "uploads.yaml")) }
        let environments = files.compactMap(\.environment)
        var problems = files.flatMap(\.problems)
        for neighbour in neighbours where neighbour.environment == nil {
            // Its other mistakes are for the day when it is served; which bucket it has must be known today.
            let file = neighbour.path
            let bucket = (try? content(of: file)).flatMap { (try? YAMLDocument($0, file: file))?.bucketName }
            if bucket == nil || environments.contains(where: { $0.location.bucket.name == bucket }) { problems += neighbour.problems }
        }
        for (index, file) in files.enumerated() {
            for other in files[..<index] + neighbours { problems += conflicts(file, other) }
        }
        guard problems.isEmpty else { throw SettingsError(problems) }
        return Served(environments: environments, tokenIssuers: files.flatMap { $0.issuers.map(\.issuer) })
    }

    /// What two environments have in common and must not.
    private static func conflicts(_ file: ReadFile, _ other: ReadFile) -> [SettingsProblem] {
        var problems: [SettingsProblem] = []
        if let environment = file.environment, let neighbour = other.environment, sharesBucket(environment, neighbour) {
            problems.append(
                SettingsProblem(
                    file: file.path,
                    message: "the bucket \(environment.location.bucket) is also \(neighbour.name)'s; give each environment its own"))
        }
        for read in file.issuers {
            for known in other.issuers where read.issuer.isAmbiguous(beside: known.issuer) {
                let place = "\(other.path):\(known.mark?.line ?? 1)"
                problems.append(
                    SettingsProblem(
                        file: file.path, line: read.mark?.line, column: read.mark?.column,
                        message: YAMLReader.ambiguity(read.issuer, known.issuer, place: place)))
            }
        }
        return problems
    }

    /// Reads one environment's `uploads.yaml`.
    private static func read(_ name: String, path: String) -> ReadFile {
        do {
            let document: YAMLDocument
            do { document = try YAMLDocument(content(of: path), file: path) } catch let problem as SettingsProblem {
                throw SettingsError([problem])
            }
            var reader = YAMLReader(file: path)
            let environment = reader.environment(named: name, document: document)
            let problems = reader.problems.sorted { ($0.line ?? 0, $0.column ?? 0) < ($1.line ?? 0, $1.column ?? 0) }
            return ReadFile(path: path, environment: environment, issuers: reader.issuers, problems: environment == nil ? problems : [])
        } catch let error as SettingsError {
            return ReadFile(path: path, environment: nil, issuers: [], problems: error.problems)
        } catch {
            return ReadFile(path: path, environment: nil, issuers: [], problems: [SettingsProblem(file: path, message: "\(error)")])
        }
    }

    /// A name is one bucket within all of AWS; elsewhere within one endpoint.
    private static func sharesBucket(_ one: Environment, _ other: Environment) -> Bool {
        guard one.location.bucket == other.location.bucket else { return false }
        return one.provider == .aws && other.provider == .aws
            || one.location.endpoint.baseURL == other.location.endpoint.baseURL
    }
}

/// One of an environment's documents with what does not fit the environment's rules.
public struct CheckedFile: Sendable {
    public let file: PolicyFile
    public let findings: [Finding]
}

extension Finding {
    /// The finding as a mistake in a file, with its line and column.
    public func problem(in file: PolicyFile) -> SettingsProblem {
        let position = file.document.text.position(at: self.ranges.first?.lowerBound ?? 0)
        return SettingsProblem(file: file.path, line: position.line, column: position.column + 1, message: self.message)
    }
}
