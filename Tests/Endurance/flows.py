"""What clients do with the service: each flow is one upload, or one that is refused, from its ticket to its end."""

import base64
import hashlib
import math
import re
import time
from collections import deque
from urllib.parse import quote, urlencode

from callers import Key, ScopedPage, User, callers
from client import Finding
from fleet import MEBIBYTE, PAGE, PART_SIZE
from rotations import CREDENTIAL_SECONDS, seconds_until

SMALL, LARGEST = 32 << 10, 2 * MEBIBYTE
TICKETS = 3
# Above what uploads.yaml allows a caller at once, at each of three instances.
HASTY = 75
TYPES = {
    "photos": "image/png", "notes": "text/plain", "forms": "image/png", "films": "video/mp4", "reels": "video/mp4", "brief": "text/plain"}
NAMES = ("cat photo.png", "Größe 猫.txt", "a b+c.mp4", "report.pdf", "x.png")

# Of a hundred flows.
WEIGHTS = {
    "put": 44, "form": 15, "batch": 2, "download": 8, "rules": 2, "hasty": 0.2, "refused": 12, "expired": 1, "outlived": 1,
    "assisted": 0.25, "signed": 0.2, "patient": 0.15, "uppy_parts": 0.1, "aborted": 0.4, "abandoned": 0.1,
    "uppy_form": 2.5, "uppy_sign": 1.5, "shrine": 3, "active_storage": 4, "better_upload": 2,
}
# Those that wait, and are counted when they go on to their end.
LATER = {"patient", "expired", "outlived"}
LONGEST_WAIT_SECONDS = 330


