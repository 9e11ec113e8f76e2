"""Connections that only wait: idle ones, heads and bodies that drip, answers that nobody takes."""

import json
import re
import resource
import subprocess
import time
from pathlib import Path

from honest import Objects, Tickets
from trial import Crowd, case

HALF_A_HEAD = b"GET /v1/rules HTTP/1.1\r\nHost: localhost\r\nX-Half: "
LARGE_BYTES = 64 << 20


def possible(count):
    """So many connections, or fewer where this process may not have as many."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    return count if limit == resource.RLIM_INFINITY else min(count, limit - 500)


def on_both(stage, name, attack):
    """A trial of the service, and then one of the bucket."""
    service, bucket = stage.service(), stage.bucket()
    tickets = Tickets(service.port, service.keys["honest"])
    for kind, target, client in [("service", service, (tickets, 60)), ("bucket", bucket, (Objects(bucket), 20))]:
        with stage.trial(f"{name}, {kind}", target.process, [client]) as trial:
            attack(trial, target.port)
            trial.after()
            if target is bucket:
                judge_bucket(trial, bucket)


@case("idle", "10,000 connections that say nothing or half a head, opened again when they are closed")
def idle(stage):
    def attack(trial, port):
        with Crowd(port, possible(10_000), [b"", HALF_A_HEAD]) as crowd:
            trial.fault()
            crowd.wait()
            trial.fault(12)
        trial.sent = f"{crowd.plan.count} at once, silent or with half a head: {crowd}"
        if crowd.result["opened"] < crowd.plan.count:
            trial.broken("the crowd was smaller")

    on_both(stage, "idle", attack)


@case("descriptors", "more connections than the soft limit of open files allows")
def descriptors(stage):
    prefix = ["prlimit", "--nofile=512:4096"]
    service = stage.service(prefix=prefix)
    with stage.trial("few descriptors", service.process, [(Tickets(service.port, service.keys["honest"]), 60)]) as trial:
        with Crowd(service.port, possible(3_000)) as crowd:
            trial.fault()
            crowd.wait()
            trial.fault(5)
        trial.sent = f"{crowd.plan.count} idle connections with a soft limit of 512 open files: {crowd}"
        trial.after()


@case("drip", "bodies that come a byte a second, or never end")
def drip(stage):
    service, bucket = stage.service(), stage.bucket()
    head = (f"POST /v1/uploads HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n"
            f"Authorization: Bearer {service.keys['other']}\r\n\r\n{{").encode()
    endless = head.replace(b"Content-Length: 60000", b"Transfer-Encoding: chunked")[:-1] + b"1\r\n{\r\n"
    trial = stage.trial(
        "drip, service", service.process, [(Tickets(service.port, service.keys["honest"]), 60)],
        allowed={"ticket": {"503 overloaded"}})
    with trial:
        trial.fault()
        with Crowd(service.port, 900, [head], drip=" ", per_second=300) as crowd:
            with Crowd(service.port, 100, [endless], drip="1\r\n \r\n", per_second=100) as chunks:
                trial.fault(15)
        trial.sent = f"900 of a byte a second ({crowd}), 100 in chunks without end ({chunks})"
        trial.after()

    puts = []
    for number in range(20):
        target, headers = bucket.signed("PUT", f"drip/{number}")
        puts.append(f"PUT {target} HTTP/1.1\r\nHost: {headers['host']}\r\nContent-Length: 1000000\r\n\r\nx".encode())
    upload = re.search("<UploadId>(.*?)</UploadId>", bucket.send("POST", "drip/parts", b"", [["uploads", ""]]).body.decode())[1]
    with stage.trial("drip, bucket", bucket.process, [(Objects(bucket), 20)]) as trial:
        trial.fault()
        with Crowd(bucket.port, 500, puts, drip="x", per_second=300) as crowd:
            trial.fault(12)
        # What the others have left is gone by then.
        time.sleep(2)
        with Crowd(bucket.port, 100, endless_bodies(bucket, upload), drip="1\r\nx\r\n", per_second=100) as chunks:
            trial.fault(12)
            arriving = len(bucket.files("incoming"))
        trial.sent = (
            f"500 PUTs of a byte a second ({crowd}); then 100 PUTs, UploadParts, completions and creations of uploads in chunks "
            f"without end ({chunks}), of which the bucket was storing {arriving}")
        if arriving < 40 or chunks.result["answers"]:
            trial.broken(f"bodies without end were not read: this is no test ({arriving} in incoming, {chunks})")
        trial.after()
        if bucket.send("DELETE", "drip/parts", query=[["uploadId", upload]]).status != 204:
            trial.broken("the upload whose parts did not end could not be aborted")
        if left := bucket.files("uploads") + bucket.files("parts"):
            trial.broken(f"creations or parts without end were stored: {left[:3]}")
        judge_bucket(trial, bucket, prefix="drip/")


def endless_bodies(bucket, upload):
    """The beginnings of requests whose bodies come in chunks of HTTP: an object and a part in one chunk of aws-chunked, and documents."""
    length = 1_000_000_000
    framing = [["x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"], ["x-amz-decoded-content-length", str(length)]]
    part, whole = ["uploadId", upload], []
    for method, query, headers in [
            ("PUT", [], framing), ("PUT", [["partNumber", "1"], part], framing), ("POST", [part], []), ("POST", [["uploads", ""]], [])]:
        target, headers = bucket.signed(method, "drip/parts", query, headers)
        fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        begun = f"{length:x}\r\n" if "x-amz-content-sha256" in headers else " "
        whole.append(f"{method} {target} HTTP/1.1\r\n{fields}Transfer-Encoding: chunked\r\n\r\n{len(begun):x}\r\n{begun}\r\n".encode())
    return whole


@case("loris", "Slowloris and a load of wrk at once")
def loris(stage):
    service = stage.service()
    script = stage.folder / "ticket.lua"
    script.write_text(f"""
        wrk.method, wrk.body = "POST", '{json.dumps({"rule": "avatars", "filename": "a.png", "size": 1000, "type": "image/png"})}'
        wrk.headers["Content-Type"] = "application/json"
        wrk.headers["Authorization"] = "Bearer {service.keys['other']}"
        local counts = {{}}
        function setup(thread) table.insert(counts, thread) end
        function init() by = {{}} end
        function response(status) by[status] = (by[status] or 0) + 1 end
        function done()
            for _, thread in ipairs(counts) do for status, count in pairs(thread:get("by")) do print("status", status, count) end end
        end""")
    trial = stage.trial(
        "loris and wrk", service.process, [(Tickets(service.port, service.keys["honest"]), 60)],
        allowed={"ticket": {"503 overloaded"}})
    with trial:
        trial.fault()
        with Crowd(service.port, possible(3_000), [HALF_A_HEAD], drip="x", drip_seconds=1) as crowd:
            run = subprocess.run(
                ["wrk", "-t1", "-c64", "-d10s", "-s", script, f"{service.url}/v1/uploads"], capture_output=True, text=True, timeout=60,
                check=True)
        counts = {}
        for status, count in re.findall(r"status\s+(\d+)\s+(\d+)", run.stdout):
            counts[status] = counts.get(status, 0) + int(count)
        errors = re.search("Socket errors: .*", run.stdout)
        trial.sent = f"{crowd.plan.count} heads of a byte a second ({crowd}), and wrk on 64 connections: " + ", ".join(
            f"{count} × {status}" for status, count in sorted(counts.items())) + (f"; {errors[0]}" if errors else "")
        if "201" not in counts or set(counts) - {"201", "429", "503"}:
            trial.broken(f"wrk got {counts}")
        trial.after()


@case("readers", "answers that are taken a few bytes a second, or not at all")
def readers(stage):
    service, bucket = stage.service(), stage.bucket()
    request = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with stage.trial("no reader, service", service.process, [(Tickets(service.port, service.keys["honest"]), 60)], bound_mib=384) as trial:
        with Crowd(service.port, 1_100, [request * 50], reads="nothing", per_second=400) as crowd:
            trial.fault()
            crowd.wait()
            trial.fault(8)
        trial.sent = f"1,100 connections that ask 50 times for openapi.json and take nothing: {crowd}"
        trial.after()

    large = bytes(range(256)) * (LARGE_BYTES >> 8)
    assert bucket.send("PUT", "large", large).status == 200
    target, headers = bucket.signed("GET", "large")
    get = f"GET {target} HTTP/1.1\r\nHost: {headers['host']}\r\n\r\n".encode()
    with stage.trial("slow readers, bucket", bucket.process, [(Objects(bucket), 20)], bound_mib=384) as trial:
        with Crowd(bucket.port, 500, [get], reads=1000, per_second=400) as crowd:
            trial.fault()
            crowd.wait()
            trial.fault(10)
        trial.sent = f"500 GETs of 64 MiB at 1,000 bytes a second: {crowd}"
        trial.after()
        judge_bucket(trial, bucket)


def judge_bucket(trial, bucket, prefix=None):
    """Nothing half-written is visible, and nothing unfinished stays."""
    trial.honest.stop()
    stored = {key: [content] for client in trial.honest.clients for key, content in getattr(client, "stored", {}).items()}
    wrong = bucket.wrong_objects(stored)
    if wrong:
        trial.broken(f"visible and wrong: {wrong[:3]}")
    visible = bucket.keys()
    if gone := stored.keys() - set(visible):
        trial.broken(f"stored and gone: {sorted(gone)[:3]}")
    if prefix and (found := [key for key in visible if key.startswith(prefix)]):
        trial.broken(f"unfinished and visible: {found[:3]}")
    end = time.monotonic() + 10
    while (left := bucket.files("incoming")) and time.monotonic() < end:
        time.sleep(0.2)
    if left:
        trial.broken(f"{len(left)} unfinished files are left")
    trial.left = f"{len(bucket.files('objects'))} whole objects, {len(left)} unfinished"
