"""What is tortured: `countersign serve`, and `countersign dev` for its bucket; each on free ports and in a folder of its own."""

import hashlib
import json
import os
import re
import secrets
import shutil
import subprocess
import time
import urllib.parse
from configparser import ConfigParser
from datetime import datetime, timezone
from pathlib import Path

import sigv4
from programs import BINARY, ROOT, Program, countersign
from wire import send

CALLERS = ("honest", "other")

# Limits of requests are tested elsewhere: here everybody may ask as often as the machine can answer.
UNLIMITED = {"COUNTERSIGN_ADDRESS_REQUESTS": "0"}


class Process:
    """A program's process as the kernel sees it."""

    def __init__(self, program):
        self.program = program
        self.folder = Path(f"/proc/{program.process.pid}")

    @property
    def is_running(self):
        return self.program.process.poll() is None

    def resident_mib(self, field="VmRSS"):
        return int(re.search(rf"{field}:\s+(\d+) kB", (self.folder / "status").read_text())[1]) / 1024

    def forget_peak(self):
        (self.folder / "clear_refs").write_text("5")

    @property
    def descriptors(self):
        return len(os.listdir(self.folder / "fd"))


class Service:
    """`countersign serve` with the repository's staging environment, throw-away keys, and `change` made to its folder before it starts."""

    environment = "staging"

    def __init__(self, folder, variables=None, change=None, prefix=()):
        self.folder, self.prefix = folder, prefix
        self.policies = folder / "policies"
        shutil.copytree(ROOT / "policies" / self.environment, self.policies / self.environment)
        # What would turn the hostile away before they do any harm.
        rules = self.policies / self.environment / "uploads.yaml"
        rules.write_text(re.sub(r"(?m)^limits:\n(?:  .*\n)+", "limits: {caller: {requestsPerSecond: 1000000}}\n", rules.read_text()))
        if change:
            change(self.policies / self.environment)
        self.keys, entries = {}, []
        for caller in CALLERS:
            minted = json.loads(countersign("token", "mint", "--name", caller, "--environment", self.environment, "--format", "json"))
            self.keys[caller] = minted["key"]
            entries.append(minted["value"])
        self.variables = {
            minted["variable"]: ",".join(entries), "COUNTERSIGN_SEALING_SECRET": secrets.token_urlsafe(32),
            "COUNTERSIGN_STAGING_AWS_ACCESS_KEY_ID": "AKIATORTURE000000000",
            "COUNTERSIGN_STAGING_AWS_SECRET_ACCESS_KEY": secrets.token_urlsafe(30), "COUNTERSIGN_LOG_LEVEL": "warning",
            "HOME": "/nonexistent",
        } | UNLIMITED | (variables or {})
        self.variables = {name: value for name, value in self.variables.items() if value is not None}
        self.start()

    def start(self):
        command = [*self.prefix, BINARY, "serve", "--policies", self.policies, "--host", "127.0.0.1", "--port", "0"]
        self.program = Program(command, self.folder / "serve.log", self.variables, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.url = self.program.lines(1)[0].rstrip("/")
        self.port = urllib.parse.urlsplit(self.url).port
        self.process = Process(self.program)

    def ask(self, path, request, caller="honest"):
        headers = {"authorization": f"Bearer {self.keys[caller]}", "content-type": "application/json"}
        return send("POST", self.url + path, json.dumps(request).encode(), headers)

    def stop(self):
        self.program.stop()


class Bucket:
    """`countersign dev`: the service and its bucket, over a folder that outlives the process. It has new keys whenever it starts."""

    name = "local-staging-bucket"

    def __init__(self, folder, data=None, prefix=(), variables=None, now=time.time):
        self.folder, self.prefix, self.variables, self.now = folder, prefix, variables, now
        self.data = data or folder / "data"
        self.start()

    def start(self):
        command = [*self.prefix, BINARY, "dev", "--port", "0", "--bucket-port", "0", "--data", self.data]
        self.program = Program(
            command, self.folder / "dev.log", (self.variables or {}) | UNLIMITED, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.url, self.endpoint = (line.rstrip("/") for line in self.program.lines(2))
        self.port, self.service_port = (urllib.parse.urlsplit(url).port for url in (self.endpoint, self.url))
        profiles = ConfigParser(interpolation=None)
        profiles.read(self.data / "aws-config")
        profile = profiles["profile local-staging"]
        self.access_key, self.secret_key = profile["aws_access_key_id"], profile["aws_secret_access_key"]
        self.process = Process(self.program)

    def kill(self):
        self.program.process.kill()
        self.program.process.wait(30)
        self.program.process.stdout.close()

    def stop(self):
        self.program.stop()

    # Requests, presigned by a signer that is not the project's own

    def presigned(self, method, key=None, query=(), headers=()):
        line = {
            "method": method, "bucket": self.name, "region": "us-east-1", "endpoint": self.endpoint, "style": "path", "expires": 900,
            "at": datetime.fromtimestamp(self.now(), timezone.utc).strftime("%Y%m%dT%H%M%SZ"), "query": list(query),
            "headers": list(headers), "accessKeyId": self.access_key, "secretAccessKey": self.secret_key}
        url, canonical = sigv4.presign(line if key is None else line | {"key": key})
        payload = dict(headers).get("x-amz-content-sha256")
        if not payload:
            return url
        # What is said of the body is signed in place of UNSIGNED-PAYLOAD.
        digest = hashlib.sha256((canonical.rpartition("\n")[0] + "\n" + payload).encode()).hexdigest()
        signature = sigv4.signature(line, "\n".join([sigv4.ALGORITHM, line["at"], sigv4.scope(line), digest]))
        return url.rpartition("=")[0] + "=" + signature

    def signed(self, method, key=None, query=(), headers=()):
        """Target and headers, as `Wire.ask` takes them."""
        url = urllib.parse.urlsplit(self.presigned(method, key, query, headers))
        return f"{url.path}?{url.query}", {"host": url.netloc} | dict(headers)

    def send(self, method, key=None, body=None, query=()):
        return send(method, self.presigned(method, key, query), body)

    def keys(self):
        """All keys, page by page."""
        found, token = [], []
        while True:
            answer = self.send("GET", query=[["list-type", "2"], *token])
            assert answer.status == 200, answer
            text = answer.body.decode()
            found += [urllib.parse.unquote(key) for key in re.findall("<Key>(.*?)</Key>", text)]
            more = re.search("<NextContinuationToken>(.*?)</NextContinuationToken>", text)
            if not more:
                return found
            token = [["continuation-token", more[1]]]

    # What is left

    def files(self, kind):
        """The files in `incoming`, `uploads`, `parts` or `objects` of the bucket."""
        folder = self.data / self.name / kind
        return [path for path in folder.rglob("*") if path.is_file()]

    def wrong_objects(self, expected):
        """What is visible and is not whole.

        `expected` has all contents that may stand under a key; keys that it does not know must fit their own ETag.
        """
        wrong = []
        for key in self.keys():
            answer = self.send("GET", key)
            tag = answer.headers.get("etag", "").strip('"')
            if key in expected:
                is_whole = answer.status == 200 and answer.body in expected[key]
            else:
                is_whole = answer.status == 200 and ("-" in tag or hashlib.md5(answer.body).hexdigest() == tag)
            if not is_whole:
                wrong.append(f"{key}: {answer.status}, {len(answer.body)} bytes, {tag}")
        return wrong
