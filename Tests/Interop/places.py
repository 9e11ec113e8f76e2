"""The service in every state in which it answers otherwise, and who asks it there."""

import json
import secrets
import socket
from http.client import HTTPResponse
from urllib.parse import urlsplit

from issuer import Issuer
from openapi import code
from programs import Serve, free_ports, mint
from stand_in import StandIn, s3_error
from wire import Answer, send

PAGE = "https://staging.example.com"
FOREIGN = "https://elsewhere.example.org"

RULES = """
bucket: {bucket}
region: us-east-1
provider: custom
endpoint: {endpoint}
allowedOrigins: ["{origin}"]
downloads: {downloads}
rules:
  photos: {{contentTypes: [image/png], minimumSize: 10, maximumSize: 1 MiB, key: "photos/{{caller}}/{{uuid}}{{ext}}", once: true,
    metadata: [caption]}}
  forms: {{contentTypes: [image/png], minimumSize: 10, maximumSize: 1 MiB, key: "forms/{{caller}}/{{uuid}}{{ext}}", method: POST,
    once: false, multipart: assisted, metadata: [caption]}}
  videos: {{contentTypes: [video/mp4], minimumSize: 10, maximumSize: 1 GiB, key: "videos/{{caller}}/{{uuid}}{{ext}}", method: MULTIPART,
    once: true, partSize: 5 MiB, metadata: [caption]}}
  films: {{contentTypes: [video/mp4], maximumSize: 1 GiB, key: "films/{{caller}}/{{uuid}}{{ext}}", method: MULTIPART, multipart: signed,
    once: true}}
  hashed: {{contentTypes: [image/png], maximumSize: 1 MiB, key: "hashed/{{caller}}/{{uuid}}{{ext}}", once: true, checksum: required}}
  brief: {{contentTypes: [image/png], maximumSize: 1 MiB, key: "brief/{{caller}}/{{uuid}}{{ext}}", once: true, lifetime: 60s,
    grantLifetime: 60s}}
  {fleeting}: {{contentTypes: [image/png], maximumSize: 1 MiB, key: "fleeting/{{caller}}/{{uuid}}{{ext}}", once: true}}
"""
DIALECTS = "dialects: {{uppy: {uppy}, shrine: forms, activeStorage: photos, betterUpload: true}}\n"


class Asker:
    """Somebody who asks one instance of the service; every answer is held to the document."""

    def __init__(self, document, url, prefix="", headers=None):
        self.document, self.url, self.prefix, self.headers = document, url, prefix, headers or {}

    def ask(self, method, path, body=None, expected=None, **headers):
        """A body that is not bytes goes as JSON; `expected` is a status, perhaps with the problem's code; a header that is None is left
        out."""
        raw = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        usual = self.headers | ({"content-type": "application/json"} if raw is not None else {})
        given = usual | {name.replace("_", "-"): value for name, value in headers.items()}
        answer = send(method, self.url + self.prefix + path, raw, {name: value for name, value in given.items() if value is not None})
        return self.take(method, path, answer, expected)

    def take(self, method, path, answer, expected=None):
        self.document.hold(method, self.prefix + path, answer)
        found = f"{answer.status} {code(answer) or ''}".strip()
        assert expected is None or found == expected or found.split()[0] == expected, (method, path, found, answer.body[:300])
        return answer

    def json(self, *arguments, **headers):
        return json.loads(self.ask(*arguments, **headers).body)

    def raw(self, method, path, *lines, body=b"", expected=None):
        """The same with a request whose framing is written here."""
        address = urlsplit(self.url)
        with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
            connection.sendall(self.head(method, path, *lines) + body)
            return self.take(method, path, answer_on(connection, method), expected)

    def head(self, method, path, *lines):
        fields = [f"{name}: {value}" for name, value in (self.headers | {"host": urlsplit(self.url).netloc}).items()]
        return "\r\n".join([f"{method} {self.prefix}{path} HTTP/1.1", *fields, *lines, "", ""]).encode()


