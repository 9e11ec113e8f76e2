"""What the long test would call a fault, tried on made-up samples and on objects that somebody changed."""

import hashlib
import json
import tempfile
import threading
import unittest
from pathlib import Path
from types import SimpleNamespace

from client import Client, Counts, Finding
from flows import LATER, REFUSALS, WEIGHTS, Flows
from front import field
from journal import Journal, Verifier
from premises import Happened, expected, lacking
from tables import table
from watch import is_fault, leaks, loads, log_faults, slope
from wire import Answer

MEBIBYTE = 1 << 20


def samples(memory=lambda minute: 80, descriptors=lambda minute: 20, threads=lambda minute: 6, minutes=60):
    """A row each ten seconds."""
    return [
        (10 * index, int(memory(index / 6) * MEBIBYTE), descriptors(index / 6), threads(index / 6), 0) for index in range(minutes * 6)]


class Leaks(unittest.TestCase):
    def test_what_stays_as_it_is(self):
        self.assertEqual(leaks("c", samples()), [])

    def test_what_grows_while_it_warms_up(self):
        self.assertEqual(leaks("c", samples(memory=lambda minute: 60 + min(minute, 16) * 3)), [])

    def test_what_goes_up_and_down(self):
        self.assertEqual(leaks("c", samples(memory=lambda minute: 80 + minute % 5, descriptors=lambda minute: 20 + int(minute) % 10)), [])

    def test_memory_that_grows_for_ever(self):
        self.assertRegex(leaks("c", samples(memory=lambda minute: 60 + minute))[0], "c: memory grows by .* in the second half")

    def test_descriptors_and_threads_that_stay(self):
        found = leaks("c", samples(descriptors=lambda minute: 20 + int(minute), threads=lambda minute: 6 + int(minute) // 5))
        self.assertEqual(["descriptors" in each or "threads" in each for each in found], [True, True])

    def test_a_short_life_says_nothing(self):
        self.assertEqual(leaks("a1", samples(memory=lambda minute: 60 + 10 * minute, minutes=10)), [])

    def test_a_line(self):
        self.assertEqual(slope([(0, 1), (1, 3), (2, 5)]), (2, 1, 5))


class Premises(unittest.TestCase):
    """An hour as one was, and five minutes; then each of them without one thing."""

    @staticmethod
    def happened(minutes=60, **other):
        hour = {
            "restart_seconds": 300, "restarts": 11, "credential_turns": {"local": 65, "ceph": 65}, "key_turns": 33,
            "loaded_credentials": {"local": 31, "ceph": 31}, "loaded_keys": 18, "begun": 53890, "held_up": 300}
        short = {
            "restart_seconds": 100, "restarts": 2, "credential_turns": {"local": 6, "ceph": 6}, "key_turns": 3,
            "loaded_credentials": {"local": 3, "ceph": 3}, "loaded_keys": 2, "begun": 4500, "held_up": 0}
        happened = Happened(minutes * 60, **((hour if minutes == 60 else short) | other))
        happened.ended.update({name: int(count) for name, count in expected(happened).items()})
        return happened

    def test_what_happens(self):
        self.assertEqual([lacking(self.happened(minutes)) for minutes in (60, 5)], [[], []])

    def test_what_does_not(self):
        for minutes, change, words in (
                (60, {"restarts": 10}, "a restart: 10 times, and 11"), (5, {"restarts": 1}, "a restart: 1 times, and 2"),
                (60, {"credential_turns": {"local": 65, "ceph": 59}}, "ceph: new credentials: 59"),
                (5, {"credential_turns": {"local": 4, "ceph": 6}}, "local: new credentials: 4"),
                (60, {"key_turns": 29}, "a new signing key: 29"), (5, {"key_turns": 1}, "a new signing key: 1"),
                (60, {"loaded_credentials": {"local": 31, "ceph": 15}}, "ceph: c loads credentials that it had not: 15"),
                (5, {"loaded_credentials": {"local": 1, "ceph": 3}}, "local: c loads credentials that it had not: 1"),
                (60, {"loaded_keys": 12}, "c loads keys that it had not: 12"), (5, {"loaded_keys": 1}, "c loads keys that it had not: 1"),
                (60, {"held_up": 0}, "nobody met 429")):
            found = lacking(self.happened(minutes, **change))
            self.assertEqual((len(found), found[0].startswith(words)), (1, True), (change, found))

    def test_each_kind_of_flow(self):
        for name in [*WEIGHTS, *REFUSALS]:
            happened = self.happened()
            del happened.ended[name]
            self.assertRegex("".join(lacking(happened)), f"^no flow {name} came to its end, and about \\d+ should have$")

    def test_what_chance_may_leave_out(self):
        happened = self.happened(5)
        for name in ("abandoned", "hasty", *LATER):
            del happened.ended[name]
        self.assertEqual(lacking(happened), [])

    def test_flows_are_counted_at_their_end(self):
        counts, parked = Counts(), []
        flows = Flows.__new__(Flows)
        flows.counts, flows.park = counts, lambda seconds, go_on: parked.append(go_on)
        ticket = {"expiresAt": "2000-01-01T00:00:00Z"}
        flows.caller, flows.ticket, flows.replace_ticket = lambda *_: None, lambda *_: ticket, lambda *_: None
        client = SimpleNamespace(
            rng=SimpleNamespace(randbytes=bytes, choice=lambda some: some[0]),
            perform=lambda *_, **__: SimpleNamespace(is_success=False))
        flows.wrong_type = lambda _: None
        for name in ("expired", "refused"):
            flows.run(name, client)
        self.assertEqual(counts.flows, {"refused": 1, "wrong_type": 1})
        parked[0](client)
        self.assertEqual(counts.flows["expired"], 1)


class Objects(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.journal = Journal(Path(folder.name) / "journal.jsonl")
        self.addCleanup(self.journal.close)
        self.counts = Counts()
        self.verifier = Verifier(self.journal, [], self.counts, 1)
        self.good, self.gone, self.other = (self.journal.add("local", key, key.encode(), "put") for key in ("good", "gone", "other"))

    def digest(self, entry):
        if entry == self.gone:
            return None
        content = b"otheR" if entry == self.other else entry.key.encode()
        return len(content), hashlib.sha256(content).hexdigest()

    def test_what_is_missing_or_wrong(self):
        reader = SimpleNamespace(digest=self.digest)
        self.assertEqual([self.verifier.check(reader, entry) for entry in self.journal.entries], [True, False, False])
        self.assertEqual((self.verifier.missing, [entry for entry, _ in self.verifier.wrong]), ([self.gone], [self.other]))

    def test_what_cannot_be_read(self):
        def fail(_):
            raise OSError("no answer")

        self.assertFalse(self.verifier.check(SimpleNamespace(digest=fail), self.good))
        self.assertEqual(self.counts.findings.total(), 1)

    def test_a_key_that_two_uploads_get(self):
        with self.assertRaises(ValueError):
            self.journal.add("local", "good", b"", "put")


class Retries(unittest.TestCase):
    """The answers come from a list; pauses are as long as the client's."""

    def client(self, *answers):
        client = Client("http://127.0.0.1", Counts(), SimpleNamespace(random=lambda: -1))  # so that a pause takes no time
        waiting = list(answers)

        def send(*_):
            answer = waiting.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        client.send = send
        return client

    @staticmethod
    def problem(status, code):
        return Answer(status, {}, json.dumps({"code": code}).encode())

    def test_what_is_tried_again(self):
        busy = [self.problem(503, "credentials_expiring"), self.problem(409, "upload_busy"), Answer(502, {"x-front": "x"}, b"")]
        client = self.client(ConnectionResetError(), *busy, Answer(200, {}, b'{"a": 1}'))
        self.assertEqual(client.ask(None, "GET", "/v1/rules"), {"a": 1})
        self.assertEqual((client.failures, client.counts.findings.total()), (4, 0))

    def test_what_is_not(self):
        for answer in (self.problem(403, "grant_other_caller"), self.problem(409, "object_differs"), self.problem(404, "object_not_found")):
            with self.assertRaises(Finding):
                self.client(answer).ask(None, "GET", "/v1/rules")

    def test_not_for_ever(self):
        with self.assertRaises(Finding):
            self.client(*[self.problem(503, "overloaded")] * 5, Answer(200, {}, b"{}")).ask(None, "GET", "/v1/rules")

    def test_a_fault_is_told_though_it_passes(self):
        client = self.client(self.problem(500, "internal_error"), Answer(200, {}, b"{}"))
        client.ask(None, "GET", "/v1/rules")
        self.assertEqual(client.counts.findings.total(), 1)

    def test_what_a_lost_answer_may_leave(self):
        place = SimpleNamespace(environment="local")
        caller = SimpleNamespace(place=place, authorize=lambda _: ("", {}))
        done = Answer(201, {}, b"{}")
        for lost, count in (
                (ConnectionResetError(), 1), (Answer(502, {"x-front": "no answer of an instance"}, b""), 1),
                (Answer(502, {"x-front": "no connection to an instance"}, b""), 0), (self.problem(502, "store_unreachable"), 4),
                (self.problem(503, "overloaded"), 0)):
            client = self.client(lost, done)
            client.ask(caller, "POST", "/v1/uploads", {}, creates=True)
            self.assertEqual(client.counts.lost_creations["local"], count, lost)

    def test_a_single_use_that_a_lost_answer_spent(self):
        spent = Answer(412, {}, b"<Error><Code>PreconditionFailed</Code></Error>")
        step = {"method": "PUT", "url": "http://127.0.0.1/x"}
        self.assertEqual(self.client(TimeoutError(), spent).perform(step).status, 412)
        with self.assertRaises(Finding):
            self.client(spent).perform(step)

    def test_a_completion_that_fails_after_its_200(self):
        broken = Answer(200, {}, b"<Error><Code>InvalidPart</Code></Error>")
        with self.assertRaises(Finding):
            self.client(broken).perform({"method": "POST", "url": "http://127.0.0.1/x"})


class Small(unittest.TestCase):
    def test_a_header_field(self):
        head = b"HTTP/1.1 200 OK\r\nX-Content-Length: 1\r\nContent-Length:  5 \r\nConnection: Close\r\n\r\n"
        self.assertEqual((field(head, b"content-length"), field(head, b"connection"), field(head, b"expect")), (b"5", b"close", None))

    def test_logs(self):
        with tempfile.TemporaryDirectory() as folder:
            told = [{"level": "info", "message": "request"}, {"level": "error", "message": "unexpected error"}]
            Path(folder, "a1.log").write_text("\n".join([*map(json.dumps, told), "Fatal error"]))
            Path(folder, "front.log").write_text("not an instance's")
            self.assertEqual(sorted(log_faults(folder)), [("error", "no line of the log: Fatal error"), ("error", "unexpected error")])

    def test_warnings(self):
        request, other = "request /v1/uploads 502 store_unreachable", "the credentials of an environment could not be fetched"
        told = [("warning", request), ("warning", other), ("error", request), ("critical", other)]
        self.assertEqual([is_fault(*each) for each in told], [False, True, True, True])

    def test_what_was_loaded(self):
        keys = {"level": "notice", "message": "an issuer's keys are loaded"}
        ends = [("local", "one"), ("local", "two"), ("local", "two"), ("ceph", "one")]
        told = [{"message": "the credentials of an environment are loaded", "environment": name, "accessKeyID": "a", "expiresAt": end}
                for name, end in ends]
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "c.log").write_text("\n".join(map(json.dumps, [keys, *told, {"level": "info", "message": "request"}, keys])))
            self.assertEqual(loads(Path(folder, "c.log")), ({"local": 2, "ceph": 1}, 2))

    def test_a_table(self):
        self.assertEqual(table(["a", "b"], [["long", 1]]), "a     b\n-------\nlong  1\n")

    def test_no_thread_is_left(self):
        self.assertEqual(threading.active_count(), 1)
