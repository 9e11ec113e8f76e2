import SigV4
import Testing

@Suite struct SigningTimeTests {
    @Test func bothFormsOfAKnownMoment() {
        let time = SigningTime(secondsSinceEpoch: 1_369_353_600)
        #expect(time.iso8601Basic == "20130524T000000Z")
        #expect(time.iso8601 == "2013-05-24T00:00:00Z")
        #expect(time.dateStamp == "20130524")
        #expect(SigningTime(iso8601Basic: "20130524T000000Z") == time)
        #expect(SigningTime(iso8601: "2013-05-24T00:00:00.123Z") == time)
    }

    @Test func everyDayOfEightCenturiesGoesThereAndBack() throws {
        var time = try #require(SigningTime(iso8601Basic: "16000101T235959Z"))
        let end = try #require(SigningTime(iso8601Basic: "24000301T235959Z"))
        var previous = 0
        while time < end {
            let (year, month, day) = time.civil
            let number = year * 10000 + month * 100 + day
            #expect(number > previous)
            previous = number
            #expect(SigningTime(iso8601Basic: time.iso8601Basic) == time)
            time = time.adding(seconds: 86400)
        }
    }

    @Test(arguments: [
        "", "20130524T000000", "20130524t000000Z", "20130524T000000z", "20130230T000000Z", "20131301T000000Z", "20130500T000000Z",
        "20130524T240000Z", "20130524T006000Z", "20130524T000060Z", "2013 524T000000Z", "+0130524T000000Z", "20130524T000000ZZ",
        "２０１３0524T000000Z",
    ])
    func whatIsNoBasicTimeIsRefused(_ text: String) {
        #expect(SigningTime(iso8601Basic: text) == nil)
    }

    @Test(arguments: [
        "2013-05-24 00:00:00Z", "2013-05-24T00:00:00+00:00", "2013-05-24T00:00:00", "2013-05-24T00:00:00.Z", "2013-05-24T00:00:00.1x3Z",
        "2013-05-24T00:00:00,5Z", "2013-5-24T00:00:00Z", "2013-02-29T00:00:00Z",
    ])
    func whatIsNoExtendedTimeIsRefused(_ text: String) {
        #expect(SigningTime(iso8601: text) == nil)
    }

    @Test func extremesAreClampedToWhatHasAText() {
        #expect(SigningTime(secondsSinceEpoch: .max).iso8601 == "9999-12-31T23:59:59Z")
        #expect(SigningTime(secondsSinceEpoch: .min).iso8601 == "0000-01-01T00:00:00Z")
        #expect(SigningTime(secondsSinceEpoch: 0).adding(seconds: .max).iso8601 == "9999-12-31T23:59:59Z")
        #expect(SigningTime(secondsSinceEpoch: -1).iso8601 == "1969-12-31T23:59:59Z")
    }
}
