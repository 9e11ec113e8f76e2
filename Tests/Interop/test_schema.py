"""schemathesis against the running service: no answer that /openapi.json does not document, and no 5xx but the documented 503. What it does
not come by is asked for: every documented answer comes, of each operation each status, and each code of a problem.
"""

import json
import os
import subprocess
import sys
import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import create_connection
from urllib.parse import quote, urlsplit

import pytest

from deployment import Deployment
from openapi import Document, recorded
from places import FOREIGN, PAGE, Asker, Places
from programs import Dev, clean
from servers import started
from servers.local import Local
from stand_in import Answer, s3_error
from test_recipes import recipe
from wire import send

TITLE = "Use it with Uppy, Rails, Shrine or better-upload"
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
CHECKS = {
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "unsupported_method", "allow_header_conformance",
}
EXAMPLES = os.environ.get("COUNTERSIGN_SCHEMA_EXAMPLES", "15")
"""How many random requests each operation gets, besides those of the schema's own values and of values that it does not allow."""


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    server = started(Local)
    places = Places(server, tmp_path_factory.mktemp("places"))
    places.document = Document(json.loads(send("GET", f"{places.at('usual')}/openapi.json").body))
    # Its grant ends after a minute, the shortest life that there is.
    places.brief = places.back(places.at("usual")).json("POST", "/v1/uploads", PHOTO | {"rule": "brief"}, "201")["grant"]
    places.brief_ends = time.monotonic() + 61
    yield places
    places.close()
    server.stop()


@pytest.fixture(scope="module")
def usual(places):
    return places.at("usual")


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """`countersign dev`, which alone has a page, and refuses what is not this machine's."""
    server = Dev(tmp_path_factory.mktemp("desk"))
    yield server
    server.stop()


@pytest.fixture(params=["back", "page"])
def who(request, places):
    """Who asks: a back end, or a page whose paths have a scoped token. Makes an asker of an instance's URL and a rule."""
    return getattr(places, request.param)


# MARK: schemathesis


@pytest.fixture(scope="module", params=[recipe(TITLE, "yaml"), ""], ids=["all dialects", "no dialect"])
def running(request, tmp_path_factory):
    server = started(Local)
    deployment = Deployment(server, tmp_path_factory.mktemp("schema"), dialects=request.param)
    # The paths of a dialect that nobody has switched on are not there, with any method.
    yield deployment, CHECKS if request.param else CHECKS - {"unsupported_method"}
    deployment.stop()
    server.stop()


@pytest.mark.parametrize("asker", ["a back end", "nobody", "a page"])
def test_every_answer_is_a_documented_one(running, places, tmp_path, asker):
    running, checks = running
    headers = {
        "a back end": ["-H", f"Authorization: Bearer {running.keys['staging']}"],
        "nobody": [],
        "a page": ["-H", f"Authorization: Bearer {running.issuer.token()}", "-H", "Origin: https://staging.example.com"],
    }[asker]
    # One worker: with several, CPython 3.11 loses count of its recursion now and then. The page at / is dev's alone.
    run = subprocess.run(
        [SCHEMATHESIS, "run", f"{running.service.url}/openapi.json", "--url", running.service.url, *headers,
         "--checks", ",".join(sorted(checks)), "--report", "har", "--report-har-path", tmp_path / "answers.har",
         "--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES, "--seed", "1", "--workers", "1", "--exclude-path", "/",
         "--continue-on-failure", "--suppress-health-check", "all", "--warnings", "off", "--no-color"],
        cwd=tmp_path, env=clean(), capture_output=True, text=True, timeout=140, check=False)
    print(run.stdout[-600:])
    # The keys are of this run alone, and schemathesis leaves them out of what it prints.
    assert run.returncode == 0, run.stdout[-12000:] + run.stderr[-2000:]
    statuses = {}
    for method, path, answer in recorded(tmp_path / "answers.har"):
        places.document.note(method, path, answer)
        statuses[answer.status] = statuses.get(answer.status, 0) + 1
    document = places.document
    print("answers by status:", dict(sorted(statuses.items())), f"{len(document.met)} of {len(document.statuses)} documented ones so far")
    assert not {status for status in statuses if status >= 500} - {503}


# MARK: Tickets

