"""`countersign upload` of a large file to real S3 servers: in parts, whole, once, and nothing left of what was stopped."""

import hashlib
import random
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from programs import BINARY
from servers.local import Local

SIZE = 200 << 20


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    numbers = random.Random(6)
    with path.open("wb") as file:
        for _ in range(SIZE >> 20):
            file.write(numbers.randbytes(1 << 20))
    return path


@pytest.fixture(scope="module")
def store(server):
    if isinstance(server, Local):
        pytest.skip("the project's own bucket is tried by its own tests")
    return Store(server)


class Store:
    def __init__(self, server):
        self.name = server.name
        self.account = server.accounts[0]
        self.client = server.client(self.account)
        self.options = ["--endpoint", server.endpoint, "--region", server.region]

    def upload(self, path, key, *options):
        """`countersign upload`, running."""
        command = [BINARY, "upload", path, f"s3://{self.account.bucket}/{key}", *self.options, *options]
        return subprocess.Popen(
            command, env={"HOME": "/nonexistent"} | self.account.variables(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def unfinished(self):
        return self.client.list_multipart_uploads(Bucket=self.account.bucket).get("Uploads", [])

    def keys(self):
        return [entry["Key"] for entry in self.client.list_objects_v2(Bucket=self.account.bucket).get("Contents", [])]

    def digest(self, key):
        digest = hashlib.sha256()
        for chunk in self.client.get_object(Bucket=self.account.bucket, Key=key)["Body"].iter_chunks(1 << 20):
            digest.update(chunk)
        return digest.hexdigest()


def digest_of(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def peak_of(process):
    """Waits for the end; the most memory that it had, in bytes. What `wait4` tells has this process's own in it."""
    peak = 0
    while process.poll() is None:
        try:
            found = re.search(r"^VmHWM:\s+(\d+) kB$", Path(f"/proc/{process.pid}/status").read_text(), re.MULTILINE)
        except (FileNotFoundError, ProcessLookupError):
            continue
        peak = max(peak, int(found[1]) << 10) if found else peak
        time.sleep(0.01)
    return peak


def ended(process, code):
    output, diagnostics = process.communicate(timeout=300)
    assert process.returncode == code, diagnostics
    return output, diagnostics


@pytest.mark.parametrize("options", [(), ("--checksum", "--part-size", "50MiB", "--parallel", "2")], ids=["plain", "checksum"])
def test_a_large_file_goes_up_whole(store, film, options):
    process = store.upload(film, "films/", "--once", *options)
    used = peak_of(process)
    assert process.returncode == 0, process.stderr.read()
    # Only some chunks of each part are in memory at one time.
    assert 0 < used < 100 << 20, f"{used >> 20} MiB"
    print(f"{store.name}: {used >> 20} MiB of memory")
    head = store.client.head_object(Bucket=store.account.bucket, Key="films/film.mp4")
    assert (head["ContentLength"], head["ContentType"]) == (SIZE, "video/mp4")
    assert store.digest("films/film.mp4") == digest_of(film)
    assert store.unfinished() == []
    # What is there stays.
    small = store.upload(__file__, "films/film.mp4", "--once")
    assert "412" in ended(small, 1)[1]
    again = store.upload(film, "films/film.mp4", "--once")
    assert "--once leaves it as it is" in ended(again, 1)[1]
    assert store.unfinished() == []
    store.client.delete_object(Bucket=store.account.bucket, Key="films/film.mp4")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_is_stopped_leaves_nothing(store, film, number):
    process = store.upload(film, "stopped.mp4", "--part-size", "5MiB")
    deadline = time.monotonic() + 60
    while not begun(store):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(number)
    assert ended(process, 130)[1] == "interrupted\n"
    assert store.unfinished() == []
    assert "stopped.mp4" not in store.keys()


def begun(store):
    """Whether a part is there."""
    return any(
        store.client.list_parts(Bucket=store.account.bucket, Key=upload["Key"], UploadId=upload["UploadId"]).get("Parts")
        for upload in store.unfinished())


def test_what_is_refused_leaves_nothing(store, film):
    """The second part names an upload that somebody aborted meanwhile."""
    process = store.upload(film, "aborted.mp4", "--part-size", "5MiB", "--parallel", "1")
    deadline = time.monotonic() + 60
    while not begun(store):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.005)
    for upload in store.unfinished():
        store.client.abort_multipart_upload(Bucket=store.account.bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    assert "no such multipart upload" in ended(process, 1)[1]
    assert store.unfinished() == []
    assert "aborted.mp4" not in store.keys()
