import Foundation
import Hummingbird
import NIOCore
import ServiceLifecycle
import Testing

@testable import UploadService

@Suite struct ShutdownTests {
    /// Starts the service in the group that `serve` uses, lets clients hang on it in every way, and asks it to stop.
    private func stopping(drainingTime: Duration, _ clients: @Sendable (Int, ServiceGroup) async throws -> Void) async throws {
        var configuration = try Fixture.configuration()
        configuration.port = 0
        configuration.host = "localhost"
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let log = LogLines().logger()
        let application = try buildUploadService(
            configuration, logger: log, onServerRunning: { continuation.yield($0.localAddress?.port ?? 0) })
        let group = serviceGroup([application], logger: log, drainingTime: drainingTime)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let port = try #require(await ports.first { _ in true })
            try await clients(port, group)
            try await tasks.waitForAll()
        }
    }

    @Test func idleConnectionsDoNotHoldIt() async throws {
        try await stopping(drainingTime: .seconds(600)) { port, group in
            try await RawConnection.open(port: port) { connection in
                try await connection.send("GET /version HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try await connection.readResponse().status == 200)
                await group.triggerGracefulShutdown()
                #expect(await connection.readToEnd() == "")
            }
        }
    }

    @Test func aRequestThatHasBegunIsAnswered() async throws {
        try await stopping(drainingTime: .seconds(600)) { port, group in
            try await RawConnection.open(port: port) { connection in
                let head =
                    "POST /v1/uploads HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nX-Api-Key: \(Fixture.stagingKey)\r\n"
                try await connection.send(head + "Expect: 100-continue\r\nContent-Length: \(Body.avatar.utf8.count)\r\n\r\n")
                #expect(try await connection.readResponse().status == 100)
                await group.triggerGracefulShutdown()
                try await connection.send(Body.avatar)
                #expect(try await connection.readResponse().status == 201)
                #expect(await connection.readToEnd() == "")
            }
        }
    }

    @Test func aRequestThatNeverEndsIsCutOff() async throws {
        try await stopping(drainingTime: .milliseconds(100)) { port, group in
            try await RawConnection.open(port: port) { connection in
                let head =
                    "POST /v1/uploads HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nX-Api-Key: \(Fixture.stagingKey)\r\n"
                try await connection.send(head + "Expect: 100-continue\r\nContent-Length: 1000\r\n\r\n")
                #expect(try await connection.readResponse().status == 100)
                await group.triggerGracefulShutdown()
                _ = await connection.readToEnd()
            }
        }
    }
}
