public import HummingbirdCore
public import NIOCore
import NIOPosix
import Synchronization

/// Keeps a server's connections within a limit, so that nobody is kept out by those who only wait.
///
/// Whoever comes when all places are taken gets that of the connection that has waited longest for its client: first of those without a
/// request, then of those whose client sends a body or takes an answer too slowly, and last of those who have only just come. A connection
/// whose request is being worked on is never closed for another one.
///
/// Give the server ``door`` as its `availableConnectionsDelegate`, and each connection a ``makeSeat()`` as the first of its handlers.
public final class ConnectionRoom: Sendable {
    private struct State {
        var open = 0
        var silent = WaitingLine<Seated>()
        var receiving = WaitingLine<Seated>()
        var sending = WaitingLine<Seated>()
        /// All places are taken, and nobody was found to give one up.
        var isSearching = false
        /// It will be looked again by itself.
        var looksLater = false
        /// What those in the line of `sending` have not taken.
        var unsentBytes = 0
    }

    /// A client may be this slow before its place is given to another one, as long as there is anybody slower.
    static let grace = TimeAmount.milliseconds(250)

    private let limit: Int
    /// So many bytes of answers may wait for clients that do not take them: a thousand large answers would be gigabytes.
    private let unsentLimit: Int
    /// Places that are kept free as long as anybody can be asked for theirs: whoever comes then does not wait until one has left.
    private let spare: Int
    private let pieceBytes: Int
    private let headDeadline: TimeAmount
    private let patience: TimeAmount
    private let clock: @Sendable () -> NIODeadline
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: connections open at once.
    ///   - pieceBytes: how much is read of a connection in one go. All requests in it are decoded before anybody else's turn comes.
    ///   - headDeadline: how long a request's head may take from its first byte to its last.
    ///   - patience: how long a client may take for the next few kilobytes of a body, or for what is left of an answer.
    public convenience init(limit: Int, pieceBytes: Int, headDeadline: TimeAmount, patience: TimeAmount) {
        self.init(
            limit: limit, pieceBytes: pieceBytes, unsentLimit: 128 << 20, headDeadline: headDeadline, patience: patience, clock: { .now() })
    }

    init(
        limit: Int, pieceBytes: Int, unsentLimit: Int, headDeadline: TimeAmount, patience: TimeAmount,
        clock: @escaping @Sendable () -> NIODeadline
    ) {
        self.limit = limit
        self.pieceBytes = pieceBytes
        self.unsentLimit = unsentLimit
        self.spare = limit / 8
        self.headDeadline = headDeadline
        self.patience = patience
        self.clock = clock
    }

    /// Asks the longest-waiting body to be given up for the sake of another request: its connection gets ``BodyGivenUp``.
    ///
    /// - Returns: false when no client has been slow enough.
    public func giveUpLongestBody() -> Bool {
        let now = clock()
        let seated = state.withLock { state in Self.slow(state.receiving, at: now) ? state.receiving.nameLongest(at: now) : nil }
        seated?.run { $0.giveUpBody() }
        return seated != nil
    }

    /// Counts connections, and lets the next one in only when there is a place.
    public var door: any AvailableConnectionsDelegate { Door(room: self) }

    /// A handler for one connection.
    public func makeSeat() -> any RemovableChannelHandler {
        ConnectionSeat(room: self, pieceBytes: pieceBytes, state: SeatState(headDeadline: headDeadline, patience: patience))
    }

    private static func slow(_ line: WaitingLine<Seated>, at now: NIODeadline) -> Bool {
        line.longestSince.map { $0 + grace <= now } ?? false
    }
}

/// The request's body was given up so that others can be worked on. Fired as a user event down the connection's pipeline.
public struct BodyGivenUp: Sendable {
    public init() {}
}

// MARK: - The door

extension ConnectionRoom {
    private struct Door: AvailableConnectionsDelegate {
        let room: ConnectionRoom

        func connectionOpened() { room.opened() }
        func connectionClosed() { room.state.withLock { $0.open -= 1 } }
        func isAcceptingNewConnections() -> Bool { room.hasPlace() }
    }

    private func opened() {
        let isCrowded = state.withLock { state in
            state.open += 1
            return state.open > limit - spare
        }
        if isCrowded, spare > 0 { makePlace() }
    }

