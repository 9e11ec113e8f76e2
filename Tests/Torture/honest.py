"""Honest clients: so many requests a second, whatever happens meanwhile, each with what came of it and how long it took."""

import asyncio
import itertools
import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass

# No answer for so long is a failure.
GENEROUS_SECONDS = 10


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body


class Wire:
    """One connection of HTTP/1.1."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, port):
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=1 << 20))

    async def ask(self, method, target, headers, body=b""):
        """None when the connection ended before an answer began."""
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), f"content-length: {len(body)}"]
        self.writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        try:
            await self.writer.drain()
            head = await self.reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            if error.partial:
                raise
            return None
        except ConnectionError:
            return None
        first, *rest = head.decode("latin-1").split("\r\n")[:-2]
        found = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        length = 0 if method == "HEAD" else int(found.get("content-length", 0))
        return Reply(int(first.split()[1]), found, await self.reader.readexactly(length))

    def close(self):
        self.writer.close()


class Kept:
    """Connections that are used again, as browsers and SDKs do: one that turns out to be closed is replaced by a new one."""

    def __init__(self, port):
        """`port` may be a function: programs that are started again may get another one."""
        self.port = port if callable(port) else lambda: port
        self.idle = []

    def close(self):
        for wire in self.idle:
            wire.close()

    async def ask(self, method, target, headers, body=b"", fresh=False):
        while self.idle and not fresh:
            wire = self.idle.pop()
            reply = await self.using(wire, method, target, headers, body)
            if reply is not None:
                return reply
        wire = await Wire.open(self.port())
        reply = await self.using(wire, method, target, headers, body, keeps=not fresh)
        if reply is None:
            raise ConnectionError("closed without an answer")
        return reply

    async def using(self, wire, *request, keeps=True):
        reply = None
        try:
            reply = await wire.ask(*request)
            return reply
        finally:
            if reply is not None and keeps and reply.headers.get("connection", "").lower() != "close":
                self.idle.append(wire)
            else:
                wire.close()


class Tickets:
    """Asks for tickets, every other time on a new connection."""

    name = "ticket"

    def __init__(self, port, key=None, rule="avatars", **request):
        self.connections = Kept(port)
        self.headers = {"host": "localhost", "content-type": "application/json"}
        if key:
            self.headers["authorization"] = f"Bearer {key}"
        self.body = json.dumps({"rule": rule, "filename": "a.png", "size": 1000, "type": "image/png"} | request).encode()
        self.keys = set()

    async def ask(self, number):
        reply = await self.connections.ask("POST", "/v1/uploads", self.headers, self.body, fresh=number % 2 == 0)
        if reply.status != 201:
            return refusal(reply)
        ticket = json.loads(reply.body)
        if ticket["key"] in self.keys:
            return "a key twice"
        self.keys.add(ticket["key"])
        return "ok"


class Objects:
    """Puts a small object, reads it, and compares; with a signer of its own, since it may use the bucket as it likes."""

    name = "object"

    def __init__(self, bucket, first=0):
        """`first` is the number of the first object."""
        self.bucket, self.first = bucket, first
        self.connections = Kept(lambda: bucket.port)
        self.random = random.Random(7)
        self.stored = {}

    async def ask(self, number):
        key, content = f"honest/{self.first + number}", self.random.randbytes(self.random.randrange(1, 32 << 10))
        reply = await self.connections.ask("PUT", *self.bucket.signed("PUT", key), content, fresh=number % 2 == 0)
        if reply.status != 200:
            return f"PUT {refusal(reply)}"
        self.stored[key] = content
        return await self.read(key)

    async def read(self, key):
        reply = await self.connections.ask("GET", *self.bucket.signed("GET", key))
        if reply.status != 200:
            return f"GET {refusal(reply)}"
        return "ok" if reply.body == self.stored[key] else "GET other bytes"


class Reads(Objects):
    """Reads what is there already."""

    name = "read"

    async def ask(self, number):
        return await self.read(f"honest/{number % len(self.stored)}")


class Again:
    """Asks once more where a connection breaks, as SDKs do, and signs with the new keys where its own have ended with their process."""

    most_tries = 40

    async def ask(self, number):
        for tries in range(1, self.most_tries):
            try:
                answer = await super().ask(number)
            except (OSError, EOFError) as error:
                answer = f"broken: {type(error).__name__}"
            if answer == "ok":
                return answer if tries == 1 else f"ok at try {tries}"
            if not answer.startswith("broken") and " 403 " not in answer:
                break
            await asyncio.sleep(min(0.05 * 2 ** tries, 0.4))
        return answer


class TicketsAgain(Again, Tickets):
    pass


class ObjectsAgain(Again, Objects):
    pass


def refusal(reply):
    """The status, and the word for the reason where the answer has one."""
    text = reply.body.decode(errors="replace")
    if reply.headers.get("content-type", "").startswith("application/problem+json"):
        return f"{reply.status} {json.loads(text)['code']}"
    return f"{reply.status} {text.partition('<Code>')[2].partition('</Code>')[0]}".strip()


@dataclass
class Phase:
    name: str
    answers: Counter
    seconds: list

    @property
    def served(self):
        return sum(count for answer, count in self.answers.items() if answer.split()[0] == "ok")

    @property
    def p99(self):
        """In milliseconds."""
        if not self.seconds:
            return float("nan")
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000


class Honest:
    """Runs clients in a thread; `phase` says what is happening now, and each request counts where it began."""

    def __init__(self, clients, per_second):
        self.clients, self.per_second = clients, per_second
        self.phases = {client.name: {} for client in clients}
        self.now = None
        self.ending = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.run()), daemon=True)

    def start(self, phase):
        self.phase(phase)
        self.thread.start()

    def phase(self, name):
        for phases in self.phases.values():
            phases.setdefault(name, Phase(name, Counter(), []))
        self.now = name

    def stop(self):
        self.ending.set()
        self.thread.join(90)

    async def run(self):
        await asyncio.gather(*(self.steadily(client, rate) for client, rate in zip(self.clients, self.per_second)))
        for client in self.clients:
            client.connections.close()

    async def steadily(self, client, per_second):
        begin, tasks = time.monotonic(), set()
        for number in itertools.count():
            await asyncio.sleep(max(0, begin + number / per_second - time.monotonic()))
            if self.ending.is_set():
                break
            task = asyncio.create_task(self.one(client, number))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)

    async def one(self, client, number):
        phase, begin = self.phases[client.name][self.now], time.monotonic()
        try:
            answer = await asyncio.wait_for(client.ask(number), getattr(client, "patience_seconds", GENEROUS_SECONDS))
        except TimeoutError:
            answer = "no answer"
        except (OSError, EOFError, ValueError) as error:
            answer = f"broken: {type(error).__name__}"
        phase.answers[answer] += 1
        phase.seconds.append(time.monotonic() - begin)
