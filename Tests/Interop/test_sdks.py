"""The local bucket of `countersign dev` as S3 for other people's clients: boto3, the AWS CLI and curl, as a developer would set them up."""

import base64
import configparser
import datetime
import hashlib
import hmac
import http.client
import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request
import zlib
from pathlib import Path

import boto3
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from local_clients import BUCKET, ONCE, PROFILE, aws, plain, profiles, refusal, s3, session  # noqa: F401, the fixtures among them
from tls import TLSFront

ALGORITHMS = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "XXHASH64", "XXHASH3", "XXHASH128"]


@pytest.fixture(scope="module")
def front(dev, tmp_path_factory):
    server = TLSFront(urllib.parse.urlsplit(dev.bucket).port, tmp_path_factory.mktemp("tls"))
    yield server
    server.close()


@pytest.fixture(scope="module")
def secure(session, front):
    return session.client("s3", config=ONCE, endpoint_url=front.url, verify=str(front.authority))


# MARK: boto3


@pytest.mark.parametrize("key", ["a.txt", "a b/c+d.txt", "//x/./../y", "é 😀/%2F?&=#", "k" * 1024, "a/" * 5])
def test_an_object_goes_in_and_comes_out(s3, key):
    put = s3.put_object(Bucket=BUCKET, Key=key, Body=b"hello", ContentType="text/plain", ContentEncoding="identity", Metadata={"colour": "red"},
                        CacheControl="no-store", Tagging="a=1&b=2", StorageClass="STANDARD_IA")
    assert put["ETag"] == '"5d41402abc4b2a76b9719d911017c592"'
    get = s3.get_object(Bucket=BUCKET, Key=key)
    assert (get["Body"].read(), get["ContentType"], get["ContentEncoding"]) == (b"hello", "text/plain", "identity")
    assert (get["Metadata"], get["CacheControl"], get["TagCount"], get["StorageClass"]) == ({"colour": "red"}, "no-store", 2, "STANDARD_IA")
    head = s3.head_object(Bucket=BUCKET, Key=key)
    assert (head["ContentLength"], head["ETag"], head["LastModified"]) == (5, put["ETag"], get["LastModified"])
    s3.delete_object(Bucket=BUCKET, Key=key)
    assert refusal(s3.head_object, Key=key) == (404, "404")
    assert refusal(s3.get_object, Key=key) == (404, "NoSuchKey")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("transport", ["http", "https"])
def test_every_checksum_is_checked_and_kept(s3, secure, transport, algorithm):
    """Over HTTP the SDK sends the checksum in a header, over HTTPS behind a body in chunks; when it reads, it checks by itself."""
    client = s3 if transport == "http" else secure
    body = os.urandom(200_000)
    sent = {}

    def note(request, **_):
        sent.update({name.lower(): value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()})

    client.meta.events.register("before-send.s3.PutObject", note)
    put = client.put_object(Bucket=BUCKET, Key="sum", Body=body, ChecksumAlgorithm=algorithm, ContentEncoding="br")
    client.meta.events.unregister("before-send.s3.PutObject", note)
    field = f"Checksum{algorithm}"
    if transport == "https":
        assert sent["x-amz-content-sha256"] == "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
        assert sent["x-amz-trailer"] == f"x-amz-checksum-{algorithm.lower()}"
    else:
        assert sent[f"x-amz-checksum-{algorithm.lower()}"] == put[field]
    get = s3.get_object(Bucket=BUCKET, Key="sum", ChecksumMode="ENABLED")
    assert get["Body"].read() == body
    assert (get[field], get["ChecksumType"], get["ContentEncoding"]) == (put[field], "FULL_OBJECT", "br")
    head = s3.head_object(Bucket=BUCKET, Key="sum", ChecksumMode="ENABLED")
    assert (head[field], head["ContentLength"]) == (put[field], len(body))