class Flows:
    """All flows of a run; `park` has something go on later, or never where the run ends before."""

    def __init__(self, fleet, journal, counts, park):
        self.fleet, self.journal, self.counts, self.park = fleet, journal, counts, park
        self.callers = callers(fleet)
        self.recent = {caller: deque(maxlen=100) for caller in self.callers}

    def run(self, name, client):
        getattr(self, name)(client)
        if name not in LATER:
            self.counts.flow(name)

    # MARK: What they are made of

    def caller(self, client, rule=None, kinds=(Key, User, ScopedPage)):
        environment = client.rng.choice([place.environment for place in self.fleet.places])
        return client.rng.choice([
            each for each in self.callers
            if each.place.environment == environment and isinstance(each, kinds) and (not each.rules or rule in each.rules)])

    @staticmethod
    def content(client, size=None):
        """Random bytes; mostly few, sometimes none or many."""
        if size is None:
            largest = LARGEST if client.rng.random() < 0.15 else SMALL
            size = min(largest, int(math.exp(client.rng.uniform(0, math.log(largest + 1)))))
        return client.rng.randbytes(size)

    @staticmethod
    def request(client, rule, content, **more):
        request = {"rule": rule, "filename": client.rng.choice(NAMES), "size": len(content), "type": TYPES[rule]}
        if rule in ("photos", "notes", "forms") and "method" not in more and client.rng.random() < 0.5:
            request["sha256"] = base64.b64encode(hashlib.sha256(content).digest()).decode()
        return request | more

    def ticket(self, client, caller, rule, content, creates=False, **more):
        return client.ask(caller, "POST", "/v1/uploads", self.request(client, rule, content, **more), creates=creates)

    def confirm(self, client, caller, grant, key, content, kind, confirmed=None):
        """Has the upload confirmed, by who asked or by the back end that speaks for it, and notes it."""
        asker = caller.key if isinstance(caller, ScopedPage) and client.rng.random() < 0.5 else caller
        confirmed = confirmed or client.ask(asker, "POST", "/v1/uploads/confirm", {"grant": grant})
        if (confirmed["key"], confirmed["size"]) != (key, len(content)):
            raise Finding(f"confirmed {confirmed['key']} with {confirmed['size']} bytes, sent {key} with {len(content)}")
        entry = self.journal.add(caller.place.environment, key, content, kind)
        self.recent[caller].append((entry, grant))

    # MARK: Small files

    def put(self, client):
        rule = client.rng.choice(["photos", "notes"])
        caller = self.caller(client, rule)
        content = b"" if rule == "notes" and client.rng.random() < 0.08 else self.content(client)
        more = {"metadata": {"caption": "A cat"}} if rule == "photos" and client.rng.random() < 0.3 else {}
        ticket = self.ticket(client, caller, rule, content, **more)
        client.perform(ticket, content)
        if client.rng.random() < 0.03:
            client.perform(ticket, content, expect={(412, "PreconditionFailed")}, kind="bucket PUT, second use")
        self.confirm(client, caller, ticket["grant"], ticket["key"], content, "put")

    def form(self, client):
        caller, content = self.caller(client, "forms"), self.content(client)
        ticket = self.ticket(client, caller, "forms", content)
        client.perform(ticket, content)
        self.confirm(client, caller, ticket["grant"], ticket["key"], content, "form")

    def batch(self, client):
        """Some files at once, among which one is refused."""
        caller = self.caller(client, "notes", (Key, User))
        contents = [self.content(client, client.rng.randrange(1, 4000)) for _ in range(client.rng.randrange(2, 9))]
        requests = [self.request(client, "notes", content) for content in contents]
        requests.insert(1, self.request(client, "notes", b"x", type="text/html"))
        tickets = client.ask(caller, "POST", "/v1/uploads/batch", {"uploads": requests})["tickets"]
        refused = tickets.pop(1)
        if refused.get("code") != "type_not_allowed" or len(tickets) != len(contents):
            raise Finding(f"a batch was answered with {str(refused)[:300]} and {len(tickets)} tickets")
        for ticket, content in zip(tickets, contents):
            client.perform(ticket, content)
            self.confirm(client, caller, ticket["grant"], ticket["key"], content, "batch")

    # MARK: In parts

    def film(self, client):
        """Two or three parts, the last of which is smaller."""
        return self.content(client, client.rng.choice([1, 1, 2]) * PART_SIZE + client.rng.randrange(1, MEBIBYTE))

    @staticmethod
    def send_parts(client, parts, content):
        etags = []
        for part in parts:
            start = (part["partNumber"] - 1) * PART_SIZE
            answer = client.perform(part, content[start:start + PART_SIZE], kind="bucket PUT, part")
            etags.append({"partNumber": part["partNumber"], "etag": answer.headers["etag"]})
        return etags

    def begin(self, client, content):
        """An upload that the service creates: who began it, and its ticket with all parts."""
        rule = client.rng.choice(["films", "films", "forms"])
        caller = self.caller(client, rule)
        more = {"method": "MULTIPART", "type": "video/mp4"} if rule == "forms" else {}
        ticket = self.ticket(client, caller, rule, content, creates=True, **more)
        if len(ticket["parts"]) != -(-len(content) // PART_SIZE):
            raise Finding(f"{len(ticket['parts'])} parts for {len(content)} bytes")
        return caller, ticket

    def complete(self, client, caller, ticket, etags, content, kind):
        # After a lost answer the upload may be over; what became of it, confirming tells.
        over = {(404, "upload_not_found"), (412, "object_exists")}
        failures = client.failures
        confirmed = client.ask(caller, "POST", "/v1/uploads/complete", {"grant": ticket["grant"], "parts": etags}, expect=over)
        if "key" not in confirmed:
            if client.failures == failures:
                raise Finding(f"an upload that was whole could not be completed: {confirmed}")
            confirmed = None
        self.confirm(client, caller, ticket["grant"], ticket["key"], content, kind, confirmed)

    def assisted(self, client):
        content = self.film(client)
        caller, ticket = self.begin(client, content)
        self.complete(client, caller, ticket, self.send_parts(client, ticket["parts"], content), content, "assisted")

    def patient(self, client):
        """Begun now, and ended when credentials, signing keys, and perhaps instances are others."""
        content = self.film(client)
        caller, ticket = self.begin(client, content)
        first = self.send_parts(client, ticket["parts"][:1], content)

        def go_on(client):
            numbers = [part["partNumber"] for part in ticket["parts"][1:]]
            parts = client.ask(caller, "POST", "/v1/uploads/parts", {"grant": ticket["grant"], "partNumbers": numbers})["parts"]
            etags = first + self.send_parts(client, parts, content)
            listed = client.ask(caller, "POST", "/v1/uploads/list", {"grant": ticket["grant"]})["parts"]
            if sum(part["size"] for part in listed) != len(content):
                raise Finding(f"the parts that are listed have {sum(part['size'] for part in listed)} bytes, not {len(content)}")
            self.complete(client, caller, ticket, etags, content, "patient")
            self.counts.flow("patient")

        self.park(client.rng.uniform(60, LONGEST_WAIT_SECONDS), go_on, may_be_early=True)

    def aborted(self, client):
        if client.rng.random() < 0.4:
            caller, ticket, upload_id, _ = self.create(client, self.film(client))
            steps = client.ask(caller, "POST", "/v1/uploads/parts", {"grant": ticket["grant"], "uploadId": upload_id, "partNumbers": [1]})
            client.perform(steps["abort"], None, expect={(404, "NoSuchUpload")})
            return
        content = self.film(client)
        caller, ticket = self.begin(client, content)
        etags = self.send_parts(client, ticket["parts"][:1], content)
        for _ in range(2):
            client.ask(caller, "POST", "/v1/uploads/abort", {"grant": ticket["grant"]})
        parts = [{"partNumber": number, "etag": etags[0]["etag"]} for number in range(1, len(ticket["parts"]) + 1)]
        client.ask(caller, "POST", "/v1/uploads/complete", {"grant": ticket["grant"], "parts": parts}, expect={(404, "upload_not_found")})

    def abandoned(self, client):
        content = self.film(client)
        caller, ticket = self.begin(client, content)
        self.journal.abandon(caller.place.environment, ticket["key"])
        self.send_parts(client, ticket["parts"][:1], content)

    def create(self, client, content):
        """An upload that the client creates by itself."""
        caller = self.caller(client, "reels")
        ticket = self.ticket(client, caller, "reels", content)
        answer = client.perform(ticket["create"], b"", kind="bucket POST, create", creates=caller.place.environment)
        return caller, ticket, re.search(rb"<UploadId>(.+)</UploadId>", answer.body)[1].decode(), content

    def signed(self, client):
        caller, ticket, upload_id, content = self.create(client, self.film(client))
        numbers = list(range(1, ticket["partCount"] + 1))
        steps = client.ask(caller, "POST", "/v1/uploads/parts", {"grant": ticket["grant"], "uploadId": upload_id, "partNumbers": numbers})
        etags = self.send_parts(client, steps["parts"], content)
        parts = "".join(f"<Part><PartNumber>{each['partNumber']}</PartNumber><ETag>{each['etag']}</ETag></Part>" for each in etags)
        body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        client.perform(steps["complete"], body, expect={(404, "NoSuchUpload")}, kind="bucket POST, complete")
        self.confirm(client, caller, ticket["grant"], ticket["key"], content, "signed")

    # MARK: Existing browser clients

    def uppy_form(self, client):
        caller, content = self.caller(client, "forms", (Key, User)), self.content(client)
        query = urlencode({"filename": client.rng.choice(NAMES), "type": "image/png", "metadata[name]": "a b"})
        ticket = client.ask(caller, "GET", f"/s3/params?{query}") | {"headers": {}}
        client.perform(ticket, content)
        self.confirm(client, caller, ticket["grant"], ticket["fields"]["key"], content, "uppy form")

    def uppy_sign(self, client):
        """A small file as Uppy 6.3 asks for it, with a key that the service replaces."""
        caller, content = self.caller(client, "forms", (Key, User)), self.content(client)
        request = {"method": "PUT", "key": f"{client.rng.randbytes(8).hex()}-a.png", "contentType": "image/png"}
        ticket = client.ask(caller, "POST", "/s3/presign", request)
        client.perform({"method": "POST", "url": ticket["url"], "fields": ticket["fields"]}, content)
        self.confirm(client, caller, ticket["grant"], ticket["key"], content, "uppy sign")

    def uppy_parts(self, client):
        caller, content = self.caller(client, "forms", (Key, User)), self.film(client)
        request = {"filename": "a.mp4", "type": "video/mp4", "metadata": {"name": "a.mp4"}}
        begun = client.ask(caller, "POST", "/s3/multipart", request, creates=True)
        base, key = f"/s3/multipart/{quote(begun['uploadId'], safe='')}", urlencode({"key": begun["key"]})
        numbers = range(1, -(-len(content) // PART_SIZE) + 1)
        query = urlencode({"key": begun["key"], "partNumbers": ",".join(map(str, numbers))})
        urls = client.ask(caller, "GET", f"{base}/batch?{query}", kind="/s3/multipart/*/batch")["presignedUrls"]
        parts = [{"method": "PUT", "url": urls[str(number)], "partNumber": number} for number in numbers]
        etags = [{"PartNumber": each["partNumber"], "ETag": each["etag"]} for each in self.send_parts(client, parts, content)]
        listed = client.ask(caller, "GET", f"{base}?{key}", kind="/s3/multipart/*")
        if sum(part["Size"] for part in listed) != len(content):
            raise Finding(f"Uppy's list has {listed}, not {len(content)} bytes")
        client.ask(caller, "POST", f"{base}/complete?{key}", {"parts": etags}, kind="/s3/multipart/*/complete")
        self.confirm(client, caller, begun["uploadId"], begun["key"], content, "uppy parts")

    def shrine(self, client):
        caller, content = self.caller(client, "forms", (Key, User)), self.content(client)
        query = urlencode({"filename": client.rng.choice(NAMES), "type": "text/plain"})
        ticket = client.ask(caller, "GET", f"/presign?{query}")
        client.perform({"method": "POST", "url": ticket["url"], "fields": ticket["fields"]}, content)
        self.confirm(client, caller, ticket["grant"], ticket["fields"]["key"], content, "shrine")

    def active_storage(self, client):
        caller, content = self.caller(client, "photos"), self.content(client)
        blob = {
            "filename": client.rng.choice(NAMES), "byte_size": len(content), "content_type": "image/png",
            "checksum": base64.b64encode(hashlib.md5(content).digest()).decode()}
        found = client.ask(caller, "POST", "/rails/active_storage/direct_uploads", {"blob": blob})
        client.perform({"method": "PUT"} | found["direct_upload"], content)
        self.confirm(client, caller, found["signed_id"], found["key"], content, "active storage")

    def better_upload(self, client):
        caller = self.caller(client, "photos")
        contents = [self.content(client, client.rng.randrange(1, 20_000)) for _ in range(client.rng.randrange(1, 4))]
        files = [{"name": "a.png", "size": len(content), "type": "image/png"} for content in contents]
        for found, content in zip(client.ask(caller, "POST", "/upload", {"route": "photos", "files": files})["files"], contents):
            step = {"method": "PUT", "url": found["signedUrl"], "headers": found["headers"] | {"content-type": "image/png"}}
            client.perform(step, content)
            self.confirm(client, caller, found["grant"], found["file"]["objectInfo"]["key"], content, "better-upload")

    # MARK: Looking

    def download(self, client):
        caller = self.caller(client, None, (Key, User))
        if not self.recent[caller]:
            return
        entry, grant = client.rng.choice(self.recent[caller])
        asked = {"key": entry.key} if client.rng.random() < 0.5 else {"grant": grant}
        answer = client.perform(client.ask(caller, "POST", "/v1/downloads", asked), None)
        if hashlib.sha256(answer.body).hexdigest() != entry.sha256:
            raise Finding(f"a download of {entry.key} has other bytes: {len(answer.body)} of {entry.size}")

    def rules(self, client):
        caller = self.caller(client, "photos")
        found = client.ask(caller, "GET", "/v1/rules")
        if found["environment"] != caller.place.environment:
            raise Finding(f"the rules of {found['environment']} for a caller of {caller.place.environment}")

    def hasty(self, client):
        """More questions at once than a caller may ask, at however many instances: 429, and it comes again when it is told to."""
        caller = self.caller(client, None, (Key, User))
        for _ in range(HASTY):
            client.ask(caller, "GET", "/v1/rules")

    # MARK: What is refused, or over

    def refused(self, client):
        name = client.rng.choice(REFUSALS)
        getattr(self, name)(client)
        self.counts.flow(name)

    def refuse(self, client, caller, request, status, code, path="/v1/uploads", headers=None):
        found = client.ask(caller, "POST", path, request, expect={(status, code)}, headers=headers)
        if found.get("code") != code:
            raise Finding(f"{path}: {request} was answered with {str(found)[:300]}, not refused as {code}")

    def wrong_type(self, client):
        self.refuse(client, self.caller(client, "photos"), self.request(client, "photos", b"x", type="text/html"), 415, "type_not_allowed")

    def too_large(self, client):
        self.refuse(client, self.caller(client, "photos"), self.request(client, "photos", b"x", size=LARGEST + 1), 413, "too_large")

    def too_small(self, client):
        self.refuse(client, self.caller(client, "photos"), self.request(client, "photos", b""), 422, "too_small")

    def unknown_rule(self, client):
        caller = self.caller(client, None, (Key, User))
        self.refuse(client, caller, self.request(client, "photos", b"x") | {"rule": "nonesuch"}, 404, "unknown_rule")

    def unknown_field(self, client):
        self.refuse(client, self.caller(client, "photos"), self.request(client, "photos", b"x", bucket="mine"), 400, "unknown_field")

    def nobody(self, client):
        self.refuse(client, None, self.request(client, "photos", b"x"), 401, "missing_credentials")

    def stranger(self, client):
        headers = {"x-api-key": "cs_" + client.rng.randbytes(24).hex()}
        self.refuse(client, None, self.request(client, "photos", b"x"), 401, "invalid_credentials", headers=headers)

    def ended_token(self, client):
        place = client.rng.choice(self.fleet.places)
        headers = {"authorization": f"Bearer {self.fleet.issuer.token(-120, aud=place.audience, sub='user|1')}"}
        self.refuse(client, None, self.request(client, "photos", b"x"), 401, "invalid_credentials", headers=headers)

    def foreign_page(self, client):
        caller = self.caller(client, "photos", (Key,))
        headers = {"origin": f"{PAGE}.evil.example"}
        self.refuse(client, caller, self.request(client, "photos", b"x"), 403, "origin_not_allowed", headers=headers)

    def broken_grant(self, client):
        caller = self.caller(client, "photos")
        grant = self.ticket(client, caller, "photos", b"x")["grant"]
        broken = grant[:-2] + ("A" if grant[-2] != "A" else "B") + grant[-1]
        self.refuse(client, caller, {"grant": broken}, 400, "grant_invalid", "/v1/uploads/confirm")

    def others_grant(self, client):
        owner = self.caller(client, "photos", (User,))
        other = client.rng.choice([
            each for each in self.callers if isinstance(each, User) and each.place is owner.place and each is not owner])
        grant = self.ticket(client, owner, "photos", b"x")["grant"]
        self.refuse(client, other, {"grant": grant}, 403, "grant_other_caller", "/v1/uploads/confirm")

    def nothing_there(self, client):
        caller = self.caller(client, "photos")
        grant = self.ticket(client, caller, "photos", b"x")["grant"]
        self.refuse(client, caller, {"grant": grant}, 404, "object_not_found", "/v1/uploads/confirm")

    def other_bytes(self, client):
        """Longer than the ticket says: refused, and the ticket stays good."""
        caller, content = self.caller(client, "photos"), self.content(client, 2000)
        ticket = self.ticket(client, caller, "photos", content)
        # Where session tokens are known, Ceph answers so to every mistake in a signature.
        refusals = {(403, "SignatureDoesNotMatch"), (403, "AccessDenied")}
        if client.perform(ticket, content + b"x", expect=refusals, kind="bucket PUT, longer").is_success:
            raise Finding("the bucket took more bytes than the ticket says")
        client.perform(ticket, content)
        self.confirm(client, caller, ticket["grant"], ticket["key"], content, "put")

    def expired(self, client):
        self.wait_for_the_end(client, "expired", "brief", 10)

    def outlived(self, client):
        """A ticket that would live for a quarter of an hour, and ends with the credentials that signed it."""
        self.wait_for_the_end(client, "outlived", "photos", CREDENTIAL_SECONDS + 5)

    def wait_for_the_end(self, client, name, rule, longest):
        caller, content = self.caller(client, rule), self.content(client, 1000)
        ticket = self.ticket(client, caller, rule, content)
        seconds = seconds_until(ticket["expiresAt"])
        if seconds > longest:
            raise Finding(f"a ticket of {rule} lives for {seconds:.0f} s")

        def try_late(client):
            late = {(403, "AccessDenied"), (403, "ExpiredToken"), (400, "ExpiredToken"), (403, "InvalidAccessKeyId")}
            if client.perform(ticket, content, expect=late, kind="bucket PUT, expired").is_success:
                raise Finding(f"the bucket took a ticket that ended at {ticket['expiresAt']}")
            self.replace_ticket(client, caller, rule, content)
            self.counts.flow(name)

        self.park(seconds + 2.5, try_late)

    def replace_ticket(self, client, caller, rule, content):
        """Another ticket for one that has expired, up to three, as countersign.js does."""
        for _ in range(TICKETS):
            ticket = self.ticket(client, caller, rule, content)
            answer = client.perform(ticket, content, expect={(403, "AccessDenied")} if seconds_until(ticket["expiresAt"]) < 5 else ())
            if answer.is_success or answer.status == 412:
                return self.confirm(client, caller, ticket["grant"], ticket["key"], content, "replaced")
            time.sleep(0.1)
        raise Finding(f"{TICKETS} tickets of {rule} had ended before they were used")


REFUSALS = (
    "wrong_type", "too_large", "too_small", "unknown_rule", "unknown_field", "nobody", "stranger", "ended_token", "foreign_page",
    "broken_grant", "others_grant", "nothing_there", "other_bytes")
