"""Presigned URLs: Countersign, boto3 and a third opinion sign any request alike, but for what `test_boto_differences.py` lists."""

import collections

import boto
import boto_requests
import odd
import sigv4

SHOWN = 3


def sorted_parts(url):
    """Scheme and host, path, and the parameters as they are sent, sorted: their order is not part of what S3 reads."""
    place, _, query = url.partition("?")
    scheme, _, rest = place.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host}", slash + path, sorted(query.split("&"))


def first_difference(left, right):
    """What two URLs differ in, the signature last, since it follows from all else; None for the same URL."""
    left, right = sorted_parts(left), sorted_parts(right)
    if left[:2] != right[:2]:
        return f"{left[:2]} and {right[:2]}"
    left, right = (collections.Counter(parts[2]) for parts in (left, right))
    rest = [sorted(counter, key=lambda text: (text.startswith("X-Amz-Signature="), text)) for counter in (left - right, right - left)]
    return f"{rest[0][:1]} and {rest[1][:1]}" if any(rest) else None


def report(line, how, canonical, **urls):
    """Everything that is needed to see who is wrong."""
    ours = urls["countersign"]
    texts = [f"{how}\nline: {line}"]
    texts += [f"{name}: {url}" for name, url in urls.items()]
    texts += [f"differs from {name}: {first_difference(ours, url)}" for name, url in urls.items() if url != ours]
    return "\n".join(texts + [f"canonical request of {name}:\n{text}" for name, text in canonical.items()])


def test_any_request_is_signed_alike(boto3_client):
    rng, count, how = boto.seeded("urls", 3600)
    locations = boto.locations(rng)
    known = [odd.credentials(rng) for _ in range(12)]
    operations = list(boto_requests.operations(boto3_client.client(locations[0])))
    on_objects = [operation for operation in operations if operation.has_key]
    cases = []
    for number in range(count):
        # Each has its share; those with a key have the larger one.
        choice = operations if number % 2 else on_objects
        operation = choice[number // 2 % len(choice)]
        location = rng.choice([place for place in locations if operation.suits(place)])
        parameters, line = boto_requests.request(rng, operation, location)
        line |= {"at": odd.time(rng), "expires": rng.choice((1, 900, 604_800, rng.randint(1, 604_800)))}
        line |= rng.choice(known) if rng.random() < 0.7 else odd.credentials(rng)
        cases.append((location, operation, parameters, line))

    wrong = []
    for (location, operation, parameters, line), answer in zip(cases, boto.batch([line for *_, line in cases])):
        theirs = boto3_client.presign(location, operation.name, parameters, line)
        third, canonical = sigv4.presign(line)
        ours = answer.get("url", f"none, but {answer}")
        if ours != third or first_difference(ours, theirs):
            wrong.append(report(
                line, how, {"boto3": boto3_client.canonical, "third": canonical}, countersign=ours, boto3=theirs, third=third))
    assert len(operations) >= 80, "boto3's model has lost operations"
    assert not wrong, f"{len(wrong)} of {count} differ\n\n" + "\n\n".join(wrong[:SHOWN])


def test_what_boto3_cannot_say_is_signed_as_the_third_opinion_has_it():
    """Parameters that are repeated, nameless or in want of sorting after they are encoded, and headers of any name."""
    rng, count, how = boto.seeded("lines", 1000)
    names = ("", "a", "A", "a-", "a.", "a0", "aa", "a%", "a b", "a+b", "ä", "😀", "\uffff", "/", "~", "x", "X-", "uploads", "X-Amy-Date")
    locations, lines = boto.locations(rng), []
    for _ in range(count):
        location = rng.choice(locations)
        line = {"method": rng.choice(("GET", "PUT", "HEAD", "DELETE", "POST")), "region": location.region} | location.line
        line |= {"bucket": odd.bucket(rng, dots=False), "at": odd.time(rng), "expires": rng.randint(1, 604_800)} | odd.credentials(rng)
        if rng.random() < 0.8:
            line["key"] = odd.key(rng)
        line["query"] = [[rng.choice(names), rng.choice(("", "0", "a", odd.text(rng)))] for _ in range(rng.choice((0, 3, 30)))]
        chosen = {f"{odd.name(rng)}-{number}": rng.choice(("", " ", odd.header(rng))) for number in range(rng.choice((0, 3, 30)))}
        line["headers"] = [[name, value] for name, value in chosen.items()]
        lines.append(line)
    wrong = []
    for line, answer in zip(lines, boto.batch(lines)):
        third, canonical = sigv4.presign(line)
        ours = answer.get("url", f"none, but {answer}")
        if ours != third:
            wrong.append(report(line, how, {"third": canonical}, countersign=ours, third=third))
    assert not wrong, f"{len(wrong)} of {count} differ\n\n" + "\n\n".join(wrong[:SHOWN])