@pytest.mark.parametrize("field, wrong", [
    ("ChecksumCRC32", "AAAAAA=="), ("ChecksumCRC32C", "AAAAAA=="), ("ChecksumCRC64NVME", "AAAAAAAAAAA="), ("ChecksumSHA1", "A" * 27 + "="),
    ("ChecksumSHA256", "A" * 43 + "="), ("ChecksumSHA512", "A" * 86 + "=="), ("ChecksumMD5", "A" * 22 + "=="), ("ChecksumXXHASH64", "AAAAAAAAAAA="),
    ("ChecksumXXHASH3", "AAAAAAAAAAA="), ("ChecksumXXHASH128", "A" * 22 + "=="), ("ContentMD5", "A" * 22 + "=="),
])
def test_a_wrong_checksum_stores_nothing(s3, field, wrong):
    assert refusal(s3.put_object, Key="sum", Body=b"hello", **{field: wrong}) == (400, "BadDigest")
    assert refusal(s3.head_object, Key="sum") == (404, "404")


def test_files_of_any_kind_are_uploaded(s3, secure, photo, tmp_path):
    for client in (s3, secure):
        client.upload_file(str(photo), BUCKET, "photo.png")
        client.download_file(BUCKET, "photo.png", str(tmp_path / "photo.png"))
        assert (tmp_path / "photo.png").read_bytes() == photo.read_bytes()
        client.put_object(Bucket=BUCKET, Key="empty", Body=b"")
        assert client.get_object(Bucket=BUCKET, Key="empty")["Body"].read() == b""


def test_conditions(s3):
    put = lambda **condition: s3.put_object(Bucket=BUCKET, Key="k", Body=b"hello", **condition)["ETag"]
    assert refusal(s3.put_object, Key="k", Body=b"", IfMatch='"0"') == (404, "NoSuchKey")
    etag = put(IfNoneMatch="*")
    for condition in ({"IfNoneMatch": "*"}, {"IfMatch": '"0"'}):
        assert refusal(s3.put_object, Key="k", Body=b"x", **condition) == (412, "PreconditionFailed")
    assert refusal(s3.put_object, Key="k", Body=b"x", IfNoneMatch=etag) == (501, "NotImplemented")
    assert put(IfMatch=etag) == etag

    time = s3.head_object(Bucket=BUCKET, Key="k")["LastModified"]
    before = time - datetime.timedelta(hours=1)
    for condition in ({"IfMatch": etag}, {"IfMatch": "*"}, {"IfNoneMatch": '"0"'}, {"IfUnmodifiedSince": time}, {"IfModifiedSince": before},
                      {"IfMatch": etag, "IfUnmodifiedSince": before}, {"IfNoneMatch": '"0"', "IfModifiedSince": time}):
        assert s3.get_object(Bucket=BUCKET, Key="k", **condition)["Body"].read() == b"hello", condition
    for condition in ({"IfNoneMatch": etag}, {"IfModifiedSince": time}, {"IfNoneMatch": etag, "IfModifiedSince": before}):
        assert refusal(s3.get_object, Key="k", **condition) == (304, "304"), condition
    for condition in ({"IfMatch": '"0"'}, {"IfUnmodifiedSince": before}):
        assert refusal(s3.get_object, Key="k", **condition) == (412, "PreconditionFailed"), condition

    assert refusal(s3.delete_object, Key="k", IfMatch='"0"') == (412, "PreconditionFailed")
    s3.delete_object(Bucket=BUCKET, Key="k", IfMatch=etag)
    assert refusal(s3.delete_object, Key="k", IfMatch="*") == (404, "NoSuchKey")


@pytest.mark.parametrize("asked, bytes_, told", [
    ("bytes=0-0", b"0", "bytes 0-0/10"), ("bytes=2-", b"23456789", "bytes 2-9/10"), ("bytes=-3", b"789", "bytes 7-9/10"),
    ("bytes=8-99", b"89", "bytes 8-9/10"), ("bytes=-99", b"0123456789", "bytes 0-9/10"),
])
def test_ranges(s3, asked, bytes_, told):
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"0123456789")
    get = s3.get_object(Bucket=BUCKET, Key="k", Range=asked)
    assert (get["Body"].read(), get["ContentRange"], get["ResponseMetadata"]["HTTPStatusCode"]) == (bytes_, told, 206)
    assert refusal(s3.get_object, Key="k", Range="bytes=10-") == (416, "InvalidRange")


