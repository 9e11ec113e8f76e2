/// A code of IAM Access Analyzer that no bucket policy can get, and why.
///
/// Together with ``ValidationRules`` these are all codes of
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html>.
public struct InapplicableCode: Sendable, Hashable {
    public let name: String
    public let reason: String

    public static let all: [InapplicableCode] =
        because(
            "It is about policies of users and roles. Countersign reports it for those.",
            ["UNSUPPORTED_PRINCIPAL", "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA"])
        + because(
            "It is about iam:CreateServiceLinkedRole, which no bucket policy can grant: its actions are S3's.",
            [
                "CREATE_SLR_WITH_NOT_RESOURCE", "CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
                "CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE", "CREATE_SLR_WITH_STAR_IN_RESOURCE",
                "CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE", "CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
            ])
        + because(
            "It is about iam:PassRole, which no bucket policy can grant: its actions are S3's.",
            [
                "PASS_ROLE_WITH_NOT_RESOURCE", "PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
                "PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE", "PASS_ROLE_WITH_STAR_IN_RESOURCE",
                "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE", "PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
            ])
        + because("It is about DynamoDB's condition keys.", ["DYNAMODB_ATTRIBUTES_WITHOUT_SELECT"])
        + because(
            "It is about service control policies, which belong to an organization.",
            ["SCP_SYNTAX_ERROR_ACTION_WILDCARD", "SCP_SYNTAX_ERROR_PRINCIPAL", "POLICY_SIZE_EXCEEDS_SCP_QUOTA"])
        + because(
            "It is about resource control policies, which belong to an organization.",
            [
                "POLICY_SIZE_EXCEEDS_RCP_QUOTA", "RCP_SYNTAX_ERROR_PRINCIPAL", "RCP_SYNTAX_ERROR_ALLOW", "RCP_SYNTAX_ERROR_NOTACTION",
                "RCP_SYNTAX_ERROR_ACTION", "RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY",
                "RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY", "RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK",
            ])
        + because(
            "It is about trust policies: who may assume a role.",
            [
                "ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL", "ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL",
                "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE", "INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY",
                "MISMATCHED_ACTION_FOR_PRINCIPAL", "MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY",
                "POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA", "REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY",
            ])
        + because(
            "It is about identity providers, which only a role's trust policy can name.",
            [
                "SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED", "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL",
                "MISSING_GITHUB_REPO_CONDITION_KEY", "FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE", "CONFIRM_AUDIENCE_CLAIM_TYPE",
            ])

    private static func because(_ reason: String, _ names: [String]) -> [InapplicableCode] {
        names.map { InapplicableCode(name: $0, reason: reason) }
    }
}