PHOTO = {"rule": "photos", "filename": "a.png", "size": 1000, "type": "image/png"}
VIDEO = {"rule": "videos", "filename": "a.mp4", "size": 1000, "type": "video/mp4"}
TWO_PARTS = VIDEO | {"size": 6 << 20}
CONTENT = b"x" * 1000
TOO_LONG = {"caption": "x" * 2100}


def test_tickets(who, usual):
    photos = who(usual, "photos")
    photos.ask("POST", "/v1/uploads", PHOTO, "201")
    for changes, expected in [
        ({"rule": None}, "400 missing_field"), ({"rule": 5}, "400 wrong_type"), ({"other": 1}, "400 unknown_field"),
        ({"filename": ""}, "400 invalid_filename"), ({"type": "image"}, "400 invalid_type"), ({"size": -1}, "400 invalid_size"),
        ({"sha256": "x"}, "400 invalid_checksum"), ({"metadata": {"caption": "\u00fc"}}, "400 invalid_metadata"),
        ({"rule": "nothing"}, "404 unknown_rule"), ({"size": 2 << 20}, "413 too_large"), ({"type": "text/html"}, "415 type_not_allowed"),
        ({"method": "POST"}, "422 method_not_allowed"), ({"size": None}, "422 size_required"), ({"size": 5}, "422 too_small"),
        ({"metadata": {"other": "x"}}, "422 metadata_not_allowed"), ({"metadata": TOO_LONG}, "422 metadata_too_large"),
    ]:
        photos.ask("POST", "/v1/uploads", PHOTO | changes, expected)
    photos.ask("POST", "/v1/uploads", b"{", "400 malformed_json")
    who(usual, "hashed").ask("POST", "/v1/uploads", PHOTO | {"rule": "hashed"}, "422 checksum_required")
    photos.ask("GET", "/v1/rules", expected="200")
    photos.ask("POST", "/v1/uploads/batch", {"uploads": [PHOTO, PHOTO | {"size": 5}]}, "200")
    photos.ask("POST", "/v1/uploads/batch", {"uploads": []}, "400 invalid_batch")


def test_bodies_that_break_off(who, usual):
    who(usual, "photos").raw(
        "POST", "/v1/uploads", "content-type: application/json", "transfer-encoding: chunked", body=b"zz\r\n",
        expected="400 malformed_body")


def test_what_a_page_may_ask(places, usual):
    places.page(usual, bytes=1500).ask("POST", "/v1/uploads", PHOTO, "201")
    short = places.page(usual, bytes=500)
    short.ask("POST", "/v1/uploads", PHOTO, "403 byte_budget_exhausted")
    bearer = {"authorization": f"Bearer {short.prefix.removeprefix('/u/')}", "origin": PAGE}
    Asker(places.document, usual, headers=bearer).ask("POST", "/v1/downloads", {"key": "photos/x"}, "403 scope_too_narrow")
    holder = places.holder(usual)
    holder.ask("POST", "/v1/uploads", PHOTO, "201")
    holder.ask("POST", "/v1/uploads", VIDEO, "403 rule_not_allowed")
    holder.ask("POST", "/v1/tokens", {"rule": "photos", "origin": PAGE}, "403 api_key_required")


def test_tokens(places, usual):
    back = places.back(usual)
    asked = {"rule": "photos", "origin": PAGE}
    back.ask("POST", "/v1/tokens", asked, "201")
    for changes, expected in [
        ({"rule": "nothing"}, "404 unknown_rule"), ({"bytes": 0}, "400 invalid_budget"), ({"subject": ""}, "400 invalid_subject")]:
        back.ask("POST", "/v1/tokens", asked | changes, expected)
    without = places.at("no tokens", {"COUNTERSIGN_TOKEN_SECRET": None})
    places.back(without).ask("POST", "/v1/tokens", asked, "404 tokens_not_configured")


def test_downloads(places, usual):
    back = places.back(usual)
    fleeting = back.json("POST", "/v1/uploads", PHOTO | {"rule": "fleeting"}, "201")
    back.ask("POST", "/v1/downloads", {"key": fleeting["key"]}, "200")
    back.ask("POST", "/v1/downloads", {"grant": fleeting["grant"]}, "200")
    back.ask("POST", "/v1/downloads", {"key": "elsewhere/a.png"}, "403 key_not_allowed")
    later = places.back(places.at("later", fleeting="another"))
    later.ask("POST", "/v1/downloads", {"grant": fleeting["grant"]}, "404 unknown_rule")
    places.back(usual, environment="production").ask("POST", "/v1/downloads", {"key": "photos/x"}, "403 downloads_not_allowed")


