"""What changes while the service runs: credentials that a store gives out for some minutes, and an issuer's signing keys."""

import http.server
import json
import os
import threading
import time
from datetime import datetime, timedelta, timezone

import boto3
from botocore.config import Config

from issuer import KEYS_FILE, Issuer
from tls import TLSFront

# New credentials come each minute, and live this long. The service asks again with a third of their life left, and signs nothing with
# less than a minute: what is fetched at the end of a minute still has three, so that requests go on while new ones come.
CREDENTIAL_SECONDS = 240
EVERY_SECONDS = 60

KEY_SECONDS = 120
TOKEN_SECONDS = 240
# A key stays published as long as tokens that it signed may be about.
RETIRED_KEYS = TOKEN_SECONDS // KEY_SECONDS + 1


class Rotation:
    """Something done once, and then again and again in a thread until it is stopped; failures are kept, and do not end it."""

    def __init__(self, seconds, turn):
        self.turns, self.faults = 0, []
        self.stopped = threading.Event()
        turn()
        self.turns += 1

        def run():
            while not self.stopped.wait(seconds):
                try:
                    turn()
                    self.turns += 1
                except Exception as error:
                    self.faults.append(f"{type(error).__name__}: {error}")

        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()

    def stop(self):
        self.stopped.set()
        self.thread.join(30)


class Quiet(http.server.BaseHTTPRequestHandler):
    """Answers GET with what the server's `answer` says of the path: the text and the further fields, or None."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        found = self.server.answer(self.path)
        text, fields = found or ("{}", {})
        self.send_response(200 if found else 404)
        for name, value in ({"content-type": "application/json", "content-length": str(len(text))} | fields).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


def serve(answer):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    server.daemon_threads = True
    server.answer = answer
    threading.Thread(target=server.serve_forever, args=[0.1], daemon=True).start()
    return server


def time_in(seconds):
    return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


class SessionCredentials:
    """Session tokens of Ceph's STS, new each minute, behind an endpoint as a container has one. The gateway forgets them when they end."""

    def __init__(self, ceph):
        account = ceph.accounts[0]
        # boto3 itself knows that AWS has none shorter than 15 minutes; this gateway is told to have shorter ones.
        self.sts = boto3.client(
            "sts", endpoint_url=ceph.sts_endpoint, region_name=ceph.region, aws_access_key_id=account.access_key,
            aws_secret_access_key=account.secret_key, config=Config(parameter_validation=False))
        self.role = ceph.role_arn
        self.document, self.asked = None, 0
        self.rotation = Rotation(EVERY_SECONDS, self.renew)
        self.server = serve(self.answer)
        self.url = f"http://127.0.0.1:{self.server.server_port}/credentials"

    def renew(self):
        end = time_in(CREDENTIAL_SECONDS)
        taken = self.sts.assume_role(RoleArn=self.role, RoleSessionName="endurance", DurationSeconds=CREDENTIAL_SECONDS + 5)["Credentials"]
        self.document = json.dumps({
            "AccessKeyId": taken["AccessKeyId"], "SecretAccessKey": taken["SecretAccessKey"], "Token": taken["SessionToken"],
            "Expiration": end})

    def answer(self, path):
        self.asked += 1
        return (self.document, {}) if path == "/credentials" else None

    def variables(self, prefix):
        return {f"{prefix}AWS_CONTAINER_CREDENTIALS_FULL_URI": self.url}

    def stop(self):
        self.rotation.stop()
        self.server.shutdown()
        self.server.server_close()


class ProcessCredentials:
    """What a profile's `credential_process` prints, new each minute. The local bucket has one key a run: the end is new, the key is not."""

    def __init__(self, account, folder):
        self.account = account
        self.document = folder / "credentials.json"
        self.config = folder / "aws-config"
        self.config.write_text(f"[profile local]\ncredential_process = cat {self.document}\n")
        self.rotation = Rotation(EVERY_SECONDS, self.renew)

    def renew(self):
        new = self.document.with_suffix(".new")
        new.write_text(json.dumps({
            "Version": 1, "AccessKeyId": self.account.access_key, "SecretAccessKey": self.account.secret_key,
            "Expiration": time_in(CREDENTIAL_SECONDS)}))
        os.replace(new, self.document)

    def variables(self, prefix):
        return {f"{prefix}AWS_CONFIG_FILE": str(self.config), f"{prefix}AWS_PROFILE": "local"}

    def stop(self):
        self.rotation.stop()


class RotatingIssuer:
    """An issuer with a new signing key every two minutes, published one turn ahead and as long afterwards as its tokens live."""

    URL = "https://issuer.example.com/"

    def __init__(self, folder):
        self.lock = threading.Lock()
        self.made, self.asked = 0, 0
        # The next key is the first, and behind the current one lie those that no longer sign.
        self.keys = [self.new_key()]
        self.rotation = Rotation(KEY_SECONDS, self.renew)
        self.server = serve(self.answer)
        self.front = TLSFront(self.server.server_port, folder)
        self.authority = self.front.authority
        self.jwks_url = f"{self.front.url}/{KEYS_FILE}"

    def new_key(self):
        self.made += 1
        return Issuer(self.URL, kid=f"key-{self.made}")

    def renew(self):
        new = self.new_key()
        with self.lock:
            self.keys = [new, *self.keys][:2 + RETIRED_KEYS]

    def answer(self, path):
        self.asked += 1
        with self.lock:
            keys = [key for issuer in self.keys for key in json.loads(issuer.jwks())["keys"]]
        return (json.dumps({"keys": keys}), {"cache-control": "max-age=60"}) if path == f"/{KEYS_FILE}" else None

    def token(self, lifetime=TOKEN_SECONDS, **claims):
        with self.lock:
            current = self.keys[1]
        return current.token(lifetime, **claims)

    def stop(self):
        self.rotation.stop()
        self.front.close()
        self.server.shutdown()
        self.server.server_close()


def seconds_until(text):
    """Until a time as the service writes it."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() - time.time()
