import Testing

@testable import Uploads

/// What stores can keep: rules that ask for more do not load.
@Suite struct ProviderTests {
    private func problems(_ provider: Provider, maximumBytes: Int64, partBytes: Int64?) -> [String] {
        let demands = StoreDemands(
            method: partBytes == nil ? .put : .multipart, once: false, needsChecksum: false, hasTags: false, encryption: nil,
            storageClass: nil, headerKeys: [], maximumSizeBytes: maximumBytes, partSizeBytes: partBytes)
        return provider.problems(of: demands, region: nil).map(\.description)
    }

    @Test(arguments: Provider.allCases)
    func takesWhatItKeepsAndNoByteMore(_ provider: Provider) {
        #expect(problems(provider, maximumBytes: provider.largestObjectBytes, partBytes: 16 << 20).isEmpty)
        #expect(
            problems(provider, maximumBytes: provider.largestObjectBytes + 1, partBytes: 16 << 20) == [
                "maximumSize: \(provider.rawValue) keeps objects of up to \(provider.largestObjectBytes) bytes; write that, or less"
            ])
        #expect(problems(provider, maximumBytes: 1, partBytes: provider.largestRequestBytes).isEmpty)
        #expect(
            problems(provider, maximumBytes: 1, partBytes: provider.largestRequestBytes + 1) == [
                "partSize: \(provider.rawValue) takes parts of up to \(provider.largestRequestBytes) bytes"
            ])
        #expect(problems(provider, maximumBytes: provider.largestRequestBytes, partBytes: nil).isEmpty)
    }

    /// The figures of the stores' own pages.
    @Test(
        arguments: [
            (.aws, 53_687_091_200_000, 5_368_709_120), (.r2, 5_492_189_429_760, 5_363_466_240), (.b2, 10_000_000_000_000, 5_000_000_000),
        ] as [(Provider, Int64, Int64)])
    func knowsTheStoresLimits(_ provider: Provider, _ objectBytes: Int64, _ requestBytes: Int64) {
        #expect(provider.largestObjectBytes == objectBytes && provider.largestRequestBytes == requestBytes)
        guard requestBytes < 5 << 30 else { return }
        #expect(
            problems(provider, maximumBytes: requestBytes + 1, partBytes: nil) == [
                "maximumSize: \(provider.rawValue) takes up to \(requestBytes) bytes in one request; write that, or method: MULTIPART"
            ])
    }
}
