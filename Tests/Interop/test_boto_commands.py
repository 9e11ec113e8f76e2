"""`countersign presign put|get|head|delete|part` makes the URLs, and the canonical requests, of boto3."""

import json

import boto
import boto_requests
import odd
from test_boto_urls import first_difference

VERBS = {"put_object": "put", "get_object": "get", "list_objects_v2": "get", "head_object": "head", "delete_object": "delete",
         "upload_part": "part"}
# What an option says that could be said by --header and --query, too.
OPTIONS = {"content-type": "--content-type", "content-length": "--content-length", "partNumber": "--part-number",
           "uploadId": "--upload-id"}


def arguments(rng, verb, line):
    """A line of `presign batch` as one command and its variables."""
    options = [[f"--expires={line['expires']}"], [f"--at={line['at']}"]]
    variables = {"AWS_ACCESS_KEY_ID": line["accessKeyId"], "AWS_SECRET_ACCESS_KEY": line["secretAccessKey"]}
    if "sessionToken" in line:
        variables["AWS_SESSION_TOKEN"] = line["sessionToken"]
    known = (("region", "--region", "AWS_REGION"), ("endpoint", "--endpoint", "AWS_ENDPOINT_URL_S3"), ("style", "--style", None))
    for name, option, variable in known:
        if name in line and variable and rng.random() < 0.5:
            variables[variable] = line[name]
        elif name in line:
            options.append(boto.option(option, line[name]))
    for name, value in line.get("headers", []):
        option = OPTIONS.get(name.lower()) if verb == "put" and value else None  # An option cannot be empty.
        options.append(boto.option(option, value) if option else [f"--header={name}: {value}"])
    for name, value in line.get("query", []):
        option = OPTIONS.get(name) if verb == "part" else None
        options.append(boto.option(option, value) if option else [f"--query={name}={value}"])
    rng.shuffle(options)
    target = f"s3://{line['bucket']}" + (f"/{line['key']}" if "key" in line else "")
    return ["presign", verb, target, "--format=json", *sum(options, [])], variables


def without_nul(value):
    """An argument of a command ends at a NUL."""
    if isinstance(value, dict):
        return {name: without_nul(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [without_nul(inner) for inner in value]
    return value.replace("\0", "0") if isinstance(value, str) else value


def test_a_command_says_what_boto3_says(boto3_client):
    rng, count, how = boto.seeded("commands", 36)
    locations = boto.locations(rng)
    operations = [operation for operation in boto_requests.operations(boto3_client.client(locations[0])) if operation.name in VERBS]
    assert len(operations) == len(VERBS)
    for number in range(count):
        operation = operations[number % len(operations)]
        location = rng.choice([place for place in locations if operation.suits(place)])
        parameters, line = boto_requests.request(rng, operation, location)
        if operation.name == "upload_part":
            parameters["PartNumber"], parameters["UploadId"] = rng.randint(1, 10_000), odd.text(rng)
            mine = {"partNumber": str(parameters["PartNumber"]), "uploadId": parameters["UploadId"]}
            line["query"] = [pair for pair in line["query"] if pair[0] not in mine] + [[name, value] for name, value in mine.items()]
        line |= {"at": odd.time(rng), "expires": rng.randint(1, 604_800)} | odd.credentials(rng)
        parameters, line = without_nul(parameters), without_nul(line)
        theirs = boto3_client.presign(location, operation.name, parameters, line)

        command, variables = arguments(rng, VERBS[operation.name], line)
        run = boto.countersign(*command, variables=variables)
        assert run.returncode == 0, f"{how}\n{command}\n{run.stderr}"
        ours = json.loads(run.stdout)
        assert not first_difference(ours["url"], theirs), f"{how}\n{command}\n{ours['url']}\n{theirs}"
        assert ours["canonicalRequest"] == boto3_client.canonical, f"{how}\n{command}"
        assert ours["method"] == line["method"]
        sent = {name: value.strip(" \t") for name, value in ours["headers"].items()}
        assert {name.lower(): value for name, value in sent.items()} == {
            name.lower(): value.strip(" \t") for name, value in line.get("headers", [])}, f"{how}\n{command}"


def test_flags_bind_what_boto3_binds(boto3_client):
    place = boto.Location("eu-central-1", style="virtual")
    line = {"at": "20240229T235959Z", "expires": 900, "accessKeyId": "AKIDEXAMPLE", "secretAccessKey": "secret"}
    digest = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    parameters = {"Bucket": "bucket", "Key": "k", "ContentType": "image/png", "ContentLength": 5 << 20, "ChecksumSHA256": digest,
                  "IfNoneMatch": "*"}
    theirs = boto3_client.presign(place, "put_object", parameters, line)
    for checksum in (digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"):
        run = boto.countersign(
            "presign", "put", "s3://bucket/k", "--region=eu-central-1", "--content-type=image/png", "--content-length=5MiB", "--once",
            f"--sha256={checksum}", "--expires=15m", "--at=2024-02-29T23:59:59Z",
            variables={"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"})
        assert not first_difference(run.stdout.strip(), theirs), run.stderr
