import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import S3Signing
import SigV4
import Testing

/// Any key is kept as it is and does no harm on the disk.
@Suite struct KeyTests {
    private static let hostile = [
        "..", "../../etc/passwd", "a/../b", "./a", "a//b", "/leading", "trailing/", "//", ".", "a/./b", "~", "a b", "a+b", "a%2Fb", "a%b",
        "ü",
        "e\u{301}", "é", "日本語", "😀/🎉", "a\u{0}b", "\u{1}\u{7f}", "a\nb", "CON", "nul.", "A", "a", "<&\">'", "?x=y#z", "a;b,c=d&e",
        String(repeating: "x", count: 1024), String(repeating: "/", count: 1024), String(repeating: "😀", count: 256), "\u{feff}",
        "${filename}",
    ]

    @Test func hostileKeysAreDistinctAndSafe() async throws {
        try await withBucket { bucket async throws in
            for key in Self.hostile {
                let put = try await bucket.send(.put, key, body: "body of \(key)")
                #expect(put.status == .ok, "\(key.debugDescription): \(put.text)")
            }
            for key in Self.hostile {
                let got = try await bucket.send(.get, key)
                #expect(got.text.utf8.elementsEqual("body of \(key)".utf8), "\(key.debugDescription): \(got.text)")
                let shared = try await bucket.presigned(.get, key)
                #expect(shared.text.utf8.elementsEqual("body of \(key)".utf8), "\(key.debugDescription)")
            }
            #expect(try bucket.folder.files("photos/objects").count == Self.hostile.count)
            #expect(try bucket.folder.files("") == ["photos", "photos.archive"])
            #expect(try bucket.folder.files("photos") == ["incoming", "objects", "parts", "uploads"])
            for name in try bucket.folder.files("photos/objects") {
                #expect(name.utf8.count <= 255)
                #expect(name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") })
            }

            let list = try await bucket.send(.get, nil, query: [("list-type", "2"), ("encoding-type", "url")])
            let keys = list.elements("Key").map { PercentEncoding.decode($0)! }
            let sorted = Self.hostile.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            #expect(keys.map { Array($0.utf8) } == sorted.map { Array($0.utf8) })

            for key in Self.hostile { #expect(try await bucket.send(.delete, key).status == .noContent) }
            #expect(try bucket.folder.files("photos/objects") == [])
        }
    }

    @Test(arguments: 0..<20)
    func anyKeyComesBack(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("ab./\\%+ ~ü😀\u{0}\u{a}\"'<&?#=;:@\u{301}".unicodeScalars)
        var key = ""
        while key.unicodeScalars.count < 1 + Int(seed) * 5 { key.unicodeScalars.append(alphabet.randomElement(using: &random)!) }
        let fixed = key
        try await withBucket { bucket async throws in
            #expect(try await bucket.send(.put, fixed, body: fixed).status == .ok)
            #expect(try await bucket.send(.get, fixed).text.utf8.elementsEqual(fixed.utf8))
        }
    }

    @Test func aKeyTooLongIsToldSo() async throws {
        try await withBucket { bucket async throws in
            let answer = try await bucket.send("PUT", "/photos/" + String(repeating: "k", count: 1025), [], body: .init(string: "x"))
            #expect(answer.refusal == "400 KeyTooLongError")
            #expect(answer.element("Size") == "1025")
            #expect(answer.element("MaxSizeAllowed") == "1024")
        }
    }

    @Test(arguments: ["/photos/%", "/photos/%zz", "/photos/%ff", "/photos/a?b=%f"])
    func aBrokenTargetIsToldSo(target: String) async throws {
        try await withBucket { bucket async throws in
            #expect(try await bucket.send("GET", target, [], body: nil).refusal == "400 InvalidURI")
        }
    }
}
