"""What Countersign does otherwise than boto3, on purpose: each row says why, and fails when one of the two changes its mind."""

import base64
import json
from dataclasses import dataclass, field

import pytest

import boto
from test_boto_forms import normal
from test_boto_urls import sorted_parts

FRANKFURT = boto.Location("eu-central-1", style="virtual", line={})
COMMON = {"bucket": "bucket", "at": "20240229T235959Z", "expires": 60, "accessKeyId": "AKIDEXAMPLE", "secretAccessKey": "secret"}


@dataclass
class Difference:
    reason: str
    theirs: str
    """What boto3's URL contains."""
    ours: str
    """What Countersign's URL contains, or the code of its error."""
    location: boto.Location = FRANKFURT
    operation: str = "get_object"
    parameters: dict = field(default_factory=dict)
    line: dict = field(default_factory=dict)
    is_signed_alike: bool = False


def place(endpoint, style, region="eu-central-1"):
    return boto.Location(region, endpoint, style, line={"endpoint": endpoint, "style": style})


def put(name, value, header):
    return {"operation": "put_object", "parameters": {name: value}, "line": {"method": "PUT", "headers": [header]}}


BUCKET_ONLY = {"Key": None}

DIFFERENCES = {
    # Where the bucket is
    "global host": Difference(
        "The global host answers 307 for a young bucket of another region, which ends a browser's preflight.",
        "https://bucket.s3.amazonaws.com/k?", "https://bucket.s3.eu-west-3.amazonaws.com/k?", boto.Location("eu-west-3", style="auto")),
    "global host of us-east-1": Difference(
        "One rule for all regions; boto3 does so too when us_east_1_regional_endpoint says regional.",
        "https://bucket.s3.amazonaws.com/k?", "https://bucket.s3.us-east-1.amazonaws.com/k?", boto.Location("us-east-1", style="auto")),
    "global host of us-east-1 in path style": Difference(
        "As above.", "https://s3.amazonaws.com/bucket/k?", "https://s3.us-east-1.amazonaws.com/bucket/k?",
        boto.Location("us-east-1", style="path", line={"style": "path"})),
    "location in path style": Difference(
        "boto3 takes path style for this one operation, whatever it was told; S3 answers in both.",
        "https://s3.eu-central-1.amazonaws.com/bucket?", "https://bucket.s3.eu-central-1.amazonaws.com/?", operation="get_bucket_location",
        parameters=BUCKET_ONLY, line={"query": [["location", ""]]}),
    "dots under TLS": Difference(
        "No certificate covers such a host. boto3 takes path style instead, unasked; here the mistake is told.",
        "https://s3.eu-central-1.amazonaws.com/a.b/k?", "unsupported_endpoint", parameters={"Bucket": "a.b"}, line={"style": "virtual"}),
    "address as a virtual host": Difference(
        "An address has no subdomains. boto3 takes path style instead, unasked.",
        "http://127.0.0.1:9000/bucket/k?", "unsupported_endpoint", place("http://127.0.0.1:9000", "virtual")),
    "address as a virtual host with dots": Difference(
        "boto3 makes a host that cannot be.", "http://a.b.127.0.0.1:9000/k?", "unsupported_endpoint",
        place("http://127.0.0.1:9000", "virtual"), parameters={"Bucket": "a.b"}),
    "partition with hosts of its own": Difference(
        "Countersign knows the hosts of three partitions; for the others it wants the endpoint, rather than to guess.",
        "https://bucket.s3.us-iso-east-1.c2s.ic.gov/k?", "unsupported_endpoint", boto.Location("us-iso-east-1", style="virtual")),
    # How an endpoint is written
    "default port": Difference(
        "Clients leave the scheme's own port out of Host, so it is left out of the URL as well.",
        "https://storage.example:443/bucket/k?", "https://storage.example/bucket/k?", place("https://storage.example:443", "path"),
        is_signed_alike=True),
    "host in upper case": Difference(
        "The host is signed in lower case, and printed as it is signed.",
        "https://Storage.Example/bucket/k?", "https://storage.example/bucket/k?", place("https://Storage.Example", "path"),
        is_signed_alike=True),
    "encoded path of an endpoint": Difference(
        "boto3 encodes the path of an endpoint again, in path style only.",
        "http://localhost/a%2520b/bucket/k?", "http://localhost/a%20b/bucket/k?", place("http://localhost/a%20b", "path")),
    "slashes in the path of an endpoint": Difference(
        "The path is taken as it is given; boto3 changes it in path style only.",
        "http://localhost/a/b/bucket/k?", "http://localhost/a//b/bucket/k?", place("http://localhost/a//b", "path")),
    "dots in the path of an endpoint": Difference(
        "As above.", "http://localhost/b/bucket/k?", "http://localhost/a/../b/bucket/k?", place("http://localhost/a/../b", "path")),
    "slash at the end of an endpoint": Difference(
        "An endpoint means the same with its last slash and without.", "http://bucket.localhost/base/?", "http://bucket.localhost/base?",
        place("http://localhost/base/", "virtual"), operation="head_bucket", parameters=BUCKET_ONLY, line={"method": "HEAD"}),
    "password in an endpoint": Difference(
        "Secrets do not stand in URLs that are given away.", "http://user:password@localhost/bucket/k?", "invalid_endpoint",
        place("http://user:password@localhost", "path")),
    # What S3 refuses, so that it is not signed
    "expiry of nothing": Difference("S3 takes 1 to 604800 seconds.", "X-Amz-Expires=0&", "expiry_out_of_range", line={"expires": 0}),
    "expiry of more than a week": Difference(
        "S3 takes 1 to 604800 seconds.", "X-Amz-Expires=604801&", "expiry_out_of_range", line={"expires": 604_801}),
    "key of 1,025 bytes": Difference(
        "S3 takes 1,024.", "k" * 1025, "key_too_long", parameters={"Key": "k" * 1025}),
    "old bucket name": Difference(
        "Buckets of today's rules only.", "/Upper_Case/k?", "invalid_bucket_name", parameters={"Bucket": "Upper_Case"}),
    "reserved bucket name": Difference(
        "AWS keeps such names for itself.", "https://xn--bucket.s3.", "invalid_bucket_name", parameters={"Bucket": "xn--bucket"}),
    "address as a bucket name": Difference(
        "AWS's rules forbid it.", "/192.168.5.4/k?", "invalid_bucket_name", parameters={"Bucket": "192.168.5.4"}),
    "access point": Difference(
        "An environment is a bucket; access points are not signed for.", "https://point-123456789012.s3-accesspoint.eu-central-1.",
        "invalid_bucket_name", parameters={"Bucket": "arn:aws:s3:eu-central-1:123456789012:accesspoint/point"}),
    "directory bucket": Difference(
        "Neither are directory buckets, which have sessions and hosts of their own.", "https://bucket--use1-az4--x-s3.s3express-use1-az4.",
        "invalid_bucket_name", parameters={"Bucket": "bucket--use1-az4--x-s3"}),
    "body over 5 GiB": Difference(
        "S3 takes 5 GiB in one PUT.", "X-Amz-SignedHeaders=content-length%3Bhost", "invalid_header",
        **put("ContentLength", (5 << 30) + 1, ["content-length", str((5 << 30) + 1)])),
    # What no client could send as it is signed
    "header beyond ASCII": Difference(
        "Browsers send Latin-1 or nothing at all, so the signature would not hold.", "X-Amz-SignedHeaders=content-disposition%3Bhost",
        "invalid_header", **put("ContentDisposition", "é", ["Content-Disposition", "é"])),
    "line break in a header": Difference(
        "It would end the header. boto3 signs a blank for it.", "X-Amz-SignedHeaders=cache-control%3Bhost", "invalid_header",
        **put("CacheControl", "a\r\nx-evil: b", ["Cache-Control", "a\r\nx-evil: b"])),
    "control character in a header": Difference(
        "HTTP has no such header. boto3 signs a blank for it.", "X-Amz-SignedHeaders=cache-control%3Bhost", "invalid_header",
        **put("CacheControl", "a\x0bb", ["Cache-Control", "a\x0bb"])),
    "blank in a header's name": Difference(
        "HTTP has no such header.", "X-Amz-SignedHeaders=host%3Bx-amz-meta-a%20b", "invalid_header",
        **put("Metadata", {"a b": "c"}, ["x-amz-meta-a b", "c"])),
    # What boto3 adds or takes away for reasons of its own
    "type of a plain form": Difference(
        "boto3 takes this one type for its own default, and leaves it unbound; here what is to be bound is bound.",
        "X-Amz-SignedHeaders=host&", "X-Amz-SignedHeaders=content-type%3Bhost&",
        **put("ContentType", "application/x-www-form-urlencoded; charset=utf-8",
              ["Content-Type", "application/x-www-form-urlencoded; charset=utf-8"])),
    "encoding of a listing": Difference(
        "boto3 asks for encoded keys, which it would decode itself; here nothing is added.",
        "list-type=2&encoding-type=url&", "Amz-SignedHeaders=host&list-type=2&", operation="list_objects_v2", parameters=BUCKET_ONLY,
        line={"query": [["list-type", "2"]]}),
}


