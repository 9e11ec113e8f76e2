"""The README's recipes, run as they stand there but for the addresses."""

import json
import os
import re
import subprocess
import threading
from functools import partial
from http.server import ThreadingHTTPServer

import pytest
from selenium.webdriver.support.ui import WebDriverWait

from conftest import chromium
from deployment import Deployment
from issuer import KEYS_FILE, Issuer
from programs import BINARY, ROOT, Serve, clean
from servers import started
from servers.local import Local
from sites import PAGE, Pages
from wire import send

README = (ROOT / "README.md").read_text()
SERVICE = "https://uploads.example.com"
ASKS, BROWSERS, HEROKU = "A back end asks", "A browser asks with Auth0's or Cognito's tokens", "Heroku, an app for each stage"
COGNITO = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_EXAMPLE"


def recipe(heading, language, number=0):
    """A fenced block of the README."""
    section = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^##|\Z)", README, re.MULTILINE | re.DOTALL)[1]
    return re.findall(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)[number]


def callers():
    """Both entries of the README, with keys that lie beside uploads.yaml instead of Auth0's and Cognito's."""
    entries = recipe("JWTs", "yaml") + recipe(BROWSERS, "yaml").removeprefix("callers:\n")
    local, found = re.subn(r"keys: https://\S+", f"keys: {KEYS_FILE}", entries)
    assert found == 2
    return local


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """The service with the repository's policies, and the project's own bucket."""
    server = started(Local)
    deployment = Deployment(server, tmp_path_factory.mktemp("recipes"), issuer=Issuer(), callers=callers())
    yield deployment
    deployment.stop()
    server.stop()


# MARK: A back end asks


@pytest.mark.parametrize("language, number, command", [
    ("sh", 0, ["bash", "-euo", "pipefail"]), ("js", 0, ["node"]), ("python", 0, ["/usr/bin/python3"])], ids=["curl", "JavaScript", "Python"])
def test_a_back_end_gets_a_ticket(running, tmp_path, language, number, command):
    script = tmp_path / {"js": "recipe.mjs"}.get(language, "recipe")
    script.write_text(recipe(ASKS, language, number).replace(SERVICE, running.service.url))

    def run(key):
        return subprocess.run(
            [*command, script], env=clean({"COUNTERSIGN_API_KEY": key}), capture_output=True, text=True, timeout=60, check=False)

    asked = run(running.keys["staging"])
    ticket = json.loads(asked.stdout)
    assert ticket["key"].startswith("documents/interop/"), asked.stderr
    content = b"%PDF-1.7\n".ljust(48213, b"\n")
    assert running.use(ticket, content).status == 200
    assert running.read(ticket).body == content

    refused = run("csk_nonsense")
    assert "invalid_credentials" in refused.stdout + refused.stderr
    assert language == "sh" or refused.returncode == 1


class Site(Pages):
    """A page, and the back end's route for it; `ticket` is what asks the service, `scripts` what the pages run."""

    def do_GET(self):
        found = self.server.scripts.get(self.path)
        if found is None:
            super().do_GET()
        else:
            self.say(200, "text/javascript", found)

    def do_POST(self):
        assert self.path == "/files/v1/uploads"
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.say(201, "application/json", json.dumps(self.server.ticket(**request)))

    def say(self, status, kind, text):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


@pytest.fixture(scope="module")
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Site, directory=ROOT / "Tests/Interop/Fixtures"))
    server.asked, server.scripts = [], {}
    threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser(site):
    with chromium(f"--host-resolver-rules=MAP {PAGE.removeprefix('http://')} 127.0.0.1:{site.server_port}") as driver:
        yield driver


def run_in_page(browser, site, running, script, given, result):
    """Runs a recipe as a module of a page, with `file` and what else is given; the value of the expression `result` behind it."""
    around = ("const file = new File(['12345'], 'a.png', { type: 'image/png' });\n" + given, f"window.outcome = {{ result: {result} }};")
    site.scripts["/recipe.js"] = "\n".join([around[0], script.replace(SERVICE, running.service.url), around[1]])
    browser.get(f"{PAGE}/README.md")
    browser.execute_script("""
        addEventListener('unhandledrejection', ({ reason }) => { window.outcome = { error: String(reason) }; });
        import('/recipe.js').catch((error) => { window.outcome = { error: String(error) }; });""")
    outcome = WebDriverWait(browser, 60).until(lambda _: browser.execute_script("return window.outcome"), "no end of the recipe")
    assert "result" in outcome, outcome
    return outcome["result"]


def test_a_page_asks_its_back_end(running, browser, site, monkeypatch):
    """Which is the recipe in Python here."""
    monkeypatch.setenv("COUNTERSIGN_API_KEY", running.keys["staging"])
    back_end = recipe(ASKS, "python").replace(SERVICE, running.service.url)
    names = {}
    exec(back_end.partition("print(")[0], names)
    site.ticket = names["ticket"]
    script = recipe(ASKS, "js", 1).replace('rule: "documents"', 'rule: "avatars"')
    key = run_in_page(browser, site, running, script, "", "key")
    assert running.run("get", key).body == b"12345"


# MARK: A browser asks


def test_a_page_asks_with_tokens_of_auth0_and_cognito(running, browser, site):
    """The claims are those of the issuers' own examples."""
    access = running.issuer.token(aud=["https://api.example.com", "https://example.eu.auth0.com/userinfo"], scope="openid profile", azp="app")
    identity = cognito(running, token_use="id")
    given = f"""
        const auth0 = {{ getTokenSilently: async (asked) =>
          asked.authorizationParams.audience === 'https://api.example.com' ? '{access}' : 'opaque' }};
        const fetchAuthSession = async () => ({{ tokens: {{ idToken: {{ toString: () => '{identity}' }} }} }});"""
    script, found = re.subn(r"await upload\((.*)\);", r"(window.keys ??= []).push((await upload(\1)).key);", recipe(BROWSERS, "js"))
    assert found == 2
    keys = run_in_page(browser, site, running, script, given, "window.keys")
    assert [key.split("/")[1].partition("~")[0] for key in keys] == ["auth0", "cognito"]
    assert {running.run("get", key).body for key in keys} == {b"12345"}


