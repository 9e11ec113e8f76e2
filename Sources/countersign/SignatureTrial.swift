import S3Signing
import SigV4

/// One way in which the request may have been signed; `inspect` tries several to say which part differs.
struct SignatureTrial {
    var method: String
    var host: String
    var rawPath: String
    var query: [QueryItem]
    var headers: [Header]
    var payload = PayloadHash.unsigned

    func verifies(with credentials: Credentials, keyCache: SigningKeyCache) -> Bool {
        guard let presented = try? PresentedSignature(query: query), let (time, _) = presented.query else { return false }
        let verifier = RequestVerifier(rules: .s3, keyCache: keyCache)
        let request = SignableRequest(
            method: method, path: rawPath, query: query, headers: [Header("host", Self.withoutDefaultPort(host))] + headers)
        return verifier.verdict(on: request, presented: presented, payload: payload, credentials: credentials, at: time) == .matches
    }

    /// Signers leave the scheme's own port out of the host.
    private static func withoutDefaultPort(_ host: String) -> String {
        let host = host.lowercased()
        return [":443", ":80"].first(where: host.hasSuffix).map { String(host.dropLast($0.count)) } ?? host
    }

    func parameter(_ name: String) -> String? { query.first { $0.name == name }?.value }

    func replacing(parameter name: String, with value: String) -> SignatureTrial {
        var trial = self
        trial.query = query.map { $0.name == name ? QueryItem(name, value) : $0 }
        return trial
    }
}

/// Which single change makes a signature that does not verify verify after all.
struct SignatureDiagnosis {
    let trial: SignatureTrial
    let place: InspectedPlace
    let credentials: Credentials
    let keyCache: SigningKeyCache

    private struct Variation {
        let explanation: String
        let trial: SignatureTrial
    }

    /// In words; nil when no single change explains it.
    func explanation(methods: [S3Method]) -> String? {
        let variations = pathVariations + queryVariations + scopeVariations + hostVariations + headerVariations + payloadVariations
        for variation in variations {
            for method in methods {
                var trial = variation.trial
                trial.method = method.rawValue
                if trial.verifies(with: credentials, keyCache: keyCache) { return "\(variation.explanation) (as \(method.rawValue))" }
            }
        }
        return nil
    }

    private func varied(_ explanation: String, _ change: (inout SignatureTrial) -> Void) -> Variation {
        var copy = trial
        change(&copy)
        return Variation(explanation: explanation, trial: copy)
    }

    private var pathVariations: [Variation] {
        guard let decoded = PercentEncoding.decode(trial.rawPath) else { return [] }
        let encoded = PercentEncoding.encodePath(decoded)
        var variations = [
            varied("the path differs: it was signed encoded twice, as other AWS services want it; S3 wants it once") {
                $0.rawPath = PercentEncoding.encodePath(encoded)
            },
            varied("the path differs: + was signed as a space; in a path it is a plus sign, and a space is %20") {
                $0.rawPath = encoded.replacing("%2B", with: "%20")
            },
            varied("the path differs: dots and double slashes were collapsed before it was signed; S3 takes the path as it is") {
                $0.rawPath = Self.collapsed(encoded)
            },
        ]
        if let twice = PercentEncoding.decode(decoded), twice != decoded {
            variations.append(
                varied("the path differs: it was encoded a second time after signing") { $0.rawPath = PercentEncoding.encodePath(twice) })
        }
        return variations
    }

    /// RFC 3986 section 5.2.4, and empty segments removed, as the general SigV4 rules do it.
    private static func collapsed(_ path: String) -> String {
        var segments: [Substring] = []
        for segment in path.split(separator: "/") {
            if segment == ".." { _ = segments.popLast() } else if segment != "." { segments.append(segment) }
        }
        let tail = path.hasSuffix("/") && !segments.isEmpty ? "/" : ""
        return "/" + segments.joined(separator: "/") + tail
    }

