import S3Policy
import Settings

/// What was found in one file, with what it takes to show it: its text, but not all that was read in it, since there may be many files.
struct FindingReport {
    let path: String
    let text: SourceText
    /// The way through the document to each place of a finding.
    let paths: [Range<Int>: [JSONPathElement]]
    /// Those that nobody asked to ignore.
    let findings: [Finding]
    /// The others, each with the entry of the ignore list that took it away.
    let ignored: [Ignored]

    struct Ignored {
        let finding: Finding
        let entry: IgnoreList.Entry
    }

    init(file: PolicyFile, findings: [Finding], ignored list: IgnoreList?, day: String) {
        var ignored: [Ignored] = []
        self.findings = findings.filter { finding in
            guard let entry = list?.entry(for: finding, in: file, on: day) else { return true }
            ignored.append(Ignored(finding: finding, entry: entry))
            return false
        }
        self.path = file.path
        self.text = file.document.text
        self.paths = Dictionary(
            findings.flatMap(\.ranges).map { ($0, file.document.path(to: $0)) }, uniquingKeysWith: { first, _ in first })
        self.ignored = ignored
    }

    /// A file that could not be read at all.
    init(unreadable path: String, message: String) {
        self.path = path
        self.text = SourceText("")
        self.paths = [:]
        self.findings = [Finding(IssueCode("UNREADABLE_FILE", .error, origin: .countersign), "\(message).", at: 0..<0)]
        self.ignored = []
    }
}
