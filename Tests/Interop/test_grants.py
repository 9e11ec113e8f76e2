"""What a grant is good for: at other instances of the service, after the end, in uploads that clients run by themselves, and with tags."""

import hashlib
import json
import re
import secrets
from itertools import cycle

import pytest

from wire import send

MEBIBYTE = 1 << 20
# With parts of 16 MiB: one, and the rest.
CONTENT = b"".join(bytes([index]) * MEBIBYTE for index in range(20))
PART_SIZE = 16 * MEBIBYTE


class Steps:
    """One upload of CONTENT, each of whose steps the next of these services is asked for."""

    def __init__(self, deployed, services=None, **request):
        self.deployed = deployed
        self.services = cycle(services or [deployed.service])
        self.ticket = self.ask("", 201, **{"size": len(CONTENT), "filename": "film.mp4", "type": "video/mp4"} | request)

    def answer(self, step, service=None, **body):
        headers = {"authorization": f"Bearer {self.deployed.keys['staging']}", "content-type": "application/json"}
        url = f"{(service or next(self.services)).url}/v1/uploads{step and '/' + step}"
        return send("POST", url, json.dumps(body).encode(), headers)

    def ask(self, step, expected, service=None, **body):
        answer = self.answer(step, service, **body)
        assert answer.status == expected, answer.body
        return json.loads(answer.body or "null")

    def step(self, name, expected=200, service=None, **body):
        return self.ask(name, expected, service, grant=self.ticket["grant"], **body)

    def perform(self, request, body=None):
        return send(request["method"], request["url"], body, request["headers"], self.deployed.address)

    def put(self, part, content=None):
        start = (part["partNumber"] - 1) * PART_SIZE
        return self.perform(part, CONTENT[start:start + PART_SIZE] if content is None else content)

    def read(self):
        return self.deployed.read(self.ticket).body

    def tags(self):
        account = self.deployed.account("staging")
        found = self.deployed.server.client(account).get_object_tagging(Bucket=account.bucket, Key=self.ticket["key"])
        return {tag["Key"]: tag["Value"] for tag in found["TagSet"]}

    def unfinished(self):
        account = self.deployed.account("staging")
        return self.deployed.server.client(account).list_multipart_uploads(Bucket=account.bucket).get("Uploads", [])


