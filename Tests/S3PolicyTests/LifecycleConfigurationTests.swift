import S3Policy
import Testing

@Suite("Lifecycle documents")
struct LifecycleConfigurationTests {
    @Test("A document as the command line prints it is read without a word")
    func reads() throws {
        let document = JSONDocument(
            """
            {"TransitionDefaultMinimumObjectSize": "all_storage_classes_128K", "Rules": [
              {"ID": "abort", "Status": "Enabled", "Filter": {"Prefix": ""}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
              {"ID": "tmp", "Status": "Disabled", "Filter": {"And": {"Prefix": "tmp/", "Tags": [{"Key": "a", "Value": "b"}]}},
               "Expiration": {"Days": 3}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 2}},
              {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "logs/"},
               "Transitions": [{"Date": "2029-12-31", "StorageClass": "STANDARD_IA"}],
               "Expiration": {"Date": "2030-01-31T00:00:00Z"}}]}
            """)
        let (configuration, findings) = LifecycleConfiguration.read(document)
        #expect(findings.map(\.description) == [])
        let rules = try #require(configuration).rules
        #expect(rules.map(\.prefix) == ["", "tmp/", "logs/"])
        #expect(rules.map(\.isEnabled) == [true, false, true])
        #expect(rules.map(\.hasOtherFilter) == [false, true, false])
        #expect(rules[0].abortDays == 7 && rules[1].expirationDays == 3)
    }

    static func rule(_ rest: String) -> String {
        "{\"Rules\": [{\"Status\": \"Enabled\", \(rest)}]}"
    }

    @Test(
        "What S3 would refuse is told at its place",
        arguments: [
            (rule(#""Filter": {}, "Expiration": {"Day": 1}"#), "\"Day\""),
            (rule(#""Filter": {}, "Expiration": {"Days": 0}"#), "0"),
            (rule(#""Filter": {}, "Expiration": {"Days": 1, "Date": "2030-01-31"}"#), #"{"Days": 1, "Date": "2030-01-31"}"#),
            (rule(#""Filter": {}, "Expiration": {"Date": "2030-01-31T01:00:00Z"}"#), "\"2030-01-31T01:00:00Z\""),
            (
                rule(#""Filter": {"Tag": {"Key": "a", "Value": "b"}}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}"#),
                #"{"DaysAfterInitiation": 1}"#
            ),
            (
                rule(#""Filter": {"Prefix": "a", "ObjectSizeLessThan": 1}, "Expiration": {"Days": 1}"#),
                #"{"Prefix": "a", "ObjectSizeLessThan": 1}"#
            ),
            (rule(#""Filter": {}, "Transitions": [{"Days": 10, "StorageClass": "STANDARD_IA"}]"#), "10"),
            (rule(#""Filter": {}, "Transitions": [{"Days": 10, "StorageClass": "COLD"}]"#), "\"COLD\""),
            (rule(#""Filter": {}, "Prefix": "a", "Expiration": {"Days": 1}"#), "\"a\""),
            (#"{"Rules": [{"Status": "On", "Filter": {}, "Expiration": {"Days": 1}}]}"#, "\"On\""),
            (#"{"Rules": []}"#, "[]"),
            (#"{"Rule": []}"#, "\"Rule\""),
            (rule(#""Filter": {}"#), #"{"Status": "Enabled", "Filter": {}}"#),
        ])
    func refuses(text: String, excerpt: String) {
        let document = JSONDocument(text)
        let findings = LifecycleConfiguration.read(document).findings
        #expect(findings.contains { document.text[$0.ranges[0]] == excerpt }, "\(findings)")
    }

    @Test(
        "Only an enabled rule without other filters ends the unfinished uploads of a key",
        arguments: [
            (LifecycleRule(abortDays: 7), true), (LifecycleRule(prefix: "avatars/", abortDays: 7), true),
            (LifecycleRule(prefix: "documents/", abortDays: 7), false),
            (LifecycleRule(isEnabled: false, abortDays: 7), false), (LifecycleRule(hasOtherFilter: true, abortDays: 7), false),
            (LifecycleRule(expirationDays: 7), false),
        ])
    func aborts(rule: LifecycleRule, aborts: Bool) {
        #expect(LifecycleConfiguration(rules: [rule]).abortsUnfinishedUploads(of: "avatars/a") == aborts)
    }
}
