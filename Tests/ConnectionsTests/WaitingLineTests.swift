import NIOCore
import Testing

@testable import Connections

@Suite struct WaitingLineTests {
    private func names(_ line: WaitingLine<String>) -> [String] {
        var line = line
        return (0..<line.count).compactMap { _ in line.nameLongest(at: .distantFuture) }
    }

    private func time(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(seconds) }

    @Test func whoeverHasWaitedLongestIsNamedFirstAndThenGoesToTheEnd() {
        var line = WaitingLine<String>()
        #expect(line.longestSince == nil && line.nameLongest(at: time(0)) == nil)
        _ = line.join("a", since: time(1))
        _ = line.join("b", since: time(2))
        #expect(line.longestSince == time(1))
        #expect(line.nameLongest(at: time(3)) == "a")
        #expect(line.longestSince == time(2))
        #expect(names(line) == ["b", "a"])
    }

    @Test func membersLeaveFromAnywhere() {
        var line = WaitingLine<String>()
        let places = ["a", "b", "c", "d"].map { line.join($0, since: time(0)) }
        line.leave(places[1])
        #expect(names(line) == ["a", "c", "d"])
        line.leave(places[3])
        #expect(names(line) == ["a", "c"])
        line.leave(places[0])
        line.leave(places[2])
        #expect(line.count == 0 && line.longestSince == nil)
        _ = line.join("e", since: time(1))
        #expect(names(line) == ["e"])
    }

    @Test func aPlaceIsGoodWhateverOthersDo() {
        var line = WaitingLine<String>()
        let first = line.join("a", since: time(0))
        let second = line.join("b", since: time(0))
        line.leave(first)
        _ = line.join("c", since: time(1))
        line.moveToEnd(second, since: time(2))
        #expect(names(line) == ["c", "b"])
        line.leave(second)
        #expect(names(line) == ["c"])
    }

    /// Against the simplest line that there is.
    @Test func itAnswersAsAnArrayWould() {
        var random = SeededGenerator(seed: 7)
        var line = WaitingLine<Int>()
        var array: [Int] = []
        var places: [Int: WaitingLine<Int>.Place] = [:]
        for step in 0..<4_000 {
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1:
                places[step] = line.join(step, since: time(Int64(step)))
                array.append(step)
            case 2 where !array.isEmpty:
                let member = array.remove(at: Int.random(in: array.indices, using: &random))
                if let place = places.removeValue(forKey: member) { line.leave(place) }
            case 3 where !array.isEmpty:
                let member = array.remove(at: Int.random(in: array.indices, using: &random))
                array.append(member)
                if let place = places[member] { line.moveToEnd(place, since: time(Int64(step))) }
            default:
                #expect(line.nameLongest(at: time(Int64(step))) == array.first)
                if !array.isEmpty { array.append(array.removeFirst()) }
            }
            #expect(line.count == array.count)
        }
    }
}

struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        // SplitMix64
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}
