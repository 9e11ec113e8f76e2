"""The programs that the tests run: on free ports of loopback, in folders of their own, stopped by their own process ids."""

import json
import os
import re
import socket
import subprocess
import threading
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
MADE = ROOT / ".build-interop"
BINARY = Path(os.environ.get("COUNTERSIGN", ROOT / ".build/debug/countersign"))


class StartFailure(Exception):
    """A program that did not become ready; the message has the end of its log."""


def clean(variables=None):
    """This process's variables without a developer's own settings, and with these."""
    kept = {name: value for name, value in os.environ.items() if not re.match("AWS_|COUNTERSIGN_|S3_", name)}
    return kept | (variables or {})


class Program:
    """A process in the background. It ends with the tests, also when these are killed: setpriv asks the kernel to see to that."""

    def __init__(self, command, log, variables=None, **options):
        self.log = Path(log)
        with self.log.open("ab") as file:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *map(str, command)], stderr=file, env=clean(variables),
                **{"stdin": subprocess.DEVNULL, "stdout": file} | options)

    def wait_until(self, ready, seconds=60):
        """Asks `ready` until it says yes; a connection that fails is a no."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            try:
                if ready():
                    return
            except OSError:
                pass
            time.sleep(0.05)
        self.stop()
        raise StartFailure(f"{self.process.args[3]} did not start:\n{self.log.read_text(errors='replace')[-4000:]}")

    def lines(self, count, seconds=60):
        """The first lines of standard output, or fewer when the program ends or says nothing for too long."""
        giving_up = threading.Timer(seconds, self.process.kill)
        giving_up.start()
        lines = [self.process.stdout.readline().strip() for _ in range(count)]
        giving_up.cancel()
        if not lines[-1]:
            self.stop()
            raise StartFailure(f"{self.process.args[3]} did not start:\n{self.log.read_text(errors='replace')[-4000:]}")
        return lines

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(15)


def free_ports(count):
    """Ports that nobody listened on a moment ago."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Dev:
    """`countersign dev`, on free ports of loopback and a folder of its own."""

    def __init__(self, folder):
        self.data = folder / "bucket"
        self.log = folder / "dev.log"
        command = [BINARY, "dev", "--port", "0", "--bucket-port", "0", "--data", self.data]
        self.program = Program(command, self.log, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        # Both lines come when both servers listen.
        self.url, self.bucket = (line.rstrip("/") for line in self.program.lines(2))

    def stop(self):
        self.program.stop()

    def objects(self):
        """The objects of all buckets, each one file."""
        return sorted(path for path in self.data.rglob("objects/*") if path.is_file())

    def holds(self, content):
        """Whether an object has exactly these bytes; the local bucket keeps an object's record behind them, as JSON."""
        files = (path.read_bytes() for path in self.objects())
        return any(file.startswith(content) and file[len(content):len(content) + 1] == b"{" for file in files)


class Serve:
    """`countersign serve` with a policies folder, on a free port."""

    def __init__(self, policies, variables, log):
        command = [BINARY, "serve", "--policies", policies, "--host", "127.0.0.1", "--port", "0"]
        self.program = Program(command, log, variables, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.url = self.program.lines(1)[0].rstrip("/")

    def stop(self):
        self.program.stop()


def countersign(*arguments, variables=None):
    """What the command prints."""
    run = subprocess.run(
        [BINARY, *map(str, arguments)], env=clean(variables), capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout.rstrip("\n")


def mint(environment):
    """An API key for that environment: `key` itself, `variable` and `value` to let it in."""
    return json.loads(countersign("token", "mint", "--name", "interop", "--environment", environment, "--format", "json"))
