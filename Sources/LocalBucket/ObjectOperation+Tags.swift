import Hummingbird
import S3Signing

extension ObjectOperation {
    /// GetObjectTagging, <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html>.
    func tagging() async throws -> Response {
        let tags = try await self.open().record.attributes.tags
        return .xml(
            XMLText.document("Tagging", namespace: XMLText.namespace) { xml in
                xml.element("TagSet") { xml in
                    for tag in tags {
                        xml.element("Tag") { xml in
                            xml.element("Key", tag.key)
                            xml.element("Value", tag.value)
                        }
                    }
                }
            })
    }

    /// Ten tags of the longest kind take no more, escapes included.
    private static let taggingBytes = 64 << 10

    /// PutObjectTagging, <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html>.
    func putTagging(_ body: BodyReader) async throws -> Response {
        let expectation = try BodyExpectation(self.request.fields, contentSHA256: self.verified.contentSHA256)
        let tags = try Tagging.parse(xml: try await body.document(expectation, maximumBytes: Self.taggingBytes))
        try self.bucket.gate?.check(self.request, verified: self.verified, tags: tags, at: self.clock())
        try await self.setTags(tags)
        return Response(status: .ok)
    }

    /// DeleteObjectTagging, <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjectTagging.html>.
    func deleteTagging() async throws -> Response {
        try await self.setTags([])
        return Response(status: .noContent)
    }

    /// How often the object is taken anew when another one takes its place meanwhile.
    private static let attempts = 5

    /// Bytes and record change together, by one rename: the object is written anew.
    private func setTags(_ tags: [ObjectTag]) async throws {
        let store = self.bucket.store
        for _ in 0..<Self.attempts {
            let object = try await self.open()
            var record = object.record
            record.attributes.tags = tags
            if record == object.record { return }
            let isDone = try await store.withIncoming { incoming in
                try await incoming.append(object)
                return try await store.replace(object.record, by: incoming, as: record)
            }
            if isDone { return }
        }
        throw Refused.operationAborted
    }
}
