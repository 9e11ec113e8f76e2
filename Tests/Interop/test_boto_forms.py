"""POST policies: Countersign signs boto3's as boto3 does, and its own forms allow exactly what boto3's do."""

import base64
import datetime
import json

import boto
import odd
import sigv4
from test_boto_urls import SHOWN

EXACT = ("success_action_status", "tagging", "x-amz-storage-class", "x-amz-server-side-encryption", "x-amz-checksum-sha256",
         "x-amz-website-redirect-location")
BY_PREFIX = ("acl", "Cache-Control", "Content-Type", "Content-Disposition", "Content-Encoding", "Expires", "redirect",
             "success_action_redirect", "x-amz-meta-author", "x-amz-meta-odd!#$'name")


def field_value(rng):
    """A form field takes any text but line ends; an argument of a command holds no NUL."""
    return "".join(letter for letter in odd.text(rng) if letter not in "\0\r\n").replace("${filename}", "$")


def test_any_policy_is_signed_alike(boto3_client):
    rng, count, how = boto.seeded("policies", 1200)
    locations = boto.locations(rng)
    cases = []
    for _ in range(count):
        location = rng.choice(locations)
        line = {"region": location.region, "at": odd.time(rng), "expires": rng.randint(1, 604_800)} | odd.credentials(rng)
        names = rng.sample(EXACT + BY_PREFIX, rng.randint(0, 8))
        fields = {name: odd.text(rng) for name in names}
        conditions = [{name: fields[name]} for name in names[::4]]
        conditions += [["eq", f"${name}", fields[name]] for name in names[1::4]]
        conditions += [["starts-with", f"${name}", fields[name][:2]] for name in names[2::4]]
        if rng.random() < 0.5:
            conditions.append(["content-length-range", *sorted((rng.randint(0, 10), rng.randint(0, 5 << 30)))])
        bucket = odd.bucket(rng, dots=location.takes_dots and rng.random() < 0.2)
        form = boto3_client.ready(location, line).generate_presigned_post(
            bucket, odd.key(rng) + rng.choice(("", "${filename}")), Fields=fields, Conditions=conditions, ExpiresIn=line["expires"])
        line = {name: line[name] for name in line if name != "expires"} | {"method": "POST-POLICY", "policy": form["fields"]["policy"]}
        cases.append((line, form["fields"]))
    wrong = []
    for (line, theirs), ours in zip(cases, boto.batch([line for line, _ in cases])):
        expected = {name: theirs[f"x-amz-{name}"] for name in ("signature", "credential", "date")}
        if ours != expected or sigv4.signature(line, line["policy"]) != expected["signature"]:
            wrong.append(f"{how}\nline: {line}\nboto3: {expected}\ncountersign: {ours}\nthird: {sigv4.signature(line, line['policy'])}")
    assert not wrong, f"{len(wrong)} of {count} differ\n\n" + "\n\n".join(wrong[:SHOWN])


# Forms of Countersign's own, judged by what they allow

UNCONDITIONED = {"policy", "x-amz-signature", "file"}


def normal(policy):
    """A policy's expiration, and its conditions as a set: the two ways to say `eq` are one, and names have no case."""
    conditions = set()
    for condition in policy["conditions"]:
        if isinstance(condition, dict):
            (name, value), = condition.items()
            conditions.add(("eq", name.lower(), value))
        elif condition[0] == "content-length-range":
            conditions.add(tuple(condition))
        else:
            conditions.add((condition[0], condition[1].lower().removeprefix("$"), condition[2]))
    return policy["expiration"], conditions


def accepts(policy, bucket, form, size, at):
    """Whether S3 takes a form, by the rules of its page on POST policies."""
    expiration, conditions = normal(policy)
    fields = {name.lower(): value for name, value in form.items()} | {"bucket": bucket}
    covered = {name for kind, name, *_ in conditions if kind != "content-length-range"}
    for kind, *rest in conditions:
        if kind == "content-length-range":
            holds = rest[0] <= size <= rest[1]
        else:
            value = fields.get(rest[0])
            holds = value is not None and (value == rest[1] if kind == "eq" else value.startswith(rest[1]))
        if not holds:
            return False
    return fields.keys() - UNCONDITIONED <= covered and at < datetime.datetime.fromisoformat(expiration)


