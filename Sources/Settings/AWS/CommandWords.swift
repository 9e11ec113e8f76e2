/// Splits a command line into words as a POSIX shell does, without anything else that shells do: no variables, no wildcards.
enum CommandWords {
    static func split(_ command: String, place: String) throws(AWSSettingsError) -> [String] {
        var words: [String] = []
        var word: String.UnicodeScalarView?
        var quote: Unicode.Scalar?
        var isEscaped = false
        for scalar in command.unicodeScalars {
            if isEscaped {
                // Within double quotes a backslash stands for itself, except before what it can take the meaning of.
                if quote == "\"", scalar != "\"", scalar != "\\" { word?.append("\\") }
                word?.append(scalar)
                isEscaped = false
            } else if scalar == "\\", quote != "'" {
                word = word ?? .init()
                isEscaped = true
            } else if scalar == quote {
                quote = nil
            } else if quote == nil, scalar == "'" || scalar == "\"" {
                quote = scalar
                word = word ?? .init()
            } else if quote == nil, scalar == " " || scalar == "\t" {
                if let word { words.append(String(word)) }
                word = nil
            } else {
                word = word ?? .init()
                word?.append(scalar)
            }
        }
        guard quote == nil, !isEscaped else { throw AWSSettingsError(place, "a quote of this command has no end; close it") }
        if let word { words.append(String(word)) }
        guard !words.isEmpty, !words[0].isEmpty, !command.unicodeScalars.contains("\0") else {
            throw AWSSettingsError(place, "this names no program; write its path and arguments")
        }
        return words
    }
}
