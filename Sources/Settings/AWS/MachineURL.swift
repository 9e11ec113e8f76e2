/// The parts of an http or https URL that decide whether credentials may come from there.
struct MachineURL {
    let text: String
    let isSecure: Bool
    /// In lower case, without the port; an IPv6 address in its brackets.
    let host: String

    init(_ text: String, place: String) throws(AWSSettingsError) {
        func refuse(_ problem: String) -> AWSSettingsError { AWSSettingsError(place, "this is no URL for credentials: \(problem)") }
        let lowered = text.lowercased()
        guard lowered.hasPrefix("http://") || lowered.hasPrefix("https://") else { throw refuse("it needs http:// or https:// in front") }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !text.contains("\\") else {
            throw refuse("it holds a character that a URL cannot hold")
        }
        isSecure = lowered.hasPrefix("https://")
        let rest = lowered.dropFirst(isSecure ? 8 : 7)
        let authority = rest.prefix { !"/?#".contains($0) }
        guard !authority.contains("@") else { throw refuse("names and passwords do not belong into it") }
        let hostEnd = authority.hasPrefix("[") ? authority.firstIndex(of: "]").map(authority.index(after:)) : authority.firstIndex(of: ":")
        let host = authority[..<(hostEnd ?? authority.endIndex)]
        guard !host.isEmpty, host != "[]", host.hasPrefix("[") == host.hasSuffix("]"), Self.isPort(authority[host.endIndex...]) else {
            throw refuse("its host or port is none")
        }
        self.host = String(host)
        self.text = text
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty || text.first == ":" && UInt16(text.dropFirst()).map { $0 > 0 } ?? false
    }

    var isLoopback: Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        // Only what every program reads as the same address: a leading zero makes a number octal to some.
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0).map(String.init) == String($0) }
    }

    var withoutTrailingSlash: String { text.hasSuffix("/") ? String(text.dropLast()) : text }
}
