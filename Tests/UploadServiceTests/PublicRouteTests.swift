import Foundation
import HTTPTypes
import Testing
import Uploads

@testable import UploadService

@Suite struct PublicRouteTests {
    @Test func tellsItsVersion() async throws {
        let version = try await withService { try await $0.send(.get, "/version") }.json()
        #expect(version["name"] as? String == "countersign")
        #expect(version["version"] as? String == ServiceVersion.current)
    }

    @Test func tellsItsHealth() async throws {
        try await withService { service in
            #expect(try await service.send(.get, "/health/live").text == #"{"status":"live"}"#)
            let ready = try await service.send(.get, "/health/ready")
            #expect(ready.status == 200)
            #expect(
                ready.text == #"{"status":"ready","environments":[{"name":"staging","rules":3,"credentials":true,"failing":false},"#
                    + #"{"name":"production","rules":3,"credentials":true,"failing":false}]}"#)
        }
    }

    @Test(arguments: [("/countersign.js", "text/javascript; charset=utf-8"), ("/openapi.json", "application/json")])
    func servesFilesWithAnEntityTag(path: String, type: String) async throws {
        try await withService { service in
            let file = try await service.send(.get, path)
            #expect(file.status == 200)
            #expect(file.headers[.contentType] == type)
            #expect(file.headers[.cacheControl] == "public, max-age=300")
            #expect(file.headers[.xContentTypeOptions] == "nosniff")
            let tag = try #require(file.headers[.eTag])
            for condition in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
                let again = try await service.send(.get, path, [.ifNoneMatch: condition])
                #expect(again.status == 304)
                #expect(again.body.isEmpty)
                #expect(again.headers[.eTag] == tag)
                #expect(again.headers[.contentLength] == nil)
                let head = try await service.send(.head, path, [.ifNoneMatch: condition])
                #expect(head.status == 304)
                #expect(head.headers[.contentLength] == nil)
            }
            #expect(try await service.send(.get, path, [.ifNoneMatch: "\"other\""]).status == 200)
        }
    }

    @Test func aPageMayImportTheClient() async throws {
        let file = try await withService { try await $0.send(.get, "/countersign.js", [.origin: Fixture.productionOrigin]) }
        #expect(file.headers[.accessControlAllowOrigin] == Fixture.productionOrigin)
        #expect(file.body == PackageResources.countersign_js)
    }

    @Test func theDemonstrationPageIsForDev() async throws {
        var configuration = try Fixture.configuration()
        #expect(try await withService(configuration) { try await $0.send(.get, "/") }.status == 404)
        configuration.showsDemonstrationPage = true
        let page = try await withService(configuration) { try await $0.send(.get, "/") }
        #expect(page.status == 200)
        #expect(page.headers[.contentType] == "text/html; charset=utf-8")
        #expect(page.headers[.contentSecurityPolicy]?.contains("frame-ancestors 'none'") == true)
        #expect(page.body == PackageResources.demo_html)
    }

    // MARK: Routing

    @Test func otherPathsAreNotFound() async throws {
        try await withService { service in
            for path in [
                "/v1", "/v1/uploads/other", "/v1/nothing", "/s3/params", "/health", "/V1/UPLOADS", "/v1/uploads%2F", "/..%2f", "//x",
                "/v1/../x",
            ] {
                for method in [HTTPRequest.Method.get, .post, .delete, .options, HTTPRequest.Method("BREW")!] {
                    let answer = try await service.send(method, path)
                    #expect(answer.status == 404, "\(method) \(path)")
                    #expect(answer.code == "not_found")
                }
            }
        }
    }

    @Test func otherMethodsAreNamed() async throws {
        try await withService(try Dialectal.configuration()) { service in
            for route in Route.allCases where route != .demonstration {
                for method in [HTTPRequest.Method.get, .post, .put, .delete, .patch, .head] where !route.methods.contains(method) {
                    let answer = try await service.send(method, route.rawValue)
                    #expect(answer.status == 405)
                    #expect(answer.headers[.allow] == route.allow)
                }
                let options = try await service.send(.options, route.rawValue)
                #expect(options.status == 204)
                #expect(options.headers[.allow] == route.allow)
            }
        }
    }

    @Test func headAnswersWithoutABody() async throws {
        try await withService { service in
            for path in ["/version", "/countersign.js", "/health/ready", "/v1/rules", "/nowhere", "/v1/uploads"] {
                let head = try await service.send(.head, path)
                #expect(head.body.isEmpty)
                #expect(head.headers[.contentLength] != nil)
            }
            #expect(try await service.send(.head, "/version").status == 200)
            #expect(try await service.send(.head, "/v1/rules").status == 401)
            #expect(try await service.send(.head, "/v1/uploads").status == 405)
        }
    }

    // MARK: Request ids

    @Test func keepsAProxysRequestIDWhenItIsOne() async throws {
        try await withService { service in
            let id = "0b1c2d3e-aaaa-bbbb-cccc-1234567890AB"
            #expect(try await service.send(.get, "/version", [.xRequestID: id]).headers[.xRequestID] == id)
            for other in [
                "short", String(repeating: "a", count: 201), "aaaaaaaaaaaaaaaaaaaa\u{22}", "csk_aaaaaaaaaaaaaaaaaaaaaaaaa",
                "äaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            ] {
                let made = try #require(try await service.send(.get, "/version", [.xRequestID: other]).headers[.xRequestID])
                #expect(made.count == 32)
                #expect(made.allSatisfy { $0.isHexDigit })
            }
        }
    }

    // MARK: The document

    @Test func theDocumentNamesExactlyTheRoutes() throws {
        let documented = try OpenAPIDocument().operations.map { "\($0.method) \($0.path)" }
        let served = Route.allCases.flatMap { route in
            let paths = [route.rawValue] + (route.takesTokenInPath ? ["/u/{token}\(route.rawValue)"] : [])
            return route.methods.filter { $0 != .head && $0 != .options }.flatMap { method in
                paths.map { "\(method.rawValue.lowercased()) \($0)" }
            }
        }
        #expect(documented.sorted() == served.sorted())
    }

    @Test func theDocumentNamesExactlyTheCodesWithTheirStatus() throws {
        let document = try OpenAPIDocument()
        let own = ProblemCode.allCases.map { ($0.rawValue, $0.status.code) }
        let statuses = Dictionary(uniqueKeysWithValues: own + Refusal.Code.all.map { ($0.rawValue, $0.status) })
        // What no request can cause: faults of our own, what a connection that is cut off does not hear, and what callers are never asked.
        let unheard: Set = ["internal_error", "signing_failed", "stopping", "wrong_environment", "invalid_caller"]
        let heard = Set(statuses.keys).subtracting(unheard)
        #expect(document.problemCodes.sorted() == heard.sorted())

        var used: Set<String> = []
        for (path, method, operation) in document.operations {
            for (status, response) in document.responses(operation) where status >= 400 && !(path == "/health/ready" && status == 503) {
                let codes = try #require(response["x-codes"] as? [String], "\(method) \(path) \(status)")
                #expect(!codes.isEmpty)
                for code in codes { #expect(statuses[code] == status, "\(method) \(path): \(code)") }
                used.formUnion(codes)
            }
        }
        // These two belong to paths and methods that are not served.
        #expect(used.union(["not_found", "http_method_not_allowed"]) == heard)
    }

    @Test func everyReferenceOfTheDocumentLeadsSomewhere() throws {
        let document = try OpenAPIDocument()
        func check(_ value: Any) {
            if let object = value as? [String: Any] {
                if let reference = object["$ref"] as? String {
                    #expect(!document.resolved(object).isEmpty, "\(reference)")
                }
                object.values.forEach(check)
            } else if let array = value as? [Any] {
                array.forEach(check)
            }
        }
        check(document.root)
        #expect(document.root["openapi"] as? String == "3.1.0")
        #expect((document.root["info"] as? [String: Any])?["version"] as? String == ServiceVersion.current)
    }
}
