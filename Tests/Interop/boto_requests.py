"""Random requests from boto3's own model of S3: each operation with any of its parameters, said to boto3 and to Countersign."""

import base64
import datetime
import hashlib
from dataclasses import dataclass
from email.utils import format_datetime

import odd
import sigv4

# These two forget the MD5 that boto3 makes for the others' customer keys, and take the key as it is.
WITHOUT_CUSTOMER_KEYS = {"get_object_attributes", "list_parts"}


@dataclass(frozen=True)
class Operation:
    name: str
    method: str
    query: list
    has_key: bool
    members: dict
    required: set

    def suits(self, location):
        if self.name == "get_bucket_location":
            return location.style == "path"
        return self.has_key or not location.is_accelerated


def operations(client):
    """Every operation on a bucket or an object that can be described without a body."""
    for name, operation_name in client.meta.method_to_api_mapping.items():
        model = client.meta.service_model.operation_model(operation_name)
        shape = model.input_shape
        if shape is None or "Bucket" not in shape.members:
            continue
        if any("location" not in shape.members[member].serialization for member in shape.required_members):
            continue
        _, _, query = model.http["requestUri"].partition("?")
        yield Operation(
            name=name, method=model.http["method"], query=[list(pair.partition("=")[::2]) for pair in query.split("&") if pair],
            has_key="Key" in shape.members,
            required=set(shape.required_members) | set(model.idempotent_members),
            members={name: member for name, member in shape.members.items() if name not in ("Bucket", "Key") and is_signed(name, member)})


def is_signed(name, member):
    """Not a body, which is no part of a presigned URL, nor what follows from another parameter."""
    return "location" in member.serialization and not name.endswith("SSECustomerKeyMD5")


def request(rng, operation, location):
    """One request: boto3's parameters, and the members of a line that ask Countersign for the same."""
    parameters = {"Bucket": odd.bucket(rng, dots=location.takes_dots and rng.random() < 0.2)}
    line = {"method": operation.method, "bucket": parameters["Bucket"], "region": location.region} | location.line
    if operation.has_key:
        parameters["Key"] = line["key"] = odd.key(rng)
    headers, query = [], list(operation.query)
    share = rng.choice((0, 0.1, 0.3, 1))
    for name, member in operation.members.items():
        if name in operation.required or rng.random() < share:
            parameters[name], sent = value(rng, operation, name, member)
            (query if member.serialization["location"] == "querystring" else headers).extend(sent)
    if "EncodingType" in operation.members and "EncodingType" not in parameters and operation.name.startswith("list_object"):
        query.append(["encoding-type", "url"])  # boto3 always asks for it, to decode the answer by itself.
    if headers:
        line["headers"] = [[mixed_case(rng, name), text] for name, text in rng.sample(headers, len(headers))]
    if query:
        line["query"] = rng.sample(query, len(query))
    return parameters, line


def mixed_case(rng, name):
    return rng.choice((name, name.lower(), name.upper()))


def value(rng, operation, name, member):
    """A parameter's value, and the headers or query parameters that it becomes."""
    wire = member.serialization.get("name", name)
    is_query = member.serialization["location"] == "querystring"
    if name.endswith("SSECustomerKey") and operation.name not in WITHOUT_CUSTOMER_KEYS:
        return customer_key(rng, wire)
    if name == "CopySource":
        return copy_source(rng, wire)
    if name == "ContentLength":
        size = rng.choice((0, 1, 482113, 5 << 30, rng.randint(0, 5 << 30)))
        return size, [[wire, str(size)]]
    match member.type_name:
        case "map":
            return metadata(rng, wire)
        case "integer" | "long":
            least, most = member.metadata.get("min", 0), member.metadata.get("max", 1 << 31)
            number = rng.choice((least, most, rng.randint(least, most)))
            return number, [[wire, str(number)]]
        case "boolean":
            flag = rng.random() < 0.5
            return flag, [[wire, str(flag).lower()]]
        case "timestamp":
            return timestamp(rng, wire, member.serialization.get("timestampFormat", "rfc822"))
        case "list":
            chosen = rng.sample(member.member.enum, rng.randint(1, len(member.member.enum)))
            return chosen, [[wire, ",".join(chosen)]]
        case "string":
            text = rng.choice(member.enum) if member.enum and rng.random() < 0.8 else odd.text(rng) if is_query else odd.header(rng)
            if is_query and rng.random() < 0.1:
                text = ""
            return text, [[wire, text]]
    raise AssertionError(f"{name} is of the unknown type {member.type_name}")


def customer_key(rng, wire):
    """boto3 encodes the key, and adds its MD5."""
    key = "".join(rng.choice(odd.HEADER) for _ in range(32))
    digest = hashlib.md5(key.encode()).digest()
    return key, [[wire, base64.b64encode(key.encode()).decode()], [f"{wire}-MD5", base64.b64encode(digest).decode()]]


def copy_source(rng, wire):
    """boto3 encodes the source's key, once, before it becomes a header's value."""
    bucket, key = odd.bucket(rng, dots=rng.random() < 0.2), odd.key(rng)
    return {"Bucket": bucket, "Key": key}, [[wire, f"{bucket}/{sigv4.encode(key, keep=b'/')}"]]


def metadata(rng, wire):
    chosen = {odd.name(rng).lower(): odd.header(rng) for _ in range(rng.randint(0, 6))}
    return chosen, [[wire + name, text] for name, text in chosen.items()]


def timestamp(rng, wire, form):
    time = datetime.datetime.strptime(odd.time(rng), "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    return time, [[wire, format_datetime(time, usegmt=True) if form == "rfc822" else time.strftime("%Y-%m-%dT%H:%M:%SZ")]]
