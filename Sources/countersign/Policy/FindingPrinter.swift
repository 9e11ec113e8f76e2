import S3Policy
import S3Signing

/// Writes reports to standard output in the format that was asked for, and how many findings there are to standard error.
struct FindingPrinter {
    let format: PolicyValidate.Format
    /// Whether the reports are a list of files, rather than the one file that was named.
    let isList: Bool
    let context: CommandContext

    func show(_ reports: [FindingReport]) throws {
        try context.output.write(rendered(reports))
        guard format == .text else { return }
        let findings = reports.flatMap(\.findings)
        guard !findings.isEmpty else { return }
        let counts = FindingType.allCases.compactMap { type -> String? in
            let count = findings.count { $0.type == type }
            return count == 0 ? nil : "\(count) \(type.word)\(count == 1 ? "" : "s")"
        }
        let files = reports.count { !$0.findings.isEmpty }
        context.complain("\(counts.joined(separator: ", ")) in \(files) of \(reports.count) file\(reports.count == 1 ? "" : "s")")
    }

    private func rendered(_ reports: [FindingReport]) -> String {
        switch format {
        case .text: reports.map { FindingText(context: context).text($0) }.joined()
        case .json: FindingJSON.value(of: reports, isList: isList).pretty + "\n"
        case .sarif: FindingSARIF.log(of: reports).pretty + "\n"
        case .github: reports.map(FindingGitHub.commands).joined()
        }
    }
}

extension FindingType {
    /// How it is called in sentences.
    var word: String {
        switch self {
        case .error: "error"
        case .securityWarning: "security warning"
        case .warning: "warning"
        case .suggestion: "suggestion"
        }
    }
}
