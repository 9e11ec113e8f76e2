import SigV4

/// Header or form fields: names without regard to case, several values of one name joined with commas.
struct FieldList: Sendable {
    let all: [Header]

    init(_ all: [Header]) {
        self.all = all
    }

    subscript(name: String) -> String? {
        let values = self.all.filter { $0.name.lowercased() == name }.map(\.value)
        return values.isEmpty ? nil : values.joined(separator: ",")
    }

    /// The fields whose lower-case name starts with a prefix: their lower-case names in order of appearance, each once.
    func names(withPrefix prefix: String) -> [String] {
        var names: [String] = []
        for field in self.all {
            let name = field.name.lowercased()
            if name.hasPrefix(prefix), !names.contains(name) { names.append(name) }
        }
        return names
    }
}
