// swift-tools-version: 6.2
import PackageDescription

/// What the service is measured against: one Hummingbird route that reads a body and answers with constant bytes.
let package = Package(
    name: "benchmark-http",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "countersign", path: "../../.."),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    ],
    targets: [
        .executableTarget(
            name: "BareRoute",
            dependencies: [
                .product(name: "countersign", package: "countersign"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)])
    ]
)
