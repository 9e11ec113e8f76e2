extension LifecycleReader {
    /// The storage classes that objects can move to; they only move down this list.
    ///
    /// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html>.
    static let storageClasses = ["STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"]
    /// Those that S3 takes no younger objects into.
    private static let infrequentAccess = ["STANDARD_IA", "ONEZONE_IA"]
    private static let infrequentAccessDays = 30

    /// What happens to current versions.
    mutating func current(_ rule: ElementObject, _ filter: LifecycleFilter, _ result: inout LifecycleRule) {
        let expiration = self.expiration(rule["Expiration"], filter)
        result.expirationDays = expiration.flatMap { $0.isDate ? nil : $0.days }
        let transitions = self.elements.array(rule["Transitions"], "Transitions").compactMap { node -> LifecycleTransition? in
            guard let transition = self.elements.object(node, of: "A transition", known: ["Days", "Date", "StorageClass"]) else {
                return nil
            }
            return self.transition(transition, at: self.time(transition, of: "A transition", days: Self.daysOrAtOnce))
        }
        self.order(transitions, before: expiration)
    }

    /// What happens to versions that others have taken the place of.
    mutating func noncurrent(_ rule: ElementObject) {
        let known = ["NoncurrentDays", "NewerNoncurrentVersions"]
        var expiration: LifecycleTime?
        if let node = rule["NoncurrentVersionExpiration"],
            let object = self.elements.object(node, of: "NoncurrentVersionExpiration", known: known)
        {
            expiration = self.noncurrentTime(object, of: "NoncurrentVersionExpiration", days: Self.days, isFiltered: rule["Filter"] != nil)
        }
        let name = "NoncurrentVersionTransitions"
        let transitions = self.elements.array(rule[name], name).compactMap { node -> LifecycleTransition? in
            guard let object = self.elements.object(node, of: "A transition of noncurrent versions", known: known + ["StorageClass"]) else {
                return nil
            }
            let time = self.noncurrentTime(
                object, of: "A transition of noncurrent versions", days: Self.daysOrAtOnce, isFiltered: rule["Filter"] != nil)
            return self.transition(object, at: time)
        }
        self.order(transitions, before: expiration)
    }

    /// After how many days unfinished uploads end.
    mutating func abort(_ node: JSONNode?, _ filter: LifecycleFilter) -> Int? {
        let name = "AbortIncompleteMultipartUpload"
        guard let node, let object = self.elements.object(node, of: name, known: ["DaysAfterInitiation"]) else { return nil }
        if object.lacks("DaysAfterInitiation") { self.elements.refuse("\(name) needs DaysAfterInitiation.", at: object.range) }
        self.refuse(name, with: filter, at: object.range)
        return self.elements.integer(object["DaysAfterInitiation"], "DaysAfterInitiation", in: Self.days)
    }

    private mutating func expiration(_ node: JSONNode?, _ filter: LifecycleFilter) -> LifecycleTime? {
        let marker = "ExpiredObjectDeleteMarker"
        guard let node, let object = self.elements.object(node, of: "Expiration", known: ["Days", "Date", marker]) else { return nil }
        guard let value = object[marker] else { return self.time(object, of: "Expiration", days: Self.days) }
        if case .boolean = value.value {} else { self.elements.refuse("\(marker) is true or false.", at: value.range) }
        if !object.present(["Days", "Date"]).isEmpty {
            self.elements.refuse("\(marker) stands alone, without Days or Date; make a rule of its own.", at: object.range)
        }
        self.refuse(marker, with: filter, at: value.range)
        return nil
    }

    /// Some actions are about what has no tags and no size.
    private mutating func refuse(_ action: String, with filter: LifecycleFilter, at range: Range<Int>) {
        guard let restriction = filter.restriction else { return }
        self.elements.refuse("\(action) goes with no \(restriction) in the Filter; make a rule of its own.", at: range)
    }

    private mutating func transition(_ transition: ElementObject, at time: LifecycleTime?) -> LifecycleTransition? {
        guard let node = transition["StorageClass"] else {
            if transition.lacks("StorageClass") { self.elements.refuse("A transition needs a StorageClass.", at: transition.range) }
            return nil
        }
        guard let name = node.string, let rank = Self.storageClasses.firstIndex(of: name) else {
            self.elements.refuse("StorageClass is one of \(Self.storageClasses.joined(separator: ", ")).", at: node.range)
            return nil
        }
        if let time, !time.isDate, time.days < Self.infrequentAccessDays, Self.infrequentAccess.contains(name) {
            self.elements.refuse("Objects move to \(name) after \(Self.infrequentAccessDays) days at the earliest.", at: time.range)
        }
        return LifecycleTransition(storageClass: name, rank: rank, classRange: node.range, time: time)
    }
}

// MARK: - Times

extension LifecycleReader {
    /// The most noncurrent versions that a rule can keep.
    private static let newerVersions = 1...100

    private mutating func time(_ object: ElementObject, of what: String, days: ClosedRange<Int>) -> LifecycleTime? {
        let number = self.elements.integer(object["Days"], "Days", in: days)
        let date = self.date(object["Date"])
        guard let node = object["Days"] ?? object["Date"] else {
            if object.lacks("Days"), object.lacks("Date") { self.elements.refuse("\(what) needs Days or Date.", at: object.range) }
            return nil
        }
        if object["Days"] != nil, object["Date"] != nil {
            self.elements.refuse("\(what) has either Days or Date, not both.", at: object.range)
            return nil
        }
        return (number ?? date).map { LifecycleTime(days: $0, isDate: date != nil, range: node.range) }
    }

    /// A date as days since 1970-01-01. S3 takes midnight of Greenwich only.
    private mutating func date(_ node: JSONNode?) -> Int? {
        let millisecondsOfDay: Int64 = 86_400_000
        guard let node else { return nil }
        guard let date = node.string.flatMap({ PolicyDate($0) }), date.millisecondsSinceEpoch.isMultiple(of: millisecondsOfDay) else {
            self.elements.refuse("Date is midnight in UTC, such as \"2030-01-31T00:00:00Z\".", at: node.range)
            return nil
        }
        return Int(date.millisecondsSinceEpoch / millisecondsOfDay)
    }

    /// - Parameter isFiltered: Whether the rule has a Filter, without which S3 keeps no number of versions.
    private mutating func noncurrentTime(
        _ object: ElementObject, of what: String, days: ClosedRange<Int>, isFiltered: Bool
    ) -> LifecycleTime? {
        if object.lacks("NoncurrentDays") { self.elements.refuse("\(what) needs NoncurrentDays.", at: object.range) }
        if let versions = object["NewerNoncurrentVersions"] {
            _ = self.elements.integer(versions, "NewerNoncurrentVersions", in: Self.newerVersions)
            if !isFiltered { self.elements.refuse("NewerNoncurrentVersions needs a Filter in the rule.", at: versions.range) }
        }
        return self.elements.integer(object["NoncurrentDays"], "NoncurrentDays", in: days).map {
            LifecycleTime(days: $0, isDate: false, range: object["NoncurrentDays"]?.range ?? object.range)
        }
    }
}
