"""Pages that ask for themselves: with a scoped token in the path, or with a JWT. The bucket is the project's own."""

import json

import pytest

from issuer import Issuer
from servers.local import Local
from sites import FOREIGN, PAGE, PREVIEW, STAGING, fetch, open_page, sites, upload
from test_cross_origin import UPLOAD_REQUEST
from wire import send

pytestmark = pytest.mark.parametrize("server", [Local], indirect=True, ids=["local"])


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with sites(tmp_path_factory.mktemp("sites")) as driver:
        yield driver


@pytest.fixture
def token(deployed):
    return deployed.scoped_token(origin=PAGE, subject="alice", bytes=10_000_000)


def sent(browser):
    """The requests that went over the network since this was last asked: the URL, and the fields as they were sent."""
    urls, fields = {}, {}
    for entry in browser.get_log("performance"):
        event = json.loads(entry["message"])["message"]
        if event["method"] == "Network.requestWillBeSent":
            urls[event["params"]["requestId"]] = event["params"]["request"]["url"]
        elif event["method"] == "Network.requestWillBeSentExtraInfo":
            fields[event["params"]["requestId"]] = {name.lower(): value for name, value in event["params"]["headers"].items()}
    return [(urls[each], fields[each]) for each in urls.keys() & fields.keys()]


def log_entries(deployed):
    return [json.loads(line) for line in deployed.service.program.log.read_text().splitlines()]


# MARK: Scoped tokens


def test_a_page_that_cannot_send_headers_uploads(browser, deployed, token, photo, screenshots):
    sent(browser)
    open_page(browser, PAGE, deployed.service.url, rule="avatars", endpoint=f"{deployed.service.url}/u/{token}")
    told = upload(browser, photo)
    browser.save_screenshot(str(screenshots / "scoped-token.png"))
    assert told["result"] == "stored", told
    assert told["key"].startswith("avatars/interop.alice/")
    assert deployed.run("get", told["key"]).body == photo.read_bytes()

    requests = sent(browser)
    asked = [fields for url, fields in requests if url.endswith(f"/u/{token}/v1/uploads")]
    stored = [fields for url, fields in requests if url.startswith(deployed.endpoint)]
    assert asked and stored, "the browser's log tells of neither"
    for fields in asked + stored:
        assert ("authorization" in fields, fields["referer"], token in str(fields)) == (False, f"{PAGE}/", False)


def test_a_tokens_secret_part_is_in_no_log_and_no_metric(browser, deployed, token, photo):
    open_page(browser, PAGE, deployed.service.url, rule="avatars", endpoint=f"{deployed.service.url}/u/{token}")
    assert upload(browser, photo)["result"] == "stored"
    assert fetch(browser, f"{deployed.service.url}/u/{token}/nonesuch")[0] == 404
    assert fetch(browser, f"{deployed.service.url}/u/{token}x/v1/rules")[0] == 401
    log = deployed.service.program.log.read_text()
    entries = [entry for entry in log_entries(deployed) if entry.get("caller") == "interop/alice"]
    assert {entry["route"] for entry in entries} == {"/v1/uploads"}
    metrics = send("GET", f"{deployed.service.url}/metrics").body.decode()
    for part in token.split(".")[1:]:
        assert part not in log and part not in metrics


def test_what_stands_under_a_token_tells_nobody_its_address(browser, deployed, token):
    """Even if somebody opens such a URL as a page, what is loaded from there gets no Referer."""
    browser.get(f"{deployed.service.url}/u/{token}/v1/rules")
    load = "const [url, done] = arguments; const image = new Image(); image.onload = image.onerror = () => done(); image.src = url;"
    browser.execute_async_script(load, f"{FOREIGN[0]}/chelsea.png?from-token")
    browser.get(f"{PAGE}/upload.html")
    browser.execute_async_script(load, f"{FOREIGN[0]}/chelsea.png?from-page")
    referers = {path: fields.get("Referer") for path, fields in browser.asked if "?from-" in path}
    assert referers == {"/chelsea.png?from-token": None, "/chelsea.png?from-page": f"{PAGE}/"}


