/// Every rule that there is, in the order of their folders.
public enum ValidationRules {
    public static let all: [any ValidationRule.Type] = structure + conditions

    /// Elements, principals, actions and resources: Validation/Structure.
    static let structure: [any ValidationRule.Type] = []

    /// Conditions, variables and redundancy: Validation/Conditions.
    static let conditions: [any ValidationRule.Type] = []
}
