"""Metadata, container and STS servers on loopback: what they give out tells who asked, and for what."""

import json
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

END = "2099-01-02T03:04:05Z"
ROLE = "/latest/meta-data/iam/security-credentials/"


def document(identifier, **more):
    return json.dumps({"AccessKeyId": identifier, "SecretAccessKey": "s", "Token": "t", "Expiration": END, **more})


class CredentialServers:
    """One server for all; `requests` holds what STS was asked, as (path, headers, body)."""

    def __init__(self):
        self.requests = []
        servers = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments):
                pass

            def do_PUT(self):
                self.say(*((200, "TOKEN") if self.path == "/latest/api/token" else (404, "")))

            def do_GET(self):
                has_token = self.headers.get("x-aws-ec2-metadata-token") == "TOKEN"
                if self.path == "/container":
                    allowed = self.headers.get("authorization") in (None, "granted")
                    self.say(*((200, document("CONTAINER")) if allowed else (403, "{}")))
                elif self.path == ROLE and has_token:
                    self.say(200, "server")
                elif self.path == ROLE + "server" and has_token:
                    self.say(200, document("INSTANCE", Code="Success", Type="AWS-HMAC", LastUpdated=END))
                else:
                    self.say(404, "")

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                servers.requests.append((self.path, dict(self.headers.items()), body))
                form = dict(urllib.parse.parse_qsl(body, strict_parsing=True))
                role = form["RoleArn"].split("/")[-1]
                if form["Action"] == "AssumeRole":
                    source = self.headers["authorization"].split("Credential=")[1].split("/")[0]
                    identifier = f"{role}-BY-{source}"
                else:
                    identifier = f"{role}-BY-TOKEN-{form['WebIdentityToken']}"
                self.say(200, f"""<{form["Action"]}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{form["Action"]}Result>
                    <AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId><Arn>arn:aws:sts::1:assumed-role/{role}/x</Arn></AssumedRoleUser>
                    <Credentials><AccessKeyId>{identifier}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
                    <Expiration>{END}</Expiration></Credentials></{form["Action"]}Result></{form["Action"]}Response>""")

            def say(self, status, text):
                self.send_response(status)
                self.send_header("content-length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