    /// Asked again whenever a connection has closed after a no.
    private func hasPlace() -> Bool {
        let isFree = state.withLock { state in
            let isFree = state.open < limit
            if isFree { state.isSearching = false }
            return isFree
        }
        if !isFree { makePlace() }
        return isFree
    }

    /// Asks one connection to close; where there is none, the next that falls silent is asked, or one that has become slow.
    ///
    /// - Parameter triesLeft: how many more are asked at once when it has got something to do meanwhile.
    func makePlace(triesLeft: Int = 8) {
        let now = clock()
        let seated = state.withLock { state -> Seated? in
            let named = triesLeft > 0 ? Self.nameLongest(in: &state, at: now) : nil
            state.isSearching = named == nil && state.open >= limit
            return named
        }
        if let seated { seated.run { $0.giveWay(triesLeft: triesLeft) } } else { searchLater() }
    }

    private static func nameLongest(in state: inout State, at now: NIODeadline) -> Seated? {
        if slow(state.silent, at: now) { return state.silent.nameLongest(at: now) }
        let (receiving, sending) = (state.receiving.longestSince ?? .distantFuture, state.sending.longestSince ?? .distantFuture)
        if sending < receiving, slow(state.sending, at: now) { return state.sending.nameLongest(at: now) }
        if slow(state.receiving, at: now) { return state.receiving.nameLongest(at: now) }
        return state.silent.nameLongest(at: now)
    }

    private func searchLater() {
        let isFirst = state.withLock { state in
            defer { state.looksLater = true }
            return !state.looksLater
        }
        guard isFirst else { return }
        MultiThreadedEventLoopGroup.singleton.any().scheduleTask(in: .milliseconds(250)) {
            let isNeeded = self.state.withLock { state in
                state.looksLater = false
                return state.isSearching && state.open >= self.limit
            }
            if isNeeded { self.makePlace() }
        }
    }
}

// MARK: - The seats

/// A connection as the room knows it: reached on its own event loop only.
struct Seated: Sendable {
    let eventLoop: any EventLoop
    let seat: NIOLoopBound<ConnectionSeat>

    func run(_ action: @escaping @Sendable (ConnectionSeat) -> Void) {
        eventLoop.execute { action(seat.value) }
    }
}

/// Where a connection stands, in which line.
struct Place {
    let standing: Standing
    let inLine: WaitingLine<Seated>.Place
    let unsentBytes: Int
}

extension ConnectionRoom {
    /// Takes a connection out of its line and puts it at the end of another one, or of none while it is worked on.
    ///
    /// - Parameter unsentBytes: what the client has not taken, where that is what is waited for. With too many of all together, those who have
    ///   taken longest are closed.
    func move(_ seated: Seated, from place: Place?, to standing: Standing, unsentBytes: Int, at now: NIODeadline) -> Place? {
        let (next, isAsked, slowest) = state.withLock { state -> (Place?, Bool, Seated?) in
            if let place { Self.leave(place, &state) }
            let joined = Self.withLine(standing, &state) { $0.join(seated, since: now) }
            let isAsked = standing == .silent && state.isSearching
            if isAsked { state.isSearching = false }
            state.unsentBytes += unsentBytes
            let slowest = unsentBytes > 0 && state.unsentBytes > unsentLimit ? state.sending.nameLongest(at: now) : nil
            return (joined.map { Place(standing: standing, inLine: $0, unsentBytes: unsentBytes) }, isAsked, slowest)
        }
        if isAsked { makePlace() }
        slowest?.run { $0.giveUpAnswer() }
        return next
    }

    func leave(_ place: Place) {
        state.withLock { state in Self.leave(place, &state) }
    }

    private static func leave(_ place: Place, _ state: inout State) {
        state.unsentBytes -= place.unsentBytes
        withLine(place.standing, &state) { $0.leave(place.inLine) }
    }

    @discardableResult
    private static func withLine<Result>(
        _ standing: Standing, _ state: inout State, _ use: (inout WaitingLine<Seated>) -> Result
    ) -> Result? {
        switch standing {
        case .working: nil
        case .silent: use(&state.silent)
        case .receiving: use(&state.receiving)
        case .sending: use(&state.sending)
        }
    }
}
