import S3Policy
import Settings

/// What was found in one file, with what it takes to show it.
struct FindingReport {
    let path: String
    let document: JSONDocument
    /// Those that nobody asked to ignore.
    let findings: [Finding]
    /// The entries of the ignore list that took a finding away.
    let ignored: [IgnoreList.Entry]

    init(file: PolicyFile, findings: [Finding], ignored list: IgnoreList?, day: String) {
        var ignored: [IgnoreList.Entry] = []
        self.findings = findings.filter { finding in
            guard let entry = list?.entry(for: finding, in: file, on: day) else { return true }
            ignored.append(entry)
            return false
        }
        self.path = file.path
        self.document = file.document
        self.ignored = ignored
    }

    /// A file that could not be read at all.
    init(unreadable path: String, message: String) {
        self.path = path
        self.document = JSONDocument("")
        self.findings = [Finding(IssueCode("UNREADABLE_FILE", .error, origin: .countersign), "\(message).", at: 0..<0)]
        self.ignored = []
    }
}