class Signed(Steps):
    """An upload that the client creates, completes and aborts by itself."""

    def __init__(self, deployed, services=None):
        super().__init__(deployed, services, rule="films")
        self.create()

    def create(self):
        answer = self.perform(self.ticket["create"], b"")
        assert answer.is_success, answer.body
        self.upload_id = re.search(rb"<UploadId>(.+)</UploadId>", answer.body)[1].decode()

    def steps(self, *numbers):
        return self.step("parts", uploadId=self.upload_id, partNumbers=list(numbers))

    def send_all(self):
        answers = [self.put(part) for part in self.steps(1, 2)["parts"]]
        assert all(answer.is_success for answer in answers), [answer.body for answer in answers]
        etags = [answer.headers["etag"] for answer in answers]
        parts = "".join(f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>" for number, etag in enumerate(etags, 1))
        return f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()

    def complete(self, parts):
        """S3 can answer 200 and then tell of an error."""
        answer = self.perform(self.steps(1)["complete"], parts)
        code = re.search(rb"<Error>.*<Code>(\w+)</Code>", answer.body, re.DOTALL)
        return f"{answer.status} {code[1].decode() if code else ''}".strip()


@pytest.fixture(scope="module")
def instances(deployed):
    """Two with the same secret, the second of which has a newer one before it, as in the middle of a rotation."""
    newer = f"{secrets.token_urlsafe(32)},{deployed.variables['COUNTERSIGN_SEALING_SECRET']}"
    second = deployed.instance("second")
    rotated = deployed.instance("rotated", COUNTERSIGN_SEALING_SECRET=newer)
    stranger = deployed.instance("stranger", COUNTERSIGN_SEALING_SECRET=secrets.token_urlsafe(32))
    yield deployed.service, second, rotated, stranger
    for each in (second, rotated, stranger):
        each.stop()


def test_two_instances_serve_alternate_steps(deployed, instances):
    first, second, rotated, stranger = instances
    film = Steps(deployed, [first, second, rotated], rule="videos")
    etags = []
    for number in (1, 2):
        (part,) = film.step("parts", partNumbers=[number])["parts"]
        etags.append({"partNumber": number, "etag": film.put(part).headers["etag"]})
        assert len(film.step("list")["parts"]) == number
    assert film.step("parts", 400, service=stranger, partNumbers=[1])["code"] == "grant_invalid"
    stored = film.step("complete", parts=etags)
    # Complete again, and confirm, at each of them.
    assert [film.step("complete", parts=etags) for _ in range(3)] == [stored] * 3
    assert [film.step("confirm") for _ in range(3)] == [stored] * 3
    assert hashlib.sha256(film.read()).digest() == hashlib.sha256(CONTENT).digest()
    assert film.unfinished() == []


def test_a_newer_secret_seals_and_the_older_opens(deployed, instances):
    first, _, rotated, _ = instances
    film = Steps(deployed, [rotated], rule="videos")
    assert film.step("list", 400, service=first)["code"] == "grant_invalid"
    film.step("abort", 204)
    assert film.unfinished() == []


def test_a_grant_of_a_finished_upload_buys_nothing_more(deployed):
    film = Steps(deployed, rule="videos")
    etags = [{"partNumber": part["partNumber"], "etag": film.put(part).headers["etag"]} for part in film.ticket["parts"]]
    film.step("complete", parts=etags)
    fresh = film.step("parts", partNumbers=[1, 2])["parts"]
    assert [film.put(part).status for part in film.ticket["parts"] + fresh] == [404] * 4
    assert film.step("list", 404)["code"] == "upload_not_found"
    film.step("abort", 204)
    # The object is still what it was.
    assert film.step("confirm")["size"] == len(CONTENT) and len(film.read()) == len(CONTENT)


def test_a_client_runs_an_upload_by_itself(deployed, check):
    film = Signed(deployed)
    first, last = film.steps(1, 2)["parts"]
    for wrong in (b"", CONTENT[PART_SIZE:-1], CONTENT[PART_SIZE:] + b"x"):
        assert film.put(last, wrong).status == 403
    assert film.perform(first | {"url": last["url"]}, CONTENT[:PART_SIZE]).status == 403
    parts = film.send_all()
    listed = film.perform(film.steps(1)["list"])
    assert [int(size) for size in re.findall(rb"<Size>(\d+)</Size>", listed.body)] == [PART_SIZE, 4 * MEBIBYTE]
    for step, more in (("complete", {"parts": [{"partNumber": 1, "etag": "x"}]}), ("abort", {}), ("list", {})):
        assert film.step(step, 409, **more)["code"] == "multipart_signed"
    assert film.complete(parts) == "200"
    assert hashlib.sha256(film.read()).digest() == hashlib.sha256(CONTENT).digest()
    assert film.step("confirm")["size"] == len(CONTENT)
    check("signed upload, complete twice", film.complete(parts), "200")
    assert film.unfinished() == []


def test_a_client_aborts_by_itself(deployed):
    film = Signed(deployed)
    film.send_all()
    assert len(film.unfinished()) == 1
    assert film.perform(film.steps(1)["abort"]).status == 204
    assert film.unfinished() == []
    assert film.step("confirm", 404)["code"] == "object_not_found"


def test_a_grant_used_for_two_uploads_stores_once(deployed, check):
    """Who creates uploads by itself can do so twice; the second one's completion finds the object."""
    film = Signed(deployed)
    assert film.complete(film.send_all()) == "200"
    film.create()
    parts = film.send_all()
    check("signed upload, a second one under the key", film.complete(parts), "412 PreconditionFailed")
    film.perform(film.steps(1)["abort"])
    assert film.unfinished() == []


def test_a_tampered_size_is_found(deployed, check):
    film = Steps(deployed, rule="videos")
    etags = [{"partNumber": part["partNumber"], "etag": film.put(part).headers["etag"]} for part in film.ticket["parts"]]
    film.step("complete", parts=etags)
    account = deployed.account("staging")
    client, place = deployed.server.client(account), {"Bucket": account.bucket, "Key": film.ticket["key"]}
    client.delete_object(**place)
    client.put_object(**place, Body=CONTENT[:-1], ContentType="video/mp4", IfNoneMatch="*")
    problem = film.step("confirm", 409)
    assert problem["code"] == "object_differs"
    assert problem["differences"] == [{"field": "size", "expected": str(len(CONTENT)), "actual": str(len(CONTENT) - 1)}]
    # Completing is over, and says so, rather than to take the other object for its own.
    answer = film.answer("complete", grant=film.ticket["grant"], parts=etags)
    check("complete, another object there", f"{answer.status} {json.loads(answer.body)['code']}", "404 upload_not_found")


def test_what_is_not_confirmed_has_a_tag(deployed):
    note = Steps(deployed, rule="reviewed", size=5, filename="a.txt", type="text/plain")
    assert deployed.use(note.ticket, b"bytes").is_success
    assert note.tags() == {"countersign": "unconfirmed"}
    assert note.step("confirm") == note.step("confirm")
    assert note.tags() == {"countersign": "confirmed"}


def test_completing_confirms_and_changes_the_tag(deployed):
    note = Steps(deployed, rule="reviewed", filename="a.txt", type="text/plain", method="MULTIPART")
    etags = [{"partNumber": part["partNumber"], "etag": note.put(part).headers["etag"]} for part in note.ticket["parts"]]
    note.step("complete", parts=etags)
    assert note.tags() == {"countersign": "confirmed"}
