import Foundation
import S3Policy
import Settings

/// Applies the fixes of findings to a policy, each only when it is proved that the policy allows nothing more than before.
struct PolicyFixer {
    /// What was done, or why it was not, for people.
    private(set) var notes: [String] = []
    let reference: ServiceReference
    /// Whose findings stay as they are.
    let ignored: IgnoreList?
    /// As YYYY-MM-DD.
    let day: String

    init(reference: ServiceReference, ignored: IgnoreList?, day: String) {
        self.reference = reference
        self.ignored = ignored
        self.day = day
    }

    /// Fixes a file in place, keeping its formatting; returns what it then holds.
    mutating func fix(_ file: PolicyFile) throws -> PolicyFile {
        guard file.kind == .bucket || file.kind == .identity else {
            self.leave(file)
            return file
        }
        var current = Self.policy(in: file) == nil ? repaired(file) : file
        guard Self.policy(in: current) != nil else { return file }
        var refused: Set<String> = []
        // Every fix removes its finding, so that this ends; the bound is for fixes that bring others.
        for _ in 0..<1000 {
            guard
                let (finding, fix) = fixable(current).first(where: { !refused.contains(name($0.finding, in: current)) })
            else { break }
            let fixed = Self.applying(fix, to: current)
            if let reason = Self.objection(to: fixed, insteadOf: current) {
                refused.insert(name(finding, in: current))
                notes.append("\(place(finding, in: current)): not fixed (\(finding.code)): \(reason)")
            } else {
                notes.append(note(finding, fix, in: current))
                current = fixed
            }
        }
        guard current.document.text.bytes != file.document.text.bytes else { return file }
        do {
            // An atomic write takes the place of what is there: of the file itself, never of a link to it, and with its permissions.
            let target = URL(filePath: file.path).resolvingSymlinksInPath()
            let permissions = try FileManager.default.attributesOfItem(atPath: target.path).filter { $0.key == .posixPermissions }
            try Data(current.document.text.bytes).write(to: target, options: .atomic)
            try FileManager.default.setAttributes(permissions, ofItemAtPath: target.path)
        } catch {
            throw CommandFailure.outside("\(file.path) cannot be written: \(error.localizedDescription)")
        }
        return current
    }

    private func fixable(_ file: PolicyFile) -> [(finding: Finding, fix: Fix)] {
        file.findings(reference: reference).compactMap { finding in
            guard let fix = finding.fix, ignored?.entry(for: finding, in: file, on: day) == nil else { return nil }
            return (finding, fix)
        }
    }

    /// Says of what is no policy that it is not changed: nothing proves what a change to it lets happen.
    private mutating func leave(_ file: PolicyFile) {
        notes += fixable(file).map { finding, fix in
            "\(place(finding, in: file)): not fixed (\(finding.code)): only policies are; \(fix.title) by hand"
        }
    }

    /// A policy without a meaning, with as many changes as it takes to have one, where it then allows nothing at all; else the file as it is.
    private mutating func repaired(_ file: PolicyFile) -> PolicyFile {
        var repaired = file
        var made: [String] = []
        while Self.policy(in: repaired) == nil, made.count < 1000, let (finding, fix) = fixable(repaired).first {
            made.append(note(finding, fix, in: repaired))
            repaired = Self.applying(fix, to: repaired)
        }
        guard !made.isEmpty else { return file }
        if let reason = Self.objection(to: repaired, insteadOf: file) {
            notes.append("\(file.path): not fixed: \(reason)")
            return file
        }
        notes += made
        return repaired
    }

    private static func applying(_ fix: Fix, to file: PolicyFile) -> PolicyFile {
        PolicyFile(path: file.path, kind: file.kind, document: JSONDocument(fix.applied(to: file.document.text.bytes)))
    }

    private static func policy(in file: PolicyFile) -> Policy? {
        try? Policy(file.document, kind: file.kind == .identity ? .identity : .bucket)
    }

    /// What a policy allows that AWS does not take: nothing.
    private static func nothing(as kind: BucketDocumentKind) -> Policy? {
        let principal = kind == .identity ? "" : "\"Principal\": \"*\", "
        let text = "{\"Statement\": {\"Effect\": \"Deny\", \(principal)\"Action\": \"*\", \"Resource\": \"*\"}}"
        return policy(in: PolicyFile(path: "", kind: kind, document: JSONDocument(text)))
    }

    /// Why a fix is not made; nil when the new policy surely allows nothing new.
    private static func objection(to fixed: PolicyFile, insteadOf file: PolicyFile) -> String? {
        guard let new = policy(in: fixed) else { return "the policy would have no meaning" }
        guard let old = policy(in: file) ?? nothing(as: file.kind) else { return "there is nothing to compare it with" }
        switch PolicyQuestions().allowsNothingNew(new, comparedWith: old) {
        case .yes: return nil
        case .no(let request):
            return
                "the policy would allow \(request.action) on \(request.resource), which it does not now; change it by hand if that is meant"
        case .unknown(let uncertainty): return "whether the policy would allow more cannot be told, since \(uncertainty.words)"
        }
    }

    /// The same finding has the same name while the file changes around it.
    private func name(_ finding: Finding, in file: PolicyFile) -> String {
        "\(finding.code) \(finding.fix?.title ?? "") \(file.document.path(to: finding.ranges.first ?? 0..<0))"
    }

    private func note(_ finding: Finding, _ fix: Fix, in file: PolicyFile) -> String {
        "\(place(finding, in: file)): fixed (\(finding.code)): \(fix.title)"
    }

    private func place(_ finding: Finding, in file: PolicyFile) -> String {
        let offset = finding.ranges.first?.lowerBound ?? 0
        return "\(file.path):\(file.document.text.position(at: offset).line):\(Excerpt.column(of: offset, in: file.document.text) + 1)"
    }
}
