// swift-tools-version: 6.2
import PackageDescription

/// Measures what signing costs beside its floor, libcrypto's work on the same bytes, and what questions about policies cost.
let package = Package(
    name: "benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "countersign", path: "../..")],
    targets: [
        .target(name: "Floor", cSettings: [.treatAllWarnings(as: .error)], linkerSettings: [.linkedLibrary("crypto")]),
        .target(name: "Allocations", cSettings: [.treatAllWarnings(as: .error)]),
        .executableTarget(
            name: "signing-bench",
            dependencies: ["Floor", "Allocations"]
                + ["Libcrypto", "SigV4", "S3Signing"].map { .product(name: $0, package: "countersign") },
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]),
        .executableTarget(
            name: "policy-bench", dependencies: [.product(name: "S3Policy", package: "countersign")],
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]),
    ]
)