@pytest.mark.parametrize("case", DIFFERENCES.values(), ids=DIFFERENCES.keys())
def test_the_difference_is_still_there(case, boto3_client):
    parameters = {name: value for name, value in ({"Bucket": "bucket", "Key": "k"} | case.parameters).items() if value is not None}
    line = {"method": "GET", "region": case.location.region} | COMMON | case.location.line | case.line
    line["bucket"] = parameters["Bucket"]
    if "Key" in parameters:
        line["key"] = parameters["Key"]

    theirs = boto3_client.presign(case.location, case.operation, parameters, line)
    answer, = boto.batch([line])
    assert case.theirs in theirs
    if "error" in answer:
        assert answer["error"]["code"] == case.ours
        return
    assert case.ours in answer["url"]
    assert sorted_parts(theirs) != sorted_parts(answer["url"])
    assert (theirs[-64:] == answer["url"][-64:]) == case.is_signed_alike


def post(key, *options):
    run = boto.countersign(
        "presign", "post", f"s3://bucket/{key}", "--region=eu-central-1", "--at=20240229T235959Z", "--expires=60", *options,
        variables={"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"})
    if run.returncode:
        return run.stderr
    return normal(json.loads(base64.b64decode(json.loads(run.stdout)["fields"]["policy"])))[1]


