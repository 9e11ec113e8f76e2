"""What was confirmed, and whether the buckets still have it: read from them with keys that stay, past the service and its tickets."""

import hashlib
import http.client
import json
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from sigv4 import presign

READERS = 4


@dataclass(frozen=True)
class Entry:
    environment: str
    key: str
    size: int
    sha256: str
    kind: str


class Journal:
    """Confirmed uploads, in a file as well; and the uploads in parts that somebody left on purpose."""

    def __init__(self, file):
        self.lock = threading.Lock()
        self.entries, self.keys, self.abandoned = [], set(), set()
        self.bytes = Counter()
        self.file = file.open("w")

    def add(self, environment, key, content, kind):
        entry = Entry(environment, key, len(content), hashlib.sha256(content).hexdigest(), kind)
        with self.lock:
            if (environment, key) in self.keys:
                raise ValueError(f"{key} was given twice")
            self.keys.add((environment, key))
            self.entries.append(entry)
            self.bytes[environment] += entry.size
            self.file.write(json.dumps(asdict(entry)) + "\n")
        return entry

    def abandon(self, environment, key):
        with self.lock:
            self.abandoned.add((environment, key))

    def close(self):
        self.file.close()


class Reader:
    """Reads objects of both buckets, on connections that it keeps; used by one thread at a time."""

    def __init__(self, places):
        self.places = {place.environment: place for place in places}
        self.connections = {}

    def digest(self, entry):
        """Size and SHA-256 of what the bucket holds, or None where it holds nothing; two tries, since a kept connection may have ended."""
        for tries_left in (1, 0):
            try:
                return self.get(entry)
            except (OSError, http.client.HTTPException):
                self.connections.pop(entry.environment).close()
                if not tries_left:
                    raise

    def get(self, entry):
        place = self.places[entry.environment]
        url, _ = presign({
            "method": "GET", "bucket": place.bucket, "key": entry.key, "region": place.server.region, "endpoint": place.server.endpoint,
            "at": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()), "expires": 300, "accessKeyId": place.account.access_key,
            "secretAccessKey": place.account.secret_key})
        parts = urlsplit(url)
        connection = self.connections.get(entry.environment)
        if connection is None:
            connection = self.connections[entry.environment] = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        connection.request("GET", f"{parts.path}?{parts.query}")
        response = connection.getresponse()
        if response.status == 404:
            response.read()
            return None
        digest, size = hashlib.sha256(), 0
        while chunk := response.read(1 << 20):
            digest.update(chunk)
            size += len(chunk)
        if response.status != 200:
            raise OSError(f"the bucket answers {response.status} to a GET of {entry.key}")
        return size, digest.hexdigest()


class Verifier:
    """Compares what the buckets hold with the journal: some of it at random while the run goes on, and all of it in the end."""

    def __init__(self, journal, places, counts, seed):
        self.journal, self.places, self.counts = journal, places, counts
        self.rng = random.Random(seed)
        self.during = self.verified = 0
        self.missing, self.wrong = [], []
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        reader = Reader(self.places)
        while not self.stopped.wait(0.25):
            if self.journal.entries and self.check(reader, self.rng.choice(self.journal.entries)):
                self.during += 1

    def stop(self):
        self.stopped.set()
        self.thread.join(60)

    def check(self, reader, entry):
        try:
            found = reader.digest(entry)
        except (OSError, http.client.HTTPException) as error:
            self.counts.finding("verifier: an object could not be read", f"{entry}: {error}")
            return False
        if found is None:
            self.missing.append(entry)
        elif found != (entry.size, entry.sha256):
            self.wrong.append((entry, found))
        return found == (entry.size, entry.sha256)

    def check_all(self):
        """Every confirmed upload once; what was found during the run is looked at anew."""
        self.missing, self.wrong = [], []

        def check_share(number):
            reader = Reader(self.places)
            return sum(self.check(reader, entry) for entry in self.journal.entries[number::READERS])

        with ThreadPoolExecutor(READERS) as threads:
            self.verified = sum(threads.map(check_share, range(READERS)))


def unfinished(place):
    """The keys of the bucket's uploads in parts that nobody has ended, each as often as it is there."""
    client = place.server.client(place.account)
    pages = client.get_paginator("list_multipart_uploads").paginate(Bucket=place.bucket)
    return Counter(upload["Key"] for page in pages for upload in page.get("Uploads", []))
