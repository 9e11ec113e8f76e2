import Testing

@testable import Uploads

@Suite struct KeyTemplateTests {
    @Test(arguments: [
        "{caller}/{uuid}{ext}", "avatars/{caller}/{yyyy}/{mm}/{dd}/{uuid}{ext}", "{environment}/{rule}/{caller}/{sha256}{ext}", "logo.png",
        "{uuid}",
        "year={yyyy}/{uuid}", "a..b/{uuid}", "...", "{caller}",
    ])
    func `templates load`(text: String) throws {
        #expect(try KeyTemplate(text).text == text)
    }

    @Test(arguments: [
        ("", "empty path segment"), ("/{uuid}", "empty path segment"), ("a//{uuid}", "empty path segment"),
        ("{uuid}/", "empty path segment"),
        ("./{uuid}", "dot segment"), ("a/../{uuid}", "dot segment"), ("{caller}/.{ext}", "dot segment"), ("{caller}/..", "dot segment"),
        ("{caller}/{ext}", "come out empty"), ("user-{caller}/{uuid}", "whole path segment"), ("{caller}{uuid}", "whole path segment"),
        ("{caller}{ext}", "whole path segment"), ("{uuid}{ext}/x", "end of the key"), ("{ext}{uuid}", "end of the key"),
        ("{uuid}{ext}{ext}", "end of the key"), ("{filename}", "never enters a key"), ("{Caller}/x", "there is no placeholder"),
        ("{uuid", "not closed"), ("${filename}", "character other than"), ("a b/{uuid}", "character other than"),
        ("a}/{uuid}", "character other than"),
        ("ä/{uuid}", "character other than"), ("*/{uuid}", "character other than"), ("{}", "there is no placeholder"),
        (String(repeating: "a", count: 900) + "/{caller}/{uuid}", "S3 allows 1024"),
    ])
    func `templates that could make a bad key do not load`(text: String, reason: String) {
        let error = #expect(throws: InvalidValue.self) { try KeyTemplate(text) }
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }

    @Test func `several mistakes are told together`() {
        let error = #expect(throws: InvalidValue.self) { try KeyTemplate("x-{caller}//{ext}") }
        #expect(error?.message.split(separator: ";").count ?? 0 >= 3)
    }

    @Test func `the prefix ends with the caller's segment`() throws {
        let caller = Caller(name: "Bob", environment: "staging")
        let template = try KeyTemplate("{environment}/{rule}/{caller}/{yyyy}/{uuid}")
        #expect(template.prefix(environment: "staging", rule: "photos", caller: caller) == "staging/photos/_42ob/")
        #expect(try KeyTemplate("{yyyy}/{caller}/{uuid}").prefix(environment: "s", rule: "r", caller: caller) == nil)
        #expect(try KeyTemplate("{uuid}").prefix(environment: "s", rule: "r", caller: caller) == nil)
    }
}
