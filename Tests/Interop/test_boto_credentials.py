"""Which credentials win is what boto3 says, for many machines; and an AssumeRole request is boto3's own."""

import collections
import json
import os
import urllib.parse
from unittest import mock

import boto
import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.exceptions
import botocore.session
import pytest
from credential_servers import CredentialServers

SAID = "AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_PROFILE AWS_DEFAULT_PROFILE AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_WEB_IDENTITY_TOKEN_FILE".split()


@pytest.fixture(scope="module")
def servers():
    running = CredentialServers()
    yield running
    running.close()


class Machine:
    """Variables and shared files, by chance."""

    def __init__(self, rng, servers, folder):
        self.rng, self.servers, self.folder = rng, servers, folder
        (folder / "token").write_text("from-the-environment")
        (folder / "profile-token").write_text("from-a-profile")
        self.names = ["default", "p", "q"]
        self.continues = False
        self.config = "".join(self.config_section(name) for name in self.names if self.chance(0.75))
        self.credentials = "".join(self.credentials_section(name) for name in self.names if self.chance(0.5))
        if self.chance(0.1):
            self.config = self.config.replace("\n", "\r\n")
        (folder / "config").write_bytes(self.config.encode())
        (folder / "credentials").write_bytes(self.credentials.encode())
        self.variables = self.some_variables()

    def chance(self, probability):
        return self.rng.random() < probability

    def keys(self, name, where):
        lines = [f"aws_access_key_id = {where}-{name}", f"aws_secret_access_key = s"]
        tokens = [f"{token} = {token}" for token in ("aws_session_token", "aws_security_token") if self.chance(0.3)]
        return [line for line in lines if not self.chance(0.02)] + tokens

    def indented(self, lines):
        """All lines of a section alike, as some people write them; seldom one deeper, which continues the value above."""
        indentation, text = self.rng.choice(["  ", "\t"]) if self.chance(0.2) else "", ""
        for number, line in enumerate(lines):
            deeper = number > 0 and self.chance(0.015)
            self.continues = self.continues or deeper
            text += indentation + (" " if deeper else "") + line + "\n"
        return text

    def credentials_section(self, name):
        lines = self.keys(name, "FILE") if self.chance(0.8) else []
        lines += self.role(name) if self.chance(0.1) else []
        return f"[{name}]\n" + self.indented(lines)

    def config_section(self, name):
        lines = ["output = json"]
        if self.chance(0.45):
            lines += self.role(name)
        if self.chance(0.15):
            lines += self.keys(name, "CONFIG")
        if self.chance(0.35):
            document = json.dumps({"Version": 1, "AccessKeyId": f"PROCESS-{name}", "SecretAccessKey": "s"})
            lines.append(f"credential_process = printf %s '{document}'" if self.chance(0.9) else "credential_process = false")
        self.rng.shuffle(lines)
        header = "default" if name == "default" and self.chance(0.7) else f"profile {name}"
        return f"[{header}]\n" + self.indented(lines) + ("# end\n\n" if self.chance(0.3) else "")

    def role(self, name):
        lines = [f"role_arn = arn:aws:iam::1:role/{name}"] if not self.chance(0.05) else []
        kind = self.rng.choice(["source"] * 6 + ["Ec2InstanceMetadata", "EcsContainer", "Environment", "ecscontainer", "Cloud"] + ["token"] * 3
                               + ["nothing", "both"])
        if kind == "token":
            lines.append(f"web_identity_token_file = {self.folder}/profile-token")
        elif kind in ("source", "both"):
            lines.append(f"source_profile = {self.rng.choice(self.names + ['nobody'] * self.chance(0.1))}")
        if kind not in ("token", "source", "nothing"):
            lines.append(f"credential_source = {'EcsContainer' if kind == 'both' else kind}")
        return lines

    def some_variables(self):
        variables = {
            "AWS_CONFIG_FILE": str(self.folder / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "credentials"),
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.servers.base, "AWS_ENDPOINT_URL_STS": self.servers.base,
            "AWS_DEFAULT_REGION": "eu-central-1", "HOME": str(self.folder), "PATH": os.environ["PATH"]}
        if self.chance(0.15):
            variables |= {"AWS_ACCESS_KEY_ID": "VARIABLE", "AWS_SECRET_ACCESS_KEY": "s"}
            for name in ("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"):
                if self.chance(0.4):
                    variables[name] = name
            if self.chance(0.1):
                del variables["AWS_ACCESS_KEY_ID"]
        if self.chance(0.4):
            variables["AWS_PROFILE"] = self.rng.choice(self.names)
        if self.chance(0.15):
            variables["AWS_DEFAULT_PROFILE"] = self.rng.choice(self.names)
        if self.chance(0.2):
            variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = str(self.folder / "token")
            if self.chance(0.9):
                variables["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/variable"
        if self.chance(0.4):
            variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = self.servers.base + "/container"
            if self.chance(0.3):
                variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = self.rng.choice(["granted", "refused"])
        if self.chance(0.3):
            variables["AWS_EC2_METADATA_DISABLED"] = self.rng.choice(["true", "TRUE", "false"])
        return variables

    def __str__(self):
        said = {name: value for name, value in self.variables.items() if name in SAID or "DISABLED" in name or "TOKEN" in name}
        return f"{said}\n--- config\n{self.config}\n--- credentials\n{self.credentials}"


def boto3_says(variables):
    """The access key and the session token that boto3 signs with; None where it has none, or an error."""
    with mock.patch.dict(os.environ, variables, clear=True), mock.patch("time.sleep"):
        try:
            credentials = botocore.session.Session().get_credentials()
            if not credentials:
                return None
            frozen = credentials.get_frozen_credentials()
            return frozen.access_key, frozen.token
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError, ValueError, KeyError) as error:
            return error


