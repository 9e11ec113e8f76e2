"""countersign.js in a real browser, against a service and a bucket that fail on purpose."""

import base64
import hashlib
import json
import threading
import time

import pytest

from stand_in import Answer, problem, s3_error

CONTENT = b"twelve bytes"

UPLOAD = """
const [options, type, done] = arguments;
const { upload } = await import('/countersign.js');
const phases = [];
const fractions = [];
const tickets = [];
if (options.tokenOf) options.token = async () => options.tokenOf;
const onProgress = ({ phase, fraction }) => {
  if (phases.at(-1) !== phase) phases.push(phase);
  if (phase === 'sending' || phase === 'done') fractions.push(fraction);
};
try {
  const file = new File(['twelve bytes'], 'a.txt', { type });
  const result = await upload(file, { rule: 'notes', ...options, onProgress, onTicket: ({ key }) => tickets.push(key) });
  done({ result, phases, fractions, tickets });
} catch (error) {
  const { name, code, source, status, field, requestId, message, detail, retryAfterSeconds } = error;
  done({ error: { name, code, source, status, field, requestId, message, detail, retryAfterSeconds }, phases, tickets });
}
"""


@pytest.fixture
def upload(browser, stand_in):
    def run(type="text/plain", **options):
        return browser.execute_async_script("(async (...arguments) => {" + UPLOAD + "})(...arguments)", options, type)

    return run


def test_a_put_sends_the_file_and_the_tickets_headers(upload, stand_in):
    outcome = upload()
    assert outcome["result"] | {"ticket": None} == {
        "key": "key-1", "etag": "stored", "publicUrl": "https://cdn.example.com/key-1", "alreadyStored": False, "confirmed": None,
        "ticket": None,
    }
    (sent,) = stand_in.sent
    assert (sent.method, sent.path, sent.body) == ("PUT", "/stand-in/key-1", CONTENT)
    assert sent.headers["content-length"] == "12"
    assert sent.headers["content-type"] == "text/plain"
    assert sent.headers["if-none-match"] == "*"


def test_the_request_says_what_the_file_is(upload, stand_in):
    upload(metadata={"caption": "ä"})
    (asked,) = stand_in.asked
    assert json.loads(asked.body) == {
        "rule": "notes", "filename": "a.txt", "size": 12, "type": "text/plain", "metadata": {"caption": "ä"},
        "sha256": base64.b64encode(hashlib.sha256(CONTENT).digest()).decode(),
    }
    assert "authorization" not in asked.headers


@pytest.mark.parametrize("given, asked", [("text/plain;charset=utf-8", "text/plain"), ("", "application/octet-stream")])
def test_a_type_is_asked_for_without_parameters(upload, stand_in, given, asked):
    upload(given)
    assert f'"type":"{asked}"' in stand_in.asked[0].body.decode()


def test_a_checksum_can_be_left_out(upload, stand_in):
    upload(sha256=False)
    assert b"sha256" not in stand_in.asked[0].body


@pytest.mark.parametrize("option", ["token", "tokenOf"])
def test_a_token_or_what_fetches_one_is_sent(upload, stand_in, option):
    upload(**{option: "T0KEN"})
    assert stand_in.asked[0].headers["authorization"] == "Bearer T0KEN"


def test_a_form_holds_the_fields_in_order_and_the_file_last(upload, stand_in):
    stand_in.ticket_method, stand_in.once = "POST", False
    stand_in.bucket_script.append(Answer(201, "<PostResponse><Key>key-1</Key><ETag>\"of-form\"</ETag></PostResponse>"))
    assert upload()["result"]["etag"] == "of-form"
    (sent,) = stand_in.sent
    assert sent.path == "/stand-in/"
    parts = sent.body.split(b'Content-Disposition: form-data; name="')[1:]
    assert [part.split(b'"')[0] for part in parts] == [b"key", b"Content-Type", b"z", b"policy", b"x-amz-signature", b"file"]
    assert CONTENT in parts[-1]


def test_progress_goes_through_its_phases_and_ends_at_one(upload):
    outcome = upload()
    assert outcome["phases"] == ["preparing", "asking", "sending", "done"]
    assert outcome["fractions"] == sorted(outcome["fractions"])
    assert outcome["fractions"][-1] == 1


@pytest.mark.parametrize("failure", [s3_error(409, "ConditionalRequestConflict"), s3_error(500, "InternalError"), Answer(drop=True)])
def test_what_may_pass_is_tried_again_with_the_same_ticket(upload, stand_in, failure):
    stand_in.bucket_script.append(failure)
    outcome = upload()
    assert outcome["result"]["key"] == "key-1"
    assert [sent.path for sent in stand_in.sent] == ["/stand-in/key-1"] * 2
    assert "waiting" in outcome["phases"]


