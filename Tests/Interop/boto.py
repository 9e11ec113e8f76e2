"""boto3 with its clock and its credentials in our hands, beside the built command."""

import datetime
import json
import os
import random
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import botocore.auth
import botocore.session
import botocore.signers
from botocore.config import Config

BINARY = Path(os.environ.get("COUNTERSIGN", Path(__file__).parents[2] / ".build/debug/countersign"))


def seeded(name, standard_count):
    """The random numbers of a test, and how many cases it makes of them. BOTO_SEED and BOTO_COUNT (a factor) choose others."""
    seed = int(os.environ.get("BOTO_SEED", "20130524"))
    count = int(standard_count * float(os.environ.get("BOTO_COUNT", "1")))
    return random.Random(f"{name} {seed}"), count, f"BOTO_SEED={seed} BOTO_COUNT={count / standard_count:g}"


def countersign(*arguments, text=None, variables=None):
    """Runs the built command without any of this process's own AWS settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "COUNTERSIGN_"))}
    none = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return subprocess.run(
        [BINARY, *arguments], input=text, capture_output=True, text=True, timeout=120, env=kept | none | (variables or {}))


def option(name, value):
    """Arguments for an option with any value: behind `=` a combining mark, and without it a dash, would be read otherwise."""
    return [f"{name}={value}"] if value.startswith("-") else [name, value]


def batch(lines):
    """The answers of `presign batch`, one for each line."""
    run = countersign("presign", "batch", text="".join(json.dumps(line) + "\n" for line in lines))
    answers = [json.loads(answer) for answer in run.stdout.splitlines()]
    assert len(answers) == len(lines), run.stderr
    return answers


@dataclass(frozen=True)
class Location:
    """One place, as boto3 is told of it and as Countersign is."""

    region: str
    endpoint: str | None = None
    style: str = "path"
    s3: tuple = ()
    """Further settings of boto3."""
    line: dict = field(default_factory=dict, hash=False, compare=False)
    takes_dots: bool = True

    @property
    def is_accelerated(self):
        return any("accelerate" in name for name, _ in self.s3)


class Boto:
    """Signs as of a time and with credentials that are given each time. It never sends anything."""

    def __init__(self):
        session = botocore.session.Session()
        session.set_credentials("unset", "unset")
        self.held = session.get_credentials()
        self.session = boto3.Session(botocore_session=session)
        self.time = None
        self.canonical = None
        self.clients = {}

    def now(self, remove_tzinfo=True):
        return self.time.replace(tzinfo=None if remove_tzinfo else datetime.timezone.utc)

    def client(self, location):
        if location not in self.clients:
            s3 = dict(location.s3) | {"addressing_style": location.style}
            self.clients[location] = self.session.client(
                "s3", region_name=location.region, endpoint_url=location.endpoint, config=Config(signature_version="s3v4", s3=s3))
        return self.clients[location]

    def ready(self, location, line):
        """The client, set to a line's time and credentials."""
        self.time = datetime.datetime.strptime(line["at"], "%Y%m%dT%H%M%SZ")
        self.held.access_key, self.held.secret_key = line["accessKeyId"], line["secretAccessKey"]
        self.held.token = line.get("sessionToken")
        return self.client(location)

    def presign(self, location, operation, parameters, line):
        return self.ready(location, line).generate_presigned_url(operation, Params=parameters, ExpiresIn=line["expires"])


def install(patch):
    """boto3 under a frozen clock; `patch` is pytest's, so that it all ends with the test."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        patch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        patch.setenv(name, os.devnull)
    boto = Boto()
    # Beside the AWS CLI's awscrt, botocore would sign in C, under the real clock.
    for kind, signer in (("s3v4", botocore.auth.S3SigV4Auth), ("s3v4-query", botocore.auth.S3SigV4QueryAuth)):
        patch.setitem(botocore.auth.AUTH_TYPE_MAPS, kind, signer)
    patch.setattr(botocore.auth, "get_current_datetime", boto.now)
    patch.setattr(botocore.signers, "get_current_datetime", boto.now)
    canonical_request = botocore.auth.S3SigV4QueryAuth.canonical_request

    def kept(signer, request):
        boto.canonical = canonical_request(signer, request)
        return boto.canonical

    patch.setattr(botocore.auth.S3SigV4QueryAuth, "canonical_request", kept)
    return boto


# Places

REGIONS = ("us-east-1", "us-east-2", "us-west-2", "eu-central-1", "eu-west-3", "ap-southeast-2", "il-central-1", "cn-north-1",
           "us-gov-west-1")
REGIONAL = ("us_east_1_regional_endpoint", "regional")


def aws_locations():
    for region in REGIONS:
        yield Location(region, style="virtual", s3=(REGIONAL,))
        yield Location(region, style="path", s3=(REGIONAL,), line={"style": "path"})
    # boto3's own choices, which Countersign takes only when it is told the endpoint.
    everywhere = {"endpoint": "https://s3.amazonaws.com", "style": "virtual"}
    yield Location("us-east-1", style="auto", line=everywhere, takes_dots=False)
    yield Location("us-east-1", style="path", line=everywhere | {"style": "path"})
    yield Location("eu-west-3", style="auto", line=everywhere, takes_dots=False)
    for region in ("us-east-1", "eu-central-1"):
        for option, host in (("use_dualstack_endpoint", f"s3.dualstack.{region}"), ("use_accelerate_endpoint", "s3-accelerate")):
            line = {"endpoint": f"https://{host}.amazonaws.com", "style": "virtual"}
            yield Location(region, style="virtual", s3=((option, True),), line=line, takes_dots=False)


def custom_location(rng):
    scheme = rng.choice(("http", "https"))
    name = rng.choice(("localhost", "storage.example.com", "minio", "my-store.internal", "xn--mnchen-3ya.example",
                       "s3.eu-central-1.amazonaws.com"))
    ip = rng.choice(("127.0.0.1", "10.0.0.7", "[::1]", "[2001:db8::7]"))
    style = rng.choice(("virtual", "path", "auto"))
    host = name if style == "virtual" or rng.random() < 0.6 else ip
    port = rng.choice(("", "", ":9000", ":8443", ":1", ":65535", ":443" if scheme == "http" else ":80"))
    path = rng.choice(("", "/base", "/deep/er-_.~/base", "" if style == "virtual" else "/", "" if style == "virtual" else "/base/"))
    endpoint = f"{scheme}://{host}{port}{path}"
    line = {"endpoint": endpoint} | ({} if style == "auto" else {"style": style})
    region = rng.choice(REGIONS + ("auto", "garage", "default", "eu-central-003"))
    return Location(region, endpoint, style, line=line, takes_dots=style != "virtual" or scheme == "http")


def locations(rng):
    return [*aws_locations(), *(custom_location(rng) for _ in range(40))]
