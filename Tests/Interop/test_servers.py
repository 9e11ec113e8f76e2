"""Tickets and presigned requests at real S3 servers: what they allow is done, anything else is refused, as S3 itself answers."""

import base64
import hashlib
import re
import urllib.parse
from xml.etree import ElementTree

import pytest

from deployment import Deployment
from test_tickets import PIXEL
from wire import send

OTHER = PIXEL[:-1] + b"!"


def sealed(deployed, rule="sealed"):
    return deployed.ticket(rule, PIXEL, metadata={"caption": "A cat", "author": "me"})


def existing(deployed):
    """The key of an object that is there."""
    assert deployed.run("put", "existing.txt", "--content-length", 5, body=b"there").status == 200
    return "existing.txt"


def swapped(url, old, new):
    assert old in url, f"{old} is not in {url}"
    return url.replace(old, new, 1)


def other_signature(url):
    return re.sub(r"(?<=X-Amz-Signature=)(.)", lambda found: "1" if found[1] == "0" else "0", url)


def other_second(text):
    """The same with another last digit in its time."""
    changed = re.sub(r"(?<=T\d{5})(\d)(?=Z)", lambda found: "1" if found[1] == "0" else "0", text)
    assert changed != text
    return changed


# MARK: What a ticket allows


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_a_put_ticket_uploads_once(deployed, check, environment):
    ticket = deployed.ticket("avatars", PIXEL, environment, metadata={"caption": "A cat"})
    assert (ticket["method"], ticket["once"], ticket["bucket"]) == ("PUT", True, deployed.account(environment).bucket)
    check("PUT ticket", deployed.use(ticket, PIXEL), "200")
    check("PUT ticket, second use", deployed.use(ticket, PIXEL), "412 PreconditionFailed")
    answer = deployed.read(ticket)
    assert (answer.status, answer.body) == (200, PIXEL)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-amz-meta-caption"] == "A cat"


def test_a_file_goes_up_and_comes_down_whole(deployed, photo):
    """Far more than one read of a socket, and every value of a byte."""
    content = photo.read_bytes() + bytes(range(256)) * 1024
    ticket = deployed.ticket("avatars", content)
    assert deployed.use(ticket, content).status == 200
    assert deployed.read(ticket).body == content


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_a_post_ticket_uploads(deployed, check, environment):
    ticket = deployed.ticket("attachments", PIXEL, environment)
    assert (ticket["method"], ticket["once"]) == ("POST", False)
    answer = deployed.use(ticket, PIXEL)
    check("POST ticket", answer, "201")
    assert f"<Key>{ticket['key']}</Key>".encode() in answer.body
    check("POST ticket, second use", deployed.use(ticket, PIXEL), "201")
    read = deployed.read(ticket)
    assert (read.status, read.body, read.headers["content-type"]) == (200, PIXEL, "image/png")


def test_a_name_of_another_script_is_offered_for_saving(deployed):
    ticket = deployed.ticket("documents", PIXEL, filename="Größe 猫.txt", type="text/plain")
    assert deployed.use(ticket, PIXEL).is_success
    assert "filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%E7%8C%AB.txt" in deployed.read(ticket).headers["content-disposition"]


# MARK: What it does not allow

MISMATCH = "403 SignatureDoesNotMatch"
DENIED = "403 AccessDenied"

