"""boto3 and the AWS CLI for the local bucket of `countersign dev`, set up as a developer would set them up."""

import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

PROFILE = "local-staging"
BUCKET = "local-staging-bucket"

# As the profile sets it up, but a failure must show.
ONCE = Config(retries={"total_max_attempts": 1})


@pytest.fixture(scope="module")
def profiles(dev):
    return dev.data / "aws-config"


@pytest.fixture(scope="module")
def session(profiles):
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("AWS_CONFIG_FILE", str(profiles))
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        yield boto3.Session(profile_name=PROFILE)


@pytest.fixture(scope="module")
def plain(session):
    return session.client("s3", config=ONCE)


@pytest.fixture
def s3(plain):
    """A client, and a bucket that is empty afterwards."""
    yield plain
    for page in plain.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        for found in page.get("Contents", []):
            plain.delete_object(Bucket=BUCKET, Key=found["Key"])
    for page in plain.get_paginator("list_multipart_uploads").paginate(Bucket=BUCKET):
        for found in page.get("Uploads", []):
            plain.abort_multipart_upload(Bucket=BUCKET, Key=found["Key"], UploadId=found["UploadId"])


@pytest.fixture
def aws(profiles, s3, tmp_path):
    """Runs the AWS CLI: its exit code and what it prints, errors last."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"AWS_CONFIG_FILE": str(profiles), "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_MAX_ATTEMPTS": "1", "AWS_PAGER": ""}

    def run(*arguments, body=None):
        command = [sys.executable, Path(sys.executable).with_name("aws"), "--profile", PROFILE, *map(str, arguments)]
        done = subprocess.run(command, cwd=tmp_path, env=environment, input=body, capture_output=True, timeout=300)
        return done.returncode, done.stdout.decode() + done.stderr.decode()

    return run


def refusal(call, **arguments):
    """Status and code of the refusal that a call must meet."""
    with pytest.raises(ClientError) as caught:
        call(Bucket=BUCKET, **arguments)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]
