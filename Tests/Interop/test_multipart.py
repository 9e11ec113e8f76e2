"""Large files in parts, into and out of the local bucket of `countersign dev`: the AWS CLI, boto3's managed transfer and presigned parts."""

import base64
import hashlib
import io
import os
import re
import threading
import urllib.parse
import zlib
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

from local_clients import BUCKET, ONCE, PROFILE, aws, plain, profiles, refusal, s3, session  # noqa: F401, the fixtures among them
from programs import Dev

MIB = 1 << 20
LARGE = 100 * 1000 * 1000
# The least that a part may have which another one follows.
PART = 5 * MIB
IN_FLIGHT = 200
MEMORY = 100 * 1000 * 1000


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """100 MB that nothing compresses."""
    path = tmp_path_factory.mktemp("large") / "large.bin"
    with path.open("wb") as file:
        for start in range(0, LARGE, 10 * 1000 * 1000):
            file.write(os.urandom(min(10 * 1000 * 1000, LARGE - start)))
    return path


def begin(s3, key="k", **arguments):
    return {"Bucket": BUCKET, "Key": key, "UploadId": s3.create_multipart_upload(Bucket=BUCKET, Key=key, **arguments)["UploadId"]}


def nothing_is_left(dev):
    return not [path for name in ("incoming", "uploads", "parts") for path in dev.data.glob(f"**/{name}/*")]


def test_cli_copies_100_mb_up_and_down(aws, dev, large, s3, tmp_path):
    code, text = aws("s3", "cp", large, f"s3://{BUCKET}/large.bin", "--content-type", "application/x-large", "--only-show-errors")
    assert code == 0, text
    head = s3.head_object(Bucket=BUCKET, Key="large.bin", PartNumber=1)
    assert re.fullmatch('"[0-9a-f]{32}-12"', head["ETag"]) and head["PartsCount"] == 12
    assert head["ContentType"] == "application/x-large"
    code, text = aws("s3", "cp", f"s3://{BUCKET}/large.bin", tmp_path / "copy.bin", "--only-show-errors")
    assert code == 0, text
    assert digest(tmp_path / "copy.bin") == digest(large)
    assert nothing_is_left(dev)


def test_cli_copies_a_stream(aws, s3):
    body = os.urandom(12 * MIB)
    code, text = aws("s3", "cp", "-", f"s3://{BUCKET}/stream", body=body)
    assert code == 0, text
    assert s3.get_object(Bucket=BUCKET, Key="stream")["Body"].read() == body


@pytest.mark.parametrize("algorithm", [None, "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_managed_transfers_have_the_same_bytes(dev, s3, large, tmp_path, algorithm):
    config = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, max_concurrency=10)
    extra = {"ContentType": "video/mp4", "Metadata": {"a": "b"}} | ({"ChecksumAlgorithm": algorithm} if algorithm else {})
    if algorithm:
        body = os.urandom(11 * MIB)
        s3.upload_fileobj(io.BytesIO(body), BUCKET, "managed", ExtraArgs=extra, Config=config)
        expected = hashlib.sha256(body).hexdigest()
    else:
        s3.upload_file(str(large), BUCKET, "managed", ExtraArgs=extra, Config=config)
        expected = digest(large)
    s3.download_file(BUCKET, "managed", str(tmp_path / "copy"), Config=config)
    assert digest(tmp_path / "copy") == expected
    head = s3.head_object(Bucket=BUCKET, Key="managed", ChecksumMode="ENABLED")
    assert (head["ContentType"], head["Metadata"]) == ("video/mp4", {"a": "b"})
    assert head["ChecksumType"] == ("FULL_OBJECT" if algorithm == "CRC64NVME" else "COMPOSITE" if algorithm else head["ChecksumType"])
    assert nothing_is_left(dev)


def test_a_full_object_checksum_is_that_of_the_whole(s3):
    bodies = [os.urandom(PART), b"the rest"]
    upload = begin(s3, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    parts = [
        {"PartNumber": number, "ETag": s3.upload_part(**upload, PartNumber=number, Body=body)["ETag"]}
        for number, body in enumerate(bodies, 1)]
    crc = base64.b64encode(zlib.crc32(b"".join(bodies)).to_bytes(4, "big")).decode()
    wrong = {"Key": upload["Key"], "UploadId": upload["UploadId"], "MultipartUpload": {"Parts": parts}, "ChecksumCRC32": "AAAAAA=="}
    assert refusal(s3.complete_multipart_upload, **wrong) == (400, "BadDigest")
    done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}, ChecksumCRC32=crc, ChecksumType="FULL_OBJECT")
    assert (done["ChecksumCRC32"], done["ChecksumType"]) == (crc, "FULL_OBJECT")
    sums = b"".join(hashlib.md5(body).digest() for body in bodies)
    assert done["ETag"] == f'"{hashlib.md5(sums).hexdigest()}-2"'


def test_parts_and_uploads_are_listed_page_by_page(s3):
    uploads = [begin(s3, key) for key in ("a/1", "a/2", "a/2", "b é", "c")]
    numbers = [1, 2, 3, 500, 10_000]
    for number in numbers:
        s3.upload_part(**uploads[0], PartNumber=number, Body=b"x")
    pages = list(s3.get_paginator("list_parts").paginate(**uploads[0], PaginationConfig={"PageSize": 2}))
    assert [part["PartNumber"] for page in pages for part in page.get("Parts", [])] == numbers and len(pages) == 3
    paginator = s3.get_paginator("list_multipart_uploads")
    for size in (1, 2, 1000):
        pages = list(paginator.paginate(Bucket=BUCKET, PaginationConfig={"PageSize": size}))
        found = {(each["Key"], each["UploadId"]) for page in pages for each in page.get("Uploads", [])}
        assert found == {(each["Key"], each["UploadId"]) for each in uploads}
    grouped = s3.list_multipart_uploads(Bucket=BUCKET, Delimiter="/")
    assert [each["Prefix"] for each in grouped["CommonPrefixes"]] == ["a/"]
    for upload in uploads:
        s3.abort_multipart_upload(**upload)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=BUCKET)
    named = {"Key": uploads[0]["Key"], "UploadId": uploads[0]["UploadId"]}
    assert refusal(s3.abort_multipart_upload, **named) == (404, "NoSuchUpload")
    assert refusal(s3.list_parts, **named) == (404, "NoSuchUpload")


