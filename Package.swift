// swift-tools-version: 6.2
import PackageDescription

/// Every target: Swift 6 mode, warnings are errors, imports stay where they are written.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// The pure core besides: unsafe code is marked where it stands.
let coreSettings: [SwiftSetting] = settings + [.strictMemorySafety()]

/// Whether the fuzzers of `Tests/Fuzz` are built, which stand on more than there are products.
let isFuzzed = Context.environment["COUNTERSIGN_FUZZ"] != nil

let package = Package(
    name: "countersign",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "countersign", targets: ["countersign"]),
        .library(name: "Libcrypto", targets: ["Libcrypto"]),
        .library(name: "SigV4", targets: ["SigV4"]),
        .library(name: "S3Signing", targets: ["S3Signing"]),
        .library(name: "S3Policy", targets: ["S3Policy"]),
        .library(name: "Uploads", targets: ["Uploads"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        .systemLibrary(name: "CLibcrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

        // The pure core: no I/O, no clock, no randomness of its own, no Foundation.
        .target(name: "Libcrypto", dependencies: ["CLibcrypto"], swiftSettings: coreSettings),
        .target(name: "SigV4", dependencies: ["Libcrypto"], swiftSettings: coreSettings),
        .target(name: "S3Signing", dependencies: ["SigV4"], swiftSettings: coreSettings),
        .target(name: "S3Policy", swiftSettings: coreSettings),
        .target(name: "Uploads", dependencies: ["S3Signing", "S3Policy", "Libcrypto", "SigV4"], swiftSettings: coreSettings),

        .target(
            name: "Settings",
            dependencies: [
                "Uploads", "S3Signing", "S3Policy", "SigV4", "Libcrypto",
                .product(name: "Yams", package: "Yams"),
                .product(name: "Configuration", package: "swift-configuration"),
            ],
            swiftSettings: settings),
        .target(
            name: "Connections",
            dependencies: [
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .target(
            name: "LocalBucket",
            dependencies: [
                "Connections", "S3Signing", "S3Policy", "SigV4", "Libcrypto",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "_NIOFileSystem", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .target(
            name: "UploadService",
            dependencies: [
                "Connections", "Settings", "Uploads", "S3Signing", "S3Policy", "SigV4", "Libcrypto",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            resources: [
                .embedInCode("Resources/countersign.js"),
                .embedInCode("Resources/demo.html"),
                .embedInCode("Resources/openapi.json"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "countersign",
            dependencies: [
                "UploadService", "LocalBucket", "Connections", "Settings", "Uploads", "S3Signing", "S3Policy", "SigV4", "Libcrypto",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "_NIOFileSystem", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),

        .testTarget(name: "LibcryptoTests", dependencies: ["Libcrypto"], swiftSettings: settings),
        .testTarget(
            name: "SigV4Tests", dependencies: ["SigV4", "Libcrypto"], resources: [.copy("Fixtures")], swiftSettings: settings),
        .testTarget(
            name: "S3SigningTests", dependencies: ["S3Signing", "SigV4", "Libcrypto"], resources: [.copy("Fixtures")],
            swiftSettings: settings),
        .testTarget(
            name: "S3PolicyTests", dependencies: ["S3Policy"], resources: [.copy("Fixtures")], swiftSettings: settings),
        .testTarget(
            name: "UploadsTests", dependencies: ["Uploads", "S3Signing", "SigV4", "Libcrypto"], swiftSettings: settings),
        .testTarget(
            name: "SettingsTests",
            dependencies: [
                "Settings", "Uploads", "S3Signing", "S3Policy", "SigV4", "Libcrypto",
                .product(name: "Configuration", package: "swift-configuration"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ConnectionsTests",
            dependencies: [
                "Connections",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "LocalBucketTests",
            dependencies: [
                "LocalBucket", "S3Signing", "SigV4", "Libcrypto",
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "UploadServiceTests",
            dependencies: [
                "UploadService", "LocalBucket", "Settings", "Uploads", "S3Signing", "SigV4", "Libcrypto",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [.copy("Fixtures")],
            swiftSettings: settings),
        .testTarget(
            name: "CountersignTests",
            dependencies: [
                "countersign", "UploadService", "LocalBucket", "Settings", "Uploads", "S3Signing", "S3Policy", "SigV4", "Libcrypto",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
    ]
)

if isFuzzed, let index = package.targets.firstIndex(where: { $0.name == "countersign" }) {
    // The command line without its main function, which libFuzzer brings.
    let command = package.targets[index]
    package.targets[index] = .target(
        name: command.name, dependencies: command.dependencies, exclude: ["Countersign.swift"], swiftSettings: command.swiftSettings)
    package.products.removeAll { $0.name == command.name }
    package.products += ["Settings", "LocalBucket", "UploadService", command.name].map { .library(name: $0, targets: [$0]) }
}
