"""The page that `countersign dev` serves, as a newcomer uses it: in a browser, with a real photograph."""

import base64
import hashlib
import re

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

# Slow enough that a browser tells of its progress more than once, fast enough to wait for.
BYTES_PER_SECOND = 300_000

WATCH_PROGRESS = """
window.seen = [];
new MutationObserver(() => {
  const bar = document.querySelector('.upload progress');
  if (bar && window.seen.at(-1) !== bar.value) window.seen.push(bar.value);
}).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
"""


class Page:
    def __init__(self, browser, dev):
        self.browser = browser
        self.dev = dev
        browser.get(dev.url)
        self.wait(lambda: self.all("#rules input"), "the rules")
        browser.execute_script(WATCH_PROGRESS)

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def wait(self, condition, what, seconds=60):
        return WebDriverWait(self.browser, seconds).until(lambda _: condition(), f"{what} did not come")

    def choose_rule(self, name):
        self.one(f'#rules input[value="{name}"]').click()

    def drop(self, path):
        self.one("#files").send_keys(str(path))

    def outcome(self):
        """The newest upload, when it has ended."""
        self.wait(lambda: self.all("#uploads > :first-child:is(.stored, .refused)"), "the end of an upload")
        return self.one("#uploads > :first-child")

    def progress(self):
        return self.browser.execute_script("return window.seen")

    def picture(self, path):
        """The whole page, beyond the window."""
        shot = self.browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
        path.write_bytes(base64.b64decode(shot["data"]))


@pytest.fixture
def page(browser, dev):
    return Page(browser, dev)


@pytest.fixture
def slow(browser):
    network = {"offline": False, "latency": 5, "downloadThroughput": -1}
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", network | {"uploadThroughput": BYTES_PER_SECOND})
    yield
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", network | {"uploadThroughput": -1})


@pytest.mark.parametrize("rule, method", [("avatars", "PUT"), ("attachments", "POST")])
def test_a_photograph_lands_in_the_bucket(page, dev, photo, screenshots, slow, rule, method):
    page.choose_rule(rule)
    page.drop(photo)
    upload = page.outcome()
    assert "stored" in upload.get_attribute("class"), upload.text
    assert upload.find_element(By.CSS_SELECTOR, "dd").text == method

    seen = page.progress()
    between = [value for value in seen if 0 < value < 1]
    assert between and between == sorted(between), f"no progress to see: {seen}"
    assert seen[-1] == 1
    assert "/s" in upload.find_element(By.CSS_SELECTOR, ".state").text

    content = photo.read_bytes()
    assert dev.holds(content)
    md5 = hashlib.md5(content).hexdigest()
    assert f"{md5[:8]}…{md5[-4:]}" in upload.text
    assert page.browser.execute_script("return document.querySelector('.upload img.thumb').naturalWidth") == 451
    page.picture(screenshots / f"{method.lower()}.png")


@pytest.mark.parametrize("rule, trials", [
    ("avatars", {"again": "412 PreconditionFailed", "length": "403 SignatureDoesNotMatch", "type": "403 SignatureDoesNotMatch",
                 "key": "403 SignatureDoesNotMatch", "signature": "403 SignatureDoesNotMatch"}),
    ("attachments", {"length": "400 EntityTooLarge", "type": "403 AccessDenied", "key": "403 AccessDenied",
                     "signature": "403 SignatureDoesNotMatch", "field": "403 AccessDenied", "again": "20"}),
])
def test_a_ticket_allows_nothing_else(page, dev, photo, screenshots, rule, trials):
    page.choose_rule(rule)
    page.drop(photo)
    upload = page.outcome()
    before = dev.objects()
    upload.find_element(By.CSS_SELECTOR, ".all").click()
    rows = {row.find_element(By.CSS_SELECTOR, "button").get_attribute("data-trial"): row.find_element(By.CSS_SELECTOR, "output")
            for row in upload.find_elements(By.CSS_SELECTOR, ".trials li")}
    page.wait(lambda: all(output.get_attribute("class") for output in rows.values()), "an answer to every trial")
    assert rows.keys() == trials.keys()
    for name, answer in trials.items():
        assert rows[name].text.startswith(answer), f"{name}: {rows[name].text}"
        assert rows[name].get_attribute("class") == "kept"
    assert dev.objects() == before
    page.picture(screenshots / f"{rule}-trials.png")


def test_the_signature_is_shown_shortened(page, photo):
    page.choose_rule("avatars")
    page.drop(photo)
    upload = page.outcome()
    upload.find_element(By.CSS_SELECTOR, "summary").click()
    shown = upload.find_element(By.CSS_SELECTOR, "pre").text
    assert '"method": "PUT"' in shown
    assert "X-Amz-Signature=" in shown
    assert "…" in shown.split("X-Amz-Signature=")[1][:9]


