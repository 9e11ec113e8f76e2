"""A third opinion: S3's presigned requests and POST policies, written from AWS's pages alone and with nothing but hashlib and hmac.

It reads lines of `countersign presign batch`. Where it agrees with one of two others, the third is wrong.
"""

import hashlib
import hmac
import re
from urllib.parse import unquote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"
UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def encode(text, keep=b""):
    return "".join(chr(byte) if byte in UNRESERVED or byte in keep else f"%{byte:02X}" for byte in text.encode())


def address(line):
    """Scheme, host and encoded path of what a line names."""
    bucket, region = line["bucket"], line["region"]
    style = line.get("style") or ("path" if line.get("endpoint") or "." in bucket else "virtual")
    suffix = ".cn" if region.startswith("cn-") else ""
    base = urlsplit(line.get("endpoint") or f"https://s3.{region}.amazonaws.com{suffix}")
    host = base.netloc.lower().removesuffix({"http": ":80", "https": ":443"}[base.scheme])
    path = encode(unquote(base.path.rstrip("/")), keep=b"/")
    if style == "virtual":
        host = f"{bucket}.{host}"
    else:
        path += f"/{bucket}"
    if "key" in line:
        path += "/" + encode(line["key"], keep=b"/")
    return base.scheme, host, path or "/"


def scope(line):
    return f"{line['at'][:8]}/{line['region']}/s3/aws4_request"


def signature(line, string_to_sign):
    key = b"AWS4" + line["secretAccessKey"].encode()
    for part in scope(line).split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, string_to_sign.encode(), "sha256").hex()


def presign(line):
    """The URL that a line asks for, and the canonical request that its signature is of."""
    scheme, host, path = address(line)
    headers = {name.lower(): re.sub("[ \t]+", " ", value.strip(" \t")) for name, value in line.get("headers", [])} | {"host": host}
    names = ";".join(sorted(headers))
    query = [*line.get("query", []), ["X-Amz-Algorithm", ALGORITHM], ["X-Amz-Credential", f"{line['accessKeyId']}/{scope(line)}"],
             ["X-Amz-Date", line["at"]], ["X-Amz-Expires", str(line["expires"])], ["X-Amz-SignedHeaders", names]]
    if "sessionToken" in line:
        query.append(["X-Amz-Security-Token", line["sessionToken"]])
    text = "&".join("=".join(pair) for pair in sorted((encode(name), encode(value)) for name, value in query))
    lines = [line["method"], path, text, *(f"{name}:{headers[name]}" for name in sorted(headers)), "", names, "UNSIGNED-PAYLOAD"]
    canonical = "\n".join(lines)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    string_to_sign = "\n".join([ALGORITHM, line["at"], scope(line), digest])
    return f"{scheme}://{host}{path}?{text}&X-Amz-Signature={signature(line, string_to_sign)}", canonical
