/// How a file is cut: parts of one size, and a last one with the rest.
///
/// Source: Amazon S3 User Guide, "Amazon S3 multipart upload limits".
public struct PartPlan: Sendable, Equatable {
    /// S3's limit of parts.
    public static let maximumCount = 10_000

    public let sizeBytes: Int64
    public let partSizeBytes: Int64

    /// Takes parts of the wanted size, or larger ones in whole MiB where the file would need too many of them.
    public init(sizeBytes: Int64, wantedPartSizeBytes: Int64) {
        let least = (sizeBytes + Int64(Self.maximumCount) - 1) / Int64(Self.maximumCount)
        let mebibyte: Int64 = 1 << 20
        self.init(
            sizeBytes: sizeBytes,
            partSizeBytes: least <= wantedPartSizeBytes ? wantedPartSizeBytes : (least + mebibyte - 1) / mebibyte * mebibyte)
    }

    init(sizeBytes: Int64, partSizeBytes: Int64) {
        self.sizeBytes = sizeBytes
        self.partSizeBytes = partSizeBytes
    }

    /// An empty file is one empty part.
    public var count: Int {
        max(1, Int((sizeBytes + partSizeBytes - 1) / partSizeBytes))
    }

    /// The size of a part, in bytes; parts are numbered from 1.
    public func sizeBytes(ofPart number: Int) -> Int64 {
        number < count ? partSizeBytes : sizeBytes - Int64(count - 1) * partSizeBytes
    }
}
