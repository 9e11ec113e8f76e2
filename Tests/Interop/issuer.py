"""An issuer of JWTs as Auth0 or Cognito are ones: RS256, with its keys as a JWKS that lies beside uploads.yaml."""

import json
import time
from base64 import urlsafe_b64encode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

KEYS_FILE = "jwks.json"


def base64url(content):
    return urlsafe_b64encode(content).rstrip(b"=").decode()


class Issuer:
    def __init__(self, url="https://example.eu.auth0.com/", audience="https://api.example.com", kid="first"):
        self.url, self.audience, self.kid = url, audience, kid
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def jwks(self):
        public = self.key.public_key().public_numbers()
        n, e = (base64url(number.to_bytes((number.bit_length() + 7) // 8, "big")) for number in (public.n, public.e))
        return json.dumps({"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.kid, "n": n, "e": e}]})

    def token(self, lifetime=600, **claims):
        """A token that ends in that many seconds; a claim that is None is left out."""
        now = int(time.time())
        usual = {"iss": self.url, "sub": "auth0|alice", "aud": self.audience, "iat": now - 3600, "exp": now + lifetime}
        given = {name: value for name, value in (usual | claims).items() if value is not None}
        header = {"alg": "RS256", "typ": "JWT", "kid": self.kid}
        text = ".".join(base64url(json.dumps(part).encode()) for part in (header, given))
        return f"{text}.{base64url(self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    def write(self, folder, callers=None):
        """Lets the issuer into the environment of that folder, with the entry that is given or one without anything special."""
        (folder / KEYS_FILE).write_text(self.jwks())
        with (folder / "uploads.yaml").open("a") as file:
            file.write(callers or f"""
callers:
  - name: auth0
    issuer: {self.url}
    audience: {self.audience}
    algorithms: [RS256]
    keys: {KEYS_FILE}
    rules: [avatars]
""")
