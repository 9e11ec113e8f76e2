"""Bucket policies, and the requests that are put to each.

BUCKET, OWNER, OWNERROOT, STRANGER and ACCOUNT stand for the bucket, the ARNs of its owner's user and account, that of a foreign user,
and the foreign account's number.
Unless they say otherwise, statements allow, are for everyone and about all objects.
"""

from dataclasses import dataclass, field

AGENT = "interop/1.0"
OBJECTS = (
    "open/a.txt", "closed/a.txt", "open/A.txt", "open/deep/er.txt", "home/stranger/a.txt", "home/staging/a.txt", "a.txt", "open/b*.txt",
    "open/bc.txt", "$/a.txt")
"""What lies in the bucket."""

BUCKET, ALL = "arn:aws:s3:::BUCKET", "arn:aws:s3:::BUCKET/*"
WITH_ACL = ["s3:PutObject", "s3:PutObjectAcl"]
PAST, FUTURE = "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"


@dataclass(frozen=True)
class Request:
    """What is asked of the server; an object by its key, or the bucket."""

    who: str
    method: str
    key: str = ""
    query: dict = field(default_factory=dict)
    headers: dict = field(default_factory=dict)

    @property
    def actions(self):
        if not self.key:
            return ["s3:ListBucket"]
        if "acl" in self.query:
            return ["s3:GetObjectAcl"]
        found = {"GET": "s3:GetObject", "HEAD": "s3:GetObject", "PUT": "s3:PutObject", "DELETE": "s3:DeleteObject"}[self.method]
        return [found, "s3:PutObjectAcl"] if "x-amz-acl" in self.headers else [found]

    def __str__(self):
        words = [self.who, self.method, self.key or "bucket"]
        words += [f"{name}={value}" if value else name for name, value in {**self.query, **self.headers}.items()]
        return " ".join(words)


def get(who="anonymous", key="open/a.txt", **headers):
    return Request(who, "GET", key, headers={name.replace("_", "-"): value for name, value in headers.items()})


def head(who="anonymous", key="open/a.txt"):
    return Request(who, "HEAD", key)


def put(who="anonymous", key="open/new.txt", acl=None):
    return Request(who, "PUT", key, headers={"x-amz-acl": acl} if acl else {})


def delete(who="anonymous", key="open/gone.txt"):
    return Request(who, "DELETE", key)


def listing(who="anonymous", **query):
    return Request(who, "GET", query={"list-type": "2"} | {name.replace("_", "-"): value for name, value in query.items()})


def read_acl(who="anonymous"):
    return Request(who, "GET", "open/a.txt", {"acl": ""})


def allow(action, resource=ALL, condition=None, principal="*", effect="Allow", **parts):
    statement = {"Effect": effect, "Principal": principal, "Action": action, "Resource": resource} | parts
    if condition:
        statement["Condition"] = condition
    for name in ("Principal", "Action", "Resource"):
        if f"Not{name}" in parts:
            del statement[name]
    return statement


def deny(action, resource=ALL, condition=None, **parts):
    return allow(action, resource, condition, effect="Deny", **parts)


READ, WRITE, LIST = allow("s3:GetObject"), allow("s3:PutObject"), allow("s3:ListBucket", BUCKET)


def reads_if(condition):
    return [allow("s3:GetObject", condition=condition)]


def unless(condition):
    return [READ, deny("s3:GetObject", condition=condition)]


def lists_if(condition):
    return [allow("s3:ListBucket", BUCKET, condition)]


