/// What a statement asks and no set can tell, with the statement. Two doubts with the same text hold for the same requests.
struct Doubt: Sendable, Hashable {
    let text: [String]
    let uncertainty: Uncertainty

    static func == (left: Doubt, right: Doubt) -> Bool {
        left.text.elementsEqual(right.text) { $0.utf8.elementsEqual($1.utf8) }
    }

    func hash(into hasher: inout Hasher) {
        for text in self.text { for byte in text.utf8 { hasher.combine(byte) } }
    }
}