@pytest.mark.parametrize("where", ["service_script", "bucket_script"])
def test_retry_after_is_honoured(upload, stand_in, where):
    answers = {"service_script": problem(429, "too_many_requests", "Slow down.", retry_after="2"),
               "bucket_script": s3_error(503, "SlowDown", retry_after="2")}
    getattr(stand_in, where).append(answers[where])
    began = time.monotonic()
    assert "result" in upload()
    assert time.monotonic() - began >= 2


def test_a_long_retry_after_is_told_at_once(upload, stand_in):
    stand_in.service_script.append(problem(429, "too_many_requests", "Come back tomorrow.", retry_after="3600"))
    error = upload()["error"]
    assert (error["status"], error["retryAfterSeconds"], error["message"]) == (429, 3600, "Come back tomorrow.")
    assert len(stand_in.asked) == 1


def test_a_lost_answer_and_then_412_means_stored(upload, stand_in):
    stand_in.bucket_script.extend([Answer(drop=True), s3_error(412, "PreconditionFailed")])
    result = upload()["result"]
    assert (result["alreadyStored"], result["etag"], result["key"]) == (True, None, "key-1")


DIFFERS = Answer(409, {"code": "object_differs", "detail": "Its size is 7, not 12.", "differences": [
    {"field": "size", "expected": "12", "actual": "7"}]})


@pytest.mark.parametrize("confirming, told", [
    (Answer(200, {"key": "key-0", "size": 12, "etag": '"there"'}), {"alreadyStored": True, "etag": "there"}),
    (DIFFERS, {"code": "object_differs", "source": "service"}),
    # The service may have no right to look; that the object is there is known all the same.
    (problem(404, "object_not_found", "There is none."), {"alreadyStored": True, "etag": None, "confirmed": None}),
])
def test_a_lost_answer_is_confirmed_where_there_is_a_grant(upload, stand_in, confirming, told):
    stand_in.service_script.extend([Answer(201, stand_in.ticket() | {"grant": "GRANT"}), confirming])
    stand_in.bucket_script.extend([Answer(drop=True), s3_error(412, "PreconditionFailed")])
    outcome = upload()
    outcome = outcome.get("result") or outcome["error"]
    assert told.items() <= outcome.items(), outcome
    assert (stand_in.asked[1].path, json.loads(stand_in.asked[1].body)) == ("/v1/uploads/confirm", {"grant": "GRANT"})


CONFIRM = """
const [grant, token, done] = arguments;
const { confirm } = await import('/countersign.js');
confirm(grant, { token }).then(done, ({ code, differences }) => done({ code, differences }));
"""


def test_a_page_can_have_its_grant_confirmed(browser, stand_in):
    def confirm():
        return browser.execute_async_script("(async (...arguments) => {" + CONFIRM + "})(...arguments)", "GRANT", "T0KEN")

    stand_in.service_script.extend([problem(503, "store_busy", "Slow down."), Answer(200, {"size": 12})])
    assert confirm() == {"size": 12}
    assert [request.headers["authorization"] for request in stand_in.asked] == ["Bearer T0KEN"] * 2
    stand_in.service_script.append(DIFFERS)
    assert confirm() == {"code": "object_differs", "differences": DIFFERS.body["differences"]}


def test_412_at_the_first_try_is_a_refusal(upload, stand_in):
    stand_in.bucket_script.append(s3_error(412, "PreconditionFailed"))
    error = upload()["error"]
    assert (error["source"], error["status"], error["code"]) == ("bucket", 412, "PreconditionFailed")
    assert len(stand_in.sent) == 1


@pytest.mark.parametrize("answer", [
    s3_error(403, "AccessDenied", "Request has expired"),
    s3_error(403, "AccessDenied", "Invalid according to Policy: Policy expired."),
    s3_error(400, "ExpiredToken", "The provided token has expired."),
])
def test_an_expired_ticket_is_replaced(upload, stand_in, answer):
    stand_in.bucket_script.append(answer)
    outcome = upload()
    assert outcome["result"]["key"] == "key-2"
    assert outcome["tickets"] == ["key-1", "key-2"]


def test_a_ticket_that_always_expires_is_given_up(upload, stand_in):
    stand_in.bucket_script.extend([s3_error(403, "AccessDenied", "Request has expired")] * 9)
    error = upload()["error"]
    assert "expired" in error["message"]
    assert len(stand_in.asked) == 3


