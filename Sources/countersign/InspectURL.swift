import S3Signing
import Settings
import SigV4

/// Explains one presigned URL.
struct URLInspection {
    let url: InspectedURL
    let place: InspectedPlace
    /// What the user, or the JSON that the URL came in, says about the request.
    let method: S3Method?
    let givenHeaders: [Header]
    let found: Result<FoundCredentials, CommandFailure>
    let now: SigningTime
    private let keyCache = SigningKeyCache()

    init(
        _ text: String, method: S3Method?, headers: [Header], endpoint: String?, found: Result<FoundCredentials, CommandFailure>,
        now: SigningTime
    ) throws(CommandFailure) {
        url = try InspectedURL(text)
        place = InspectedPlace(host: url.host, rawPath: url.rawPath, endpoint: endpoint)
        self.method = method
        givenHeaders = headers
        self.found = found
        self.now = now
    }

    func report() -> InspectReport {
        var report = InspectReport(kind: .url, now: now)
        describe(&report)
        let (verification, verifiedMethod) = verify()
        report.verification = verification
        report.method = method ?? verifiedMethod ?? impliedMethod
        report.bound = bound
        report.problems = problems
        describeUnbound(&report)
        return report
    }

    private func describe(_ report: inout InspectReport) {
        let presented = url.presented
        report.accessKeyID = presented.accessKeyID
        report.isTemporary = presented.accessKeyID.hasPrefix("ASIA") || url.query.contains { $0.name == "X-Amz-Security-Token" }
        report.bucket = place.bucket
        report.key = place.key
        report.region = presented.scope.region
        report.host = url.host
        report.style = place.style
        report.placeRemark = place.remark
        report.signedAt = url.signedAt
        report.lifetimeSeconds = Int64(max(url.lifetimeSeconds, 0))
        report.expiresAt = url.expiresAt
        report.signature = presented.signature
    }

    private func value(of header: String) -> String? {
        let values = givenHeaders.filter { $0.name.lowercased() == header }.map(\.value)
        return values.isEmpty ? nil : values.joined(separator: ",")
    }

    private var bound: [InspectReport.Bound] {
        [InspectReport.Bound(name: "host", value: url.host)]
            + url.signedHeaders.map { .init(name: $0, value: value(of: $0)) }
            + url.ownQuery.map { .init(name: "query \($0.name)", value: $0.value) }
    }

    /// Signed headers and parameters that only one kind of request has.
    private var impliedMethod: S3Method? {
        let names = Set(url.ownQuery.map(\.name))
        if names.contains("partNumber"), names.contains("uploadId") { return .put }
        if !names.isDisjoint(with: ["list-type", "prefix"]) || names.contains(where: { $0.hasPrefix("response-") }) { return .get }
        if !Set(url.signedHeaders).isDisjoint(with: ["content-type", "content-length", "if-none-match", "x-amz-checksum-sha256"]) {
            return .put
        }
        return nil
    }

    private func describeUnbound(_ report: inout InspectReport) {
        let isPart = url.ownQuery.contains { $0.name == "uploadId" }
        let method = report.method ?? .put
        report.unbound = UnboundNote.of(method: method, isPart: isPart, signedHeaders: Set(url.signedHeaders))
        if method == .get || method == .head { report.unbound.append(.ofDownload(hasKey: place.key != nil)) }
        if report.method == nil { report.unboundRemark = "if it was signed for PUT" }
    }

    private var problems: [String] {
        let presented = url.presented
        var problems: [String] = []
        if !(1...604_800).contains(url.lifetimeSeconds) {
            problems.append("X-Amz-Expires is \(url.lifetimeSeconds); S3 takes 1 to 604800 seconds (7 days)")
        }
        if url.signedAt > now.adding(seconds: 900) { problems.append("it was signed in the future: it is not valid yet") }
        if presented.scope.service != "s3" { problems.append("it was signed for the service \(presented.scope.service), not s3") }
        if presented.scope.date != url.signedAt.dateStamp {
            problems.append("the day in X-Amz-Credential, \(presented.scope.date), is not that of X-Amz-Date")
        }
        if let region = place.region, region != presented.scope.region {
            problems.append("the host is in \(region), but it was signed for \(presented.scope.region)")
        }
        if !presented.signedHeaders.contains("host") { problems.append("host is not signed; S3 demands it") }
        for item in url.ownQuery where item.name.lowercased().hasPrefix("x-amz-") {
            problems.append("\(item.name) stands in the query, where S3 ignores or refuses it; it must be a signed header")
        }
        for name in givenHeaders.map({ $0.name.lowercased() }) where name.hasPrefix("x-amz-") && !url.signedHeaders.contains(name) {
            problems.append("\(name) is not signed; S3 refuses a request that sends it")
        }
        return problems
    }

    // MARK: Signature

    /// Without a method from the user, each is tried: the signature tells which one it was made for.
    private func verify() -> (InspectReport.Verification, S3Method?) {
        let source: FoundCredentials
        switch found {
        case .success(let credentials): source = credentials
        case .failure(let failure): return (.unknown(failure.message), nil)
        }
        guard source.credentials.accessKeyID == url.presented.accessKeyID else {
            return (.unknown("signed with another access key than \(source.credentials.accessKeyID), that of \(source.source)"), nil)
        }
        let missing = url.signedHeaders.filter { assumedValue(of: $0) == nil }
        guard missing.isEmpty else {
            let options = missing.map { "--header '\($0): …'" }.joined(separator: " ")
            return (.unknown("the signature covers headers whose values are not in the URL; add \(options)"), nil)
        }
        return verify(with: source)
    }

    private func verify(with source: FoundCredentials) -> (InspectReport.Verification, S3Method?) {
        let every: [S3Method] = [.get, .put, .head, .delete, .post]
        if let method = (method.map { [$0] } ?? every).first(where: { verifies(as: $0, with: source.credentials) }) {
            return (.verified("as \(method.rawValue), with \(source.source)"), method)
        }
        if let method, let other = every.first(where: { $0 != method && verifies(as: $0, with: source.credentials) }) {
            return (.failed("the method differs: it was signed for \(other.rawValue), not \(method.rawValue)"), nil)
        }
        let diagnosis = SignatureDiagnosis(
            trial: trial(as: method ?? .get), place: place, credentials: source.credentials, keyCache: keyCache)
        let explanation = diagnosis.explanation(methods: method.map { [$0] } ?? every)
        return (.failed(explanation ?? unexplained(source)), nil)
    }

    private func unexplained(_ source: FoundCredentials) -> String {
        """
        no other method, host, path encoding, region, lifetime or added parameter explains it, so the key, the time, a header \
        or the signature itself was changed, or the secret of \(source.credentials.accessKeyID) is not the one in \(source.source)
        """
    }

    private func verifies(as method: S3Method, with credentials: Credentials) -> Bool {
        trial(as: method).verifies(with: credentials, keyCache: keyCache)
    }

    private func trial(as method: S3Method) -> SignatureTrial {
        SignatureTrial(
            method: method.rawValue, host: url.host, rawPath: url.rawPath, query: url.query,
            headers: url.signedHeaders.map { Header($0, assumedValue(of: $0) ?? "") })
    }

    /// Given, or the only value that the header can sensibly have.
    private func assumedValue(of header: String) -> String? {
        value(of: header) ?? ["if-none-match": "*", "x-amz-content-sha256": "UNSIGNED-PAYLOAD"][header]
    }
}
