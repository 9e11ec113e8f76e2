import SigV4
import Synchronization

/// What each scoped token has been used for: tickets, and the bytes that they bind. It is counted in this process, as long as that runs:
/// several processes each grant the budget.
final class ByteBudgets: Sendable {
    enum Outcome: Equatable {
        case charged
        /// The budget has fewer bytes left.
        case exhausted(leftBytes: Int64)
        /// It has had as many tickets as any token gets.
        case worn
        /// As many tokens as can be counted are in use.
        case full
    }

    private struct Account {
        var bytes: Int64 = 0
        var tickets = 0
        let expiresAt: SigningTime
    }

    static let defaultCapacity = 100_000
    /// How many tickets a token is good for, however small their files are: empty ones would cost nothing.
    static let maximumTickets = 1_000

    private let capacity: Int
    private let book = Mutex<(accounts: [String: Account], firstEnd: SigningTime?)>(([:], nil))

    init(capacity: Int = ByteBudgets.defaultCapacity) {
        self.capacity = capacity
    }

    var count: Int { book.withLock { $0.accounts.count } }

    /// Takes bytes from a token's budget, all of them or none.
    func charge(_ bytes: Int64, to scope: TokenScope, at now: SigningTime) -> Outcome {
        book.withLock { book in
            if book.accounts[scope.id] == nil, book.accounts.count >= capacity {
                // Nothing to forget, nothing to look for: a full book costs no more than one with room.
                guard let firstEnd = book.firstEnd, firstEnd <= now else { return .full }
                book.accounts = book.accounts.filter { now < $0.value.expiresAt }
                book.firstEnd = book.accounts.values.map(\.expiresAt).min()
            }
            var account = book.accounts[scope.id] ?? Account(expiresAt: scope.expiresAt)
            guard account.tickets < Self.maximumTickets else { return .worn }
            guard bytes <= scope.budgetBytes - account.bytes else { return .exhausted(leftBytes: scope.budgetBytes - account.bytes) }
            account.bytes += bytes
            account.tickets += 1
            book.accounts[scope.id] = account
            book.firstEnd = min(book.firstEnd ?? scope.expiresAt, scope.expiresAt)
            return .charged
        }
    }

    /// Gives back what was charged for a ticket that nobody has seen.
    func refund(_ bytes: Int64, to scope: TokenScope) {
        book.withLock { book in
            guard var account = book.accounts[scope.id] else { return }
            account.bytes = max(account.bytes - bytes, 0)
            account.tickets = max(account.tickets - 1, 0)
            book.accounts[scope.id] = account
        }
    }
}
