// swift-tools-version: 6.2
import PackageDescription

/// A program on the core's products alone. It is built to be looked at: what is it linked with?
let package = Package(
    name: "linkage",
    dependencies: [.package(name: "countersign", path: "../..")],
    targets: [
        .executableTarget(
            name: "CoreOnly",
            dependencies: ["Libcrypto", "SigV4", "S3Signing", "S3Policy", "Uploads"].map { .product(name: $0, package: "countersign") },
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)])
    ]
)
