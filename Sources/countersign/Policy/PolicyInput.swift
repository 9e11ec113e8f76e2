import S3Policy
import Settings

/// Reads the policies that a command line names.
enum PolicyInput {
    /// A policy with the document that it was read from.
    struct Read {
        let path: String
        let document: JSONDocument
        let policy: Policy

        /// The place of an offset, as compilers print it.
        func place(_ offset: Int) -> String {
            "\(path):\(document.text.position(at: offset).line):\(Excerpt.column(of: offset, in: document.text) + 1)"
        }
    }

    /// Reads one policy that has a meaning; anything else is told with its place.
    ///
    /// A file named as the signer's policy is one of a user; any other is a bucket's.
    static func policy(_ path: String, kind: PolicyKind? = nil) throws -> Read {
        let file: PolicyFile
        do throws(SettingsProblem) { file = try PolicyFile(path: path) } catch { throw CommandFailure.wrongUse("\(error)") }
        let kind = kind ?? (file.kind == .identity ? .identity : .bucket)
        do throws(PolicyError) {
            return Read(path: path, document: file.document, policy: try Policy(file.document, kind: kind))
        } catch {
            let position = file.document.text.position(at: error.range.lowerBound)
            let column = Excerpt.column(of: error.range.lowerBound, in: file.document.text) + 1
            throw CommandFailure.no("\(path):\(position.line):\(column): \(error.message)")
        }
    }

    /// Two policies of one kind.
    static func policies(_ first: String, _ second: String) throws -> (Read, Read) {
        let reads = (try self.policy(first), try self.policy(second))
        guard reads.0.policy.kind == reads.1.policy.kind else {
            let bucket = reads.0.policy.kind == .bucket ? first : second
            throw CommandFailure.wrongUse(
                "\(bucket) is a bucket's policy and \(bucket == first ? second : first) one of users and roles; they cannot be compared.")
        }
        return reads
    }

    /// Who makes a request: `*`, `anonymous`, an ARN, an account, or a service.
    static func caller(_ text: String) -> Caller? {
        if text == "*" || text == "anonymous" { return .anonymous }
        if Principal.isAccount(text) { return ARN("arn:aws:iam::\(text):root").map(Caller.identity) }
        switch Principal(kind: .aws, text: text) {
        case .identity(let arn)?: return .identity(arn)
        case .account?: return ARN(text).map(Caller.identity)
        case .originAccessIdentity(let id)?: return .originAccessIdentity(id)
        default:
            // An ARN with a mistake in it has dots too.
            guard text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == ".") }) else { return nil }
            return Principal(kind: .service, text: text).map { _ in .service(text) }
        }
    }
}