@pytest.mark.parametrize("version", ["list_objects_v2", "list_objects"])
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_listing_in_pages(s3, version, size):
    keys = sorted(["a", "b/1", "b/2 +", "b/c/3", "b0", "c/é", "d%2F", "e&<>"], key=str.encode)
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())

    def listed(**arguments):
        pages = s3.get_paginator(version).paginate(Bucket=BUCKET, PaginationConfig={"PageSize": size}, **arguments)
        pages = list(pages)
        assert all(len(page.get("Contents", [])) + len(page.get("CommonPrefixes", [])) <= size for page in pages)
        return ([found["Key"] for page in pages for found in page.get("Contents", [])],
                [found["Prefix"] for page in pages for found in page.get("CommonPrefixes", [])])

    assert listed() == (keys, [])
    assert listed(Prefix="b") == (["b/1", "b/2 +", "b/c/3", "b0"], [])
    assert listed(Delimiter="/") == (["a", "b0", "d%2F", "e&<>"], ["b/", "c/"])
    assert listed(Delimiter="/", Prefix="b/") == (["b/1", "b/2 +"], ["b/c/"])
    assert listed(Prefix="none") == ([], [])
    if version == "list_objects_v2":
        assert listed(StartAfter="b/2 +")[0] == keys[3:]
        first = s3.list_objects_v2(Bucket=BUCKET, FetchOwner=True)
        assert first["KeyCount"] == len(keys) and all(found["Owner"]["ID"] for found in first["Contents"])
        assert [found["Size"] for found in first["Contents"]] == [len(key.encode()) for key in keys]
        assert refusal(s3.list_objects_v2, ContinuationToken="none of ours") == (400, "InvalidArgument")


def test_many_objects_are_deleted_at_once(s3):
    keys = [f"many/{number} & é" for number in range(50)]
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
    answer = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in keys + ["never was"]]})
    assert [deleted["Key"] for deleted in answer["Deleted"]] == keys + ["never was"]
    assert "Errors" not in answer and s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


def test_buckets(s3, session):
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == [BUCKET]
    assert s3.create_bucket(Bucket=BUCKET)["Location"] == f"/{BUCKET}"
    assert s3.head_bucket(Bucket=BUCKET)["BucketRegion"] == "us-east-1"
    assert s3.get_bucket_location(Bucket=BUCKET)["LocationConstraint"] is None
    with pytest.raises(s3.exceptions.BucketAlreadyExists):
        s3.create_bucket(Bucket="local-production-bucket")
    with pytest.raises(ClientError, match="AccessDenied.*configuration names \\(local-staging-bucket\\)"):
        s3.create_bucket(Bucket="another-bucket")
    with pytest.raises(ClientError, match="InvalidBucketName"):
        s3.create_bucket(Bucket="Another_Bucket")
    with pytest.raises(s3.exceptions.NoSuchBucket):
        s3.list_objects_v2(Bucket="another-bucket")
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"")
    assert refusal(s3.delete_bucket) == (409, "BucketNotEmpty")
    s3.delete_object(Bucket=BUCKET, Key="k")
    assert refusal(s3.delete_bucket) == (403, "AccessDenied")


def test_what_is_not_there_says_so(s3):
    for call, arguments in [(s3.copy_object, {"CopySource": f"{BUCKET}/a"}), (s3.get_object_acl, {}),
                            (s3.upload_part_copy, {"CopySource": f"{BUCKET}/a", "UploadId": "x", "PartNumber": 1})]:
        assert refusal(call, Key="k", **arguments) == (501, "NotImplemented")


# MARK: bodies whose chunks are signed, which no client of Python sends: signed here, apart from the project's own code