def test_the_buckets_refusal_is_readable(upload, stand_in):
    stand_in.bucket_script.append(s3_error(403, "SignatureDoesNotMatch", "The request signature we calculated does not match"))
    error = upload()["error"]
    assert error["name"] == "CountersignError"
    assert (error["code"], error["status"], error["requestId"]) == ("SignatureDoesNotMatch", 403, "REQ42")
    assert "differs from what the ticket was signed for" in error["message"]
    assert error["detail"] == "The request signature we calculated does not match"
    assert len(stand_in.sent) == 1


def test_the_services_refusal_is_told_word_for_word(upload, stand_in):
    stand_in.service_script.append(problem(415, "type_not_allowed", "notes takes text/markdown.", "type"))
    error = upload()["error"]
    expected = {"source": "service", "code": "type_not_allowed", "status": 415, "field": "type", "requestId": "req-7",
                "message": "notes takes text/markdown."}
    assert error | expected == error
    assert stand_in.sent == []
    assert len(stand_in.asked) == 1


@pytest.mark.parametrize("body", ["<html>Bad gateway</html>", "[", ""])
def test_an_answer_that_is_no_json_is_an_error(upload, stand_in, body):
    stand_in.service_script.append(Answer(404, body))
    error = upload()["error"]
    assert (error["code"], error["status"]) == ("unreadable_answer", 404)


def test_a_bucket_that_never_answers_is_given_up(upload, stand_in):
    stand_in.bucket_script.extend([Answer(drop=True)] * 9)
    error = upload()["error"]
    assert (error["code"], error["source"], error["status"]) == ("network_failure", "bucket", 0)
    assert "CORS" in error["message"]
    assert len(stand_in.sent) == 5


def test_a_service_out_of_reach_is_named(upload, stand_in):
    """But not with its scoped token: messages go to where errors are collected."""
    error = upload(endpoint="http://127.0.0.1:9/u/T0KEN/")["error"]
    assert (error["code"], error["source"]) == ("network_failure", "service")
    assert "http://127.0.0.1:9 " in error["message"] and "T0KEN" not in error["message"]


ABORT = """
const [when, done] = arguments;
const { upload } = await import('/countersign.js');
const controller = new AbortController();
if (when === 'before') controller.abort();
const onProgress = ({ phase }) => { if (phase === when) setTimeout(() => controller.abort()); };
try {
  await upload(new File(['x'], 'a.txt', { type: 'text/plain' }), { rule: 'notes', signal: controller.signal, onProgress });
  done('stored');
} catch (error) {
  done(error.name);
}
"""


@pytest.mark.parametrize("when, asked, sent", [("before", 0, 0), ("asking", 1, 0), ("sending", 1, 1), ("waiting", 1, 1)])
def test_a_signal_ends_an_upload(browser, stand_in, when, asked, sent):
    held = threading.Event()
    if when == "asking":
        stand_in.service_script.append(Answer(201, hold=held))
    else:
        stand_in.bucket_script.append(Answer(503) if when == "waiting" else Answer(hold=held))
    assert browser.execute_async_script("(async (...arguments) => {" + ABORT + "})(...arguments)", when) == "AbortError"
    held.set()
    assert len(stand_in.asked) <= asked
    assert len(stand_in.sent) <= sent


CHECK = """
const [type, size, done] = arguments;
const { check } = await import('/countersign.js');
const rule = { name: 'pictures', contentTypes: ['image/*', 'text/plain'], minimumSize: 2, maximumSize: 10 };
done(check(new Blob(['x'.repeat(size)], { type }), rule)?.code ?? null);
"""


@pytest.mark.parametrize("type, size, code", [
    ("image/png", 10, None), ("image/png", 2, None), ("text/plain;charset=utf-8", 5, None),
    ("image/png", 11, "too_large"), ("image/png", 1, "too_small"),
    ("image/svg+xml", 5, "type_not_allowed"), ("text/html", 5, "type_not_allowed"), ("imagex/png", 5, "type_not_allowed"),
    ("", 5, "type_not_allowed"),
])
def test_a_file_is_checked_before_asking(browser, stand_in, type, size, code):
    assert browser.execute_async_script("(async (...arguments) => {" + CHECK + "})(...arguments)", type, size) == code


def test_rules_are_read_with_the_callers_token(browser, stand_in):
    stand_in.service_script.append(Answer(200, {"environment": "staging", "rules": [{"name": "notes"}]}))
    script = "const done = arguments[1]; import('/countersign.js').then(({ rules }) => rules({ token: arguments[0] })).then(done, String);"
    assert browser.execute_async_script(script, "T0KEN") == {"environment": "staging", "rules": [{"name": "notes"}]}
    assert (stand_in.asked[0].path, stand_in.asked[0].headers["authorization"]) == ("/v1/rules", "Bearer T0KEN")
