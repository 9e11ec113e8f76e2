#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Something that reads what strangers send, and what must hold of it whatever they send.
protocol FuzzTarget: Sendable {
    init()
    /// Takes one input; what must not be ends the process.
    func run(_ input: [UInt8])
}

let targets: [String: any FuzzTarget.Type] = [
    "chunks": ChunkTarget.self,
    "documents": DocumentTarget.self,
    "form": FormTarget.self,
    "grant": GrantTarget.self,
    "inspect": InspectTarget.self,
    "jwt": JWTTarget.self,
    "policy": PolicyTarget.self,
    "post-policy": PostPolicyTarget.self,
    "signature": SignatureTarget.self,
    "upload-request": UploadRequestTarget.self,
    "uploads-yaml": UploadsYAMLTarget.self,
]

/// The target that the variable FUZZ_TARGET names.
private let target: any FuzzTarget = {
    guard let name = getenv("FUZZ_TARGET").map({ String(cString: $0) }), let target = targets[name] else {
        fatalError("FUZZ_TARGET must be one of \(targets.keys.sorted().joined(separator: ", "))")
    }
    return target.init()
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    target.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}

/// Ends the process where something does not hold; kept in release builds.
func expect(_ holds: Bool, _ message: @autoclosure () -> String) {
    if !holds { fatalError(message()) }
}
