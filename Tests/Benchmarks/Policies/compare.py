"""Times countersign beside parliament over the same 1,000 policies, and counts what both and cfn-lint find in the project's fixtures.

The table of these counts also replaces the one in the README."""

import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time
import warnings

warnings.filterwarnings("ignore")
import cfnlint.api  # noqa: E402
import parliament  # noqa: E402

PROGRAM, FIXTURES, README = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
COUNT = 1000
# Grave enough to stop somebody: suggestions are no findings here.
GRAVE = {"ERROR", "SECURITY_WARNING", "WARNING"}


def made_policy(random_number):
    """A bucket policy as people write them: two to six statements on a few folders."""
    bucket = f"example-{random_number.randrange(10**6)}"
    statements = []
    for number in range(random_number.randrange(2, 7)):
        action = random_number.choice(["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:GetObjct", "s3:*"])
        statement = {
            "Sid": f"Statement{number}",
            "Effect": random_number.choice(["Allow", "Deny"]),
            "Principal": random_number.choice(["*", {"AWS": "111122223333"}]),
            "Action": action,
            "Resource": f"arn:aws:s3:::{bucket}/{random_number.choice('abcdef')}/*",
        }
        if random_number.random() < 0.6:
            statement["Condition"] = random_number.choice(
                [
                    {"Bool": {"aws:SecureTransport": "false"}},
                    {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.7/24"]}},
                    {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}},
                ]
            )
        statements.append(statement)
    return {"Version": "2012-10-17", "Statement": statements}


def timed():
    random_number = random.Random(2026)
    with tempfile.TemporaryDirectory() as folder:
        texts = [json.dumps(made_policy(random_number), indent=2) for _ in range(COUNT)]
        for number, text in enumerate(texts):
            pathlib.Path(folder, f"{number:04}.json").write_text(text)
        ours, mebibytes = measured(PROGRAM, "policy", "validate", "--format", "json", folder)
    # parliament reads its data at the first policy.
    parliament.analyze_policy_string(texts[0])
    start = time.process_time()
    for text in texts:
        parliament.analyze_policy_string(text)
    theirs = time.process_time() - start
    print(f"{COUNT} policies: countersign {ours:.2f} s, parliament {theirs:.2f} s of one processor: {theirs / ours:.0f} times as long")
    print(f"countersign had at most {mebibytes:.0f} MiB of memory")
    print()


def measured(*command):
    """Seconds of processor time and MiB of memory that a command takes; started by a small program, whose memory would count else."""
    script = (
        "import resource, subprocess, sys; "
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL); "
        "used = resource.getrusage(resource.RUSAGE_CHILDREN); print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)")
    run = subprocess.run([sys.executable, "-c", script, *command], capture_output=True, text=True, check=True)
    return map(float, run.stdout.split())


def grave(path):
    answer = subprocess.run([PROGRAM, "policy", "validate", "--kind", "bucket", "--format", "json", path], capture_output=True, text=True)
    return any(finding["findingType"] in GRAVE for finding in json.loads(answer.stdout)["findings"])


def ours(paths):
    return {path for path in paths if grave(path)}


def parliament_finds(path):
    try:
        return bool(parliament.analyze_policy_string(path.read_text()).findings)
    except Exception:
        # It stops at some texts with an exception of Python's: it noticed.
        return True


def parliaments(paths):
    return {path for path in paths if parliament_finds(path)}


def cfn_lints(paths):
    """Many policies in one template, since most of the time goes into reading the schemas; what is not JSON it would have noticed."""
    found = set()
    resources = {}
    for number, path in enumerate(paths):
        try:
            document = json.loads(path.read_text())
        except ValueError:
            found.add(path)
            continue
        properties = {"Bucket": f"example-{number}", "PolicyDocument": document}
        resources[f"Policy{number}"] = {"Type": "AWS::S3::BucketPolicy", "Properties": properties}
    for names in batches(list(resources), 100):
        template = json.dumps({"Resources": {name: resources[name] for name in names}})
        for match in cfnlint.api.lint(template, regions=["eu-west-1"]):
            found.add(paths[int(match.path[1].removeprefix("Policy"))])
    return found


def batches(items, size):
    return [items[start : start + size] for start in range(0, len(items), size)]


def is_bucket_policy(path):
    """The names of other documents' fixtures tell their kind: .identity, .cors, .lifecycle."""
    return "." not in path.stem


def table():
    paths = [path for path in sorted(FIXTURES.glob("findings/*/*.json")) if is_bucket_policy(path) and "POLICY_SIZE" not in str(path)]
    examples = [path for path in sorted(FIXTURES.glob("valid/*/*.json")) if is_bucket_policy(path)]
    marked = ours(paths)
    # What only has suggestions is neither right nor wrong; a near miss of one code may be right to have another.
    wrong = [path for path in paths if path.name.startswith("fires") and path in marked]
    right = [path for path in paths if path.name.startswith("silent") and path not in marked]
    yield f"| Finds something in | {len(wrong)} flawed policies | {len(right)} near misses | {len(examples)} of AWS's examples |"
    yield "|---|---|---|---|"
    for name, finds in [("Countersign", ours), ("parliament 1.6.4", parliaments), ("cfn-lint 1.58.0", cfn_lints)]:
        yield f"| {name} | {' | '.join(str(len(finds(group))) for group in (wrong, right, examples))} |"


def replace_in_readme(rows):
    text = README.read_text()
    head, _, rest = text.partition("| Finds something in |")
    tail = re.sub(r"\A.*\n(\|.*\n)*", "", rest)
    README.write_text(head + "\n".join(rows) + "\n" + tail)


if __name__ == "__main__":
    timed()
    rows = list(table())
    print("\n".join(rows))
    replace_in_readme(rows)
