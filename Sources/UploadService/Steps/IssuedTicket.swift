import Uploads

/// Permission for one upload, in one request or in parts.
enum IssuedTicket: Sendable {
    case single(Ticket)
    case multipart(MultipartTicket)

    var environment: String {
        switch self {
        case .single(let ticket): ticket.environment
        case .multipart(let ticket): ticket.environment
        }
    }

    var rule: String {
        switch self {
        case .single(let ticket): ticket.rule
        case .multipart(let ticket): ticket.rule
        }
    }

    var key: String {
        switch self {
        case .single(let ticket): ticket.key
        case .multipart(let ticket): ticket.key
        }
    }

    func write(to json: inout JSONWriter) {
        switch self {
        case .single(let ticket): ticket.write(to: &json)
        case .multipart(let ticket): ticket.write(to: &json)
        }
    }
}
