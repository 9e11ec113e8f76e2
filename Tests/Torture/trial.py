"""One case: honest clients in quiet, during the fault and after it, and what must hold of them, of memory and of what is left open."""

import base64
import json
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path

from crowd import Plan
from honest import Honest
from report import Row
from targets import Bucket, Service

QUIET_SECONDS, AFTER_SECONDS = 3, 3
# How long it may take after a fault until everybody is answered as before, and until nothing is open any more.
SETTLING_SECONDS, CLOSING_SECONDS = 2, 20
# Descriptors that may come and go: honest connections, and those of pools.
SPARE_DESCRIPTORS = 24
# What must be answered with what was asked for, wherever something else is allowed besides and the case says no other share.
LEAST_SHARE = 0.9

CASES = {}


def case(name, meaning):
    """Makes a function a case; it is given a stage."""
    def register(function):
        CASES[name] = (function, meaning)
        return function
    return register


class Stage:
    """Where a case plays: its folder, and the programs that are stopped when it is over."""

    def __init__(self, folder):
        self.folder = folder
        self.rows = []
        self.endings = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for ending in reversed(self.endings):
            ending()

    def service(self, name="service", **options):
        folder = self.folder / name
        folder.mkdir()
        return self.until_end(Service(folder, **options))

    def bucket(self, name="bucket", **options):
        folder = self.folder / name
        folder.mkdir()
        return self.until_end(Bucket(folder, **options))

    def until_end(self, target):
        self.endings.append(target.stop)
        return target

    def trial(self, name, process, clients, **options):
        return Trial(self, name, process, clients, **options)


class Trial:
    """`with` it the quiet phase is over; then come `fault` and, when the fault has ended, `after`.

    `allowed` has the answers besides "ok" that each client may get: by the client's name during the fault, by its name and a phase in that.
    `least_shares` says, by the client's name, how much of what is asked during the fault must be answered with "ok" all the same.
    """

    def __init__(
            self, stage, name, process, clients, bound_mib=256, allowed=None, least_shares=None, settling_seconds=SETTLING_SECONDS,
            busy_descriptors=0):
        """`clients` are pairs: a client and its requests a second. `busy_descriptors` are what the fault may keep open besides."""
        self.stage, self.name, self.process, self.bound_mib = stage, name, process, bound_mib
        self.allowed, self.least_shares, self.settling_seconds = allowed or {}, least_shares or {}, settling_seconds
        self.honest = Honest(*zip(*clients))
        self.sent, self.left, self.faults = "", "–", []
        self.busy_descriptors, self.peak_mib, self.most_descriptors = busy_descriptors, 0.0, []
        self.ending = threading.Event()

    def __enter__(self):
        self.process.forget_peak()
        self.honest.start("quiet")
        time.sleep(QUIET_SECONDS)
        self.quiet_mib, self.quiet_descriptors = self.process.resident_mib(), self.process.descriptors
        return self

    def fault(self, seconds=0):
        self.honest.phase("fault")
        # A request counts where it began: those of the quiet end before the fault does.
        time.sleep(0.5)
        time.sleep(seconds)

    def after(self):
        time.sleep(self.settling_seconds)
        self.honest.phase("after")
        time.sleep(AFTER_SECONDS)

    def kill(self, target):
        """kill -9, and what the process had taken until then; `process` is to be set to the next one."""
        self.peak_mib = max(self.peak_mib, self.process.resident_mib("VmHWM"))
        self.most_descriptors = [max([self.process.descriptors, *self.most_descriptors])]
        target.kill()

    def broken(self, what):
        self.faults.append(what)

    def __exit__(self, kind, error, trace):
        self.honest.stop()
        if kind:
            return
        self.judge_answers()
        descriptors = self.judge_process()
        self.stage.rows.append(Row(
            self.name, self.sent, self.honest.phases, self.quiet_mib, self.peak_mib, self.bound_mib,
            (self.quiet_descriptors, *self.most_descriptors, descriptors), self.left, self.faults))

    def judge_answers(self):
        for client, phases in self.honest.phases.items():
            for phase in ("quiet", "fault", "after"):
                found = phases.get(phase)
                if not found or not found.answers:
                    self.broken(f"no {client} client asked in phase {phase}")
                    continue
                allowed = self.allowed.get((client, phase), self.allowed.get(client, ()) if phase == "fault" else ())
                wrong = {answer: count for answer, count in found.answers.items() if answer != "ok" and answer not in allowed}
                if phase == "fault" and found.served < self.least_shares.get(client, LEAST_SHARE) * found.answers.total():
                    self.broken(f"only {found.served} of {found.answers.total()} {client} clients got what they asked for")
                if wrong:
                    self.broken(f"{client} clients got {wrong} in phase {phase}, with {found.served} times what they asked for")

    def judge_process(self):
        """Memory and descriptors; the number of these that is left open."""
        if not self.process.is_running:
            self.broken("the process has ended")
            return 0
        self.peak_mib = max(self.peak_mib, self.process.resident_mib("VmHWM"))
        if self.peak_mib > self.bound_mib:
            self.broken(f"{self.peak_mib:.0f} MiB of memory; the bound is {self.bound_mib:.0f}")
        for most in self.most_descriptors:
            if most > self.quiet_descriptors + SPARE_DESCRIPTORS + self.busy_descriptors:
                self.broken(f"{most} descriptors were open before a kill, {self.quiet_descriptors} in quiet")
        end = time.monotonic() + CLOSING_SECONDS
        while (descriptors := self.process.descriptors) > self.quiet_descriptors + SPARE_DESCRIPTORS and time.monotonic() < end:
            time.sleep(0.2)
        if descriptors > self.quiet_descriptors + SPARE_DESCRIPTORS:
            self.broken(f"{descriptors} descriptors are open, {self.quiet_descriptors} were before")
        return descriptors


class Crowd:
    """A crowd of clients in a process of its own, as long as the block lasts; `result` says then what became of them."""

    def __init__(self, port, count, openings=(b"",), **plan):
        self.plan = Plan(port, count, openings=[base64.b64encode(opening).decode() for opening in openings], **plan)

    def __enter__(self):
        program = Path(__file__).with_name("crowd.py")
        self.process = subprocess.Popen(
            [sys.executable, "-B", program, json.dumps(asdict(self.plan))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def wait(self, seconds=30):
        """Until all have been opened once."""
        giving_up = threading.Timer(seconds, self.process.kill)
        giving_up.start()
        told = self.process.stdout.readline()
        giving_up.cancel()
        assert told == "ready\n", "the crowd could not be opened"

    def __exit__(self, *_):
        self.process.stdin.close()
        lines = self.process.stdout.read().splitlines()
        self.process.wait(30)
        self.result = json.loads(lines[-1]) if lines else {}

    def __str__(self):
        result = self.result
        answered = "".join(f", {count} × {status}" for status, count in sorted(result["answers"].items()))
        # Whoever does not read does not see that a connection was closed.
        closed = f", {result['closed']} closed on them" if self.plan.reads == "all" else ""
        return f"{result['opened']} opened{closed}{answered}"
