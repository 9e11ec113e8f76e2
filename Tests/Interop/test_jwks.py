"""Keys of an issuer over TLS, as in production: taken from a server whose authority the machine trusts, and from no other."""

import functools
import http.server
import os
import shutil
import subprocess
import threading
from pathlib import Path

import boto
import pytest
from issuer import KEYS_FILE, Issuer
from tls import TLSFront

POLICIES = Path(__file__).parents[2] / "policies"
TRUSTED = Path("/etc/ssl/certs/ca-certificates.crt")
# Only this process and its children see the other file there.
MOUNTED = ["unshare", "--map-root-user", "--mount", "sh", "-c", f'mount --bind "$0" {TRUSTED} && exec "$@"']


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture
def issuer():
    return Issuer()


@pytest.fixture
def plain(issuer, tmp_path):
    folder = tmp_path / "published"
    folder.mkdir()
    (folder / KEYS_FILE).write_text(issuer.jwks())
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def verify(issuer, url, folder, prefix=()):
    """What `token verify` says about a good token, with the issuer's keys at that address."""
    policies = folder / "policies"
    shutil.copytree(POLICIES / "staging", policies / "staging", dirs_exist_ok=True)
    uploads = policies / "staging" / "uploads.yaml"
    shutil.copyfile(POLICIES / "staging" / "uploads.yaml", uploads)
    with uploads.open("a") as file:
        file.write(f"""
callers:
  - name: auth0
    issuer: {issuer.url}
    audience: {issuer.audience}
    algorithms: [RS256]
    keys: {url}/{KEYS_FILE}
""")
    command = [*prefix, str(boto.BINARY), "token", "verify", "-", "--policies", str(policies), "--environment", "staging"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "COUNTERSIGN_"))}
    return subprocess.run(command, input=issuer.token(), capture_output=True, text=True, timeout=120, env=kept)


def trusting(authority):
    return [*MOUNTED, str(authority)]


def can_mount():
    return TRUSTED.is_file() and subprocess.run([*trusting(TRUSTED), "true"], capture_output=True).returncode == 0


@pytest.mark.parametrize("names", [("127.0.0.1",), ("keys.example.com",)])
def test_keys_of_an_untrusted_authority_are_not_taken(issuer, plain, tmp_path, names):
    front = TLSFront(plain, tmp_path, names)
    try:
        run = verify(issuer, front.url, tmp_path)
    finally:
        front.close()
    assert run.returncode == 3 and "could not be fetched" in run.stderr, run.stderr
    assert "The keys of this token's issuer are not here yet" in run.stderr and not run.stdout


def test_keys_over_plain_http_do_not_load(issuer, plain, tmp_path):
    run = verify(issuer, f"http://127.0.0.1:{plain}", tmp_path)
    assert run.returncode == 2 and "https" in run.stderr, run.stderr


@pytest.mark.skipif(not can_mount() and "CI" not in os.environ, reason="nobody may mount a list of authorities here")
def test_keys_of_a_trusted_authority_are_taken_under_their_name_only(issuer, plain, tmp_path):
    front, other = TLSFront(plain, tmp_path), TLSFront(plain, tmp_path / "published", ("keys.example.com",))
    try:
        good = verify(issuer, front.url, tmp_path, trusting(front.authority))
        misnamed = verify(issuer, other.url, tmp_path, trusting(other.authority))
        stranger = verify(issuer, front.url, tmp_path, trusting(other.authority))
    finally:
        front.close()
        other.close()
    assert good.returncode == 0 and "auth0:auth0|alice" in good.stdout, good.stderr
    for refused in (misnamed, stranger):
        assert refused.returncode == 3 and "could not be fetched" in refused.stderr, refused.stderr
