import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from selenium import webdriver

import boto
from stand_in import StandIn

ROOT = Path(__file__).parents[2]
MADE = ROOT / ".build-interop"
PHOTO = Path(__file__).parent / "Fixtures/chelsea.png"


@pytest.fixture(scope="session")
def photo():
    return PHOTO


@pytest.fixture(scope="module")
def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in ("--headless=new", "--disable-dev-shm-usage", "--hide-scrollbars", "--window-size=1200,1200", "--lang=en"):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium's own sandbox refuses to start as root.
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    driver.command_executor.client_config.timeout = 90
    driver.set_page_load_timeout(30)
    driver.set_script_timeout(60)
    yield driver
    driver.quit()


@pytest.fixture
def stand_in(browser):
    servers = StandIn()
    browser.get(f"{servers.service}/page")
    yield servers
    servers.close()


class Dev:
    """`countersign dev`, on free ports of loopback and a folder of its own."""

    def __init__(self, folder):
        self.data = folder / "bucket"
        self.log = folder / "dev.log"
        binary = Path(os.environ.get("COUNTERSIGN", ROOT / ".build/debug/countersign"))
        command = [binary, "dev", "--port", "0", "--bucket-port", "0", "--data", self.data]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
        # Both lines come when both servers listen; without them the output ends, at the latest after this.
        giving_up = threading.Timer(60, self.process.kill)
        giving_up.start()
        self.url, self.bucket = (self.process.stdout.readline().strip().rstrip("/") for _ in range(2))
        giving_up.cancel()
        if not self.bucket:
            self.stop()
            pytest.fail(f"countersign dev did not start:\n{self.log.read_text()}")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(15)

    def objects(self):
        """The objects of all buckets, each one file."""
        return sorted(path for path in self.data.rglob("objects/*") if path.is_file())

    def holds(self, content):
        """Whether an object has exactly these bytes; the local bucket keeps an object's record behind them, as JSON."""
        files = (path.read_bytes() for path in self.objects())
        return any(file.startswith(content) and file[len(content):len(content) + 1] == b"{" for file in files)


@pytest.fixture(scope="session")
def dev(tmp_path_factory):
    server = Dev(tmp_path_factory.mktemp("dev"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def screenshots():
    folder = MADE / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def boto3_client():
    with pytest.MonkeyPatch.context() as patch:
        yield boto.install(patch)
