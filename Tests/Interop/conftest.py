import json
import os
import shutil
import signal
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver

import boto
from deployment import Deployment
from programs import MADE, ROOT, Dev
from report import Report
from servers import started
from servers.ceph import Ceph
from servers.local import Local
from servers.seaweedfs import SeaweedFS
from stand_in import StandIn

CORS = ROOT / "policies/staging/cors.json"
PHOTO = Path(__file__).parent / "Fixtures/chelsea.png"


@pytest.fixture(scope="session")
def photo():
    return PHOTO


@contextmanager
def chromium(*arguments, log=False):
    """With a log, `get_log("performance")` tells what goes over the network."""
    options = webdriver.ChromeOptions()
    if log:
        options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    options.binary_location = shutil.which("chromium")
    usual = ("--headless=new", "--disable-dev-shm-usage", "--hide-scrollbars", "--window-size=1200,1200", "--lang=en")
    for argument in usual + arguments:
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium's own sandbox refuses to start as root.
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    driver.command_executor.client_config.timeout = 90
    driver.set_page_load_timeout(30)
    driver.set_script_timeout(60)
    try:
        yield driver
    finally:
        driver.quit()


@pytest.fixture(scope="module")
def browser():
    with chromium() as driver:
        yield driver


@pytest.fixture
def stand_in(browser):
    servers = StandIn()
    browser.get(f"{servers.service}/page")
    yield servers
    servers.close()


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


# MARK: Other people's servers


@pytest.fixture(scope="session", params=[Local, Ceph, SeaweedFS], ids=lambda kind: kind.name)
def server(request):
    running = started(request.param)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def deployed(server, tmp_path_factory):
    """The service, signing for that server."""
    deployment = Deployment(server, tmp_path_factory.mktemp(server.name))
    yield deployment
    deployment.stop()


@pytest.fixture(scope="session")
def bucket(deployed):
    """The deployment, whose bucket for staging has that environment's CORS rules. `countersign dev` sees to it by itself."""
    if deployed.server.name != "local":
        account = deployed.accounts[0]
        deployed.server.client(account).put_bucket_cors(Bucket=account.bucket, CORSConfiguration=json.loads(CORS.read_text()))
    return deployed


@pytest.fixture(scope="session")
def check(request, server):
    """Holds that this server answers a case as S3 does, or as the list of differences says."""
    report = request.config.stash[REPORT]
    return lambda case, answer, expected: report.check(case, server.name, answer, expected)


REPORT = pytest.StashKey[Report]()


def pytest_configure(config):
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the programs are stopped as by Ctrl-C
    config.stash[REPORT] = Report()


def pytest_sessionfinish(session, exitstatus):
    """A listed difference that a run of everything did not meet is a mistake in the list."""
    if exitstatus == pytest.ExitCode.OK and unmet_differences(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def unmet_differences(config):
    is_whole = config.args_source != pytest.Config.ArgsSource.ARGS and not config.option.keyword
    return config.stash[REPORT].not_seen() if is_whole else []


def pytest_terminal_summary(terminalreporter, config):
    report = config.stash[REPORT]
    if report.rows:
        terminalreporter.section("servers")
        terminalreporter.write(report.text())
        (MADE / "servers.txt").write_text(report.text())
        for unmet in unmet_differences(config):
            terminalreporter.write_line(f"listed as a difference, but not met: {unmet}", red=True)
