"""What the image holds, and what a container of it does. Run by Tests/Image/run, in a network of its own."""

import http.client
import json
import os
import signal
import stat
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from container import BASE_ROOT, CONFIG, CONTEXT_ROOT, GRACE_SECONDS, ROOT, Container

UPLOADS = """\
bucket: mounted-bucket
region: eu-central-1
allowedOrigins: [https://app.example.com]
rules:
  photos:
    contentTypes: [image/png]
    maximumSize: 1 MB
    key: "{caller}/{uuid}{ext}"
"""
CREDENTIALS = {"COUNTERSIGN_SEALING_SECRET": "an-example-of-a-secret-of-32-bytes-or-more", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "an-example-of-a-secret-key"}
SECRET_NAMES = ("SECRET", "TOKEN", "PASSWORD", "ACCESS_KEY", "API_KEY")


def seconds(nanoseconds):
    return nanoseconds / 1_000_000_000


def packages(root):
    command = ["dpkg-query", "--admindir", root / "var/lib/dpkg", "--show", "--showformat", "${Package}\n"]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


def entries(root):
    """Every file and folder of a tree, links not followed."""
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            yield Path(folder, name)


def relative_entries(root):
    return {str(path.relative_to(root)) for path in entries(root)}


class Configuration(unittest.TestCase):
    def test_user_is_a_number_and_not_root(self):
        uid, gid = CONFIG["User"].split(":")
        self.assertGreater(int(uid), 0)
        self.assertGreater(int(gid), 0)

    def test_command(self):
        self.assertEqual(CONFIG["Entrypoint"], ["countersign"])
        self.assertEqual(CONFIG["Cmd"], ["serve"])
        self.assertEqual(CONFIG["StopSignal"], "SIGTERM")
        self.assertEqual(list(CONFIG["ExposedPorts"]), ["8080/tcp"])

    def test_health_check(self):
        check = CONFIG["Healthcheck"]
        self.assertEqual(check["Test"], ["CMD", "countersign", "health"])  # Without a shell; the port is the service's own.
        self.assertLess(seconds(check["Timeout"]), seconds(check["Interval"]))
        self.assertGreater(check["Retries"], 1)

    def test_labels(self):
        labels = {name.removeprefix("org.opencontainers.image."): text for name, text in CONFIG["Labels"].items()}
        self.assertLessEqual({"title", "description", "version", "licenses"}, labels.keys())
        with Container(arguments=["--version"]) as container:
            self.assertEqual(container.ended(), (0, labels["version"] + "\n", ""))

    def test_no_variable_is_a_secret(self):
        names = [line.split("=", 1)[0] for line in CONFIG["Env"]]
        self.assertCountEqual(names, ["PATH", "COUNTERSIGN_POLICIES"])
        history = Path(os.environ["IMAGE_JSON"]).read_text().upper()
        self.assertEqual([name for name in SECRET_NAMES if name in history], [])


