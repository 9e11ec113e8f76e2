/// Finds the ARN that somebody meant who wrote a bucket's name, path or URL.
enum BucketLikeName {
    static func arn(for text: String) -> String? {
        var rest = text[...]
        if rest.hasPrefix("s3://") { rest = rest.dropFirst("s3://".count) }
        let bucket = rest.prefix { $0 != "/" }
        let isName =
            bucket.utf8.count >= 3
            && bucket.utf8.allSatisfy { $0.isLetterOrDigit && !$0.isUppercase || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
        return isName ? "arn:aws:s3:::\(rest)" : nil
    }
}

extension UInt8 {
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    var isUppercase: Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) }
    var isLetterOrDigit: Bool { self.isDigit || self.isUppercase || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) }
}
