"""Where a server answers otherwise than S3: the case, the server, its answer, and why. Each is asserted, so that a change is noticed."""

from dataclasses import dataclass

import policy_differences


@dataclass(frozen=True)
class Difference:
    answer: str
    why: str


UNSIGNED = "takes x-amz-* headers that are not signed, so whoever has a ticket can add them"
SCOPE = "looks at nothing but the signature of the scope"
CODES = "has one word for all that is wrong with a form"
TOKENS = "where session tokens are known, has one word for every mistake in a signature"
NO_CHECKSUMS = "does not know x-amz-checksum-* (version 16)"
NO_SSE_S3 = "has no SSE with keys of its own and stores in the clear (version 16)"
DROPPED = "keeps no such field of a form; Countersign refuses a rule that needs it"
MISMATCH = "counts the header among the signed ones, so that the signature is another"
OPEN_FIELDS = "does not ask for a condition for every field"
FOLDERS = "keeps keys as folders and files, in which an empty segment disappears"
OTHER_WORD = "has another word for what CORS rules do not allow"
DOTS = "refuses . and .. as segments"

DIFFERENCES = {
    # Accepted, though S3 refuses.
    "PUT, metadata added": {"ceph": Difference("200", UNSIGNED), "seaweedfs": Difference("403 SignatureDoesNotMatch", MISMATCH)},
    "PUT, ACL added": {
        "ceph": Difference("403 SignatureDoesNotMatch", "takes unsigned headers, but here Countersign signs that the object is private"),
        "seaweedfs": Difference("403 SignatureDoesNotMatch", MISMATCH)},
    "PUT, grant added": {
        "ceph": Difference("400 InvalidRequest", "takes unsigned headers, but none beside the ACL that Countersign signs"),
        "seaweedfs": Difference("403 SignatureDoesNotMatch", MISMATCH)},
    "PUT, copy source added": {
        "ceph": Difference("200", f"{UNSIGNED}, and so copy what the signing user may read; forms are not open to that"),
        "seaweedfs": Difference("403 SignatureDoesNotMatch", MISMATCH)},
    "PUT, storage class added": {"ceph": Difference("200", UNSIGNED), "seaweedfs": Difference("403 SignatureDoesNotMatch", MISMATCH)},
    "PUT, bytes against the checksum": {"ceph": Difference("200", NO_CHECKSUMS)},
    "POST, bytes against the checksum": {"ceph": Difference("201", NO_CHECKSUMS)},
    "POST, ACL added": {"seaweedfs": Difference("201", OPEN_FIELDS)},
    "POST, redirect added": {"seaweedfs": Difference("303", OPEN_FIELDS)},
    "scope, other region": {"ceph": Difference("200", SCOPE), "seaweedfs": Difference("200", SCOPE)},
    "scope, other service": {"ceph": Difference("200", SCOPE), "seaweedfs": Difference("200", SCOPE)},
    "PUT, a date to come": {
        "ceph": Difference("200", "takes a URL before its time"), "seaweedfs": Difference("200", "takes a URL before its time")},
    # Not stored, though S3 stores it.
    "PUT, SSE stored": {"ceph": Difference("no", NO_SSE_S3)},
    "POST, SSE stored": {"ceph": Difference("no", NO_SSE_S3)},
    "POST, cache-control stored": {"ceph": Difference("no", DROPPED)},
    "POST, disposition stored": {"ceph": Difference("no", DROPPED)},
    "POST, tags stored": {
        "seaweedfs": Difference("403 AccessDenied", "knows no condition on tagging; Countersign refuses such a rule")},
    # Refused with another word.
    "POST, policy": {"ceph": Difference("403 AccessDenied", CODES)},
    "POST, signature": {"ceph": Difference("403 AccessDenied", CODES)},
    "POST, access key": {"ceph": Difference("403 AccessDenied", CODES)},
    "POST, no key": {"seaweedfs": Difference("400 InvalidRequest", "has another word")},
    "POST, no signature": {"seaweedfs": Difference("400 AuthorizationQueryParametersError", "asks for a signature in the query then")},
    "session token, removed": {"ceph": Difference("403 AccessDenied", TOKENS)},
    "session token, another's": {
        "ceph": Difference("403 AccessDenied", TOKENS),
        "seaweedfs": Difference("403 InvalidAccessKeyId", "looks the access key up in the token")},
    "session token, removed from the form": {"ceph": Difference("403 AccessDenied", TOKENS)},
    "session token, POST": {"seaweedfs": Difference("403 InvalidAccessKeyId", "knows no session tokens in forms")},
    **{
        f"preflight, {name}": {"ceph": Difference("403 AccessDenied", OTHER_WORD), "seaweedfs": Difference("403 AccessDenied", OTHER_WORD)}
        for name in ("foreign origin", "origin that only begins so", "a wildcard's dots")
    },
    **{
        f"preflight, {name}": {
            "ceph": Difference("403 AccessDenied", OTHER_WORD),
            "seaweedfs": Difference("200, for others", "names what it allows and leaves the refusing to the browser")}
        for name in ("DELETE", "another header")
    },
    "preflight, preview": {"seaweedfs": Difference("403 AccessDenied", "knows no * inside an origin's host: name each preview")},
    "signed upload, complete twice": {
        "seaweedfs": Difference("412 PreconditionFailed", "looks for the object before it looks for the upload")},
    "signed upload, a second one under the key": {
        "ceph": Difference("200", "does not look at If-None-Match when it completes (version 16)")},
    "complete, another object there": {
        "seaweedfs": Difference("412 object_exists", "looks for the object before it looks for the upload")},
    # Keys that Countersign's tickets never have.
    "key, a//b": {"seaweedfs": Difference("200 412 same 4 not listed 204 404", FOLDERS)},
    "key, leading /": {"seaweedfs": Difference("200 412 same 9 not listed 204 404", FOLDERS)},
    "key, leading //": {"seaweedfs": Difference("200 412 same 10 not listed 204 404", FOLDERS)},
    "key, trailing //": {"seaweedfs": Difference("200 412 200 0 not listed 204 404", FOLDERS)},
    "key, trailing /": {"seaweedfs": Difference("200 412 200 0 listed 204 404", "makes a folder, without the content")},
    **{
        f"key, {name}": {"seaweedfs": Difference("400 400 400 400 not listed 400 400", DOTS)}
        for name in ("./", "a/./b", "../", "a/../b", ".", "..")
    },
    "key, \\^{|}~[]": {"seaweedfs": Difference("200 412 same 8 not listed 204 404", "lists a backslash as something else")},
    "key, 1,024 bytes": {
        "seaweedfs": Difference("400 400 404 404 not listed 204 404", "a segment is a file's name, of at most 255 bytes")},
    "virtual host, key a//b": {"seaweedfs": Difference("200 same not listed 204", FOLDERS)},
    "virtual host, key leading /": {"seaweedfs": Difference("200 same not listed 204", FOLDERS)},
    "virtual host, key ./": {"seaweedfs": Difference("400 400 not listed 400", DOTS)},
}

for server, why, answer, cases in policy_differences.FOUND:
    for case in cases:
        DIFFERENCES.setdefault(f"policy, {case}", {})[server] = Difference(answer, why)
