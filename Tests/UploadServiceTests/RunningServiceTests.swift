import Foundation
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Testing

@testable import UploadService

/// The service as `serve` runs it: its own listening socket, its own group.
@Suite struct RunningServiceTests {
    /// Runs the service until the clients are done with it and have asked the group to stop.
    private func running(
        _ configuration: UploadServiceConfiguration? = nil, drainingTime: Duration = .seconds(600), logger: Logger = LogLines().logger(),
        _ clients: @Sendable (Int, ServiceGroup) async throws -> Void
    ) async throws {
        var configuration = try configuration ?? Fixture.configuration()
        configuration.port = 0
        configuration.host = "localhost"
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let application = try buildUploadService(
            configuration, logger: logger, onServerRunning: { continuation.yield($0.localAddress?.port ?? 0) })
        let group = serviceGroup([application], logger: logger, drainingTime: drainingTime)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let port = try #require(await ports.first { _ in true })
            try await clients(port, group)
            try await tasks.waitForAll()
        }
    }

    private static let upload =
        "POST /v1/uploads HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nX-Api-Key: \(Fixture.stagingKey)\r\nExpect: 100-continue\r\n"

    // MARK: Stopping

    @Test func idleConnectionsDoNotHoldIt() async throws {
        try await running { port, group in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try await connection.readResponse().status == 200)
                await group.triggerGracefulShutdown()
                #expect(await connection.readToEnd() == "")
            }
        }
    }

    @Test func aRequestThatHasBegunIsAnswered() async throws {
        try await running { port, group in
            try await RawConnection.open(port: port) { connection in
                try await connection.send(Self.upload + "Content-Length: \(Body.avatar.utf8.count)\r\n\r\n")
                #expect(try await connection.readResponse().status == 100)
                await group.triggerGracefulShutdown()
                try await connection.send(Body.avatar)
                #expect(try await connection.readResponse().status == 201)
                #expect(await connection.readToEnd() == "")
            }
        }
    }

    @Test func aRequestThatNeverEndsIsCutOff() async throws {
        var configuration = try Fixture.configuration()
        configuration.limits.bodyDeadline = .seconds(600)
        let log = LogLines()
        try await running(configuration, drainingTime: .milliseconds(100), logger: log.logger(level: .info)) { port, group in
            try await RawConnection.open(port: port) { connection in
                try await connection.send(Self.upload + "Content-Length: 1000\r\n\r\n")
                #expect(try await connection.readResponse().status == 100)
                await group.triggerGracefulShutdown()
                _ = await connection.readToEnd()
            }
        }
        #expect(try log.requests().map { $0["code"] as? String } == ["stopping"])
    }

    // MARK: Connections

    @Test func whoeverComesBeyondTheLimitTakesThePlaceOfASilentConnection() async throws {
        var configuration = try Fixture.configuration()
        configuration.limits.maximumConnections = 2
        configuration.limits.maximumInFlight = 1
        let log = LogLines()
        let version = "GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n"
        try await running(configuration, logger: log.logger(level: .info)) { port, group in
            try await RawConnection.open(port: port) { first in
                try await first.send(version)
                #expect(try await first.readResponse().status == 200)
                for _ in 0..<4 {
                    try await RawConnection.open(port: port) { next in
                        try await next.send(version)
                        #expect(try await next.readResponse().status == 200)
                    }
                }
                #expect(await first.readToEnd() == "")
            }
            await group.triggerGracefulShutdown()
        }
        #expect(try log.requests().map { $0["route"] as? String } == Array(repeating: "/version", count: 5))
    }
}
