"""What the service asks others for - an issuer's keys, STS, S3 - answered slowly, wrongly or not at all."""

import contextlib
import json
import re
import socket
import ssl
import struct
import subprocess
import threading
import time
from base64 import urlsafe_b64encode
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from urllib.parse import parse_qs, urlsplit

import wire
from connections import judge_bucket
from faketime import Clock
from honest import Kept, Tickets, refusal
from trial import case

MODES = ["slow", "silent", "hangs up", "reset", "error", "wrong", "no HTTP", "endless", "truncated", "redirect"]
SECONDS_EACH = 4
# Credentials that end so soon sign no ticket any more.
ENDING_SECONDS = 60
TRUSTED = "/etc/ssl/certs/ca-certificates.crt"


class Authority:
    """A certificate for 127.0.0.1 that a program trusts whose /etc/ssl it stands in; made with openssl."""

    def __init__(self, folder):
        self.certificate, self.key = folder / "certificate.pem", folder / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
             "-subj", "/CN=torture", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", self.key, "-out", self.certificate],
            check=True, capture_output=True)

    @property
    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context

    @property
    def prefix(self):
        """For a program that is to trust it: only this program sees the other file there."""
        script = f'mount --bind "$0" {TRUSTED} && exec "$@"'
        return ("unshare", "--map-root-user", "--mount", "sh", "-c", script, self.certificate)


class Upstream:
    """A server that answers well with what `answer` makes of (head, body), a whole response, or as its mode says."""

    def __init__(self, answer, context=None):
        self.answer, self.context = answer, context
        self.mode = "well"
        self.asked = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"
        self.ending = threading.Event()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while not self.ending.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.handle, args=[connection], daemon=True).start()

    def handle(self, connection):
        if self.mode == "hangs up":
            return reset(connection)
        with contextlib.suppress(OSError, ValueError, IndexError):
            connection.settimeout(60)
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            while request := self.read(connection):
                self.asked += 1
                if not self.reply(connection, *request):
                    break
        connection.close()

    @staticmethod
    def read(connection):
        received = b""
        while b"\r\n\r\n" not in received:
            data = connection.recv(65536)
            if not data:
                return None
            received += data
        head, body = received.split(b"\r\n\r\n", 1)
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        missing = (int(lengths[0].split(b":")[1]) if lengths else 0) - len(body)
        while missing > 0:
            data = connection.recv(missing)
            if not data:
                return None
            body, missing = body + data, missing - len(data)
        return head, body

    def reply(self, connection, head, body):
        """Whether the connection goes on."""
        mode = self.mode
        text = b"<html>This is not what you have asked for.</html>"
        if mode == "well":
            connection.sendall(self.answer(head, body))
            return True
        if mode == "slow":
            for byte in self.answer(head, body):
                connection.sendall(bytes([byte]))
                if self.ending.wait(0.5) or self.mode != mode:
                    break
        elif mode == "silent":
            while self.mode == mode and not self.ending.wait(0.1):
                pass
        elif mode == "reset":
            reset(connection)
        elif mode == "error":
            connection.sendall(response(500, "text/html", text))
        elif mode == "wrong":
            connection.sendall(response(200, "text/html", text))
        elif mode == "no HTTP":
            connection.sendall(bytes(range(256)) * 4)
        elif mode == "endless":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
            while self.mode == mode and not self.ending.is_set():
                connection.sendall(b" " * 65536)
        elif mode == "truncated":
            connection.sendall(response(200, "application/json", b"{" + b" " * 100)[:-50])
        elif mode == "redirect":
            connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n")
        return False

    def stop(self):
        self.ending.set()
        # Wakes up who waits in accept.
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def response(status, kind, content):
    return f"HTTP/1.1 {status} Whatever\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def base64url(content):
    return urlsafe_b64encode(content).rstrip(b"=").decode()


class Issuer:
    """An issuer of JWTs whose key openssl has made."""

    def __init__(self, folder, name="issuer"):
        self.file, self.kid = folder / f"{name}.pem", name
        subprocess.run(["openssl", "genrsa", "-out", self.file, "2048"], check=True, capture_output=True)
        shown = subprocess.run(["openssl", "rsa", "-in", self.file, "-noout", "-modulus"], check=True, capture_output=True, text=True)
        self.modulus = bytes.fromhex(shown.stdout.strip().removeprefix("Modulus="))

    def jwks(self):
        return json.dumps({"keys": [{
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "n": base64url(self.modulus), "e": "AQAB"}]}).encode()

    def token(self, lifetime=3600):
        now = int(time.time())
        claims = {"iss": "https://issuer.example/", "sub": "alice", "aud": "https://api.example.com", "iat": now - 5, "exp": now + lifetime}
        text = ".".join(base64url(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT", "kid": self.kid}, claims))
        signed = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.file], input=text.encode(), check=True, capture_output=True)
        return f"{text}.{base64url(signed.stdout)}"


