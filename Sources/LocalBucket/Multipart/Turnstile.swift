/// Lets so many through at once; the others wait in turn, holding nothing but their place.
actor Turnstile {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) {
        self.free = count
    }

    nonisolated func pass<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        await self.enter()
        do {
            let result = try await body()
            await self.leave()
            return result
        } catch {
            await self.leave()
            throw error
        }
    }

    private func enter() async {
        if self.free > 0 { self.free -= 1 } else { await withCheckedContinuation { self.waiting.append($0) } }
    }

    private func leave() {
        if self.waiting.isEmpty { self.free += 1 } else { self.waiting.removeFirst().resume() }
    }
}
