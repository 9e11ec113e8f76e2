import SigV4
import Testing

@testable import Uploads

@Suite struct ContentDispositionTests {
    @Test(arguments: ["attachment", "inline", "attachment; filename={filename}", "inline; filename={filename}"])
    func `four forms are taken`(text: String) throws {
        #expect(try ContentDisposition(text).description == text)
    }

    @Test(arguments: [
        "", "form-data", "attachment; filename=\"x.html\"", "attachment; name={filename}", "Attachment", "attachment;", "inline\r\nx",
    ])
    func `others are refused`(text: String) {
        #expect(throws: InvalidValue.self) { try ContentDisposition(text) }
    }

    @Test(arguments: [
        ("cat.png", "filename=\"cat.png\""),
        ("C:\\fakepath\\cat.PNG", "filename=\"cat.PNG\""),
        ("../../etc/passwd", "filename=\"passwd.png\""),
        ("invoice.exe", "filename=\"invoice.exe.png\""),
        ("Grüße.png", "filename=\"Gr__e.png\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.png"),
        ("a\"; filename=\"evil.html", "filename=\"a__ filename__evil.html.png\"; filename*=UTF-8''a_%3B%20filename%3D_evil.html.png"),
        ("\u{202E}gnp.exe", "filename=\"gnp.exe.png\""),
        ("..", "filename=\"file.png\""), (".htaccess", "filename=\"htaccess.png\""),
        ("x  y.png", "filename=\"x y.png\"; filename*=UTF-8''x%20%20y.png"),
        ("100%.png", "filename=\"100_.png\"; filename*=UTF-8''100%25.png"),
        ("${filename}", "filename=\"__filename_.png\"; filename*=UTF-8''%24%7Bfilename%7D.png"),
    ])
    func `a file's name is made safe`(filename: String, parameters: String) throws {
        let disposition = ContentDisposition(kind: .inline, namesFile: true)
        #expect(try disposition.headerValue(filename: filename, type: ContentType("image/png")) == "inline; " + parameters)
    }

    @Test(arguments: [
        ("invoice.exe", "filename=\"invoice_exe\""), ("evil.html", "filename=\"evil_html\""), ("plain", "filename=\"plain\""),
    ])
    func `an unknown type leaves a name no extension`(filename: String, parameters: String) throws {
        let disposition = ContentDisposition(kind: .attachment, namesFile: true)
        #expect(try disposition.headerValue(filename: filename, type: ContentType("application/x-unknown")) == "attachment; " + parameters)
    }

    @Test func `a rule without a disposition signs one all the same`() throws {
        for method in [UploadMethod.put, .post] {
            let ticket = try office(rule(method: method)).issue(request())
            #expect((ticket.headers + ticket.fields).contains { $0.name == "content-disposition" && $0.value == "inline" })
        }
    }

    @Test func `a type that runs in a browser is an attachment whatever the rule says`() throws {
        let disposition = ContentDisposition(kind: .inline, namesFile: false)
        #expect(try disposition.headerValue(filename: "a.svg", type: ContentType("image/svg+xml")) == "attachment")
    }

    @Test func `long names are cut, not their extension`() throws {
        let name = String(repeating: "😀", count: 250) + ".jpeg"
        let value = ContentDisposition(kind: .attachment, namesFile: true).headerValue(filename: name, type: try ContentType("image/jpeg"))
        #expect(value.hasSuffix(".jpeg") && value.utf8.count < 900)
    }
}
