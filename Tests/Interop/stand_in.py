"""A service and a bucket that answer as a script tells them: for what a real bucket does too rarely to wait for."""

import json
import re
import threading
from collections import defaultdict, deque
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
        self._servers = [self.serve(self._answer_as_service), self.serve(self._answer_as_bucket)]
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
    def serve(answer):
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

            do_GET = do_PUT = do_POST = do_DELETE = do_any

            def reply(self, found):
                body = json.dumps(found.body) if isinstance(found.body, dict) else found.body
                allowed = {
                    "access-control-allow-origin": "*", "access-control-allow-methods": "PUT, POST, GET, DELETE",
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


class PartsStandIn(StandIn):
    """The same for uploads in parts, of 4 bytes each. It keeps what arrives, and tells of each step under a name, such as `ticket` and
    `complete` for what the service is asked, and `part 2`, `bucket create` and `bucket list` for the bucket; `faults` has the answers that
    come instead, by that name.
    """

    PART_SIZE = 4

    def __init__(self):
        super().__init__()
        self.steps = []
        self.faults = defaultdict(deque)
        self.uploads = {}
        self.objects = {}
        self.mode = "assisted"
        self.part_expiry = NEVER_EXPIRES
        self.exposes_etag = True
        self.under_way = self.most_under_way = 0
        self.lock = threading.Lock()

    def step(self, name, usual):
        self.steps.append(name)
        return self.faults[name].popleft() if self.faults[name] else usual()

    # The service

    def _answer_as_service(self, request):
        name = request.path.removeprefix("/v1/uploads").strip("/")
        if request.path.startswith("/v1/uploads"):
            self.asked.append(request)
            sent = json.loads(request.body)
            return self.step(name or "ticket", lambda: getattr(self, f"answer_{name or 'ticket'}")(sent))
        return super()._answer_as_service(request)

    def answer_ticket(self, sent):
        key = f"key-{len(self.uploads) + len(self.objects) + 1}"
        count = -(-sent["size"] // self.PART_SIZE)
        ticket = {
            "environment": "staging", "bucket": "stand-in", "key": key, "method": "MULTIPART", "multipart": self.mode,
            "partSize": self.PART_SIZE, "partCount": count, "grant": key, "expiresAt": NEVER_EXPIRES, "once": True}
        if self.mode == "signed":
            return Answer(201, ticket | {"create": self.signed("POST", f"{key}?uploads=")})
        self.uploads[key] = {}
        return Answer(201, ticket | {"parts": [self.part(key, number) for number in range(1, count + 1)]})

    def signed(self, method, path, expiry=NEVER_EXPIRES):
        return {"method": method, "url": f"{self.bucket}/{path}", "headers": {}, "expiresAt": expiry}

    def part(self, key, number):
        expiry, self.part_expiry = self.part_expiry, NEVER_EXPIRES
        return self.signed("PUT", f"{key}?partNumber={number}&uploadId=id-{key}", expiry) | {"partNumber": number}

    def answer_parts(self, sent):
        key = sent["grant"]
        answer = {"parts": [self.part(key, number) for number in sent["partNumbers"]]}
        if self.mode == "signed":
            assert sent["uploadId"] == f"id-{key}"
            ends = {"complete": "POST", "abort": "DELETE", "list": "GET"}
            answer |= {name: self.signed(method, f"{key}?uploadId=id-{key}") for name, method in ends.items()}
        return Answer(200, answer)

    def answer_list(self, sent):
        if sent["grant"] not in self.uploads:
            return problem(404, "upload_not_found", "There is no such upload.")
        parts = sorted(self.uploads[sent["grant"]].items())
        return Answer(200, {"parts": [{"partNumber": number, "size": len(body), "etag": f'"tag-{number}"'} for number, body in parts]})

    def answer_complete(self, sent):
        self.complete(sent["grant"], [(part["partNumber"], part["etag"]) for part in sent["parts"]])
        return self.answer_confirm(sent)

    def answer_abort(self, sent):
        self.uploads.pop(sent["grant"], None)
        return Answer(204)

    def answer_confirm(self, sent):
        if sent["grant"] not in self.objects:
            return problem(404, "object_not_found", "There is no such object.")
        size = len(self.objects[sent["grant"]])
        return Answer(200, {"bucket": "stand-in", "key": sent["grant"], "size": size, "etag": '"whole"', "once": True})

    # The bucket

    def _answer_as_bucket(self, request):
        self.sent.append(request)
        key = request.path.split("?")[0].strip("/")
        if number := re.search(r"partNumber=(\d+)", request.path):
            with self.lock:
                self.under_way += 1
                self.most_under_way = max(self.most_under_way, self.under_way)
            try:
                answer = self.step(f"part {number[1]}", lambda: self.keep(key, int(number[1]), request.body))
                if answer.hold:
                    answer.hold.wait(30)
                return answer
            finally:
                with self.lock:
                    self.under_way -= 1
        names = {"GET": "list", "DELETE": "abort", "POST": "create" if "uploads=" in request.path else "complete"}
        name = names[request.method]
        return self.step(f"bucket {name}", lambda: getattr(self, f"bucket_{name}")(key, request.body.decode()))

    def keep(self, key, number, body):
        if key not in self.uploads:
            return s3_error(404, "NoSuchUpload")
        self.uploads[key][number] = body
        headers = {"etag": f'"tag-{number}"'} if self.exposes_etag else {"etag": "hidden", "access-control-expose-headers": "Retry-After"}
        return Answer(200, headers=headers)

    def complete(self, key, parts):
        arrived = self.uploads.pop(key)
        assert [(number, etag.strip('"')) for number, etag in parts] == [(number, f"tag-{number}") for number in sorted(arrived)]
        self.objects[key] = b"".join(arrived[number] for number, _ in parts)

    def bucket_create(self, key, _):
        self.uploads[key] = {}
        return Answer(200, f"<InitiateMultipartUploadResult><UploadId>id-{key}</UploadId></InitiateMultipartUploadResult>")

    def bucket_list(self, key, _):
        if key not in self.uploads:
            return s3_error(404, "NoSuchUpload")
        parts = [f'<Part><PartNumber>{number}</PartNumber><Size>{len(body)}</Size><ETag>"tag-{number}"</ETag></Part>'
                 for number, body in sorted(self.uploads[key].items())]
        return Answer(200, f"<ListPartsResult>{''.join(parts)}</ListPartsResult>")

    def bucket_complete(self, key, body):
        if key not in self.uploads:
            return s3_error(404, "NoSuchUpload")
        found = re.findall(r"<PartNumber>(\d+)</PartNumber><ETag>(.*?)</ETag>", body)
        self.complete(key, [(int(number), etag) for number, etag in found])
        return Answer(200, '<CompleteMultipartUploadResult><ETag>"whole"</ETag></CompleteMultipartUploadResult>')

    def bucket_abort(self, key, _):
        self.uploads.pop(key, None)
        return Answer(204)
