/// A web origin that pages may call from: exact (`https://app.example.com`), or with one `*` inside its leftmost label
/// (`https://deploy-preview-*--site.netlify.app`).
///
/// The wildcard stands for one or more letters, digits and hyphens, never for a dot.
public struct OriginPattern: Sendable, Hashable, CustomStringConvertible {
    /// As browsers send it: lower-case, without a default port or a trailing slash.
    public let text: String
    private let prefix: String
    /// `nil` for an exact origin.
    private let suffix: String?

    public init(_ text: String) throws(InvalidValue) {
        let parts = try OriginPattern.split(text)
        let labels = parts.host.split(separator: ".", omittingEmptySubsequences: false)
        let isLoopback = OriginPattern.isLoopback(parts.host)
        guard parts.scheme == "https" || isLoopback else {
            throw InvalidValue("\(quoted(text)): plain http is for localhost only; write https://\(parts.host)")
        }
        if parts.host.contains("*") {
            try OriginPattern.checkWildcard(labels, in: text)
        }
        guard parts.host.hasPrefix("[") ? isLoopback : labels.allSatisfy(OriginPattern.isLabel) else {
            throw InvalidValue("\(quoted(text)): \(quoted(parts.host)) is not a host name; write other scripts in punycode (xn--…)")
        }
        self.text = "\(parts.scheme)://\(parts.host)\(parts.port.map { ":\($0)" } ?? "")"
        let pieces = self.text.split(separator: "*", maxSplits: 1, omittingEmptySubsequences: false)
        prefix = String(pieces[0])
        suffix = pieces.count == 2 ? String(pieces[1]) : nil
    }

    public var description: String { text }

    /// Compares with an `Origin` header, byte for byte as browsers send it (RFC 6454 section 6.2). `null` never matches.
    public func matches(_ origin: String) -> Bool {
        let origin = origin.utf8
        guard let suffix else { return origin.elementsEqual(prefix.utf8) }
        guard origin.count > prefix.utf8.count + suffix.utf8.count, origin.starts(with: prefix.utf8),
            origin.reversed().starts(with: suffix.utf8.reversed())
        else { return false }
        return origin.dropFirst(prefix.utf8.count).dropLast(suffix.utf8.count).allSatisfy(OriginPattern.isLabelByte)
    }
}

// MARK: - Parsing