# MARK: Steps


def put(step, content=CONTENT):
    answer = send("PUT", step["url"], content, step.get("headers"))
    assert answer.is_success, answer.body
    return answer.headers.get("etag")


def occupy(places, key):
    """Puts another object under that key, as whoever holds the bucket's credentials can."""
    account = places.server.accounts[0]
    places.server.client(account).put_object(Bucket=account.bucket, Key=key, Body=b"another", ContentType="text/plain", IfNoneMatch="*")


def test_steps(who, usual):
    videos = who(usual, "videos")
    ticket = videos.json("POST", "/v1/uploads", VIDEO, "201")
    grant = {"grant": ticket["grant"]}
    (part,) = videos.json("POST", "/v1/uploads/parts", grant | {"partNumbers": [1]}, "200")["parts"]
    videos.ask("POST", "/v1/uploads/confirm", grant, "404 object_not_found")
    parts = [{"partNumber": 1, "etag": put(part)}]
    videos.ask("POST", "/v1/uploads/list", grant, "200")
    videos.ask("POST", "/v1/uploads/complete", grant | {"parts": parts}, "200")
    videos.ask("POST", "/v1/uploads/confirm", grant, "200")
    videos.ask("POST", "/v1/uploads/list", grant, "404 upload_not_found")
    videos.ask("POST", "/v1/uploads/abort", grant, "204")


def test_steps_in_the_wrong_order(who, usual):
    videos = who(usual, "videos")
    grant = {"grant": videos.json("POST", "/v1/uploads", TWO_PARTS, "201")["grant"]}
    first, second = ({"partNumber": number, "etag": "x"} for number in (1, 2))
    for parts, expected in [
        ([second, first], "400 invalid_part_order"), ([first, first], "400 invalid_part_number"), ([], "400 invalid_part_count"),
        ([first | {"etag": "<"}], "400 invalid_etag"), ([first], "422 parts_missing"),
    ]:
        videos.ask("POST", "/v1/uploads/complete", grant | {"parts": parts}, expected)
    videos.ask("POST", "/v1/uploads/parts", grant | {"partNumbers": [3]}, "400 invalid_part_number")
    videos.ask("POST", "/v1/uploads/abort", grant, "204")
    videos.ask("POST", "/v1/uploads/complete", grant | {"parts": [first, second]}, "404 upload_not_found")


def test_grants_that_fit_no_step(who, usual):
    photos, films = who(usual, "photos"), who(usual, "films")
    more = {"parts": {"partNumbers": [1]}, "list": {}, "complete": {"parts": [{"partNumber": 1, "etag": "x"}]}, "abort": {}}
    single = {"grant": photos.json("POST", "/v1/uploads", PHOTO, "201")["grant"]}
    own = {"grant": films.json("POST", "/v1/uploads", VIDEO | {"rule": "films"}, "201")["grant"]}
    for step, members in more.items():
        photos.ask("POST", f"/v1/uploads/{step}", single | members, "409 not_multipart")
        films.ask("POST", f"/v1/uploads/{step}", own | members, "400 invalid_upload_id" if step == "parts" else "409 multipart_signed")


def test_another_object_in_the_place(who, places, usual):
    photos, videos = who(usual, "photos"), who(usual, "videos")
    ticket = photos.json("POST", "/v1/uploads", PHOTO, "201")
    occupy(places, ticket["key"])
    photos.ask("POST", "/v1/uploads/confirm", {"grant": ticket["grant"]}, "409 object_differs")
    ticket = videos.json("POST", "/v1/uploads", VIDEO, "201")
    parts = [{"partNumber": 1, "etag": put(ticket["parts"][0])}]
    occupy(places, ticket["key"])
    videos.ask("POST", "/v1/uploads/complete", {"grant": ticket["grant"], "parts": parts}, "412 object_exists")


def test_grants_of_others(places, usual):
    back = places.back(usual)
    foreign = places.back(usual, environment="production").json("POST", "/v1/uploads", PHOTO, "201")["grant"]
    pages = places.page(usual).json("POST", "/v1/uploads", PHOTO, "201")["grant"]
    for grant, expected in [
        ("x", "400 grant_invalid"), (pages, "403 grant_other_caller"), (foreign, "403 grant_other_environment")]:
        back.ask("POST", "/v1/uploads/list", {"grant": grant}, expected)


