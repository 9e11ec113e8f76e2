import NIOCore

/// Whom a connection waits for.
enum Standing: Sendable {
    /// For us: a request is being worked on.
    case working
    /// For the client's next request: nothing, or half a head, has come.
    case silent
    /// For the rest of a request's body.
    case receiving
    /// For the client to take what it was sent.
    case sending
}

/// What one HTTP/1.1 connection waits for, and how long it may: a value that takes events, without a socket or a clock.
struct SeatState {
    /// So many bytes of a body renew the client's patience: fewer are a drip.
    static let markBytes = 16 << 10

    let headDeadline: TimeAmount
    let patience: TimeAmount

    private var hasBegunHead = false
    private var isReadingRequest = false
    private var requestsInProgress = 0
    private var isWritable = true
    private var isLastRequest = false
    private var isClosing = false
    private var bytesSinceMark = 0
    /// When the head that has begun must be there.
    private var headEnd: NIODeadline?
    /// When the client must have gone on receiving or sending.
    private var patienceEnd: NIODeadline?

    init(headDeadline: TimeAmount, patience: TimeAmount) {
        self.headDeadline = headDeadline
        self.patience = patience
    }

    var standing: Standing {
        if !isWritable { return .sending }
        if requestsInProgress == 0 || isClosing { return .silent }
        // With another request before it, whose answer is ours to give, the client is not the one who is waited for.
        return isReadingRequest && requestsInProgress == 1 ? .receiving : .working
    }

    /// Whether nobody reads what still comes: behind the last request, and where the connection is closing.
    var dropsBytes: Bool { isClosing || isLastRequest && !isReadingRequest }

    /// When to look at the connection again; nil while it may wait for as long as it wants, or waits for us.
    var nextLook: NIODeadline? {
        [headEnd, patienceEnd].compactMap(\.self).min()
    }

    // MARK: Events

    mutating func bytesArrived() {
        if !isReadingRequest { hasBegunHead = true }
    }

    mutating func readHead(isLast: Bool = false) {
        hasBegunHead = false
        isLastRequest = isLastRequest || isLast
        isReadingRequest = true
        requestsInProgress += 1
        bytesSinceMark = Self.markBytes
    }

    mutating func readBody(byteCount: Int) {
        bytesSinceMark += byteCount
    }

    mutating func readEnd() {
        isReadingRequest = false
    }

    mutating func writeEnd() {
        // What cannot be read as a request is answered as well.
        requestsInProgress = max(requestsInProgress - 1, 0)
    }

    mutating func outputClosed() {
        isClosing = true
        hasBegunHead = false
    }

    mutating func writabilityChanged(_ isWritable: Bool) {
        self.isWritable = isWritable
    }

    /// Works out the deadlines after events.
    ///
    /// - Parameter earlier: the standing before the events.
    /// - Returns: whether the connection begins to wait anew, though its standing may be the same.
    mutating func settle(from earlier: Standing, at now: NIODeadline) -> Bool {
        headEnd = hasBegunHead ? headEnd ?? now + headDeadline : nil
        let isNew = standing != earlier || bytesSinceMark >= Self.markBytes
        guard isNew else { return false }
        bytesSinceMark = 0
        patienceEnd = standing == .receiving || standing == .sending ? now + patience : nil
        return true
    }

    // MARK: Time

    /// - Parameter waitsForClient: false while we do not read on ourselves, so that nothing can arrive.
    /// - Returns: whether the client has let its time pass, and the connection must close.
    mutating func look(at now: NIODeadline, waitsForClient: Bool) -> Bool {
        if let end = headEnd, now >= end {
            // What is under way is finished first; a head behind it begins anew.
            if standing == .silent { return true }
            headEnd = now + headDeadline
        }
        if let end = patienceEnd, now >= end {
            if standing == .sending || waitsForClient { return true }
            patienceEnd = now + patience
        }
        return false
    }
}
