import S3Policy
import S3Signing
import SigV4

@testable import LocalBucket
@testable import UploadService

/// XML that is sent to a bucket and by one, `cors.json` and `lifecycle.json`: what is written is what is read, by either reader.
struct DocumentTarget: FuzzTarget {
    func run(_ input: [UInt8]) {
        checkJSON(input)
        let element = XMLElement(document: input)
        guard let text = String(validating: input, as: UTF8.self) else { return }
        if let tags = try? Tagging.parse(xml: text) { check(tags) }
        if let tags = try? Tagging.parse(header: text) { check(tags) }
        if let completion = try? Completion(xml: text) { check(completion, element) }
        checkEscapes(text)
    }

    // MARK: XML

    private func check(_ tags: [ObjectTag]) {
        expect(tags.count <= 10 && Set(tags.map { Array($0.key.utf8) }).count == tags.count, "more tags than S3 takes, or one twice")
        let again = (try? Tagging.parse(xml: Self.document(of: tags))) ?? []
        expect(
            again.elementsEqual(tags) { $0.key.isSame(as: $1.key) && $0.value.isSame(as: $1.value) }, "tags change while they are written")
        let header = tags.map { "\(PercentEncoding.encode($0.key))=\(PercentEncoding.encode($0.value))" }.joined(separator: "&")
        expect((try? Tagging.parse(header: header)) == tags, "tags change in a header: \(header)")
        guard let first = tags.first else { return }
        expect((try? Tagging.parse(xml: Self.document(of: tags + [first]))) == nil, "takes \(first) twice")
        expect((try? Tagging.parse(header: "\(header)&\(PercentEncoding.encode(first.key))")) == nil, "takes \(first) twice in a header")
    }

    private static func document(of tags: [ObjectTag]) -> String {
        XMLText.document("Tagging") { xml in
            xml.element("TagSet") { xml in
                for tag in tags {
                    xml.element("Tag") { xml in
                        xml.element("Key", tag.key)
                        xml.element("Value", tag.value)
                    }
                }
            }
        }
    }

    /// The other reader of XML sees the same parts.
    private func check(_ completion: Completion, _ element: XMLElement?) {
        expect((1...10_000).contains(completion.parts.count), "\(completion.parts.count) parts")
        expect(completion.parts.allSatisfy { (1...10_000).contains($0.number) }, "a part's number")
        guard let element else { return }
        let numbers = element.children.map { $0["PartNumber"].flatMap { Int($0.text) } }
        expect(numbers == completion.parts.map(\.number), "one reader sees \(numbers), the other \(completion.parts.map(\.number))")
        for (part, child) in zip(completion.parts, element.children) {
            expect(child["ETag"]?.text.utf8.firstRange(of: part.etag.utf8) != nil, "another ETag: \(part.etag)")
        }
    }

    /// Any text survives being written by one side and read by the other.
    private func checkEscapes(_ text: String) {
        let written = XMLText.document("Error") { $0.element("Message", text) }
        let read = XMLElement(document: Array(written.utf8))?["Message"]?.text
        expect(read?.isSame(as: text) == true, "the service does not read what the bucket writes: \(written)")
        let sent = "<Tagging><TagSet><Tag><Key>a</Key><Value>\(XMLElement.escape(text))</Value></Tag></TagSet></Tagging>"
        if let tags = try? Tagging.parse(xml: sent) {
            expect(tags[0].value.isSame(as: text), "the bucket does not read what is sent: \(sent)")
        }
    }

    // MARK: JSON

    private func checkJSON(_ input: [UInt8]) {
        let document = JSONDocument(input)
        let (cors, corsFindings) = CORSConfiguration.read(document)
        let (lifecycle, lifecycleFindings) = LifecycleConfiguration.read(document)
        for range in (corsFindings + lifecycleFindings).flatMap(\.ranges) {
            expect(0 <= range.lowerBound && range.upperBound <= input.count, "a finding outside of the file")
        }
        if let cors { check(cors) }
        if let lifecycle {
            let keys = ["", "photos/cat.jpg"].filter(lifecycle.abortsUnfinishedUploads)
            let isAborting = lifecycle.rules.contains { $0.isEnabled && $0.abortDays != nil && !$0.hasOtherFilter }
            expect(keys.isEmpty || isAborting, "aborts without a rule that does")
        }
    }

    private func check(_ cors: CORSConfiguration) {
        for rule in cors.rules.prefix(8) { checkPatterns(of: rule) }
        let headers = ["content-type", "x-amz-meta-a"]
        for origin in ["https://app.example.com", "http://localhost:8080", "null"] {
            let rule = cors.match(origin: origin, method: "PUT", headers: headers)
            let allowing = cors.rules.first { rule in
                rule.allowedOrigins.contains { Self.matches(Array($0.utf8), Array(origin.utf8)) } && rule.allowedMethods.contains("PUT")
                    && headers.allSatisfy { header in
                        rule.allowedHeaders.contains { Self.matches(Array($0.lowercased().utf8), Array(header.utf8)) }
                    }
            }
            expect(rule == allowing, "\(origin) is allowed by \(rule as Any), not \(allowing as Any)")
        }
    }

    /// Origins that a pattern allows, and some that miss it by a byte.
    private func checkPatterns(of rule: CORSRule) {
        for pattern in rule.allowedOrigins.prefix(8).map({ Array($0.utf8) }) {
            let star = pattern.firstIndex(of: UInt8(ascii: "*")) ?? pattern.endIndex
            let (before, after) = (pattern[..<star], pattern[star...].dropFirst())
            for origin in [before + after, before + [UInt8(ascii: "a")] + after, before + after.dropFirst(), before.dropLast() + after] {
                guard let text = String(validating: origin, as: UTF8.self) else { continue }
                let isAllowed = rule.allowedOrigins.contains { Self.matches(Array($0.utf8), Array(origin)) }
                expect(rule.allows(origin: text) == isAllowed, "\(rule) and \(text)")
            }
        }
    }

    /// What stands before the first `*`, then anything, then what stands behind it.
    private static func matches(_ pattern: [UInt8], _ text: [UInt8]) -> Bool {
        guard let star = pattern.firstIndex(of: UInt8(ascii: "*")) else { return pattern == text }
        return (0...text.count).contains { end in
            Array(text[..<end]) == Array(pattern[..<star])
        }
            && (0...text.count).contains { start in
                start >= star && Array(text[start...]) == Array(pattern[(star + 1)...])
            }
    }
}
