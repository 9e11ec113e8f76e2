import Testing

@testable import Uploads

@Suite struct OriginPatternTests {
    @Test(arguments: [
        ("https://app.example.com", "https://app.example.com"), ("HTTPS://App.Example.com", "https://app.example.com"),
        ("https://app.example.com:443", "https://app.example.com"), ("https://app.example.com:8443", "https://app.example.com:8443"),
        ("http://localhost:3000", "http://localhost:3000"), ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://app.localhost:80", "http://app.localhost"),
        ("https://deploy-preview-*--site.netlify.app", "https://deploy-preview-*--site.netlify.app"),
        ("https://*.preview.example.com", "https://*.preview.example.com"), ("https://*.mysite.pages.dev", "https://*.mysite.pages.dev"),
    ])
    func `origins load as browsers write them`(text: String, canonical: String) throws {
        #expect(try OriginPattern(text).text == canonical)
    }

    @Test(arguments: [
        "", "*", "https://*", "https://*.com", "https://*.co.uk", "https://*.netlify.app", "https://*.vercel.app",
        "https://*.herokuapp.com",
        "https://*.github.io", "https://*.pages.dev", "https://deploy-preview-*.netlify.app", "https://*.NETLIFY.app",
        "https://*e.vercel.app", "https://*-team.vercel.app", "https://*e.netlify.app", "https://*--ab.netlify.app",
        "https://*-x.eu-central-1.elasticbeanstalk.com", "https://*.duckdns.org", "https://*.web.core.windows.net",
        "https://*.storage.googleapis.com", "https://*.gitbook.io", "https://*.co.id", "https://*.com.ua",
        "https://*.eu.ngrok.io", "https://*.eu.pythonanywhere.com", "https://*.app.devtunnels.ms",
        "https://*.westeurope.azurecontainerapps.io",
        "https://*.scm.azurewebsites.net", "https://*.pages.eu.org", "https://*.ghost.io", "https://*.uk.com", "https://*.10.0.0.1.nip.io",
        "https://*.fra1.digitaloceanspaces.com", "https://preview-*.vercel.dev",
        "https://*.eu-central-1.elasticbeanstalk.com", "https://a.*.example.com", "https://*-*.example.com", "https://a*.*.example.com",
        "http://app.example.com", "http://*.example.com", "app.example.com", "https://", "https:///", "https://app.example.com/",
        "https://a.com/path",
        "https://user@example.com", "https://a.com?x", "https://a.com#x", "ftp://a.com", "null", "https://a..com", "https://-a.com",
        "https://a.com:0",
        "https://a.com:65536", "https://a.com:", "https://a.com:x", "https://exämple.com", "https://a.com\r\nx", "https://a b.com",
        "https://[::1", "https://[2001:db8::1]", "http://127.0.0.1.example.com", "http://localhost.example.com", "https://example.com*",
    ])
    func `what is no safe origin does not load`(text: String) {
        #expect(throws: InvalidValue.self) { try OriginPattern(text) }
    }

    @Test(arguments: [
        ("https://app.example.com", true), ("https://app.example.com:443", false), ("http://app.example.com", false),
        ("https://app.example.com.evil.net", false), ("https://xapp.example.com", false), ("null", false), ("", false),
        ("https://APP.example.com", false), ("https://app.example.com/", false),
    ])
    func `an exact origin matches itself only`(origin: String, expected: Bool) throws {
        #expect(try OriginPattern("https://app.example.com").matches(origin) == expected)
    }

    @Test(arguments: [
        ("https://deploy-preview-12--site.netlify.app", true), ("https://deploy-preview-a-b--site.netlify.app", true),
        ("https://deploy-preview---site.netlify.app", false), ("https://deploy-preview-1.evil--site.netlify.app", false),
        ("https://deploy-preview-1--site.netlify.app.evil.net", false), ("https://deploy-preview-1/x--site.netlify.app", false),
        ("https://deploy-preview-1@--site.netlify.app", false), ("https://deploy-preview-A--site.netlify.app", false),
        ("http://deploy-preview-1--site.netlify.app", false),
    ])
    func `a wildcard stays within its label`(origin: String, expected: Bool) throws {
        #expect(try OriginPattern("https://deploy-preview-*--site.netlify.app").matches(origin) == expected)
    }
}
