/// Finds the resource of S3 that somebody meant whose ARN is not one.
enum MeantResource {
    /// The ARN that the text stands for; nil when that is not plain.
    ///
    /// A bucket's name, path or URL stands for a bucket or its objects. An ARN may have spaces round it, capital letters in `arn:aws`,
    /// no partition, too few or too many colons, or another ARN before it.
    static func arn(for text: String) -> String? {
        let text = String(text.trimmed)
        if text.lowercased().hasPrefix("arn:") { return self.repaired(text) }
        return self.path(in: text).flatMap { self.isBucketName($0.prefix { $0 != "/" }) ? "arn:aws:s3:::\($0)" : nil }
    }

    /// What differs from an ARN of S3 in its case, spaces or colons only.
    private static func repaired(_ text: String) -> String? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard let service = parts.lastIndex(where: { $0.lowercased() == "s3" }) else { return nil }
        let partition = parts[..<service].last { !["", "arn"].contains($0.lowercased()) }?.lowercased() ?? "aws"
        let rest = parts[(service + 1)...].drop { $0.isEmpty }
        guard Partitions.all.contains(partition), let first = rest.first else { return nil }
        if rest.count == 1 { return self.hasBucketName(first) ? "arn:\(partition):s3:::\(first)" : nil }
        guard rest.count >= 3, Regions.all.contains(String(first)), Principal.isAccount(String(rest[rest.startIndex + 1])) else {
            return nil
        }
        let resource = rest.dropFirst(2).joined(separator: "/")
        guard resource.hasPrefix("accesspoint/") else { return nil }
        return "arn:\(partition):s3:\(first):\(rest[rest.startIndex + 1]):\(resource)"
    }

    /// The bucket, and perhaps a key behind a slash, of `s3://bucket/key`, of a URL of S3, or of what has neither scheme nor host.
    private static func path(in text: String) -> Substring? {
        if text.hasPrefix("s3://") { return text.dropFirst("s3://".count) }
        guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return text[...] }
        let rest = text.dropFirst(scheme.count)
        let host = rest.prefix { $0 != "/" }
        let labels = host.split(separator: ".")
        guard host.hasSuffix(".amazonaws.com"), let service = labels.firstIndex(where: { $0 == "s3" || $0.hasPrefix("s3-") }) else {
            return nil
        }
        let key = rest.dropFirst(host.count)
        return service == 0 ? key.dropFirst() : labels[..<service].joined(separator: ".") + key
    }

    private static func isBucketName(_ name: Substring) -> Bool {
        name.utf8.count >= 3
            && name.utf8.allSatisfy { $0.isLetterOrDigit && !$0.isUppercase || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
    }

    /// Whether what stands before the first slash could be a bucket's name or a pattern of names.
    private static func hasBucketName(_ resource: Substring) -> Bool {
        let bucket = resource.prefix { $0 != "/" }
        return !bucket.isEmpty && bucket.utf8.allSatisfy { $0.isLetterOrDigit || "-._*?".utf8.contains($0) }
    }
}

extension String {
    /// Without white space at both ends.
    var trimmed: Substring {
        let start = self.firstIndex { !$0.isWhitespace } ?? self.endIndex
        let last = self.lastIndex { !$0.isWhitespace }
        return last.map { self[start...$0] } ?? self[start...]
    }
}
