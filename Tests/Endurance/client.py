"""A client that does what countersign.js does when something fails, and nothing beyond; every other failure is a finding."""

import http.client
import json
import re
import threading
import time
import uuid
from collections import Counter
from urllib.parse import urlsplit

from wire import Answer

# countersign.js: how often, after which pauses, and up to which wish of the other side.
TRIES = 5
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.4, 8
LONGEST_RETRY_AFTER_SECONDS = 120
TRANSIENT = {408, 429, 500, 502, 503, 504}
TRANSIENT_CODES = {"RequestTimeout", "InternalError", "SlowDown", "ServiceUnavailable"}

# Answers that a client tries again, as it should, and that are a fault all the same.
FAULTS = {"internal_error", "store_refused", "signing_failed"}

# The store's answer to the service was lost, perhaps at each of its tries: so many uploads in parts may be there that nobody knows.
LOST_BEHIND_THE_SERVICE, TRIES_OF_THE_SERVICE = {"store_unreachable", "store_busy"}, 4

# Shorter than the patience of everybody here with a silent connection.
IDLE_SECONDS = 20


class Finding(Exception):
    """What must not happen."""


class Counts:
    """What all clients have met."""

    def __init__(self):
        self.lock = threading.Lock()
        self.answers, self.retries, self.findings = Counter(), Counter(), Counter()
        self.samples = {}
        self.lost_creations, self.flows = Counter(), Counter()

    def flow(self, name):
        """One came to its end."""
        with self.lock:
            self.flows[name] += 1

    def answer(self, kind, told):
        with self.lock:
            self.answers[kind, told] += 1

    def retry(self, reason):
        with self.lock:
            self.retries[reason] += 1

    def lost(self, environment, count=1):
        """Somebody asked for an upload in parts and heard nothing of it: there may be so many that nobody knows."""
        with self.lock:
            self.lost_creations[environment] += count

    def finding(self, name, text):
        with self.lock:
            self.findings[name] += 1
            self.samples.setdefault(name, text)


class Failure(Exception):
    """One try that failed; `told` is how it is counted."""

    def __init__(self, told, answer=None, wish=0):
        super().__init__(told)
        self.told, self.answer, self.wish = told, answer, wish


