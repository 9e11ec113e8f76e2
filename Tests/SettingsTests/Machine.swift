import Libcrypto
import SigV4
import Uploads

@testable import Settings

/// A machine with shared files of AWS's tools in the home folder of Ada.
enum Machine {
    static func settings(_ variables: [String: String] = [:], credentials: String? = nil, config: String? = nil) -> AWSSettings {
        AWSSettings(variables: variables.merging(["HOME": "/people/ada"]) { $1 }) { path throws(AWSSettingsError) in
            switch path {
            case "/people/ada/.aws/credentials": credentials.map { Array($0.utf8) }
            case "/people/ada/.aws/config": config.map { Array($0.utf8) }
            default: nil
            }
        }
    }

    /// A plan in few words: `role arn:… with keys A`.
    static func text(of plan: CredentialPlan) -> String {
        switch plan.step {
        case .fixed(let signing): "keys \(signing.credentials.accessKeyID)" + (signing.expiresAt.map { " until \($0)" } ?? "")
        case .process(let words): "process \(words.joined(separator: "|"))"
        case .assumeRole(let role, let source): "role \(role.arn.split(separator: "/").last ?? "") with \(text(of: source))"
        case .webIdentity(let role, let file): "role \(role.arn.split(separator: "/").last ?? "") with token \(file)"
        case .container(let endpoint): "container \(endpoint.url)"
        case .instance(let metadata): "instance \(metadata.endpointURL)"
        }
    }
}
