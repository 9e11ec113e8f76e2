extension ActionPattern {
    /// Whether the pattern names an action such as `s3:PutObject`; case does not count.
    public func matches(_ action: String) -> Bool {
        if self.text == "*" { return true }
        let parts = action.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return false }
        return Glob(self.service.lowercased()).matches(parts[0].lowercased()) && Glob(self.name.lowercased()).matches(parts[1].lowercased())
    }
}
