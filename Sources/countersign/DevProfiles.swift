import Foundation
import Libcrypto
import SigV4
import Uploads

/// The file through which the AWS CLI and SDKs find the buckets of `dev`: a profile for each environment, in the form of `~/.aws/config`.
///
/// It holds the local buckets' credentials, which are made up anew for each run and open nothing else; only its owner can read it.
struct DevProfiles {
    let desk: DevDesk
    let bucketPort: Int

    var path: String { desk.dataFolder + "/aws-config" }

    static func name(_ place: DevDesk.Place) -> String { "local-\(place.environment.name)" }

    /// An address of digits, since SDKs put the bucket's name before any other host.
    var text: String {
        let head = "# Made by countersign dev when it starts. The keys open the local buckets, until it stops, and nothing else.\n"
        return head
            + desk.places.map { place in
                """

                [profile \(Self.name(place))]
                region = \(DevDesk.region)
                endpoint_url = http://127.0.0.1:\(bucketPort)
                aws_access_key_id = \(place.credentials.accessKeyID)
                aws_secret_access_key = \(place.credentials.secretAccessKey.withBytes { String(copying: $0) })
                s3 =
                    addressing_style = path
                    signature_version = s3v4

                """
            }.joined()
    }

    /// The file is its owner's from its first moment, and changes as a whole.
    func write() throws(CommandFailure) {
        let new = path + ".new"
        _ = unlink(new)
        let descriptor = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
            try file.write(contentsOf: Data(text.utf8))
            try file.close()
            guard rename(new, path) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        } catch {
            throw .outside("cannot write \(Quoting.terminal(path)): \(error.localizedDescription)")
        }
    }
}

extension String {
    fileprivate init(copying bytes: Span<UInt8>) {
        self = String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
    }
}
