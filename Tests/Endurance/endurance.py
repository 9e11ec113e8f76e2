"""An hour of mixed uploads through instances that come and go, to two stores, with credentials and signing keys that change.

Nothing that was confirmed may be missing or have other bytes, nothing may grow, and nothing may fail that a client's documented retries do
not cover: otherwise the exit code is 1. README.md says how to read what is printed.
"""

import argparse
import heapq
import itertools
import queue
import random
import shutil
import signal
import sys
import threading
import time
import traceback
from pathlib import Path

import tables
import servers.ceph
from client import Client, Counts, Finding
from fleet import Fleet, can_mount
from flows import WEIGHTS, Flows
from journal import Journal, Verifier, unfinished
from premises import Happened, lacking
from programs import BINARY, MADE
from servers import started
from servers.ceph import Ceph
from servers.local import Local
from watch import IN_FLIGHT, Watch, is_fault, leaks, loads, log_faults, log_notices

WORKERS = 16
# A queue longer than that is no load any more but a heap: what comes then is left out, and told.
LONGEST_QUEUE = 64
# Shorter runs have a restart of each instance, too.
RESTART_SECONDS, LEAST_RESTARTS = 300, 2
# Longer than the service and its clients keep silent connections.
QUIET_SECONDS = 95
QUIET_DESCRIPTORS = 8

STORED_AT_MOST = {"local": 8 << 30, "ceph": 7 << 29}
PARTS = {"assisted", "signed", "patient", "uppy_parts", "abandoned"}

# The gateway's store is in memory, and its STS knows only sessions of a quarter of an hour or longer, unless told otherwise.
CEPH_CHANGES = {
    "memstore device bytes = 2147483648": "memstore device bytes = 6442450944",
    "rgw sts key": "rgw sts min session duration = 60\nrgw sts key",
}


class Load:
    """Flows at a rate, by chance, by some workers; and what flows have put off."""

    def __init__(self, fleet, journal, counts, options):
        self.fleet, self.journal, self.counts, self.options = fleet, journal, counts, options
        self.flows = Flows(fleet, journal, counts, self.park)
        self.queue = queue.Queue()
        self.parked, self.order = [], itertools.count()
        self.lock = threading.Lock()
        self.begun = self.ended = self.held_back = self.dropped = self.too_much = 0
        self.stopped = threading.Event()
        self.scheduler = threading.Thread(target=self.schedule, daemon=True)
        self.workers = [threading.Thread(target=self.work, args=[number], daemon=True) for number in range(WORKERS)]

    def start(self):
        for thread in [self.scheduler, *self.workers]:
            thread.start()

    def park(self, seconds, go_on, may_be_early=False):
        with self.lock:
            heapq.heappush(self.parked, (time.monotonic() + seconds, next(self.order), may_be_early, go_on))

    def due(self):
        with self.lock:
            while self.parked and self.parked[0][0] <= time.monotonic():
                yield heapq.heappop(self.parked)[3]

    def schedule(self):
        rng = random.Random(self.options.seed)
        names, weights = list(WEIGHTS), list(WEIGHTS.values())
        next_time = time.monotonic()
        while not self.stopped.wait(max(0, min(0.05, next_time - time.monotonic()))):
            for go_on in self.due():
                self.queue.put(go_on)
            if time.monotonic() < next_time:
                continue
            next_time = max(next_time + rng.expovariate(self.options.rate), time.monotonic() - 1)
            name = rng.choices(names, weights)[0]
            if self.queue.qsize() > LONGEST_QUEUE:
                self.held_back += 1
            elif name in PARTS and any(self.journal.bytes[name] > most for name, most in STORED_AT_MOST.items()):
                self.too_much += 1
            else:
                self.begun += 1
                self.queue.put(lambda client, name=name: self.flows.run(name, client))

    def work(self, number):
        client = Client(self.fleet.url, self.counts, random.Random(f"{self.options.seed}/{number}"))
        while (run := self.queue.get()) is not None:
            # Some come for the first time, and others keep their connections.
            if client.rng.random() < 0.2:
                client.close()
            try:
                run(client)
            except Finding as finding:
                self.counts.finding(str(finding).split("\n")[0][:110], str(finding))
            except Exception as error:
                self.counts.finding(f"program: {type(error).__name__}: {error}"[:110], traceback.format_exc())
            finally:
                with self.lock:
                    self.ended += 1
        client.close()

    def stop(self):
        """Begins nothing more, goes on with what can go on now, and waits for all of it."""
        self.stopped.set()
        self.scheduler.join(10)
        with self.lock:
            for _, _, may_be_early, go_on in self.parked:
                if may_be_early:
                    self.queue.put(go_on)
                else:
                    self.dropped += 1
            self.parked.clear()
        for _ in self.workers:
            self.queue.put(None)
        for thread in self.workers:
            thread.join(300)


