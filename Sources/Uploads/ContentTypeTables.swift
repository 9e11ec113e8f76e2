extension ContentType {
    /// Whether a browser that opens an object of this type at the bucket's own origin runs script from it.
    ///
    /// Such a type must be named exactly by a rule and is always signed with `Content-Disposition: attachment`. The list:
    /// - HTML and XML with everything that ends in `+xml`, so XHTML and SVG (WHATWG MIME Sniffing, "HTML MIME type", "XML MIME type"),
    ///   and `text/xsl`, which Chromium and WebKit treat as XML;
    /// - JavaScript under its sixteen names (WHATWG MIME Sniffing, "JavaScript MIME type");
    /// - what runs or is rendered in single browsers, or changes a site: `text/rdf` (Firefox renders it as XML), VBScript, HTML components
    ///   and applications, cache manifests;
    /// - `multipart/…`, whose parts browsers render (`x-mixed-replace`, MHTML), and `message/…` (MHTML's `rfc822`);
    /// - `unknown/unknown` and `application/unknown`, for which browsers sniff HTML (WHATWG MIME Sniffing section 7).
    ///
    /// PDF and WebAssembly are not in it: a viewer runs a PDF's script apart from the origin, and a module runs only when a page loads it.
    public var runsInBrowser: Bool {
        subtype.hasSuffix("+xml") || topLevel == "multipart" || topLevel == "message" || ContentType.running.contains(text)
    }

    /// What `{ext}` becomes: the usual extension with its dot, or nothing when the table does not know the type.
    public var fileExtension: String {
        ContentType.extensions[text].map { "." + $0[0] } ?? ""
    }

    /// All extensions, without dots, that people expect of this type; empty when the table does not know it.
    var acceptedExtensions: [String] {
        ContentType.extensions[text] ?? []
    }

    /// Whether the table knows the type.
    var isWellKnown: Bool { ContentType.extensions[text] != nil }

    /// The first well-known type of a group that no browser runs; nil for a group that has none.
    static func example(of topLevel: String) -> String? {
        ContentType.extensions.keys.sorted().first { $0.hasPrefix("\(topLevel)/") && (try? ContentType($0))?.runsInBrowser == false }
    }

    /// What `{ext}` can become for a type that a pattern allows, the empty text included where a type has no extension.
    static func fileExtensions(of pattern: ContentTypePattern) -> [String] {
        guard pattern.text.hasSuffix("/*") else { return [(try? ContentType(pattern.text))?.fileExtension ?? ""] }
        return extensions.keys.compactMap { try? ContentType($0) }.filter(pattern.allows).map(\.fileExtension)
    }

    /// The longest extension in the table, with its dot.
    static let maximumExtensionBytes = extensions.values.map { $0[0].utf8.count + 1 }.max() ?? 0

    private static let running: Set<String> = [
        "text/html", "text/xml", "application/xml", "text/xsl",
        "application/ecmascript", "application/javascript", "application/x-ecmascript", "application/x-javascript",
        "text/ecmascript", "text/javascript", "text/javascript1.0", "text/javascript1.1", "text/javascript1.2",
        "text/javascript1.3", "text/javascript1.4", "text/javascript1.5", "text/jscript", "text/livescript",
        "text/x-ecmascript", "text/x-javascript",
        "text/rdf", "text/vbscript", "text/x-component", "application/hta", "text/cache-manifest",
        "unknown/unknown", "application/unknown",
    ]

    /// Types and their extensions, the usual one first (IANA's registrations; for the rest, what browsers and office programs write).
    private static let extensions: [String: [String]] = [
        "application/epub+zip": ["epub"],
        "application/gzip": ["gz", "tgz"],
        "application/json": ["json"],
        "application/msword": ["doc", "dot"],
        "application/pdf": ["pdf"],
        "application/postscript": ["ps", "eps", "ai"],
        "application/rtf": ["rtf"],
        "application/vnd.apple.keynote": ["key"],
        "application/vnd.apple.numbers": ["numbers"],
        "application/vnd.apple.pages": ["pages"],
        "application/vnd.ms-excel": ["xls", "xlt"],
        "application/vnd.ms-outlook": ["msg"],
        "application/vnd.ms-powerpoint": ["ppt", "pps", "pot"],
        "application/vnd.oasis.opendocument.presentation": ["odp"],
        "application/vnd.oasis.opendocument.spreadsheet": ["ods"],
        "application/vnd.oasis.opendocument.text": ["odt"],
        "application/vnd.openxmlformats-officedocument.presentationml.presentation": ["pptx"],
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ["xlsx"],
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ["docx"],
        "application/vnd.rar": ["rar"],
        "application/x-7z-compressed": ["7z"],
        "application/x-tar": ["tar"],
        "application/xhtml+xml": ["xhtml", "xht"],
        "application/xml": ["xml"],
        "application/zip": ["zip"],
        "application/javascript": ["js", "mjs"],
        "application/wasm": ["wasm"],
        "audio/aac": ["aac"],
        "audio/flac": ["flac"],
        "audio/mp4": ["m4a", "mp4"],
        "audio/mpeg": ["mp3"],
        "audio/ogg": ["ogg", "oga", "opus"],
        "audio/opus": ["opus"],
        "audio/wav": ["wav"],
        "audio/x-wav": ["wav"],
        "audio/webm": ["weba", "webm"],
        "font/otf": ["otf"],
        "font/ttf": ["ttf"],
        "font/woff": ["woff"],
        "font/woff2": ["woff2"],
        "image/apng": ["apng", "png"],
        "image/avif": ["avif"],
        "image/bmp": ["bmp"],
        "image/gif": ["gif"],
        "image/heic": ["heic"],
        "image/heif": ["heif"],
        "image/jpeg": ["jpg", "jpeg", "jpe", "jfif"],
        "image/jxl": ["jxl"],
        "image/png": ["png"],
        "image/svg+xml": ["svg"],
        "image/tiff": ["tif", "tiff"],
        "image/vnd.adobe.photoshop": ["psd"],
        "image/vnd.microsoft.icon": ["ico"],
        "image/webp": ["webp"],
        "image/x-icon": ["ico"],
        "model/gltf-binary": ["glb"],
        "text/calendar": ["ics"],
        "text/css": ["css"],
        "text/csv": ["csv"],
        "text/html": ["html", "htm"],
        "text/javascript": ["js", "mjs"],
        "text/markdown": ["md", "markdown"],
        "text/plain": ["txt", "text", "log"],
        "text/rtf": ["rtf"],
        "text/tab-separated-values": ["tsv"],
        "text/vcard": ["vcf"],
        "text/vtt": ["vtt"],
        "text/xml": ["xml"],
        "video/mp4": ["mp4", "m4v"],
        "video/mpeg": ["mpeg", "mpg"],
        "video/ogg": ["ogv", "ogg"],
        "video/quicktime": ["mov", "qt"],
        "video/webm": ["webm"],
        "video/x-matroska": ["mkv"],
        "video/x-msvideo": ["avi"],
    ]
}

extension [ContentTypePattern] {
    /// What `{ext}` can become for all types that are allowed.
    var fileExtensions: [String] {
        Set(self.flatMap(ContentType.fileExtensions)).sorted()
    }
}
