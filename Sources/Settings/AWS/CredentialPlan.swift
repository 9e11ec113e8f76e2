public import Libcrypto
internal import SigV4
public import Uploads

/// Whose credentials are to be used and how they are got, as far as variables and files say it; nothing has been asked of anyone yet.
public struct CredentialPlan: Sendable {
    public indirect enum Step: Sendable {
        /// They are here.
        case fixed(SigningCredentials)
        /// A program prints them: its name and arguments.
        case process([String])
        /// A role, taken with other credentials.
        case assumeRole(AssumedRole, source: CredentialPlan)
        /// A role, taken with a token that somebody keeps fresh in a file.
        case webIdentity(AssumedRole, tokenFile: String)
        /// The endpoint of ECS, EKS Pod Identity, or a program that stands in for them.
        case container(ContainerCredentials)
        /// The role of this EC2 instance.
        case instance(InstanceMetadata)
    }

    public let step: Step
    /// Where it is said, such as `the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY` or `~/.aws/config:3`.
    public let origin: String

    init(_ step: Step, origin: String) {
        self.step = step
        self.origin = origin
    }

    /// What two environments must not share, in words: one of them could write where the other does.
    var identity: String {
        switch step {
        case .fixed(let credentials): "the access key \(credentials.credentials.accessKeyID)"
        // Of the command only the place: somebody may have written a secret into it.
        case .process: "the \(origin)"
        case .assumeRole(let role, _), .webIdentity(let role, _): "the role \(role.arn)"
        case .container(let endpoint): "the endpoint \(endpoint.url)"
        case .instance: "the instance's role"
        }
    }

    func isSame(as other: CredentialPlan) -> Bool {
        switch (step, other.step) {
        case (.process(let words), .process(let others)): words == others
        default: identity == other.identity
        }
    }

    /// Whether these are the same keys as long as the process lives.
    public var isFixed: Bool {
        if case .fixed(let credentials) = step { credentials.expiresAt == nil } else { false }
    }
}

/// A role to take from the Security Token Service.
public struct AssumedRole: Sendable, Equatable {
    public let arn: String
    /// Stands in CloudTrail and in the role's session; nil for one made up at each call.
    public let sessionName: String?
    public let externalID: String?
    /// How long the credentials shall live; nil for what STS takes without being told, an hour.
    public let durationSeconds: Int?
    /// Of STS, with the region that requests are signed for.
    public let endpointURL: String
    public let region: String
}

/// An endpoint that gives the credentials of a container.
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
public struct ContainerCredentials: Sendable {
    /// What goes into the Authorization header.
    public enum Authorization: Sendable {
        case none
        case token(Secret)
        /// Read anew for each request: somebody keeps it fresh.
        case file(String)
    }

    public let url: String
    public let authorization: Authorization
}

/// The metadata service of an EC2 instance.
public struct InstanceMetadata: Sendable, Equatable {
    /// Its base URL.
    public let endpointURL: String
    /// What was looked at before, where it is only asked because nothing else is configured.
    public let lookedAt: String?
}
