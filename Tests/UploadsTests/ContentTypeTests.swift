import Testing

@testable import Uploads

@Suite struct ContentTypeTests {
    @Test(arguments: ["image/png", "IMAGE/PNG", "application/vnd.ms-excel", "image/svg+xml", "a/b", "application/x-7z-compressed"])
    func `exact types are taken in any case`(text: String) throws {
        #expect(try ContentType(text).text == text.lowercased())
    }

    @Test(arguments: [
        "", "image", "image/", "/png", "image/png/x", "image/*", "*/*", "image/png; charset=utf-8", "image/png;q=1", "image/png,text/html",
        " image/png", "image/png ", "image /png", "image/png\r\nx: y", "image/png\0", "-image/png", "image/+png", "imåge/png", "image/pñg",
        "image/${filename}", "\u{212A}/png", "text/\"html\"", String(repeating: "a", count: 128) + "/b",
    ])
    func `anything else is refused`(text: String) {
        #expect(throws: InvalidValue.self) { try ContentType(text) }
    }

    @Test func `the refusal of parameters says to leave them out`() {
        let error = #expect(throws: InvalidValue.self) { try ContentType("text/plain; charset=utf-8") }
        #expect(error?.message == "\"text/plain; charset=utf-8\" has parameters; give the type alone, such as image/png")
    }

    @Test(arguments: [
        "text/html", "TEXT/HTML", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml", "application/atom+xml",
        "text/xsl",
        "text/javascript", "application/javascript", "application/ecmascript", "text/jscript", "text/javascript1.5", "text/livescript",
        "text/rdf", "text/vbscript", "text/x-component", "text/cache-manifest", "application/hta", "application/unknown",
    ])
    func `types that run in a browser are never covered by a wildcard`(text: String) throws {
        let type = try ContentType(text)
        #expect(type.runsInBrowser)
        #expect(try !ContentTypePattern("\(type.topLevel)/*").allows(type))
        #expect(try ContentTypePattern(text).allows(type))
    }

    @Test(arguments: [
        "image/png", "application/pdf", "text/plain", "application/json", "application/wasm", "video/mp4", "text/css",
    ])
    func `other types are covered by their wildcard only`(text: String) throws {
        let type = try ContentType(text)
        #expect(!type.runsInBrowser)
        #expect(try ContentTypePattern("\(type.topLevel)/*").allows(type))
        #expect(try !ContentTypePattern("audio/*").allows(type))
    }

    @Test(arguments: ["image/x", "image/xml", "text/x-unheard-of", "application/octet-stream", "application/x-msdownload"])
    func `a wildcard covers well-known types only`(text: String) throws {
        let type = try ContentType(text)
        #expect(try !ContentTypePattern("\(type.topLevel)/*").allows(type))
        #expect(try ContentTypePattern(text).allows(type))
    }

    @Test(arguments: ["multipart/related", "message/rfc822", "unknown/unknown"])
    func `what browsers take apart can be named but is no group`(text: String) throws {
        #expect(try ContentType(text).runsInBrowser)
        #expect(throws: InvalidValue.self) { try ContentTypePattern(text.prefix { $0 != "/" } + "/*") }
    }

    @Test(arguments: ["*/*", "*", "image/p*", "image*/png", "image/*/*", "image/**", "/*", "image/png; x=y"])
    func `a pattern is one type or one group`(text: String) {
        #expect(throws: InvalidValue.self) { try ContentTypePattern(text) }
    }

    @Test func `extensions come from the type`() throws {
        #expect(try ContentType("image/jpeg").fileExtension == ".jpg")
        #expect(try ContentType("text/html").fileExtension == ".html")
        #expect(try ContentType("application/x-unheard-of").fileExtension == "")
    }
}
