"""Large files in parts from Chromium, over what happens on the way."""

import hashlib
import json
import time

import pytest

from conftest import CORS
from sites import PAGE, sites

MEBIBYTE = 1 << 20
# With the rule's parts of 16 MiB: twelve, and the rest.
SIZE = 200 * MEBIBYTE
PARTS = 13


@pytest.fixture
def browser(tmp_path):
    """One for each test: Chromium keeps what pages before had in memory, and sends no part of a file for which it has no room."""
    with sites(tmp_path) as driver:
        yield driver


START = """
const [service, token, rule, mebibytes, failing] = arguments;
const { upload, UploadControl } = await import(`${service}/countersign.js`);
const state = window.state = { parts: [], loaded: 0 };
const { open, send } = XMLHttpRequest.prototype;
XMLHttpRequest.prototype.open = function (method, url) {
  this.part = Number(new URL(url).searchParams.get('partNumber'));
  open.call(this, method, url);
};
XMLHttpRequest.prototype.send = function (body) {
  if (this.part) state.parts.push(this.part);
  send.call(this, body);
  if (this.part === failing && !state.hasFailed) {
    state.hasFailed = true;
    this.abort();
  }
};
const content = Array.from({ length: mebibytes }, (_, index) => new Uint8Array(1 << 20).fill(index));
const file = new File(content, 'film.mp4', { type: 'video/mp4', lastModified: 1 });
state.control = new UploadControl();
state.aborter = new AbortController();
const onProgress = ({ phase, loaded }) => Object.assign(state, { phase, loaded });
upload(file, { rule, endpoint: service, token, control: state.control, signal: state.aborter.signal, onProgress })
  .then((result) => { state.result = result; }, ({ name, code, message }) => { state.error = { name, code, message }; });
"""


class Upload:
    def __init__(self, browser, bucket, rule="videos", failing=None):
        self.browser = browser
        script = "const done = arguments[arguments.length - 1]; (async (...arguments) => {" + START + "})(...arguments).then(() => done())"
        browser.execute_async_script(script, bucket.service.url, bucket.keys["staging"], rule, SIZE // MEBIBYTE, failing)

    def state(self):
        return self.browser.execute_script(
            "const { parts, loaded, phase, result, error, hasFailed } = window.state;"
            "return { parts, loaded, phase, result, error, hasFailed, kept: localStorage.length };")

    def until(self, condition):
        for _ in range(1200):
            state = self.state()
            if condition(state):
                return state
            assert not state["error"], state
            time.sleep(0.1)
        raise AssertionError(f"the upload stays where it is: {state}")


def unfinished(bucket):
    account = bucket.account("staging")
    return bucket.server.client(account).list_multipart_uploads(Bucket=account.bucket).get("Uploads", [])


@pytest.mark.parametrize("rule", ["videos", "films"], ids=["assisted", "signed"])
def test_a_part_that_fails_and_a_reload_lose_nothing(browser, bucket, rule):
    browser.get(f"{PAGE}/upload.html")
    browser.execute_script("localStorage.clear()")
    before = Upload(browser, bucket, rule, failing=2).until(lambda state: state["loaded"] > SIZE * 2 // 5)
    assert before["hasFailed"] and before["parts"].count(2) <= 2
    browser.refresh()
    told = Upload(browser, bucket, rule).until(lambda state: state["result"])
    # What had arrived before the reload was not sent again; part 2 has been sent at last.
    assert 0 < len(told["parts"]) < PARTS and 2 in before["parts"][2:] + told["parts"]
    assert (told["kept"], told["result"]["confirmed"]["size"]) == (0, SIZE)
    expected = hashlib.sha256(b"".join(bytes([index]) * MEBIBYTE for index in range(SIZE // MEBIBYTE)))
    body = bucket.run("get", told["result"]["key"]).body
    assert (len(body), hashlib.sha256(body).hexdigest()) == (SIZE, expected.hexdigest())
    assert unfinished(bucket) == []


@pytest.fixture
def with_delete(bucket):
    """Pages may abort by themselves where the bucket's CORS rules name DELETE, as `countersign check` asks for a signed rule."""
    if bucket.server.name == "local":
        pytest.skip("countersign dev takes its CORS rules from the repository's policies, which have no signed rule")
    account = bucket.account("staging")
    client = bucket.server.client(account)
    usual = json.loads(CORS.read_text())
    rules = [rule | {"AllowedMethods": rule["AllowedMethods"] + ["DELETE"]} for rule in usual["CORSRules"]]
    client.put_bucket_cors(Bucket=account.bucket, CORSConfiguration={"CORSRules": rules})
    yield
    client.put_bucket_cors(Bucket=account.bucket, CORSConfiguration=usual)


def test_a_pause_stops_and_an_abort_leaves_nothing(browser, bucket):
    pause_and_abort(browser, bucket, "videos")


def test_a_page_aborts_by_itself(browser, bucket, with_delete):
    pause_and_abort(browser, bucket, "films")


def pause_and_abort(browser, bucket, rule):
    browser.get(f"{PAGE}/upload.html")
    upload = Upload(browser, bucket, rule)
    upload.until(lambda state: state["loaded"] > SIZE // 10)
    assert len(unfinished(bucket)) == 1
    browser.execute_script("window.state.control.pause()")
    upload.until(lambda state: state["phase"] == "paused")
    sent = len(upload.state()["parts"])
    time.sleep(1)
    assert len(upload.state()["parts"]) == sent
    browser.execute_script("window.state.control.resume()")
    upload.until(lambda state: len(state["parts"]) > sent)
    browser.execute_script("window.state.aborter.abort()")
    for _ in range(300):
        if state := upload.state()["error"]:
            break
        time.sleep(0.1)
    assert state["name"] == "AbortError" and upload.state()["kept"] == 0
    assert unfinished(bucket) == []