def asked_for(rng):
    """One form: options of `presign post`, and boto3's arguments for the same."""
    options, fields, conditions = [], {}, []
    key, is_prefix = field_value(rng) or "k", rng.random() < 0.4
    if is_prefix:
        options += boto.option("--key-prefix", key)
        key += "${filename}"
    for name in rng.sample(EXACT + BY_PREFIX, rng.randint(0, 6)):
        fields[name] = field_value(rng)
        options.append(f"--field={name}={fields[name]}")
        start = fields[name][:rng.randint(0, 3)]
        if name in BY_PREFIX and rng.random() < 0.5:
            options.append(f"--starts-with={name}={start}")
            conditions.append(["starts-with", f"${name}", start])
        else:
            conditions.append({name: fields[name]})
    sizes = sorted((rng.randint(0, 100), rng.randint(0, 5 << 30)))
    if rng.random() < 0.7:
        options += [f"--min-size={sizes[0]}", f"--max-size={sizes[1]}"]
        conditions.append(["content-length-range", *sizes])
    return key, is_prefix, options, fields, conditions, sizes


def changed_forms(form, bucket, sizes):
    """Forms that differ a little from one that is allowed: (what is wrong, bucket, form, size)."""
    size = sizes[0]
    yield "nothing", bucket, form, size
    yield "bucket", bucket + "x", form, size
    yield "extra field", bucket, form | {"x-amz-meta-extra": "1"}, size
    yield "ignored field", bucket, form | {"x-ignore-me": "1"}, size
    yield "too small", bucket, form, size - 1
    yield "too large", bucket, form, sizes[1] + 1
    for name in form:
        yield f"no {name}", bucket, {other: value for other, value in form.items() if other != name}, size
        yield f"other {name}", bucket, form | {name: "~" + form[name]}, size
        yield f"more {name}", bucket, form | {name: form[name] + "~"}, size


def test_a_form_allows_what_boto3s_allows(boto3_client):
    rng, count, how = boto.seeded("forms", 50)
    locations = boto.locations(rng)
    refused = 0
    for _ in range(count):
        location = rng.choice(locations)
        line = {"region": location.region, "at": odd.time(rng), "expires": rng.randint(1, 604_800)} | odd.credentials(rng) | location.line
        bucket = odd.bucket(rng, dots=False)
        key, is_prefix, options, fields, conditions, sizes = asked_for(rng)
        theirs = boto3_client.ready(location, line).generate_presigned_post(
            bucket, key, Fields=fields, Conditions=conditions, ExpiresIn=line["expires"])

        options += [f"--{name}={line[name]}" for name in ("region", "endpoint", "style", "expires", "at") if name in line]
        variables = {"AWS_ACCESS_KEY_ID": line["accessKeyId"], "AWS_SECRET_ACCESS_KEY": line["secretAccessKey"],
                     "AWS_SESSION_TOKEN": line.get("sessionToken", "")}
        command = ["presign", "post", f"s3://{bucket}" + ("" if is_prefix else f"/{key}"), *options]
        run = boto.countersign(*command, variables=variables)
        assert run.returncode == 0, f"{how}\n{command}\n{run.stderr}"
        ours = json.loads(run.stdout)
        said = f"{how}\n{command}\n{ours}\n{theirs}"

        signed = {"policy", "x-amz-signature"}
        assert ours["url"] == theirs["url"].rstrip("/") + "/", said  # boto3's lacks the slash where the bucket stands in the path.
        assert {name: ours["fields"][name] for name in ours["fields"].keys() - signed} == {
            name: theirs["fields"][name] for name in theirs["fields"].keys() - signed}, said
        assert sigv4.signature(line, ours["fields"]["policy"]) == ours["fields"]["x-amz-signature"], said
        policies = [json.loads(base64.b64decode(form["fields"]["policy"])) for form in (ours, theirs)]
        assert normal(policies[0]) == normal(policies[1]), said

        start = datetime.datetime.strptime(line["at"], "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        end = start + datetime.timedelta(seconds=line["expires"])
        form = ours["fields"]
        for name, *asked in changed_forms(form, bucket, sizes):
            verdicts = [accepts(policy, *asked, at=start) for policy in policies]
            assert verdicts[0] == verdicts[1], f"{name}\n{said}"
            assert verdicts[0] or name != "nothing", said
            refused += not verdicts[0]
            assert not accepts(policies[0], *asked, at=end), said
    assert refused > 10 * count
