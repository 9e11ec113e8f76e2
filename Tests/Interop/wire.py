"""Requests byte for byte as a test writes them: no path is tidied, no header added but Host and Content-Length."""

import re
import uuid
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def code(self):
        """S3's word for an error; empty where there is none."""
        found = re.search(rb"<Code>(\w+)</Code>", self.body)
        return found[1].decode() if found and self.status >= 300 else ""

    def __str__(self):
        return f"{self.status} {self.code}".strip()

    @property
    def is_success(self):
        return 200 <= self.status < 300


def send(method, url, body=None, headers=None, address=None):
    """The answer to one request, on a connection of its own; `address` is the server where the URL's host is another's name."""
    parts = urlsplit(url)
    connected = urlsplit(address or url)
    connection = HTTPConnection(connected.hostname, connected.port, timeout=60)
    given = {name.lower(): value for name, value in (headers or {}).items()}
    try:
        target = url[url.index(parts.netloc) + len(parts.netloc):]
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("host", given.pop("host", parts.netloc))
        if body is not None:
            connection.putheader("content-length", given.pop("content-length", str(len(body))))
        for name, value in given.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        connection.close()


def send_form(url, fields, content, address=None):
    """A form as a browser sends it: the fields in their order, the file last."""
    boundary = uuid.uuid4().hex
    parts = [f'--{boundary}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
    parts.append(
        f'--{boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.png"\r\ncontent-type: application/octet-stream\r\n\r\n')
    body = "".join(parts).encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return send("POST", url, body, {"content-type": f"multipart/form-data; boundary={boundary}"}, address)
