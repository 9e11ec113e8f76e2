extension IssueCode {
    static let invalidServiceInAction = IssueCode("INVALID_SERVICE_IN_ACTION", .error)
}

/// An action names a service that AWS does not have.
enum InvalidServiceInAction: ValidationRule {
    static let codes = [IssueCode.invalidServiceInAction]

    static func findings(in subject: ValidationSubject) -> [Finding] {
        subject.inActions { _, action in
            guard let pattern = action.pattern, !pattern.service.contains(where: { $0 == "*" || $0 == "?" || $0 == "$" })
            else { return nil }
            guard !ServicePrefixes.all.contains(pattern.service.lowercased()) else { return nil }
            let isS3 = subject.reference.action(named: pattern.name) != nil
            let nearest = isS3 ? "s3" : NearestName.of(pattern.service, among: ServicePrefixes.all)
            let message = ServicePrefixes.unknownMessage(pattern.service) + Finding.didYouMean(nearest.map { "\($0):\(pattern.name)" })
            return Finding(
                .invalidServiceInAction, message, at: action.range, fix: isS3 ? .replace(action.range, by: "s3:\(pattern.name)") : nil)
        }
    }
}
