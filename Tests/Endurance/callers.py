"""Who asks: back ends with API keys, users with JWTs of an issuer whose keys change, and pages with scoped tokens."""

import threading
import time

from fleet import PAGE
from rotations import TOKEN_SECONDS

# Tokens are replaced with a quarter of their life left, as pages do it.
JWT_SECONDS = TOKEN_SECONDS * 3 // 4
SCOPED_SECONDS = 600
SCOPED_BYTES = 1 << 30
# Of the 1,000 that one token is good for, in each instance.
SCOPED_TICKETS = 400


class Key:
    """A back end."""

    rules = None
    is_back_end = True

    def __init__(self, place, name, sends_api_key_header):
        self.place, self.name = place, name
        key = place.keys[name]
        self.headers = {"x-api-key": key} if sends_api_key_header else {"authorization": f"Bearer {key}"}

    def authorize(self, _):
        return "", self.headers


class Kept:
    """What is got for a while, by whoever needs it first."""

    def __init__(self):
        self.lock = threading.Lock()
        self.value, self.since, self.uses = None, 0, 0

    def get(self, seconds, make, uses=None):
        with self.lock:
            if self.value is None or time.monotonic() - self.since > seconds or (uses and self.uses >= uses):
                self.value, self.since, self.uses = make(), time.monotonic(), 0
            self.uses += 1
            return self.value


class User:
    """A browser's user with a JWT, on the page that may call."""

    rules = None
    is_back_end = False

    def __init__(self, place, issuer, subject):
        self.place, self.issuer, self.subject = place, issuer, subject
        self.kept = Kept()

    def authorize(self, _):
        token = self.kept.get(JWT_SECONDS, lambda: self.issuer.token(aud=self.place.audience, sub=self.subject))
        return "", {"authorization": f"Bearer {token}", "origin": PAGE}


class ScopedPage:
    """A page that can send no header: its token, for one rule, stands in the path, or is sent as a bearer's."""

    is_back_end = False

    def __init__(self, place, key, rule, subject, in_path):
        self.place, self.key, self.rule, self.subject, self.in_path = place, key, rule, subject, in_path
        self.rules = {rule}
        self.kept = Kept()

    def authorize(self, client):
        token = self.kept.get(SCOPED_SECONDS, lambda: self.ask(client), SCOPED_TICKETS)
        if self.in_path:
            return f"/u/{token}", {"origin": PAGE}
        return "", {"authorization": f"Bearer {token}", "origin": PAGE}

    def ask(self, client):
        request = {"rule": self.rule, "origin": PAGE, "bytes": SCOPED_BYTES, "subject": self.subject}
        return client.ask(self.key, "POST", "/v1/tokens", request)["token"]


def callers(fleet):
    """All of both environments."""
    found = []
    for place in fleet.places:
        keys = [Key(place, "shop", False), Key(place, "office", True)]
        users = [User(place, fleet.issuer, f"user|{number}") for number in range(6)]
        pages = [
            ScopedPage(place, keys[0], rule, f"visitor-{rule}", in_path)
            for rule, in_path in (("photos", True), ("notes", False), ("forms", True), ("films", True))]
        found += keys + users + pages
    return found
