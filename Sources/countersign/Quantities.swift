import ArgumentParser

/// A span of time as people write it: `900`, `900s`, `15m`, `1h30m`, `7d`.
enum DurationArgument {
    static func seconds(_ text: String) throws -> Int {
        guard let seconds = parse(text) else {
            throw ValidationError("write seconds (900), or numbers with d, h, m, s (15m, 1h30m, 7d).")
        }
        guard (1...604_800).contains(seconds) else {
            throw ValidationError("a signature lives from 1 second to 7 days (604800 seconds).")
        }
        return seconds
    }

    private static let unitSeconds: [Character: Int] = ["d": 86_400, "h": 3_600, "m": 60, "s": 1]

    private static func parse(_ text: String) -> Int? {
        if let plain = decimal(text[...]) { return plain }
        var total = 0
        var rest = text[...]
        var lastUnit = Int.max
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard let count = decimal(digits), let letter = rest.dropFirst(digits.count).first,
                let unit = unitSeconds[letter], unit < lastUnit
            else { return nil }
            let (part, overflowed) = count.multipliedReportingOverflow(by: unit)
            let (sum, sumOverflowed) = total.addingReportingOverflow(part)
            guard !overflowed, !sumOverflowed else { return nil }
            total = sum
            lastUnit = unit
            rest = rest.dropFirst(digits.count + 1)
        }
        return text.isEmpty ? nil : total
    }

    static func decimal(_ digits: Substring) -> Int? {
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(digits)
    }
}

/// A number of bytes: `482113`, `10MB` (millions), `5MiB` (1,048,576 each).
enum SizeArgument {
    private static let unitBytes: [(suffix: String, bytes: Int64)] = [
        ("kib", 1 << 10), ("mib", 1 << 20), ("gib", 1 << 30), ("tib", 1 << 40),
        ("kb", 1_000), ("mb", 1_000_000), ("gb", 1_000_000_000), ("tb", 1_000_000_000_000), ("b", 1),
    ]

    static func bytes(_ text: String) throws -> Int64 {
        let lowered = text.lowercased()
        let unit = unitBytes.first { lowered.hasSuffix($0.suffix) }
        let digits = lowered.dropLast(unit?.suffix.count ?? 0)
        guard let count = DurationArgument.decimal(digits) else {
            throw ValidationError("write bytes (482113) or a number with kB, MB, GB, KiB, MiB or GiB (10MB, 5MiB).")
        }
        let (bytes, overflowed) = Int64(count).multipliedReportingOverflow(by: unit?.bytes ?? 1)
        guard !overflowed else { throw ValidationError("that is larger than any object.") }
        return bytes
    }

    /// `482113` as people read it: `470.8 KiB`.
    static func readable(_ bytes: Int64) -> String {
        guard bytes >= 1024 else { return bytes == 1 ? "1 byte" : "\(bytes) bytes" }
        let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        var value = Double(bytes) / 1024
        var unit = 0
        while value >= 1024 {
            value /= 1024
            unit += 1
        }
        let tenths = Int(value * 10)
        return tenths % 10 == 0 ? "\(tenths / 10) \(units[unit])" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}

/// A span of seconds in words: `15 minutes`, `1 hour 30 minutes`.
enum DurationText {
    static func readable(_ seconds: Int64) -> String {
        var rest = seconds
        var parts: [String] = []
        for (name, unit) in [("day", Int64(86_400)), ("hour", 3_600), ("minute", 60), ("second", 1)] {
            let count = rest / unit
            rest %= unit
            if count > 0 { parts.append(count == 1 ? "1 \(name)" : "\(count) \(name)s") }
        }
        return parts.isEmpty ? "0 seconds" : parts.prefix(2).joined(separator: " ")
    }
}
