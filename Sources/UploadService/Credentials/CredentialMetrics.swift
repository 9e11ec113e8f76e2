import CoreMetrics
import SigV4

/// What is counted of one environment's credentials.
struct CredentialMetrics: Sendable {
    static let help = [
        "countersign_credential_refreshes_total": "Fetches of credentials to sign with, by environment and outcome.",
        "countersign_credential_expiry_timestamp_seconds": "When the credentials of an environment end, in seconds since 1970.",
        "countersign_credentials_failing": "Whether the last fetch of an environment's credentials failed.",
    ]

    private let loaded: Counter
    private let failures: Counter
    private let failing: Meter
    private let environment: String
    private let factory: any MetricsFactory

    init(environment: String, factory: any MetricsFactory) {
        func counter(_ outcome: String) -> Counter {
            Counter(
                label: "countersign_credential_refreshes_total", dimensions: [("environment", environment), ("outcome", outcome)],
                factory: factory)
        }
        loaded = counter("loaded")
        failures = counter("failed")
        failing = Meter(label: "countersign_credentials_failing", dimensions: [("environment", environment)], factory: factory)
        failing.set(0)
        self.environment = environment
        self.factory = factory
    }

    func succeeded(expiresAt: SigningTime?) {
        loaded.increment()
        failing.set(0)
        guard let expiresAt else { return }
        Meter(
            label: "countersign_credential_expiry_timestamp_seconds", dimensions: [("environment", environment)], factory: factory
        ).set(expiresAt.secondsSinceEpoch)
    }

    func failed() {
        failures.increment()
        failing.set(1)
    }
}
