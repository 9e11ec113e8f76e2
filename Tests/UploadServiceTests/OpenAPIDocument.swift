import Foundation
import HTTPTypes
import Testing

@testable import UploadService

/// The published OpenAPI document, and as much of JSON Schema as it uses.
struct OpenAPIDocument: @unchecked Sendable {
    // Only read after parsing; Foundation's JSON objects are immutable values here.
    let root: [String: Any]

    init() throws {
        root = try #require(try JSONSerialization.jsonObject(with: Data(PackageResources.openapi_json)) as? [String: Any])
    }

    /// The operations: path, method in lower case, and its object.
    var operations: [(path: String, method: String, operation: [String: Any])] {
        let paths = root["paths"] as? [String: [String: [String: Any]]] ?? [:]
        return paths.flatMap { path, methods in methods.map { (path, $0.key, $0.value) } }
    }

    /// The documented responses of an operation, by status.
    func responses(_ operation: [String: Any]) -> [Int: [String: Any]] {
        let responses = operation["responses"] as? [String: [String: Any]] ?? [:]
        return Dictionary(uniqueKeysWithValues: responses.map { (Int($0.key) ?? 0, resolved($0.value)) })
    }

    func resolved(_ object: [String: Any]) -> [String: Any] {
        guard let reference = object["$ref"] as? String else { return object }
        return reference.split(separator: "/").dropFirst().reduce(root) { $0[String($1)] as? [String: Any] ?? [:] }
    }

    var problemCodes: [String] {
        let schema = resolved(["$ref": "#/components/schemas/Problem/properties/code"])
        return schema["enum"] as? [String] ?? []
    }

    // MARK: Answers

    /// Compares an answer with what the document says about it.
    func check(_ answer: Answer, to method: HTTPRequest.Method, _ path: String, sourceLocation: SourceLocation) throws {
        if method == .head || method == .options { return }
        let path = Self.template(of: path)
        guard let operation = operations.first(where: { $0.path == path && $0.method == method.rawValue.lowercased() })?.operation else {
            #expect([404, 405, 403, 421].contains(answer.status), "\(method) \(path) is not documented", sourceLocation: sourceLocation)
            return
        }
        // The demonstration page is not there outside of dev.
        if answer.status == 404, answer.code == "not_found" { return }
        guard let response = responses(operation)[answer.status] else {
            Issue.record("\(method) \(path) answered \(answer.status), undocumented: \(answer.text)", sourceLocation: sourceLocation)
            return
        }
        let content = response["content"] as? [String: [String: Any]] ?? [:]
        let type = String((answer.headers[.contentType] ?? "").prefix { $0 != ";" })
        guard !content.isEmpty else {
            #expect(answer.body.isEmpty, sourceLocation: sourceLocation)
            return
        }
        let media = try #require(content[type], "\(type) is not documented", sourceLocation: sourceLocation)
        if type.hasSuffix("json"), let schema = media["schema"] as? [String: Any], path != "/openapi.json" {
            let problems = violations(try answer.value(), schema, at: "$")
            #expect(problems == [], sourceLocation: sourceLocation)
        }
        if let code = answer.code {
            let codes = response["x-codes"] as? [String] ?? []
            #expect(codes.contains(code), "\(code) is not documented for \(answer.status)", sourceLocation: sourceLocation)
        }
    }

    /// The documented path: without a query, and with placeholders for its parameters and a scoped token.
    private static func template(of path: String) -> String {
        let path = path.prefix { $0 != "?" }
        guard let route = Route.matching(String(path), among: Route.allCases) else { return String(path) }
        // As in the router, empty segments do not count.
        let isMounted = path.split(separator: "/").count > route.rawValue.split(separator: "/").count
        return isMounted ? "/u/{token}\(route.rawValue)" : route.rawValue
    }

    /// Where a value does not follow a schema. Members that the schema does not name are violations too: the document is complete.
    func violations(_ value: Any, _ schema: [String: Any], at place: String) -> [String] {
        let schema = resolved(schema)
        if let variants = schema["oneOf"] as? [[String: Any]] {
            let matching = variants.count { violations(value, $0, at: place).isEmpty }
            return matching == 1 ? [] : ["\(place) matches \(matching) variants"]
        }
        if let allowed = schema["enum"] as? [Any] {
            let isAllowed = allowed.contains { "\($0)" == "\(value)" }
            return isAllowed ? [] : ["\(place) is \(value)"]
        }
        if let constant = schema["const"] { return "\(constant)" == "\(value)" ? [] : ["\(place) is \(value)"] }
        switch schema["type"] as? String {
        case "string": return value is String ? [] : ["\(place) is no string"]
        case "boolean": return value as? Bool != nil ? [] : ["\(place) is no boolean"]
        case "integer": return value as? Int64 != nil ? [] : ["\(place) is no integer"]
        case "array":
            guard let values = value as? [Any] else { return ["\(place) is no array"] }
            let items = schema["items"] as? [String: Any] ?? [:]
            return values.enumerated().flatMap { violations($0.element, items, at: "\(place)[\($0.offset)]") }
        case "object": return objectViolations(value, schema, at: place)
        default: return ["\(place) has no type in the schema"]
        }
    }

    private func objectViolations(_ value: Any, _ schema: [String: Any], at place: String) -> [String] {
        guard let object = value as? [String: Any] else { return ["\(place) is no object"] }
        let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
        let others = schema["additionalProperties"] as? [String: Any]
        let missing = (schema["required"] as? [String] ?? []).filter { object[$0] == nil }.map { "\(place).\($0) is missing" }
        return missing
            + object.flatMap { name, member in
                guard let schema = properties[name] ?? others else { return ["\(place).\(name) is not documented"] }
                return violations(member, schema, at: "\(place).\(name)")
            }
    }
}
