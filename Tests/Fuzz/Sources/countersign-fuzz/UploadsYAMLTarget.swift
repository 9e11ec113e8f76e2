@testable import Settings

/// `uploads.yaml`: a file is an environment or has problems that say where; never both, never neither.
struct UploadsYAMLTarget: FuzzTarget {
    func run(_ input: [UInt8]) {
        guard let text = String(validating: input, as: UTF8.self) else { return }
        do throws(SettingsProblem) {
            let document = try YAMLDocument(text, file: "uploads.yaml")
            var reader = YAMLReader(file: "uploads.yaml")
            let environment = reader.environment(named: "staging", document: document)
            expect((environment == nil) == !reader.problems.isEmpty, "\(reader.problems.count) problems, and yet \(environment as Any)")
        } catch {
            expect(!error.description.isEmpty, "a problem that says nothing")
        }
    }
}