extension OriginPattern {
    private static func split(_ text: String) throws(InvalidValue) -> (scheme: String, host: String, port: Int?) {
        let lowered = ASCII.lowercased(text)
        guard let scheme = ["https", "http"].first(where: { lowered.hasPrefix($0 + "://") }) else {
            throw InvalidValue("\(quoted(text)) is not an origin; write https:// and a host, such as https://app.example.com")
        }
        let authority = lowered.dropFirst(scheme.utf8.count + 3)
        if authority.utf8.contains(where: { "/?#@".utf8.contains($0) }) {
            throw InvalidValue("\(quoted(text)): an origin is a scheme, a host and perhaps a port, without a path or a \"/\" at the end")
        }
        var host = authority
        var port: Int?
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            host = authority[..<colon]
            let digits = authority[authority.index(after: colon)...]
            guard digits.utf8.allSatisfy(ASCII.isDigit), let number = Int(digits), (1...65535).contains(number) else {
                throw InvalidValue("\(quoted(text)): a port is a number from 1 to 65535")
            }
            port = number == (scheme == "https" ? 443 : 80) ? nil : number
        }
        guard !host.isEmpty, host.utf8.count <= 253 else {
            throw InvalidValue("\(quoted(text)): the host is missing or longer than 253 characters")
        }
        return (scheme, String(host), port)
    }

    private static func checkWildcard(_ labels: [Substring], in text: String) throws(InvalidValue) {
        guard labels[0].contains("*"), labels.joined().filter({ $0 == "*" }).count == 1 else {
            throw InvalidValue("\(quoted(text)): an origin may hold one \"*\", inside its leftmost label")
        }
        let parent = labels.dropFirst().joined(separator: ".")
        guard !parent.isEmpty else {
            throw InvalidValue(
                "\(quoted(text)): \"*\" stands for a part of one label; write the rest of the host, such as https://*.example.com")
        }
        let isShared =
            labels.count < 3 || sharedSuffixes.contains(parent) || sharedZones.contains { parent == $0 || parent.hasSuffix("." + $0) }
            || isRegistrySuffix(labels.dropFirst())
        if isShared && !(zonesOfPreviews.contains(parent) && endsInSiteName(labels[0])) {
            throw InvalidValue(
                "\(quoted(text)): others can register names under \(quoted(parent)); write the origin exactly, or a host's previews "
                    + "with your own site's name behind two hyphens, such as https://deploy-preview-*--mysite.netlify.app")
        }
    }

    private static let registryWords: Set<String> = [
        "ac", "asso", "co", "com", "edu", "go", "gob", "gouv", "gov", "govt", "info", "ltd", "me", "mil", "name", "ne", "net", "nom", "or",
        "org", "plc", "school",
    ]

    /// Hosts that give `ANYTHING--NAME` to the owner of `NAME` alone.
    private static let zonesOfPreviews: Set<String> = ["netlify.app"]

    /// Whether what stands behind the wildcard is `--` and a site's name of three characters or more.
    private static func endsInSiteName(_ label: Substring) -> Bool {
        guard let star = label.lastIndex(of: "*") else { return false }
        let rest = label[label.index(after: star)...]
        return rest.hasPrefix("--") && rest.utf8.count >= 5
    }

    /// Registries' second levels, as in `co.id` or `com.ua`: a general word before a country's two letters.
    private static func isRegistrySuffix(_ labels: ArraySlice<Substring>) -> Bool {
        guard labels.count == 2, let first = labels.first, let country = labels.last, country.utf8.count == 2 else { return false }
        return registryWords.contains(String(first))
    }

    /// Hosts of this machine (RFC 6761 section 6.3, RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3).
    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
            && label.utf8.allSatisfy { isLabelByte($0) || $0 == UInt8(ascii: "*") }
    }

    private static func isLabelByte(_ byte: UInt8) -> Bool {
        ASCII.isLowercase(byte) || ASCII.isDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }

    /// Zones that are shared at every depth, because a region stands before the zone.
    private static let sharedZones = [
        "amazonaws.com", "amazonaws.com.cn", "elasticbeanstalk.com", "azurestaticapps.net", "azurecontainer.io", "azurecontainerapps.io",
        "azurewebsites.net", "cloudapp.azure.com", "cloudapp.net", "core.windows.net", "run.app", "cloudfunctions.net", "gateway.dev",
        "usercontent.goog", "googleapis.com", "translate.goog", "digitaloceanspaces.com", "linodeobjects.com", "vultrobjects.com",
        "your-objectstorage.com", "scw.cloud", "yandexcloud.net", "oraclecloudapps.com", "customer-oci.com", "on.aws", "awsapprunner.com",
        "fastly.net", "platform.sh", "platformsh.site", "ngrok.io", "ngrok.app", "ngrok.dev", "devtunnels.ms", "pythonanywhere.com",
        "meteorapp.com", "replit.dev", "repl.co", "telebit.io", "nip.io", "sslip.io", "eu.org", "dyndns.org", "ts.net",
    ]

    /// Suffixes under which strangers get a name of their choice: hosting platforms, tunnels, and registries' second levels
    /// (from the Public Suffix List; a suffix of one label counts as shared in any case).
    private static let sharedSuffixes: Set<String> = [
        "netlify.app", "vercel.app", "now.sh", "herokuapp.com", "github.io", "gitlab.io", "pages.dev", "workers.dev", "web.app",
        "firebaseapp.com", "onrender.com", "fly.dev", "railway.app", "up.railway.app", "surge.sh", "azurewebsites.net",
        "azurestaticapps.net", "cloudfront.net", "amplifyapp.com", "elasticbeanstalk.com", "ondigitalocean.app", "appspot.com",
        "run.app", "a.run.app", "deno.dev", "deno.net", "glitch.me", "replit.app", "repl.co", "replit.dev", "lovable.app", "bolt.host",
        "stackblitz.io", "webcontainer.io", "codesandbox.io", "csb.app", "gitpod.io", "github.dev", "githubpreview.dev", "app.github.dev",
        "ngrok.io", "ngrok.app", "ngrok.dev", "ngrok-free.app", "ngrok-free.dev", "loca.lt", "trycloudflare.com", "tunnelmole.net",
        "bubbleapps.io", "webflow.io", "wixsite.com", "framer.app", "framer.website", "blogspot.com", "wordpress.com", "myshopify.com",
        "streamlit.app", "hf.space", "supabase.co", "edgeone.app", "kinsta.app", "kinsta.page", "scalingo.io", "cleverapps.io",
        "duckdns.org", "gitbook.io", "notion.site", "serveo.net", "lhr.life", "pythonanywhere.com", "koyeb.app", "northflank.app",
        "code.run", "zeabur.app", "sevalla.app", "sevalla.page", "tiiny.site", "neocities.org", "r2.dev", "vercel.dev", "vercel.run",
        "edgecompute.app", "b-cdn.net", "azurefd.net", "azureedge.net", "trafficmanager.net", "awsglobalaccelerator.com", "hosted.app",
        "deta.app", "deta.dev", "encr.app", "easypanel.host", "val.run", "hasura.app", "codeberg.page", "bitbucket.io", "srht.site",
        "githubusercontent.com", "readthedocs.io", "js.org", "is-a.dev", "observableusercontent.com", "cloudflare-ipfs.com", "cf-ipfs.com",
        "dweb.link", "pantheonsite.io", "wpenginepowered.com", "ghost.io", "carrd.co", "crd.co", "my.canva.site", "canva.site",
        "typedream.app", "softr.app", "plesk.page", "webflow.com", "weebly.com", "squarespace.com", "yolasite.com", "editorx.io",
        "uber.space", "alwaysdata.net", "altervista.org", "toolforge.org", "streamlitapp.com", "gradio.live", "pstmn.io",
        "zrok.io", "pinggy.link", "localhost.run", "ddns.net", "dynv6.net", "freeddns.org", "no-ip.org", "hopto.org", "myfritz.net",
        "synology.me", "afraid.org", "pp.ua", "uk.com", "us.com", "eu.com", "de.com", "com.de", "br.com", "cn.com", "jpn.com", "ru.com",
        "sa.com", "za.com", "co.com", "us.org", "in.net", "uk.net", "eu.net", "gb.net", "se.net",
    ]
}
