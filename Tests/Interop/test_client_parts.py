"""countersign.js sending in parts, in a real browser, against a service and a bucket that fail on purpose."""

import json
import threading
import time

import pytest

from stand_in import NEVER_EXPIRES, Answer, PartsStandIn, problem, s3_error

CONTENT = b"eleven byte"
PARTS = [b"elev", b"en b", b"yte"]
LONG_AGO = "2001-01-01T00:00:00Z"

# Uploads go on in the page while a test looks at it; each has a name.
START = """
const [name, options, done] = arguments;
const { upload, UploadControl } = await import('/countersign.js');
window.uploads ??= {};
const state = window.uploads[name] = { phases: [], loaded: [], tickets: [], aborter: new AbortController(), control: new UploadControl() };
const onProgress = ({ phase, loaded }) => {
  if (state.phases.at(-1) !== phase) state.phases.push(phase);
  state.loaded.push(loaded);
};
const onTicket = ({ key }) => {
  state.tickets.push(key);
  window.dispatchEvent(new Event('ticket'));
};
const file = new File(['eleven byte'], 'a.txt', { type: 'text/plain', lastModified: 1 });
upload(file, { rule: 'notes', signal: state.aborter.signal, control: state.control, onProgress, onTicket, ...options }).then(
  (result) => { state.result = result; },
  ({ name, code, source, status, message }) => { state.error = { name, code, source, status, message }; });
done();
"""

LOOK = "const { phases, loaded, tickets, result, error } = window.uploads[arguments[0]]; return { phases, loaded, tickets, result, error };"


class Page:
    def __init__(self, browser, servers):
        self.browser, self.servers = browser, servers
        self.load()
        self.do("localStorage.clear()")

    def load(self):
        self.browser.get(f"{self.servers.service}/page")

    def do(self, script):
        return self.browser.execute_script(script)

    def start(self, name="a", **options):
        self.browser.execute_async_script("(async (...arguments) => {" + START + "})(...arguments)", name, options)

    def state(self, name="a"):
        return self.browser.execute_script(LOOK, name)

    def until(self, condition, name="a"):
        for _ in range(1500):
            state = self.state(name)
            if condition(state):
                return state
            time.sleep(0.02)
        raise AssertionError(f"the upload stays where it is: {state}, {self.servers.steps}")

    def end(self, name="a"):
        return self.until(lambda state: state["result"] or state["error"], name)

    def upload(self, **options):
        self.start(**options)
        return self.end()

    def abort(self, name="a"):
        self.do(f"window.uploads.{name}.aborter.abort()")

    def memory(self):
        return self.do("return Object.entries(localStorage)")


@pytest.fixture
def servers():
    stand_in = PartsStandIn()
    yield stand_in
    stand_in.close()


@pytest.fixture
def page(browser, servers):
    return Page(browser, servers)


@pytest.fixture(params=["assisted", "signed"])
def mode(request, servers):
    servers.mode = request.param
    return request.param


def wait_for(servers, *steps):
    for _ in range(1500):
        if all(step in servers.steps for step in steps):
            return
        time.sleep(0.02)
    raise AssertionError(f"only these steps came: {servers.steps}")


def count(servers, prefix):
    return sum(step.startswith(prefix) for step in servers.steps)


def test_a_file_goes_up_in_parts(page, servers, mode):
    outcome = page.upload()
    result = outcome["result"]
    assert (result["key"], result["etag"], result["alreadyStored"]) == ("key-1", "whole", False), outcome
    assert (result["confirmed"]["size"], result["ticket"]["partCount"]) == (len(CONTENT), 3)
    assert servers.objects == {"key-1": CONTENT} and servers.uploads == {}
    assert sorted(request.body for request in servers.sent if "partNumber" in request.path) == sorted(PARTS)
    assert outcome["loaded"][-1] == len(CONTENT)
    assert [phase for phase in outcome["phases"] if phase != "sending"] == ["preparing", "asking", "completing", "done"]
    assert page.memory() == []
    ends = ["complete"] if mode == "assisted" else ["bucket complete", "confirm"]
    assert [step for step in servers.steps if not step.startswith(("part", "ticket", "bucket create"))] == ends