# MARK: Dialects


def test_uppy_sends_forms(who, places, usual):
    uppy = who(usual, "forms")
    file = "filename=a.png&type=image/png"
    uppy.ask("GET", f"/s3/params?{file}", expected="200")
    uppy.ask("GET", "/s3/params", expected="400 missing_field")
    uppy.ask("GET", "/s3/params?filename=%zz", expected="400 malformed_query")
    uppy.ask("GET", f"/s3/params?{file.replace('image/png', 'text/html')}", expected="415 type_not_allowed")
    long = quote(TOO_LONG["caption"])
    who(usual, "forms").ask("GET", f"/s3/params?{file}&metadata[caption]={long}", expected="422 metadata_too_large")
    who(usual, "forms").ask("POST", "/s3/presign", {"method": "PUT", "key": "a.png", "contentType": "image/png"}, "200")
    uppy.ask("POST", "/s3/presign", {"method": "PATCH", "key": "a.png"}, "400 invalid_step")
    # No other store than AWS compares an upload's size when its client completes it.
    uppy.ask("POST", "/s3/presign", {"method": "POST", "key": "a.png", "contentType": "image/png"}, "422 method_not_allowed")


def test_uppy_sends_parts(who, places):
    uppy = who(places.at("uppy sends videos", uppy="videos"), "videos")
    file = {"filename": "a.mp4", "type": "video/mp4"}
    upload, key = begun(uppy, file)
    uppy.ask("GET", upload, expected="200")
    uppy.ask("GET", f"{upload}/batch?partNumbers=1,2", expected="200")
    tag = put(uppy.json("GET", f"{upload}/1", expected="200"))
    uppy.ask("GET", f"{upload}?key=another", expected="403 key_not_allowed")
    uppy.ask("POST", f"{upload}/complete", {"parts": [{"PartNumber": 1, "ETag": "another"}]}, "422 parts_missing")
    uppy.ask("POST", f"{upload}/complete?key={quote(key)}", {"parts": [{"PartNumber": 1, "ETag": tag}]}, "200")
    uppy.ask("GET", upload, expected="404 upload_not_found")
    uppy.ask("DELETE", upload, expected="200")
    uppy.ask("POST", "/s3/multipart", file | {"metadata": TOO_LONG}, "422 metadata_too_large")

    uppy = who(uppy.url, "videos")
    upload, key = begun(uppy, file)
    tag = put(uppy.json("GET", f"{upload}/1", expected="200"))
    occupy(places, key)
    uppy.ask("POST", f"{upload}/complete", {"parts": [{"PartNumber": 1, "ETag": tag}]}, "412 object_exists")


def begun(uppy, file):
    """The path and the key of an upload; a page's token has the bytes for one, since it may be as large as the rule allows."""
    answer = uppy.json("POST", "/s3/multipart", file, "200")
    return f"/s3/multipart/{quote(answer['uploadId'], safe='')}", answer["key"]


def test_uppy_with_a_grant_of_no_parts(who, usual):
    photos = who(usual, "photos")
    upload = f"/s3/multipart/{quote(photos.json('POST', '/v1/uploads', PHOTO, '201')['grant'], safe='')}"
    photos.ask("GET", upload, expected="409 not_multipart")
    photos.ask("DELETE", upload, expected="409 not_multipart")
    photos.ask("GET", f"{upload}/1", expected="409 not_multipart")
    photos.ask("GET", f"{upload}/batch?partNumbers=1", expected="409 not_multipart")
    photos.ask("POST", f"{upload}/complete", {"parts": [{"PartNumber": 1, "ETag": "x"}]}, "409 not_multipart")


def test_shrine(who, usual):
    forms = who(usual, "forms")
    file = "/presign?filename=a.png&type=image/png"
    for path, expected in [
        (f"{file}&size=5", "422 too_small"), (f"{file}&size=100000000", "413 too_large"), (f"{file}&size=x", "400 wrong_type"),
        (file.replace("image/png", "text/html"), "415 type_not_allowed"), (file, "200")]:
        forms.ask("GET", path, expected=expected)


