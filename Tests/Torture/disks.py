"""Disks that are full or cannot be written, and kill -9 in the middle of writing, under the local bucket."""

import http.client
import os
import random
import re
import subprocess
import threading
import time
from collections import Counter

from connections import judge_bucket
from framing import counted
from honest import Again, Objects, ObjectsAgain, Reads, Tickets, TicketsAgain
from trial import case

ROUNDS, WRITERS = 20, 6
DISK_MIB = 48


class SmallDisk:
    """A disk of its own for a folder: a tmpfs where this user may mount one, else a limit on the size of each file."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self.is_mounted = mount("-t", "tmpfs", "-o", f"size={DISK_MIB}m,mode=0700", "torture", folder)

    @property
    def prefix(self):
        """For a program that is to see a full disk, and not to die of it."""
        return () if self.is_mounted else ("sh", "-c", 'trap "" XFSZ; exec "$@"', "sh")

    def limit(self, program, size="unlimited"):
        """What its files may have from now on, where the limit stands in for a disk."""
        if not self.is_mounted:
            subprocess.run(["prlimit", f"--pid={program.process.pid}", f"--fsize={size}:unlimited"], check=True)

    def __str__(self):
        return f"a tmpfs of {DISK_MIB} MiB" if self.is_mounted else "files of 1 MiB at most (nothing can be mounted here)"

    def fill(self):
        """Takes all the room that is left, and what has become free since the last time; the file to remove."""
        path = self.folder / "filling"
        if self.is_mounted:
            with path.open("ab", buffering=0) as file:
                try:
                    while True:
                        file.write(bytes(4096))
                except OSError:
                    pass
        return path

    def forbid_writing(self):
        if not self.is_mounted:
            return self.set_permissions(0o500)
        # Refused while a file is open for writing.
        for _ in range(500):
            if mount("-o", "remount,ro", self.folder):
                return "mounted read-only"
            time.sleep(0.02)
        raise RuntimeError("the disk could not be made read-only")

    def allow_writing(self):
        return mount("-o", "remount,rw", self.folder) if self.is_mounted else self.set_permissions(0o700)

    def set_permissions(self, mode):
        assert os.getuid() != 0, "permissions do not keep root out"
        for folder, _, _ in os.walk(self.folder, topdown=False):
            os.chmod(folder, mode)
        return "without permission to write"

    def stop(self):
        if self.is_mounted:
            subprocess.run(["umount", "--lazy", self.folder], check=True)


def mount(*arguments):
    return subprocess.run(["mount", *map(str, arguments)], capture_output=True).returncode == 0


class Writer(threading.Thread):
    """Puts objects of all sizes under keys of its own, and knows what may stand under each when it is killed or refused."""

    def __init__(self, bucket, number, keys=5, largest=4 << 20, state=None):
        super().__init__(daemon=True)
        self.bucket, self.number, self.largest = bucket, number, largest
        self.keys = [f"written/{number}/{key}" for key in range(keys)]
        self.random = random.Random()
        """What was acknowledged last, and what may have come through besides."""
        self.known, self.perhaps = state or ({}, {})
        self.answers = Counter()
        self.ending = threading.Event()

    def run(self):
        while not self.ending.is_set():
            key = self.random.choice(self.keys)
            content = self.random.randbytes(int(2 ** self.random.uniform(0, self.largest.bit_length() - 1)))
            self.perhaps[key] = content
            try:
                answer = self.bucket.send("PUT", key, content)
            except (OSError, http.client.HTTPException) as error:
                self.answers[type(error).__name__] += 1
                continue
            self.answers[str(answer)] += 1
            if answer.status == 200:
                self.known[key] = content
            if answer.status < 500:
                del self.perhaps[key]


def expectations(writers):
    """All contents that may stand under each key; None among them where nothing may stand there."""
    found = {}
    for writer in writers:
        for key in writer.keys:
            found[key] = [writer.known.get(key)] + ([writer.perhaps[key]] if key in writer.perhaps else [])
    return found


def judge_written(bucket, writers):
    """What is wrong with what is visible; what is there is then taken for known."""
    expected = expectations(writers)
    wrong = bucket.wrong_objects({key: [one for one in contents if one is not None] for key, contents in expected.items()})
    visible = set(bucket.keys())
    wrong += [f"{key} is gone" for key, contents in expected.items() if None not in contents and key not in visible]
    for writer in writers:
        for key in writer.keys:
            writer.perhaps.pop(key, None)
            if key in visible:
                writer.known[key] = bucket.send("GET", key).body
    return wrong


class LargeUpload:
    """An upload in parts, with all its parts there."""

    def __init__(self, bucket, key):
        self.bucket, self.key = bucket, key
        self.parts = [random.randbytes(5 << 20), random.randbytes(5 << 20), random.randbytes(1 << 20)]
        answer = bucket.send("POST", key, b"", [["uploads", ""]])
        self.id = re.search("<UploadId>(.*?)</UploadId>", answer.body.decode())[1]
        self.tags = [""] * len(self.parts)
        for number, part in enumerate(self.parts, 1):
            answer = self.put(number, part)
            assert answer.status == 200, answer

    def put(self, number, part):
        """The part is another one only when it was taken."""
        answer = self.bucket.send("PUT", self.key, part, [["partNumber", str(number)], ["uploadId", self.id]])
        if answer.status == 200:
            self.parts[number - 1], self.tags[number - 1] = part, answer.headers["etag"]
        return answer

    def complete(self):
        parts = "".join(f"<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>" for number, tag in enumerate(self.tags, 1))
        body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        return self.bucket.send("POST", self.key, body, [["uploadId", self.id]])

    def listed_parts(self):
        return self.bucket.send("GET", self.key, query=[["uploadId", self.id]]).body.decode().count("<Part>")

    def is_visible(self):
        return self.bucket.send("GET", self.key).status != 404

    def is_whole(self):
        answer = self.bucket.send("GET", self.key)
        return answer.status == 200 and answer.body == b"".join(self.parts)


def refused_steps(trial, upload, answers, part):
    """A part is replaced and the upload completed where nothing can be written; neither may leave half of anything."""
    replaced, completed = upload.put(1, part), upload.complete()
    answers.update([f"UploadPart {replaced}", f"CompleteMultipartUpload {completed}"])
    if completed.status == 200 and not upload.is_whole() or completed.status != 200 and upload.is_visible():
        trial.broken(f"half an object is visible, and completing it has answered {completed}")
    return completed.status == 200


def judge_completion(trial, upload):
    """What could not be completed can be, now that there is room; and it is what was acknowledged."""
    answer = upload.complete()
    if answer.status != 200 or not upload.is_whole():
        trial.broken(f"completing it again answers {answer}, and the object is {'' if upload.is_whole() else 'not '}whole")
    if left := upload.bucket.files("uploads") + upload.bucket.files("parts"):
        trial.broken(f"left of an upload that is completed: {left[:3]}")
    trial.sent += f"; completed afterwards: {answer}"


@case("full", "a disk without room, and one that cannot be written, under objects and uploads in parts")
def full(stage):
    disk = stage.until_end(SmallDisk(stage.folder / "disk"))
    bucket = stage.bucket(data=disk.folder, prefix=disk.prefix)
    objects, reads = Objects(bucket, first=40), Reads(bucket)
    for number in range(40):
        reads.stored[f"honest/{number}"] = content = random.randbytes(4096)
        assert bucket.send("PUT", f"honest/{number}", content).status == 200
    refused = {"PUT 500 InternalError"}

    clients = [(reads, 20), (Tickets(bucket.service_port), 20), (objects, 5)]
    upload = LargeUpload(bucket, "completed/full")
    with stage.trial("full disk", bucket.process, clients, allowed={"object": refused}, least_shares={"object": 0.2}) as trial:
        trial.fault()
        disk.limit(bucket.program, 1 << 20)
        writers = [Writer(bucket, number, keys=40) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        time.sleep(6)
        steps, is_completed = Counter(), False
        end = time.monotonic() + 5
        while time.monotonic() < end and not is_completed:
            filling = disk.fill()
            is_completed = refused_steps(trial, upload, steps, random.randbytes(5 << 20))
        filling.unlink(missing_ok=True)
        disk.limit(bucket.program)
        for writer in writers:
            writer.ending.set()
        for writer in writers:
            writer.join(30)
        answers = sum((writer.answers for writer in writers), Counter())
        trial.sent = f"{WRITERS} clients fill {disk}: {counted(answers)}; meanwhile an upload in parts, {counted(steps)}"
        if all(answer.startswith("200") for answer in answers):
            trial.broken("the disk did not get full")
        if others := [answer for answer in steps if not answer.endswith((" 200", " 500 InternalError"))]:
            trial.broken(f"refused in other words: {others}")
        if not steps["UploadPart 500 InternalError"] or not steps["CompleteMultipartUpload 500 InternalError"]:
            trial.broken(f"the disk did not get full for an upload in parts: {dict(steps)}")
        if wrong := judge_written(bucket, writers):
            trial.broken(f"after the disk was full: {wrong[:3]}")
        for key in [key for key in bucket.keys() if key.startswith("written/")]:
            assert bucket.send("DELETE", key).status == 204
        judge_completion(trial, upload)
        trial.after()
        judge_bucket(trial, bucket)

    restart(bucket)
    assert bucket.send("DELETE", upload.key).status == 204
    upload = LargeUpload(bucket, "completed/unwritable")
    objects, stored = Objects(bucket, first=1_000_000), reads.stored
    reads = Reads(bucket)
    reads.stored = stored
    clients = [(reads, 20), (Tickets(bucket.service_port), 20), (objects, 5)]
    with stage.trial("unwritable folder", bucket.process, clients, allowed={"object": refused}, least_shares={"object": 0.2}) as trial:
        trial.fault()
        how = disk.forbid_writing()
        answers = Counter()
        end = time.monotonic() + 5
        while time.monotonic() < end:
            answers[f"PUT {bucket.send('PUT', 'unwritable', b'x' * 100_000)}"] += 1
            answers[f"DELETE {bucket.send('DELETE', 'honest/0')}"] += 1
            answers[f"CreateMultipartUpload {bucket.send('POST', 'unwritable', b'', [['uploads', '']])}"] += 1
            refused_steps(trial, upload, answers, random.randbytes(100_000))
        disk.allow_writing()
        trial.sent = f"while the folder is {how}: {counted(answers)}"
        if others := [answer for answer in answers if not answer.endswith(" 500 InternalError")]:
            trial.broken(f"something was stored where nothing can be, or refused in other words: {others}")
        judge_completion(trial, upload)
        trial.after()
        if "unwritable" in bucket.keys():
            trial.broken("what was refused is visible")
        judge_bucket(trial, bucket)


def restart(bucket):
    bucket.stop()
    bucket.start()


@case("kill", "kill -9 in the middle of PUTs and of CompleteMultipartUpload")
def kill(stage):
    bucket = stage.bucket()
    for first, (name, play) in enumerate([("kill in PUTs", kill_puts), ("kill in complete", kill_completions)]):
        clients = [(ObjectsAgain(bucket, first=first * 1_000_000), 10), (TicketsAgain(lambda: bucket.service_port), 10)]
        served_late = {f"ok at try {tries}" for tries in range(2, Again.most_tries)}
        with stage.trial(
                name, bucket.process, clients, allowed={"object": served_late, "ticket": served_late},
                least_shares={"object": 1, "ticket": 1}, busy_descriptors=3 * WRITERS) as trial:
            trial.fault()
            play(trial, bucket)
            trial.after()
            judge_bucket(trial, bucket)
            for kind in ("uploads", "parts"):
                if left := bucket.files(kind):
                    trial.broken(f"left behind: {len(left)} in {kind}")
            trial.left += f", {len(bucket.files('uploads'))} uploads, {len(bucket.files('parts'))} parts"


def kill_and_start(trial, bucket, threads):
    """How many files were unfinished when it was killed under these threads, and which of them the next start has left."""
    trial.kill(bucket)
    for thread in threads:
        thread.join(30)
    unfinished = set(bucket.files("incoming"))
    bucket.start()
    trial.process = bucket.process
    return len(unfinished), unfinished & set(bucket.files("incoming"))


def kill_puts(trial, bucket):
    answers, through, unfinished, states = Counter(), 0, 0, {}
    for number in range(ROUNDS):
        writers = [Writer(bucket, index, state=states.get(index)) for index in range(WRITERS)]
        states = {writer.number: (writer.known, writer.perhaps) for writer in writers}
        for writer in writers:
            writer.start()
        time.sleep(random.uniform(0.05, 0.6))
        for writer in writers:
            writer.ending.set()
        found, left = kill_and_start(trial, bucket, writers)
        for writer in writers:
            answers += writer.answers
        unfinished += found
        through += sum(len(writer.perhaps) for writer in writers)
        if left:
            trial.broken(f"round {number}: {len(left)} of {found} unfinished files are left after the start")
        if wrong := judge_written(bucket, writers):
            trial.broken(f"round {number}: {wrong[:3]}")
    trial.sent = (
        f"{ROUNDS} kills while {WRITERS} clients put objects of up to 4 MiB: {counted(answers)}; {through} PUTs were cut off, and "
        f"{unfinished} files were unfinished until the next start")
    if not through or not unfinished:
        trial.broken("no PUT was cut off: this is no test")


def kill_completions(trial, bucket):
    first = LargeUpload(bucket, "completed/first")
    began = time.monotonic()
    assert first.complete().status == 200
    usual = time.monotonic() - began
    seen, answered, whole = Counter(), Counter(), 0
    for number in range(ROUNDS):
        upload = LargeUpload(bucket, f"completed/{number}")
        completing = threading.Thread(target=lambda: answered.update([outcome(upload.complete)]), daemon=True)
        completing.start()
        time.sleep(random.uniform(0, usual * 1.2))
        _, left = kill_and_start(trial, bucket, [completing])
        if left:
            trial.broken(f"round {number}: unfinished files are left after the start")
        there = bucket.send("GET", upload.key).status
        if there == 200 and not upload.is_whole():
            trial.broken(f"round {number}: half an object is visible")
        if there != 200 and upload.listed_parts() != 3:
            trial.broken(f"round {number}: neither the object nor its parts are there")
        seen["whole" if there == 200 else "absent"] += 1
        again = upload.complete()
        if again.status == 200 and upload.is_whole():
            whole += 1
        else:
            trial.broken(f"round {number}: completing it again answers {again}")
    abandoned = LargeUpload(bucket, "completed/abandoned")
    if bucket.send("DELETE", abandoned.key, query=[["uploadId", abandoned.id]]).status != 204:
        trial.broken("an upload could not be aborted")
    trial.sent = (
        f"{ROUNDS} kills while 11 MiB in 3 parts are put together ({usual * 1000:.0f} ms): {counted(answered)} to the completion; "
        f"the object was then {counted(seen)}; completed again, whole in {whole} of {ROUNDS}")


def outcome(request):
    try:
        return str(request())
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