def test_a_checksum_of_the_whole_is_not_asked_for(page, servers):
    """No store could compare it: neither where the page asks for parts, nor where it turns out that the rule has no other way."""
    page.upload(method="MULTIPART")
    assert {"method": "MULTIPART"}.items() <= json.loads(servers.asked[0].body).items() and b"sha256" not in servers.asked[0].body
    servers.steps.clear(), servers.asked.clear()
    servers.faults["ticket"].append(problem(400, "invalid_checksum", "An upload in parts has none.", "sha256"))
    assert page.upload()["result"]["key"] == "key-2"
    assert [b"sha256" in request.body for request in servers.asked[:2]] == [True, False]


LARGE = """
const [size, done] = arguments;
const { upload } = await import('/countersign.js');
const file = new File([new Uint8Array(size)], 'a.txt', { type: 'text/plain' });
upload(file, { rule: 'notes', sha256: false }).then(done, ({ code }) => done(code));
"""


@pytest.mark.parametrize("size, multipart, method", [
    ((64 << 20) + 1, "signed", "MULTIPART"), ((64 << 20) + 1, None, None), (64 << 20, "signed", None)])
def test_large_files_go_in_parts_where_the_rule_takes_that(page, servers, size, multipart, method):
    rules = [{"name": "others", "multipart": "assisted"}, {"name": "notes"} | ({"multipart": multipart} if multipart else {})]
    servers.service_script.append(Answer(200, {"environment": "staging", "rules": rules}))
    servers.faults["ticket"].append(problem(413, "too_large", "No."))
    assert page.browser.execute_async_script("(async (...arguments) => {" + LARGE + "})(...arguments)", size) == "too_large"
    assert json.loads(servers.asked[-1].body).get("method") == method


@pytest.mark.parametrize("parallel", [1, 2])
def test_no_more_parts_at_a_time_than_wanted(page, servers, parallel):
    held = threading.Event()
    for number in (1, 2, 3):
        servers.faults[f"part {number}"].append(Answer(503, hold=held))
    page.start(parallel=parallel)
    wait_for(servers, *(f"part {number}" for number in range(1, parallel + 1)))
    time.sleep(0.3)
    assert count(servers, "part ") == parallel
    held.set()
    assert "result" in page.end()
    assert servers.most_under_way <= parallel


@pytest.mark.parametrize("failure", [
    Answer(drop=True), s3_error(500, "InternalError"), s3_error(409, "OperationAborted"), s3_error(400, "RequestTimeout")])
def test_a_part_that_fails_is_sent_again_alone(page, servers, mode, failure):
    servers.faults["part 2"].append(failure)
    outcome = page.upload()
    assert outcome["result"]["key"] == "key-1" and "waiting" in outcome["phases"]
    assert [count(servers, f"part {number}") for number in (1, 2, 3)] == [1, 2, 1]


def test_an_expired_part_url_is_signed_anew(page, servers, mode):
    servers.faults["part 2"].append(s3_error(403, "AccessDenied", "Request has expired"))
    assert page.upload()["result"]["key"] == "key-1"
    assert [count(servers, name) for name in ("part 2", "ticket")] == [2, 1]
    assert count(servers, "parts") == {"assisted": 1, "signed": 2}[mode]


def test_a_part_url_that_has_ended_is_not_even_tried(page, servers):
    servers.part_expiry = LONG_AGO
    assert page.upload()["result"]["key"] == "key-1"
    assert [count(servers, name) for name in ("part 1", "parts", "ticket")] == [1, 1, 1]


def test_a_refused_part_ends_the_upload_and_leaves_nothing(page, servers, mode):
    servers.faults["part 2"].append(s3_error(403, "SignatureDoesNotMatch", "No."))
    error = page.upload()["error"]
    assert (error["source"], error["code"]) == ("bucket", "SignatureDoesNotMatch")
    assert servers.uploads == {} and servers.objects == {} and page.memory() == []


