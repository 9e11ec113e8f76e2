"""Chromium uploads from a page of one origin, with tickets from a second, to a bucket at a third; the bucket's CORS is the repository's."""

import hashlib
import json

import pytest

from sites import FOREIGN, PAGE, PREVIEW, PRODUCTION, fetch, open_page, sites, upload, use
from test_tickets import PIXEL
from wire import send


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with sites(tmp_path_factory.mktemp("sites")) as driver:
        yield driver


# Why a bucket does not let deploy previews in, though the rules of policies/staging do.
SHUT_TO_PREVIEWS = {
    "local": "countersign dev lets in the pages of this machine, and only them", "seaweedfs": "knows no * inside an origin's host"}


@pytest.mark.parametrize("origin, rule, method", [
    (PAGE, "avatars", "PUT"), (PAGE, "attachments", "POST"), (PREVIEW, "avatars", "PUT"), (PREVIEW, "attachments", "POST")])
def test_a_browser_uploads_across_origins(browser, bucket, photo, screenshots, origin, rule, method):
    if origin == PREVIEW and bucket.server.name in SHUT_TO_PREVIEWS:
        pytest.skip(SHUT_TO_PREVIEWS[bucket.server.name])
    open_page(browser, origin, bucket.service.url, rule=rule, token=bucket.keys["staging"])
    told = upload(browser, photo)
    name = "preview" if origin == PREVIEW else "cross-origin"
    browser.save_screenshot(str(screenshots / f"{name}-{bucket.server.name}-{method}.png"))
    assert (told["result"], told.get("method")) == ("stored", method), told
    assert len({origin, bucket.service.url, told["bucket"]}) == 3
    content = photo.read_bytes()
    assert told["etag"].strip('"') == hashlib.md5(content).hexdigest()
    assert bucket.run("get", told["key"]).body == content


def test_a_foreign_page_cannot_use_a_ticket(browser, bucket):
    """Not even one that it got hold of: the bucket's CORS rules are asked before a PUT. A form is sent without asking, as forms always
    were, and its answer kept from the page."""
    browser.get(f"{FOREIGN[0]}/upload.html")
    ticket, form = bucket.ticket("avatars", PIXEL), bucket.ticket("attachments", PIXEL)
    assert use(browser, ticket, PIXEL) == "TypeError"
    assert bucket.read(ticket).status == 404
    assert use(browser, form, PIXEL) == "TypeError"
    browser.get(f"{PAGE}/upload.html")
    assert use(browser, ticket, PIXEL) == 200
    assert bucket.read(ticket).body == PIXEL


UPLOAD_REQUEST = json.dumps({"rule": "avatars", "filename": "a.png", "size": len(PIXEL), "type": "image/png"}).encode()


def credentials(bucket):
    return {"content-type": "application/json", "authorization": f"Bearer {bucket.keys['staging']}"}


def preflight(bucket, origin):
    asked = {"origin": origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}
    return send("OPTIONS", f"{bucket.service.url}/v1/uploads", headers=asked)


@pytest.mark.parametrize("origin", [PAGE, PREVIEW])
def test_an_allowed_page_gets_a_ticket(browser, bucket, origin):
    browser.get(f"{origin}/upload.html")
    before = bucket.tickets()
    status, ticket = fetch(browser, f"{bucket.service.url}/v1/uploads", "POST", UPLOAD_REQUEST, credentials(bucket))
    assert (status, bucket.tickets()) == (201, before + 1), ticket
    answer = preflight(bucket, origin)
    assert (answer.status, answer.headers["access-control-allow-origin"], answer.headers["vary"]) == (204, origin, "Origin")
    assert answer.headers["access-control-max-age"] == "600"


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_foreign_page_gets_no_ticket_and_reads_nothing(browser, bucket, origin):
    """It holds a key that is good, and gets no further than the preflight; a program that skips it is refused before anything is signed."""
    browser.get(f"{origin}/upload.html")
    before = bucket.tickets()
    assert fetch(browser, f"{bucket.service.url}/v1/uploads", "POST", UPLOAD_REQUEST, credentials(bucket)) == ["TypeError", None]
    for path in ("/v1/rules", "/countersign.js", "/version", "/openapi.json"):
        assert fetch(browser, bucket.service.url + path) == ["TypeError", None]
    asked = preflight(bucket, origin)
    answer = send("POST", f"{bucket.service.url}/v1/uploads", UPLOAD_REQUEST, credentials(bucket) | {"origin": origin})
    assert (answer.status, json.loads(answer.body)["code"]) == (403, "origin_not_allowed")
    for each in (asked, answer):
        assert [name for name in each.headers if name.startswith("access-control-")] == []
        assert each.headers["vary"] == "Origin"
    assert bucket.tickets() == before


def test_a_page_of_another_environment_gets_no_further_than_its_preflight(browser, bucket):
    """A preflight tells nothing of the caller, so that it is answered for all environments; then the key says which one it is."""
    browser.get(f"{PRODUCTION}/upload.html")
    before = bucket.tickets()
    assert preflight(bucket, PRODUCTION).headers["access-control-allow-origin"] == PRODUCTION
    assert fetch(browser, f"{bucket.service.url}/v1/uploads", "POST", UPLOAD_REQUEST, credentials(bucket)) == ["TypeError", None]
    answer = send("POST", f"{bucket.service.url}/v1/uploads", UPLOAD_REQUEST, credentials(bucket) | {"origin": PRODUCTION})
    assert (answer.status, "access-control-allow-origin" in answer.headers) == (403, False)
    assert bucket.tickets() == before


def allows(answer, method, headers):
    """What a browser makes of the answer (Fetch standard, CORS-preflight fetch)."""
    named = [answer.headers.get(f"access-control-allow-{what}", "").lower().replace(" ", "").split(",") for what in ("methods", "headers")]
    return method.lower() in named[0] and all(header in named[1] for header in headers.split(",") if header)


USUAL = "content-type,if-none-match,x-amz-checksum-sha256,x-amz-meta-caption,content-disposition,cache-control"
FORBIDDEN = "403 AccessForbidden"


@pytest.mark.parametrize("what, origin, method, headers, expected", [
    ("PUT", PAGE, "PUT", USUAL, "200"), ("GET", PAGE, "GET", "", "200"), ("preview", PREVIEW, "PUT", USUAL, "200"),
    ("foreign origin", "https://evil.example.com", "PUT", USUAL, FORBIDDEN),
    ("origin that only begins so", PAGE + "0", "PUT", USUAL, FORBIDDEN),
    ("a wildcard's dots", "https://deploy-preview-42--example-app.netlify.app.evil.example.com", "PUT", USUAL, FORBIDDEN),
    ("DELETE", PAGE, "DELETE", "", FORBIDDEN), ("another header", PAGE, "PUT", "authorization", FORBIDDEN),
])
def test_preflights(bucket, check, what, origin, method, headers, expected):
    if bucket.server.name == "local" and ("preview" in origin or origin == PAGE + "0"):
        pytest.skip(SHUT_TO_PREVIEWS["local"])
    asked = {"origin": origin, "access-control-request-method": method} | (
        {"access-control-request-headers": headers} if headers else {})
    answer = send("OPTIONS", f"{bucket.endpoint}/{bucket.accounts[0].bucket}/avatars/x.png", headers=asked)
    check(f"preflight, {what}", answer if allows(answer, method, headers) or not answer.is_success else "200, for others", expected)
    assert answer.headers.get("access-control-allow-origin") == (origin if answer.is_success else None)