def answer_on(connection, method):
    response = HTTPResponse(connection, method=method)
    response.begin()
    return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())


class Store:
    """A bucket that answers as `answer` says; a request in, a `stand_in.Answer` out."""

    def __init__(self):
        self.answer = lambda request: s3_error(403, "AccessDenied")
        self.server = StandIn.serve(lambda request: self.answer(request))
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Places:
    """Instances with the same secrets, API keys and rules, which differ in what is given."""

    def __init__(self, server, folder):
        self.server, self.folder = server, folder
        self.issuer = Issuer()
        self.store = Store()
        self.running = {}
        self.document = None
        self.variables = {"COUNTERSIGN_ADDRESS_REQUESTS": "0"}
        self.variables |= {name: secrets.token_urlsafe(32) for name in ("COUNTERSIGN_TOKEN_SECRET", "COUNTERSIGN_SEALING_SECRET")}
        self.keys = {}
        for environment, account in zip(("staging", "production"), server.accounts):
            minted = mint(environment)
            self.keys[environment] = minted["key"]
            self.variables |= {minted["variable"]: minted["value"]} | account.variables(f"COUNTERSIGN_{environment.upper()}_")

    def close(self):
        for service in self.running.values():
            service.stop()
        self.store.close()

    def policies(self, name, endpoint=None, uppy="forms", fleeting="fleeting", dialects=True, keys="jwks.json", limits=None):
        folder = self.folder / name
        for environment, account in zip(("staging", "production"), self.server.accounts):
            (folder / environment).mkdir(parents=True)
            is_open = environment == "staging"
            text = RULES.format(
                bucket=account.bucket, endpoint=endpoint or self.server.endpoint, fleeting=fleeting,
                origin=PAGE if is_open else "https://www.example.com", downloads="true" if is_open else "false")
            text += DIALECTS.format(uppy=uppy) if is_open and dialects else ""
            (folder / environment / "uploads.yaml").write_text(text + (f"limits: {limits}\n" if limits else ""))
        self.issuer.write(folder / "staging", f"""
callers:
  - {{name: auth0, issuer: "{self.issuer.url}", audience: "{self.issuer.audience}", algorithms: [RS256], keys: "{keys}", rules: [photos]}}
""")
        return folder

    def at(self, name, variables=None, **policies):
        """The instance of that name, started with these when it is asked for first; a variable that is None is left out."""
        if name not in self.running:
            given = {key: value for key, value in (self.variables | (variables or {})).items() if value is not None}
            self.running[name] = Serve(self.policies(name, **policies), given, self.folder / f"{name}.log")
        return self.running[name].url

    # Who asks, of an instance's URL. Of the rule only a page's token makes something.

    def nobody(self, url):
        return Asker(self.document, url)

    def back(self, url, _=None, environment="staging"):
        return Asker(self.document, url, headers={"authorization": f"Bearer {self.keys[environment]}"})

    def page(self, url, rule="photos", environment="staging", bytes=None):
        """A page with a scoped token in its paths, for that rule."""
        origin = PAGE if environment == "staging" else "https://www.example.com"
        asked = {"rule": rule, "origin": origin} | ({} if bytes is None else {"bytes": bytes})
        token = self.back(self.at("usual"), environment=environment).json("POST", "/v1/tokens", asked, "201")["token"]
        return Asker(self.document, url, prefix=f"/u/{token}", headers={"origin": origin})

    def holder(self, url, **claims):
        """A page with a JWT."""
        return Asker(self.document, url, headers={"authorization": f"Bearer {self.issuer.token(**claims)}", "origin": PAGE})

    @staticmethod
    def nowhere(scheme="http"):
        """An endpoint where nobody listens."""
        return f"{scheme}://127.0.0.1:{free_ports(1)[0]}"
