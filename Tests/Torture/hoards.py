"""Bytes that make a server keep more than it should: behind requests for another protocol, instead of requests, and answers that pile up."""

import json

from connections import on_both, possible
from honest import Tickets
from trial import Crowd, case

UPGRADE = b"GET /version HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
TUNNEL = b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n"
PIECE = 60_000


@case("upgrades", "connections that want another protocol, and send all they can behind it")
def upgrades(stage):
    def attack(trial, port):
        trial.fault()
        with Crowd(port, 60, [UPGRADE, TUNNEL], drip="x" * PIECE, drip_seconds=0) as crowd:
            trial.fault(10)
        trial.sent = f"60 that send {PIECE} bytes again and again behind Upgrade and CONNECT: {crowd}"

    on_both(stage, "upgrades", attack)


@case("garbage", "more connections than there are places, of a byte that is no HTTP")
def garbage(stage):
    def attack(trial, port):
        with Crowd(port, possible(2_000), [b"\0"], reads="nothing") as crowd:
            trial.fault()
            crowd.wait()
            trial.fault(8)
        trial.sent = f"2,000 of one byte: {crowd}"

    on_both(stage, "garbage", attack)


@case("hoards", "answers that nobody takes: thousands of small ones in one go, and large ones of a caller's own")
def hoards(stage):
    service = stage.service()
    with stage.trial("small answers", service.process, [(Tickets(service.port, service.keys["honest"]), 60)], bound_mib=384) as trial:
        with Crowd(service.port, 900, [b"GET / HTTP/1.1\r\n\r\n" * 4_000], reads="nothing", per_second=400) as crowd:
            trial.fault()
            crowd.wait()
            trial.fault(8)
        trial.sent = f"900 connections with 4,000 of the shortest requests each: {crowd}"
        trial.after()

    entry = {"rule": "avatars", "filename": "a.png", "size": 1, "type": "image/png"}
    body = json.dumps({"uploads": [entry] * 1_000}, separators=(",", ":")).encode()
    batch = (f"POST /v1/uploads/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
             f"Authorization: Bearer {service.keys['other']}\r\n\r\n").encode() + body
    with stage.trial(
            "large answers", service.process, [(Tickets(service.port, service.keys["honest"]), 60)], bound_mib=384,
            allowed={"ticket": {"503 overloaded"}}) as trial:
        trial.fault()
        with Crowd(service.port, 600, [batch], reads="nothing", per_second=40) as crowd:
            trial.fault(20)
        trial.sent = f"600 connections that ask for a batch of 1,000 tickets and take nothing: {crowd}"
        trial.after()
