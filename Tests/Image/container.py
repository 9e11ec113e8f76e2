"""The built image and containers of it: its tree mounted read-only in namespaces of their own, as
`docker run --read-only --cap-drop ALL --security-opt no-new-privileges` would start it, without a container engine."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

ROOT = Path(os.environ["IMAGE_ROOT"])  # The image's files.
BASE_ROOT = Path(os.environ["BASE_ROOT"])  # Those of the image that it is made from.
CONTEXT_ROOT = Path(os.environ["CONTEXT_ROOT"])  # What the build was given.
CONFIG = json.loads(Path(os.environ["IMAGE_JSON"]).read_text())["Docker"]["config"]
GRACE_SECONDS = 10  # What `docker stop` waits before it kills.

# Runs as process 1 of its namespaces: mounts what a container engine mounts, then becomes the command.
START = """
set -eu
root=$1 policies=$2
shift 2
mount --bind "$root" "$root"
mount --types proc proc "$root/proc"
mount --types tmpfs --options mode=755,nosuid tmpfs "$root/dev"
for device in null zero full random urandom; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
if [ -n "$policies" ]; then
    mount --bind "$policies" "$root/etc/countersign/policies"
    mount --options remount,bind,ro "$root/etc/countersign/policies"
fi
mount --options remount,bind,ro "$root"
exec "$@"
"""


def entered(command, user):
    """The command inside the image's tree, as the user and without any privilege."""
    uid, gid = user.split(":")
    drop = ["setpriv", "--reuid", uid, "--regid", gid, "--clear-groups", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
    return ["chroot", str(ROOT), *drop, "--", *command]


class Container:
    """A container that runs the image's entry point with its own command, or with `arguments` in place of it."""

    def __init__(self, variables={}, policies=None, arguments=None, user=None):
        self.user = user or CONFIG["User"]
        self.environment = {"HOME": "/", **dict(line.split("=", 1) for line in CONFIG["Env"]), **variables}
        command = CONFIG["Entrypoint"] + (CONFIG["Cmd"] if arguments is None else arguments)
        namespaces = ["unshare", "--mount", "--pid", "--ipc", "--uts", "--fork"]
        start = ["sh", "-c", START, "start", str(ROOT), str(policies or "")]
        self.process = subprocess.Popen(
            [*namespaces, *start, *entered(command, self.user)],
            env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            for process in self.children():
                os.kill(int(process), signal.SIGKILL)  # With process 1, all of its namespace end.
            self.process.kill()
        self.process.communicate()

    def children(self):
        outer = self.process.pid
        return Path(f"/proc/{outer}/task/{outer}/children").read_text().split()

    @property
    def first_process(self):
        """The id that this machine gives to the container's process 1, once that is the image's."""
        while self.process.poll() is None:
            children = self.children()
            if children and self.status(children[0])["Uid"].split()[0] == self.user.split(":")[0]:
                return int(children[0])
            time.sleep(0.01)
        raise AssertionError(f"the container ended: {self.ended()}")

    def execute(self, command, user=None):
        """Runs a command beside the service, as `docker exec` does."""
        inside = ["nsenter", "--target", str(self.first_process), "--mount", "--pid"]
        return subprocess.run(
            [*inside, *entered(command, user or self.user)],
            env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)

    def check_health(self):
        """Runs the image's own HEALTHCHECK once."""
        kind, *command = CONFIG["Healthcheck"]["Test"]
        return self.execute(command if kind == "CMD" else ["/bin/sh", "-c", *command])

    @staticmethod
    def status(process):
        """What the kernel says of a process."""
        return dict(re.findall(r"^(\w+):[ \t]*(.*)$", Path(f"/proc/{process}/status").read_text(), re.MULTILINE))

    def send(self, number):
        os.kill(self.first_process, number)

    def ended(self, timeout=60):
        """The exit code with standard output and standard error, once the container has ended."""
        output, errors = self.process.communicate(timeout=timeout)
        return self.process.returncode, output, errors