    private var queryVariations: [Variation] {
        let own = trial.query.filter { !InspectedURL.signatureParameters.contains($0.name) }
        var variations = own.map { item in
            varied("the query differs: \(item.name) was added after signing") { $0.query.removeAll { $0 == item } }
        }
        if own.count > 1 {
            variations.append(
                varied("the query differs: \(own.map(\.name).joined(separator: ", ")) were added after signing") {
                    $0.query.removeAll { own.contains($0) }
                })
        }
        for seconds in [60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 259_200, 604_800] {
            let changed = trial.replacing(parameter: "X-Amz-Expires", with: String(seconds))
            variations.append(Variation(explanation: "X-Amz-Expires was changed: it was signed for \(seconds) seconds", trial: changed))
        }
        if let token = credentials.sessionToken, trial.parameter("X-Amz-Security-Token") != token {
            variations.append(
                varied("X-Amz-Security-Token is missing or another one") { trial in
                    trial.query.removeAll { $0.name == "X-Amz-Security-Token" }
                    trial.query.append(QueryItem("X-Amz-Security-Token", token))
                })
        }
        return variations
    }

    private var scopeVariations: [Variation] {
        guard let credential = trial.parameter("X-Amz-Credential"), let date = trial.parameter("X-Amz-Date"),
            let (id, scope) = try? PresentedSignature.credential(credential, field: "X-Amz-Credential")
        else { return [] }
        let regions = [place.region, "us-east-1", "auto"].compactMap(\.self).filter { $0 != scope.region }
        let byRegion = regions.map { region in
            let other = CredentialScope(date: scope.date, region: region, service: scope.service)
            return Variation(
                explanation: "the region in X-Amz-Credential was changed: it was signed for \(region)",
                trial: trial.replacing(parameter: "X-Amz-Credential", with: "\(id)/\(other)"))
        }
        let day = String(date.prefix(8))
        let byDay = CredentialScope(date: day, region: scope.region, service: scope.service)
        let byService = CredentialScope(date: scope.date, region: scope.region, service: "s3")
        return byRegion + [
            Variation(
                explanation: "the day in X-Amz-Credential was changed: it was signed for \(day)",
                trial: trial.replacing(parameter: "X-Amz-Credential", with: "\(id)/\(byDay)")),
            Variation(
                explanation: "the service in X-Amz-Credential was changed: it was signed for s3",
                trial: trial.replacing(parameter: "X-Amz-Credential", with: "\(id)/\(byService)")),
        ]
    }

    private var hostVariations: [Variation] {
        var hosts: [(host: String, path: String)] = []
        if let aws = AWSHost(trial.host), let bucket = place.bucket {
            let suffix = trial.host.lowercased().hasSuffix(".cn") ? "amazonaws.com.cn" : "amazonaws.com"
            let keyPath = aws.bucket == nil ? String(trial.rawPath.dropFirst(bucket.count + 1)) : trial.rawPath
            let regions = [trial.parameter("X-Amz-Credential")?.split(separator: "/").dropFirst(2).first.map(String.init), aws.region]
            let services = ["s3"] + Set(regions.compactMap(\.self)).sorted().map { "s3.\($0)" }
            for service in services {
                hosts.append(("\(bucket).\(service).\(suffix)", keyPath.isEmpty ? "/" : keyPath))
                hosts.append(("\(service).\(suffix)", "/\(bucket)\(keyPath)"))
            }
        }
        let bare = trial.host.split(separator: ":").first.map(String.init) ?? trial.host
        if bare != trial.host { hosts.append((bare, trial.rawPath)) }
        return hosts.filter { $0.host != trial.host.lowercased() || $0.path != trial.rawPath }.map { other in
            varied("the host differs: it was signed for \(other.host)") { trial in
                trial.host = other.host
                trial.rawPath = other.path
            }
        }
    }

    private var headerVariations: [Variation] {
        trial.headers.indices.flatMap { index in
            let header = trial.headers[index]
            let isType = header.name.lowercased() == "content-type"
            let others = [""] + (isType ? ["application/octet-stream", "binary/octet-stream", "application/x-www-form-urlencoded"] : [])
            return others.filter { $0 != header.value }.map { value in
                varied("\(header.name) differs: it was signed as \"\(value)\", not \"\(header.value)\"") { $0.headers[index].value = value }
            }
        }
    }

    private var payloadVariations: [Variation] {
        [varied("the payload line differs: it was signed with the hash of an empty body, not UNSIGNED-PAYLOAD") { $0.payload = .empty }]
    }
}
