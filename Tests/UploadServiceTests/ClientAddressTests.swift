import HTTPTypes
import NIOCore
import Testing

@testable import UploadService

@Suite struct ClientAddressTests {
    private func address(_ forwarded: [String] = [], hops: Int = 0, peer: String? = "203.0.113.9") throws -> String? {
        var headers = HTTPFields()
        for value in forwarded { headers.append(HTTPField(name: .xForwardedFor, value: value)) }
        let peer = try peer.map { try SocketAddress(ipAddress: $0, port: 4711) }
        return ClientAddress(trustedHops: hops).text(peer: peer, headers)
    }

    @Test func `without proxies nothing that a client writes counts`() throws {
        #expect(try address(["198.51.100.1"]) == "203.0.113.9")
        #expect(try address() == "203.0.113.9")
    }

    @Test(arguments: [
        (1, ["198.51.100.1"]), (1, ["6.6.6.6, 198.51.100.1"]), (1, ["6.6.6.6", "198.51.100.1"]),
        (2, ["6.6.6.6, 198.51.100.1, 192.0.2.1"]),
        (2, ["6.6.6.6, 198.51.100.1", "192.0.2.1"]), (2, ["198.51.100.1,192.0.2.1"]), (1, ["  198.51.100.1  "]),
        (1, ["198.51.100.1:52100"]),
        (3, ["evil, 198.51.100.1:1, unknown, 192.0.2.1"]),
    ])
    func `behind proxies the address is that many entries from the end`(hops: Int, forwarded: [String]) throws {
        #expect(try address(forwarded, hops: hops) == "198.51.100.1")
    }

    @Test(arguments: [
        [], [""], ["unknown"], ["198.51.100.1, "], ["198.51.100.1, unknown"], ["_hidden"], ["198.51.100.256"], ["[198.51.100.1"],
        [String(repeating: "1", count: 5_000)], ["localhost"],
    ])
    func `what is no address leaves whoever is connected`(forwarded: [String]) throws {
        #expect(try address(forwarded, hops: 1) == "203.0.113.9")
    }

    @Test func `fewer entries than proxies are not trusted`() throws {
        #expect(try address(["198.51.100.1"], hops: 2) == "203.0.113.9")
    }

    @Test(arguments: [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:db8:1:2::9", "2001:db8:1:2::/64"), ("2001:db8::1", "2001:db8:0:0::/64"),
        ("::1", "0:0:0:0::/64"), ("2001:db8::", "2001:db8:0:0::/64"), ("fe80::a:b:c:d:e", "fe80:0:0:a::/64"),
        ("1::2:3:4:5:6:7", "1:0:2:3::/64"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
    ])
    func `a network of IPv6 is one client`(text: String, expected: String) throws {
        #expect(try address(peer: text) == expected)
        #expect(try address(["[\(text)]:443"], hops: 1) == expected)
        #expect(try address([text], hops: 1) == expected)
    }

    @Test func `a socket of the file system has no address`() throws {
        #expect(try address(["198.51.100.1"], peer: nil) == nil)
        #expect(try address(["198.51.100.1"], hops: 1, peer: nil) == "198.51.100.1")
    }
}
