"""Tickets of `countersign dev`, used from a program: the one request that each allows, and the ones that it does not."""

import base64
import hashlib
import json
import urllib.error
import urllib.request
import zlib

import pytest


def png():
    """The smallest picture: one pixel, 68 bytes or so."""
    def chunk(name, content):
        return len(content).to_bytes(4, "big") + name + content + zlib.crc32(name + content).to_bytes(4, "big")

    header = (1).to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


PIXEL = png().ljust(68, b"\0")


def http(method, url, body=None, headers=None):
    """Status and body; urllib adds Content-Length and nothing that S3 would have to find signed."""
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.fixture
def ask(dev):
    def run(**changes):
        request = {"rule": "avatars", "filename": "a.png", "size": len(PIXEL), "type": "image/png"} | changes
        status, body = http("POST", f"{dev.url}/v1/uploads", json.dumps(request).encode(), {"content-type": "application/json"})
        return status, json.loads(body)

    return run


@pytest.fixture
def ticket(ask):
    status, ticket = ask()
    assert status == 201, ticket
    return ticket


def use(ticket, body=PIXEL, url=None, **headers):
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {name.lower(): value for name, value in ticket["headers"].items()} | changed
    return http("PUT", url or ticket["url"], body, sent)


def test_a_ticket_is_used_once(ticket, dev):
    assert (ticket["method"], ticket["once"], ticket["environment"]) == ("PUT", True, "staging")
    status, body = use(ticket)
    assert status == 200, body
    assert dev.holds(PIXEL)
    status, body = use(ticket)
    assert (status, b"PreconditionFailed" in body) == (412, True)


def altered(url):
    return url[:-1] + ("0" if url[-1] != "0" else "1")


@pytest.mark.parametrize("misuse", [
    lambda ticket: use(ticket, PIXEL + b"!"),
    lambda ticket: use(ticket, PIXEL[:-1]),
    lambda ticket: use(ticket, content_type="image/jpeg"),
    lambda ticket: use(ticket, url=altered(ticket["url"])),
    lambda ticket: use(ticket, url=ticket["url"].replace(".png?", ".html?")),
    lambda ticket: use(ticket, url=ticket["url"].replace("X-Amz-Expires=", "X-Amz-Expires=9")),
    lambda ticket: use({**ticket, "headers": {k: v for k, v in ticket["headers"].items() if k.lower() != "if-none-match"}}),
    lambda ticket: use(ticket, x_amz_acl="public-read"),
    lambda ticket: http("GET", ticket["url"]),
    lambda ticket: http("DELETE", ticket["url"]),
], ids=["longer", "shorter", "type", "signature", "key", "expiry", "overwrite", "acl", "read", "delete"])
def test_any_other_use_is_forbidden_and_spends_nothing(ticket, misuse):
    status, body = misuse(ticket)
    assert status == 403, body
    assert use(ticket)[0] == 200


def test_a_checksum_binds_the_bytes(ask):
    sha256 = base64.b64encode(hashlib.sha256(PIXEL).digest()).decode()
    status, ticket = ask(sha256=sha256)
    assert status == 201
    status, body = use(ticket, PIXEL[:-1] + b"!")
    assert status == 400 and (b"BadDigest" in body or b"Checksum" in body or b"checksum" in body), body
    assert use(ticket)[0] == 200


@pytest.mark.parametrize("changes, field", [
    ({"type": "text/html"}, "type"), ({"type": "image/svg+xml"}, "type"), ({"size": 10**12}, "size"), ({"size": 0}, "size"),
    ({"rule": "nonesuch"}, "rule"),
])
def test_a_refusal_is_a_problem_that_names_the_field(ask, changes, field):
    status, problem = ask(**changes)
    assert 400 <= status < 500
    assert problem["status"] == status
    assert problem["field"] == field
    assert problem["detail"] and problem["code"] and problem["title"] and problem["instance"]


def test_a_hostile_file_name_stays_under_the_callers_prefix(ask):
    _, plain = ask()
    prefix = plain["key"].rsplit("/", 1)[0]
    for name in ("../../etc/passwd.png", "a/b/c.png", "\u202egnp.exe", "${filename}", "x\r\nx-amz-acl: public-read", "." * 200, "%2e%2e%2fa.png"):
        status, answer = ask(filename=name)
        if status == 201:
            assert answer["key"].rsplit("/", 1)[0] == prefix
            assert ".." not in answer["key"]
            assert use(answer)[0] == 200
        else:
            assert answer["field"] == "filename"


def test_the_rules_tell_what_a_page_needs(dev):
    status, body = http("GET", f"{dev.url}/v1/rules")
    answer = json.loads(body)
    assert (status, answer["environment"]) == (200, "staging")
    assert {rule["name"]: rule["method"] for rule in answer["rules"]} == {
        "avatars": "PUT", "documents": "PUT", "attachments": "POST", "videos": "MULTIPART"}
    for rule in answer["rules"]:
        assert rule.keys() >= {"contentTypes", "minimumSize", "maximumSize", "once", "lifetimeSeconds", "checksum", "metadata"}
        assert 0 <= rule["minimumSize"] <= rule["maximumSize"]
        assert rule["once"] == (rule["method"] != "POST")
