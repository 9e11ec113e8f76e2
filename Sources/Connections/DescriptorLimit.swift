#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// How many files and connections this process may have open.
public enum DescriptorLimit {
    /// For everything that is no client's connection: files, calls to others, the listening sockets, the event loops.
    static let reserve = 256

    /// Raises the soft limit where the hard one allows it.
    ///
    /// - Returns: the connections that a server can have, `wanted` where the limit is high enough; two at least.
    public static func makeRoom(connections wanted: Int) -> Int {
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return wanted }
        let needed = rlim_t(wanted + reserve)
        if limit.rlim_cur < needed {
            var raised = limit
            raised.rlim_cur = min(needed, limit.rlim_max)
            if setrlimit(resource, &raised) == 0 { limit = raised }
        }
        return min(wanted, max(2, Int(clamping: limit.rlim_cur) - reserve))
    }

    #if canImport(Glibc)
        private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
        private static let resource = RLIMIT_NOFILE
    #endif
}
