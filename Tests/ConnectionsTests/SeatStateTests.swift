import NIOCore
import Testing

@testable import Connections

@Suite struct SeatStateTests {
    private func time(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(seconds) }

    private func seat() -> SeatState { SeatState(headDeadline: .seconds(10), patience: .seconds(60)) }

    @Test func aNewConnectionIsSilentAndMayBe() {
        var seat = seat()
        #expect(seat.standing == .silent && seat.nextLook == nil)
        #expect(seat.look(at: .distantFuture, waitsForClient: true) == false)
    }

    @Test func aHeadHasATimeFromItsFirstByteWhateverFollows() {
        var seat = seat()
        for second: Int64 in 0..<10 {
            seat.bytesArrived()
            #expect(seat.settle(from: .silent, at: time(second)) == false)
            #expect(seat.nextLook == time(10))
            #expect(seat.look(at: time(second), waitsForClient: true) == false)
        }
        #expect(seat.standing == .silent)
        #expect(seat.look(at: time(10), waitsForClient: true) == true)
    }

    @Test func anAnswerWithoutARequestLeavesItSilent() {
        var seat = seat()
        seat.bytesArrived()
        _ = seat.settle(from: .silent, at: time(0))
        // What is no HTTP is answered with 400.
        seat.writeEnd()
        _ = seat.settle(from: .silent, at: time(0))
        #expect(seat.standing == .silent)
        #expect(seat.look(at: time(10), waitsForClient: true) == true)
    }

    @Test func aConnectionThatClosesWaitsForNobodysWork() {
        var seat = seat()
        for _ in 0..<2 {
            seat.readHead()
            seat.readEnd()
        }
        seat.writeEnd()
        #expect(seat.standing == .working && !seat.dropsBytes)
        seat.outputClosed()
        #expect(seat.standing == .silent && seat.dropsBytes)
        seat.writabilityChanged(false)
        #expect(seat.standing == .sending)
    }

    @Test func nothingIsReadBehindTheLastRequest() {
        var seat = seat()
        seat.readHead(isLast: true)
        #expect(!seat.dropsBytes)
        seat.readEnd()
        #expect(seat.dropsBytes)
    }

    @Test func aWholeRequestHasNoDeadline() {
        var seat = seat()
        seat.bytesArrived()
        seat.readHead()
        seat.readEnd()
        #expect(seat.settle(from: .silent, at: time(0)) == true)
        #expect(seat.standing == .working && seat.nextLook == nil)
        seat.writeEnd()
        #expect(seat.settle(from: .working, at: time(0)) == true)
        #expect(seat.standing == .silent && seat.nextLook == nil)
    }

    @Test func aHeadBehindARequestUnderWayIsNotHeldAgainstIt() {
        var seat = seat()
        seat.readHead()
        seat.readEnd()
        _ = seat.settle(from: .silent, at: time(0))
        seat.bytesArrived()
        _ = seat.settle(from: .working, at: time(1))
        #expect(seat.look(at: time(11), waitsForClient: true) == false)
        #expect(seat.nextLook == time(21))
        seat.writeEnd()
        #expect(seat.look(at: time(21), waitsForClient: true) == true)
    }

    @Test func aDripDoesNotRenewThePatience() {
        var seat = seat()
        seat.bytesArrived()
        seat.readHead()
        #expect(seat.settle(from: .silent, at: time(0)) == true)
        #expect(seat.standing == .receiving && seat.nextLook == time(60))
        for second: Int64 in 1...60 {
            seat.readBody(byteCount: 1)
            #expect(seat.settle(from: .receiving, at: time(second)) == false)
        }
        #expect(seat.look(at: time(60), waitsForClient: true) == true)
    }

    @Test func whoeverGoesOnSendingIsWaitedFor() {
        var seat = seat()
        seat.readHead()
        _ = seat.settle(from: .silent, at: time(0))
        seat.readBody(byteCount: SeatState.markBytes)
        #expect(seat.settle(from: .receiving, at: time(50)) == true)
        #expect(seat.look(at: time(60), waitsForClient: true) == false)
        #expect(seat.nextLook == time(110))
        seat.readEnd()
        #expect(seat.settle(from: .receiving, at: time(70)) == true)
        #expect(seat.standing == .working && seat.nextLook == nil)
    }

    @Test func aBodyThatWeDoNotReadIsNotTheClientsFault() {
        var seat = seat()
        seat.readHead()
        _ = seat.settle(from: .silent, at: time(0))
        #expect(seat.look(at: time(60), waitsForClient: false) == false)
        #expect(seat.nextLook == time(120))
        #expect(seat.look(at: time(120), waitsForClient: true) == true)
    }

    @Test func anAnswerThatIsNotTakenIsNotWaitedForForEver() {
        var seat = seat()
        seat.readHead()
        seat.readEnd()
        _ = seat.settle(from: .silent, at: time(0))
        seat.writabilityChanged(false)
        #expect(seat.settle(from: .working, at: time(1)) == true)
        #expect(seat.standing == .sending && seat.nextLook == time(61))
        seat.writabilityChanged(true)
        #expect(seat.settle(from: .sending, at: time(30)) == true)
        #expect(seat.standing == .working && seat.nextLook == nil)
        seat.writabilityChanged(false)
        #expect(seat.settle(from: .working, at: time(31)) == true)
        #expect(seat.look(at: time(61), waitsForClient: false) == false)
        #expect(seat.look(at: time(91), waitsForClient: false) == true)
    }
}
