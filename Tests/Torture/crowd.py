"""Clients that mean no good: a crowd of connections of one kind, in a process of its own so that the honest ones are not slowed by it.

usage: crowd.py PLAN    (JSON; the fields of Plan)

It says `ready` when all have been opened once, goes on until its standard input ends, and then tells what became of them, as JSON.
"""

import base64
import errno
import json
import os
import select
import socket
import sys
import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Plan:
    port: int
    """How many connections to hold; what the other side closes is opened again, at most `per_second` of them."""
    count: int
    per_second: int = 2000
    """What each sends first, in turn; base64."""
    openings: list = field(default_factory=lambda: [""])
    """What it sends then, again and again."""
    drip: str = ""
    drip_seconds: float = 1.0
    """Whether answers are taken: all, nothing, or so many bytes a second."""
    reads: str | int = "all"
    """How many loopback addresses they come from: one address has 28,000 ports, which closed connections hold for a while."""
    addresses: int = 16


class Client:
    __slots__ = ("socket", "unsent", "due", "seen", "is_connected")

    def __init__(self, connected, unsent):
        self.socket, self.unsent, self.due, self.seen, self.is_connected = connected, unsent, 0.0, b"", False


class Crowd:
    def __init__(self, plan):
        self.plan = plan
        self.openings = [base64.b64decode(opening) for opening in plan.openings]
        self.drip = plan.drip.encode()
        self.poll = select.epoll()
        self.clients = {}
        self.opened = self.closed = self.failed = self.most = 0
        self.answers = Counter()

    def open(self):
        connection = socket.socket()
        connection.setblocking(False)
        if self.plan.reads != "all":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        try:
            connection.bind((f"127.0.0.{2 + self.opened % self.plan.addresses}", 0))
            connection.connect_ex(("127.0.0.1", self.plan.port))
            self.poll.register(connection, select.EPOLLOUT | select.EPOLLRDHUP)
        except OSError:
            connection.close()
            self.failed += 1
            return
        self.clients[connection.fileno()] = Client(connection, self.openings[self.opened % len(self.openings)])
        self.opened += 1

    def close(self, client):
        number = client.socket.fileno()
        self.poll.unregister(number)
        del self.clients[number]
        client.socket.close()
        self.closed += 1

    def happened(self, number, events, now):
        client = self.clients.get(number)
        if client is None:
            return
        try:
            if events & select.EPOLLIN and not self.read(client, 65536):
                return
            if events & (select.EPOLLHUP | select.EPOLLERR):
                return self.close(client)
            if events & select.EPOLLRDHUP and self.plan.reads != "all":
                return self.close(client)
            if events & select.EPOLLOUT:
                client.is_connected = True
                self.send(client, now)
        except OSError:
            self.close(client)

    def send(self, client, now):
        while client.unsent:
            try:
                client.unsent = client.unsent[client.socket.send(client.unsent[:262144]):]
            except BlockingIOError:
                break
        client.due = now + self.plan.drip_seconds
        wanted = select.EPOLLRDHUP | (select.EPOLLIN if self.plan.reads == "all" else 0) | (select.EPOLLOUT if client.unsent else 0)
        self.poll.modify(client.socket, wanted)

    def read(self, client, most):
        """False when the other side has closed."""
        try:
            received = client.socket.recv(most)
        except BlockingIOError:
            return True
        if not received:
            self.close(client)
            return False
        if len(client.seen) < 12:
            client.seen = (client.seen + received)[:12]
            if len(client.seen) == 12:
                self.answers[client.seen[9:].decode(errors="replace")] += 1
        return True

    def tick(self, now):
        for client in list(self.clients.values()):
            try:
                if isinstance(self.plan.reads, int):
                    self.read(client, max(1, self.plan.reads // 10))
                if self.drip and client.is_connected and client.due <= now and not client.unsent:
                    client.unsent = self.drip
                    self.send(client, now)
            except OSError:
                if client.socket.fileno() in self.clients:
                    self.close(client)

    def run(self, ended):
        last = now = time.monotonic()
        next_tick, allowance, told = now, 0.0, False
        while not ended():
            now = time.monotonic()
            allowance = min(allowance + (now - last) * self.plan.per_second, self.plan.per_second / 10)
            last = now
            while allowance >= 1 and len(self.clients) < self.plan.count:
                self.open()
                allowance -= 1
            for number, events in self.poll.poll(0.01, 4096):
                self.happened(number, events, now)
            if now >= next_tick:
                self.tick(now)
                next_tick = time.monotonic() + 0.1
            self.most = max(self.most, len(self.clients))
            if not told and self.opened >= self.plan.count:
                told = True
                print("ready", flush=True)
        return {"opened": self.opened, "closed": self.closed, "failed": self.failed, "open": len(self.clients), "most": self.most,
                "answers": dict(self.answers)}


def standard_input_ended():
    if not select.select([0], [], [], 0)[0]:
        return False
    try:
        return not os.read(0, 1)
    except OSError as error:
        return error.errno != errno.EAGAIN


if __name__ == "__main__":
    print(json.dumps(Crowd(Plan(**json.loads(sys.argv[1]))).run(standard_input_ended)), flush=True)
