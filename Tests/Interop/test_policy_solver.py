"""Verdicts about all requests at once: Countersign's and those of Z3 on the same policies, whose conditions need no texts.

SOLVER_SEED and SOLVER_COUNT choose other policies, and how many pairs.
"""

import json
import os
import random
import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address, ip_network

import pytest
import z3

from programs import BINARY, clean

COUNT = int(os.environ.get("SOLVER_COUNT", "80"))
SEED = int(os.environ.get("SOLVER_SEED", "1"))

# MARK: The keys: whether a request has them, and what as a number

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
V6 = 1 << 129  # Added to an address of IPv6, so that it lies above all of IPv4.
MAPPED = (V6 + (0xFFFF << 32), V6 + (0xFFFF << 32) + 0xFFFF_FFFF)


def number(text):
    return z3.RealVal(text)


def moment(text):
    """Milliseconds since 1970, exactly."""
    return z3.IntVal((datetime.fromisoformat(text) - EPOCH) // timedelta(milliseconds=1))


def address(text):
    parsed = ip_address(text)
    return z3.IntVal(int(parsed) + (V6 if parsed.version == 6 else 0))


def truth(text):
    return z3.BoolVal(text == "true")


@dataclass(frozen=True)
class Key:
    name: str
    has: z3.BoolRef
    value: z3.ExprRef
    read: object
    operators: tuple
    values: tuple


ORDER = {"Equals": "==", "NotEquals": "!=", "LessThan": "<", "LessThanEquals": "<=", "GreaterThan": ">", "GreaterThanEquals": ">="}

KEYS = [
    Key(name, z3.Bool(f"has {name}"), sort(name), read, operators, values)
    for name, sort, read, operators, values in [
        ("s3:max-keys", z3.Real, number, tuple(f"Numeric{each}" for each in ORDER), ("0", "1", "1.5", "10", "-2", "1000")),
        ("s3:signatureAge", z3.Real, number, tuple(f"Numeric{each}" for each in ORDER), ("1", "10", "600000")),
        ("aws:CurrentTime", z3.Int, moment, tuple(f"Date{each}" for each in ORDER),
         ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.001Z", "2026-06-01T12:00:00Z")),
        ("aws:SourceIp", z3.Int, address, ("IpAddress", "NotIpAddress"),
         ("0.0.0.0/1", "128.0.0.0/1", "10.0.0.0/8", "10.1.0.0/16", "203.0.113.7/32", "2001:db8::/32", "::/0", "2001:db8:1::/48")),
        ("aws:SecureTransport", z3.Bool, truth, ("Bool",), ("true", "false")),
        ("aws:MultiFactorAuthPresent", z3.Bool, truth, ("Bool",), ("true", "false")),
    ]
]
BY_NAME = {key.name: key for key in KEYS}
SOURCE = BY_NAME["aws:SourceIp"].value
ALWAYS_TOLD = ("aws:CurrentTime", "aws:SecureTransport")
# What requests there are at all: AWS puts two of the keys into each; a mapped address is one of IPv4.
POSSIBLE = z3.And(
    *(BY_NAME[name].has for name in ALWAYS_TOLD),
    z3.Or(z3.And(SOURCE >= 0, SOURCE < 1 << 32), z3.And(SOURCE >= V6, SOURCE < V6 + (1 << 128))),
    z3.Or(SOURCE < MAPPED[0], SOURCE > MAPPED[1]),
    # Beyond these no text tells a date.
    BY_NAME["aws:CurrentTime"].value > -(1 << 50), BY_NAME["aws:CurrentTime"].value < 1 << 50)

# MARK: Random policies


def condition(rng):
    key = rng.choice(KEYS)
    if rng.random() < 0.15:
        return "Null", key.name, [rng.choice(("true", "false"))]
    name = rng.choice(key.operators) + ("IfExists" if rng.random() < 0.2 else "")
    return name, key.name, rng.sample(key.values, rng.choice((1, 1, 2)))


def statement(rng, effect):
    return {"Effect": effect, "Conditions": [condition(rng) for _ in range(rng.choice((0, 1, 1, 2, 3)))]}


def policy(rng):
    return [statement(rng, "Allow")] + [statement(rng, rng.choice(("Allow", "Deny"))) for _ in range(rng.choice((0, 1, 2)))]


def changed(rng, statements):
    """A policy that is mostly the same, so that many pairs are equal, or one within the other."""
    result = json.loads(json.dumps(statements))
    chosen = rng.choice(result)
    match rng.randrange(5):
        case 0:
            chosen["Conditions"].append(condition(rng))
        case 1 if chosen["Conditions"]:
            chosen["Conditions"].pop()
        case 2:
            result.append(statement(rng, "Deny"))
        case 3 if chosen["Conditions"]:
            operator, key, values = chosen["Conditions"][0]
            chosen["Conditions"][0] = (operator, key, values + [rng.choice(values)])
        case _:
            rng.shuffle(result)
    return result


def document(statements):
    def element(statement):
        blocks = {}
        for name, key, values in statement["Conditions"]:
            # One key stands once under one operator: the first one.
            blocks.setdefault(name, {}).setdefault(key, values)
        return {"Effect": statement["Effect"], "Principal": "*", "Action": "s3:*", "Resource": "*"} | ({"Condition": blocks} if blocks else {})

    return {"Version": "2012-10-17", "Statement": [element(each) for each in statements]}


# MARK: What a policy means, for Z3


def matches(key, operator, operand):
    if operator.endswith("IpAddress"):
        network = ip_network(operand)
        first = int(network.network_address) + (V6 if network.version == 6 else 0)
        return z3.And(key.value >= first, key.value < first + network.num_addresses)
    sign = ORDER.get(operator.removeprefix("Numeric").removeprefix("Date"), "==")
    right = key.read(operand)
    return {
        "==": lambda: key.value == right, "!=": lambda: key.value == right, "<": lambda: key.value < right,
        "<=": lambda: key.value <= right, ">": lambda: key.value > right, ">=": lambda: key.value >= right}[sign]()


def holds(name, key, values):
    if name == "Null":
        return z3.Not(key.has) if values[0] == "true" else key.has
    operator = name.removesuffix("IfExists")
    is_negated = "Not" in operator
    some = z3.Or([matches(key, operator, value) for value in values])
    present = z3.And(key.has, z3.Not(some) if is_negated else some)
    return z3.Or(z3.Not(key.has), present) if is_negated or name.endswith("IfExists") else present


def allows(document):
    def statement(element):
        blocks = element.get("Condition", {})
        return z3.And([holds(name, BY_NAME[key], values) for name, keys in blocks.items() for key, values in keys.items()])

    by_effect = {effect: [statement(each) for each in document["Statement"] if each["Effect"] == effect] for effect in ("Allow", "Deny")}
    return z3.And(z3.Or(by_effect["Allow"]), z3.Not(z3.Or(by_effect["Deny"])))


def exists(formula):
    solver = z3.Solver()
    solver.add(POSSIBLE, formula)
    answer = solver.check()
    assert answer != z3.unknown
    return answer == z3.sat


def is_told_by(request, formula):
    """Whether a formula holds for one request."""
    facts = []
    for key in KEYS:
        text = request["context"].get(key.name)
        if text is not None:
            facts += [key.has, key.value == key.read(text)]
        elif key.name not in ALWAYS_TOLD:
            # What every request has is only told where the policies ask for it.
            facts.append(z3.Not(key.has))
    return exists(z3.And(formula, *facts))


# MARK: The tests


def ask(folder, command, first, second):
    paths = []
    for name, content in (("first.json", first), ("second.json", second)):
        paths.append(folder / name)
        paths[-1].write_text(json.dumps(content))
    run = subprocess.run(
        [BINARY, "policy", command, *paths, "--format", "json"], capture_output=True, text=True, timeout=120, env=clean())
    assert run.returncode in (0, 1), run.stderr
    answer = json.loads(run.stdout)
    assert (run.returncode == 0) == (answer["answer"] == "yes")
    return answer


@pytest.fixture(scope="module")
def pairs():
    rng = random.Random(f"solver {SEED}")
    pairs = []
    for _ in range(COUNT):
        first = policy(rng)
        second = changed(rng, first) if rng.random() < 0.75 else policy(rng)
        pairs.append(tuple(map(document, rng.sample((first, second), 2))))
    return pairs


@pytest.mark.timeout(600)
def test_what_is_new_is_what_the_solver_finds(tmp_path, pairs):
    told = {"yes": 0, "no": 0}
    for old, new in pairs:
        answer = ask(tmp_path, "compare", old, new)
        is_new = z3.And(allows(new), z3.Not(allows(old)))
        assert answer["answer"] == ("no" if exists(is_new) else "yes"), (old, new, answer)
        if answer["answer"] == "no":
            assert is_told_by(answer["request"], is_new), (old, new, answer)
        told[answer["answer"]] += 1
    assert min(told.values()) >= COUNT / 5, told


@pytest.mark.timeout(600)
def test_equal_policies_are_those_the_solver_cannot_tell_apart(tmp_path, pairs):
    for first, second in pairs:
        answer = ask(tmp_path, "equal", first, second)
        differ = allows(first) != allows(second)
        assert answer["answer"] == ("no" if exists(differ) else "yes"), (first, second, answer)
        if answer["answer"] == "no":
            assert is_told_by(answer["request"], differ), (first, second, answer)
