/// When a lifecycle action takes place.
struct LifecycleTime {
    /// Days since the object was written, or, of a date, since 1970-01-01.
    let days: Int
    let isDate: Bool
    let range: Range<Int>
}

/// A move of objects to another storage class.
struct LifecycleTransition {
    let storageClass: String
    /// Where the class stands among ``LifecycleReader/storageClasses``.
    let rank: Int
    let classRange: Range<Int>
    let time: LifecycleTime?
}

extension LifecycleReader {
    /// How many days objects stay in a class at least before they move on. S3 has no such number for the others.
    private static let minimumDays = ["STANDARD_IA": 30, "ONEZONE_IA": 30, "GLACIER": 90]

    /// Tells transitions that contradict each other, or the expiration of the same objects.
    ///
    /// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html>.
    mutating func order(_ transitions: [LifecycleTransition], before expiration: LifecycleTime?) {
        let times = transitions.compactMap(\.time) + [expiration].compactMap(\.self)
        if let other = times.first(where: { $0.isDate != times[0].isDate }) {
            self.elements.refuse("A rule has either Days or Date in all its transitions and its expiration.", at: other.range)
            return
        }
        var steps: [LifecycleTransition] = []
        for transition in transitions {
            if steps.contains(where: { $0.rank == transition.rank }) {
                self.elements.refuse("Another transition goes to \(transition.storageClass) already.", at: transition.classRange)
            } else {
                steps.append(transition)
            }
        }
        steps.sort { $0.rank < $1.rank }
        for (warm, cold) in zip(steps, steps.dropFirst()) { self.order(warm, cold) }
        guard let expiration, let last = steps.filter({ $0.time != nil }).max(by: { ($0.time?.days ?? 0) < ($1.time?.days ?? 0) }),
            let time = last.time, expiration.days <= time.days
        else { return }
        let bound = time.isDate ? "" : ", which is after \(time.days) days"
        self.elements.refuse("Objects expire later than they move to \(last.storageClass)\(bound).", at: expiration.range)
    }

    private mutating func order(_ warm: LifecycleTransition, _ cold: LifecycleTransition) {
        guard let before = warm.time, let after = cold.time else { return }
        if after.days <= before.days {
            let bound = before.isDate ? "" : ", which is after \(before.days) days"
            self.elements.refuse("Objects move to \(cold.storageClass) later than to \(warm.storageClass)\(bound).", at: after.range)
        } else if !after.isDate, let minimum = Self.minimumDays[warm.storageClass], after.days - before.days < minimum {
            let days = "\(minimum) days in \(warm.storageClass) before they move to \(cold.storageClass)"
            self.elements.refuse("Objects stay at least \(days): \(before.days + minimum) or more.", at: after.range)
        }
    }
}
