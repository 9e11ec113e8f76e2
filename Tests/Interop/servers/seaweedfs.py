"""SeaweedFS: master, volume server, filer and S3 in one process."""

import json
import secrets
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from programs import Program, free_ports
from servers import Account, Server

WEED = Path(sys.executable).with_name("weed")
# In bucket policies all users are of one account, whatever the identities say.
USERS = "arn:aws:iam::000000000000:user"
SETTINGS = {
    # One volume at a time for each bucket, else the disk is taken for full at once.
    "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1",
    # Without a key, a PUT that asks for SSE-S3 fails.
    "WEED_S3_SSE_KEY": "a passphrase for the tests",
}


class SeaweedFS(Server):
    name = "seaweedfs"
    provider = "seaweedfs"
    refused_of_forms = ("tags",)
    role_arn = "arn:aws:iam::role/Uploader"
    stranger_arn = f"{USERS}/stranger"

    def start(self):
        s3, s3_grpc, master, master_grpc, volume, volume_grpc, filer, filer_grpc = free_ports(8)
        owner = Account("", "AKIATESTSOWNER", "only-makes-the-buckets")
        identities, roles, data = self.folder / "identities.json", self.folder / "roles.json", self.folder / "data"
        self.owner_arn = f"{USERS}/{self.accounts[0].bucket}"
        self.stranger = Account(self.accounts[0].bucket, "AKIATESTSSTRANGER", secrets.token_urlsafe(30))
        identities.write_text(json.dumps({
            "identities": [
                identity("owner", owner),
                *(identity(account.bucket, account, f":{account.bucket}") for account in self.accounts),
                identity("stranger", self.stranger, ":of-strangers"),
            ]}))
        roles.write_text(json.dumps(ROLES))
        data.mkdir()
        program = Program(
            [WEED, "-logtostderr=true", "server", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false",
             "-master.volumeSizeLimitMB=64", "-volume.max=500", f"-master.port={master}", f"-master.port.grpc={master_grpc}",
             f"-volume.port={volume}", f"-volume.port.grpc={volume_grpc}", "-filer", f"-filer.port={filer}",
             f"-filer.port.grpc={filer_grpc}", "-s3", f"-s3.port={s3}", f"-s3.port.grpc={s3_grpc}", "-s3.port.iceberg=0",
             "-s3.port.lance=0", f"-s3.domainName={self.domain}", f"-s3.config={identities}", f"-s3.iam.config={roles}"],
            self.folder / "weed.log", SETTINGS, cwd=self.folder)
        self.programs.append(program)
        self.endpoint = self.sts_endpoint = f"http://127.0.0.1:{s3}"
        program.wait_until(lambda: refuses_strangers(self.endpoint), 120)
        client = self.client(owner)
        for account in self.accounts:
            client.create_bucket(Bucket=account.bucket)


def identity(name, account, scope=""):
    actions = [action + scope for action in ("Admin", "Read", "Write", "List", "Tagging")]
    return {
        "name": name, "actions": actions,
        "credentials": [{"accessKey": account.access_key, "secretKey": account.secret_key}],
    }


def refuses_strangers(url):
    """Whether the identities are loaded: before, everything is allowed."""
    try:
        urlopen(url, timeout=5).close()
    except HTTPError as error:
        with error:
            return error.code == 403
    return False


ROLES = {
    "sts": {"tokenDuration": "1h", "maxSessionLength": "12h", "issuer": "tests", "signingKey": "dGhpcnR5LXR3byBieXRlcyBmb3IgdGVzdHMgb25seSE="},
    "policy": {"defaultEffect": "Deny", "storeType": "memory"},
    "policies": [{
        "name": "Full",
        "document": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"]}]},
    }],
    "roles": [{
        "roleName": "Uploader", "roleArn": "arn:aws:iam::role/Uploader", "attachedPolicies": ["Full"],
        "trustPolicy": {
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": ["sts:AssumeRole"]}],
        },
    }],
}
