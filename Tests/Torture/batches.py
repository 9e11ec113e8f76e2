"""Batches of the largest size, from many clients at once."""

import http.client
import json
import threading
import time
from collections import Counter

from honest import Tickets
from trial import case

ENTRIES, CLIENTS, SECONDS = 1_000, 64, 10
LARGEST_BYTES = 1 << 20


def largest_batch():
    """As many entries as a batch may have, padded to as many bytes as it may have."""
    entry = {"rule": "avatars", "filename": "a.png", "size": 1000, "type": "image/png"}
    text = json.dumps({"uploads": [entry] * ENTRIES}, separators=(",", ":"))
    entry["filename"] = "a" * ((LARGEST_BYTES - len(text)) // ENTRIES) + ".png"
    text = json.dumps({"uploads": [entry] * ENTRIES}, separators=(",", ":"))
    return text.ljust(LARGEST_BYTES).encode()


@case("batches", "64 clients that ask for batches of 1,000 tickets, each in 1 MiB")
def batches(stage):
    service = stage.service()
    body, done, wrong = largest_batch(), Counter(), Counter()
    headers = {"Authorization": f"Bearer {service.keys['other']}", "Content-Type": "application/json"}

    def client(end):
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
        while time.monotonic() < end:
            try:
                connection.request("POST", "/v1/uploads/batch", body, headers)
                answer = connection.getresponse()
                content = answer.read()
            except OSError as error:
                wrong[type(error).__name__] += 1
                connection.close()
                continue
            done[answer.status] += 1
            if answer.status == 200 and content.count(b'"key":') != ENTRIES:
                wrong[f"{content.count(b'key')} tickets"] += 1
        connection.close()

    with stage.trial(
            "batches", service.process, [(Tickets(service.port, service.keys["honest"]), 20)], bound_mib=1024,
            allowed={"ticket": {"503 overloaded"}}) as trial:
        trial.fault()
        end = time.monotonic() + SECONDS
        threads = [threading.Thread(target=client, args=[end], daemon=True) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(90)
        trial.sent = f"{CLIENTS} clients, {ENTRIES} entries and {len(body) >> 10} KiB each time: " + ", ".join(
            f"{count} × {status}" for status, count in sorted(done.items()))
        if wrong or not done[200] or set(done) - {200, 429, 503}:
            trial.broken(f"batches were answered with {dict(done)}, {dict(wrong)}")
        trial.after()