def we_say(variables):
    run = boto.countersign("presign", "get", "s3://examplebucket/k", "--region", "eu-central-1", variables=variables)
    if run.returncode == 0:
        query = dict(urllib.parse.parse_qsl(run.stdout.strip().split("?")[1]))
        return query["X-Amz-Credential"].split("/")[0], query.get("X-Amz-Security-Token")
    assert run.returncode == 3 and run.stderr.startswith("error: "), run.stderr
    return None


def difference(machine, boto3, ours):
    """The reason why we differ on purpose; None where there is none."""
    if ours and ours[0] == "VARIABLE" and isinstance(boto3, botocore.exceptions.ProfileNotFound):
        return "keys in variables sign, though AWS_PROFILE names no profile"
    if ours is None and machine.continues:
        return "a line that continues the value above is an error"
    sections = (machine.config + machine.credentials).split("[")
    lone = any("aws_secret_access_key" in section and "aws_access_key_id" not in section for section in sections)
    if ours is None and (lone or "AWS_SECRET_ACCESS_KEY" in machine.variables and "AWS_ACCESS_KEY_ID" not in machine.variables):
        return "a secret without its access key is an error, and nothing is looked for behind it"
    return None


def test_the_credentials_that_win_are_boto3s(servers, tmp_path):
    rng, count, how = boto.seeded("credentials", 240)
    winners, tokens, differences = collections.Counter(), collections.Counter(), collections.Counter()
    for number in range(count):
        folder = tmp_path / str(number)
        folder.mkdir()
        machine = Machine(rng, servers, folder)
        boto3, ours = boto3_says(machine.variables), we_say(machine.variables)
        expected = None if isinstance(boto3, Exception) else boto3
        if ours != expected:
            reason = difference(machine, boto3, ours)
            assert reason, f"{how}, machine {number}: boto3 says {boto3!r}, we say {ours!r}\n{machine}"
            differences[reason] += 1
        winners[kind(expected and expected[0])] += 1
        tokens[expected and expected[1]] += 1
    print(f"\n{count} machines: {dict(winners)}; session tokens: {dict(tokens)}; differing on purpose: {dict(differences)}")
    kinds = set("variables,credentials file,config file,process,container,instance,role by keys,role by role,role by token,none".split(","))
    assert count < 240 or set(winners) >= kinds, winners
    names = {"aws_session_token", "aws_security_token", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"}
    assert count < 240 or set(tokens) >= names, tokens


def kind(identifier):
    if identifier is None:
        return "none"
    if "-BY-" in identifier:
        source = identifier.split("-BY-", 1)[1]
        if "-BY-" in source:
            return "role by role"
        return "role by " + {"TOKEN": "token", "CONTAINER": "container", "INSTANCE": "instance", "PROCESS": "process"}.get(
            source.split("-")[0], "keys")
    return {"VARIABLE": "variables", "FILE": "credentials file", "CONFIG": "config file", "PROCESS": "process", "CONTAINER": "container",
            "INSTANCE": "instance"}[identifier.split("-")[0]]


CONFIG = """[default]
role_arn = arn:aws:iam::123456789012:role/uploads
source_profile = base
role_session_name = uploads+1=2,@x.y
external_id = one two/+&=%:
duration_seconds = 1234
[profile web]
role_arn = arn:aws:iam::123456789012:role/pods
web_identity_token_file = {folder}/token
role_session_name = pod
[profile base]
aws_access_key_id = AKIDBASE
aws_secret_access_key = base/secret+
"""


@pytest.mark.parametrize("token", [None, "session/token+="])
def test_an_assume_role_request_is_boto3s(servers, tmp_path, token):
    (tmp_path / "config").write_text(CONFIG + (f"aws_session_token = {token}\n" if token else ""))
    variables = {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "HOME": str(tmp_path),
                 "AWS_ENDPOINT_URL_STS": servers.base, "AWS_DEFAULT_REGION": "eu-central-1", "PATH": os.environ["PATH"]}
    servers.requests.clear()
    assert boto3_says(variables) == we_say(variables) == ("uploads-BY-AKIDBASE", "t")
    (their_path, theirs, their_body), (our_path, ours, our_body) = servers.requests
    assert our_path == their_path == "/"
    fields = urllib.parse.parse_qs(our_body, strict_parsing=True)
    assert fields == urllib.parse.parse_qs(their_body, strict_parsing=True)
    assert fields["ExternalId"] == ["one two/+&=%:"] and fields["DurationSeconds"] == ["1234"]
    theirs, ours = ({name.lower(): value for name, value in headers.items()} for headers in (theirs, ours))
    for name in ("host", "content-type", "x-amz-security-token"):
        assert ours.get(name) == theirs.get(name), name
    scope = lambda headers: headers["authorization"].split("Credential=")[1].split(",")[0].split("/", 2)[2]
    assert scope(ours) == scope(theirs) == "eu-central-1/sts/aws4_request"
    assert ours["authorization"] == authorization(ours, our_body, servers.base, token)
    # The comparison can tell: boto3's own request comes out the same way, and a changed body does not.
    assert theirs["authorization"] == authorization(theirs, their_body, servers.base, token)
    assert ours["authorization"] != authorization(ours, our_body + "&x=1", servers.base, token)


def authorization(headers, body, base, token):
    """What boto3 would sign, with the headers and at the time of a request as it came."""
    signed = headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    request = botocore.awsrequest.AWSRequest(
        "POST", base + "/", headers={name: headers[name] for name in signed if name != "host"}, data=body)
    request.context["timestamp"] = headers["x-amz-date"]
    auth = botocore.auth.SigV4Auth(botocore.credentials.Credentials("AKIDBASE", "base/secret+", token), "sts", "eu-central-1")
    text = auth.string_to_sign(request, auth.canonical_request(request))
    return f"AWS4-HMAC-SHA256 Credential={auth.scope(request)}, SignedHeaders={';'.join(signed)}, Signature={auth.signature(text, request)}"


def test_a_web_identity_request_is_boto3s(servers, tmp_path):
    (tmp_path / "config").write_text(CONFIG.format(folder=tmp_path))
    (tmp_path / "token").write_text("header.payload.signature")
    variables = {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "HOME": str(tmp_path),
                 "AWS_ENDPOINT_URL_STS": servers.base, "AWS_DEFAULT_REGION": "eu-central-1", "AWS_PROFILE": "web",
                 "PATH": os.environ["PATH"]}
    servers.requests.clear()
    assert boto3_says(variables) == we_say(variables) == ("pods-BY-TOKEN-header.payload.signature", "t")
    (_, theirs, their_body), (_, ours, our_body) = servers.requests
    assert urllib.parse.parse_qs(our_body) == urllib.parse.parse_qs(their_body)
    assert not any(name.lower() == "authorization" for headers in (theirs, ours) for name in headers)
