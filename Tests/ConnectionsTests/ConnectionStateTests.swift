import Testing

@testable import Connections

@Suite struct ConnectionStateTests {
    @Test func aWholeRequestNeedsNoDeadline() {
        var state = ConnectionState()
        state.readHead()
        #expect(state.readEnd() == .none)
        #expect(state.readComplete() == .none)
        state.writeHead(announcesClose: false)
        #expect(state.writeEnd() == .none)
        #expect(state.bodyDeadlinePassed() == .none)
        #expect(state.drainingDeadlinePassed() == .none)
    }

    @Test func anUnfinishedBodyHasADeadlineThatItsEndStops() {
        var state = ConnectionState()
        state.readHead()
        #expect(state.readComplete() == .startBodyDeadline)
        #expect(state.readComplete() == .none)
        #expect(state.readEnd() == .stopDeadlines)
        #expect(state.bodyDeadlinePassed() == .none)
    }

    @Test func aMissedDeadlineFailsTheBodyAndTheAnswerEndsTheConnection() {
        var state = ConnectionState()
        state.readHead()
        _ = state.readComplete()
        #expect(state.bodyDeadlinePassed() == .failBody)
        state.writeHead(announcesClose: true)
        #expect(state.writeEnd() == .finishAndLinger)
        #expect(state.isLingering)
        #expect(state.readComplete() == .none)
        #expect(state.inputClosed() == .closeWhenTaken)
    }

    @Test func aLingeringConnectionClosesWhenTimeIsUp() {
        var state = ConnectionState()
        state.readHead()
        _ = state.readEnd()
        state.writeHead(announcesClose: true)
        #expect(state.writeEnd() == .finishAndLinger)
        #expect(state.drainingDeadlinePassed() == .close)
    }

    @Test func anAnswerBeforeTheBodyLeavesItLittleTime() {
        var state = ConnectionState()
        state.readHead()
        _ = state.readComplete()
        state.writeHead(announcesClose: false)
        #expect(state.writeEnd() == .startDraining)
        #expect(state.drainingDeadlinePassed() == .close)
    }

    @Test func aBodyThatStillArrivesKeepsTheConnection() {
        var state = ConnectionState()
        state.readHead()
        state.writeHead(announcesClose: false)
        #expect(state.writeEnd() == .startDraining)
        #expect(state.readEnd() == .stopDeadlines)
        #expect(state.drainingDeadlinePassed() == .none)
        state.readHead()
        #expect(state.readComplete() == .startBodyDeadline)
    }

    @Test func anAnswerToAnEarlierRequestDoesNotDrainALaterOne() {
        var state = ConnectionState()
        state.readHead()
        _ = state.readEnd()
        state.readHead()
        #expect(state.readComplete() == .startBodyDeadline)
        state.writeHead(announcesClose: false)
        #expect(state.writeEnd() == .none)
        #expect(state.bodyDeadlinePassed() == .failBody)
    }

    @Test func aBodyThatBreaksAfterItsAnswerEndsTheConnection() {
        var state = ConnectionState()
        state.readHead()
        state.writeHead(announcesClose: false)
        #expect(state.writeEnd() == .startDraining)
        #expect(state.bodyBroken() == .finishAndLinger)
        #expect(state.isLingering)
        #expect(state.bodyBroken() == .none)
    }

    @Test func aBodyThatBreaksBeforeItsAnswerIsThatOfTheLastRequest() {
        var state = ConnectionState()
        state.readHead()
        _ = state.readEnd()
        state.readHead()
        #expect(state.bodyBroken() == .none)
        #expect(!state.isLastAnswer)
        state.writeHead(announcesClose: false)
        #expect(state.writeEnd() == .none)
        #expect(state.isLastAnswer)
        state.writeHead(announcesClose: true)
        #expect(state.writeEnd() == .finishAndLinger)
    }

    @Test func aBrokenHeadIsNoBrokenBody() {
        var state = ConnectionState()
        state.readHead()
        _ = state.readEnd()
        #expect(state.bodyBroken() == .none)
        #expect(!state.isLastAnswer)
        state.writeHead(announcesClose: false)
        #expect(state.writeEnd() == .none)
        #expect(!state.isLingering)
    }
}