class Client:
    """One browser or back end, with connections of its own; used by one thread at a time."""

    def __init__(self, front, counts, rng):
        self.front, self.counts, self.rng = front, counts, rng
        self.connections = {}
        # How many tries have failed so far.
        self.failures = 0

    def close(self):
        for connection, _ in self.connections.values():
            connection.close()
        self.connections.clear()

    # MARK: The service

    def ask(self, caller, method, path, body=None, expect=(), kind=None, creates=False, headers=None):
        """The answer's JSON, or None; what is neither a success nor among `expect` (status and code) raises.

        With `expect` the refusal's code is the result's, under `code`. `creates` says that a try whose answer is lost may leave something.
        """
        kind = kind or re.sub(r"/[A-Za-z0-9_.-]{40,}", "/*", path.split("?")[0])

        def attempt():
            given = {"accept": "application/json"} | (headers or {})
            prefix, more = caller.authorize(self) if caller else ("", {})
            content = None if body is None else json.dumps(body).encode()
            if content is not None:
                given["content-type"] = "application/json"
            try:
                answer = self.send(method, self.front + prefix + path, content, given | more)
            except (OSError, http.client.HTTPException) as error:
                if creates:
                    self.counts.lost(caller.place.environment)
                self.counts.answer(kind, "no answer")
                raise Failure(f"service: {type(error).__name__}") from error
            return self.judge(kind, answer, expect, creates and caller.place.environment)

        return self.retrying(attempt, kind)

    def judge(self, kind, answer, expect, creates):
        document = parsed(answer.body)
        code = code_of(document) if answer.status >= 400 else ""
        told = f"{answer.status} {code}".strip()
        self.counts.answer(kind, told)
        if answer.is_success or (answer.status, code) in expect:
            return document
        if code in FAULTS or (answer.status == 429 and "retry-after" not in answer.headers):
            self.counts.finding(f"{kind}: {told}", answer.body.decode(errors="replace")[:600])
        front = answer.headers.get("x-front")
        if answer.status in TRANSIENT or (answer.status == 409 and code == "upload_busy"):
            if creates and front == "no answer of an instance":
                self.counts.lost(creates)
            if creates and code in LOST_BEHIND_THE_SERVICE:
                self.counts.lost(creates, TRIES_OF_THE_SERVICE)
            raise Failure(f"service: {answer.status} {front or code}", answer, wish_of(answer))
        raise Finding(f"{kind}: {told}: {answer.body.decode(errors='replace')[:600]}")

    # MARK: The bucket

    def perform(self, step, content=b"", expect=(), kind=None, creates=None):
        """Does what a presigned request says: the answer, whether successful or among `expect` (status and S3's code).

        A single use that was spent by an own try, whose answer was lost, counts as done. `creates` names the environment in which a try
        whose answer is lost may leave something.
        """
        kind = kind or f"bucket {step['method']}"
        attempts = []

        def attempt():
            attempts.append(1)
            try:
                if step.get("fields"):
                    body, headers = form(step["fields"], content)
                    answer = self.send("POST", step["url"], body, headers)
                else:
                    answer = self.send(step["method"], step["url"], content, step.get("headers") or {})
            except (OSError, http.client.HTTPException) as error:
                self.counts.answer(kind, "no answer")
                if creates:
                    self.counts.lost(creates)
                raise Failure(f"bucket: {type(error).__name__}") from error
            self.counts.answer(kind, str(answer))
            embedded = re.search(rb"<Error>.*?<Code>(\w+)</Code>", answer.body, re.DOTALL) if answer.status == 200 else None
            code = embedded[1].decode() if embedded else answer.code
            if answer.is_success and not embedded or (answer.status, code) in expect or (answer.status == 412 and len(attempts) > 1):
                return answer
            if answer.status in TRANSIENT or answer.status == 409 or code in TRANSIENT_CODES:
                raise Failure(f"bucket: {answer.status} {code}".strip(), answer, wish_of(answer))
            raise Finding(f"{kind}: {answer.status} {code}: {answer.body.decode(errors='replace')[:600]}")

        return self.retrying(attempt, kind)

    # MARK: Trying again

    def retrying(self, attempt, kind):
        for number in range(1, TRIES + 1):
            try:
                return attempt()
            except Failure as failure:
                if number == TRIES or failure.wish > LONGEST_RETRY_AFTER_SECONDS:
                    text = failure.answer.body.decode(errors="replace")[:600] if failure.answer else ""
                    raise Finding(f"{kind}: after {number} tries: {failure.told}: {text}") from failure
                self.failures += 1
                self.counts.retry(failure.told)
                longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (number - 1))
                time.sleep(failure.wish + longest * (0.5 + self.rng.random() / 2))

    # MARK: Connections

    def send(self, method, url, body, headers):
        """One request on a connection that is kept for the next."""
        parts = urlsplit(url)
        connection, since = self.connections.pop(parts.netloc, (None, 0))
        if connection is not None and time.monotonic() - since > IDLE_SECONDS:
            connection.close()
            connection = None
        if connection is None:
            connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        try:
            target = url[url.index(parts.netloc) + len(parts.netloc):] or "/"
            connection.putrequest(method, target, skip_accept_encoding=True)
            if body is not None or method in ("PUT", "POST"):
                connection.putheader("content-length", str(len(body or b"")))
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            response = connection.getresponse()
            answer = Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
        except BaseException:
            connection.close()
            raise
        if response.will_close:
            connection.close()
        else:
            self.connections[parts.netloc] = (connection, time.monotonic())
        return answer


def parsed(body):
    try:
        return json.loads(body) if body else None
    except ValueError:
        return {}


def code_of(problem):
    """The service's word; better-upload's clients find it under their `error`."""
    error = problem.get("error") if isinstance(problem, dict) else None
    return error.get("code", "") if isinstance(error, dict) else (problem or {}).get("code", "")


def wish_of(answer):
    """Retry-After, which everybody here writes in seconds."""
    text = answer.headers.get("retry-after", "")
    return int(text) if text.isdigit() else 0


def form(fields, content):
    """A form as a browser sends it: the fields in their order, the file last."""
    boundary = uuid.uuid4().hex
    parts = "".join(f'--{boundary}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items())
    file = f'--{boundary}\r\ncontent-disposition: form-data; name="file"; filename="a"\r\ncontent-type: application/octet-stream\r\n\r\n'
    body = (parts + file).encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return body, {"content-type": f"multipart/form-data; boundary={boundary}"}
