"""What has to have happened in a run before it says anything that nothing broke: how often at least, for as long as the run was."""

from collections import Counter
from dataclasses import dataclass, field

from flows import LATER, LONGEST_WAIT_SECONDS, REFUSALS, WEIGHTS
from rotations import CREDENTIAL_SECONDS, EVERY_SECONDS, KEY_SECONDS

# What chance brings about ten times does not stay away but once in 20,000 runs.
EXPECTED = 10
# An instance knows the current key and the next one: it needs others after two turns, and notices with the next token or its next look.
KEYS_LAST_SECONDS = 2 * KEY_SECONDS + 60


@dataclass
class Happened:
    """All counts are of the whole run; `seconds` is how long it was asked to be."""

    seconds: float
    restart_seconds: float
    restarts: int
    credential_turns: dict
    """By store: how often it made new credentials, with the first ones."""
    key_turns: int
    loaded_credentials: dict
    """By environment: how many different ones `c` has loaded, with the first ones."""
    loaded_keys: int
    begun: int
    ended: Counter = field(default_factory=Counter)
    """Flows by name that came to their end, and refusals by theirs."""
    held_up: int = 0
    """Answers 429."""


def expected(happened):
    """How many flows of each name chance should have brought to their end."""
    share = happened.begun / sum(WEIGHTS.values())
    late = max(0, 1 - LONGEST_WAIT_SECONDS / happened.seconds)
    flows = {name: weight * share * (late if name in LATER else 1) for name, weight in WEIGHTS.items()}
    return flows | {name: flows["refused"] / len(REFUSALS) for name in REFUSALS}


def lacking(happened):
    """Sentences about what did not happen, or too seldom."""

    def least(what, count, wanted):
        return [f"{what}: {count} times, and {wanted} are the least in {happened.seconds / 60:.0f} minutes"] if count < wanted else []

    seconds = int(happened.seconds)
    found = least("a restart", happened.restarts, int(seconds / happened.restart_seconds) - 1)
    for name, turns in happened.credential_turns.items():
        found += least(f"{name}: new credentials", turns, seconds // EVERY_SECONDS)
    found += least("a new signing key", happened.key_turns, seconds // KEY_SECONDS)
    for name, count in happened.loaded_credentials.items():
        found += least(f"{name}: c loads credentials that it had not", count, 1 + seconds // CREDENTIAL_SECONDS)
    found += least("c loads keys that it had not", happened.loaded_keys, 1 + seconds // KEYS_LAST_SECONDS)
    wanted = expected(happened)
    for name, count in wanted.items():
        if count >= EXPECTED and not happened.ended[name]:
            found.append(f"no flow {name} came to its end, and about {count:.0f} should have")
    if wanted["hasty"] >= EXPECTED and not happened.held_up:
        found.append("nobody met 429, in spite of those in a hurry")
    return found
