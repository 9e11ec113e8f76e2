"""Bucket policies as real servers decide them, and as Countersign says that S3 does.

What the table of answers calls S3's is here Countersign's verdict: the project has no other server to ask for it.
"""

import json
from datetime import datetime, timezone
from urllib.parse import quote, urlencode

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from boto import countersign
from policy_cases import AGENT, CASES, OBJECTS
from servers import STRANGERS_ACCOUNT
from wire import send

OWNERS_ACCOUNT = "111122223333"
OWNER = f"arn:aws:iam::{OWNERS_ACCOUNT}:user/staging"
STRANGER = f"arn:aws:iam::{STRANGERS_ACCOUNT}:user/stranger"


class Governed:
    """A bucket with a few objects, whose policy comes and goes."""

    def __init__(self, server):
        self.server = server
        self.owner = server.accounts[0]
        self.client = server.client(self.owner)
        for key in OBJECTS:
            self.client.put_object(Bucket=self.owner.bucket, Key=key, Body=b"there")

    def empty(self):
        for key in {*OBJECTS, "open/new.txt"}:
            self.client.delete_object(Bucket=self.owner.bucket, Key=key)

    def put_policy(self, text):
        return self.send("owner", "PUT", "", {"policy": ""}, {"content-type": "application/json"}, text.encode())

    def clear(self):
        assert self.send("owner", "DELETE", "", {"policy": ""}, {}).is_success

    def ask(self, request):
        body = b"new" if request.method == "PUT" else None
        return self.send(request.who, request.method, request.key, request.query, request.headers, body)

    def send(self, who, method, key, query, headers, body=None):
        """The answer to a request of the owner, the stranger or nobody."""
        account = self.server.stranger if who == "stranger" else self.owner
        url = f"{self.server.endpoint}/{quote(account.bucket)}" + (f"/{quote(key)}" if key else "")
        if query:
            url += f"?{urlencode(query, quote_via=quote)}"
        headers = {"user-agent": AGENT} | headers
        if who == "anonymous":
            return send(method, url, body, headers)
        credentials = Credentials(account.access_key, account.secret_key)
        if who == "presigned":
            request = AWSRequest(method, url, dict(headers))
            S3SigV4QueryAuth(credentials, "s3", self.server.region, expires=600).add_auth(request)
        else:
            request = AWSRequest(method, url, dict(headers), body)
            S3SigV4Auth(credentials, "s3", self.server.region).add_auth(request)
        return send(method, request.url, body, headers | dict(request.headers.items()))


@pytest.fixture(scope="module")
def governed(server):
    if server.owner_arn is None:
        pytest.skip("the project's own bucket has no policies")
    bucket = Governed(server)
    yield bucket
    bucket.empty()


def policy(statements, bucket, owner, stranger):
    """The text of a policy, with the two users as a server or Countersign knows them."""
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    owners_root, strangers_account = f"{owner.rpartition(':')[0]}:root", stranger.split(":")[4]
    values = {"BUCKET": bucket, "OWNERROOT": owners_root, "OWNER": owner, "STRANGER": stranger, "ACCOUNT": strangers_account}
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def context(request):
    now = datetime.now(timezone.utc)
    known = {
        "aws:SourceIp": "127.0.0.1", "aws:SecureTransport": "false", "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now.timestamp())), "aws:UserAgent": request.headers.get("user-agent", AGENT),
    }
    for source, prefix, names in (
            (request.headers, "aws:", {"referer": "Referer"}), (request.headers, "s3:", {"x-amz-acl": "x-amz-acl"}),
            (request.query, "s3:", {"prefix": "prefix", "delimiter": "delimiter", "max-keys": "max-keys"})):
        known |= {prefix + key: source[name] for name, key in names.items() if name in source}
    if request.who != "anonymous":
        known |= {
            "aws:username": principal(request).rpartition("/")[2], "s3:signatureversion": "AWS4-HMAC-SHA256",
            "s3:authType": "REST-QUERY-STRING" if request.who == "presigned" else "REST-HEADER",
        }
    return known


def principal(request):
    return {"anonymous": "anonymous", "stranger": STRANGER}.get(request.who, OWNER)


def verdicts(statements, requests, bucket, folder):
    """What Countersign says to each: a user who is asked for a policy of his own has one that allows everything."""
    (folder / "policy.json").write_text(policy(statements, bucket, OWNER, STRANGER))
    lines = [
        {"action": action, "resource": f"arn:aws:s3:::{bucket}" + (f"/{request.key}" if request.key else ""),
         "principal": principal(request), "context": context(request)}
        for request in requests for action in request.actions
    ]
    (folder / "requests.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    run = countersign(
        "policy", "simulate", "--policy", str(folder / "policy.json"), "--requests", str(folder / "requests.jsonl"), "--format", "json",
        "--bucket-account", OWNERS_ACCOUNT)
    decisions = [json.loads(line)["decision"] for line in run.stdout.splitlines()]
    assert len(decisions) == len(lines), run.stderr
    found = iter(decision in ("allowed", "needsIdentityPolicy") for decision in decisions)
    return ["allowed" if all([next(found) for _ in request.actions]) else "denied" for request in requests]


def verdict(answer):
    """A server's, by its status; what is no verdict stays as it is."""
    if answer.is_success or answer.code == "NoSuchKey":
        return "allowed"
    return "denied" if answer.status == 403 else str(answer)


@pytest.mark.parametrize("name", CASES)
def test_a_server_decides_as_countersign_says(governed, check, name, tmp_path):
    statements, requests = CASES[name]
    expected = verdicts(statements, requests, governed.owner.bucket, tmp_path)
    put = governed.put_policy(policy(statements, governed.owner.bucket, governed.server.owner_arn, governed.server.stranger_arn))
    if not put.is_success:
        check(f"policy, {name}", put, "taken")
        return
    try:
        answers = [governed.ask(request) for request in requests]
    finally:
        governed.clear()
    check(f"policy, {name}", "taken", "taken")
    wrong = []
    for request, answer, each in zip(requests, answers, expected):
        try:
            check(f"policy, {name}: {request}", verdict(answer), each)
        except AssertionError as error:
            wrong.append(str(error))
    assert not wrong, "\n".join(wrong)
