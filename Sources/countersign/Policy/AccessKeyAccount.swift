import S3Policy

/// What an access key id tells about its holder.
///
/// Since 2019 an id holds the number of its account in base 32, behind the four letters of its kind and shifted by one bit; see
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetAccessKeyInfo.html>, which answers the same.
enum AccessKeyAccount {
    /// The account's number; nil for ids of other stores, and for older ones, which begin with AKIAI or AKIAJ.
    static func account(of accessKeyID: String) -> String? {
        guard accessKeyID.utf8.count == 20, ["AKIA", "ASIA"].contains(accessKeyID.prefix(4)) else { return nil }
        let letters = accessKeyID.utf8.dropFirst(4)
        guard let first = letters.first, first != UInt8(ascii: "I"), first != UInt8(ascii: "J") else { return nil }
        var bits: UInt64 = 0
        for letter in letters.prefix(10) {
            switch letter {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): bits = bits << 5 | UInt64(letter - UInt8(ascii: "A"))
            case UInt8(ascii: "2")...UInt8(ascii: "7"): bits = bits << 5 | UInt64(letter - UInt8(ascii: "2") + 26)
            default: return nil
            }
        }
        // Of the first 48 bits, the first says which half of the numbers it is, and the last seven are not the number's.
        let number = String((bits >> 2 & 0x7FFF_FFFF_FF80) >> 7)
        return number.count > 12 ? nil : String(repeating: "0", count: 12 - number.count) + number
    }

    /// Somebody of the account that holds a key: a user, or the session of a role for temporary credentials. Whom exactly is not known.
    static func holder(of accessKeyID: String) -> Caller? {
        guard let account = self.account(of: accessKeyID) else { return nil }
        let isTemporary = accessKeyID.hasPrefix("ASIA")
        return .identity(
            ARN(
                partition: "aws", service: isTemporary ? "sts" : "iam", region: "", account: account,
                resource: isTemporary ? "assumed-role/unknown/unknown" : "user/unknown"))
    }
}
