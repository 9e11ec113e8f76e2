import Foundation
import Synchronization
import Uploads

/// A program that prints credentials, as `credential_process` names it.
///
/// It runs without a shell and without the service's own variables, which hold secrets that are none of its business. What it says on
/// standard error is thrown away, as that may be a secret; what hangs is killed, with its process group.
///
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
struct CredentialProcess: Sendable {
    let words: [String]
    let deadline: Duration

    func credentials() async throws(CredentialFault) -> SigningCredentials {
        var output = try await output()
        defer { for index in output.indices { output[index] = 0 } }
        let document: CredentialDocument
        do { document = try CredentialDocument(output, tokenName: "SessionToken") } catch {
            throw CredentialFault(error.message.replacing("the answer", with: "what it prints"))
        }
        guard document.integer("Version") == 1 else { throw CredentialFault("Version in what it prints must be 1") }
        do { return try document.credentials() } catch {
            throw CredentialFault(error.message.replacing("the answer", with: "what it prints"))
        }
    }

    /// What the program prints, once it has ended well.
    private func output() async throws(CredentialFault) -> [UInt8] {
        let isCancelled = CancellationFlag()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // A thread of its own: it waits, and none of those that serve requests shall.
                Thread.detachNewThread { continuation.resume(returning: run(isCancelled)) }
            }
        } onCancel: {
            isCancelled.set()
        }
        return try result.get()
    }

    private func run(_ isCancelled: CancellationFlag) -> Result<[UInt8], CredentialFault> {
        do throws(CredentialFault) {
            let child = try Child(words)
            defer { child.end() }
            let end = ContinuousClock.now + deadline
            var output: [UInt8] = []
            // What grows would leave copies behind.
            output.reserveCapacity(CredentialFetcher.maximumBytes + Child.blockBytes)
            while try child.read(into: &output, until: end, isCancelled) {
                guard output.count <= CredentialFetcher.maximumBytes else { throw CredentialFault("it prints more than 64 KiB") }
            }
            try child.wait(until: end, isCancelled)
            return .success(output)
        } catch {
            return .failure(error)
        }
    }
}

private final class CancellationFlag: Sendable {
    private let flag = Atomic(false)

    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
}

/// A process in a group of its own, whose standard output is read.
private final class Child {
    private let id: pid_t
    private let input: Int32
    private var hasEnded = false
    /// One starts at a time: a pipe that is not yet closed in children would have no end as long as another program held it. (pipe2 is
    /// not among what Swift sees of Glibc.)
    private static let starting = Mutex(())

    init(_ words: [String]) throws(CredentialFault) {
        var ends: [Int32] = [-1, -1]
        let (code, id) = Self.starting.withLock { _ in
            guard pipe(&ends) == 0 else { return (errno, pid_t()) }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            return Self.spawn(words, output: ends[1])
        }
        defer { close(ends[1]) }
        guard code == 0 else {
            close(ends[0])
            // The command is not repeated: somebody may have written a secret into it.
            let hint = words[0].contains("=") ? "; a variable in front of a program is for shells, use a script" : ""
            throw CredentialFault("it cannot be started: \(String(cString: strerror(code)))\(hint)")
        }
        self.id = id
        input = ends[0]
    }

    /// The variables of this process, without those of the service.
    private static func variables() -> [UnsafeMutablePointer<CChar>?] {
        var variables: [UnsafeMutablePointer<CChar>?] = []
        var next = environ
        while let variable = next.pointee {
            if !String(cString: variable).hasPrefix("COUNTERSIGN_") { variables.append(variable) }
            next += 1
        }
        return variables + [nil]
    }

    private static func spawn(_ words: [String], output: Int32) -> (code: Int32, id: pid_t) {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #else
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Signals that this process handles by itself would stay ignored in its children.
        var (all, none) = (sigset_t(), sigset_t())
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        defer { arguments.forEach { free($0) } }
        arguments.append(nil)
        var id: pid_t = 0
        return (posix_spawnp(&id, words[0], &actions, &attributes, arguments, variables()), id)
    }

    static let blockBytes = 4096

    /// Appends the next bytes; false at their end.
    func read(
        into output: inout [UInt8], until end: ContinuousClock.Instant, _ isCancelled: CancellationFlag
    ) throws(CredentialFault) -> Bool {
        var block = [UInt8](repeating: 0, count: Self.blockBytes)
        defer { for index in block.indices { block[index] = 0 } }
        while true {
            try Self.check(end, isCancelled)
            var ready = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, 50) > 0 else { continue }
            #if canImport(Darwin)
                let count = Darwin.read(input, &block, block.count)
            #else
                let count = Glibc.read(input, &block, block.count)
            #endif
            if count < 0, errno == EINTR { continue }
            output += block[..<max(count, 0)]
            return count > 0
        }
    }

    /// Waits for its end, which must be a good one.
    func wait(until end: ContinuousClock.Instant, _ isCancelled: CancellationFlag) throws(CredentialFault) {
        var status: Int32 = 0
        var ended = waitpid(id, &status, WNOHANG)
        while ended == 0 || (ended < 0 && errno == EINTR) {
            try Self.check(end, isCancelled)
            usleep(2_000)
            ended = waitpid(id, &status, WNOHANG)
        }
        hasEnded = true
        // Where somebody ignores SIGCHLD, nobody learns how it ended.
        guard ended == id else { throw CredentialFault("how it ended is not known") }
        let signal = status & 0x7F
        guard signal == 0 else { throw CredentialFault("it was ended by signal \(signal)") }
        let code = (status >> 8) & 0xFF
        guard code == 0 else {
            let hint = code == 127 ? "; is its path right?" : "; run it by hand to see why"
            throw CredentialFault("it ended with exit code \(code)\(hint)")
        }
    }

    private static func check(_ end: ContinuousClock.Instant, _ isCancelled: CancellationFlag) throws(CredentialFault) {
        guard !isCancelled.isSet else { throw CredentialFault("it was stopped with this program") }
        guard ContinuousClock.now < end else { throw CredentialFault("it did not end in time, and was stopped") }
    }

    /// Ends its group, and it alone where it has left that. The kernel may hold a process that waits for a device: it is not waited for.
    func end() {
        close(input)
        kill(-id, SIGKILL)
        guard !hasEnded else { return }
        kill(id, SIGKILL)
        for _ in 0..<1000 where waitpid(id, nil, WNOHANG) == 0 { usleep(2_000) }
    }
}
