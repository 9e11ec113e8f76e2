import HTTPTypes
import S3Signing
import SigV4
import Uploads

extension Ticket {
    /// Writes the ticket as clients get it: `fields` for POST, in the order in which they are sent; `headers` otherwise.
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("environment", environment)
            json.member("rule", rule)
            json.member("bucket", bucket)
            json.member("key", key)
            json.member("method", method.rawValue)
            json.member("url", url)
            json.name(method == .post ? "fields" : "headers")
            json.object { json in
                for header in method == .post ? fields : headers { json.member(header.name, header.value) }
            }
            json.member("expiresAt", expiresAt.iso8601)
            json.member("once", once)
            json.member("publicUrl", publicURL)
            json.member("grant", grant)
        }
    }
}

extension MultipartTicket {
    /// Writes the ticket as clients get it: the parts where they are few, and `create` where the client creates the upload itself.
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("environment", environment)
            json.member("rule", rule)
            json.member("bucket", bucket)
            json.member("key", key)
            json.member("method", UploadMethod.multipart.rawValue)
            json.member("multipart", mode.rawValue)
            if let create {
                json.name("create")
                create.write(to: &json)
            }
            if let plan {
                json.member("partSize", plan.partSizeBytes)
                json.member("partCount", plan.count)
            }
            if let parts {
                json.name("parts")
                json.array { json in parts.forEach { $0.write(to: &json) } }
            }
            json.member("expiresAt", expiresAt.iso8601)
            json.member("once", once)
            json.member("publicUrl", publicURL)
            json.member("grant", grant)
        }
    }
}

extension PresignedStep {
    func write(to json: inout JSONWriter, partNumber: Int? = nil) {
        json.object { json in
            if let partNumber { json.member("partNumber", partNumber) }
            json.member("method", method.rawValue)
            json.member("url", url)
            json.name("headers")
            json.object { json in
                for header in headers { json.member(header.name, header.value) }
            }
            json.member("expiresAt", expiresAt.iso8601)
        }
    }
}

extension PartTicket {
    func write(to json: inout JSONWriter) {
        step.write(to: &json, partNumber: number)
    }
}

extension UploadSteps.Parts {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.name("parts")
            json.array { json in parts.forEach { $0.write(to: &json) } }
            guard let steps else { return }
            for (name, step) in [("complete", steps.complete), ("abort", steps.abort), ("list", steps.list)] {
                json.name(name)
                step.write(to: &json)
            }
        }
    }
}

extension StoredPart {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("partNumber", number)
            json.member("size", sizeBytes)
            json.member("etag", etag)
        }
    }
}

extension DownloadTicket {
    /// Writes the ticket as clients get it: a GET needs no headers.
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("environment", environment)
            json.member("bucket", bucket)
            json.member("key", key)
            json.member("method", "GET")
            json.member("url", url)
            json.name("headers")
            json.object { _ in }
            json.member("expiresAt", expiresAt.iso8601)
            json.member("once", false)
        }
    }
}

extension UploadRule {
    /// Writes what a page needs to know to check a file before it asks for a ticket.
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("name", name)
            json.member("contentTypes", contentTypes.map(\.text))
            json.member("minimumSize", sizeBytes.lowerBound)
            json.member("maximumSize", sizeBytes.upperBound)
            json.member("method", method.rawValue)
            json.member("multipart", multipart?.rawValue)
            json.member("once", once)
            json.member("lifetimeSeconds", lifetimeSeconds)
            json.member("checksum", checksum.rawValue)
            json.member("metadata", allowedMetadata)
        }
    }
}

extension Problem {
    /// - Parameter path: where the refused upload request stands in the body; empty for the body itself.
    init(_ refusal: Refusal, path: String = "", headers: HTTPFields = [:]) {
        let field = refusal.field.map { path.isEmpty ? $0 : "\(path).\($0)" }
        self.init(status: .init(code: refusal.status), code: refusal.code.rawValue, detail: refusal.detail, field: field)
        self.headers = headers
    }
}