def callers(url):
    return f"""
callers:
  - name: torture
    issuer: https://issuer.example/
    audience: https://api.example.com
    algorithms: [RS256]
    keys: {url}/jwks.json
    rules: [avatars]
"""


def append(name, text):
    """A change of the environment's folder."""
    def change(folder):
        with (folder / name).open("a") as file:
            file.write(text)
    return change


class Named(Tickets):
    """Tickets under another name, for the table and for what is allowed."""

    def __init__(self, name, *arguments, patience_seconds=10, **options):
        super().__init__(*arguments, **options)
        self.name, self.patience_seconds = name, patience_seconds


class Stranger(Named):
    """Has what nobody here has signed."""

    async def ask(self, number):
        answer = await super().ask(number)
        return "a ticket for a stranger" if answer == "ok" else answer


class WhileTheyLive(Tickets):
    """Tickets that must come as long as the last credentials live that have been delivered, and not afterwards."""

    def __init__(self, clock, ends, *arguments):
        """`ends` are pairs: when credentials were delivered, and when they end on the service's clock."""
        super().__init__(*arguments)
        self.clock, self.ends = clock, ends

    async def ask(self, number):
        # The service may take a moment to use what it has just been given.
        settled = max((end for delivered, end in self.ends if delivered < time.monotonic() - 2), default=0)
        begin = self.clock.now()
        answer = await super().ask(number)
        if answer != "ok" and self.clock.now() < settled - ENDING_SECONDS:
            return f"{answer}, while they lived"
        if answer == "ok" and begin > max(end for _, end in self.ends):
            return "a ticket by credentials that have ended"
        return answer


def through_all_modes(trial, upstream, what, clock=None, seconds=0):
    """The fault: one mode after the other, before each of which so many seconds pass on the service's clock."""
    trial.fault()
    asked = upstream.asked
    for mode in [*MODES, "well"]:
        upstream.mode = mode
        if clock:
            clock.pass_by(seconds)
        if mode != "well":
            time.sleep(SECONDS_EACH)
    trial.sent = f"{what}, {SECONDS_EACH} s each: {', '.join(MODES)}; asked {upstream.asked - asked} times meanwhile"
    if upstream.asked - asked < len(MODES) / 2:
        trial.broken(f"the service has asked only {upstream.asked - asked} times: this is no test")


@case("upstreams", "an issuer's keys, STS and S3, each slow, silent, wrong and more")
def upstreams(stage):
    authority, issuer = Authority(stage.folder), Issuer(stage.folder)
    trials = [keys(stage, authority, issuer), late_keys(stage, authority, issuer), tokens(stage, authority), store(stage)]
    with ThreadPoolExecutor(len(trials)) as pool:
        for finished in [pool.submit(one) for one in trials]:
            finished.result()


def keys(stage, authority, issuer):
    """Old keys serve as long as there are no new ones; a token of an unknown key is refused, and makes the service ask again."""
    upstream = stage.until_end(Upstream(lambda head, body: response(200, "application/json", issuer.jwks()), authority.context))
    clock = Clock(stage.folder, "keys")
    service = stage.service(
        "keys", change=append("uploads.yaml", callers(upstream.url)), prefix=authority.prefix, variables=clock.variables)
    stranger = Issuer(stage.folder, "stranger")
    clients = [
        (Named("API key", service.port, service.keys["honest"]), 10), (Named("JWT", service.port, issuer.token()), 10),
        (Stranger("JWT of an unknown key", service.port, stranger.token()), 2)]

    def play():
        allowed = {("JWT of an unknown key", phase): {"401 invalid_credentials"} for phase in ("quiet", "fault", "after")}
        with stage.trial("JWKS", service.process, clients, allowed=allowed, least_shares={"JWT of an unknown key": 0}) as trial:
            through_all_modes(trial, upstream, "the keys once more because of a token of an unknown one", clock, 61)
            trial.after()
    return play


