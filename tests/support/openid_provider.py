"""A small OpenID provider on this machine: it has people sign in without asking them, signs tokens by a key of its own,
and holds clients to the protocol (redirect URI, PKCE, one use of each code, client's secret).
"""

import base64
import contextlib
import hashlib
import http.server
import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.local_server import local_server

KEY = ec.generate_private_key(ec.SECP256R1())
STRANGE_KEY = ec.generate_private_key(ec.SECP256R1())
CLIENT_ID, AUDIENCE = "pointsman-console", "pointsman"


@dataclass(kw_only=True)
class OpenIdProvider:
    """`claims` are those of the ID token beside the usual ones; None takes one away. `access_claims`: those of an
    access token for the API; without them, the access token is a text that only the provider can read. `key` signs.
    `secret` is the client's. `refuses` is the error that the page for signing in answers; `token_error` the one that is
    answered in place of tokens, with its status.
    """

    issuer: str
    now: Callable[[], int]
    claims: dict[str, object] = field(default_factory=dict)
    access_claims: dict[str, object] | None = None
    key: ec.EllipticCurvePrivateKey = KEY
    secret: str = ""
    refuses: str = ""
    token_error: tuple[int, str] | None = None
    answer_more: dict[str, str] = field(default_factory=dict)
    document_more: dict[str, object] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    exchanges: int = 0
    is_down: bool = False

    @property
    def document(self) -> dict[str, object]:
        places = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
        made = {"issuer": self.issuer} | {name: self.issuer + place for name, place in places.items()}
        return made | self.document_more

    @property
    def keys(self) -> dict[str, object]:
        jwk = jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
        return {"keys": [{**jwk, "kid": "k", "use": "sig", "alg": "ES256"}]}

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser is sent."""
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT_ID
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        assert len(query["state"]) >= 43
        if self.refuses:
            answer = {"error": self.refuses, "error_description": "<b>because</b>"}
        else:
            answer = {"code": secrets.token_urlsafe(16)}
            self.codes[answer["code"]] = query
        return f"{query['redirect_uri']}?{urlencode({**answer, 'state': query['state'], **self.answer_more})}"

    def exchange(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, object]]:
        self.exchanges += 1
        if self.token_error:
            return self.token_error[0], {"error": self.token_error[1]}
        if self.secret:
            kind, _, sent = authorization.partition(" ")
            client, _, secret = base64.b64decode(sent).decode().partition(":")
            if (kind, unquote(client), unquote(secret)) != ("Basic", CLIENT_ID, self.secret):
                return 401, {"error": "invalid_client"}
        elif form.get("client_id") != CLIENT_ID:
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(form.get("code", ""), None)
        hashed = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != form.get("redirect_uri")
            or form.get("grant_type") != "authorization_code"
        ):
            return 400, {"error": "invalid_grant"}
        access = "opaque" if self.access_claims is None else self._signed({"aud": AUDIENCE, **self.access_claims})
        claims = {"aud": CLIENT_ID, "nonce": asked["nonce"], "pointsman_roles": ["merchandiser"], **self.claims}
        return 200, {"token_type": "Bearer", "access_token": access, "id_token": self._signed(claims)}

    def _signed(self, claims: dict[str, object]) -> str:
        now = self.now()
        usual = {"iss": self.issuer, "sub": "ada", "iat": now, "exp": now + 300, "pointsman_networks": ["*"]}
        said = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        return jwt.encode(said, self.key, algorithm="ES256", headers={"kid": "k"})


@contextlib.contextmanager
def openid_provider(now: Callable[[], int]) -> Iterator[OpenIdProvider]:
    """One that answers until it is left; `now` is its clock, UTC seconds."""
    served: list[OpenIdProvider] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider, parts = served[0], urlsplit(self.path)
            if parts.path == "/authorize":
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                self._answer(303, b"", Location=provider.authorize(query))
            elif parts.path == "/keys":
                self._answer(200, json.dumps(provider.keys).encode())
            else:
                self._answer(200, json.dumps(provider.document).encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            status, answer = served[0].exchange(form, self.headers.get("Authorization", ""))
            self._answer(status, json.dumps(answer).encode())

        def _answer(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(503 if served[0].is_down else status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with local_server(Handler) as server:
        served.append(OpenIdProvider(issuer=f"http://127.0.0.1:{server.server_port}", now=now))
        yield served[0]
