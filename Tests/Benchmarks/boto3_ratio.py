"""Presigns the same PUTs with boto3, in turns with signing-bench, and prints the ratio of processor times.

usage: boto3_ratio.py PROGRAM
"""
import statistics
import subprocess
import sys
import time
import urllib.parse
import uuid

import boto3
import botocore.config

PROGRAM = sys.argv[1]
ROUNDS = 5
PARAMETERS = {
    "content-length": ("ContentLength", int),
    "content-type": ("ContentType", str),
    "if-none-match": ("IfNoneMatch", str),
    "x-amz-checksum-sha256": ("ChecksumSHA256", str),
}


def ours(*arguments):
    return subprocess.run([PROGRAM, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()


class Boto3:
    """boto3's client, set up from an URL of ours and the headers that it binds."""

    def __init__(self, url, headers, secret):
        self.url = urllib.parse.urlsplit(url)
        query = urllib.parse.parse_qs(self.url.query)
        access_key, _, region = query["X-Amz-Credential"][0].split("/")[:3]
        self.signed = query["X-Amz-SignedHeaders"]
        self.seconds = int(query["X-Amz-Expires"][0])
        self.client = boto3.client(
            "s3", region_name=region, aws_access_key_id=access_key, aws_secret_access_key=secret,
            config=botocore.config.Config(
                signature_version="s3v4", s3={"addressing_style": "virtual"}, request_checksum_calculation="when_required"))
        self.parameters = {"Bucket": self.url.netloc.split(".")[0]}
        for name, value in headers:
            parameter, kind = PARAMETERS[name]
            self.parameters[parameter] = kind(value)

    def presign(self, key):
        return self.client.generate_presigned_url("put_object", Params=self.parameters | {"Key": key}, ExpiresIn=self.seconds)

    def check(self):
        """boto3 must do the same work: same place, same headers bound."""
        theirs = urllib.parse.urlsplit(self.presign(self.url.path[1:]))
        query = urllib.parse.parse_qs(theirs.query)
        assert (theirs.netloc, theirs.path) == (self.url.netloc, self.url.path), theirs
        assert query["X-Amz-SignedHeaders"] == self.signed, query

    def nanoseconds(self, keys):
        """Processor time of one URL."""
        start = time.thread_time_ns()
        for key in keys:
            self.presign(key)
        return (time.thread_time_ns() - start) / len(keys)


def main():
    url, secret, *headers = ours("sample")
    theirs = Boto3(url, [line.split(": ", 1) for line in headers], secret)
    theirs.check()
    keys = [f"pictures/web/{uuid.uuid5(uuid.NAMESPACE_URL, str(number))}.jpg" for number in range(500)]
    theirs.nanoseconds(keys)
    pairs = [(float(ours("times", "put-url", "--iterations", "50000")[1].split()[1]), theirs.nanoseconds(keys)) for _ in range(ROUNDS)]
    ratios = sorted(other / one for one, other in pairs)
    print(
        f"boto3 {boto3.__version__} presigns the same PUT in {statistics.median(other for _, other in pairs):.0f} ns: "
        f"ours takes 1/{statistics.median(ratios):.0f} of that (1/{ratios[0]:.0f} to 1/{ratios[-1]:.0f})")


main()
