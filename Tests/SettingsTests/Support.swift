import Configuration
import Foundation
import Testing

@testable import Settings

/// A folder of policies that lasts as long as the test.
final class TemporaryPolicies {
    let path: String

    init(_ files: [String: String] = [:]) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("countersign-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for (file, text) in files { try write(text, to: file) }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func write(_ text: String, to file: String) throws {
        let url = URL(fileURLWithPath: path).appendingPathComponent(file)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    /// The problems of `staging/uploads.yaml` with this text, as `line:column message`.
    static func problems(_ yaml: String) throws -> [String] {
        let folder = try TemporaryPolicies(["staging/uploads.yaml": yaml])
        do throws(SettingsError) {
            _ = try PolicyFolder.environments(in: folder.path)
            return []
        } catch {
            return error.problems.map { "\($0.line ?? 0):\($0.column ?? 0) \($0.message)" }
        }
    }
}

/// The policies that the project ships.
let shippedPolicies = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("policies").path

let validYAML = """
    bucket: example-staging
    region: eu-central-1
    rules:
      photos:
        contentTypes: [image/png]
        maximumSize: 5 MiB
        key: photos/{caller}/{uuid}{ext}

    """

func reader(_ variables: [String: String]) -> ConfigReader {
    ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables))
}

/// What every service needs.
let sealing = ["COUNTERSIGN_SEALING_SECRET": "a-secret-of-32-bytes-or-more-for-tests"]

/// What is wrong with these variables, as `VARIABLE: message`.
func problems(_ variables: [String: String], in folder: String = shippedPolicies) -> [String] {
    do throws(SettingsError) {
        _ = try ServiceSettings(reader: reader(sealing.merging(variables) { $1 }), overrides: .init(policiesFolder: folder))
        return []
    } catch {
        return error.problems.map(\.description)
    }
}
