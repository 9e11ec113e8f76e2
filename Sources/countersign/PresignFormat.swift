import ArgumentParser
import S3Signing
import SigV4

/// How `presign` prints what it signed.
enum PresignFormat: String, CaseIterable, ExpressibleByArgument {
    case url, json, curl, fetch, html
}

/// A presigned request or a signed form, ready to be printed.
struct SignedOutput {
    let method: S3Method
    let url: String
    var headers: [Header] = []
    var fields: [Header] = []
    /// Form fields that the client fills in itself, with the prefix that the policy demands.
    var openFields: [Header] = []
    let key: String?
    let expiresAt: SigningTime
    /// Nil for a form: its policy is what is signed.
    let canonicalRequest: String?
    let stringToSign: String

    func text(as format: PresignFormat) throws -> String {
        switch format {
        case .url: url
        case .json: json.pretty
        case .curl: curl
        case .fetch: fetch
        case .html: try html
        }
    }

    private var json: JSON {
        .object([
            .init("method", .string(method.rawValue)),
            .init("url", .string(url)),
            .init("headers", Self.object(headers)),
            .init("fields", Self.object(fields)),
            .init("expiresAt", .string(expiresAt.iso8601)),
            .init("canonicalRequest", canonicalRequest.map(JSON.string) ?? .null),
            .init("stringToSign", .string(stringToSign)),
        ])
    }

    private static func object(_ pairs: [Header]) -> JSON {
        .object(pairs.map { .init($0.name, .string($0.value)) })
    }

    // MARK: curl

    private var curl: String {
        var words = ["curl", "--fail-with-body"]
        if hasDotSegments { words.append("--path-as-is") }
        switch method {
        case .get: words += ["--output", fileName]
        case .head: words.append("--head")
        case .post where !fields.isEmpty: break
        default: words += ["-X", method.rawValue]
        }
        for header in headers where header.name.lowercased() != "content-length" {
            words += ["-H", Quoting.shell(header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)")]
        }
        for field in fields + openFields { words += ["--form-string", Quoting.shell("\(field.name)=\(field.value)")] }
        if method == .put { words += ["--upload-file", fileName] }
        if isForm { words += ["-F", Quoting.shell("file=@\(fileName)")] }
        return (words + [Quoting.shell(url)]).joined(separator: " ")
    }

    private var isForm: Bool { method == .post && !fields.isEmpty }

    /// The key's last segment when it is harmless as a file name on any system, else `FILE`.
    private var fileName: String {
        let last = (key ?? "").utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).last.map { String(Substring($0)) }
        guard let last, let first = last.utf8.first, isPlain(first), last.utf8.allSatisfy({ isPlain($0) || $0 == 0x2E || $0 == 0x2D })
        else { return "FILE" }
        return last
    }

    private func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: byte == UInt8(ascii: "_")
        }
    }

    /// Browsers, and curl without `--path-as-is`, collapse these before they send.
    var hasDotSegments: Bool {
        (key ?? "").utf8.split(separator: UInt8(ascii: "/")).contains { $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) }
    }

    // MARK: JavaScript and HTML

    private var fetch: String {
        if isForm {
            let lines =
                ["const form = new FormData();"]
                + (fields + openFields).map { "form.append(\(Quoting.javaScript($0.name)), \(Quoting.javaScript($0.value)));" }
                + [
                    "form.append(\"file\", file);",
                    "const response = await fetch(\(Quoting.javaScript(url)), { method: \"POST\", body: form });",
                ]
            return lines.joined(separator: "\n")
        }
        var lines: [String] = []
        if let length = headers.first(where: { $0.name.lowercased() == "content-length" }) {
            lines.append("// file.size must be \(length.value): the browser sends it by itself, and it is signed")
        }
        lines.append("const response = await fetch(\(Quoting.javaScript(url)), {")
        lines.append("  method: \(Quoting.javaScript(method.rawValue)),")
        let sent = headers.filter { $0.name.lowercased() != "content-length" }
        if !sent.isEmpty {
            lines.append("  headers: {")
            lines += sent.map { "    \(Quoting.javaScript($0.name)): \(Quoting.javaScript($0.value))," }
            lines.append("  },")
        }
        if method == .put { lines.append("  body: file,") }
        return (lines + ["});"]).joined(separator: "\n")
    }

    private var html: String {
        get throws {
            let head = "<!doctype html>\n<meta charset=\"utf-8\">\n"
            if isForm { return head + form }
            switch method {
            case .get: return head + "<a href=\"\(Quoting.html(url))\">\(Quoting.html(key ?? "list the bucket"))</a>"
            case .put: return head + putPage
            default: throw CommandFailure.wrongUse("--format html works with get, put, part and post; take --format fetch or curl.")
            }
        }
    }

    private var form: String {
        let hidden = fields.map { "  <input type=\"hidden\" name=\"\(Quoting.html($0.name))\" value=\"\(Quoting.html($0.value))\">" }
        let open = openFields.map {
            "  <label>\(Quoting.html($0.name)) <input name=\"\(Quoting.html($0.name))\" value=\"\(Quoting.html($0.value))\"></label>"
        }
        let lines = ["<form action=\"\(Quoting.html(url))\" method=\"post\" enctype=\"multipart/form-data\">"] + hidden + open
        return (lines + ["  <input type=\"file\" name=\"file\" required>", "  <button>Upload</button>", "</form>"])
            .joined(separator: "\n")
    }

    private var putPage: String {
        let body = fetch.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")
        return """
            <input type="file" id="file">
            <output id="outcome"></output>
            <script>
              document.getElementById("file").addEventListener("change", async (event) => {
                const file = event.target.files[0];
            \(body)
                document.getElementById("outcome").textContent =
                  response.ok ? "Stored." : `${response.status}: ${await response.text()}`;
              });
            </script>
            """
    }
}