def test_active_storage(who, usual):
    photos = who(usual, "photos")
    blob = {"filename": "a.png", "byte_size": 1000, "content_type": "image/png", "checksum": b64encode(bytes(16)).decode()}
    for changes, expected in [({}, "200"), ({"byte_size": 5}, "422 too_small"), ({"checksum": "x"}, "400 invalid_checksum")]:
        photos.ask("POST", "/rails/active_storage/direct_uploads", {"blob": blob | changes}, expected)


def test_better_upload(who, places, usual):
    photos = who(usual, "photos")
    file = {"name": "a.png", "size": 1000, "type": "image/png"}
    for changes, expected in [({}, "200"), ({"size": 5}, "422 too_small"), ({"size": 2 << 20}, "413 too_large")]:
        photos.ask("POST", "/upload", {"route": "photos", "files": [file | changes]}, expected)
    photos.ask("POST", "/upload", {"route": "photos", "files": []}, "400 invalid_batch")
    who(places.at("no dialects", dialects=False), "photos").ask("POST", "/upload", {"route": "photos", "files": [file]}, "404 not_found")


# MARK: Stores that fail


@pytest.fixture
def broken(places):
    """An instance whose store refuses everything; a test may have it answer otherwise."""
    places.store.answer = lambda request: s3_error(400, "InvalidRequest")
    return places.at("broken", endpoint=places.store.url)


def test_a_store_that_refuses(who, usual, broken):
    videos = who(usual, "videos")
    grant = {"grant": videos.json("POST", "/v1/uploads", VIDEO, "201")["grant"]}
    videos.url = broken
    videos.ask("POST", "/v1/uploads", VIDEO, "502 store_refused")
    for step, more in [("list", {}), ("complete", {"parts": [{"partNumber": 1, "etag": "x"}]}), ("abort", {}), ("confirm", {})]:
        videos.ask("POST", f"/v1/uploads/{step}", grant | more, "502 store_refused")


def test_a_store_that_refuses_uppy(who, usual, broken):
    uppy = who(usual, "forms")
    upload, _ = begun(uppy, {"filename": "a.png", "type": "image/png"})
    presign = later_step(who, usual)
    uppy.url = presign.url = broken
    for method, path in [("GET", upload), ("DELETE", upload)]:
        uppy.ask(method, path, expected="502 store_refused")
    uppy.ask("POST", f"{upload}/complete", {"parts": [{"PartNumber": 1, "ETag": "x"}]}, "502 store_refused")
    who(broken, "forms").ask("POST", "/s3/multipart", {"filename": "a.png", "type": "image/png"}, "502 store_refused")
    presign.ask("POST", "/s3/presign", presign.step, "502 store_refused")


def later_step(who, usual):
    """Uppy that completes an upload by itself; its `step` has a key that was issued."""
    uppy = who(usual, "forms")
    key = uppy.json("POST", "/s3/presign", {"method": "PUT", "key": "a.png", "contentType": "image/png"}, "200")["key"]
    uppy.step = {"method": "POST", "key": key, "uploadId": "some"}
    return uppy


PART = "<ListPartsResult><Part><PartNumber>1</PartNumber><Size>1</Size><ETag>&quot;x&quot;</ETag></Part></ListPartsResult>"


def test_parts_that_keep_coming(who, places, usual, broken):
    """They are too small together, so that the upload is aborted, and are there after each attempt to."""
    uppy = who(usual, "forms")
    upload, _ = begun(uppy, {"filename": "a.png", "type": "image/png"})
    presign = later_step(who, usual)
    listed = Answer(200, PART, {"content-type": "application/xml"})
    places.store.answer = lambda request: Answer(204) if request.method == "DELETE" else listed
    uppy.url = presign.url = broken
    presign.ask("POST", "/s3/presign", presign.step, "409 upload_busy")
    uppy.ask("DELETE", upload, expected="409 upload_busy")


def test_a_store_that_is_away(places, broken):
    places.back(places.at("nowhere", endpoint=places.nowhere())).ask("POST", "/v1/uploads", VIDEO, "502 store_unreachable")
    places.store.answer = lambda request: s3_error(503, "SlowDown")
    places.back(broken).ask("POST", "/v1/uploads", VIDEO, "503 store_busy")


# MARK: Services that cannot answer


