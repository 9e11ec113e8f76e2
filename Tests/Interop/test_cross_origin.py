"""Chromium uploads from a page of one origin, with tickets from a second, to a bucket at a third; the bucket's CORS is the repository's."""

import hashlib
import json
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from conftest import chromium
from programs import ROOT
from test_tickets import PIXEL
from wire import send

CORS = ROOT / "policies/staging/cors.json"
# Both are this machine, as the browser is told; the first is among the origins of policies/staging.
PAGE, FOREIGN = "http://localhost:3000", "http://foreign.example"


class Pages(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def browser():
    """One for which PAGE and FOREIGN lead to a server of the fixtures, whatever else listens on that port."""
    pages = ThreadingHTTPServer(("127.0.0.1", 0), partial(Pages, directory=Path(__file__).parent / "Fixtures"))
    threading.Thread(target=pages.serve_forever, args=[0.02], daemon=True).start()
    hosts = [f"MAP {urlsplit(origin).netloc} 127.0.0.1:{pages.server_port}" for origin in (PAGE, FOREIGN)]
    with chromium(f"--host-resolver-rules={', '.join(hosts)}") as driver:
        yield driver
    pages.shutdown()
    pages.server_close()


@pytest.fixture(scope="session")
def bucket(deployed):
    """The deployment, whose bucket for staging has that environment's CORS rules. `countersign dev` sees to it by itself."""
    if deployed.server.name != "local":
        account = deployed.accounts[0]
        deployed.server.client(account).put_bucket_cors(Bucket=account.bucket, CORSConfiguration=json.loads(CORS.read_text()))
    return deployed


def open_page(browser, deployed, rule):
    where = urlencode({"service": deployed.service.url, "rule": rule, "token": deployed.keys["staging"]})
    browser.get("about:blank")
    browser.get(f"{PAGE}/upload.html#{where}")
    WebDriverWait(browser, 60).until(lambda _: browser.find_elements(By.CSS_SELECTOR, "body[data-ready]"), "the page is not ready")


def outcome(browser):
    WebDriverWait(browser, 60).until(lambda _: browser.find_elements(By.CSS_SELECTOR, "#outcome[data-ended]"), "no end of the upload")
    return {each.get_attribute("id"): each.text for each in browser.find_elements(By.CSS_SELECTOR, "#outcome dd")}


@pytest.mark.parametrize("rule, method", [("avatars", "PUT"), ("attachments", "POST")])
def test_a_browser_uploads_across_origins(browser, bucket, photo, screenshots, rule, method):
    open_page(browser, bucket, rule)
    browser.find_element(By.ID, "file").send_keys(str(photo))
    told = outcome(browser)
    browser.save_screenshot(str(screenshots / f"cross-origin-{bucket.server.name}-{method}.png"))
    assert (told["result"], told.get("method")) == ("stored", method), told
    assert len({PAGE, bucket.service.url, told["bucket"]}) == 3
    content = photo.read_bytes()
    assert told["etag"].strip('"') == hashlib.md5(content).hexdigest()
    assert bucket.run("get", told["key"]).body == content


FETCH = """
const [url, method, headers, fields, body, done] = arguments;
const bytes = Uint8Array.from(body);
let content = bytes;
if (fields) {
  content = new FormData();
  for (const [name, value] of Object.entries(fields)) content.append(name, value);
  content.append('file', new Blob([bytes]));
}
fetch(url, { method, headers, body: content }).then((answer) => done(answer.status), (error) => done(error.name));
"""


def fetch(browser, ticket):
    return browser.execute_async_script(
        FETCH, ticket["url"], ticket["method"], ticket.get("headers", {}), ticket.get("fields"), list(PIXEL))


def test_a_foreign_page_cannot_use_a_ticket(browser, bucket):
    """Not even one that it got hold of: the bucket's CORS rules are asked before a PUT. A form is sent without asking, as forms always
    were, and its answer kept from the page."""
    browser.get(f"{FOREIGN}/upload.html")
    ticket, form = bucket.ticket("avatars", PIXEL), bucket.ticket("attachments", PIXEL)
    assert fetch(browser, ticket) == "TypeError"
    assert bucket.read(ticket).status == 404
    assert fetch(browser, form) == "TypeError"
    browser.get(f"{PAGE}/upload.html")
    assert fetch(browser, ticket) == 200
    assert bucket.read(ticket).body == PIXEL


def test_a_foreign_page_gets_no_ticket(browser, bucket):
    request = {"url": f"{bucket.service.url}/v1/uploads", "method": "POST", "headers": {
        "content-type": "application/json", "authorization": f"Bearer {bucket.keys['staging']}"}}
    browser.get(f"{FOREIGN}/upload.html")
    assert fetch(browser, request) == "TypeError"
    answer = send("POST", request["url"], b"{}", request["headers"] | {"origin": FOREIGN})
    assert (answer.status, "access-control-allow-origin" in answer.headers) == (403, False)


def allows(answer, method, headers):
    """What a browser makes of the answer (Fetch standard, CORS-preflight fetch)."""
    named = [answer.headers.get(f"access-control-allow-{what}", "").lower().replace(" ", "").split(",") for what in ("methods", "headers")]
    return method.lower() in named[0] and all(header in named[1] for header in headers.split(",") if header)


USUAL = "content-type,if-none-match,x-amz-checksum-sha256,x-amz-meta-caption,content-disposition,cache-control"
PREVIEW = "https://deploy-preview-42--example-app.netlify.app"
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
        pytest.skip("countersign dev lets in the pages of this machine, and only them")
    asked = {"origin": origin, "access-control-request-method": method} | (
        {"access-control-request-headers": headers} if headers else {})
    answer = send("OPTIONS", f"{bucket.endpoint}/{bucket.accounts[0].bucket}/avatars/x.png", headers=asked)
    check(f"preflight, {what}", answer if allows(answer, method, headers) or not answer.is_success else "200, for others", expected)
    assert answer.headers.get("access-control-allow-origin") == (origin if answer.is_success else None)
