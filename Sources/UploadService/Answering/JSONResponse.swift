import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
    /// An answer in JSON that no cache keeps.
    static func json(_ status: HTTPResponse.Status = .ok, write: (inout JSONWriter) -> Void) -> Response {
        var json = JSONWriter()
        write(&json)
        return Response(
            status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.bytes)))
    }
}
