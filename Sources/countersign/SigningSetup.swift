import ArgumentParser
import S3Signing
import Settings
import SigV4
import Uploads

/// Where a command signs for, and with what: options, variables, shared files and the policies folder together.
struct SigningSetup {
    let location: S3Location
    let credentials: FoundCredentials
    /// Set with `--environment`.
    let environment: Environment?

    init(bucket: String, options: LocationOptions, context: CommandContext) async throws {
        if let name = options.environment {
            let environment = try Self.environment(named: name, options: options, context: context)
            guard environment.location.bucket.name == bucket else {
                throw CommandFailure.wrongUse(
                    """
                    s3://\(Quoting.terminal(bucket)) is not the bucket of \(name); \
                    write s3://\(environment.location.bucket.name)/…, or leave --environment out.
                    """)
            }
            self.environment = environment
            location = environment.location
        } else {
            environment = nil
            location = try Self.location(bucket: bucket, options: options, context: context)
        }
        credentials = try await FoundCredentials.find(environment: options.environment, context: context)
    }

    private static func environment(named name: String, options: LocationOptions, context: CommandContext) throws -> Environment {
        let contradicting = [
            ("--region", options.region != nil), ("--endpoint", options.endpoint != nil), ("--style", options.style != nil),
        ]
        if let option = contradicting.first(where: \.1)?.0 {
            throw CommandFailure.wrongUse("\(option) contradicts --environment, which takes it from the policies folder; leave one out.")
        }
        do {
            let folder = policiesFolder(options.policies, context: context)
            guard let environment = try PolicyFolder.environments(in: folder, named: [name]).first else {
                throw CommandFailure.wrongUse("\(folder) has no environment named \(Quoting.terminal(name)).")
            }
            return environment
        } catch let error as SettingsError {
            throw CommandFailure.wrongUse(error.description)
        }
    }

    static func policiesFolder(_ option: String?, context: CommandContext) -> String {
        option ?? context.variable("COUNTERSIGN_POLICIES") ?? "policies"
    }

    private static func location(bucket: String, options: LocationOptions, context: CommandContext) throws -> S3Location {
        let defaults = try LocationDefaults(context)
        let baseURL = options.endpoint ?? defaults.endpointURL
        let region = try region(options.region ?? defaults.region, hasEndpoint: baseURL != nil, context: context)
        return try s3Location(bucket: bucket, region: region, baseURL: baseURL, style: options.style)
    }

    private static func region(_ region: String?, hasEndpoint: Bool, context: CommandContext) throws -> String {
        if let region { return region }
        guard hasEndpoint else {
            throw CommandFailure.wrongUse(
                "the bucket's region is not known: say --region, set AWS_REGION, or name it in the profile.")
        }
        context.complain("note: no region given; signing for us-east-1, which most stores with an endpoint of their own take")
        return "us-east-1"
    }

    static func s3Location(bucket: String, region: String, baseURL: String?, style: AddressingStyle?) throws -> S3Location {
        do throws(SigningError) {
            let endpoint =
                if let baseURL { try Endpoint(baseURL: baseURL, region: region) } else { try Endpoint.aws(region: region) }
            return try S3Location(endpoint: endpoint, bucket: BucketName(bucket), style: style)
        } catch {
            throw CommandFailure.wrongUse(Quoting.terminal(error.message))
        }
    }
}

/// What AWS's settings say about the place, where no option does.
struct LocationDefaults {
    let region: String?
    let endpointURL: String?

    init(_ context: CommandContext) throws(CommandFailure) {
        let settings = AWSSettings(variables: context.variables)
        do throws(AWSSettingsError) {
            region = try settings.region()
            endpointURL = try settings.endpointURL()
        } catch {
            throw .outside(Quoting.terminal(error.description))
        }
    }
}
