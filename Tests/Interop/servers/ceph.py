"""Ceph's RADOS Gateway over a Ceph of one monitor and one store in memory."""

import secrets
import subprocess
import uuid
from urllib.error import HTTPError
from urllib.request import urlopen

from programs import Program, StartFailure, free_ports
from servers import STRANGERS_ACCOUNT, Account, Server

# One node, no authentication among its parts, nothing that works in the background, everything as small as it gets.
CONFIGURATION = """
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{monitor_port}]
mon initial members = a
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc secure
keyring = {folder}/keyring
admin socket =
pid file =
run dir = {folder}
crash dir = {folder}
log file = {folder}/$name.log
mon cluster log file = {folder}/cluster.log
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0

[mon]
mon data = {folder}/mon
# A disk that is rather full is none of the tests' business.
mon data avail crit = 1
mon data avail warn = 1
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 5000
mon osd min up ratio = 0
mon election timeout = 1
paxos propose interval = 0.05
paxos min wait = 0.01

[mon.a]
host = localhost

[osd]
osd data = {folder}/osd
osd objectstore = memstore
memstore device bytes = 2147483648
osd memory target = 939524096
osd op num shards = 2
osd heartbeat grace = 3600
# Keys of S3's 1,024 bytes need longer names than memstore thinks of.
osd max object name len = 2048

[client]
rgw thread pool size = 16
rgw num rados handles = 1
rgw enable usage log = false
rgw enable gc threads = false
rgw enable lc threads = false
rgw enable quota threads = false
rgw run sync thread = false
rgw dynamic resharding = false
rgw override bucket index max shards = 1
rgw gc max objs = 1
rgw lc max objs = 1
rgw md log max shards = 1
rgw objexp hints num shards = 1
# Requests for BUCKET.DOMAIN are for that bucket.
rgw dns name = {domain}
# SSE is asked for over plain HTTP here, with keys of the test backend.
rgw crypt require ssl = false
rgw crypt s3 kms backend = testing
rgw crypt s3 kms encryption keys = testkey-1=YmluCmJvb3N0CmJvb3N0LWJ1aWxkCmNlcGguY29uZgo=
rgw sts key = sixteen-bytes-ok

[client.plain]
rgw frontends = beast endpoint=127.0.0.1:{plain_port}
rgw s3 auth use sts = false

# Where session tokens are known, this version answers AccessDenied to every mistake in a signature: hence two gateways.
[client.tokens]
rgw frontends = beast endpoint=127.0.0.1:{tokens_port}
rgw s3 auth use sts = true
"""

TRUST = """{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam:::user/staging"]}, "Action": ["sts:AssumeRole"]}]}"""
FULL = """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": "arn:aws:s3:::*"}]}"""


class Ceph(Server):
    name = "ceph"
    provider = "ceph"
    refused_of_forms = ("cacheControl", "contentDisposition")
    role_arn = "arn:aws:iam:::role/Uploader"
    owner_arn = "arn:aws:iam:::user/staging"
    stranger_arn = f"arn:aws:iam::{STRANGERS_ACCOUNT}:user/stranger"

    def start(self):
        monitor_port, plain_port, tokens_port = free_ports(3)
        fsid, osd = str(uuid.uuid4()), str(uuid.uuid4())
        self.configuration = self.folder / "ceph.conf"
        self.configuration.write_text(CONFIGURATION.format(
            fsid=fsid, monitor_port=monitor_port, plain_port=plain_port, tokens_port=tokens_port, folder=self.folder, domain=self.domain))
        (self.folder / "keyring").touch()
        for data in ("mon", "osd"):
            (self.folder / data).mkdir()

        map_file = self.folder / "monmap"
        self.run("monmaptool", "--create", "--addv", "a", f"[v2:127.0.0.1:{monitor_port}]", "--fsid", fsid, map_file, configured=False)
        self.run("ceph-mon", "-i", "a", "--mkfs", "--monmap", map_file)
        self.spawn("mon", "ceph-mon", "-i", "a", "-f")
        self.run("ceph", "--connect-timeout", "60", "osd", "new", osd)  # waits for the monitor
        self.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
        self.spawn("osd", "ceph-osd", "-i", "0", "-f")
        self.add_user("staging", self.accounts[0])  # waits for the store, and makes the pools
        plain = self.spawn("plain", "radosgw", "-n", "client.plain", "-f")
        tokens = self.spawn("tokens", "radosgw", "-n", "client.tokens", "-f")
        self.add_user("production", self.accounts[1])
        # Accounts are called tenants here: from another one, the bucket is the one of the tenant without a name.
        self.stranger = Account(f":{self.accounts[0].bucket}", "AKIATESTSSTRANGER", secrets.token_urlsafe(30))
        self.add_user("stranger", self.stranger, f"--tenant={STRANGERS_ACCOUNT}")
        self.run("radosgw-admin", "role", "create", "--role-name=Uploader", f"--assume-role-policy-doc={TRUST}")
        self.run("radosgw-admin", "role-policy", "put", "--role-name=Uploader", "--policy-name=full", f"--policy-doc={FULL}")
        self.endpoint = f"http://127.0.0.1:{plain_port}"
        self.sts_endpoint = f"http://127.0.0.1:{tokens_port}"
        plain.wait_until(lambda: answers(self.endpoint), 120)
        tokens.wait_until(lambda: answers(self.sts_endpoint), 120)
        for account in self.accounts:
            self.client(account).create_bucket(Bucket=account.bucket)

    def add_user(self, name, account, *more):
        self.run(
            "radosgw-admin", "user", "create", f"--uid={name}", f"--display-name={name}", f"--access-key={account.access_key}",
            f"--secret-key={account.secret_key}", *more)

    def spawn(self, name, command, *arguments):
        program = Program([command, "-c", self.configuration, *arguments], self.folder / f"{name}.out")
        self.programs.append(program)
        return program

    def run(self, command, *arguments, configured=True):
        where = ["-c", self.configuration] if configured else []
        try:
            done = subprocess.run([command, *where, *arguments], capture_output=True, text=True, timeout=120, check=False)
        except subprocess.TimeoutExpired as error:
            raise StartFailure(f"{command} did not end") from error
        if done.returncode != 0:
            raise StartFailure(f"{command} failed:\n{done.stderr[-4000:]}")


def answers(url):
    """Whether a server of HTTP is there, whatever it says."""
    try:
        urlopen(url, timeout=5).close()
    except HTTPError as error:
        error.close()
    return True
