import S3Signing
import Settings
import Uploads

/// What `dev` prints when it is ready: the two URLs on standard output, the way to a first upload on standard error.
struct DevGuide {
    let desk: DevDesk
    let port: Int
    let bucketPort: Int

    func show(_ context: CommandContext) {
        try? context.say("http://localhost:\(port)/\nhttp://localhost:\(bucketPort)/")
        try? context.output.flush()
        context.complain(text(context))
    }

    func text(_ context: CommandContext) -> String {
        var lines = ["", context.paint("Open http://localhost:\(port)/ and drop a photo on it.", .bold), ""]
        lines.append("The bucket answers at http://localhost:\(bucketPort)/ and keeps its objects in \(Quoting.terminal(desk.dataFolder)).")
        for place in desk.places {
            let name = place.environment.name
            lines.append(place.apiKey.map { "\(name): send the API key \($0.text)" } ?? "\(name): needs no API key here")
            if place.cors == nil {
                lines.append("\(name): has no cors.json, so the bucket refuses browsers, as S3 would")
            }
        }
        if let command = curl { lines += ["", "Or ask for a ticket on the command line:", "  " + command] }
        if let place = desk.places.first {
            let file = Quoting.shell(DevProfiles(desk: desk, bucketPort: bucketPort).path)
            let command = "aws --profile \(DevProfiles.name(place)) s3 ls s3://\(place.bucket.name)"
            lines += ["", "The AWS CLI and SDKs use the buckets through the profiles in \(file):", "  AWS_CONFIG_FILE=\(file) \(command)"]
        }
        return (lines + ["", "Ctrl-C stops it.", ""]).joined(separator: "\n")
    }

    /// A request that the open caller's rules allow.
    private var curl: String? {
        guard let environment = desk.places.first(where: { $0.apiKey == nil })?.environment else { return nil }
        let rule = environment.rules.first { $0.method == .put && $0.checksum == .optional }
        guard let rule, let type = Self.exampleType(rule) else { return nil }
        let size = min(max(68, rule.sizeBytes.lowerBound), rule.sizeBytes.upperBound)
        let body = JSON.object([
            .init("rule", .string(rule.name)), .init("filename", .string("a\(type.fileExtension)")), .init("size", .integer(size)),
            .init("type", .string(type.text)),
        ])
        return "curl -s localhost:\(port)/v1/uploads -H 'content-type: application/json' -d \(Quoting.shell(body.compact))"
    }

    private static func exampleType(_ rule: UploadRule) -> ContentType? {
        let familiar = ["image/png", "application/pdf", "text/plain", "video/mp4", "application/zip"]
        let named = rule.contentTypes.map(\.text)
        let types = (familiar + named).compactMap { try? ContentType($0) }
        return types.first { type in rule.contentTypes.contains { $0.allows(type) } }
    }
}
