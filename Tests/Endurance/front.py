"""A platform's router in front of the instances: round robin, connections kept, an id and an address added, and nothing ever sent twice.

It runs as a process of its own, so that the load and the router do not wait for each other. Standard output gets the port. A line of JSON
on standard input names the ports of the instances from now on; each is answered with what has been counted so far.
"""

import asyncio
import collections
import json
import re
import signal
import sys
import time
import uuid

LONGEST_HEAD = 64 << 10
# Shorter than the instances' own patience (75 seconds): the router never uses a connection that is about to be closed for its silence.
IDLE_SECONDS = 45
ANSWER_SECONDS = 330
NO_BODY = {204, 304}


class Broken(Exception):
    """No whole answer came; the text is what to count it as."""


class Front:
    def __init__(self):
        self.instances = []
        self.turn = 0
        self.idle = collections.defaultdict(list)
        self.counts = collections.Counter()

    def change(self, instances):
        self.instances = instances
        for port in set(self.idle) - set(instances):
            for _, writer, _ in self.idle.pop(port):
                writer.close()

    async def serve(self, reader, writer):
        address = writer.get_extra_info("peername")[0]
        try:
            while await self.exchange(reader, writer, address):
                pass
        except (OSError, EOFError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def exchange(self, client, out, address):
        """One request and its answer; whether the connection may be used again."""
        try:
            head = await asyncio.wait_for(client.readuntil(b"\r\n\r\n"), IDLE_SECONDS)
        except (asyncio.IncompleteReadError, TimeoutError):
            return False
        length = int(field(head, b"content-length") or 0)
        body = await client.readexactly(length) if length else b""
        self.counts["requests"] += 1
        try:
            answered, wants_more = await self.ask(head, body, out, address)
        except Broken as broken:
            self.counts[str(broken)] += 1
            await self.say(out, 502 if self.instances else 503, str(broken))
            return True
        return answered and wants_more and field(head, b"connection") != b"close"

    async def ask(self, head, body, out, address):
        """Hands the request to the next instance, and its answer back as it comes."""
        if not self.instances:
            raise Broken("no instance")
        port = self.instances[self.turn % len(self.instances)]
        self.turn += 1
        reader, writer = await self.connect(port)
        try:
            more = f"x-request-id: {uuid.uuid4()}\r\nx-forwarded-for: {address}\r\nx-forwarded-proto: http\r\n\r\n".encode()
            writer.write(head[:-2] + more + body)
            await writer.drain()
            answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), ANSWER_SECONDS)
        except (OSError, EOFError, TimeoutError) as error:
            writer.close()
            raise Broken("no answer of an instance") from error
        self.counts[f"port {port}"] += 1
        keeps = await self.relay(reader, writer, answer, out, is_head=head.startswith(b"HEAD "))
        if keeps and port in self.instances:
            self.idle[port].append((reader, writer, time.monotonic()))
        else:
            writer.close()
        return True, field(answer, b"connection") != b"close"

    async def connect(self, port):
        while self.idle[port]:
            reader, writer, since = self.idle[port].pop()
            if not reader.at_eof() and time.monotonic() - since < IDLE_SECONDS:
                return reader, writer
            writer.close()
        try:
            return await asyncio.open_connection("127.0.0.1", port, limit=LONGEST_HEAD)
        except OSError as error:
            raise Broken("no connection to an instance") from error

    async def relay(self, reader, writer, answer, out, is_head):
        """Sends the answer on; whether the instance's connection may be used again."""
        out.write(answer)
        status, length = int(answer[9:12]), field(answer, b"content-length")
        if is_head or status in NO_BODY:
            pass
        elif length is not None:
            out.write(await reader.readexactly(int(length)))
        elif field(answer, b"transfer-encoding") == b"chunked":
            await self.relay_chunks(reader, out)
        else:
            raise EOFError("an answer without a length")
        await out.drain()
        return field(answer, b"connection") != b"close"

    @staticmethod
    async def relay_chunks(reader, out):
        while True:
            line = await reader.readuntil(b"\r\n")
            size = int(line.split(b";")[0], 16)
            out.write(line + await reader.readexactly(size + 2))
            if size == 0:
                return

    @staticmethod
    async def say(out, status, text):
        reason = {502: "Bad Gateway", 503: "Service Unavailable"}[status]
        head = f"HTTP/1.1 {status} {reason}\r\nx-front: {text}\r\ncontent-type: text/plain\r\ncontent-length: {len(text)}\r\n\r\n"
        out.write(head.encode() + text.encode())
        await out.drain()

    async def listen_to_orders(self, stop):
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            self.change(json.loads(line))
            print(json.dumps(self.counts), flush=True)
        stop.set()


def field(head, name):
    """The value of a header field, in lower case; None where there is none."""
    found = re.search(rb"\r\n" + name + rb":[ \t]*([^\r\n]*?)[ \t]*\r\n", head, re.IGNORECASE)
    return found[1].lower() if found else None


async def main():
    front, stop = Front(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = await asyncio.start_server(front.serve, "127.0.0.1", 0, limit=LONGEST_HEAD)
    print(server.sockets[0].getsockname()[1], flush=True)
    orders = asyncio.create_task(front.listen_to_orders(stop))
    await stop.wait()
    orders.cancel()
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
