extension IssueCode {
    /// S3 has no such element in a CORS document.
    public static let corsUnknownElement = IssueCode("S3_CORS_UNKNOWN_ELEMENT", .error, origin: .s3)
    /// S3 refuses a CORS document with this value.
    public static let corsInvalidValue = IssueCode("S3_CORS_INVALID_VALUE", .error, origin: .s3)
    /// S3 has no such element in a lifecycle document.
    public static let lifecycleUnknownElement = IssueCode("S3_LIFECYCLE_UNKNOWN_ELEMENT", .error, origin: .s3)
    /// S3 refuses a lifecycle document with this value.
    public static let lifecycleInvalidValue = IssueCode("S3_LIFECYCLE_INVALID_VALUE", .error, origin: .s3)
}
