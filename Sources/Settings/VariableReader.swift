internal import Configuration
internal import Uploads

/// Takes values out of variables and notes every mistake with the variable's name, never with a secret.
struct VariableReader {
    let reader: ConfigReader
    private(set) var problems: [SettingsProblem] = []

    init(reader: ConfigReader) {
        self.reader = reader
    }

    mutating func report(_ name: String, _ message: String) {
        problems.append(SettingsProblem(file: name, message: message))
    }

    mutating func add(_ problems: [SettingsProblem]) {
        self.problems += problems
    }

    /// The variable's value without blanks around it; `nil` when it is not set or empty.
    func text(_ name: String, isSecret: Bool = false) -> String? {
        let components = name.lowercased().split(separator: "_").map(String.init)
        guard let value = reader.string(forKey: ConfigKey(components), isSecret: isSecret) else { return nil }
        let trimmed = value.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()
        return trimmed.isEmpty ? nil : String(trimmed)
    }

    /// Items between commas, without blanks.
    func list(_ name: String) -> [String] {
        (text(name) ?? "").split(separator: ",").map { String($0.filter { !$0.isWhitespace }) }.filter { !$0.isEmpty }
    }

    mutating func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
        guard let text = text(name) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            report(name, "\"\(text)\" is not allowed; use a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    mutating func seconds(_ name: String, in range: ClosedRange<Int>) -> Int? {
        guard let text = text(name) else { return nil }
        do {
            let value = try Quantity.seconds(text)
            guard range.contains(value) else {
                report(name, "\"\(text)\" is not allowed; use from \(range.lowerBound)s to \(range.upperBound)s")
                return nil
            }
            return value
        } catch {
            report(name, error.message)
            return nil
        }
    }

    mutating func word<Word: RawRepresentable & CaseIterable>(_ name: String, _ type: Word.Type) -> Word? where Word.RawValue == String {
        guard let text = text(name) else { return nil }
        guard let word = Word(rawValue: text.lowercased()) else {
            report(name, "\"\(text)\" is not allowed; use \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
        return word
    }
}
