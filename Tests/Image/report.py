"""Prints what an image weighs, layer by layer, and what it holds. usage: report.py PUSHED TREE BASE-TREE
PUSHED is a folder that `buildah push IMAGE dir:PUSHED` wrote, the trees are the mounted image and the one it is made from."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

pushed, tree, base = (Path(argument) for argument in sys.argv[1:])


def blob(descriptor):
    return pushed / descriptor["digest"].removeprefix("sha256:")


def unpacked_bytes(layer):
    with gzip.open(blob(layer)) as stream:
        return sum(len(block) for block in iter(lambda: stream.read(1 << 20), b""))


def packages(root):
    command = ["dpkg-query", "--admindir", root / "var/lib/dpkg", "--show", "--showformat", "${Package} ${Version}\n"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


manifest = json.loads((pushed / "manifest.json").read_text())
config = json.loads(blob(manifest["config"]).read_text())
layers = manifest["layers"]
steps = [step["created_by"] for step in config["history"] if not step.get("empty_layer")]
if len(steps) != len(layers):
    sys.exit(f"{len(layers)} layers, but {len(steps)} steps that made one")

print(f"{'bytes':>12} {'compressed':>12}  layer")
sizes = [(unpacked_bytes(layer), layer["size"]) for layer in layers]
for (size, compressed), step in zip(sizes, steps):
    print(f"{size:12,} {compressed:12,}  {' '.join(step.removeprefix('/bin/sh -c #(nop)').split())[:100]}")
print(f"{sum(size for size, _ in sizes):12,} {sum(compressed for _, compressed in sizes):12,}  in all")

binary = tree / "usr/local/bin/countersign"
print(f"\n{binary.stat().st_size:12,} bytes: the binary")
held = packages(tree)
added = [package for package in held if package not in packages(base)]
print(f"{len(held)} packages, beyond the base: {', '.join(added)}")
print(f"user {config['config']['User']}, entry point {config['config']['Entrypoint']}, command {config['config']['Cmd']}")
