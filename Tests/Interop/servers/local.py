"""The project's own bucket, as `countersign dev` runs it."""

from configparser import ConfigParser

from programs import Dev
from servers import Account, Server


class Local(Server):
    name = "local"
    provider = "custom"
    region = "us-east-1"

    def start(self):
        dev = Dev(self.folder)
        self.programs.append(dev)
        self.endpoint = dev.bucket
        profiles = ConfigParser(interpolation=None)
        profiles.read(dev.data / "aws-config")
        found = {name: profiles[f"profile local-{name}"] for name in ("staging", "production")}
        self.accounts = [
            Account(f"local-{name}-bucket", profile["aws_access_key_id"], profile["aws_secret_access_key"])
            for name, profile in found.items()
        ]