class TestPolicies:
    """POST policies that boto3 signs though no upload could meet them, or S3 would not take them."""

    line = {"at": "20240229T235959Z", "accessKeyId": "AKIDEXAMPLE", "secretAccessKey": "secret"}

    def boto3(self, boto3_client, key="k", **arguments):
        form = boto3_client.ready(boto.Location("eu-central-1", style="virtual"), self.line).generate_presigned_post(
            "bucket", key, **{"ExpiresIn": 60} | arguments)
        return normal(json.loads(base64.b64decode(form["fields"]["policy"])))[1]

    def test_a_field_without_a_condition_is_bound(self, boto3_client):
        """S3 refuses an upload with a field that no condition names; boto3 leaves the condition to its caller."""
        assert not any("content-type" in condition for condition in self.boto3(boto3_client, Fields={"Content-Type": "image/png"}))
        assert ("eq", "content-type", "image/png") in post("k", "--field=Content-Type=image/png")

    def test_the_file_name_inside_a_key_is_refused(self, boto3_client):
        """S3 puts the file's name in before it compares, so no form could meet this condition."""
        assert ("eq", "key", "a/${filename}/b") in self.boto3(boto3_client, "a/${filename}/b")
        assert "${filename}" in post("a/${filename}/b")
        assert ("starts-with", "key", "a/") in post("a/${filename}/b", "--key-prefix=a/")

    def test_a_prefix_where_s3_takes_none_is_refused(self, boto3_client):
        condition = ["starts-with", "$x-amz-storage-class", "STAND"]
        assert ("starts-with", "x-amz-storage-class", "STAND") in self.boto3(boto3_client, Conditions=[condition])
        assert "by prefix" in post("k", "--starts-with=x-amz-storage-class=STAND")

    def test_an_expiry_out_of_range_is_refused(self, boto3_client):
        assert self.boto3(boto3_client, ExpiresIn=0) and self.boto3(boto3_client, ExpiresIn=604_801)
        assert "604800" in post("k", "--expires=0") and "604800" in post("k", "--expires=604801")