ALTERED_PUTS = {
    "signature": (MISMATCH, lambda d, t: d.use(t, PIXEL, url=other_signature(t["url"]))),
    "key": (MISMATCH, lambda d, t: d.use(t, PIXEL, url=swapped(t["url"], ".png?", ".html?"))),
    "bucket": (MISMATCH, lambda d, t: d.use(t, PIXEL, url=swapped(t["url"], t["bucket"], d.accounts[1].bucket))),
    "expiry": (MISMATCH, lambda d, t: d.use(t, PIXEL, url=swapped(t["url"], "X-Amz-Expires=", "X-Amz-Expires=9"))),
    "date": (MISMATCH, lambda d, t: d.use(t, PIXEL, url=other_second(t["url"]))),
    "access key": ("403 InvalidAccessKeyId", lambda d, t: d.use(t, PIXEL, url=swapped(
        t["url"], d.accounts[0].access_key, "AKIANOBODYHASTHISONE"))),
    "signed headers": (MISMATCH, lambda d, t: d.use(t, PIXEL, url=swapped(t["url"], "%3Bif-none-match", ""), headers={"if-none-match": None})),
    "parameter added": (MISMATCH, lambda d, t: d.use(t, PIXEL, url=t["url"] + "&response-content-type=text%2Fhtml")),
    "subresource added": (MISMATCH, lambda d, t: d.use(t, PIXEL, url=t["url"] + "&acl")),
    "no signature": (DENIED, lambda d, t: d.use(t, PIXEL, url=t["url"].split("?")[0])),
    "method GET": (MISMATCH, lambda d, t: send("GET", t["url"], address=d.address)),
    "method DELETE": (MISMATCH, lambda d, t: send("DELETE", t["url"], address=d.address)),
    "longer": (MISMATCH, lambda d, t: d.use(t, PIXEL + b"!")),
    "shorter": (MISMATCH, lambda d, t: d.use(t, PIXEL[:-1])),
    "empty": (MISMATCH, lambda d, t: d.use(t, b"")),
    "other type": (MISMATCH, lambda d, t: d.use(t, PIXEL, headers={"content-type": "text/html"})),
    "type with a parameter": (MISMATCH, lambda d, t: d.use(t, PIXEL, headers={"content-type": "image/png; charset=utf-8"})),
    "no type": (MISMATCH, lambda d, t: d.use(t, PIXEL, headers={"content-type": None})),
    "not once": (MISMATCH, lambda d, t: d.use(t, PIXEL, headers={"if-none-match": None})),
    "once altered": (MISMATCH, lambda d, t: d.use(t, PIXEL, headers={"if-none-match": '"0"'})),
    "cache-control altered": (MISMATCH, lambda d, t: d.use(t, PIXEL, headers={"cache-control": "no-store"})),
    "disposition removed": (MISMATCH, lambda d, t: d.use(t, PIXEL, headers={"content-disposition": None})),
    "SSE altered": (MISMATCH, lambda d, t: d.use(t, PIXEL, headers={"x-amz-server-side-encryption": "aws:kms"})),
    "SSE removed": (MISMATCH, lambda d, t: d.use(t, PIXEL, headers={"x-amz-server-side-encryption": None})),
    "tags altered": (MISMATCH, lambda d, t: d.use(t, PIXEL, headers={"x-amz-tagging": "project=mine"})),
    "tags removed": (MISMATCH, lambda d, t: d.use(t, PIXEL, headers={"x-amz-tagging": None})),
    "metadata altered": (MISMATCH, lambda d, t: d.use(t, PIXEL, headers={"x-amz-meta-caption": "A dog"})),
    "metadata removed": (MISMATCH, lambda d, t: d.use(t, PIXEL, headers={"x-amz-meta-caption": None})),
    "metadata added": (DENIED, lambda d, t: d.use(t, PIXEL, headers={"x-amz-meta-evil": "1"})),
    "ACL added": (DENIED, lambda d, t: d.use(t, PIXEL, headers={"x-amz-acl": "public-read"})),
    "grant added": (DENIED, lambda d, t: d.use(t, PIXEL, headers={
        "x-amz-grant-read": 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'})),
    "copy source added": (DENIED, lambda d, t: d.use(t, PIXEL, headers={"x-amz-copy-source": f"/{t['bucket']}/{existing(d)}"})),
    "storage class added": (DENIED, lambda d, t: d.use(t, PIXEL, headers={"x-amz-storage-class": "STANDARD"})),
}


@pytest.mark.parametrize("change", ALTERED_PUTS)
def test_an_altered_put_is_refused_and_spends_nothing(deployed, check, change):
    expected, use = ALTERED_PUTS[change]
    ticket = sealed(deployed)
    answer = use(deployed, ticket)
    check(f"PUT, {change}", answer, expected)
    after = deployed.use(ticket, PIXEL).status
    assert after == (412 if answer.is_success and change != "method DELETE" else 200)


@pytest.mark.parametrize("rule, method", [("sealed", "PUT"), ("sealed-form", "POST")])
def test_a_checksum_binds_the_bytes(deployed, check, rule, method):
    digest = base64.b64encode(hashlib.sha256(PIXEL).digest()).decode()
    ticket = deployed.ticket(rule, PIXEL, sha256=digest)
    answer = deployed.use(ticket, OTHER)
    check(f"{method}, bytes against the checksum", answer, "400 BadDigest")
    if answer.is_success:
        ticket = deployed.ticket(rule, PIXEL, sha256=digest)
    assert deployed.use(ticket, PIXEL).is_success
    assert deployed.read(ticket).body == PIXEL


@pytest.mark.parametrize("rule, method, expected", [("sealed", "PUT", MISMATCH), ("sealed-form", "POST", DENIED)])
def test_another_checksum_is_refused(deployed, check, rule, method, expected):
    digest, altered = (base64.b64encode(hashlib.sha256(content).digest()).decode() for content in (PIXEL, OTHER))
    ticket = deployed.ticket(rule, PIXEL, sha256=digest)
    changed = {"x-amz-checksum-sha256": altered}
    check(f"{method}, checksum altered", deployed.use(ticket, OTHER, headers=changed, fields=changed), expected)


def altered_policy(ticket):
    """The same policy for files of any size."""
    text = base64.b64decode(ticket["fields"]["policy"]).decode()
    return base64.b64encode(re.sub(r'\["content-length-range",\d+,\d+\]', '["content-length-range",0,999999]', text).encode()).decode()


ALTERED_POSTS = {
    "policy": (MISMATCH, lambda d, t: d.use(t, PIXEL, fields={"policy": altered_policy(t)})),
    "signature": (MISMATCH, lambda d, t: d.use(t, PIXEL, fields={"x-amz-signature": "0" * 64})),
    "access key": ("403 InvalidAccessKeyId", lambda d, t: d.use(t, PIXEL, fields={
        "x-amz-credential": swapped(t["fields"]["x-amz-credential"], d.accounts[0].access_key, "AKIANOBODYHASTHISONE")})),
    "date": (DENIED, lambda d, t: d.use(t, PIXEL, fields={"x-amz-date": other_second(t["fields"]["x-amz-date"])})),
    "bucket": (DENIED, lambda d, t: d.use(t, PIXEL, url=swapped(t["url"], t["bucket"], d.accounts[1].bucket))),
    "key": (DENIED, lambda d, t: d.use(t, PIXEL, fields={"key": t["key"] + ".html"})),
    "no key": ("400 InvalidArgument", lambda d, t: d.use(t, PIXEL, fields={"key": None})),
    "no signature": (DENIED, lambda d, t: d.use(t, PIXEL, fields={
        name: None for name in ("policy", "x-amz-signature", "x-amz-algorithm", "x-amz-credential", "x-amz-date")})),
    "longer": ("400 EntityTooLarge", lambda d, t: d.use(t, PIXEL + b"!")),
    "shorter": ("400 EntityTooSmall", lambda d, t: d.use(t, PIXEL[:-1])),
    "other type": (DENIED, lambda d, t: d.use(t, PIXEL, fields={"content-type": "text/html"})),
    "no type": (DENIED, lambda d, t: d.use(t, PIXEL, fields={"content-type": None})),
    "disposition altered": (DENIED, lambda d, t: d.use(t, PIXEL, fields={"content-disposition": 'inline; filename="evil.html"'})),
    "disposition removed": (DENIED, lambda d, t: d.use(t, PIXEL, fields={"content-disposition": None})),
    "status altered": (DENIED, lambda d, t: d.use(t, PIXEL, fields={"success_action_status": "200"})),
    "SSE altered": (DENIED, lambda d, t: d.use(t, PIXEL, fields={"x-amz-server-side-encryption": "aws:kms"})),
    "SSE removed": (DENIED, lambda d, t: d.use(t, PIXEL, fields={"x-amz-server-side-encryption": None})),
    "tags altered": (DENIED, lambda d, t: d.use(t, PIXEL, fields={"tagging": t["fields"]["tagging"].replace("interop", "mine")})),
    "tags removed": (DENIED, lambda d, t: d.use(t, PIXEL, fields={"tagging": None})),
    "metadata altered": (DENIED, lambda d, t: d.use(t, PIXEL, fields={"x-amz-meta-caption": "A dog"})),
    "metadata removed": (DENIED, lambda d, t: d.use(t, PIXEL, fields={"x-amz-meta-caption": None})),
    "metadata added": (DENIED, lambda d, t: d.use(t, PIXEL, fields={"x-amz-meta-evil": "1"})),
    "ACL added": (DENIED, lambda d, t: d.use(t, PIXEL, fields={"acl": "public-read"})),
    "redirect added": (DENIED, lambda d, t: d.use(t, PIXEL, fields={"success_action_redirect": "https://evil.example.com/"})),
}


# Without a condition in the server's form there is nothing to alter.
NEEDED_FIELDS = {"tags altered": "tagging", "tags removed": "tagging"}


@pytest.mark.parametrize("change", ALTERED_POSTS)
def test_an_altered_form_is_refused(deployed, check, change):
    expected, use = ALTERED_POSTS[change]
    ticket = sealed(deployed, "sealed-form")
    if NEEDED_FIELDS.get(change, "key") not in ticket["fields"]:
        pytest.skip(f"{deployed.server.provider} has no forms with {NEEDED_FIELDS[change]}")
    answer = use(deployed, ticket)
    check(f"POST, {change}", answer, expected)
    if answer.status >= 400:
        assert deployed.read(ticket).status == 404
    assert deployed.use(ticket, PIXEL).status == 201


def test_what_has_expired_is_refused(deployed, check):
    past = ["--at", "20200101T000000Z", "--expires", "1h"]
    check("PUT, expired", deployed.run("put", "expired.txt", "--content-length", len(PIXEL), *past, body=PIXEL), DENIED)
    form = deployed.presign("post", "expired.txt", "--max-size", "1MB", *past)
    check("POST, expired", deployed.use(form, PIXEL), DENIED)
    assert deployed.run("get", "expired.txt").status == 404


# MARK: What is stored with the object


SEALING = {
    "SSE": ("x-amz-server-side-encryption", "AES256"),
    "metadata": ("x-amz-meta-caption", "A cat"),
    "cache-control": ("cache-control", "no-cache"),
    "disposition": ("content-disposition", 'attachment; filename="a photo.png"'),
    "tags": ("tagging", "<Tagging><TagSet><Tag><Key>kind of</Key><Value>a/b+c</Value></Tag></TagSet></Tagging>"),
}


@pytest.mark.parametrize("what", SEALING)
def test_what_a_ticket_says_about_storing_is_stored(deployed, check, what):
    ticket = sealed(deployed)
    assert deployed.use(ticket, PIXEL).is_success
    name, value = SEALING[what]
    check(f"PUT, {what} stored", tags_of(deployed, ticket["key"]) if what == "tags" else deployed.read(ticket).headers.get(name, "no"),
          "kind of=a/b+c, project=interop" if what == "tags" else value)


@pytest.mark.parametrize("what", SEALING)
def test_what_a_form_says_about_storing_is_stored(deployed, check, what):
    """Of one field at a time: no rule of this provider may have those that come to nothing."""
    (name, value), key = SEALING[what], f"form-{what}.png"
    form = deployed.presign("post", key, "--max-size", "1MB", "--field", f"{name}={value}")
    answer = deployed.use(form, PIXEL)
    if not answer.is_success:
        found = answer
    elif what == "tags":
        found = tags_of(deployed, key)
    else:
        found = deployed.run("get", key).headers.get(name, "no")
    check(f"POST, {what} stored", found, "kind of=a/b+c" if what == "tags" else value)


def tags_of(deployed, key):
    answer = deployed.run("get", key, "--query", "tagging")
    if not answer.is_success:
        return answer
    tags = [[part.text for part in tag] for tag in ElementTree.fromstring(answer.body).iter() if tag.tag.endswith("}Tag")]
    return ", ".join(sorted("=".join(tag) for tag in tags))


# MARK: Odd keys

ODD_KEYS = {
    "a//b": "two//slashes", "leading //": "//first", "trailing //": "last//", "./": "./here", "a/./b": "a/./b", "../": "../above", "a/../b": "a/../b", "leading /": "/leading",
    "trailing /": "folder/", ".": ".", "..": "..", "%2F": "a%2Fb", "%": "100%", "%zz": "%zz", "+": "1+1", "space": "a b", "spaces at the ends": " a ",
    "emoji": "🦊/é/猫", "two forms of é": "e\u0301", "?#&=": "a?b#c&d=e", "quotes": "\"'`", "<>": "<b>&amp;</b>",
    "\\^{|}~[]": "\\^{|}~[]", "!*'();:@$,": "!*'();:@$,", "1,024 bytes": "ü" * 128 + "/" + "k" * 767,
    "1,024 bytes in segments": "/".join(["x" * 127] * 8) + "!",
}


@pytest.mark.parametrize("name", ODD_KEYS)
def test_an_odd_key_is_itself_and_no_other(deployed, check, name):
    """Uploaded once, read, told about, listed under its own name, deleted, gone."""
    key, content = ODD_KEYS[name], name.encode()
    assert name.startswith("1,024") <= (len(key.encode()) == 1024)
    put = deployed.run("put", key, "--content-length", len(content), "--once", body=content)
    again = deployed.run("put", key, "--content-length", len(content), "--once", body=content)
    read = deployed.run("get", key)
    head = deployed.run("head", key)
    listed = key in keys_of(deployed)
    deleted = deployed.run("delete", key)
    gone = deployed.run("get", key)
    told = [
        put.status, again.status, "same" if read.body == content else read.status, head.headers["content-length"] if head.is_success else head.status,
        "listed" if listed else "not listed", deleted.status, gone.status]
    check(f"key, {name}", " ".join(map(str, told)), f"200 412 same {len(content)} listed 204 404")


def keys_of(deployed):
    answer = deployed.run("get", None, "--query", "list-type=2", "--query", "encoding-type=url")
    assert answer.status == 200, answer.body
    contents = [each for each in ElementTree.fromstring(answer.body) if each.tag.endswith("}Contents")]
    return [urllib.parse.unquote_plus(part.text) for each in contents for part in each if part.tag.endswith("}Key")]


# MARK: Two accounts


@pytest.mark.parametrize("method, expected", [("put", DENIED), ("get", DENIED), ("head", "403"), ("delete", DENIED), ("list", DENIED)])
def test_an_account_has_no_way_into_the_others_bucket(deployed, check, method, expected):
    key, body = ("theirs.txt", b"theirs")
    assert deployed.run("put", key, "--content-length", len(body), body=body).status == 200
    options, sent = (["--content-length", 2], b"no") if method == "put" else ([], None)
    if method == "list":
        method, key, options = "get", None, ["--query", "list-type=2"]
    answer = deployed.run(
        method, key, *options, body=sent, account=deployed.accounts[1], bucket=deployed.accounts[0].bucket)
    check(f"other account, {method if key else 'list'}", answer, expected)
    assert deployed.run("get", "theirs.txt").body == body


def test_an_account_has_no_form_into_the_others_bucket(deployed, check):
    form = deployed.presign("post", "form.txt", "--max-size", "1MB", account=deployed.accounts[1], bucket=deployed.accounts[0].bucket)
    check("other account, POST", deployed.use(form, PIXEL), DENIED)
    assert deployed.run("get", "form.txt").status == 404


# MARK: Hosts that name the bucket


@pytest.fixture(scope="session")
def virtual(server, tmp_path_factory):
    """The service with the repository's policies as they are: provider aws, whose hosts name the bucket."""
    deployment = Deployment(server, tmp_path_factory.mktemp(f"{server.name}-virtual"), endpoint=None)
    yield deployment
    deployment.stop()


def test_a_host_names_the_bucket(virtual, check):
    host = f"https://{virtual.accounts[0].bucket}.{virtual.server.domain}/"
    ticket = virtual.ticket("avatars", PIXEL)
    assert ticket["url"].startswith(host + "avatars/")
    check("virtual host, other bucket", virtual.use(ticket, PIXEL, url=swapped(
        ticket["url"], virtual.accounts[0].bucket, virtual.accounts[1].bucket)), MISMATCH)
    check("virtual host, PUT", virtual.use(ticket, PIXEL), "200")
    check("virtual host, second use", virtual.use(ticket, PIXEL), "412 PreconditionFailed")
    check("virtual host, GET", virtual.read(ticket), "200")
    form = virtual.ticket("attachments", PIXEL)
    assert form["url"] == host
    check("virtual host, POST", virtual.use(form, PIXEL), "201")
    assert virtual.read(form).body == PIXEL


@pytest.mark.parametrize("name", ["a//b", "leading /", "./", "%2F", "+"])
def test_an_odd_key_under_a_host(virtual, check, name):
    key = ODD_KEYS[name]
    put = virtual.run("put", key, "--content-length", 3, body=b"odd")
    read, listed = virtual.run("get", key), key in keys_of(virtual)
    deleted = virtual.run("delete", key)
    told = [put.status, "same" if read.body == b"odd" else read.status, "listed" if listed else "not listed", deleted.status]
    check(f"virtual host, key {name}", " ".join(map(str, told)), "200 same listed 204")


# MARK: Session tokens


@pytest.fixture(scope="session")
def temporary(server, tmp_path_factory):
    """The service with credentials that end, at the server's endpoint that knows them."""
    if server.role_arn is None:
        pytest.skip(f"{server.name} hands out no session tokens")
    accounts = [server.session(), server.accounts[1]]
    deployment = Deployment(server, tmp_path_factory.mktemp(f"{server.name}-temporary"), accounts, server.sts_endpoint)
    yield deployment
    deployment.stop()


def test_temporary_credentials_upload(temporary, check):
    ticket = temporary.ticket("avatars", PIXEL)
    assert "X-Amz-Security-Token=" in ticket["url"]
    check("session token, PUT", temporary.use(ticket, PIXEL), "200")
    check("session token, second use", temporary.use(ticket, PIXEL), "412 PreconditionFailed")
    form = temporary.ticket("attachments", PIXEL)
    assert form["fields"]["x-amz-security-token"] == temporary.accounts[0].session_token
    check("session token, POST", temporary.use(form, PIXEL), "201")
    check("session token, GET", temporary.read(ticket), "200")


def test_a_session_token_is_part_of_the_signature(temporary, check):
    ticket = temporary.ticket("avatars", PIXEL)
    without = re.sub(r"&X-Amz-Security-Token=[^&]*", "", ticket["url"])
    check("session token, removed", temporary.use(ticket, PIXEL, url=without), "403 InvalidAccessKeyId")
    token = urllib.parse.quote(temporary.server.session().session_token, safe="")
    exchanged = re.sub(r"(?<=X-Amz-Security-Token=)[^&]*", token, ticket["url"])
    check("session token, another's", temporary.use(ticket, PIXEL, url=exchanged), "400 InvalidToken")
    form = temporary.ticket("attachments", PIXEL)
    check("session token, removed from the form", temporary.use(form, PIXEL, fields={"x-amz-security-token": None}), "403 InvalidAccessKeyId")
    assert temporary.use(ticket, PIXEL).status == 200


# MARK: Scopes that are not this bucket's


@pytest.mark.parametrize("change, service, region, expected", [
    ("region", "s3", "ap-east-1", "400 AuthorizationQueryParametersError"),
    ("service", "ec2", None, "400 AuthorizationQueryParametersError"),
])
def test_a_scope_of_elsewhere_is_refused(deployed, check, change, service, region, expected):
    """Signed by botocore, since Countersign signs for S3 only."""
    from botocore.auth import S3SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    account = deployed.accounts[0]
    request = AWSRequest("PUT", f"{deployed.endpoint}/{account.bucket}/scope-{change}")
    credentials = Credentials(account.access_key, account.secret_key)
    S3SigV4QueryAuth(credentials, service, region or deployed.server.region, expires=600).add_auth(request)
    check(f"scope, other {change}", send("PUT", request.url, b"x"), expected)


def test_a_date_to_come_is_refused(deployed, check):
    answer = deployed.run("put", "tomorrow.txt", "--content-length", 1, "--at", "20990101T000000Z", body=b"x")
    check("PUT, a date to come", answer, DENIED)