@pytest.mark.parametrize("content, name, told", [
    (b"%PDF-1.7\n%%EOF\n", "paper.pdf", "application/pdf"),
    (b"<!DOCTYPE html><script>alert(1)</script>", "page.html", "text/html"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "drawing.svg", "image/svg+xml"),
])
def test_a_wrong_type_is_refused(page, dev, tmp_path, screenshots, content, name, told):
    file = tmp_path / name
    file.write_bytes(content)
    before = dev.objects()
    page.choose_rule("avatars")
    page.drop(file)
    upload = page.outcome()
    assert "refused" in upload.get_attribute("class")
    refusal = upload.find_element(By.CSS_SELECTOR, ".refusal").text
    assert refusal.startswith("The service refused")
    assert "type_not_allowed" in refusal and "field “type”" in refusal
    assert told in refusal
    assert dev.objects() == before
    page.picture(screenshots / f"refused-{name.split('.')[1]}.png")


def test_a_file_too_large_is_refused(page, dev, tmp_path, screenshots):
    file = tmp_path / "large.png"
    with file.open("wb") as large:
        large.truncate(200 * 1024 * 1024)
    before = dev.objects()
    page.choose_rule("avatars")
    page.drop(file)
    upload = page.outcome()
    assert "refused" in upload.get_attribute("class")
    refusal = upload.find_element(By.CSS_SELECTOR, ".refusal").text
    assert "too_large" in refusal and "field “size”" in refusal
    assert str(200 * 1024 * 1024) in refusal.replace(",", "")
    assert dev.objects() == before
    page.picture(screenshots / "refused-size.png")


@pytest.mark.parametrize("sample, outcome", [("picture", "stored"), ("type", "refused"), ("size", "refused")])
def test_a_newcomer_needs_no_file_at_hand(page, sample, outcome):
    page.choose_rule("avatars")
    page.one(f'[data-sample="{sample}"]').click()
    assert outcome in page.outcome().get_attribute("class")


def test_productions_key_asks_production(page, dev, photo):
    (key,) = re.findall(r"production: send the API key (\S+)", dev.log.read_text())
    page.one(".caller summary").click()
    page.one("#key").send_keys(key, Keys.TAB)
    page.wait(lambda: page.one("#environment").text == "production", "production")
    page.choose_rule("avatars")
    page.drop(photo)
    upload = page.outcome()
    assert "stored" in upload.get_attribute("class"), upload.text
    assert "production" in upload.find_elements(By.CSS_SELECTOR, "dd")[1].text


def test_a_wrong_key_is_told(page):
    page.one(".caller summary").click()
    page.one("#key").send_keys("nonsense", Keys.TAB)
    page.wait(lambda: "The rules could not be read" in page.one("#problem").text, "a problem")


def test_the_page_can_be_used_without_a_mouse(page):
    """Every control has a name that a screen reader can say, and news are announced."""
    names = page.browser.execute_script("""
      return [...document.querySelectorAll('button, input, summary')].map((control) =>
        (control.getAttribute('aria-label') ?? control.labels?.[0]?.textContent ?? control.textContent ?? '').trim());
    """)
    assert names and all(names)
    page.one('[data-sample="type"]').click()
    page.outcome()
    assert "The service refused" in page.one('[aria-live="polite"]').get_attribute("textContent")


def test_the_page_loads_nothing_from_elsewhere(page, dev):
    loaded = page.browser.execute_script("return performance.getEntriesByType('resource').map(({ name }) => name)")
    assert loaded and all(name.startswith((dev.url, "data:")) for name in loaded), loaded


GUARDED = """
const done = arguments[0];
const script = document.createElement('script');
script.textContent = 'window.ran = true';
document.body.append(script);
const image = new Image();
image.onerror = () => done({ ran: window.ran ?? false, image: 'kept out' });
image.onload = () => done({ ran: window.ran ?? false, image: 'loaded' });
image.src = '/picture.png';
"""


def test_the_page_runs_no_other_script_and_stands_in_no_frame(page, dev, stand_in):
    page.browser.get(dev.url)
    assert page.browser.execute_async_script(GUARDED) == {"ran": False, "image": "kept out"}
    refused = [entry["message"] for entry in page.browser.get_log("browser") if "Content Security Policy" in entry["message"]]
    assert any("script-src" in each for each in refused) and any("img-src" in each for each in refused), refused
    page.browser.get(f"{stand_in.service}/page")
    framed = """
        const [url, done] = arguments; const frame = document.createElement('iframe');
        frame.onload = () => done(); frame.src = url; document.body.append(frame);"""
    page.browser.execute_async_script(framed, dev.url)
    page.browser.switch_to.frame(page.one("iframe"))
    assert page.all("#rules") == []


