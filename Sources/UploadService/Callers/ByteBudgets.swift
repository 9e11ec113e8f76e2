import SigV4
import Synchronization

/// What the tickets of each scoped token have bound so far, in bytes. It is counted in this process: several of them each grant the budget.
final class ByteBudgets: Sendable {
    enum Outcome: Equatable {
        case charged
        /// The budget has fewer bytes left.
        case exhausted(leftBytes: Int64)
        /// As many tokens as can be counted are in use.
        case full
    }

    private struct Account {
        var bytes: Int64
        let expiresAt: SigningTime
    }

    static let defaultCapacity = 100_000

    private let capacity: Int
    private let accounts = Mutex<[String: Account]>([:])

    init(capacity: Int = ByteBudgets.defaultCapacity) {
        self.capacity = capacity
    }

    var count: Int { accounts.withLock { $0.count } }

    /// Takes bytes from a token's budget, all of them or none.
    func charge(_ bytes: Int64, to scope: TokenScope, at now: SigningTime) -> Outcome {
        accounts.withLock { accounts in
            if accounts[scope.id] == nil, accounts.count >= capacity {
                accounts = accounts.filter { now < $0.value.expiresAt }
                if accounts.count >= capacity { return .full }
            }
            let spent = accounts[scope.id]?.bytes ?? 0
            guard bytes <= scope.budgetBytes - spent else { return .exhausted(leftBytes: scope.budgetBytes - spent) }
            accounts[scope.id] = Account(bytes: spent + bytes, expiresAt: scope.expiresAt)
            return .charged
        }
    }
}