def test_nothing_to_sign_with(places):
    account = places.server.accounts[0].variables("COUNTERSIGN_STAGING_")
    container = {"COUNTERSIGN_STAGING_AWS_CONTAINER_CREDENTIALS_FULL_URI": places.nowhere()}
    without = places.at("no credentials", dict.fromkeys(account) | container)
    places.back(without).ask("POST", "/v1/uploads", PHOTO, "503 environment_unavailable")
    places.nobody(without).ask("GET", "/health/ready", expected="503")
    soon = (datetime.now(UTC) + timedelta(seconds=50)).strftime("%Y-%m-%dT%H:%M:%SZ")
    ending = {"COUNTERSIGN_STAGING_AWS_SESSION_TOKEN": "t", "COUNTERSIGN_STAGING_AWS_CREDENTIAL_EXPIRATION": soon}
    places.back(places.at("ending", ending)).ask("POST", "/v1/uploads", PHOTO, "503 credentials_expiring")


def test_keys_that_are_not_here(places):
    away = places.at("no keys", keys=f"{places.nowhere('https')}/jwks.json")
    places.holder(away).ask("POST", "/v1/uploads", PHOTO, "503 issuer_unavailable")


# MARK: What every operation answers


class Sample:
    """A request to each operation, by whoever may ask; what a test changes about it decides the answer."""

    def __init__(self, places, operation):
        self.operation = operation
        self.method, template = operation.split(" ")
        self.is_mounted = template.startswith("/u/")
        self.path = template.removeprefix("/u/{token}").replace("{partNumber}", "1")
        self.document = places.document
        self.by = places.page if self.is_mounted else places.back
        self.told = places.document.operations[operation]
        self.statuses = places.document.responses(operation)
        self.needs_caller = 401 in self.statuses
        self.has_body = "requestBody" in self.told

    def ask(self, url, expected, by=None, **headers):
        asker = by or self.by(url, "videos")
        path = self.path
        if "{uploadId}" in path:
            # The grant of whoever asks; whoever is refused before that has none.
            grant = asker.grant if hasattr(asker, "grant") else "x"
            path = path.replace("{uploadId}", quote(grant, safe=""))
        body = (b"" if "content_length" in headers else b"{}") if self.has_body else None
        return asker.ask(self.method, path, body, expected, **headers)


@pytest.fixture(scope="module")
def samples(places):
    """All but the page, which is dev's."""
    return [Sample(places, operation) for operation in sorted(places.document.operations) if operation != "GET /"]


@pytest.fixture(scope="module")
def holders(places, usual):
    """Who holds a grant of an upload in parts: a back end, and a page; at whichever instance."""
    def made(sample, url):
        asker = sample.by(usual, "videos")
        asker.grant = asker.json("POST", "/v1/uploads", VIDEO, "201")["grant"]
        asker.url = url
        return asker
    return made


def test_who_may_not_ask(places, samples, usual):
    for sample in (sample for sample in samples if sample.needs_caller):
        stranger = Asker(places.document, usual, prefix="/u/nonsense") if sample.is_mounted else places.nobody(usual)
        sample.ask(usual, "401", by=stranger)
        sample.ask(usual, "403 origin_not_allowed", origin=FOREIGN)
        two = {"authorization": "Bearer csk_x"} if sample.is_mounted else {"x_api_key": "csk_x"}
        sample.ask(usual, "400 conflicting_credentials", **two)
    places.back(usual).ask("PUT", "/v1/uploads", PHOTO, "405 http_method_not_allowed")
    places.back(usual).ask("GET", "/nowhere", expected="404 not_found")


def test_dialects_that_are_off(places, samples):
    for sample in (sample for sample in samples if 404 in sample.statuses and "not_found" in sample.statuses[404]["x-codes"]):
        sample.ask(None, "404 not_found", by=sample.by(places.at("usual"), environment="production"))


def test_bodies_that_are_none(samples, usual, holders):
    for sample in (sample for sample in samples if sample.has_body):
        holder = holders(sample, usual)
        sample.ask(usual, "415 unsupported_media_type", by=holder, content_type="text/plain")
        sample.ask(usual, "413 body_too_large", by=holder, content_length=str(2 << 20))


def test_bodies_that_do_not_arrive(places, samples, holders):
    slow = places.at("slow", {"COUNTERSIGN_BODY_DEADLINE": "1"})
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(sample.ask, slow, "408 request_timeout", by=holders(sample, slow), content_length="10")
                 for sample in samples if sample.has_body]
        for each in asked:
            each.result(30)


