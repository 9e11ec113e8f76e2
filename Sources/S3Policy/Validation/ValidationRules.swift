/// Every rule that there is, in the order of their folders.
public enum ValidationRules {
    public static let all: [any ValidationRule.Type] = structure + rejections

    /// Elements, principals, actions and resources.
    private static let structure: [any ValidationRule.Type] = [
        DataTypeMismatch.self,
        InvalidPolicyElement.self,
        MissingElement.self,
        UnsupportedPrincipal.self,
        InvalidVersion.self,
        MissingVersion.self,
        InvalidEffect.self,
        UnsupportedElementCombination.self,
        UniqueSids.self,
        UnsupportedSid.self,
        EmptySidValue.self,
        EmptyArray.self,
        InvalidPrincipalFormat.self,
        InvalidPrincipalKey.self,
        UnsupportedWildcardInPrincipal.self,
        FederatedPrincipalNotSupported.self,
        InvalidServicePrincipalFormat.self,
        InvalidIdentityReference.self,
        AllowWithNotPrincipal.self,
        InvalidAction.self,
        InvalidServiceInAction.self,
        WildcardInServiceName.self,
        UnsupportedActionInPolicy.self,
        InvalidARNPrefix.self,
        MissingARNField.self,
        InvalidPartition.self,
        InvalidService.self,
        InvalidARNServiceCase.self,
        ARNFieldNotAllowed.self,
        AccessPointARN.self,
        InvalidARNResource.self,
        UnsupportedResourceARNInPolicy.self,
        PolicySizeExceedsQuota.self,
        RedundantAction.self,
        RedundantResource.self,
        RedundantStatement.self,
    ]

    /// What S3 refuses when a policy is put.
    private static let rejections: [any ValidationRule.Type] = [
        ActionDoesNotApply.self,
        InvalidPrincipalInPolicy.self,
        StatementIsEmpty.self,
    ]
}
