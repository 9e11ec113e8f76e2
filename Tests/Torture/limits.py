"""Whoever wants the counts of the limits to grow: requests of more addresses than are kept, and as many open uploads as may be."""

import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from framing import counted, exchange, statuses
from honest import Tickets
from trial import case

ADDRESSES, BURST = 300_000, 500
OPEN_UPLOADS, ENTRIES = 190_000, 1_000


def strangers(port, key):
    """Statuses of requests by so many addresses, each once, on a few connections at a time."""
    def burst(first):
        requests = [
            f"GET /v1/rules HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n"
            f"X-Forwarded-For: 10.{number >> 16}.{number >> 8 & 255}.{number & 255}\r\n" for number in range(first, first + BURST)]
        return Counter(statuses(exchange(port, ("\r\n".join(requests) + "Connection: close\r\n\r\n").encode(), 30)))

    with ThreadPoolExecutor(4) as pool:
        return sum(pool.map(burst, range(0, ADDRESSES, BURST)), Counter())


@case("limits", "more addresses and more open uploads than are kept count of")
def limits(stage):
    def change(folder):
        rules = folder / "uploads.yaml"
        allowed = f"limits: {{caller: {{requestsPerSecond: 1000000, openUploads: {OPEN_UPLOADS}}}, environment: {{openUploads: 200000}}}}"
        rules.write_text(re.sub("(?m)^limits: .*$", allowed, rules.read_text()))

    proxied = {"COUNTERSIGN_ADDRESS_REQUESTS": "100", "COUNTERSIGN_TRUSTED_HOPS": "1"}
    service = stage.service(variables=proxied, change=change)
    options = {"allowed": {"ticket": {"503 overloaded"}}}
    with stage.trial("strangers", service.process, [(Tickets(service.port, service.keys["honest"]), 60)], **options) as trial:
        trial.fault()
        found = strangers(service.port, "wrong")
        again = Counter(statuses(exchange(service.port, (
            "GET /v1/rules HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n" * 1_000).encode(), 2)))
        trial.sent = (
            f"requests with a wrong key by {ADDRESSES} addresses, {counted(found)}; then 1,000 by one of them, {counted(again)}")
        if found != Counter({401: ADDRESSES}) or again[429] < 400 or again[401] < 1:
            trial.broken("an address was not counted by itself")
        trial.after()

    batch = {"uploads": [{"rule": "avatars", "filename": "a.png", "size": 1000, "type": "image/png"}] * ENTRIES}
    codes = Counter()
    with stage.trial("open uploads", service.process, [(Tickets(service.port, service.keys["honest"]), 60)], **options) as trial:
        trial.fault()
        for _ in range(OPEN_UPLOADS // ENTRIES + 10):
            answer = service.ask("/v1/uploads/batch", batch, "other")
            codes.update(ticket.get("code", "ticket") for ticket in json.loads(answer.body)["tickets"])
        trial.sent = "batches of 1,000 by one caller: " + counted(codes)
        if codes != Counter({"ticket": OPEN_UPLOADS, "too_many_open_uploads": 10 * ENTRIES}):
            trial.broken("it had more or fewer than its limit")
        trial.after()