def late_keys(stage, authority, issuer):
    """No keys have ever come when the service starts: it serves the others, and takes JWTs as soon as they come."""
    upstream = stage.until_end(Upstream(lambda head, body: response(200, "application/json", issuer.jwks()), authority.context))
    upstream.mode = "silent"
    clock = Clock(stage.folder, "late-keys")
    service = stage.service(
        "late-keys", change=append("uploads.yaml", callers(upstream.url)), prefix=authority.prefix, variables=clock.variables)
    clients = [(Named("API key", service.port, service.keys["honest"]), 10), (Named("JWT", service.port, issuer.token()), 10)]

    def play():
        # It is not quite quiet at first: the issuer is away from the beginning.
        allowed = {("JWT", phase): {"503 issuer_unavailable"} for phase in ("quiet", "fault")}
        with stage.trial(
                "JWKS from the start", service.process, clients, allowed=allowed, least_shares={"JWT": 0.1}, settling_seconds=8) as trial:
            through_all_modes(trial, upstream, "the keys, which were not there when the service started", clock, 300)
            trial.after()
    return play


def tokens(stage, authority):
    """Credentials of an hour: tickets go on while they live, and again when new ones come."""
    counter, clock, ends = iter(range(1_000_000)), Clock(stage.folder, "tokens"), []

    def answer(head, body):
        ends_at = int(clock.now()) + 3600
        if upstream.mode == "well":
            ends.append((time.monotonic(), ends_at))
        end = datetime.fromtimestamp(ends_at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        name = "AssumeRoleWithWebIdentity"
        return response(200, "text/xml", f"""<{name}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{name}Result>
            <AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId><Arn>arn:aws:sts::1:assumed-role/r/x</Arn></AssumedRoleUser>
            <Credentials><AccessKeyId>ASIATORTURE{next(counter):09}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
            <SessionToken>t</SessionToken><Expiration>{end}</Expiration></Credentials></{name}Result></{name}Response>""".encode())

    upstream = stage.until_end(Upstream(answer, authority.context))
    token = stage.folder / "web-identity-token"
    token.write_text("a-token")
    prefix = "COUNTERSIGN_STAGING_AWS_"
    variables = {
        f"{prefix}ACCESS_KEY_ID": None, f"{prefix}SECRET_ACCESS_KEY": None, f"{prefix}WEB_IDENTITY_TOKEN_FILE": str(token),
        f"{prefix}ROLE_ARN": "arn:aws:iam::111122223333:role/r", f"{prefix}ENDPOINT_URL_STS": upstream.url,
        f"{prefix}REGION": "eu-central-1"}
    service = stage.service("tokens", variables=variables | clock.variables, prefix=authority.prefix)

    def play():
        with stage.trial(
                "STS", service.process, [(WhileTheyLive(clock, ends, service.port, service.keys["honest"]), 10)],
                allowed={"ticket": {"503 environment_unavailable", "503 credentials_expiring"}}, least_shares={"ticket": 0.2},
                settling_seconds=8) as trial:
            through_all_modes(trial, upstream, "new credentials, each good for an hour", clock, 1200)
            trial.after()
    return play


def store(stage):
    """S3 is asked for uploads in parts; tickets of the other kind do not need it."""
    bucket = stage.bucket("store")

    def pass_on(head, body):
        fields = re.sub(rb"(?i)\r\nconnection:[^\r]*", b"", head)
        received = b""
        with socket.create_connection(("127.0.0.1", bucket.port), timeout=30) as connection:
            connection.sendall(fields + b"\r\nConnection: close\r\n\r\n" + body)
            while data := connection.recv(65536):
                received += data
        return re.sub(rb"(?i)\r\nconnection: close", b"", received, count=1)

    upstream = stage.until_end(Upstream(pass_on))

    def change(folder):
        file = folder / "uploads.yaml"
        lines = []
        for line in file.read_text().splitlines():
            name = line.split(":")[0]
            given = {"bucket": bucket.name, "region": "us-east-1", "provider": f"custom\nendpoint: {upstream.url}"}
            lines.append(f"{name}: {given[name]}" if name in given else line)
            if line.startswith(("    key: avatars", "    key: documents", "    key: videos")):
                lines.append("    once: true")
        file.write_text("\n".join(lines) + "\n")

    service = stage.service("store-service", change=change, variables={
        "COUNTERSIGN_STAGING_AWS_ACCESS_KEY_ID": bucket.access_key, "COUNTERSIGN_STAGING_AWS_SECRET_ACCESS_KEY": bucket.secret_key})
    parts = Named(
        "upload in parts", service.port, service.keys["honest"], "videos", filename="a.mp4", type="video/mp4", size=20 << 20,
        patience_seconds=40)
    listed, completed, confirmed, aborted = ([Prepared(service) for _ in range(count)] for count in (4, 150, 4, 150))
    for upload in confirmed:
        answer = service.ask("/v1/uploads/complete", upload.completion())
        assert answer.status == 200, answer
    steps = [
        Step("list", service, listed, lambda upload, status, told: status == 200 and told["parts"] == [upload.stored]),
        Step("complete", service, completed, Prepared.is_told, Prepared.completion),
        Step("confirm", service, confirmed, Prepared.is_told),
        Step("abort", service, aborted, lambda upload, status, told: status == 204)]
    clients = [(Tickets(service.port, service.keys["honest"]), 10), (parts, 4), *((step, 2) for step in steps)]
    allowed = {client.name: {"502 store_unreachable", "503 store_busy", "502 store_refused"} for client, _ in clients[1:]}
    # A page of HTML that a HEAD finds in the object's place is another object; to a completion it says that the upload is over.
    allowed["confirm"] |= {"409 object_differs"}
    allowed["complete"] |= {"409 object_differs", "404 upload_not_found"}

    def play():
        shares = {name: 0.3 for name in allowed}
        with stage.trial("S3", service.process, clients, settling_seconds=26, allowed=allowed, least_shares=shares) as trial:
            through_all_modes(
                trial, upstream, "CreateMultipartUpload, ListParts, CompleteMultipartUpload, HeadObject and AbortMultipartUpload")
            trial.after()
            trial.honest.stop()
            for step in steps:
                judge_step(trial, step)
            for upload in aborted:
                if (answer := bucket.send("GET", upload.key, query=[["uploadId", upload.id]])).status != 404:
                    trial.broken(f"an upload that was aborted is there: {answer}")
            steps[1].stored = {upload.key: PART for upload in [*completed, *confirmed]}
            judge_bucket(trial, bucket)
            if half := set(bucket.keys()) - set(steps[1].stored):
                trial.broken(f"visible, and never completed: {sorted(half)[:3]}")
    return play


PART = bytes(range(256)) * 4


class Prepared:
    """An upload that was begun, and whose one part was sent, while S3 was well."""

    def __init__(self, service):
        answer = service.ask("/v1/uploads", {"rule": "videos", "filename": "a.mp4", "size": len(PART), "type": "video/mp4"})
        assert answer.status == 201, answer
        ticket = json.loads(answer.body)
        self.key, self.grant, [part] = ticket["key"], ticket["grant"], ticket["parts"]
        self.id = parse_qs(urlsplit(part["url"]).query)["uploadId"][0]
        answer = wire.send("PUT", part["url"], PART, part.get("headers"))
        assert answer.status == 200, answer
        self.stored = {"partNumber": 1, "size": len(PART), "etag": answer.headers["etag"]}

    def naming(self):
        return {"grant": self.grant}

    def completion(self):
        return self.naming() | {"parts": [{"partNumber": 1, "etag": self.stored["etag"]}]}

    def is_told(self, status, told):
        """Whether an answer is about the object that it became."""
        return status == 200 and (told["key"], told["size"], told["type"]) == (self.key, len(PART), "video/mp4")


class Step:
    """One step of uploads that were prepared, of each in turn."""

    patience_seconds = 60

    def __init__(self, name, service, uploads, is_done, request=Prepared.naming):
        self.name, self.service, self.uploads, self.is_done, self.request = name, service, uploads, is_done, request
        self.path = f"/v1/uploads/{name}"
        self.connections = Kept(service.port)
        self.headers = {
            "host": "localhost", "content-type": "application/json", "authorization": f"Bearer {service.keys['honest']}"}

    async def ask(self, number):
        upload = self.uploads[number % len(self.uploads)]
        body = json.dumps(self.request(upload)).encode()
        return self.outcome(upload, await self.connections.ask("POST", self.path, self.headers, body, fresh=number % 2 == 0))

    def outcome(self, upload, reply):
        if reply.status >= 300:
            return refusal(reply)
        is_done = self.is_done(upload, reply.status, json.loads(reply.body or b"null"))
        return "ok" if is_done else f"{reply.status}, and not what was done"


def judge_step(trial, step):
    """What was refused is done when it is asked for again, and what was done is done still."""
    answers = Counter(step.outcome(upload, step.service.ask(step.path, step.request(upload))) for upload in step.uploads)
    if set(answers) != {"ok"}:
        trial.broken(f"{step.name}, asked again when S3 is well: {dict(answers)}")
