extension PolicyText {
    /// The pattern with its variables replaced by what a request has; nil when one of them has no single value and no default.
    func glob(_ value: (ConditionKey) -> RequestContext.Value?) -> Glob? {
        var glob = Glob()
        for piece in self.pieces {
            switch piece {
            case .literal(let text): glob.append(literal: text)
            case .anyRun: glob.appendAnyRun()
            case .anyUnit: glob.appendAnyUnit()
            case .variable(let key, let fallback):
                guard let text = Self.text(of: value(key), default: fallback) else { return nil }
                glob.append(literal: text)
            }
        }
        return glob
    }

    /// The text with its variables replaced, for operators that know no wildcards; nil as above.
    func text(_ value: (ConditionKey) -> RequestContext.Value?) -> String? {
        var resolved = ""
        for piece in self.pieces {
            switch piece {
            case .literal(let text): resolved += text
            case .anyRun: resolved += "*"
            case .anyUnit: resolved += "?"
            case .variable(let key, let fallback):
                guard let text = Self.text(of: value(key), default: fallback) else { return nil }
                resolved += text
            }
        }
        return resolved
    }

    /// Keys with several values cannot be variables, not even with a default (observed).
    private static func text(of value: RequestContext.Value?, default fallback: String?) -> String? {
        switch value {
        case .single(let text): text
        case .multiple: nil
        case nil: fallback
        }
    }

    /// Whether a variable stands before the fifth colon, where none is replaced.
    var hasVariableBeforeResource: Bool {
        var colons = 0
        for piece in self.pieces where colons < 5 {
            if case .variable = piece { return true }
            if case .literal(let text) = piece { colons += text.utf8.count { $0 == UInt8(ascii: ":") } }
        }
        return false
    }
}
