import Testing
import Uploads

@testable import Settings

@Suite struct LimitsReaderTests {
    private func limits(_ yaml: String) throws -> UploadLimits {
        let folder = try TemporaryPolicies(["staging/uploads.yaml": validYAML + yaml])
        return try PolicyFolder.environments(in: folder.path)[0].limits
    }

    @Test func `every limit arrives`() throws {
        let limits = try limits(
            """
            limits:
              caller: {requestsPerSecond: 20, burst: 50, openUploads: 100, bytesPerDay: 10 GiB}
              address: {openUploads: 30, bytesPerDay: 5 MiB}
              environment: {requestsPerSecond: 500, openUploads: 10000, bytesPerDay: 1 TiB}
            """)
        #expect(
            limits.caller
                == Allowance(requests: RequestRate(perSecond: 20, burst: 50), openUploads: 100, bytesPerDay: 10 << 30))
        #expect(limits.address == Allowance(openUploads: 30, bytesPerDay: 5 << 20))
        #expect(
            limits.environment
                == Allowance(requests: RequestRate(perSecond: 500, burst: 1500), openUploads: 10_000, bytesPerDay: 1 << 40))
    }

    @Test(arguments: ["", "limits: {}", "limits: {caller: {openUploads: 5}}", "limits: {environment: {requestsPerSecond: 1}}"])
    func `a caller has the usual requests where nothing else is said`(yaml: String) throws {
        #expect(try limits(yaml).caller.requests == RequestRate(perSecond: 100, burst: 300))
    }

    @Test func `where uploads are limited, nobody may have all that is counted`() throws {
        let limits = try limits("limits: {address: {bytesPerDay: 10 GiB}}")
        #expect(limits.caller.openUploads == 10_000 && limits.environment.openUploads == 100_000 && limits.address.openUploads == nil)
        #expect(try self.limits("limits: {caller: {requestsPerSecond: 5}}").caller.openUploads == nil)
    }

    @Test(arguments: [
        ("{caler: {}}", "8:10 limits has no key \"caler\"; did you mean \"caller\"?"),
        ("[caller]", "8:9 limits is a mapping of keys and values, not a list"),
        ("{caller: 5}", "8:18 limits: caller is a mapping of keys and values, not the value \"5\""),
        ("{caller: {requestsPerSecond: 0}}", "8:38 requestsPerSecond: \"0\" is not allowed; use a whole number from 1 to 1000000"),
        ("{caller: {requestsPerSecond: many}}", "8:38 requestsPerSecond: \"many\" is not allowed; use a whole number from 1 to 1000000"),
        ("{caller: {openUploads: 200001}}", "8:32 openUploads: \"200001\" is not allowed; use a whole number from 1 to 200000"),
        ("{caller: {burst: 9}}", "8:26 limits: caller: burst goes with requestsPerSecond; add it"),
        (
            "{caller: {bytesPerDay: 10 XB}}",
            "8:32 bytesPerDay: \"10 XB\" is not a size; write bytes, such as 5242880, or a whole number with KiB, MiB, GiB, TiB, KB, MB, GB or "
                + "TB, such as 5 MiB"
        ),
        ("{caller: {bytesPerDay: 0}}", "8:32 bytesPerDay: use from 1 to 999999999999999 bytes"),
        (
            "{caller: {bytesPerDay: 5 MB}}",
            "8:32 limits.caller.bytesPerDay: the rule photos takes files of 5242880 bytes, more than all of a day; allow at least as much, or "
                + "lower its maximumSize"
        ),
        (
            "{address: {requestsPerSecond: 5}}",
            "8:39 limits: address: an address's requests are counted before it is known which environment they are for; set "
                + "COUNTERSIGN_ADDRESS_REQUESTS"
        ),
    ])
    func `what is no limit is told with its place`(limits: String, problem: String) throws {
        #expect(try TemporaryPolicies.problems("\(validYAML)limits: \(limits)\n") == [problem])
    }

    @Test func `the variables say how many one address may send, and through how many proxies`() throws {
        func settings(_ variables: [String: String]) throws -> ServiceSettings {
            let needed = sealing.merging([
                "COUNTERSIGN_ENVIRONMENT": "staging", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
            ]) { $1 }
            return try ServiceSettings(
                reader: reader(needed.merging(variables) { $1 }), overrides: .init(policiesFolder: shippedPolicies))
        }
        let usual = try settings([:])
        #expect(usual.addressRequests == RequestRate(perSecond: 100) && usual.trustedHops == 0)
        let own = try settings(["COUNTERSIGN_ADDRESS_REQUESTS": "7", "COUNTERSIGN_TRUSTED_HOPS": "2"])
        #expect(own.addressRequests == RequestRate(perSecond: 7, burst: 21) && own.trustedHops == 2)
        #expect(try settings(["COUNTERSIGN_ADDRESS_REQUESTS": "0"]).addressRequests == nil)
        let wrong = problems(["COUNTERSIGN_ENVIRONMENT": "staging", "COUNTERSIGN_TRUSTED_HOPS": "-1", "COUNTERSIGN_ADDRESS_REQUESTS": "x"])
        #expect(
            wrong.contains { $0.hasPrefix("COUNTERSIGN_TRUSTED_HOPS") } && wrong.contains { $0.hasPrefix("COUNTERSIGN_ADDRESS_REQUESTS") })
    }
}
