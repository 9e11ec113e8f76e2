/// Texts that break careless code, from a seed.
enum Hostile {
    private static let pieces = [
        "\r\n", "\n", "\r", "\0", "\t", " ", "  ", "../", "..", ".", "/", "\\", "//", "%2e%2e%2f", "%00", "${filename}", "${", "}", "\"",
        "'", ";", ",",
        ":", "=", "&", "?", "#", "<", ">", "|", "*", "+", "~", "`", "$", "é", "e\u{301}", "日本", "😀", "\u{202E}gpj", "\u{200B}", "\u{FEFF}",
        "\u{2028}",
        "\u{85}", "\u{7F}", "\u{E000}", "ﬁ", "K", "a", "B", "0", "-", "_", "x-amz-acl: public-read", "\r\nx-amz-acl: public-read\r\n\r\n",
        "filename=\"evil.html\"", "</Key>", "--boundary", "content-type", ".html", ".png", "CON", "=?utf-8?B?", "UTF-8''",
    ]

    static func text(using random: inout some RandomNumberGenerator) -> String {
        let count = Int.random(in: 0...8, using: &random)
        var text = ""
        for _ in 0..<count { text += pieces.randomElement(using: &random)! }
        if Int.random(in: 0..<50, using: &random) == 0 {
            text = String(repeating: text + "x", count: Int.random(in: 1...400, using: &random))
        }
        return text
    }

    /// Printable ASCII with every character that means something to someone.
    static func printable(using random: inout some RandomNumberGenerator) -> String {
        let count = Int.random(in: 1...60, using: &random)
        return String(decoding: (0..<count).map { _ in UInt8.random(in: 0x20...0x7E, using: &random) }, as: UTF8.self)
    }
}
