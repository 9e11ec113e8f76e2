/// The table, by what is wrong.
enum HostileTable {
    static let groups: [(name: String, cases: [HostileCase])] = [
        ("secrets", secrets), ("changes after signing", changes), ("times", times), ("scopes", scopes), ("parameters", parameters),
        ("header fields", headerFields), ("payloads", payloads), ("tokens", tokens), ("other mechanisms", mechanisms),
        ("encodings", encodings), ("framing", framing), ("forms", forms), ("policies", policies),
    ]
}
