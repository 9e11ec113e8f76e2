"""Memory, descriptors and threads of the processes over time, and what that says of leaks."""

import json
import re
import statistics
import threading
import time
from collections import Counter
from pathlib import Path

from fleet import status

EVERY_SECONDS = 10
IN_FLIGHT = "countersign_requests_in_flight"

# From here on a process should have all that it keeps: scoped tokens live for 15 minutes, everything else is kept for less.
WARM_SECONDS = 16 * 60
# How much more a process may have at the end of the second half of its time after that than at its beginning, on the fitted line.
GROWTH = 0.10
MORE_DESCRIPTORS, MORE_THREADS = 16, 2


class Watch:
    """Samples every ten seconds: (seconds since the start, resident bytes, descriptors, threads, requests in flight)."""

    def __init__(self, fleet, bucket_pid, file):
        self.fleet, self.bucket_pid = fleet, bucket_pid
        self.rows = {}
        self.start = time.monotonic()
        self.load_ended = None
        self.file = file.open("w")
        self.lock = threading.Lock()
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while not self.stopped.wait(EVERY_SECONDS):
            self.sample()

    def sample(self):
        processes = [(each.name, each.pid, each) for each in list(self.fleet.instances.values())]
        for name, pid, instance in [*processes, ("local bucket", self.bucket_pid, None), ("router", self.fleet.front.process.pid, None)]:
            try:
                # In this order: the question for the metrics is a connection more.
                row = (time.monotonic() - self.start, *status(pid), instance and instance.metrics()[IN_FLIGHT])
            except (OSError, TypeError, KeyError):
                continue  # It has just ended.
            with self.lock:
                self.rows.setdefault(name, []).append(row)
                self.file.write(json.dumps([name, *row]) + "\n")

    def end_load(self):
        """What is sampled from now on shows what stays when nobody asks."""
        self.load_ended = time.monotonic() - self.start

    def loaded(self):
        """The samples of the load by process, of those that saw some of it."""
        end = self.load_ended or float("inf")
        found = {name: [row for row in rows if row[0] <= end] for name, rows in self.rows.items()}
        return {name: rows for name, rows in sorted(found.items()) if rows}

    def stop(self):
        self.stopped.set()
        self.thread.join(30)

    def close(self):
        self.file.close()


def slope(points):
    """Least squares: units a second, and the value of the line at both ends."""
    times, values = zip(*points)
    if len(points) < 3:
        return 0.0, values[0], values[-1]
    line = statistics.linear_regression(times, values)
    return line.slope, line.intercept + line.slope * times[0], line.intercept + line.slope * times[-1]


def column(rows, index):
    return [(row[0], row[index]) for row in rows]


def growth(rows, index=1):
    """Of the second half after the warm-up: the share by which the fitted line grows; None where there is too little of it."""
    warm = [row for row in rows if row[0] - rows[0][0] >= WARM_SECONDS]
    half = warm[len(warm) // 2:]
    if len(half) < 12:
        return None
    _, first, last = slope(column(half, index))
    return (last - first) / first


def leaks(name, rows):
    """Sentences about what grows."""
    found = []
    grown = growth(rows)
    if grown is not None and grown > GROWTH:
        found.append(f"{name}: memory grows by {grown:.1%} in the second half, more than {GROWTH:.0%}")
    warm = [row for row in rows if row[0] - rows[0][0] >= WARM_SECONDS]
    if len(warm) >= 24:
        half = len(warm) // 2
        for index, what, more in ((2, "descriptors", MORE_DESCRIPTORS), (3, "threads", MORE_THREADS)):
            before, after = (statistics.median(row[index] for row in rows) for rows in (warm[:half], warm[half:]))
            if after > before + more:
                found.append(f"{name}: {before:.0f} {what} in the first half, {after:.0f} in the second one")
    return found


def entries(path):
    """The log's lines; what is none of them comes as an error with its text."""
    with path.open(errors="replace") as file:
        for line in file:
            try:
                yield json.loads(line)
            except ValueError:
                yield {"level": "error", "message": "no line of the log: " + re.sub(r"\d+", "#", line.strip())[:120]}


def log_faults(folder):
    """How often the instances' logs have which warning or error, by level and words."""
    counts = Counter()
    for path in Path(folder).glob("[abc]*.log"):
        for entry in entries(path):
            if entry["level"] not in ("info", "notice"):
                words = (str(entry[name]) for name in ("message", "route", "status", "code", "reason") if name in entry)
                counts[entry["level"], " ".join(words)] += 1
    return counts


def is_fault(level, words):
    """Answers 5xx are warnings, which clients judge; the others say that credentials, keys or settings are not as they should be."""
    return level != "warning" or not words.startswith("request ")


def loads(path):
    """What one instance loaded: how many different credentials by environment, and how often an issuer's keys."""
    credentials, keys = {}, 0
    for entry in entries(path):
        if entry["message"] == "the credentials of an environment are loaded":
            credentials.setdefault(entry["environment"], set()).add((entry["accessKeyID"], entry["expiresAt"]))
        keys += entry["message"] == "an issuer's keys are loaded"
    return {name: len(different) for name, different in credentials.items()}, keys


def log_notices(path):
    """What one instance noticed, and how often: that credentials and keys are new."""
    return Counter(
        " ".join(filter(None, [entry["message"], entry.get("environment")])) for entry in entries(path) if entry["level"] == "notice")
