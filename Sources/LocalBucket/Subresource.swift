import S3Signing
import SigV4

/// The operations that S3 selects by a query parameter.
enum Subresource {
    private static let unsupported: Set<String> = [
        "accelerate", "acl", "analytics", "attributes", "cors", "encryption", "intelligent-tiering", "inventory", "legal-hold",
        "lifecycle", "logging", "metrics", "notification", "object-lock", "ownershipControls", "policy", "policyStatus",
        "publicAccessBlock", "replication", "requestPayment", "restore", "retention", "select", "tagging", "torrent",
        "versioning", "versions", "website",
    ]

    /// Refuses what the local bucket does not do, so that nothing is mistaken for a plain PUT or GET.
    static func check(_ request: S3Request) throws(S3Error) {
        for item in request.target.query where self.unsupported.contains(item.name) && !(request.key != nil && item.name == "tagging") {
            throw Refused.notImplemented("The local bucket does not implement ?\(item.name).", header: nil)
        }
        for (name, method) in [("delete", "POST"), ("location", "GET")] where request.query(name) != nil {
            guard request.method == method, request.key == nil else { throw Refused.methodNotAllowed }
        }
        try self.checkMultipart(request)
        let encryption = "x-amz-server-side-encryption"
        if let item = request.target.query.first(where: { $0.name.lowercased().hasPrefix(encryption) }) {
            throw S3Error.invalidArgument("\(encryption) header is not supported for this operation.", name: item.name, value: item.value)
        }
        if let version = request.query("versionId"), version != "null" {
            throw S3Error.invalidArgument("Invalid version id specified", name: "versionId", value: version)
        }
        if request.fields["x-amz-copy-source"] != nil {
            throw Refused.notImplemented(
                "The local bucket copies neither objects nor parts (CopyObject, UploadPartCopy): read the object, and upload what you read.",
                header: "x-amz-copy-source")
        }
    }

    /// What belongs to a multipart upload must say so whole, so that no part is mistaken for an object.
    private static func checkMultipart(_ request: S3Request) throws(S3Error) {
        if request.query("uploads") != nil {
            guard request.method == (request.key == nil ? "GET" : "POST"), request.query("uploadId") == nil else {
                throw Refused.methodNotAllowed
            }
        }
        if request.query("uploadId") != nil, request.key == nil || request.query("tagging") != nil { throw Refused.methodNotAllowed }
        if request.method == "PUT", request.key != nil, (request.query("partNumber") == nil) != (request.query("uploadId") == nil) {
            throw S3Error.invalidArgument("A part is sent with both uploadId and partNumber.", name: "partNumber")
        }
    }
}