def unfinished(asker, count=1):
    """That many requests under way, whose bodies never arrive."""
    with ExitStack() as stack:
        for _ in range(count):
            address = urlsplit(asker.url)
            connection = stack.enter_context(create_connection((address.hostname, address.port), timeout=30))
            connection.sendall(asker.head("POST", "/v1/uploads", "content-type: application/json", "content-length: 10"))
        return stack.pop_all()


def until(answer, seconds=20):
    """Asks until the answer has come."""
    end = time.monotonic() + seconds
    while not answer():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_more_at_one_time_than_the_service_takes(places, samples):
    full = places.at("full", {"COUNTERSIGN_MAX_IN_FLIGHT": "1", "COUNTERSIGN_BODY_DEADLINE": "120"})
    with unfinished(places.back(full)):
        until(lambda: send("GET", f"{full}/version").status == 503)
        for sample in (sample for sample in samples if 503 in sample.statuses and not sample.path.startswith("/health")):
            sample.ask(full, "503 overloaded")


def test_what_everybody_gets(places, samples, usual):
    for sample in (sample for sample in samples if not sample.needs_caller):
        answer = sample.ask(usual, "200", by=places.nobody(usual))
        if 304 in sample.statuses:
            sample.ask(usual, "304", by=places.nobody(usual), if_none_match=answer.headers["etag"])


def test_what_dev_refuses(places, samples, desk):
    own = Asker(places.document, desk.url)
    etag = own.ask("GET", "/", expected="200").headers["etag"]
    own.ask("GET", "/", expected="304", if_none_match=etag)
    for sample in [*samples, Sample(places, "GET /")]:
        anybody = Asker(places.document, desk.url, prefix="/u/x" if sample.is_mounted else "")
        sample.ask(desk.url, "421 host_not_allowed", by=anybody, host="elsewhere.example.org")
        sample.ask(desk.url, "403 origin_not_allowed", by=anybody, origin=FOREIGN)
    # As many requests as a service works on that was told nothing else.
    with unfinished(own, 256):
        until(lambda: send("GET", f"{desk.url}/version").status == 503)
        own.ask("GET", "/", expected="503 overloaded")


def test_more_often_than_an_address_may_ask(places, samples):
    often = places.at("often", {"COUNTERSIGN_ADDRESS_REQUESTS": "1"})
    for sample in (sample for sample in samples if 429 in sample.statuses):
        asker = sample.by(often, "videos")
        until(lambda: sample.ask(often, None, by=asker).status == 429)
    # What everybody may read is not counted.
    assert send("GET", f"{often}/health/live").status == 200


def test_more_than_uploads_may_take(who, places):
    few = who(places.at("few open", limits="{caller: {openUploads: 1}}"), "photos")
    few.ask("POST", "/v1/uploads", PHOTO, "201")
    few.ask("POST", "/v1/uploads", PHOTO, "429 too_many_open_uploads")
    # As much as the largest file of a rule has.
    day = who(places.at("few bytes", limits="{caller: {bytesPerDay: 1 GiB}}"), "videos")
    ticket = day.json("POST", "/v1/uploads", VIDEO | {"size": 1 << 30}, "201")
    day.ask("POST", "/v1/uploads", VIDEO, "429 daily_bytes_exhausted")
    day.ask("POST", "/v1/uploads/abort", {"grant": ticket["grant"]}, "204")
    who(day.url, "videos").ask("POST", "/v1/uploads", VIDEO, "201")


def test_a_grant_that_has_ended(places, usual):
    time.sleep(max(0, places.brief_ends - time.monotonic()))
    places.back(usual).ask("POST", "/v1/uploads/confirm", {"grant": places.brief}, "403 grant_expired")


def test_every_documented_answer_came(places):
    """The last test here, since it counts what all others met."""
    document = places.document
    missing = sorted(f"{operation} {status}" for operation, status in document.statuses - document.met)
    unmet = sorted(document.codes - {code for *_, code in document.came})
    coded = document.coded
    print(f"{len(document.met)} of {len(document.statuses)} documented answers came, with {len(coded & document.came)} of {len(coded)} codes")
    assert (missing, unmet) == ([], []), f"documented, but not met: {missing}, and of the codes {unmet}"
