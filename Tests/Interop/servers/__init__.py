"""Other people's S3 servers, and this project's own: started for the tests, with two accounts that have a bucket each."""

import secrets
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import boto3
from botocore.config import Config

from programs import MADE, StartFailure


STRANGERS_ACCOUNT = "444455556666"


@dataclass(frozen=True)
class Account:
    """Credentials, and the one bucket that they may use."""

    bucket: str
    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)

    def variables(self, prefix=""):
        token = {f"{prefix}AWS_SESSION_TOKEN": self.session_token} if self.session_token else {}
        return {f"{prefix}AWS_ACCESS_KEY_ID": self.access_key, f"{prefix}AWS_SECRET_ACCESS_KEY": self.secret_key} | token


class Server:
    """What the tests know of a server; each kind starts itself and says what is particular about it."""

    name: str
    provider: str
    region = "eu-central-1"
    """As the repository's policies have it, so that the host names of AWS's own endpoints fit."""
    refused_of_forms = ()
    """Keys of upload rules that Countersign does not take for POST with this provider, since the server makes nothing of them."""
    role_arn = None
    """A role that the first account may take on, where the server hands out session tokens."""
    owner_arn = None
    """How bucket policies name the user of the first account, where the server knows bucket policies."""
    stranger = None
    """A user of another account, or what comes nearest to that, with the first account's bucket in mind but no rights to it."""
    stranger_arn = None

    def __init__(self):
        folder = MADE / "servers"
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix=f"{self.name}-", dir=folder))
        self.programs = []
        self.endpoint = self.sts_endpoint = None
        self.accounts = [
            Account(f"example-app-uploads-{environment}", f"AKIATESTS{number:011}", secrets.token_urlsafe(30))
            for number, environment in enumerate(("staging", "production"))
        ]

    @property
    def domain(self):
        """A host that real S3 has in that region; the servers take it for their own."""
        return f"s3.{self.region}.amazonaws.com"

    def start(self):
        """Starts all that belongs to the server and makes the buckets. Raises StartFailure."""
        raise NotImplementedError

    def stop(self):
        for program in reversed(self.programs):
            program.stop()
        self.programs.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    def client(self, account, service="s3", endpoint=None):
        return boto3.client(
            service, endpoint_url=endpoint or self.endpoint, region_name=self.region, aws_access_key_id=account.access_key,
            aws_secret_access_key=account.secret_key, aws_session_token=account.session_token,
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 2}, signature_version="s3v4"))

    def session(self):
        """The first account with a session token, good at `sts_endpoint`."""
        sts = self.client(self.accounts[0], "sts", self.sts_endpoint)
        taken = sts.assume_role(RoleArn=self.role_arn, RoleSessionName="interop")["Credentials"]
        return Account(self.accounts[0].bucket, taken["AccessKeyId"], taken["SecretAccessKey"], taken["SessionToken"])


def started(kind):
    """A running server. A free port may be taken before it is used, so a start has three tries."""
    for tries_left in (2, 1, 0):
        server = kind()
        try:
            server.start()
            return server
        except BaseException as error:
            server.stop()
            if not isinstance(error, StartFailure) or tries_left == 0:
                raise