class Contents(unittest.TestCase):
    def test_packages_beyond_the_base(self):
        self.assertEqual(packages(ROOT) - packages(BASE_ROOT), {"ca-certificates", "libssl3", "openssl"})

    def test_files_beyond_the_packages(self):
        """The binary and the policies; nothing of the sources, the build or apt."""
        lists = ROOT.glob("var/lib/dpkg/info/*.list")
        packaged = {line.lstrip("/") for path in lists for line in path.read_text().splitlines()}
        added = relative_entries(ROOT) - relative_entries(BASE_ROOT) - packaged
        # What installing packages makes, and buildah itself.
        made = ("etc/ssl/certs/", "etc/ca-certificates", "usr/local/share/ca-certificates", "var/", "etc/hosts")
        policies = {f"etc/countersign/policies/{path}" for path in relative_entries(CONTEXT_ROOT / "policies")}
        self.assertIn("etc/countersign/policies/staging/uploads.yaml", policies)
        expected = {"etc/countersign", "etc/countersign/policies", "usr/local/bin/countersign"} | policies
        self.assertEqual({path for path in added if not path.startswith(made)}, expected)
        self.assertEqual([path for path in entries(ROOT / "var/lib/apt/lists") if path.is_file() and path.name != "lock"], [])
        self.assertEqual(list(ROOT.glob("var/cache/apt/archives/*.deb")), [])

    def test_no_compiler_and_no_fetcher(self):
        tools = ("swift", "swiftc", "clang", "gcc", "cc", "ld", "as", "make", "git", "python3", "curl", "wget")
        places = [ROOT / folder / tool for folder in ("usr/bin", "usr/local/bin", "usr/sbin") for tool in tools]
        self.assertEqual([place for place in places if place.exists()], [])

    def test_nothing_gives_privileges(self):
        modes = {path: path.lstat().st_mode for path in entries(ROOT)}
        gives = [path for path, mode in modes.items() if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID)]
        self.assertEqual(gives, [])

    def test_only_root_can_change_what_runs(self):
        self.assertTrue((ROOT / "usr/local/bin/countersign").is_file())
        for path in [ROOT / "usr/local/bin/countersign", ROOT / "etc/countersign", *entries(ROOT / "etc/countersign")]:
            status = path.lstat()
            self.assertEqual((status.st_uid, status.st_gid), (0, 0), path)
            self.assertEqual(status.st_mode & 0o022, 0, path)
            self.assertEqual(status.st_mode & 0o004, 0o004, f"{path} is for every user to read")

    def test_build_context(self):
        """What .dockerignore lets through is what the build reads."""
        expected = {"Package.swift", "Sources", "Tests", "policies"}
        self.assertEqual({path.name for path in CONTEXT_ROOT.iterdir()} - {"Package.resolved"}, expected)
        self.assertEqual([path for path in (CONTEXT_ROOT / "Tests").iterdir() if not path.name.endswith("Tests")], [])
        hidden = [path for path in entries(CONTEXT_ROOT) if path.name.startswith(".")]
        self.assertEqual(hidden, [])


