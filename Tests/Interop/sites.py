"""Web pages at several origins, for a browser that believes their names."""

import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from conftest import chromium
from tls import TLSFront

# The first three are among the origins of policies/staging, the next is of policies/production; the others are somebody else's.
PAGE, STAGING, PREVIEW = "http://localhost:3000", "https://staging.example.com", "https://deploy-preview-42--example-app.netlify.app"
PRODUCTION = "https://app.example.com"
FOREIGN = [
    "http://foreign.example", "https://deploy-preview-42--evil-app.netlify.app", f"{PREVIEW}.evil.example",
    # The * stands for a part of the first label, and not for labels.
    "https://deploy-preview-42.evil--example-app.netlify.app",
]
ORIGINS = [PAGE, STAGING, PREVIEW, PRODUCTION, *FOREIGN]


class Pages(SimpleHTTPRequestHandler):
    """Serves the fixtures; what was asked of it stays in the server's list."""

    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers.items())))
        super().do_GET()

    def log_message(self, *_):
        pass


@contextmanager
def sites(folder):
    """A browser for which ORIGINS lead to the fixtures, whatever else listens on those ports; `asked` is what was asked there."""
    pages = ThreadingHTTPServer(("127.0.0.1", 0), partial(Pages, directory=Path(__file__).parent / "Fixtures"))
    pages.asked = []
    threading.Thread(target=pages.serve_forever, args=[0.02], daemon=True).start()
    secure = TLSFront(pages.server_port, folder, [urlsplit(origin).hostname for origin in ORIGINS])
    places = [(urlsplit(origin).netloc, secure.port if origin.startswith("https:") else pages.server_port) for origin in ORIGINS]
    hosts = ", ".join(f"MAP {netloc} 127.0.0.1:{port}" for netloc, port in places)
    try:
        with chromium(f"--host-resolver-rules={hosts}", "--ignore-certificate-errors", log=True) as driver:
            driver.asked = pages.asked
            yield driver
    finally:
        secure.close()
        pages.shutdown()
        pages.server_close()


def open_page(browser, origin, service, **options):
    """The upload page; it takes the client's options, and finds the client at the service."""
    browser.get("about:blank")
    browser.get(f"{origin}/upload.html#{urlencode({'service': service} | options)}")
    WebDriverWait(browser, 60).until(lambda _: browser.find_elements(By.CSS_SELECTOR, "body[data-ready]"), "the page is not ready")


def upload(browser, path):
    """What the page says when it has sent the file, or could not."""
    browser.find_element(By.ID, "file").send_keys(str(path))
    WebDriverWait(browser, 60).until(lambda _: browser.find_elements(By.CSS_SELECTOR, "#outcome[data-ended]"), "no end of the upload")
    return {each.get_attribute("id"): each.text for each in browser.find_elements(By.CSS_SELECTOR, "#outcome dd")}


FETCH = """
const [url, options, fields, content, done] = arguments;
if (fields) {
  options.body = new FormData();
  for (const [name, value] of Object.entries(fields)) options.body.append(name, value);
  options.body.append('file', new Blob([Uint8Array.from(content)]));
} else if (content) {
  options.body = Uint8Array.from(content);
}
fetch(url, options).then(async (answer) => done([answer.type === 'opaque' ? 'opaque' : answer.status, await answer.text()]))
  .catch((error) => done([error.name, null]));
"""


def fetch(browser, url, method="GET", content=None, headers=None, fields=None, **options):
    """What the page that is open gets: the status, or `opaque`, or the error's name; and the text."""
    body = list(content) if content is not None else None
    return browser.execute_async_script(FETCH, url, options | {"method": method, "headers": headers or {}}, fields, body)


def use(browser, ticket, content):
    """The status, or the error's name, of sending that content from the page that is open."""
    return fetch(browser, ticket["url"], ticket["method"], content, ticket.get("headers"), ticket.get("fields"))[0]
