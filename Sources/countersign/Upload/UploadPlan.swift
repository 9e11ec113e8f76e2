import ArgumentParser
import S3Signing
import SigV4
import Uploads

/// What is sent, and how.
struct UploadPlan: Sendable {
    let key: ObjectKey
    /// What the object is stored with.
    var headers: [Header]
    /// An object that has the key already stays.
    let once: Bool
    /// Nil for one PUT.
    let parts: PartPlan?
    /// Whether the bytes are read twice and their digest signed.
    var signsBytes = false
    /// How many parts are under way at one time.
    var parallel = 1

    /// Larger files go in parts.
    static let partsThresholdBytes: Int64 = 64 << 20
    static let defaultPartSizeBytes: Int64 = 16 << 20
}

/// How large files are cut.
struct PartOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Files larger than this go in parts of this size, 5MiB to 5GiB (default: 16MiB, or what the rule says, for files larger than 64MiB).",
            valueName: "size"),
        transform: SizeArgument.bytes)
    var partSize: Int64?

    @Option(help: ArgumentHelp("How many parts are sent at one time, 1 to 64.", valueName: "count"))
    var parallel = 4

    func validate() throws {
        if let partSize, !(5 << 20...5 << 30).contains(partSize) { throw ValidationError("a part has from 5MiB to 5GiB.") }
        guard (1...64).contains(parallel) else { throw ValidationError("send 1 to 64 parts at one time.") }
    }

    /// Whether a file of that size goes in parts.
    func cuts(_ byteCount: Int64) -> Bool { byteCount > partSize ?? UploadPlan.partsThresholdBytes }
}
