import S3Signing
import SigV4

/// The operations that S3 selects by a query parameter.
enum Subresource {
    private static let unsupported: Set<String> = [
        "accelerate", "acl", "analytics", "attributes", "cors", "encryption", "intelligent-tiering", "inventory", "legal-hold",
        "lifecycle", "logging", "metrics", "notification", "object-lock", "ownershipControls", "partNumber", "policy", "policyStatus",
        "publicAccessBlock", "replication", "requestPayment", "restore", "retention", "select", "tagging", "torrent",
        "versioning", "versions", "website",
    ]

    /// Refuses what the local bucket does not do, so that nothing is mistaken for a plain PUT or GET.
    static func check(_ request: S3Request) throws(S3Error) {
        if ["uploads", "uploadId"].contains(where: { request.query($0) != nil }) {
            throw Refused.notImplemented("The local bucket does not take uploads in parts; send the object with one PUT, up to 5 GiB.")
        }
        let isTagReading = request.method == "GET" && request.key != nil
        for item in request.target.query where self.unsupported.contains(item.name) && !(isTagReading && item.name == "tagging") {
            throw Refused.notImplemented("The local bucket does not implement ?\(item.name).", header: nil)
        }
        for (name, method) in [("delete", "POST"), ("location", "GET")] where request.query(name) != nil {
            guard request.method == method, request.key == nil else { throw Refused.methodNotAllowed }
        }
        let encryption = "x-amz-server-side-encryption"
        if let item = request.target.query.first(where: { $0.name.lowercased().hasPrefix(encryption) }) {
            throw S3Error.invalidArgument("\(encryption) header is not supported for this operation.", name: item.name, value: item.value)
        }
        if let version = request.query("versionId"), version != "null" {
            throw S3Error.invalidArgument("Invalid version id specified", name: "versionId", value: version)
        }
        if request.fields["x-amz-copy-source"] != nil {
            throw Refused.notImplemented("The local bucket does not copy objects.", header: "x-amz-copy-source")
        }
    }
}
