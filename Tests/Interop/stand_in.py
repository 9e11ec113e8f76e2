"""A service and a bucket that answer as a script tells them: for what a real bucket does too rarely to wait for."""

import json
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CLIENT = Path(__file__).parents[2] / "Sources/UploadService/Resources/countersign.js"
NEVER_EXPIRES = "2999-01-01T00:00:00Z"


@dataclass
class Request:
    method: str
    path: str
    headers: dict
    body: bytes


@dataclass
class Answer:
    """One scripted answer. `drop` reads the request and hangs up; `hold` waits for the event before it answers."""

    status: int = 200
    body: str | dict = ""
    headers: dict = field(default_factory=dict)
    drop: bool = False
    hold: threading.Event | None = None


def s3_error(status, code, message="", **headers):
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message><RequestId>REQ42</RequestId></Error>"
    return Answer(status, body, {"content-type": "application/xml"} | {name.replace("_", "-"): value for name, value in headers.items()})


def problem(status, code, detail, field=None, **headers):
    body = {"type": "about:blank", "title": code, "status": status, "detail": detail, "instance": "req-7", "code": code, "field": field}
    return Answer(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


class StandIn:
    """Two origins on loopback. Each request is kept; each takes the next answer of its script, or the usual one."""

    def __init__(self):
        self.service_script = deque()
        self.bucket_script = deque()
        self.asked = []
        self.sent = []
        self.ticket_method = "PUT"
        self.once = True
        self._servers = [self._serve(self._answer_as_service), self._serve(self._answer_as_bucket)]
        self.service, self.bucket = (f"http://127.0.0.1:{server.server_port}" for server in self._servers)

    def close(self):
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def ticket(self):
        number = len(self.asked)
        common = {
            "environment": "staging", "bucket": "stand-in", "key": f"key-{number}", "method": self.ticket_method,
            "expiresAt": NEVER_EXPIRES, "once": self.once, "publicUrl": f"https://cdn.example.com/key-{number}",
        }
        if self.ticket_method == "POST":
            fields = {"key": f"key-{number}", "Content-Type": "text/plain", "z": "1", "policy": "e30=", "x-amz-signature": "00"}
            return common | {"url": f"{self.bucket}/stand-in/", "fields": fields}
        return common | {"url": f"{self.bucket}/stand-in/key-{number}", "headers": {"content-type": "text/plain", "if-none-match": "*"}}

    def _answer_as_service(self, request):
        if request.path == "/countersign.js":
            return Answer(200, CLIENT.read_text(), {"content-type": "text/javascript"})
        if request.path == "/page":
            return Answer(200, "<!DOCTYPE html><title>stand-in</title>", {"content-type": "text/html"})
        if not request.path.startswith("/v1/"):
            return Answer(404)
        self.asked.append(request)
        if self.service_script:
            return self.service_script.popleft()
        return Answer(201, self.ticket())

    def _answer_as_bucket(self, request):
        self.sent.append(request)
        return self.bucket_script.popleft() if self.bucket_script else Answer(200, headers={"etag": '"stored"'})

    @staticmethod
    def _serve(answer):
        class Handler(BaseHTTPRequestHandler):
            # One connection for each request: a browser repeats by itself what was lost on a kept one.
            protocol_version = "HTTP/1.0"

            def do_OPTIONS(self):
                self.reply(Answer(204))

            def do_any(self):
                length = int(self.headers.get("content-length", 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                found = answer(Request(self.command, self.path, headers, self.rfile.read(length)))
                if found.hold:
                    found.hold.wait(30)
                if not found.drop:
                    self.reply(found)

            do_GET = do_PUT = do_POST = do_any

            def reply(self, found):
                body = json.dumps(found.body) if isinstance(found.body, dict) else found.body
                allowed = {
                    "access-control-allow-origin": "*", "access-control-allow-methods": "PUT, POST, GET",
                    "access-control-allow-headers": "authorization, content-type, if-none-match",
                    "access-control-expose-headers": "ETag, Retry-After", "content-length": str(len(body.encode())),
                }
                self.send_response(found.status)
                for name, value in (allowed | found.headers).items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    self.wfile.write(body.encode())
                except ConnectionError:
                    self.close_connection = True

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        return server