# MARK: ETags


def test_hidden_etags_are_asked_for(page, servers, mode):
    servers.exposes_etag = False
    assert page.upload()["result"]["key"] == "key-1"
    assert servers.objects == {"key-1": CONTENT}
    assert "list" in servers.steps if mode == "assisted" else "bucket list" in servers.steps


def test_etags_that_nobody_tells_are_an_error(page, servers):
    servers.exposes_etag, servers.mode = False, "signed"
    servers.faults["bucket list"].append(Answer(200, "<ListPartsResult/>"))
    error = page.upload()["error"]
    assert error["code"] == "etag_hidden" and "ExposeHeaders" in error["message"]
    assert servers.uploads == {}


# MARK: Completing


def test_a_lost_completion_is_found(page, servers, mode):
    """The store completed, but nobody heard of it: what comes then says that the upload, or the place of the object, is gone."""
    name = "complete" if mode == "assisted" else "bucket complete"
    gone = problem(412, "object_exists", "There is one.") if mode == "assisted" else s3_error(404, "NoSuchUpload")
    servers.faults[name].extend([Answer(drop=True), gone])
    servers.objects["key-1"] = CONTENT
    servers.faults["ticket"].append(Answer(201, ticket_of(servers, "key-1")))
    outcome = page.upload()
    assert outcome["result"]["confirmed"]["size"] == len(CONTENT), outcome
    assert servers.steps[-1] == "confirm" and page.memory() == []


def ticket_of(servers, key):
    """One for an upload that the bucket has, and whose object it has as well."""
    ticket = servers.answer_ticket({"size": len(CONTENT)}).body
    other = ticket["key"]
    servers.uploads[key] = servers.uploads.pop(other, {})
    return json.loads(json.dumps(ticket).replace(other, key))


def test_an_object_that_is_there_before_the_first_completion_is_another(page, servers):
    servers.objects["key-1"] = CONTENT
    servers.faults["ticket"].append(Answer(201, ticket_of(servers, "key-1")))
    servers.faults["complete"].append(problem(412, "object_exists", "There is one."))
    error = page.upload()["error"]
    assert (error["code"], error["status"]) == ("object_exists", 412)
    assert servers.steps[-1] == "abort" and servers.uploads == {}


@pytest.mark.parametrize("answer", [
    problem(409, "upload_busy", "Another request is under way.", retry_after="1"), problem(502, "store_unreachable", "No answer."),
    problem(503, "store_busy", "Slow down."), Answer(drop=True)])
def test_completing_is_tried_again(page, servers, answer):
    servers.faults["complete"].append(answer)
    assert page.upload()["result"]["key"] == "key-1"
    assert count(servers, "complete") == 2


@pytest.mark.parametrize("code", ["InternalError", "SlowDown"])
def test_an_error_that_began_as_200_is_tried_again(page, servers, code):
    servers.mode = "signed"
    servers.faults["bucket complete"].append(Answer(200, f"  \n<?xml version='1.0'?><Error><Code>{code}</Code></Error>"))
    assert page.upload()["result"]["etag"] == "whole"
    assert count(servers, "bucket complete") == 2


def test_blanks_before_the_answer_do_no_harm(page, servers):
    servers.mode = "signed"
    xml = "<?xml version='1.0'?><CompleteMultipartUploadResult><ETag>\"of-xml\"</ETag></CompleteMultipartUploadResult>"
    servers.faults["bucket complete"].append(Answer(200, f"   \n{xml}"))
    # The service has no right to look.
    servers.faults["confirm"].append(problem(404, "object_not_found", "There is none."))
    result = page.upload()["result"]
    assert (result["etag"], result["confirmed"]) == ("of-xml", None)


# MARK: Reloads


def interrupted(page, servers, **options):
    """An upload whose third part is on its way when the tab is reloaded."""
    held = threading.Event()
    servers.faults["part 3"].append(Answer(503, hold=held))
    page.start(**options)
    wait_for(servers, "part 1", "part 2", "part 3")
    page.until(lambda state: state["loaded"][-1] >= 8)
    page.load()
    held.set()
    servers.steps.clear()


