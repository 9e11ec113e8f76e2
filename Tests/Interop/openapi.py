"""The document at /openapi.json: whether an answer is one that it documents, and which of those have come."""

import base64
import json
import re
from urllib.parse import urlsplit

import requests
import schemathesis
from schemathesis.core.transport import Response
from schemathesis.specs.openapi import checks

from wire import Answer

CHECKS = [
    checks.status_code_conformance, checks.content_type_conformance, checks.response_headers_conformance,
    checks.response_schema_conformance]


class Document:
    def __init__(self, raw):
        self.raw = raw
        self.schema = schemathesis.openapi.from_dict(raw)
        self.operations = {
            f"{method.upper()} {path}": operation
            for path, methods in raw["paths"].items() for method, operation in methods.items() if method != "parameters"}
        self.codes = set(raw["components"]["schemas"]["Problem"]["properties"]["code"]["enum"])
        self.came = set()
        """(operation, status, code) of every answer; the code is None where the answer is no problem."""

    def responses(self, operation):
        """By status; what is told of in `components` comes from there."""
        def resolved(response):
            return self.raw["components"]["responses"][response["$ref"].split("/")[-1]] if "$ref" in response else response
        return {int(status): resolved(response) for status, response in self.operations[operation]["responses"].items()}

    @property
    def statuses(self):
        return {(operation, status) for operation in self.operations for status in self.responses(operation)}

    @property
    def coded(self):
        """Each documented problem, as `came` has them."""
        return {
            (operation, status, code) for operation in self.operations for status, response in self.responses(operation).items()
            for code in response.get("x-codes", [])}

    @property
    def met(self):
        return self.statuses & {(operation, status) for operation, status, _ in self.came}

    def operation(self, method, path):
        """The operation that serves such a path; None where none does. A literal segment wins over a parameter."""
        given = [segment for segment in path.split("?")[0].split("/") if segment]
        found = []
        for operation in self.operations:
            served, template = operation.split(" ")
            pattern = [segment for segment in template.split("/") if segment]
            if served == method and len(pattern) == len(given) and all(a == b or a[0] == "{" for a, b in zip(pattern, given)):
                found.append((operation.count("{"), operation))
        return min(found)[1] if found else None

    def note(self, method, path, answer):
        """Counts the answer among those that came, whether documented or not; the operation is None where none serves that."""
        operation = self.operation(method, path)
        self.came.add((operation, answer.status, code(answer)))
        return operation

    def hold(self, method, path, answer):
        """Fails where the answer is none that the document tells of."""
        operation = self.note(method, path, answer)
        if not operation:
            assert (answer.status, code(answer)) in {(404, "not_found"), (405, "http_method_not_allowed")}, (method, path, answer)
            return
        template = operation.split(" ")[1]
        parameters = dict.fromkeys(re.findall(r"{(\w+)}", template), "1")
        case = self.schema[template][method].Case(path_parameters=parameters)
        headers = {name: [value] for name, value in answer.headers.items()}
        request = requests.Request(method, "http://127.0.0.1/").prepare()
        case.validate_response(Response(answer.status, headers, answer.body, request, elapsed=0, verify=False), checks=CHECKS)
        codes = self.responses(operation)[answer.status].get("x-codes", [None])
        assert code(answer) in codes or None in codes, f"{operation}: {answer.status} {code(answer)} is not documented: {codes}"


def code(answer):
    """The stable code of a problem, in RFC 9457's shape or better-upload's."""
    if answer.status < 400:
        return None
    try:
        body = json.loads(answer.body)
    except ValueError:
        return None
    error = body.get("error")
    return error.get("code") if isinstance(error, dict) else body.get("code")


def recorded(har):
    """What a HAR file holds, as (method, path, answer)."""
    for entry in json.loads(har.read_text())["log"]["entries"]:
        request, response = entry["request"], entry["response"]
        content = response["content"]
        text = content.get("text") or ""
        body = base64.b64decode(text) if content.get("encoding") == "base64" else text.encode()
        headers = {header["name"].lower(): header["value"] for header in response["headers"]}
        yield request["method"], urlsplit(request["url"]).path, Answer(response["status"], headers, body)