class Running(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        os.chmod(folder.name, 0o755)
        self.policies = Path(folder.name)
        (self.policies / "staging").mkdir()
        (self.policies / "staging/uploads.yaml").write_text(UPLOADS)

    def mint(self):
        """An API key and the variable that lets it in, made by the image itself."""
        with Container(arguments=["token", "mint", "--name", "web-backend", "--format", "json"]) as container:
            code, output, errors = container.ended()
        self.assertEqual(code, 0, errors)
        minted = json.loads(output)
        return minted["key"], {minted["variable"]: minted["value"]}

    def healthy(self, container):
        for _ in range(300):
            check = container.check_health()
            if check.returncode == 0:
                return check
            time.sleep(0.2)
        self.fail(f"not healthy: {check.stderr}")

    def ask(self, method, path, body=None, headers={}, port=8080):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def upload(self, key, port=8080):
        request = {"rule": "photos", "filename": "a.png", "size": 68, "type": "image/png"}
        headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
        return self.ask("POST", "/v1/uploads", json.dumps(request), headers, port)

    def stopped(self, container):
        container.send(signal.SIGTERM)
        code, _, errors = container.ended(timeout=GRACE_SECONDS)
        self.assertEqual(code, 0, errors)
        return errors

    def test_serves_until_it_is_stopped(self):
        key, keys = self.mint()
        with Container({**CREDENTIALS, **keys}, self.policies) as container:
            self.assertEqual(self.healthy(container).stdout, "alive\n")
            status, ticket = self.upload(key)
            self.assertEqual(status, 201, ticket)
            self.assertEqual(ticket["bucket"], "mounted-bucket")
            self.assertEqual(self.upload("csk_wrong")[0], 401)
            self.assertEqual(self.ask("GET", "/health/ready")[0], 200)
            status, version = self.ask("GET", "/version")
            self.assertEqual((status, version["build"]), (200, "release"))
            self.assertEqual(version["version"], CONFIG["Labels"]["org.opencontainers.image.version"])

            process = container.status(container.first_process)
            uid, gid = CONFIG["User"].split(":")
            self.assertEqual(process["NSpid"].split()[-1], "1")
            self.assertEqual(set(process["Uid"].split()), {uid})
            self.assertEqual(set(process["Gid"].split()), {gid})
            self.assertEqual((process["Groups"], process["NoNewPrivs"]), ("", "1"))
            self.assertEqual({int(process[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}, {0})
            log = self.stopped(container)
        lines = [json.loads(line) for line in log.splitlines()]
        self.assertIn("listening", [line["message"] for line in lines])
        for secret in (key, CREDENTIALS["AWS_SECRET_ACCESS_KEY"]):
            self.assertNotIn(secret, log)

    def test_nothing_can_be_written(self):
        _, keys = self.mint()
        with Container({**CREDENTIALS, **keys}, self.policies) as container:
            self.healthy(container)
            for folder in ("/", "/tmp", "/var/tmp", "/run", "/etc/countersign/policies"):
                for user in (CONFIG["User"], "0:0"):
                    attempt = container.execute(["touch", f"{folder}/probe"], user)
                    self.assertEqual(attempt.returncode, 1, (folder, user))
                    self.assertRegex(attempt.stderr, "Read-only file system|Permission denied")
                self.assertIn("Read-only file system", attempt.stderr)  # Which stops even root.
            self.stopped(container)

    def test_policies_of_the_image_and_a_user_of_the_platform(self):
        """As on Heroku: a port, a user and a group that the image does not know, the policies that were built in."""
        key, keys = self.mint()
        variables = {**CREDENTIALS, **keys, "COUNTERSIGN_ENVIRONMENT": "staging", "PORT": "31337"}
        with Container(variables, user="54321:12345") as container:
            self.healthy(container)
            self.assertEqual(self.ask("GET", "/health/ready", port=31337)[1]["environments"][0]["name"], "staging")
            headers = {"authorization": f"Bearer {key}"}
            self.assertEqual(self.ask("GET", "/v1/rules", headers=headers, port=31337)[0], 200)
            self.stopped(container)

    def test_health_follows_the_port_that_wins(self):
        _, keys = self.mint()
        variables = {**CREDENTIALS, **keys, "PORT": "31337", "COUNTERSIGN_PORT": "31338"}
        with Container(variables, self.policies) as container:
            self.healthy(container)
            self.stopped(container)

    def test_stops_in_time_while_connections_are_open(self):
        _, keys = self.mint()
        with Container({**CREDENTIALS, **keys}, self.policies) as container:
            self.healthy(container)
            idle = http.client.HTTPConnection("127.0.0.1", 8080, timeout=60)
            self.addCleanup(idle.close)
            idle.request("GET", "/health/live")
            self.assertEqual(idle.getresponse().read(), b'{"status":"live"}')
            self.stopped(container)

    def test_does_not_start_on_a_broken_configuration(self):
        (self.policies / "staging/uploads.yaml").write_text(UPLOADS.replace("1 MB", "huge"))
        with Container({**CREDENTIALS, "COUNTERSIGN_PORT": "http"}, self.policies) as container:
            code, output, errors = container.ended()
        self.assertEqual((code, output), (2, ""))
        for part in ("2 things are wrong", 'COUNTERSIGN_PORT: "http"', "/etc/countersign/policies/staging/uploads.yaml:7:18: maximumSize"):
            self.assertIn(part, errors)

    def test_does_not_start_without_credentials(self):
        with Container(policies=self.policies) as container:
            code, output, errors = container.ended()
        self.assertEqual((code, output), (2, ""))
        self.assertIn("AWS_SECRET_ACCESS_KEY", errors)

    def test_is_unhealthy_where_nothing_listens(self):
        with Container(arguments=["health"]) as container:
            code, _, errors = container.ended()
        self.assertEqual(code, 1)
        self.assertIn("does not answer", errors)


if __name__ == "__main__":
    unittest.main()
