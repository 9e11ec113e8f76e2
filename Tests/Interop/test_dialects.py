"""Existing browser clients, as their packages have them, with the README's recipes for them."""

import base64
import hashlib
import json
import re
import subprocess
import threading
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from selenium.webdriver.support.ui import WebDriverWait

from conftest import chromium
from deployment import Deployment
from programs import ROOT, clean
from servers import started
from servers.local import Local
from sites import PAGE
from test_recipes import SERVICE, Site, recipe
from wire import send

ACTIVE_STORAGE = next(Path("/usr/share/rubygems-integration/all/gems").glob("activestorage-*/app/assets/javascripts/activestorage.js"))
# Debian's build leaves Babel's helpers to the page.
HELPERS = """
window.babelHelpers = {
  classCallCheck(instance, type) { if (!(instance instanceof type)) throw new TypeError('Cannot call a class as a function'); },
  createClass(type, own, shared) {
    for (const [place, members] of [[type.prototype, own], [type, shared]])
      for (const { key, ...member } of members ?? []) Object.defineProperty(place, key, { configurable: true, enumerable: false, ...member });
    return type;
  },
};
"""
PDF = b"%PDF-1.7\n".ljust(48213, b"\n")
TITLE = "Use it with Uppy, Rails, Shrine or better-upload"

# The form that Rails renders: what it needs of a browser's page is the field, its attribute, and the token against forgery.
FORM = """
document.head.innerHTML = '<meta name="csrf-token" content="from-rails">';
document.body.innerHTML = `<form action="/submitted" method="get">FIELD<button>Send</button></form>`;
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    server = started(Local)
    deployment = Deployment(server, tmp_path_factory.mktemp("dialects"), dialects=recipe(TITLE, "yaml"))
    yield deployment
    deployment.stop()
    server.stop()


@pytest.fixture(scope="module")
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Site, directory=ROOT / "Tests/Interop/Fixtures"))
    server.asked, server.scripts = [], {"/activestorage.js": HELPERS + ACTIVE_STORAGE.read_text()}
    threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser(site):
    with chromium(f"--host-resolver-rules=MAP {PAGE.removeprefix('http://')} 127.0.0.1:{site.server_port}") as driver:
        yield driver


@pytest.fixture
def page(browser):
    """A page with Active Storage's script, which starts by itself."""
    browser.get("about:blank")
    browser.get(f"{PAGE}/README.md")
    browser.execute_async_script("""
        const done = arguments[0];
        document.body.append(Object.assign(document.createElement('script'), { src: '/activestorage.js', onload: done }));""")
    return browser


# MARK: Active Storage

UPLOAD = """
const [url, bytes, type, headers, done] = arguments;
const file = new File([Uint8Array.from(bytes)], 'report 1.pdf', { type });
const delegate = {
  directUploadWillCreateBlobWithXHR(xhr) { for (const name in headers) xhr.setRequestHeader(name, headers[name]); },
};
new ActiveStorage.DirectUpload(file, url, delegate).create((error, blob) => done({ error, blob }));
"""


def direct_uploads(running, token=None):
    return f"{running.service.url}{f'/u/{token}' if token else ''}/rails/active_storage/direct_uploads"


def test_a_direct_upload_with_a_key(running, page):
    headers = {"authorization": f"Bearer {running.keys['staging']}"}
    outcome = page.execute_async_script(UPLOAD, direct_uploads(running), list(PDF), "application/pdf", headers)
    assert outcome["error"] is None, outcome
    blob = outcome["blob"]
    assert (blob["filename"], blob["byte_size"], blob["content_type"]) == ("report 1.pdf", len(PDF), "application/pdf")
    assert blob["checksum"] == base64.b64encode(hashlib.md5(PDF).digest()).decode()
    assert running.run("get", blob["key"]).body == PDF


@pytest.mark.parametrize("content, kind, headers, message", [
    (PDF, "text/html", None, "Error creating Blob for \"report 1.pdf\". Status: 415"),
    (PDF, "", None, "Error creating Blob for \"report 1.pdf\". Status: 415"),
    (PDF, "application/pdf", {}, "Error creating Blob for \"report 1.pdf\". Status: 401"),
], ids=["a page", "no type", "no key"])
def test_a_refusal_reaches_the_page(running, page, content, kind, headers, message):
    given = {"authorization": f"Bearer {running.keys['staging']}"} if headers is None else headers
    outcome = page.execute_async_script(UPLOAD, direct_uploads(running), list(content), kind, given)
    assert outcome["error"] == message