def test_after_a_reload_the_rest_is_sent(page, servers, mode):
    interrupted(page, servers)
    outcome = page.upload()
    assert outcome["result"]["key"] == "key-1" and outcome["tickets"] == ["key-1"]
    assert servers.objects == {"key-1": CONTENT}
    assert [count(servers, name) for name in ("ticket", "part 1", "part 2", "part 3")] == [0, 0, 0, 1]
    assert page.memory() == []
    assert min(loaded for loaded in outcome["loaded"] if loaded) >= 8


def test_what_is_remembered_opens_nothing(page, servers, mode):
    """It holds the grant, which its caller alone can use, and no presigned URL."""
    interrupted(page, servers)
    ((_, state),) = page.memory()
    assert servers.bucket not in state and json.loads(state)["ticket"]["grant"] == "key-1"


@pytest.mark.parametrize("options", [{"resume": False}, {"rule": "others"}, {"metadata": {"a": "b"}}, {"filename": "b.txt"}])
def test_another_upload_begins_anew(page, servers, options):
    interrupted(page, servers)
    outcome = page.upload(**options)
    assert outcome["result"]["key"] == "key-2"
    assert len(page.memory()) == 1


@pytest.mark.parametrize("token", ["a", "b"])
def test_another_scoped_token_goes_on(page, servers, token):
    """It is in the endpoint's path, and the next page has another."""
    key = f"countersign:{json.dumps(['http://127.0.0.1:9', 'notes', 'a.txt', 11, 1, 'text/plain', None, None], separators=(',', ':'))}"
    state = json.dumps({"ticket": servers.answer_ticket({"size": 11}).body, "etags": {}})
    page.browser.execute_script("localStorage.setItem(...arguments)", key, state)
    page.start(endpoint=f"http://127.0.0.1:9/u/{token}")
    assert page.until(lambda state: state["tickets"])["tickets"] == ["key-1"]


def test_an_upload_that_is_gone_begins_anew(page, servers, mode):
    interrupted(page, servers)
    servers.uploads.clear()
    outcome = page.upload()
    assert outcome["tickets"] == ["key-1", outcome["result"]["key"]] and count(servers, "ticket") == 1
    assert list(servers.objects.values()) == [CONTENT]


def test_an_upload_that_was_completed_before_the_reload_is_found(page, servers, mode):
    interrupted(page, servers)
    servers.uploads.clear()
    servers.objects["key-1"] = CONTENT
    outcome = page.upload()
    assert outcome["result"]["confirmed"]["size"] == len(CONTENT)
    assert count(servers, "part ") == 0 and page.memory() == []


@pytest.mark.parametrize("code", ["grant_expired", "grant_other_caller", "grant_invalid"])
def test_a_dead_grant_begins_anew(page, servers, code):
    interrupted(page, servers)
    for name in ("list", "confirm"):
        servers.faults[name].append(problem(403, code, "No."))
    assert page.upload()["result"]["key"] == "key-2"


@pytest.mark.parametrize("answer", [problem(401, "token_expired", "Sign in."), problem(429, "too_many", "Later.", retry_after="3600")])
def test_what_says_nothing_of_the_upload_leaves_it(page, servers, answer):
    interrupted(page, servers)
    servers.faults["list"].append(answer)
    assert page.upload()["error"]["status"] == answer.status
    assert count(servers, "abort") == 0
    assert page.upload()["result"]["key"] == "key-1"


def test_what_has_ended_is_forgotten(page, servers):
    old, new = ({"ticket": {"grant": "x", "expiresAt": time}} for time in (LONG_AGO, NEVER_EXPIRES))
    entries = {"countersign:old": json.dumps(old), "countersign:new": json.dumps(new), "countersign:odd": "{", "other": "{"}
    page.browser.execute_script("Object.assign(localStorage, arguments[0])", entries)
    assert page.upload()["result"]["key"] == "key-1"
    assert sorted(name for name, _ in page.memory()) == ["countersign:new", "other"]