def say(text=""):
    print(text, flush=True)


def clock(seconds):
    return f"{int(seconds) // 60:3d}:{int(seconds) % 60:02d}"


class Run:
    def __init__(self, options):
        self.options = options
        self.folder = options.folder
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.counts = Counts()
        self.invariants = []
        self.parts = []

    def keep(self, part):
        self.parts.append(part)
        return part

    def execute(self):
        say(f"seed {self.options.seed}, {self.options.minutes} minutes, {self.options.rate} flows a second, {BINARY}")
        for old, new in CEPH_CHANGES.items():
            if old not in servers.ceph.CONFIGURATION:
                raise ValueError(f"Ceph's configuration has no line {old}")
            servers.ceph.CONFIGURATION = servers.ceph.CONFIGURATION.replace(old, new)
        local, ceph = self.keep(started(Local)), self.keep(started(Ceph))
        self.fleet = self.keep(Fleet(self.folder, local, ceph))
        self.journal = Journal(self.folder / "journal.jsonl")
        self.watch = Watch(self.fleet, local.programs[0].program.process.pid, self.folder / "samples.jsonl")
        self.verifier = Verifier(self.journal, self.fleet.places, self.counts, self.options.seed)
        self.load = Load(self.fleet, self.journal, self.counts, self.options)
        self.watch.sample()
        self.start = time.monotonic()
        for part in (self.watch.thread, self.verifier.thread, self.load):
            part.start()
        self.pass_time()
        self.end()
        self.judge()
        self.tell()

    # MARK: The run

    def pass_time(self):
        """Restarts and progress. Instances are started here, since the kernel ends them with the thread that started them."""
        end = self.start + self.options.minutes * 60
        next_minute, next_restart, names = self.start + 60, self.start + self.options.restart, itertools.cycle("ab")
        while (now := time.monotonic()) < end:
            if now >= next_restart:
                self.fleet.restart(next(names))
                next_restart += self.options.restart
            if now >= next_minute:
                self.progress()
                next_minute += 60
            time.sleep(0.2)

    def progress(self):
        watched, counts = self.watch.rows, self.counts
        last = {name: watched[name][-1] for name in ("c", "local bucket")}
        memory = ", ".join(f"{name} {row[1] >> 20} MiB {row[2]} descriptors" for name, row in last.items())
        say(f"{clock(time.monotonic() - self.start)}  {self.load.ended} flows, {len(self.journal.entries)} confirmed, "
            f"{self.verifier.during} read, {counts.retries.total()} retries, {counts.findings.total()} findings, "
            f"queue {self.load.queue.qsize()}, {len(self.fleet.restarts)} restarts, {memory}")

    def end(self):
        say("the load ends")
        self.watch.end_load()
        self.load.stop()
        self.verifier.stop()
        self.loaded_seconds = time.monotonic() - self.start
        quiet_since = time.monotonic()
        self.verifier.check_all()
        while time.monotonic() - quiet_since < QUIET_SECONDS:
            time.sleep(0.2)
        self.watch.stop()
        self.watch.sample()
        self.unfinished = {place.environment: unfinished(place) for place in self.fleet.places}
        self.metrics = {name: each.metrics() for name, each in self.fleet.instances.items()}
        self.router = self.fleet.route()
        self.journal.close()
        self.watch.close()

    # MARK: What must be so

    def judge(self):
        must = self.must
        must(not self.counts.findings, f"{self.counts.findings.total()} findings")
        must(not self.verifier.missing, f"{len(self.verifier.missing)} confirmed objects are missing")
        must(not self.verifier.wrong, f"{len(self.verifier.wrong)} confirmed objects have other bytes")
        seen = self.verifier.verified + len(self.verifier.missing) + len(self.verifier.wrong)
        must(seen == len(self.journal.entries), f"of {len(self.journal.entries)} confirmed objects {seen} were looked at in the end")
        must(self.journal.entries, "nothing was uploaded")
        for fault in self.fleet.faults + [fault for part in self.rotations().values() for fault in part.faults]:
            must(False, fault)
        for place in self.fleet.places:
            self.judge_unfinished(place.environment)
        for name, rows in self.watch.loaded().items():
            for leak in leaks(name, rows) if name != "router" else ():
                must(False, leak)
        for name, metrics in self.metrics.items():
            # The question for the metrics is in flight itself.
            must(metrics[IN_FLIGHT] <= 1, f"{name} has {metrics[IN_FLIGHT]:.0f} requests in flight while nobody asks")
        first, last = self.watch.rows["c"][0], self.watch.rows["c"][-1]
        must(last[2] <= first[2] + QUIET_DESCRIPTORS, f"c has {last[2]} descriptors when all is quiet, and began with {first[2]}")
        self.log = log_faults(self.folder)
        for (level, text), count in self.log.items():
            must(not is_fault(level, text), f"{count} times in a log: {level}: {text}")
        for text in lacking(self.happened()):
            must(False, text)

    def happened(self):
        local, ceph = self.fleet.places
        credentials, keys = loads(self.folder / "c.log")
        return Happened(
            self.options.minutes * 60, self.options.restart, len(self.fleet.restarts),
            {place.environment: place.credentials.rotation.turns for place in (local, ceph)}, self.fleet.issuer.rotation.turns,
            {place.environment: credentials.get(place.environment, 0) for place in (local, ceph)}, keys, self.load.begun, self.counts.flows,
            sum(count for (_, told), count in self.counts.answers.items() if told.startswith("429")))

    def must(self, holds, text):
        if not holds:
            self.invariants.append(text)

    def judge_unfinished(self, environment):
        found = self.unfinished[environment]
        abandoned = {key for where, key in self.journal.abandoned if where == environment}
        others = {key: count for key, count in found.items() if key not in abandoned}
        lost = self.counts.lost_creations[environment]
        self.must(
            sum(others.values()) <= lost,
            f"{environment}: unfinished uploads that nobody abandoned: {others}; answers that were lost explain {lost}")
        self.must(abandoned <= set(found), f"{environment}: abandoned uploads are gone: {abandoned - set(found)}")

    def rotations(self):
        local, ceph = self.fleet.places
        return {
            "local: ends of its credentials": local.credentials.rotation, "ceph: session tokens": ceph.credentials.rotation,
            "signing keys of the issuer": self.fleet.issuer.rotation}

    # MARK: What is told

    def tell(self):
        text = "\n".join(self.sections())
        (self.folder / "report.txt").write_text(text)
        say(text)

    def sections(self):
        counts, load = self.counts, self.load
        yield f"\n{load.ended} flows in {clock(self.loaded_seconds).strip()} minutes ({load.ended / self.loaded_seconds:.1f} a second); " \
            f"held back {load.held_back}, for their volume {load.too_much}; not waited for {load.dropped}\n"
        yield tables.answers(counts)
        yield tables.table(["tried again because of", "times"], sorted(counts.retries.items(), key=lambda each: -each[1]))
        yield tables.table(["uploads", *(place.environment for place in self.fleet.places)], self.uploads())
        yield tables.processes(self.watch)
        yield tables.quiet(self.watch)
        yield tables.table(["changes", "times"], self.changes())
        ends = [[name, code, f"{took:.1f}"] for name, code, took in self.fleet.restarts]
        yield tables.table(["instance", "exit code", "seconds to its end"], ends)
        yield tables.table(["in the logs", "times"], [[f"{level}: {text}", count] for (level, text), count in sorted(self.log.items())])
        for name, count in counts.findings.most_common(40):
            yield f"FINDING × {count}: {name}\n    {counts.samples[name]}"
        for entry in self.verifier.missing[:20] + self.verifier.wrong[:20]:
            yield f"MISSING OR WRONG: {entry}"
        yield "\n".join(f"BROKEN: {text}" for text in self.invariants) or "Everything holds."

    def uploads(self):
        places = [place.environment for place in self.fleet.places]
        entries = self.journal.entries
        missing, wrong = self.verifier.missing, [entry for entry, _ in self.verifier.wrong]

        def row(name, of):
            return [name, *(of(environment) for environment in places)]

        def count(some, kind=None):
            return lambda environment: sum(entry.environment == environment and kind in (None, entry.kind) for entry in some)

        yield row("confirmed", count(entries))
        for kind in sorted({entry.kind for entry in entries}):
            yield row(f"  {kind}", count(entries, kind))
        yield row("MiB", lambda environment: self.journal.bytes[environment] >> 20)
        yield row("missing", count(missing))
        yield row("wrong", count(wrong))
        yield row("abandoned on purpose", lambda environment: sum(where == environment for where, _ in self.journal.abandoned))
        yield row("unfinished in the bucket", lambda environment: sum(self.unfinished[environment].values()))
        yield row("allowed besides, answers being lost", lambda environment: self.counts.lost_creations[environment])

    def changes(self):
        for name, rotation in self.rotations().items():
            yield [name, rotation.turns]
        yield from ([f"c tells: {text}", count] for text, count in sorted(log_notices(self.folder / "c.log").items()))
        yield ["JWKS fetched by all", self.fleet.issuer.asked]
        yield ["restarts of a and b", len(self.fleet.restarts)]
        for name, count in sorted(self.router.items()):
            if not name.startswith("port "):
                yield [f"router: {name}", count]
        yield ["objects read while the load went on", self.verifier.during]
        yield ["objects read in the end", self.verifier.verified]

    def stop(self):
        for part in reversed(self.parts):
            part.stop()


def arguments():
    parser = argparse.ArgumentParser(prog="run", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=None, help="of the load's choices; the times stay the machine's")
    parser.add_argument("--rate", type=float, default=15, help="flows a second; most are one upload")
    parser.add_argument("--restart", type=float, metavar="SECONDS", help="between restarts; 300, in short runs less")
    parser.add_argument("--folder", type=Path, default=MADE / "endurance", help="for logs, samples and the journal; emptied first")
    options = parser.parse_args()
    options.folder = options.folder.resolve()
    options.restart = options.restart or min(RESTART_SECONDS, options.minutes * 60 / (LEAST_RESTARTS + 1))
    options.seed = random.randrange(1 << 32) if options.seed is None else options.seed
    return options


def main():
    options = arguments()
    if not can_mount():
        sys.exit("This needs a list of authorities of its own for the instances (unshare with mount), which this user may not make.")
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    def give_up(*_):
        raise TimeoutError("it takes far longer than it was asked to")

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(int(options.minutes * 90) + 1800)
    run = Run(options)
    try:
        run.execute()
    except KeyboardInterrupt:
        return 130
    finally:
        run.stop()
    return 1 if run.invariants else 0


if __name__ == "__main__":
    sys.exit(main())