@pytest.mark.parametrize("origin", [STAGING, PREVIEW])
def test_a_scoped_token_is_refused_to_pages_of_another_origin(browser, deployed, token, photo, origin):
    """They may call the service, and read why they are refused."""
    before = deployed.tickets()
    open_page(browser, origin, deployed.service.url, rule="avatars", endpoint=f"{deployed.service.url}/u/{token}")
    told = upload(browser, photo)
    assert (told["result"], told["code"], told["status"]) == ("refused", "origin_not_allowed", "403")
    assert token not in told["message"]
    assert deployed.tickets() == before


def test_a_foreign_page_with_a_scoped_token_gets_nothing_signed(browser, deployed, token):
    """Without headers there need be no preflight: then the service itself sees to it."""
    before = deployed.tickets()
    url = f"{deployed.service.url}/u/{token}/v1/uploads"
    for origin in FOREIGN:
        browser.get(f"{origin}/upload.html")
        assert fetch(browser, url, "POST", UPLOAD_REQUEST, {"content-type": "application/json"}) == ["TypeError", None]
        assert fetch(browser, url, "POST", UPLOAD_REQUEST, mode="no-cors") == ["opaque", ""]
    browser.get(f"{PAGE}/upload.html")
    assert fetch(browser, url, "POST", UPLOAD_REQUEST, mode="no-cors") == ["opaque", ""]
    assert deployed.tickets() == before, "a body that is not called JSON was taken"
    assert fetch(browser, url, "POST", UPLOAD_REQUEST, {"content-type": "application/json"})[0] == 201
    assert deployed.tickets() == before + 1


# MARK: JWTs


def test_a_page_with_a_jwt_uploads(browser, deployed, photo):
    open_page(browser, PAGE, deployed.service.url, rule="avatars", token=deployed.issuer.token())
    told = upload(browser, photo)
    assert told["result"] == "stored", told
    assert told["key"].startswith("avatars/auth0~")
    assert deployed.run("get", told["key"]).body == photo.read_bytes()


@pytest.mark.parametrize("make, says", [
    (lambda issuer: issuer.token(lifetime=-60), "expired"),
    (lambda issuer: issuer.token(aud="https://other.example.com"), "another audience"),
    (lambda issuer: Issuer().token(), "does not verify"),
], ids=["expired", "another audience", "another's key"])
def test_a_jwt_that_is_not_good_is_refused(browser, deployed, photo, make, says):
    before = deployed.tickets()
    open_page(browser, PAGE, deployed.service.url, rule="avatars", token=make(deployed.issuer))
    told = upload(browser, photo)
    assert (told["result"], told["status"], told["code"]) == ("refused", "401", "invalid_credentials"), told
    assert says in told["message"]
    assert deployed.tickets() == before


def test_browsers_ask_once_in_ten_minutes_whether_they_may(browser, deployed):
    browser.get(f"{PAGE}/upload.html")
    headers = {"authorization": f"Bearer {deployed.issuer.token(sub='once')}", "content-type": "application/json"}
    begun = len(log_entries(deployed))
    for _ in range(3):
        # The query keeps apart what earlier pages asked.
        assert fetch(browser, f"{deployed.service.url}/v1/uploads?once", "POST", UPLOAD_REQUEST, headers)[0] == 201
    methods = [entry["method"] for entry in log_entries(deployed)[begun:] if entry.get("route") == "/v1/uploads"]
    assert methods == ["OPTIONS", "POST", "POST", "POST"]


# MARK: What every answer says


@pytest.mark.parametrize("path, status", [
    ("/countersign.js", 200), ("/openapi.json", 200), ("/v1/rules", 401), ("/v1/uploads", 405), ("/nonesuch", 404), ("/health/live", 200)])
def test_every_answer_keeps_its_address_and_its_type(deployed, path, status):
    answer = send("GET", deployed.service.url + path, headers={"origin": PAGE})
    assert answer.status == status
    named = ("referrer-policy", "x-content-type-options", "vary", "access-control-allow-origin")
    assert [answer.headers.get(name) for name in named] == ["no-referrer", "nosniff", "Origin", PAGE]
    assert "access-control-allow-credentials" not in answer.headers