class SignedChunks(S3SigV4Auth):
    """botocore signs the request; the chunks follow AWS's page on chunked uploads."""

    word = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"

    def payload(self, request):
        return self.word

    def body(self, request, chunks, trailer):
        headers = request.headers
        previous = headers["Authorization"].rsplit("Signature=", 1)[1]
        scope = self.credential_scope(request)
        key = f"AWS4{self.credentials.secret_key}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")

        def sign(kind, *lines):
            nonlocal previous
            text = "\n".join([f"AWS4-HMAC-SHA256-{kind}", headers["X-Amz-Date"], scope, previous, *lines])
            previous = hmac.new(key, text.encode(), "sha256").hexdigest()
            return previous

        body = b""
        for chunk in [*chunks, b""]:
            signature = sign("PAYLOAD", hashlib.sha256(b"").hexdigest(), hashlib.sha256(chunk).hexdigest())
            body += f"{len(chunk):x};chunk-signature={signature}\r\n".encode() + chunk + (b"\r\n" if chunk else b"")
        if trailer:
            signature = sign("TRAILER", hashlib.sha256(f"{trailer}\n".encode()).hexdigest())
            body += f"{trailer}\r\nx-amz-trailer-signature:{signature}\r\n".encode()
        return body + b"\r\n"


@pytest.mark.parametrize("alter, status", [
    (lambda body: body, 200), (lambda body: body.replace(b"x", b"y", 1), 403), (lambda body: body[:-2], 400),
    (lambda body: body.replace(b"x-amz-checksum-crc32:", b"x-amz-checksum-crc33:"), 403), (lambda body: body + b"!", 400),
])
def test_signed_chunks(dev, session, s3, alter, status):
    chunks = [b"x" * 65536, b"x" * 1000]
    checksum = base64.b64encode(zlib.crc32(b"".join(chunks)).to_bytes(4, "big")).decode()
    url = f"{dev.bucket}/{BUCKET}/chunks"
    request = AWSRequest("PUT", url, headers={
        "Content-Encoding": "aws-chunked", "X-Amz-Decoded-Content-Length": "66536", "X-Amz-Trailer": "x-amz-checksum-crc32"})
    known = session.get_credentials()
    auth = SignedChunks(Credentials(known.access_key, known.secret_key), "s3", "us-east-1")
    auth.add_auth(request)
    sent = alter(auth.body(request, chunks, f"x-amz-checksum-crc32:{checksum}"))
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(dev.bucket).netloc, timeout=30)
    connection.request("PUT", f"/{BUCKET}/chunks", sent, dict(request.headers))
    answer = connection.getresponse()
    assert answer.status == status, answer.read()
    connection.close()
    if status == 200:
        assert s3.get_object(Bucket=BUCKET, Key="chunks")["Body"].read() == b"".join(chunks)
    else:
        assert refusal(s3.head_object, Key="chunks") == (404, "404")


# MARK: the AWS CLI


def test_cli_copies_lists_and_removes(aws, photo, tmp_path):
    url = f"s3://{BUCKET}"
    assert aws("s3", "cp", photo, f"{url}/pets/chelsea.png")[0] == 0
    assert aws("s3", "cp", "-", f"{url}/pets/note.txt", body=b"purrs")[0] == 0
    code, text = aws("s3", "ls", f"{url}/pets/")
    assert code == 0 and text.split()[2:4] == [str(photo.stat().st_size), "chelsea.png"] and "note.txt" in text
    assert "PRE pets/" in aws("s3", "ls", url)[1]
    assert aws("s3", "cp", f"{url}/pets/chelsea.png", "copy.png")[0] == 0
    assert (tmp_path / "copy.png").read_bytes() == photo.read_bytes()
    assert aws("s3", "sync", f"{url}/pets", "pets")[0] == 0
    assert (tmp_path / "pets/note.txt").read_bytes() == b"purrs"

    code, link = aws("s3", "presign", f"{url}/pets/note.txt", "--expires-in", "60")
    with urllib.request.urlopen(link.strip(), timeout=30) as answer:
        assert answer.read() == b"purrs"

    assert aws("s3", "rm", f"{url}/pets/note.txt")[0] == 0
    assert aws("s3", "rm", f"{url}/pets", "--recursive")[0] == 0
    assert aws("s3", "ls", f"{url}/pets/")[0] == 1


