import S3Signing
import SigV4

/// A request exactly as it goes over the wire, in parts that a test can alter after it has been signed.
struct WireRequest: Sendable {
    var method: String
    var path: String
    /// Raw `name=value` pairs, in their order.
    var query: [String]
    /// All headers but Content-Length, `Host` first.
    var headers: [Header]
    var body: [UInt8]
    /// Whether Content-Length is added, as every client does for a body.
    var sendsLength = true

    var target: String { self.query.isEmpty ? self.path : "\(self.path)?\(self.query.joined(separator: "&"))" }

    /// The headers that are sent.
    private var allHeaders: [Header] {
        let hasLength = self.headers.contains { $0.name.lowercased() == "content-length" }
        let needsLength = self.sendsLength && !hasLength && !(self.body.isEmpty && self.method != "PUT")
        return self.headers + (needsLength ? [Header("Content-Length", "\(self.body.count)")] : [])
    }

    var bytes: [UInt8] {
        let lines = ["\(self.method) \(self.target) HTTP/1.1"] + self.allHeaders.map { "\($0.name): \($0.value)" }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + self.body
    }

    /// The request as a verifier gets it.
    var received: ReceivedRequest { ReceivedRequest(method: self.method, target: self.target, headers: self.allHeaders) }
}

extension WireRequest {
    /// Sets the raw value of a parameter that is there.
    mutating func set(_ name: String, _ value: String) {
        self.query[self.index(of: name)] = "\(name)=\(value)"
    }

    mutating func remove(_ name: String) {
        self.query.remove(at: self.index(of: name))
    }

    private func index(of name: String) -> Int {
        guard let index = self.query.firstIndex(where: { $0.hasPrefix("\(name)=") }) else { preconditionFailure("no parameter \(name)") }
        return index
    }

    func value(_ name: String) -> String {
        String(self.query[self.index(of: name)].dropFirst(name.utf8.count + 1))
    }

    /// The value of the first header of a name that must be there.
    subscript(header name: String) -> String {
        get { self.headers[self.headerIndex(name)].value }
        set { self.headers[self.headerIndex(name)].value = newValue }
    }

    mutating func removeHeader(_ name: String) {
        self.headers.remove(at: self.headerIndex(name))
    }

    mutating func add(_ name: String, _ value: String) {
        self.headers.append(Header(name, value))
    }

    private func headerIndex(_ name: String) -> Int {
        guard let index = self.headers.firstIndex(where: { $0.name.lowercased() == name.lowercased() }) else {
            preconditionFailure("no header \(name)")
        }
        return index
    }

    /// Replaces what must be there.
    mutating func replace(_ part: String, with other: String, inHeader name: String = "Authorization") {
        precondition(self[header: name].contains(part), "\(part) is not in \(name)")
        self[header: name] = self[header: name].replacing(part, with: other)
    }
}