def test_the_form_of_rails_submits_a_grant(running, page, tmp_path):
    """Page and back end as the README has them: the form's field with a token, and the blob made of what is confirmed."""
    token = running.scoped_token("documents", origin=PAGE, subject="alice")
    field = recipe("Rails", "erb").replace(SERVICE, running.service.url).replace("#{token}", token)
    url = re.search(r'direct_upload_url: "(.*?)"', field)[1]
    page.execute_script(FORM.replace("FIELD", f'<input type="file" name="scan" data-direct-upload-url="{url}">'))
    upload = tmp_path / "scan.pdf"
    upload.write_bytes(PDF)
    page.find_element("name", "scan").send_keys(str(upload))
    page.find_element("tag name", "button").click()
    WebDriverWait(page, 60).until(lambda _: "/submitted?scan=" in page.current_url, "the form was not submitted")
    grant = page.current_url.partition("scan=")[2]

    blob = make_blob(running, tmp_path, grant)
    assert blob["key"].startswith("documents/interop.alice/")
    assert (blob["byte_size"], blob["content_type"], blob["service_name"]) == (len(PDF), "application/pdf", "amazon")
    assert blob["checksum"] == base64.b64encode(hashlib.md5(PDF).digest()).decode()
    assert running.run("get", blob["key"]).body == PDF
    assert "is no grant" in make_blob(running, tmp_path, grant[:-1])["error"]


# A Rails application with nothing but Active Storage's tables.
RAILS = """
require "rails"
require "active_record/railtie"
require "active_storage/engine"

class App < Rails::Application
  config.root = ARGV[0]
  config.load_defaults 6.1
  config.eager_load = false
  config.secret_key_base = "tests"
  config.logger = Logger.new(nil)
  config.active_storage.service = :amazon
end
App.initialize!
Dir[File.join(Gem.loaded_specs["activestorage"].full_gem_path, "db/migrate/*_create_active_storage_tables*.rb")].each { |file| load file }
CreateActiveStorageTables.new.tap { |migration| migration.verbose = false }.migrate(:up)
RECIPE
begin
  blob = uploaded_blob(ARGV[1], service_name: "amazon")
  puts(ActiveStorage::Blob.find_signed!(blob.signed_id).to_json)
rescue ArgumentError => error
  puts({ error: error.message }.to_json)
end
"""


def make_blob(running, folder, grant):
    """What Rails keeps of the README's Ruby."""
    (folder / "config").mkdir(exist_ok=True)
    (folder / "config/database.yml").write_text("development: {adapter: sqlite3, database: ':memory:'}\n")
    (folder / "config/storage.yml").write_text(f"amazon: {{service: Disk, root: {folder}/storage}}\n")
    script = RAILS.replace("RECIPE", recipe("Rails", "ruby").replace(SERVICE, running.service.url))
    run = subprocess.run(
        ["ruby", "-e", script, folder, grant], env=clean({"COUNTERSIGN_API_KEY": running.keys["staging"]}), capture_output=True,
        text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


# MARK: Clients that are not to be had: what the README has them do, with a stand-in for the client itself


def run_module(browser, site, running, script, around, result):
    script = re.sub(r'^import .*\n', "", script, flags=re.MULTILINE).replace(SERVICE, running.service.url)
    site.scripts["/recipe.js"] = f"{around}\n{script}\nwindow.outcome = {{ result: await ({result})() }};"
    browser.get("about:blank")
    browser.get(f"{PAGE}/README.md")
    browser.execute_script("import('/recipe.js').catch((error) => { window.outcome = { error: String(error) }; });")
    outcome = WebDriverWait(browser, 60).until(lambda _: browser.execute_script("return window.outcome"), "no end of the recipe")
    assert "result" in outcome, outcome
    return outcome["result"]


SEND_FORM = """
const file = new File(['0123456789abcdef'], 'cat photo.png', { type: 'image/png' });
const sendForm = async ({ url, fields }) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('file', file);
  const answer = await fetch(url, { method: 'POST', body: form });
  if (!answer.ok || !answer.headers.get('etag')) throw new Error(`${answer.status} ${await answer.text()}`);
  return fields.key;
};
"""


def test_shrines_parameters_are_a_form_that_the_bucket_takes(running, browser, site):
    given = SEND_FORM + f"""
        const jwt = '{running.keys["staging"]}', AwsS3 = null;
        let options;
        const uppy = {{ use: (plugin, given) => {{ options = given; }} }};"""
    key = run_module(browser, site, running, recipe("Shrine", "js"), given, "async () => sendForm(await options.getUploadParameters(file))")
    assert key.startswith("attachments/interop/") and running.run("get", key).body == b"0123456789abcdef"


def test_uppys_sign_request_gets_a_form(running, browser, site):
    given = SEND_FORM + f"""
        const jwt = '{running.keys["staging"]}', token = 'unused', AwsS3 = null;
        let options;
        class Uppy {{ use(plugin, given) {{ options = given; return this; }} }}"""
    asked = "{ method: 'PUT', key: `${crypto.randomUUID()}-${file.name}`, contentType: file.type }"
    key = run_module(browser, site, running, recipe("Uppy", "js"), given, f"async () => sendForm(await options.signRequest({asked}))")
    assert key.startswith("attachments/interop/") and running.run("get", key).body == b"0123456789abcdef"


def test_companions_parameters_are_a_form_that_the_bucket_takes(running):
    headers = {"authorization": f"Bearer {running.keys['staging']}"}
    answer = send("GET", f"{running.service.url}/s3/params?filename=a+b.png&type=image%2Fpng&metadata%5Bname%5D=a+b.png", headers=headers)
    form = json.loads(answer.body)
    assert running.use(form, b"0123456789abcdef").status == 201
    assert running.run("get", form["fields"]["key"]).body == b"0123456789abcdef"
    assert form["url"].endswith("/")