# MARK: Large files


@pytest.fixture
def film(tmp_path):
    """In six parts, the last of them a short one."""
    path = tmp_path / "film.mp4"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    return path


@pytest.fixture
def no_faster(browser):
    """So that there is time to press buttons: the local bucket takes all of it in a second."""
    network = {"offline": False, "latency": 5, "downloadThroughput": -1}
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", network | {"uploadThroughput": 20_000_000})
    yield
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", network | {"uploadThroughput": -1})


def press(page, text):
    (button,) = [each for each in page.all("#uploads > :first-child .end button") if each.text == text]
    button.click()


def test_a_film_goes_up_in_parts(page, dev, film, screenshots, no_faster):
    page.browser.execute_script("localStorage.clear()")
    page.choose_rule("videos")
    page.drop(film)
    page.wait(lambda: page.progress() and page.progress()[-1] > 0.2, "a fifth of the film")
    press(page, "Pause")
    page.wait(lambda: page.one(".chip").text == "Paused", "the pause")
    assert "after a reload" in page.one(".state").text
    page.picture(screenshots / "parts-paused.png")
    press(page, "Resume")
    page.wait(lambda: page.one(".chip").text.endswith("%"), "going on")
    page.picture(screenshots / "parts-sending.png")
    upload = page.outcome()
    assert "stored" in upload.get_attribute("class"), upload.text
    told = dict(zip([each.text for each in upload.find_elements(By.CSS_SELECTOR, "dt")],
                    [each.text for each in upload.find_elements(By.CSS_SELECTOR, "dd")]))
    assert told["Request"] == "MULTIPART" and told["Parts"].startswith("5 of 16 MiB, the last of 16,113,920 bytes")
    assert told["Size"] == "exactly 100,000,000 bytes" and told["Type"] == "video/mp4, nothing else"
    assert "found as it should be" in upload.text and dev.holds(film.read_bytes())

    upload.find_element(By.CSS_SELECTOR, ".all").click()
    rows = {row.find_element(By.CSS_SELECTOR, "button").get_attribute("data-trial"): row.find_element(By.CSS_SELECTOR, "output")
            for row in upload.find_elements(By.CSS_SELECTOR, ".trials li")}
    page.wait(lambda: all(output.get_attribute("class") for output in rows.values()), "an answer to every trial")
    refused = dict.fromkeys(["length", "number", "key", "signature"], "403 SignatureDoesNotMatch")
    answers = refused | {"again": "404 NoSuchUpload", "grant": "400", "confirm": "200"}
    assert rows.keys() == answers.keys()
    for name, answer in answers.items():
        assert rows[name].text.startswith(answer) and rows[name].get_attribute("class") == "kept", f"{name}: {rows[name].text}"
    page.picture(screenshots / "parts-trials.png")


def test_a_film_goes_on_after_a_reload(page, dev, film, no_faster):
    page.browser.execute_script("localStorage.clear()")
    page.choose_rule("videos")
    page.drop(film)
    # More than four parts, which go up at a time: at least one has arrived.
    page.wait(lambda: page.progress() and page.progress()[-1] > 0.75, "three quarters of the film")
    page = Page(page.browser, dev)
    page.choose_rule("videos")
    page.drop(film)
    assert "stored" in page.outcome().get_attribute("class"), page.outcome().text
    # What had arrived counts from the beginning.
    assert min(value for value in page.progress() if value) > 0.15
    assert page.browser.execute_script("return localStorage.length") == 0


def test_a_cancelled_film_leaves_nothing(page, dev, film, no_faster):
    page.browser.execute_script("localStorage.clear()")
    before = dev.objects()
    page.choose_rule("videos")
    page.drop(film)
    page.wait(lambda: page.progress() and page.progress()[-1] > 0.2, "a fifth of the film")
    press(page, "Cancel")
    upload = page.outcome()
    assert upload.find_element(By.CSS_SELECTOR, ".chip").text == "Cancelled" and "Nothing was stored." in upload.text
    assert dev.objects() == before
    assert not [path for name in ("incoming", "uploads", "parts") for path in dev.data.glob(f"**/{name}/*")]


@pytest.mark.parametrize("rule, shown", [("avatars", ["picture", "size"]), ("videos", ["film"])])
def test_samples_fit_the_rule(page, rule, shown):
    page.choose_rule(rule)
    visible = [button.get_attribute("data-sample") for button in page.all("[data-sample]") if button.is_displayed()]
    assert sorted(visible) == sorted(shown + ["type"])


def test_a_film_needs_no_file_at_hand(page):
    page.choose_rule("videos")
    page.one('[data-sample="film"]').click()
    assert "stored" in page.outcome().get_attribute("class")