CASES = {
    # Who, what and where
    "public read": ([READ], [
        get(), head(), put(), delete(), listing(), get("owner"), put("owner"), listing("owner"), get("stranger"), put("stranger"),
        listing("stranger"), get("presigned"), put("presigned")]),
    "public write": ([WRITE], [get(), put(), delete(), put("stranger"), get("stranger"), put("owner"), put("presigned")]),
    "public list": ([LIST], [listing(), Request("anonymous", "HEAD"), get(), listing("stranger"), put("stranger")]),
    "public delete": ([allow("s3:DeleteObject")], [delete(), delete("stranger"), put(), get()]),
    "principal {AWS: *}": ([allow("s3:GetObject", principal={"AWS": "*"})], [get(), get("stranger"), put("stranger")]),
    "several actions": ([allow(["s3:GetObject", "s3:PutObject"])], [get(), put(), delete()]),
    "only a prefix": ([allow("s3:GetObject", ALL.replace("*", "open/*"))], [
        get(), get(key="open/deep/er.txt"), get(key="closed/a.txt"), get("stranger", "closed/a.txt"), get(key="a.txt")]),
    "only an object": ([allow("s3:GetObject", ALL.replace("*", "open/a.txt"))], [get(), get(key="open/A.txt"), get(key="a.txt")]),
    "several resources": ([allow("s3:GetObject", [ALL.replace("*", "open/*"), ALL.replace("*", "a.txt")])], [
        get(), get(key="a.txt"), get(key="closed/a.txt")]),
    "? in a resource": ([allow("s3:GetObject", ALL.replace("*", "open/?.txt"))], [
        get(), get(key="open/deep/er.txt"), get(key="open/A.txt")]),
    "* inside a resource": ([allow("s3:GetObject", ALL.replace("*", "*/a.t*t"))], [
        get(), get(key="closed/a.txt"), get(key="home/staging/a.txt"), get(key="a.txt"), get(key="open/A.txt")]),
    "* for all resources": ([allow("s3:GetObject", "*")], [get(), put()]),
    "the bucket alone is no object": ([allow(["s3:GetObject", "s3:ListBucket"], BUCKET)], [get(), listing()]),
    "objects are no bucket": ([allow(["s3:GetObject", "s3:ListBucket"])], [get(), listing()]),
    "* in an action": ([allow("s3:Get*")], [get(), read_acl(), put()]),
    "? in an action": ([allow("s3:?etObject")], [get(), put(), read_acl()]),
    "s3:*": ([allow("s3:*")], [get(), put(), delete(), read_acl(), listing()]),
    "*": ([allow("*")], [get(), put(), listing()]),
    "an action in other letters": ([allow("S3:gEtObJeCt")], [get(), put()]),
    "a foreign user": ([allow("s3:GetObject", principal={"AWS": "STRANGER"})], [get("stranger"), put("stranger"), get(), get("owner")]),
    "a foreign account": ([allow("s3:GetObject", principal={"AWS": "arn:aws:iam::ACCOUNT:root"})], [
        get("stranger"), put("stranger"), get()]),
    "a foreign account's number": ([allow("s3:GetObject", principal={"AWS": "ACCOUNT"})], [get("stranger"), put("stranger"), get()]),
    "another foreign account": ([allow("s3:GetObject", principal={"AWS": "arn:aws:iam::777788889999:root"})], [get("stranger"), get()]),
    "several principals": ([allow("s3:GetObject", principal={"AWS": ["OWNER", "STRANGER"]})], [get("owner"), get("stranger"), get()]),
    # Denies
    "a Deny for one action": ([allow("s3:*"), deny("s3:PutObject")], [
        get(), put(), put("stranger"), put("owner"), put("presigned"), get("owner")]),
    "a Deny before the Allow": ([deny("s3:GetObject", ALL.replace("*", "closed/*")), READ], [
        get(), get(key="closed/a.txt"), get("owner", "closed/a.txt"), get("presigned", "closed/a.txt")]),
    "a Deny for a user": ([READ, deny("s3:GetObject", principal={"AWS": "STRANGER"})], [get(), get("stranger"), get("owner")]),
    "a Deny for the owner": ([READ, deny("s3:GetObject", principal={"AWS": "OWNER"})], [
        get(), get("owner"), get("presigned"), put("owner")]),
    "a Deny for an account": ([READ, deny("s3:GetObject", principal={"AWS": "arn:aws:iam::ACCOUNT:root"})], [
        get(), get("stranger"), get("owner")]),
    "NotPrincipal": ([READ, deny("s3:GetObject", NotPrincipal={"AWS": ["OWNER", "OWNERROOT"]})], [get("owner"), get("stranger"), get()]),
    "NotAction": ([allow("s3:*"), deny("", principal={"AWS": "STRANGER"}, NotAction="s3:GetObject")], [
        get("stranger"), put("stranger"), delete("stranger"), put()]),
    "NotAction that allows": ([allow("", NotAction="s3:PutObject")], [get(), put(), delete()]),
    "NotAction with *": ([allow("s3:*"), deny("", principal={"AWS": "STRANGER"}, NotAction="s3:Get*")], [
        get("stranger"), read_acl("stranger"), put("stranger")]),
    "NotResource": ([READ, deny("s3:GetObject", NotResource=ALL.replace("*", "open/*"))], [
        get(), get(key="closed/a.txt"), get("owner"), get("owner", "closed/a.txt")]),
    # Where from and how
    "Deny by address": (unless({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}), [
        get(), get("owner"), get("stranger"), get("presigned"), put("owner")]),
    "allowed by address": (reads_if({"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "127.0.0.0/8"]}}), [get(), put()]),
    "allowed to another address": (reads_if({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}), [get(), get("stranger")]),
    "an address without a prefix": (reads_if({"IpAddress": {"aws:SourceIp": "127.0.0.1"}}), [get()]),
    "bits beyond the prefix": (reads_if({"IpAddress": {"aws:SourceIp": "127.9.9.9/8"}}), [get()]),
    "NotIpAddress": (unless({"NotIpAddress": {"aws:SourceIp": ["127.0.0.0/8", "192.0.2.0/24"]}}), [get()]),
    "NotIpAddress elsewhere": (unless({"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}), [
        get(), get("owner")]),
    "Deny without TLS": (unless({"Bool": {"aws:SecureTransport": "false"}}), [
        get(), get("owner"), get("presigned")]),
    "allowed without TLS": (reads_if({"Bool": {"aws:SecureTransport": "false"}}), [get()]),
    "allowed with TLS": (reads_if({"Bool": {"aws:SecureTransport": "true"}}), [get()]),
    "a condition's name in other letters": (reads_if({"Bool": {"AWS:securetransport": "false"}}), [get()]),
    "Referer": (reads_if({"StringLike": {"aws:Referer": "https://example.com/*"}}), [
        get(referer="https://example.com/page"), get(referer="https://example.org/page"), get()]),
    "StringNotLike Referer": (unless({"StringNotLike": {"aws:Referer": ["https://example.com/*", "https://?.example.com/*"]}}), [
        get(referer="https://example.com/page"), get(referer="https://a.example.com/page"), get(referer="https://example.org/page"), get(),
        get("owner")]),
    "UserAgent": (reads_if({"StringEquals": {"aws:UserAgent": AGENT}}), [
        get(), get(user_agent="other/1.0"), get(user_agent="Interop/1.0")]),
    "UserAgent in any letters": (reads_if({"StringEqualsIgnoreCase": {"aws:UserAgent": AGENT.upper()}}), [
        get(), get(user_agent="other/1.0")]),
    "StringNotEquals UserAgent": (reads_if({"StringNotEquals": {"aws:UserAgent": [AGENT, "other/1.0"]}}), [
        get(), get(user_agent="other/1.0"), get(user_agent="third/1.0")]),
    "StringNotEqualsIgnoreCase": (reads_if({"StringNotEqualsIgnoreCase": {"aws:UserAgent": AGENT.upper()}}), [
        get(), get(user_agent="other/1.0")]),
    "StringLike with ?": (reads_if({"StringLike": {"aws:UserAgent": "interop/?.0"}}), [get(), get(user_agent="interop/10.0")]),
    "StringEquals takes * as it is": (reads_if({"StringEquals": {"aws:UserAgent": "interop/*"}}), [get(), get(user_agent="interop/*")]),
    "after a date": (reads_if({"DateGreaterThan": {"aws:CurrentTime": PAST}}), [get()]),
    "after a date to come": (reads_if({"DateGreaterThan": {"aws:CurrentTime": FUTURE}}), [get()]),
    "before a date": (reads_if({"DateLessThan": {"aws:CurrentTime": PAST}}), [get()]),
    "between dates": (reads_if({"DateGreaterThan": {"aws:CurrentTime": PAST}, "DateLessThanEquals": {"aws:CurrentTime": FUTURE}}), [get()]),
    "seconds since 1970": (reads_if({"NumericGreaterThan": {"aws:EpochTime": "1577836800"}}), [get()]),
    "two keys, one of them false": (reads_if({"StringEquals": {"aws:UserAgent": AGENT, "aws:Referer": "none"}}), [
        get(), get(referer="none")]),
    "a user's name": (reads_if({"StringEquals": {"aws:username": "stranger"}}), [get("stranger"), get()]),
    # Missing keys
    "Null true": (reads_if({"Null": {"aws:Referer": "true"}}), [get(), get(referer="x")]),
    "Null false": (reads_if({"Null": {"aws:Referer": "false"}}), [get(), get(referer="x")]),
    "IfExists": (reads_if({"StringEqualsIfExists": {"aws:Referer": "x"}}), [get(), get(referer="x"), get(referer="y")]),
    "StringLikeIfExists": (reads_if({"StringLikeIfExists": {"aws:Referer": "x*"}}), [get(), get(referer="xy"), get(referer="y")]),
    "a missing key, negated": (reads_if({"StringNotEquals": {"aws:Referer": "x"}}), [get(), get(referer="x"), get(referer="y")]),
    "an unheard-of key": (reads_if({"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}), [get(), get("stranger")]),
    "ForAnyValue of a missing key": (reads_if({"ForAnyValue:StringEquals": {"aws:TagKeys": "x"}}), [get()]),
    "ForAllValues of a missing key": (reads_if({"ForAllValues:StringEquals": {"aws:TagKeys": "x"}}), [get()]),
    # What is asked of the bucket and with the object
    "s3:prefix": (lists_if({"StringLike": {"s3:prefix": "open/*"}}), [
        listing(prefix="open/"), listing(prefix="open/deep"), listing(prefix="closed/"), listing(), listing(prefix="open"),
        listing("stranger", prefix="open/"), listing("owner", prefix="closed/")]),
    "s3:prefix, Deny": ([LIST, deny("s3:ListBucket", BUCKET, {"StringNotEquals": {"s3:prefix": ["open/", ""]}})], [
        listing(prefix="open/"), listing(prefix="closed/"), listing(prefix=""), listing(), listing("owner", prefix="closed/")]),
    "s3:delimiter": (lists_if({"StringEquals": {"s3:delimiter": "/"}}), [listing(delimiter="/"), listing(delimiter="-"), listing()]),
    "s3:max-keys": (lists_if({"NumericLessThanEquals": {"s3:max-keys": "10"}}), [
        listing(max_keys="10"), listing(max_keys="11"), listing()]),
    "s3:max-keys, Deny": ([LIST, deny("s3:ListBucket", BUCKET, {"NumericGreaterThan": {"s3:max-keys": "10"}})], [
        listing(max_keys="10"), listing(max_keys="11"), listing(max_keys="9"), listing(), listing("owner", max_keys="11")]),
    "s3:max-keys, NumericEquals": (lists_if({"NumericEquals": {"s3:max-keys": ["2", "3"]}}), [
        listing(max_keys="2"), listing(max_keys="3"), listing(max_keys="4")]),
    "s3:x-amz-acl": ([allow(WITH_ACL, condition={"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}})], [
        put("stranger", acl="bucket-owner-full-control"), put("stranger", acl="private"), put("stranger")]),
    "s3:x-amz-acl, Deny": ([
        allow(WITH_ACL), deny("s3:PutObject", condition={"StringEquals": {"s3:x-amz-acl": ["public-read", "public-read-write"]}}),
    ], [
        put("stranger", acl="private"), put("stranger", acl="public-read"), put("owner", acl="public-read"), put()]),
    "an ACL asks for PutObjectAcl": ([WRITE], [put("stranger", acl="private")]),
    "s3:authType": (reads_if({"StringEquals": {"s3:authType": "REST-QUERY-STRING"}}), [get("stranger"), get()]),
    "s3:authType, Deny": (unless({"StringEquals": {"s3:authType": "REST-QUERY-STRING"}}), [
        get("presigned"), get("owner"), get()]),
    "s3:signatureversion, Deny": (unless({"StringNotEquals": {"s3:signatureversion": "AWS4-HMAC-SHA256"}}), [
        get("presigned"), get("owner"), get("stranger"), get()]),
    # Variables and versions
    "a variable in a resource": ([allow("s3:GetObject", ALL.replace("*", "home/${aws:username}/*"), principal={"AWS": "STRANGER"})], [
        get("stranger", "home/stranger/a.txt"), get("stranger", "home/staging/a.txt")]),
    "a variable in a condition": (lists_if({"StringLike": {"s3:prefix": "home/${aws:username}/*"}}), [
        listing("stranger", prefix="home/stranger/"), listing("stranger", prefix="home/staging/"), listing(prefix="home/stranger/")]),
    "${*}": ([allow("s3:GetObject", ALL.replace("*", "open/b${*}.txt"))], [get(key="open/b*.txt"), get(key="open/bc.txt")]),
    "${$}": ([allow("s3:GetObject", ALL.replace("*", "${$}/a.txt"))], [get(key="$/a.txt"), get(key="a.txt")]),
}