def test_cli_over_tls_sends_chunks(aws, front, photo, s3):
    over_tls = ["--endpoint-url", front.url, "--ca-bundle", front.authority]
    code, text = aws("s3", "cp", photo, f"s3://{BUCKET}/photo.png", *over_tls)
    assert code == 0, text
    assert s3.get_object(Bucket=BUCKET, Key="photo.png")["Body"].read() == photo.read_bytes()
    code, text = aws("s3api", "put-object", "--bucket", BUCKET, "--key", "k", "--body", photo, "--checksum-algorithm", "SHA256", *over_tls)
    assert code == 0 and json.loads(text)["ChecksumSHA256"], text


def test_cli_operations(aws, tmp_path):
    (tmp_path / "k").write_bytes(b"hello")
    at = ["--bucket", BUCKET]

    def api(operation, *arguments):
        code, text = aws("s3api", operation, *at, *arguments)
        return code, json.loads(text) if code == 0 and text.strip() else text

    assert api("create-bucket") == (0, {"Location": f"/{BUCKET}"})
    assert api("head-bucket")[0] == 0
    assert api("get-bucket-location") == (0, {"LocationConstraint": None})
    code, put = api("put-object", "--key", "a/k", "--body", "k", "--content-type", "text/plain", "--if-none-match", "*")
    assert code == 0 and put["ETag"] == '"5d41402abc4b2a76b9719d911017c592"'
    code, text = api("put-object", "--key", "a/k", "--body", "k", "--if-none-match", "*")
    assert code != 0 and "PreconditionFailed" in text
    assert api("head-object", "--key", "a/k", "--checksum-mode", "ENABLED")[1]["ContentType"] == "text/plain"
    code, got = api("get-object", "--key", "a/k", "--range", "bytes=1-3", "out")
    assert code == 0 and got["ContentRange"] == "bytes 1-3/5" and (tmp_path / "out").read_bytes() == b"ell"
    listed = api("list-objects-v2", "--prefix", "a/", "--delimiter", "/", "--max-items", "5")[1]
    assert [found["Key"] for found in listed["Contents"]] == ["a/k"]
    assert api("delete-objects", "--delete", "Objects=[{Key=a/k}]")[1] == {"Deleted": [{"Key": "a/k"}]}
    assert api("delete-object", "--key", "a/k")[0] == 0
    code, text = api("get-object", "--key", "a/k", "out")
    assert code != 0 and "NoSuchKey" in text


# MARK: curl


@pytest.fixture
def curl(profiles, dev, s3, tmp_path):
    """Runs curl with its own signature; the keys are in a file, not on the command line."""
    parser = configparser.RawConfigParser()
    parser.read(profiles)
    profile = parser[f"profile {PROFILE}"]
    settings = tmp_path / "curlrc"
    settings.touch(0o600)
    settings.write_text(
        f'user = "{profile["aws_access_key_id"]}:{profile["aws_secret_access_key"]}"\naws-sigv4 = "aws:amz:us-east-1:s3"\n'
        'header = "x-amz-content-sha256: UNSIGNED-PAYLOAD"\nsilent\nmax-time = 60\nwrite-out = "%{stderr}%{http_code}"\n')

    def run(target, *arguments):
        command = ["curl", "-K", str(settings), *map(str, arguments), f"{dev.bucket}/{BUCKET}{target}"]
        done = subprocess.run(command, capture_output=True, timeout=100)
        return int(done.stderr[-3:]), done.stdout

    return run


def test_curl_signs_for_itself(curl, photo):
    assert curl("/curl/photo.png", "-T", photo)[0] == 200
    assert curl("/curl/photo.png") == (200, photo.read_bytes())
    assert curl("/curl/photo.png", "-H", "range: bytes=1-3") == (206, b"PNG")
    status, text = curl("?list-type=2&prefix=curl")
    assert status == 200 and b"<Key>curl/photo.png</Key>" in text
    assert curl("/curl/photo.png", "-X", "DELETE")[0] == 204
    assert curl("/curl/photo.png")[0] == 404
    assert curl("/curl/photo.png", "--user", "LOCALNOBODY:secret")[0] == 403
