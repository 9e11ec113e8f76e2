// swift-tools-version: 6.2
import PackageDescription

/// Throws libFuzzer's inputs at everything that reads what strangers send.
let package = Package(
    name: "fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "countersign", path: "../.."),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        .executableTarget(
            name: "countersign-fuzz",
            dependencies: [
                "Libcrypto", "SigV4", "S3Signing", "S3Policy", "Uploads", "Settings", "LocalBucket", "UploadService", "countersign",
            ].map { .product(name: $0, package: "countersign") }
                + [.product(name: "Logging", package: "swift-log"), .product(name: "NIOCore", package: "swift-nio")],
            // libFuzzer brings the main function.
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error), .unsafeFlags(["-parse-as-library"])])
    ]
)