def test_a_page_without_storage_uploads_all_the_same(page, servers):
    page.do("Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } })")
    assert page.upload()["result"]["key"] == "key-1"


def test_the_same_file_twice_at_a_time_is_two_uploads(page, servers):
    held = threading.Event()
    servers.faults["part 3"].append(Answer(503, hold=held))
    page.start("a")
    wait_for(servers, "part 3")
    page.start("b")
    other = page.end("b")
    page.abort("b")
    held.set()
    assert [page.end("a")["result"]["key"], other["result"]["key"]] == ["key-1", "key-2"]


# MARK: Pausing and aborting


def test_a_pause_stops_and_resuming_goes_on(page, servers):
    held = threading.Event()
    servers.faults["part 2"].append(Answer(503, hold=held))
    page.start(parallel=1)
    wait_for(servers, "part 2")
    page.do("window.uploads.a.control.pause()")
    page.until(lambda state: state["phases"][-1] == "paused")
    held.set()
    time.sleep(0.5)
    assert [step for step in servers.steps if step.startswith("part ")] == ["part 1", "part 2"]
    page.do("window.uploads.a.control.resume()")
    assert page.end()["result"]["key"] == "key-1"
    assert count(servers, "part 1") == 1


@pytest.mark.parametrize("is_paused", [False, True])
def test_an_abort_waits_and_leaves_nothing(page, servers, mode, is_paused):
    held = threading.Event()
    servers.faults["part 2"].append(Answer(503, hold=held))
    page.start(parallel=1)
    wait_for(servers, "part 2")
    if is_paused:
        page.do("window.uploads.a.control.pause()")
        page.until(lambda state: state["phases"][-1] == "paused")
    page.abort()
    error = page.end()["error"]
    held.set()
    assert error["name"] == "AbortError"
    assert servers.steps[-1] == ("abort" if mode == "assisted" else "bucket abort")
    assert servers.uploads == {} and page.memory() == [] and count(servers, "part 3") == 0


@pytest.mark.parametrize("step", ["ticket", "bucket create"])
def test_an_abort_while_the_upload_is_created_leaves_nothing(page, servers, step):
    servers.mode = "assisted" if step == "ticket" else "signed"
    held, steps = threading.Event(), servers.step

    def slow(name, usual):
        answer = steps(name, usual)
        if name == step:
            answer.hold = held
        return answer

    servers.step = slow
    page.start(method="MULTIPART")
    wait_for(servers, step)
    page.abort()
    held.set()
    assert page.end()["error"]["name"] == "AbortError"
    assert servers.uploads == {} and page.memory() == [] and count(servers, "part ") == 0


def test_an_abort_by_who_is_told_of_the_ticket_sends_nothing(page, servers, mode):
    page.do("window.addEventListener('ticket', () => window.uploads.a.aborter.abort())")
    page.start()
    assert page.end()["error"]["name"] == "AbortError"
    assert servers.uploads == {} and count(servers, "part ") == 0


def test_a_pause_while_a_url_is_asked_for_sends_nothing(page, servers):
    servers.part_expiry = LONG_AGO
    held = threading.Event()
    answer = servers.answer_parts

    def slow(sent):
        found = answer(sent)
        found.hold = held
        return found

    servers.answer_parts = slow
    page.start(parallel=1)
    wait_for(servers, "parts")
    page.do("window.uploads.a.control.pause()")
    held.set()
    page.until(lambda state: state["phases"][-1] == "paused")
    assert count(servers, "part ") == 0
    page.do("window.uploads.a.control.resume()")
    assert page.end()["result"]["key"] == "key-1"


def test_an_abort_before_anything_asks_nothing(page, servers):
    page.do("const abort = AbortSignal.abort(); Object.defineProperty(AbortController.prototype, 'signal', { get: () => abort })")
    assert page.upload()["error"]["name"] == "AbortError"
    assert servers.steps == []
