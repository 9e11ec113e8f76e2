"""A server with the service beside it, which signs for its two buckets with policies made from the repository's own."""

import json
import re
import secrets

from issuer import Issuer
from programs import ROOT, Serve, countersign, mint
from wire import send, send_form

ENVIRONMENTS = ("staging", "production")

# What no rule of the repository asks for: encryption, tags, and all of it together.
SEALED = """
  sealed:
    contentTypes: [image/png]
    maximumSize: 1 MiB
    key: sealed/{caller}/{uuid}{ext}
    once: true
    encryption: s3
    metadata: [caption, author]
    tags: {project: interop, "kind of": a/b+c}
    cacheControl: no-cache
    contentDisposition: attachment; filename={filename}
"""

# Large files that the page creates, completes and aborts by itself.
FILMS = """
  films:
    contentTypes: [video/mp4]
    maximumSize: 1 GiB
    key: films/{caller}/{uuid}{ext}
    method: MULTIPART
    multipart: signed
    once: true
"""

# What expires where nobody has it confirmed: small files by PUT, large ones in parts.
REVIEWED = """
  reviewed:
    contentTypes: [text/plain]
    maximumSize: 1 GiB
    key: reviewed/{caller}/{uuid}{ext}
    multipart: assisted
    once: true
    tagUnconfirmed: true
"""


class Deployment:
    """The service, running, and one account for each environment.

    `endpoint` is the server's own unless given; None leaves the policies with AWS's endpoints, whose hosts name the bucket.
    Staging takes the API key of `keys`, JWTs of `issuer` as the text `callers` says, and scoped tokens; `dialects` is what its
    uploads.yaml says of them.
    """

    def __init__(self, server, folder, accounts=None, endpoint="", issuer=None, callers=None, dialects=""):
        self.server = server
        self.accounts = accounts or server.accounts
        self.endpoint = server.endpoint if endpoint == "" else endpoint
        self.address = self.endpoint or server.endpoint
        self.keys = {}
        variables = {name: secrets.token_urlsafe(32) for name in ("COUNTERSIGN_TOKEN_SECRET", "COUNTERSIGN_SEALING_SECRET")}
        for environment, account in zip(ENVIRONMENTS, self.accounts):
            write_policies(folder / environment, environment, account.bucket, server, self.endpoint)
            minted = mint(environment)
            self.keys[environment] = minted["key"]
            variables |= {minted["variable"]: minted["value"]} | account.variables(f"COUNTERSIGN_{environment.upper()}_")
        self.issuer = issuer or Issuer()
        self.issuer.write(folder / "staging", callers)
        with (folder / "staging/uploads.yaml").open("a") as file:
            file.write(dialects)
        self.policies = folder
        self.variables = variables
        self.service = self.instance("service")

    def instance(self, name, **changes):
        """The service once more, as behind a load balancer; with other variables where they are given."""
        return Serve(self.policies, self.variables | changes, self.policies / f"{name}.log")

    def stop(self):
        self.service.stop()

    def account(self, environment):
        return self.accounts[ENVIRONMENTS.index(environment)]

    def ticket(self, rule, content, environment="staging", **changes):
        """A ticket for these bytes, asked for as a back end does."""
        request = {"rule": rule, "filename": "a photo.png", "size": len(content), "type": "image/png"} | changes
        return self.ask("/v1/uploads", request, environment)

    def scoped_token(self, rule="avatars", environment="staging", **request):
        """What a page gets from its back end."""
        return self.ask("/v1/tokens", {"rule": rule} | request, environment)["token"]

    def ask(self, path, request, environment):
        headers = {"authorization": f"Bearer {self.keys[environment]}", "content-type": "application/json"}
        answer = send("POST", self.service.url + path, json.dumps(request).encode(), headers)
        assert answer.status == 201, answer.body
        return json.loads(answer.body)

    def tickets(self):
        """How many have been issued."""
        metrics = send("GET", f"{self.service.url}/metrics").body.decode()
        return sum(int(count) for count in re.findall(r"^countersign_tickets_total{.*} (\d+)$", metrics, re.MULTILINE))

    def use(self, ticket, content, method=None, url=None, fields=None, headers=None):
        """Sends the file as the ticket says, or otherwise: a field or header that is None is left out."""
        def changed(given, changes):
            return {name: value for name, value in (given | (changes or {})).items() if value is not None}

        url = url or ticket["url"]
        if ticket["method"] == "POST":
            return send_form(url, changed(ticket["fields"], fields), content, self.address)
        return send(method or "PUT", url, content, changed(ticket["headers"], headers), self.address)

    def presign(self, method, key, *options, account=None, bucket=None):
        """What `countersign presign` makes of that key, as its JSON; signed by the first account unless told otherwise."""
        account = account or self.accounts[0]
        where = ["--region", self.server.region] + (["--endpoint", self.endpoint] if self.endpoint else [])
        target = f"s3://{bucket or self.accounts[0].bucket}" + (f"/{key}" if key is not None else "")
        return json.loads(countersign(
            "presign", method, target, *where, *options, "--format", "json", variables={"HOME": "/nonexistent"} | account.variables()))

    def run(self, method, key, *options, body=None, **who):
        """Signs that request and sends it."""
        signed = self.presign(method, key, *options, **who)
        return send(signed["method"], signed["url"], body, signed["headers"], self.address)

    def read(self, ticket):
        """What the bucket holds under the ticket's key, read by the environment's own account."""
        account = self.account(ticket["environment"])
        return self.run("get", ticket["key"], account=account, bucket=account.bucket)


def write_policies(folder, environment, bucket, server, endpoint):
    """The repository's upload rules of that environment, for another bucket."""
    text = (ROOT / "policies" / environment / "uploads.yaml").read_text()
    text = replaced(text, r"^bucket: .*", f"bucket: {bucket}")
    text = replaced(text, r"^region: .*", f"region: {server.region}")
    sealed = replaced(SEALED, "sealed", "sealed-form", count=2)
    sealed = replaced(sealed, "    once: true\n", "    method: POST\n    once: false\n")
    if endpoint:
        text = replaced(text, r"^provider: .*", f"provider: {server.provider}\nendpoint: {endpoint}")
        # Such a provider wants the rules to say it themselves.
        text = replaced(text, r"^    key: (?=avatars|documents|videos).*", r"\g<0>\n    once: true", count=3)
        for key in server.refused_of_forms:
            sealed = replaced(sealed, rf"^    {key}: .*\n", "")
            text = re.sub(rf"(    method: POST\n(?:    .*\n)*?)    {key}: .*\n", r"\1", text)
    folder.mkdir(parents=True)
    (folder / "uploads.yaml").write_text(text + SEALED + sealed + FILMS + REVIEWED)


def replaced(text, pattern, by, count=1):
    changed, found = re.subn(pattern, by, text, flags=re.MULTILINE)
    assert found == count, f"{pattern} stands {found} times in the policies, not {count}"
    return changed
