import S3Signing
import Settings
import Uploads

/// What an environment makes of verified claims, as its `uploads.yaml` says.
extension TokenIssuer {
    /// The caller that a verified token stands for.
    func caller(of claims: TokenClaims) throws(TokenFault) -> Caller {
        guard claims.audiences.contains(where: audiences.contains) else {
            throw TokenFault(.audience, "This token is for another audience (aud): ask its issuer for one for this service.")
        }
        for (claim, value) in requiredClaims where !(claims[claim].map { Self.holds($0, value) } ?? false) {
            throw TokenFault(.claims, "A claim of this token does not have the value that this service requires.")
        }
        return Caller(
            .subject(claims.subject, issuer: name), environment: environment, rules: try ruleNames(claims), group: try group(claims))
    }

    private static func holds(_ claim: JSON, _ value: ClaimValue) -> Bool {
        if case .array(let elements) = claim { return elements.contains { equals($0, value) } }
        return equals(claim, value)
    }

    private static func equals(_ claim: JSON, _ value: ClaimValue) -> Bool {
        switch (claim, value) {
        case (.string(let text), .text(let wanted)): text.utf8.elementsEqual(wanted.utf8)
        case (.integer(let number), .integer(let wanted)): number == wanted
        case (.bool(let flag), .flag(let wanted)): flag == wanted
        default: false
        }
    }

    private func ruleNames(_ claims: TokenClaims) throws(TokenFault) -> Set<String>? {
        switch rules {
        case .all: return nil
        case .these(let names): return names
        case .claim(let claim, let existing):
            switch claims[claim] {
            case nil: return []
            case .string(let text)?: return existing.intersection(text.split(separator: " ").map(String.init))
            case .array(let elements)?:
                let names = elements.compactMap(\.string)
                if names.count == elements.count { return existing.intersection(names) }
            default: break
            }
            throw TokenFault(.claims, "The claim of this token that names its rules must be a text or an array of texts.")
        }
    }

    private func group(_ claims: TokenClaims) throws(TokenFault) -> String? {
        guard let groupClaim else { return nil }
        guard let group = claims[groupClaim]?.string, (1...256).contains(group.utf8.count) else {
            throw TokenFault(.claims, "The claim of this token that names its group is missing, or is no text of 1 to 256 bytes.")
        }
        return group
    }
}