def cognito(running, **claims):
    usual = {"iss": COGNITO, "aud": "1example23456789", "sub": "54288468-e051-706d-a73f-03892273d7e9", "auth_time": 1714241873}
    return running.issuer.token(**usual | claims)


@pytest.mark.parametrize("claims", [
    {"aud": None, "client_id": "1example23456789", "token_use": "access"}, {"token_use": "access"}, {"aud": "another-client", "token_use": "id"},
], ids=["an access token", "an access token with an audience", "another client's"])
def test_other_tokens_of_cognito_are_refused(running, claims):
    answer = send("GET", f"{running.service.url}/v1/rules", headers={"authorization": f"Bearer {cognito(running, **claims)}"})
    assert answer.status == 401
    good = send("GET", f"{running.service.url}/v1/rules", headers={"authorization": f"Bearer {cognito(running, token_use='id')}"})
    assert [rule["name"] for rule in json.loads(good.body)["rules"]] == ["avatars"]


def test_a_page_asks_with_a_scoped_token(running, browser, site):
    ask = recipe("Browsers that cannot send headers", "sh").replace(SERVICE, running.service.url).replace("https://app.example.com", PAGE)
    asked = subprocess.run(
        ["bash", "-euc", ask], env=clean({"COUNTERSIGN_API_KEY": running.keys["staging"]}), capture_output=True, text=True, timeout=60, check=False)
    token = json.loads(asked.stdout)["token"]
    endpoint = re.search(r"`` (endpoint: .*?) ``", README)[1]
    script = f'import {{ upload }} from "{SERVICE}/countersign.js";\nconst {{ key }} = await upload(file, {{ rule: "avatars", {endpoint} }});'
    key = run_in_page(browser, site, running, script, f"const token = '{token}';", "key")
    assert key.startswith("avatars/interop.alice/")
    assert running.run("get", key).body == b"12345"


# MARK: Heroku

# Keeps what config:set is given, as a file for each app, and notes the rest.
HEROKU_STAND_IN = """#!/usr/bin/env bash
set -eu
command=$1; shift
if [ "$command" = config:set ]; then
    [ "$1" = --app ]
    printf '%s\\n' "${@:3}" >>"$APPS/$2.env"
else
    echo "$command $*" >>"$APPS/deployed"
fi
"""


@pytest.fixture
def apps(running, tmp_path):
    """The variables of each app after the recipe for Heroku."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "apps").mkdir()
    heroku = tmp_path / "bin/heroku"
    heroku.write_text(HEROKU_STAND_IN)
    heroku.chmod(0o755)
    script = recipe(HEROKU, "sh")
    for account in running.accounts:
        assert "AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…" in script
        script = script.replace("=…", f"={account.access_key}", 1).replace("=…", f"={account.secret_key}", 1)
    path = f"{tmp_path / 'bin'}:{BINARY.parent}:{os.environ['PATH']}"
    subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], env=clean({"PATH": path, "APPS": str(tmp_path / "apps")}), cwd=tmp_path, timeout=60, check=True)
    assert list(tmp_path.glob("*.key")) == []
    assert (tmp_path / "apps/deployed").read_text().splitlines() == [
        f"container:{step} web --app my-app-{stage}" for stage in ("staging", "production") for step in ("push", "release")]
    return {
        file.stem: dict(line.split("=", 1) for line in file.read_text().splitlines()) for file in (tmp_path / "apps").glob("*.env")}


def test_herokus_apps_are_two_stages_that_share_nothing(running, apps, tmp_path):
    assert apps.keys() == {"my-app-staging", "my-app-production", "my-backend-staging", "my-backend-production"}
    staging, production = apps["my-app-staging"], apps["my-app-production"]
    assert staging.keys() == production.keys()
    # Heroku's router is in front of both, and nothing else is the same.
    assert staging.items() & production.items() == {("COUNTERSIGN_TRUSTED_HOPS", "1")}
    assert len(set(staging.values()) & set(production.values())) == 1
    keys = {stage: apps[f"my-backend-{stage}"]["COUNTERSIGN_API_KEY"] for stage in ("staging", "production")}
    request = json.dumps({"rule": "avatars", "filename": "a.png", "size": 5, "type": "image/png"}).encode()
    for stage in keys:
        service = Serve(running.policies, apps[f"my-app-{stage}"], tmp_path / f"{stage}.log")
        try:
            for asking, key in keys.items():
                headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
                answer = send("POST", f"{service.url}/v1/uploads", request, headers)
                assert answer.status == (201 if asking == stage else 401), answer.body
                if asking == stage:
                    ticket = json.loads(answer.body)
                    assert (ticket["environment"], ticket["key"].split("/")[1]) == (stage, "web-backend")
                    assert running.use(ticket, b"12345").status == 200
                    assert running.read(ticket).body == b"12345"
            scoped = json.dumps({"rule": "avatars", "origin": {"staging": PAGE, "production": "https://app.example.com"}[stage]}).encode()
            headers = {"authorization": f"Bearer {keys[stage]}", "content-type": "application/json"}
            assert send("POST", f"{service.url}/v1/tokens", scoped, headers).status == 201
        finally:
            service.stop()
