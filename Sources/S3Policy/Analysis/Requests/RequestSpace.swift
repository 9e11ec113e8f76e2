/// Which requests there are, as questions see them.
///
/// - A caller is of one of the kinds of ``CallerKind``; what its requests say about it is as the evaluator knows it: no request
///   tells another `aws:PrincipalAccount` than its caller's.
/// - An action is `service:name` of letters, digits and hyphens, known or not; a resource is an ARN. A bucket policy is asked about
///   actions of S3 only, and a known action only with resources of its types (``Targets``).
/// - A key that is documented to have several values has a list of them or is missing, one that is documented to have a single
///   value has one or is missing, and one that is not documented may have either. A key may be missing unless it is documented to be there always.
/// - A key that is documented as number, date, address or ARN has no other values, and one documented as Boolean is `true` or
///   `false`; a header that should name an ARN may name anything.
enum RequestSpace {
    /// Actions, in lower case.
    static func actions(_ policies: PolicyKind) -> TextLanguage {
        let word = TextPattern.some(UnitSet.lowercase.union(.digits).union(UnitSet(of: "-")))
        return TextLanguage([(policies == .bucket ? TextPattern(literal: "s3") : word) + ":" + word])
    }

    static let resources = TextLanguage([.anyARN])

    /// All requests of one kind of callers; nil when there are none.
    static func everything(
        _ kind: CallerKind, _ policies: PolicyKind, _ keys: KeyTable, doubtCount: Int, _ algebra: TextAlgebra
    ) throws(WorkLimitReached) -> RequestRegion? {
        guard let caller = try algebra.intersection(TextRegion(example: kind.typicalName), algebra.term(kind.names)),
            let action = try algebra.intersection(TextRegion(example: "s3:getobject"), algebra.term(self.actions(policies))),
            let resource = try algebra.intersection(
                TextRegion(example: "arn:aws:s3:::example-bucket/example"), algebra.term(self.resources))
        else { return nil }
        return RequestRegion(
            caller: caller, action: action, resource: resource, keys: try keys.everything(algebra),
            doubts: Array(repeating: nil, count: doubtCount))
    }
}
