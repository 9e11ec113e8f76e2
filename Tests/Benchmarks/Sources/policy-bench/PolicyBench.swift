import Glibc
import S3Policy

/// Prints how long questions about two policies of fifty statements take, in milliseconds of processor time.
@main
struct PolicyBench {
    static func main() throws {
        for shape in Shape.allCases {
            let policy = try shape.policy()
            for (name, other) in [
                ("itself", policy), ("one condition more", try shape.policy(narrowed: true)), ("one Deny less", try shape.policy(deny: 14)),
                ("others", try shape.policy(shift: 3)),
            ] {
                let questions = PolicyQuestions()
                print("\(shape.rawValue), compared with \(name):", terminator: " ")
                try measure { questions.allowsNothingNew(other, comparedWith: policy).word }
            }
            print("\(shape.rawValue), public:", terminator: " ")
            try measure { PolicyQuestions().publicAccess(policy).keepsStrangersOut.word }
        }
    }

    /// The median of some runs, and the answer.
    private static func measure(_ question: () -> String) throws {
        var times: [Double] = []
        var answer = ""
        for _ in 0..<7 {
            let start = milliseconds()
            answer = question()
            times.append(milliseconds() - start)
        }
        print("\(Int(times.sorted()[3].rounded())) ms (\(answer))")
    }

    private static func milliseconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
    }
}

/// What the fifty statements are like.
enum Shape: String, CaseIterable {
    /// Each has callers, a folder and networks of its own.
    case separate = "fifty separate statements"
    /// All are about everybody and the same objects, and differ in their conditions.
    case entangled = "fifty entangled statements"

    /// 35 that allow and, unless said otherwise, 15 that deny.
    func policy(narrowed: Bool = false, deny: Int = 15, shift: Int = 0) throws -> Policy {
        let statements = (0..<(35 + deny)).map { index in
            self.statement(index + shift, index < 35 ? "Allow" : "Deny", narrowed: narrowed && index == 10)
        }
        return try Policy(
            JSONDocument("{\"Version\": \"2012-10-17\", \"Statement\": [\(statements.joined(separator: ",\n"))]}"), kind: .bucket)
    }

    private func statement(_ index: Int, _ effect: String, narrowed: Bool) -> String {
        let extra = narrowed ? ", \"StringLike\": {\"s3:prefix\": \"a*\"}" : ""
        switch self {
        case .separate:
            let account = "arn:aws:iam::\(111_122_223_300 + index % 7)"
            return """
                {"Effect": "\(effect)", "Principal": {"AWS": ["\(account):role/app-\(index)", "\(444_455_556_600 + index % 5)"]},
                 "Action": ["s3:GetObject", "s3:PutObject", "s3:List*"],
                 "Resource": ["arn:aws:s3:::example-bucket/team-\(index)/*", "arn:aws:s3:::example-bucket/shared/\(index)-*"],
                 "Condition": {"Bool": {"aws:SecureTransport": "true"},
                   "IpAddress": {"aws:SourceIp": ["203.0.\(index).0/24", "10.\(index).0.0/16"]}\(extra)}}
                """
        case .entangled:
            return """
                {"Effect": "\(effect)", "Principal": "*", "Action": "s3:\(index % 2 == 0 ? "*" : "Get*")",
                 "Resource": "arn:aws:s3:::example-bucket/\(index % 3 == 0 ? "a" : "")*",
                 "Condition": {"StringEquals": {"aws:PrincipalTag/t\(index % 10)": ["v\(index % 5)", "v\(index % 4)"]},
                   "StringNotLike": {"aws:RequestTag/r\(index % 7)": "a*\(index % 6)"},
                   "NumericLessThan": {"s3:max-keys": "\(index * 10)"}\(extra)}}
                """
        }
    }
}

extension Verdict {
    var word: String {
        switch self {
        case .yes: "yes"
        case .no: "no"
        case .unknown(let uncertainty): "unknown: \(uncertainty.reason.rawValue)"
        }
    }
}