def test_conditional_completion(s3):
    uploads = [begin(s3), begin(s3)]
    answers = []
    for upload in uploads:
        part = {"PartNumber": 1, "ETag": s3.upload_part(**upload, PartNumber=1, Body=b"x")["ETag"]}
        answers.append(upload | {"MultipartUpload": {"Parts": [part]}, "IfNoneMatch": "*"})
    s3.complete_multipart_upload(**answers[0])
    late = {name: value for name, value in answers[1].items() if name != "Bucket"}
    assert refusal(s3.complete_multipart_upload, **late) == (412, "PreconditionFailed")


def test_the_tags_of_an_object_are_replaced(s3):
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"x", Tagging="countersign=unconfirmed")
    s3.put_object_tagging(Bucket=BUCKET, Key="k", Tagging={"TagSet": [{"Key": "countersign", "Value": "confirmed"}]})
    assert s3.get_object_tagging(Bucket=BUCKET, Key="k")["TagSet"] == [{"Key": "countersign", "Value": "confirmed"}]
    s3.delete_object_tagging(Bucket=BUCKET, Key="k")
    assert s3.get_object_tagging(Bucket=BUCKET, Key="k")["TagSet"] == []


# MARK: presigned parts


def send(method, url, body, pause=None):
    """Sends a body in pieces, stops in its middle until `pause` returns, and answers with status and ETag."""
    place = urllib.parse.urlsplit(url)
    connection = HTTPConnection(place.netloc, timeout=120)
    try:
        connection.putrequest(method, f"{place.path}?{place.query}")
        connection.putheader("content-length", str(len(body)))
        connection.endheaders()
        connection.send(body[:len(body) // 2])
        if pause:
            pause()
        connection.send(body[len(body) // 2:])
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers["ETag"]
    finally:
        connection.close()


def complete(s3, upload, etags):
    parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]
    return s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})


def part_url(s3, upload, number):
    return s3.generate_presigned_url("upload_part", Params=upload | {"PartNumber": number})


def test_parts_with_presigned_urls(s3):
    # As it is sent by who holds nothing but the URLs: boto3 asks for a checksum that a browser does not send.
    client = s3
    upload = {"Bucket": BUCKET, "Key": "presigned"}
    with_checksum = client.create_multipart_upload(**upload)
    client.abort_multipart_upload(**upload, UploadId=with_checksum["UploadId"])
    status, _ = send("POST", client.generate_presigned_url("create_multipart_upload", Params=upload), b"")
    assert status == 200
    upload["UploadId"] = client.list_multipart_uploads(Bucket=BUCKET)["Uploads"][0]["UploadId"]
    bodies = [os.urandom(PART), os.urandom(PART), b"the last"]
    with ThreadPoolExecutor(3) as threads:
        urls = [part_url(client, upload, number) for number in (1, 2, 3)]
        answers = list(threads.map(lambda pair: send("PUT", *pair), zip(urls, bodies)))
    assert [status for status, _ in answers] == [200] * 3
    assert send("PUT", urls[0].replace("partNumber=1", "partNumber=2"), b"another")[0] == 403
    complete(client, upload, [etag for _, etag in answers])
    assert client.get_object(Bucket=BUCKET, Key="presigned")["Body"].read() == b"".join(bodies)


# MARK: memory


def peak_bytes(process):
    """The most that a process has held in memory so far."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def test_memory_with_200_uploads_in_flight(tmp_path, monkeypatch):
    dev = Dev(tmp_path)
    try:
        monkeypatch.setenv("AWS_CONFIG_FILE", str(dev.data / "aws-config"))
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        client = boto3.Session(profile_name=PROFILE).client("s3", config=ONCE.merge(Config(max_pool_connections=IN_FLIGHT)))
        uploads = [begin(client, f"k{number}") for number in range(IN_FLIGHT)]
        urls = [part_url(client, upload, 1) for upload in uploads]
        body = os.urandom(PART)
        # Nobody goes on until everybody has sent one half.
        middle = threading.Barrier(IN_FLIGHT, timeout=120)
        idle = peak_bytes(dev.program.process.pid)
        with ThreadPoolExecutor(IN_FLIGHT) as threads:
            answers = list(threads.map(lambda url: send("PUT", url, body, middle.wait), urls))
            assert [status for status, _ in answers] == [200] * IN_FLIGHT
            sent = peak_bytes(dev.program.process.pid)
            list(threads.map(lambda pair: complete(client, pair[0], [pair[1][1]]), zip(uploads, answers)))
        peak = peak_bytes(dev.program.process.pid)
        print(f"\n{IN_FLIGHT} uploads: at most {idle / 1e6:.1f} MB before, {sent / 1e6:.1f} MB with all parts in flight, {peak / 1e6:.1f} MB with all completions")
        assert client.get_object(Bucket=BUCKET, Key=f"k{IN_FLIGHT - 1}")["Body"].read() == body
        assert peak < MEMORY
    finally:
        dev.stop()
