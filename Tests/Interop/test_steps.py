"""The steps behind a ticket, at other people's servers: parts, completing, aborting, and what confirming finds."""

import hashlib
import json

import pytest

from wire import send

MEBIBYTE = 1 << 20
# With the rule's parts of 16 MiB: one, and the rest.
CONTENT = b"".join(bytes([index]) * MEBIBYTE for index in range(20))


class Film:
    """One upload in parts of the rule videos."""

    def __init__(self, deployed):
        self.deployed = deployed
        request = {"rule": "videos", "filename": "film.mp4", "size": len(CONTENT), "type": "video/mp4"}
        self.ticket = deployed.ask("/v1/uploads", request, "staging")
        self.parts = self.ticket["parts"]

    def content(self, part):
        start = (part["partNumber"] - 1) * self.ticket["partSize"]
        return CONTENT[start:start + self.ticket["partSize"]]

    def put(self, part, content=None):
        return send("PUT", part["url"], self.content(part) if content is None else content, part["headers"], self.deployed.address)

    def step(self, name, **more):
        headers = {"authorization": f"Bearer {self.deployed.keys['staging']}", "content-type": "application/json"}
        body = json.dumps({"grant": self.ticket["grant"]} | more).encode()
        answer = send("POST", f"{self.deployed.service.url}/v1/uploads/{name}", body, headers)
        return answer.status, json.loads(answer.body or "null")

    def unfinished(self):
        account = self.deployed.account("staging")
        return self.deployed.server.client(account).list_multipart_uploads(Bucket=account.bucket).get("Uploads", [])


@pytest.fixture
def film(deployed):
    return Film(deployed)


def test_parts_of_exactly_their_size_become_the_object(film):
    first, last = film.parts
    for wrong in (b"", film.content(last)[:-1], film.content(last) + b"x"):
        assert film.put(last, wrong).status == 403
    etags = [{"partNumber": part["partNumber"], "etag": film.put(part).headers["etag"]} for part in (last, first)]
    status, listed = film.step("list")
    assert (status, [part["size"] for part in listed["parts"]]) == (200, [16 * MEBIBYTE, 4 * MEBIBYTE])
    assert film.step("complete", parts=etags)[1]["code"] == "invalid_part_order"
    assert film.step("complete", parts=etags[1:])[1]["code"] == "parts_missing"
    assert film.step("confirm")[1]["code"] == "object_not_found"
    status, stored = film.step("complete", parts=etags[::-1])
    assert (status, stored["size"], stored["type"]) == (200, len(CONTENT), "video/mp4"), stored
    assert hashlib.sha256(film.deployed.read(film.ticket).body).digest() == hashlib.sha256(CONTENT).digest()
    # Again, when the answer was lost; and once more, to be sure.
    assert film.step("complete", parts=etags[::-1])[0] == 200
    assert film.step("confirm") == (200, stored)
    assert film.unfinished() == []


def test_an_abort_leaves_nothing(film):
    etag = film.put(film.parts[0]).headers["etag"]
    assert len(film.unfinished()) == 1
    assert [film.step("abort")[0] for _ in range(2)] == [204, 204]
    assert film.unfinished() == []
    parts = [{"partNumber": number, "etag": etag} for number in (1, 2)]
    assert film.step("complete", parts=parts)[1]["code"] == "upload_not_found"
    assert film.put(film.parts[0]).status == 404


def test_confirming_finds_what_was_put_in_an_objects_place(deployed):
    content = b"%PDF-1.7"
    request = {"rule": "documents", "filename": "a.pdf", "size": len(content), "type": "application/pdf"}
    film = Film(deployed)
    assert film.step("abort")[0] == 204
    film.ticket = deployed.ask("/v1/uploads", request, "staging")
    assert film.step("confirm")[1]["code"] == "object_not_found"
    assert deployed.use(film.ticket, content).is_success
    assert film.step("confirm")[1]["size"] == len(content)
    account = deployed.account("staging")
    place = {"Bucket": account.bucket, "Key": film.ticket["key"]}
    deployed.server.client(account).delete_object(**place)
    deployed.server.client(account).put_object(**place, Body=b"another", ContentType="text/html", IfNoneMatch="*")
    status, problem = film.step("confirm")
    assert (status, problem["code"]) == (409, "object_differs")
    assert {each["field"]: (each["expected"], each["actual"]) for each in problem["differences"]} == {
        "size": ("8", "7"), "type": ("application/pdf", "text/html")}
