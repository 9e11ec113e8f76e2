"""Bytes that mean one thing to a proxy and another to a server: pipelined requests, smuggling shapes, bad chunks, header bombs."""

import re
import secrets
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from honest import Objects, Tickets
from connections import judge_bucket
from trial import case

# Marks the request that is hidden nowhere.
CONTROL = "0" * 24
BODY = b'{"rule":"avatars","filename":"a.png","size":1000,"type":"image/png"}'


def exchange(port, content, seconds=5):
    """Everything that comes back until the other side closes, or says nothing for so long."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        received = b""
        sending = threading.Thread(target=send, args=(connection, content), daemon=True)
        sending.start()
        try:
            while data := connection.recv(1 << 16):
                received += data
        except OSError:
            pass
        return received


def send(connection, content):
    try:
        connection.sendall(content)
    except OSError:
        pass


def statuses(received):
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]


class Shapes:
    """Requests that hide another one, `hidden`, behind framing that two readers may see differently."""

    def __init__(self, first_line, fields, hidden):
        self.start = f"{first_line}\r\n{fields}".encode()
        self.hidden = hidden
        self.length = len(hidden)

    def framed(self, framing, body):
        return self.start + framing + b"\r\n\r\n" + body

    def all(self):
        hidden, chunked = self.hidden, b"0\r\n\r\n" + self.hidden
        for name, framing, body in [
            ("both lengths, chunks end first", b"Content-Length: %d\r\nTransfer-Encoding: chunked" % (5 + self.length), chunked),
            ("both lengths, other order", b"Transfer-Encoding: chunked\r\nContent-Length: %d" % (5 + self.length), chunked),
            ("both lengths, length ends first", b"Content-Length: 4\r\nTransfer-Encoding: chunked",
             b"%x\r\n" % self.length + hidden + b"\r\n0\r\n\r\n"),
            ("two lengths", b"Content-Length: 0\r\nContent-Length: %d" % self.length, hidden),
            ("two lengths in one", b"Content-Length: 0, %d" % self.length, hidden),
            ("length with a plus", b"Content-Length: +0", hidden),
            ("negative length", b"Content-Length: -1", hidden),
            ("hexadecimal length", b"Content-Length: 0x0", hidden),
            ("length too large for 64 bits", b"Content-Length: 18446744073709551616", hidden),
            ("space before the colon", b"Content-Length : %d" % self.length, hidden),
            ("folded length", b"X: a\r\n Content-Length: %d" % self.length, hidden),
            ("chunked twice", b"Transfer-Encoding: chunked, chunked", chunked),
            ("chunked in two fields", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", chunked),
            ("chunked not last", b"Transfer-Encoding: chunked, gzip", chunked),
            ("xchunked", b"Transfer-Encoding: xchunked", chunked),
            ("chunked behind a vertical tab", b"Transfer-Encoding:\x0bchunked", chunked),
            ("chunked in quotes", b'Transfer-Encoding: "chunked"', chunked),
            ("chunked behind a null", b"Transfer-Encoding: \x00chunked", chunked),
            ("space in the name", b"Transfer Encoding: chunked", chunked),
            ("bare line feeds", b"Content-Length: 0\nX: y\n\n" + hidden + b"X: ", b""),
            ("bare carriage return", b"X: a\rTransfer-Encoding: chunked", chunked),
            ("chunk size with a sign", b"Transfer-Encoding: chunked", b"+0\r\n\r\n" + hidden),
            ("chunk size with 0x", b"Transfer-Encoding: chunked", b"0x0\r\n\r\n" + hidden),
            ("chunk size of 2^64", b"Transfer-Encoding: chunked", b"10000000000000000\r\n\r\n0\r\n\r\n" + hidden),
            ("chunk size of 2^64+5", b"Transfer-Encoding: chunked", b"10000000000000005\r\nABCDE\r\n0\r\n\r\n" + hidden),
            ("no chunk size", b"Transfer-Encoding: chunked", b"\r\n\r\n" + hidden),
            ("no line end after a chunk", b"Transfer-Encoding: chunked", b"1\r\nA0\r\n\r\n" + hidden),
            ("chunk longer than it says", b"Transfer-Encoding: chunked", b"1\r\nABCD\r\n0\r\n\r\n" + hidden),
            ("line feed in a chunk extension", b"Transfer-Encoding: chunked", b"5;a\nABCDE\r\n0\r\n\r\n" + hidden),
        ]:
            yield name, self.framed(framing, body)


def smuggled_request(mark):
    return f"GET /version HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: {mark}\r\nConnection: close\r\n\r\n".encode()


@case("pipelined", "requests sent without waiting, whose answers must come in order")
def pipelined(stage):
    service = stage.service()
    fields = f"Host: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer {service.keys['other']}\r\n"
    count, wrong, done = 100, [], Counter()

    def burst(number):
        marks = [f"{number:08}{index:012}" for index in range(count)]
        content = b"".join(
            f"POST /v1/uploads HTTP/1.1\r\n{fields}X-Request-Id: {mark}\r\nContent-Length: {len(BODY)}\r\n".encode()
            + (b"Connection: close\r\n" if mark == marks[-1] else b"") + b"\r\n" + BODY for mark in marks)
        received = exchange(service.port, content, 10)
        seen = re.findall(rb"(?i)\r\nx-request-id: (\w+)", received)
        found = statuses(received)
        done.update(found)
        if seen != [mark.encode() for mark in marks] or set(found) - {201, 429, 503}:
            wrong.append(f"{len(seen)} of {count} answers, {Counter(found)}")

    trial = stage.trial(
        "pipelined", service.process, [(Tickets(service.port, service.keys["honest"]), 60)],
        allowed={"ticket": {"503 overloaded"}})
    with trial:
        trial.fault()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(burst, range(160)))
        trial.sent = f"160 bursts of {count} requests on 8 connections at a time: " + counted(done)
        if wrong or not done[201]:
            trial.broken(f"{len(wrong)} bursts were answered wrongly, {done[201]} requests were done: {wrong[:2]}")
        trial.after()


@case("smuggling", "requests with two lengths, bad chunks and the like, that hide another one")
def smuggling(stage):
    service, bucket = stage.service(), stage.bucket()
    fields = f"Host: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer {service.keys['other']}\r\n"
    with stage.trial("smuggling, service", service.process, [(Tickets(service.port, service.keys["honest"]), 60)]) as trial:
        trial.fault()
        trial.sent = run_shapes(trial, service.port, lambda mark: Shapes("POST /v1/uploads HTTP/1.1", fields, smuggled_request(mark)))
        # Answered before the body is read.
        wrong = fields.replace(service.keys["other"], "wrong")
        trial.sent += "; with a wrong key " + run_shapes(
            trial, service.port, lambda mark: Shapes("POST /v1/uploads HTTP/1.1", wrong, smuggled_request(mark)))
        trial.after()

    def hidden_put(mark, method, query):
        target, headers = bucket.signed("PUT", f"smuggled/{mark}")
        hidden = f"PUT {target} HTTP/1.1\r\nHost: {headers['host']}\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx".encode()
        first, headers = bucket.signed(method, f"carrier/{secrets.token_hex(4)}", query)
        return Shapes(f"{method} {first} HTTP/1.1", f"Host: {headers['host']}\r\n", hidden)

    with stage.trial("smuggling, bucket", bucket.process, [(Objects(bucket), 20)]) as trial:
        trial.fault()
        # The second one's body is read in chunks as well.
        trial.sent = "in PUTs " + run_shapes(trial, bucket.port, lambda mark: hidden_put(mark, "PUT", []))
        trial.sent += "; in CreateMultipartUpload " + run_shapes(
            trial, bucket.port, lambda mark: hidden_put(mark, "POST", [["uploads", ""]]))
        found = [key for key in bucket.keys() if key.startswith("smuggled/")]
        if found != [f"smuggled/{CONTROL}"]:
            trial.broken(f"hidden PUTs were done, or those of the control were not: {found[:3]}")
        trial.after()
        judge_bucket(trial, bucket)


def run_shapes(trial, port, shapes):
    """Each shape in turn until five seconds are over, eight at a time; none may be taken, or let the hidden request through."""
    done, smuggled, taken, unanswered = Counter(), Counter(), Counter(), Counter()
    # Behind a request that is framed as it should be, the same one is done and seen.
    control = shapes(CONTROL)
    if len(statuses(exchange(port, control.framed(b"Content-Length: 0", control.hidden), 3))) != 2:
        trial.broken("a request behind an honest one was not seen: this is no test")

    def one(mark):
        for name, content in shapes(mark).all():
            received = exchange(port, content, 3)
            found = statuses(received)
            done.update(found[:1])
            if mark.encode() in received or len(found) > 1:
                smuggled[name] += 1
            if found and found[0] < 400:
                taken[f"{name}: {found[0]}"] += 1
            if not found:
                unanswered[name] += 1

    end, rounds = time.monotonic() + 5, 0
    with ThreadPoolExecutor(8) as pool:
        while time.monotonic() < end:
            list(pool.map(one, [secrets.token_hex(12) for _ in range(8)]))
            rounds += 8
    for name, count in smuggled.items():
        trial.broken(f"{name}: two answers, or the hidden request was seen, {count} times")
    if taken:
        trial.broken(f"taken for a request that is framed as it should be: {dict(taken)}")
    if unanswered:
        trial.broken(f"no answer at all: {dict(unanswered)}")
    kinds = len(list(shapes("0" * 24).all()))
    hidden = f"{smuggled.total()} times" if smuggled else "never"
    return f"{kinds} shapes, {rounds} times each: {counted(done)}, the hidden request {hidden} done"


@case("headers", "heads of megabytes, of thousands of fields, and of almost what is allowed")
def headers(stage):
    service, bucket = stage.service(), stage.bucket()
    start = b"GET /version HTTP/1.1\r\nHost: localhost\r\n"
    bombs = {
        "8 MiB in one field": start + b"X: " + b"a" * (8 << 20) + b"\r\n\r\n",
        "8 MiB in one name": start + b"X" * (8 << 20) + b": a\r\n\r\n",
        "8 MiB of path": b"GET /" + b"a" * (8 << 20) + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "8 MiB of method": b"G" * (8 << 20),
        "100,000 fields": start + b"X: a\r\n" * 100_000 + b"\r\n",
        "100,000 folds": start + b"X: a\r\n" + b" a\r\n" * 100_000 + b"\r\n",
        "empty lines without end": b"\r\n" * (1 << 20),
        "8 MiB of trailers": (
            b"POST /v1/uploads HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: a\r\n" * (8 << 17)),
        "8 MiB of a chunk's extension": (
            b"POST /v1/uploads HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1;" + b"a" * (8 << 20)),
    }
    for target, port, client in [
            (service, service.port, (Tickets(service.port, service.keys["honest"]), 60)), (bucket, bucket.port, (Objects(bucket), 20))]:
        name = "service" if target is service else "bucket"
        with stage.trial(f"header bombs, {name}", target.process, [client]) as trial:
            done, end = Counter(), time.monotonic() + 8
            trial.fault()
            with ThreadPoolExecutor(16) as pool:
                while time.monotonic() < end:
                    for answer in pool.map(lambda bomb: statuses(exchange(port, bomb, 3)), [*bombs.values()] * 2):
                        done.update(answer or ["nothing in 3 s"])
            trial.sent = f"{len(bombs)} kinds, 16 at a time: {counted(done)}"
            if any(isinstance(status, int) and status < 400 for status in done):
                trial.broken(f"a bomb was taken: {done}")
            trial.after()
            if target is bucket:
                judge_bucket(trial, bucket)


def counted(counter):
    return ", ".join(f"{count} × {status}" for status, count in sorted(counter.items(), key=str))
