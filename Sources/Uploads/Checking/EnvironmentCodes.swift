public import S3Policy

/// What only shows when an environment's rules and its bucket's documents are looked at together.
extension IssueCode {
    /// The bucket policy denies a ticket that a rule issues.
    public static let ticketDenied = IssueCode("TICKET_DENIED", .error, origin: .countersign)
    /// Whether a policy lets all tickets of a rule through cannot be told.
    public static let ticketsUncertain = IssueCode("TICKETS_UNCERTAIN", .warning, origin: .countersign)
    /// Neither the signer's policy nor the bucket's allows a ticket that a rule issues.
    public static let signerNotAllowed = IssueCode("SIGNER_NOT_ALLOWED", .error, origin: .countersign)
    /// The signer's policy allows more than the rules need.
    public static let signerTooPowerful = IssueCode("SIGNER_TOO_POWERFUL", .securityWarning, origin: .countersign)
    /// Whether the signer's policy allows more than the rules need cannot be told.
    public static let signerUncertain = IssueCode("SIGNER_UNCERTAIN", .warning, origin: .countersign)
    /// The bucket's CORS rules refuse the browser a ticket that a rule issues.
    public static let corsRefusesTicket = IssueCode("CORS_REFUSES_TICKET", .error, origin: .countersign)
    /// Pages cannot read the ETag that S3 answers.
    public static let corsHidesETag = IssueCode("CORS_HIDES_ETAG", .warning, origin: .countersign)
    /// The CORS rules let in an origin, method or header that no ticket uses.
    public static let corsTooWide = IssueCode("CORS_TOO_WIDE", .warning, origin: .countersign)
    /// No lifecycle rule ends unfinished multipart uploads.
    public static let unfinishedUploadsStay = IssueCode("UNFINISHED_UPLOADS_STAY", .warning, origin: .countersign)
    /// A policy names another bucket than the environment's.
    public static let otherBucket = IssueCode("OTHER_BUCKET", .error, origin: .countersign)
    /// The bucket policy lets in another account than the environment's.
    public static let otherAccount = IssueCode("OTHER_ACCOUNT", .warning, origin: .countersign)
    /// The bucket policy lets requests come without TLS.
    public static let plainHTTPAllowed = IssueCode("PLAIN_HTTP_ALLOWED", .securityWarning, origin: .countersign)
    /// The bucket policy keeps its own account from changing it.
    public static let lockedOut = IssueCode("LOCKED_OUT", .error, origin: .countersign)
}

/// A finding about one of an environment's documents.
public struct EnvironmentFinding: Sendable, Hashable {
    public let document: BucketDocumentKind
    public let finding: Finding
    /// The rule of `uploads.yaml` that it is about too.
    public let rule: String?

    init(_ document: BucketDocumentKind, _ finding: Finding, rule: String? = nil) {
        self.document = document
        self.finding = finding
        self.rule = rule
    }
}
