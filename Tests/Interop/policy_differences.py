"""Where a server decides otherwise about a bucket policy than Countersign says of S3: server, why, its answer, and the cases."""

ALLOWED, DENIED = "allowed", "denied"
NO_SUCH_POLICY = "400 InvalidPolicyDocument"

FOUND = [
    ("ceph", "never takes NotAction for more than no action at all (version 16)", ALLOWED, [
        "NotAction: stranger PUT open/new.txt", "NotAction: stranger DELETE open/gone.txt", "NotAction with *: stranger PUT open/new.txt"]),
    ("ceph", "never takes NotAction for more than no action at all (version 16)", DENIED, [
        "NotAction that allows: anonymous GET open/a.txt", "NotAction that allows: anonymous DELETE open/gone.txt"]),
    ("ceph", "counts nobody among the users of the account without a name, which is the owner's", ALLOWED, [
        "NotPrincipal: anonymous GET open/a.txt"]),
    ("ceph", "has aws:SecureTransport only where there is TLS", ALLOWED, [
        f"Deny without TLS: {who} GET open/a.txt" for who in ("anonymous", "owner", "presigned")]),
    ("ceph", "has aws:SecureTransport only where there is TLS", DENIED, ["allowed without TLS: anonymous GET open/a.txt"]),
    ("ceph", "tells letters apart in the names of keys", DENIED, ["a condition's name in other letters: anonymous GET open/a.txt"]),
    ("ceph", "takes a negated condition for met when one of its values differs", ALLOWED, [
        "StringNotEquals UserAgent: anonymous GET open/a.txt", "StringNotEquals UserAgent: anonymous GET open/a.txt user-agent=other/1.0"]),
    ("ceph", "takes a negated condition for met when one of its values differs", DENIED, [
        "StringNotLike Referer: anonymous GET open/a.txt referer=https://example.com/page",
        "StringNotLike Referer: anonymous GET open/a.txt referer=https://a.example.com/page",
        "s3:prefix, Deny: anonymous GET bucket list-type=2 prefix=open/"]),
    ("ceph", "takes a negated condition for unmet when the key is missing", ALLOWED, [
        "StringNotLike Referer: anonymous GET open/a.txt", "StringNotLike Referer: owner GET open/a.txt",
        "s3:prefix, Deny: anonymous GET bucket list-type=2", "s3:signatureversion, Deny: anonymous GET open/a.txt"]),
    ("ceph", "takes a negated condition for unmet when the key is missing", DENIED, [
        "a missing key, negated: anonymous GET open/a.txt"]),
    ("ceph", "takes Null false for Null true", ALLOWED, ["Null false: anonymous GET open/a.txt"]),
    ("ceph", "takes Null false for Null true", DENIED, ["Null false: anonymous GET open/a.txt referer=x"]),
    ("ceph", "takes a listing without max-keys for one with 1,000", DENIED, ["s3:max-keys, Deny: anonymous GET bucket list-type=2"]),
    ("ceph", "has aws:EpochTime as a date, not as a number", DENIED, ["seconds since 1970: anonymous GET open/a.txt"]),
    ("ceph", "does not know s3:authType", ALLOWED, ["s3:authType, Deny: presigned GET open/a.txt"]),
    ("ceph", "does not ask for s3:PutObjectAcl when an upload has an ACL", ALLOWED, [
        "an ACL asks for PutObjectAcl: stranger PUT open/new.txt x-amz-acl=private"]),
    ("ceph", "does not try a second place for a *", DENIED, ["* inside a resource: anonymous GET home/staging/a.txt"]),
    ("ceph", "knows no variables (version 16), and takes no policy with one in a resource's name", "400 InvalidArgument", [
        "a variable in a resource"]),
    ("ceph", "knows no variables (version 16)", DENIED, [
        "a variable in a condition: stranger GET bucket list-type=2 prefix=home/stranger/", "${*}: anonymous GET open/b*.txt",
        "${$}: anonymous GET $/a.txt"]),
    ("seaweedfs", "takes no NotPrincipal", NO_SUCH_POLICY, ["NotPrincipal"]),
    ("seaweedfs", "takes no NotAction", NO_SUCH_POLICY, ["NotAction", "NotAction that allows", "NotAction with *"]),
    ("seaweedfs", "takes no resources beyond the bucket's own", NO_SUCH_POLICY, ["* for all resources"]),
    ("seaweedfs", "takes no action that does not begin with s3:, in small letters", NO_SUCH_POLICY, ["*", "an action in other letters"]),
    ("seaweedfs", "takes no IfExists", NO_SUCH_POLICY, ["IfExists", "StringLikeIfExists"]),
    ("seaweedfs", "takes no ForAnyValue and no ForAllValues", NO_SUCH_POLICY, [
        "ForAnyValue of a missing key", "ForAllValues of a missing key"]),
    ("seaweedfs", "does not know whole accounts as principals", ALLOWED, ["a Deny for an account: stranger GET open/a.txt"]),
    ("seaweedfs", "does not know whole accounts as principals", DENIED, [
        "a foreign account: stranger GET open/a.txt", "a foreign account's number: stranger GET open/a.txt"]),
    ("seaweedfs", "lets nobody but users do more than read and list, whatever the policy", DENIED, [
        "public write: anonymous PUT open/new.txt", "public delete: anonymous DELETE open/gone.txt",
        "several actions: anonymous PUT open/new.txt", "s3:*: anonymous PUT open/new.txt", "s3:*: anonymous DELETE open/gone.txt",
        "s3:*: anonymous GET open/a.txt acl", "* in an action: anonymous GET open/a.txt acl",
        "s3:x-amz-acl, Deny: anonymous PUT open/new.txt"]),
    ("seaweedfs", "tells letters apart in the names of keys", DENIED, ["a condition's name in other letters: anonymous GET open/a.txt"]),
    ("seaweedfs", "does not ask for s3:PutObjectAcl when an upload has an ACL", ALLOWED, [
        "an ACL asks for PutObjectAcl: stranger PUT open/new.txt x-amz-acl=private"]),
    ("seaweedfs", "takes an empty prefix for a missing one", DENIED, ["s3:prefix, Deny: anonymous GET bucket list-type=2 prefix"]),
    ("seaweedfs", "does not know aws:EpochTime", DENIED, ["seconds since 1970: anonymous GET open/a.txt"]),
    ("seaweedfs", "has another word for presigned requests in s3:authType", ALLOWED, ["s3:authType, Deny: presigned GET open/a.txt"]),
    ("seaweedfs", "does not know s3:signatureversion", DENIED, [
        f"s3:signatureversion, Deny: {who} GET open/a.txt" for who in ("owner", "stranger", "presigned")]),
    ("seaweedfs", "does not know ${*} and ${$}", DENIED, ["${*}: anonymous GET open/b*.txt", "${$}: anonymous GET $/a.txt"]),
]
