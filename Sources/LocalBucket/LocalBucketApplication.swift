import Connections
public import Hummingbird
import HummingbirdCore
public import Logging
public import NIOCore
import S3Signing
import SigV4

/// Builds the local bucket: S3's wire behaviour over a folder of this machine.
///
/// Makes the folders that are missing and removes what killed uploads have left in them.
///
/// - Parameters:
///   - logger: Gets one line per request; never a signature or a whole URL.
///   - onServerRunning: Called with the listening channel, which knows the port that was taken.
/// - Throws: ``LocalBucketError`` when the configuration contradicts itself or the folder cannot be used.
public func buildLocalBucket(
    _ configuration: LocalBucketConfiguration, logger: Logger, onServerRunning: @escaping @Sendable (any Channel) async -> Void = { _ in }
) throws -> some ApplicationProtocol {
    let responder = try BucketResponder(configuration)
    var decoder = HTTP1Channel.Configuration.DecoderConfiguration()
    // Beyond S3's own limit, which is answered in XML, requests are cut off here.
    decoder.maxHeaderListSize = 32 * 1024
    decoder.maxHeaderFieldSize = 32 * 1024
    let idleTimeout = TimeAmount.nanoseconds(Int64(configuration.idleTimeoutSeconds * 1_000_000_000))
    var listening = ApplicationConfiguration(
        address: .hostname(configuration.host, port: configuration.port), serverName: "CountersignLocalBucket", backlog: Limits.connections)
    let room = ConnectionRoom(limit: Limits.connections, pieceBytes: 8 << 10, headDeadline: idleTimeout, patience: Limits.patience)
    listening.availableConnectionsDelegate = room.door
    return Application(
        responder: responder,
        server: .http1(
            configuration: .init(
                additionalChannelHandlers: [
                    room.makeSeat(),
                    ConnectionGuard(bodyDeadline: nil, draining: Limits.patience, lingering: Limits.lingering, maximumBodyBytes: nil),
                    AbsoluteTargetInstaller(),
                ],
                idleTimeout: idleTimeout,
                httpDecoderConfiguration: decoder)),
        configuration: listening,
        onServerRunning: onServerRunning,
        logger: logger)
}
