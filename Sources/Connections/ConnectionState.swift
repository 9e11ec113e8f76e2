/// What one HTTP/1.1 connection may still do: a value that takes events and returns actions, without a socket or a clock.
///
/// It guards against what the HTTP layer leaves open: bodies that drip in for ever, bodies that nobody reads, and answers that the client
/// loses because the connection is reset while it is still sending.
struct ConnectionState {
    enum Action: Equatable {
        case none
        /// The body's deadline starts to run.
        case startBodyDeadline
        case stopDeadlines
        /// The rest of the body must arrive soon, or the connection closes.
        case startDraining
        /// Close our side, read and drop what still comes, and close for good soon.
        case finishAndLinger
        /// Tell the application that the body did not arrive in time.
        case failBody
        /// Close for good as soon as the client has taken all of its answers.
        case closeWhenTaken
        case close
    }

    private var isReadingRequest = false
    private var isDeadlineRunning = false
    private var requestsInProgress = 0
    private var closesAfterResponse = false
    /// Nothing behind the request that was read last is read as one.
    private var isEnding = false
    private(set) var isLingering = false

    /// Whether the next answer is the connection's last.
    var isLastAnswer: Bool { isEnding && requestsInProgress == 1 }

    mutating func readHead(isLast: Bool = false) {
        isReadingRequest = true
        isEnding = isEnding || isLast
        requestsInProgress += 1
    }

    /// All that has arrived so far has been read. Most requests are complete by now and need no deadline.
    mutating func readComplete() -> Action {
        guard isReadingRequest, !isDeadlineRunning, !isLingering else { return .none }
        isDeadlineRunning = true
        return .startBodyDeadline
    }

    mutating func readEnd() -> Action {
        isReadingRequest = false
        guard isDeadlineRunning else { return .none }
        isDeadlineRunning = false
        return .stopDeadlines
    }

    /// A body is not framed as its request says (RFC 9112 section 7.1). Where the request was answered without it, nothing is left to say;
    /// a second answer would be taken for that of another request.
    mutating func bodyBroken() -> Action {
        guard isReadingRequest, !isLingering else { return .none }
        isEnding = true
        return requestsInProgress == 0 ? linger() : .none
    }

    mutating func writeHead(announcesClose: Bool) {
        closesAfterResponse = closesAfterResponse || announcesClose
    }

    mutating func writeEnd() -> Action {
        // What cannot be read as a request is answered as well.
        requestsInProgress = max(requestsInProgress - 1, 0)
        if closesAfterResponse || isEnding && requestsInProgress == 0 { return linger() }
        guard isReadingRequest, requestsInProgress == 0 else { return .none }
        isDeadlineRunning = true
        return .startDraining
    }

    /// The body's deadline has passed.
    mutating func bodyDeadlinePassed() -> Action {
        isReadingRequest && !isLingering ? .failBody : .none
    }

    /// The time for draining or lingering has passed.
    mutating func drainingDeadlinePassed() -> Action {
        isReadingRequest || isLingering ? .close : .none
    }

    mutating func inputClosed() -> Action {
        isLingering ? .closeWhenTaken : .none
    }

    private mutating func linger() -> Action {
        isLingering = true
        return .finishAndLinger
    }
}
