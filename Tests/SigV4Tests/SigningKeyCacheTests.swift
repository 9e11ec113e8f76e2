import Libcrypto
import SigV4
import Testing

@Suite struct SigningKeyCacheTests {
    let noon = SigningTime(secondsSinceEpoch: 1_369_396_800)

    func signature(_ cache: SigningKeyCache, secret: String = "secret", at time: SigningTime, region: String = "r", service: String = "s3")
        -> String
    {
        let credentials = Credentials(accessKeyID: "AKID", secretAccessKey: Secret(secret))
        return cache.key(for: credentials, at: time, region: region, service: service).sign("text").hex
    }

    @Test func keysOfDifferentScopesAreNeverMixedUp() {
        let cache = SigningKeyCache(capacity: 4)
        let days = (0..<3).map { noon.adding(seconds: $0 * 86400) }
        // More scopes than the cache holds, asked for again and again, against a cache that has never seen another.
        for _ in 0..<3 {
            for secret in ["secret", "other"] {
                for day in days {
                    for region in ["r", "q"] {
                        for service in ["s3", "sts"] {
                            let cached = signature(cache, secret: secret, at: day, region: region, service: service)
                            let fresh = signature(SigningKeyCache(), secret: secret, at: day, region: region, service: service)
                            #expect(cached == fresh)
                        }
                    }
                }
            }
        }
    }

    @Test func theKeyChangesAtMidnight() {
        let cache = SigningKeyCache()
        let lastSecond = SigningTime(secondsSinceEpoch: 1_369_439_999)
        #expect(lastSecond.iso8601 == "2013-05-24T23:59:59Z")
        #expect(signature(cache, at: noon) == signature(cache, at: lastSecond))
        #expect(signature(cache, at: noon) != signature(cache, at: lastSecond.adding(seconds: 1)))
    }

    @Test func manyThreadsGetTheSameKeys() async {
        let cache = SigningKeyCache(capacity: 2)
        let expected = (0..<8).map { signature(SigningKeyCache(), at: noon, region: "region-\($0)") }
        await withTaskGroup(of: Bool.self) { group in
            for task in 0..<64 {
                group.addTask {
                    (0..<100).allSatisfy { signature(cache, at: noon, region: "region-\(($0 + task) % 8)") == expected[($0 + task) % 8] }
                }
            }
            for await isSame in group { #expect(isSame) }
        }
    }
}
