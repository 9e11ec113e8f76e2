"""The service as a platform runs it: instances with the same secrets behind a router, one restarted now and then, and another one never."""

import json
import os
import re
import secrets
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from string import Template

from programs import BINARY, ROOT, Program, StartFailure, countersign
from rotations import ProcessCredentials, RotatingIssuer, SessionCredentials
from wire import send

HERE = Path(__file__).resolve().parent
TRUSTED = Path("/etc/ssl/certs/ca-certificates.crt")
# Only this process sees the other file there; the program takes its place, and its process id.
TRUSTING = [
    "unshare", "--map-root-user", "--mount", "sh", "-c",
    f'mount --bind "$0" {TRUSTED} && exec setpriv --pdeathsig KILL "$@"']

PAGE = "https://app.example.com"
MEBIBYTE = 1 << 20
PART_SIZE = 5 * MEBIBYTE

# How long the router goes on to send requests to an instance that has been told to end.
ROUTER_LAG_SECONDS = 0.5
# What the README promises of SIGTERM.
END_SECONDS = 10


@dataclass(frozen=True)
class Place:
    """An environment with its store: what signs for it changes, and `account` reads its bucket all the time."""

    environment: str
    server: object
    account: object
    endpoint: str
    credentials: object
    keys: dict
    """The API keys by their callers' names."""
    records: str
    """The same as the service is told them."""

    @property
    def bucket(self):
        return self.account.bucket

    @property
    def audience(self):
        return f"https://{self.environment}.example.com"


class Instance:
    """One `countersign serve`, that trusts the issuer's authority."""

    def __init__(self, name, fleet):
        self.name = name
        self.log = fleet.folder / f"{name}.log"
        command = [*TRUSTING, fleet.issuer.authority, BINARY, "serve", "--policies", fleet.policies, "--host", "127.0.0.1", "--port", "0"]
        self.program = Program(command, self.log, fleet.variables, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.url = self.program.lines(1)[0].rstrip("/")
        self.port = int(self.url.rsplit(":", 1)[1])
        self.pid = self.program.process.pid
        self.program.wait_until(lambda: send("GET", f"{self.url}/health/ready").status == 200, 30)

    def metrics(self):
        """The numbers of /metrics, by name and labels."""
        text = send("GET", f"{self.url}/metrics").body.decode()
        return {name: float(value) for name, value in re.findall(r"^(\w+(?:\{.*\})?) (\S+)$", text, re.MULTILINE)}

    def terminate(self):
        self.program.process.terminate()

    def ended(self):
        """The exit code; that of being killed, where it takes much too long."""
        try:
            return self.program.process.wait(END_SECONDS + 5)
        except subprocess.TimeoutExpired:
            self.program.process.kill()
            return self.program.process.wait(15)


class Fleet:
    """Two environments, three instances, one router. `a` and `b` are restarted in turns; `c` lives as long as the run."""

    def __init__(self, folder, local, ceph):
        self.folder = folder
        self.policies = folder / "policies"
        self.stopping = []
        self.faults = []
        self.restarts = []
        self.generations = {"a": 1, "b": 1}
        self.issuer = self.kept(RotatingIssuer(folder))
        process = self.kept(ProcessCredentials(local.accounts[0], folder))
        session = self.kept(SessionCredentials(ceph))
        self.places = [self.place("local", local, local.endpoint, process), self.place("ceph", ceph, ceph.sts_endpoint, session)]
        self.variables = self.settings()
        self.instances = {name: self.instance(name) for name in "abc"}
        self.front = Program(
            [sys.executable, "-B", HERE / "front.py"], folder / "front.log", stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{int(self.front.lines(1)[0])}"
        self.route()

    def kept(self, part):
        self.stopping.append(part)
        return part

    def place(self, environment, server, endpoint, credentials):
        minted = {name: json.loads(countersign(
            "token", "mint", "--name", name, "--environment", environment, "--format", "json")) for name in ("shop", "office")}
        account = server.accounts[0]
        rules = Template((HERE / "uploads.yaml").read_text()).substitute(
            bucket=account.bucket, region=server.region, provider=server.provider, endpoint=endpoint, page=PAGE, environment=environment,
            issuer=RotatingIssuer.URL, jwks=self.issuer.jwks_url)
        (self.policies / environment).mkdir(parents=True)
        (self.policies / environment / "uploads.yaml").write_text(rules)
        keys = {name: each["key"] for name, each in minted.items()}
        return Place(environment, server, account, endpoint, credentials, keys, ",".join(each["value"] for each in minted.values()))

    def settings(self):
        """The variables of each instance. One address asks for everybody here, and the router is no attacker."""
        variables = {name: secrets.token_urlsafe(32) for name in ("COUNTERSIGN_TOKEN_SECRET", "COUNTERSIGN_SEALING_SECRET")}
        variables |= {"COUNTERSIGN_ADDRESS_REQUESTS": "0", "COUNTERSIGN_LOG_FORMAT": "json"}
        for place in self.places:
            prefix = f"COUNTERSIGN_{place.environment.upper()}_"
            variables |= {f"{prefix}API_KEYS": place.records} | place.credentials.variables(prefix)
        return variables

    def instance(self, name):
        """A start has three tries, since a port may be taken and a machine busy."""
        for tries_left in (2, 1, 0):
            try:
                return Instance(name if name == "c" else f"{name}{self.generations[name]}", self)
            except StartFailure as failure:
                if tries_left == 0:
                    raise
                self.faults.append(f"an instance did not start at once: {str(failure)[-300:]}")

    def route(self):
        """Tells the router who is there; what it has counted."""
        self.front.process.stdin.write(json.dumps([each.port for each in self.instances.values()]) + "\n")
        self.front.process.stdin.flush()
        return json.loads(self.front.process.stdout.readline())

    def restart(self, name):
        """As a platform does it: the new one is ready before the old one is told to end, and the router learns it late."""
        old = self.instances[name]
        self.generations[name] += 1
        self.instances[name] = self.instance(name)
        old.terminate()
        start = time.monotonic()
        time.sleep(ROUTER_LAG_SECONDS)
        self.route()
        code = old.ended()
        seconds = time.monotonic() - start
        self.restarts.append((old.name, code, seconds))
        if code != 0 or seconds > END_SECONDS + 1:
            self.faults.append(f"instance {old.name} ended with {code} after {seconds:.1f} s, not with 0 within {END_SECONDS} s")

    def stop(self):
        for program in [getattr(self, "front", None), *(each.program for each in getattr(self, "instances", {}).values())]:
            if program:
                program.stop()
        for part in reversed(self.stopping):
            part.stop()


def can_mount():
    """Whether this process may show its children another list of authorities."""
    return TRUSTED.is_file() and subprocess.run([*TRUSTING, str(TRUSTED), "true"], capture_output=True, check=False).returncode == 0


def status(pid):
    """Resident bytes, descriptors and threads of a process."""
    text = Path(f"/proc/{pid}/status").read_text()
    resident = int(re.search(r"^VmRSS:\s+(\d+) kB$", text, re.MULTILINE)[1]) * 1024
    threads = int(re.search(r"^Threads:\s+(\d+)$", text, re.MULTILINE)[1])
    return resident, len(os.listdir(f"/proc/{pid}/fd")), threads
