"""A clock that is set forward and back while everything runs."""

import asyncio
import json
import time
from datetime import datetime, timezone

from connections import judge_bucket
from faketime import Clock
from honest import Objects, Tickets
from trial import case
from upstreams import Upstream, response

STEPS = [2 * 3600, -3 * 3600, 0]
SECONDS_EACH = 5


class Steady(Objects):
    """Signs a request once more when it was refused, as every client does whose URL has run out."""

    async def ask(self, number):
        answer = await super().ask(number)
        if " 403 " not in answer:
            return answer
        await asyncio.sleep(0.5)
        return await super().ask(number)


@case("clock", "a clock that is set two hours forward, three back, and right again")
def clock(stage):
    clock = Clock(stage.folder)

    def credentials(head, body):
        end = datetime.fromtimestamp(clock.now() + 3600, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return response(200, "application/json", json.dumps({
            "AccessKeyId": "ASIATORTURE000000001", "SecretAccessKey": "s", "Token": "t", "Expiration": end}).encode())

    upstream = stage.until_end(Upstream(credentials))
    prefix = "COUNTERSIGN_STAGING_AWS_"
    service = stage.service(variables=clock.variables | {
        f"{prefix}ACCESS_KEY_ID": None, f"{prefix}SECRET_ACCESS_KEY": None,
        f"{prefix}CONTAINER_CREDENTIALS_FULL_URI": f"{upstream.url}/credentials"})
    # Credentials of an hour have ended two hours later; new ones take a moment.
    with stage.trial(
            "clock, service", service.process, [(Tickets(service.port, service.keys["honest"]), 60)],
            allowed={"ticket": {"503 environment_unavailable", "503 credentials_expiring"}}) as trial:
        trial.fault(0.5)
        for offset in STEPS:
            clock.set(offset)
            time.sleep(SECONDS_EACH)
            answer = service.ask("/v1/uploads", {"rule": "avatars", "filename": "a.png", "size": 1, "type": "image/png"})
            ticket = json.loads(answer.body) if answer.status == 201 else {"expiresAt": "1970-01-01T00:00:00Z"}
            end = datetime.strptime(ticket["expiresAt"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()
            left = end - clock.now()
            if not 0 < left <= 905:
                trial.broken(f"{SECONDS_EACH} s after the clock was set by {offset} s, a ticket ends in {left:.0f} s: {answer}")
        trial.sent = f"+2 h, −3 h, 0, for {SECONDS_EACH} s each, with credentials of an hour"
        trial.after()

    bucket = stage.bucket(variables=clock.variables, now=clock.now)
    clients = [(Steady(bucket), 20), (Tickets(bucket.service_port), 20)]
    with stage.trial("clock, bucket", bucket.process, clients) as trial:
        trial.fault(0.5)
        for offset in STEPS:
            clock.set(offset)
            time.sleep(SECONDS_EACH)
        trial.sent = f"+2 h, −3 h, 0, for {SECONDS_EACH} s each"
        trial.after()
        judge_bucket(trial, bucket)
