"""Tokens of an OpenID provider: a real one answers on this machine, with keys of its own."""

import base64
import hmac
import http.server
import json

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from api.http.access.openid.provider_keys import FRESH_SECONDS, LONGEST_SECONDS, PAUSE_SECONDS, ProviderKeys
from api.http.access.openid.tokens import Tokens
from api.http.app import create_app
from engine.access.openid_settings import OpenIdSettings
from engine.access.settings import AccessSettings
from engine.errors import IdentityProviderUnavailable
from engine.service import Pointsman
from engine.settings import Settings
from tests.support.callers import bearer
from tests.support.facts import NOW
from tests.support.local_server import local_server
from tests.support.problem_json import problem_of

AUDIENCE = "pointsman"
KEYS = {
    "RS256": rsa.generate_private_key(public_exponent=65_537, key_size=2_048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}
STRANGE = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


def public(algorithm):
    kind = {
        "RS256": jwt.algorithms.RSAAlgorithm,
        "ES256": jwt.algorithms.ECAlgorithm,
        "EdDSA": jwt.algorithms.OKPAlgorithm,
    }
    jwk = kind[algorithm].to_jwk(KEYS[algorithm].public_key(), as_dict=True)
    return {**jwk, "kid": algorithm, "use": "sig", "alg": algorithm}


class Provider(http.server.BaseHTTPRequestHandler):
    asked = 0

    def do_GET(self):
        Provider.asked += 1
        issuer = f"http://127.0.0.1:{self.server.server_port}"
        answers = {
            "/.well-known/openid-configuration": {"issuer": issuer, "jwks_uri": f"{issuer}/keys"},
            "/keys": {"keys": [public(algorithm) for algorithm in KEYS]},
        }
        body = json.dumps(answers[self.path]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture(scope="module")
def issuer():
    with local_server(Provider) as server:
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.fixture(scope="module")
def settings(issuer):
    return OpenIdSettings(issuer=issuer, audience=AUDIENCE)


@pytest.fixture(scope="module")
def tokens(settings):
    return Tokens(settings, keys=ProviderKeys(settings), clock=lambda: NOW)


def claims(issuer, **more):
    made = {
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": "ada",
        "exp": NOW + 600,
        "iat": NOW,
        "pointsman_roles": ["oms"],
        "pointsman_networks": ["main"],
        **more,
    }
    return {name: value for name, value in made.items() if value is not None}


def signed(body, algorithm="RS256", key=None, **header):
    return jwt.encode(body, key or KEYS[algorithm], algorithm=algorithm, headers={"kid": algorithm, **header})


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_token_names_its_caller_roles_and_networks(tokens, issuer, algorithm):
    roles = {"pointsman_roles": ["auditor", "oms", "of another service"], "pointsman_networks": ["fr", "be"]}
    caller = tokens.caller_of(signed(claims(issuer, **roles), algorithm))
    assert (caller.name, caller.role, caller.networks, caller.key_id) == ("ada", "oms, auditor", ("fr", "be"), "")
    assert caller.scopes == {"orders", "stock", "policies:read", "audit:read"}
    in_one_text = claims(issuer, pointsman_roles="auditor oms", pointsman_networks="fr be")
    assert tokens.caller_of(signed(in_one_text, algorithm)) == caller


@pytest.mark.parametrize(
    "more",
    [
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"aud": "another service"},
        {"aud": ["another service"]},
        {"aud": None},
        {"exp": NOW - 61},
        {"exp": None},
        {"exp": "never"},
        {"exp": True},
        {"exp": float("inf")},
        {"nbf": NOW + 61},
        {"nbf": "now"},
        {"sub": None},
        {"sub": ""},
        {"sub": "a\nb"},
        {"sub": "x" * 201},
        {"sub": "\ud800"},
    ],
)
def test_a_token_that_is_not_for_here_or_not_for_now_is_not_valid(tokens, issuer, more):
    assert tokens.caller_of(signed(claims(issuer, **more))) is None


def test_clocks_may_differ_a_little(tokens, issuer):
    assert tokens.caller_of(signed(claims(issuer, exp=NOW - 59, nbf=NOW + 59))) is not None


def test_a_token_without_roles_may_do_nothing(tokens, issuer):
    for roles in (None, [], "king", 7, [["admin"]], {"admin": True}):
        caller = tokens.caller_of(signed(claims(issuer, pointsman_roles=roles, pointsman_networks=roles)))
        assert caller.scopes == frozenset()
        assert not caller.may_use("main")


def encoded(part):
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def test_forged_tokens_are_not_valid(tokens, issuer):
    good = signed(claims(issuer))
    head, body, signature = good.split(".")
    pem = (
        KEYS["RS256"]
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    unsigned = f"{encoded({'alg': 'HS256', 'typ': 'JWT', 'kid': 'RS256'})}.{body}"
    by_public_key = base64.urlsafe_b64encode(hmac.digest(pem, unsigned.encode(), "sha256")).rstrip(b"=").decode()
    forged = {
        "another key": signed(claims(issuer), key=STRANGE),
        "no signature": f"{encoded({'alg': 'none', 'kid': 'RS256'})}.{body}.",
        "none in capitals": f"{encoded({'alg': 'None', 'kid': 'RS256'})}.{body}.",
        "HMAC by the public key": f"{unsigned}.{by_public_key}",
        "another body": f"{head}.{encoded(claims(issuer, pointsman_roles=['admin']))}.{signature}",
        "key of another kind": signed(claims(issuer), "ES256", kid="RS256"),
        "key in the token": signed(claims(issuer), key=STRANGE, jwk=public("RS256")),
        "another algorithm of the key": signed(claims(issuer), "PS256", KEYS["RS256"], kid="RS256"),
        "unknown key": signed(claims(issuer), kid="unknown"),
        "no key named": jwt.encode(claims(issuer), KEYS["RS256"], algorithm="RS256"),
        "another type": signed(claims(issuer), typ="dpop+jwt"),
        "too long": signed(claims(issuer, more="x" * 20_000)),
    }
    assert tokens.caller_of(good) is not None
    assert {name for name, token in forged.items() if tokens.caller_of(token) is not None} == set()


@given(st.one_of(st.text(), st.lists(st.text(), min_size=3, max_size=3).map(".".join)))
def test_no_text_breaks_the_reader(tokens, text):
    assert tokens.caller_of(text) is None


class Counted:
    """Answers the provider's keys, or fails; counts how often it was asked."""

    def __init__(self):
        self.asked, self.error, self.now = 0, None, 0.0

    def __call__(self, _):
        self.asked += 1
        if self.error:
            raise self.error
        return {"keys": [public("RS256"), {"kty": "unknown"}, {"kty": "oct", "k": "AAAA", "kid": "HS"}]}


@pytest.fixture
def counted():
    return Counted()


@pytest.fixture
def keys(counted):
    settings = OpenIdSettings(issuer="https://id.example", audience=AUDIENCE, jwks_url="https://id.example/keys")
    return ProviderKeys(settings, fetch=counted, elapsed=lambda: counted.now)


def test_keys_are_fetched_again_in_time_and_seldom_for_ids_that_nobody_has(keys, counted):
    assert keys.find("RS256") is keys.find("RS256") is keys.find(None)
    assert counted.asked == 1
    assert [keys.find(f"made up {number}") for number in range(50)] == [None] * 50
    assert keys.find("HS") is None
    assert counted.asked == 1
    counted.now += PAUSE_SECONDS
    assert [keys.find(f"made up {number}") for number in range(50)] == [None] * 50
    assert counted.asked == 2
    counted.now += FRESH_SECONDS + 1
    assert keys.find("RS256") is not None
    assert counted.asked == 3


@pytest.mark.parametrize("error", [OSError("down"), ValueError("no JSON"), KeyError("keys")])
def test_while_the_provider_is_away_its_keys_are_taken_for_a_time(keys, counted, error):
    assert keys.find("RS256") is not None
    counted.error = error
    counted.now += LONGEST_SECONDS - 1
    assert keys.find("RS256") is not None
    counted.now += 2
    with pytest.raises(IdentityProviderUnavailable):
        keys.find("RS256")
    counted.error = None
    counted.now += PAUSE_SECONDS
    assert keys.find("RS256") is not None


def test_a_provider_of_another_name_is_not_believed():
    found = {"issuer": "https://other.example", "jwks_uri": "https://other.example/keys"}
    settings = OpenIdSettings(issuer="https://id.example", audience=AUDIENCE)
    with pytest.raises(IdentityProviderUnavailable):
        ProviderKeys(settings, fetch=lambda _: found).find("RS256")


def test_keys_come_by_no_way_that_others_could_change():
    settings = OpenIdSettings(issuer="https://id.example", audience=AUDIENCE, jwks_url="http://id.example/keys")
    with pytest.raises(IdentityProviderUnavailable):
        ProviderKeys(settings).find("RS256")


@pytest.fixture
def client(pointsman, server_url, network, clock, settings):
    access = AccessSettings(openid=settings)
    with Pointsman(Settings(redis_url=server_url, network=network, access=access), clock=clock) as service:
        yield create_app(service).test_client()


def test_over_http_a_token_is_as_good_as_a_key(client, network, issuer):
    def get(path, token):
        return client.get(path, environ_base=bearer(token))

    mine = signed(claims(issuer, pointsman_networks=[network]))
    assert get("/v1/holds", mine).status_code == 200
    assert "policies:read" in problem_of(get("/v1/policies", mine), 403)["detail"]
    problem_of(get("/v1/holds", signed(claims(issuer))), 403)
    refused = get("/v1/holds", signed(claims(issuer, exp=NOW - 100)))
    assert problem_of(refused, 401)["type"] == "urn:pointsman:problem:unauthenticated"
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]


def test_where_no_provider_is_set_no_token_is_valid(http, issuer):
    answer = http.application.test_client().get("/v1/holds", environ_base=bearer(signed(claims(issuer))))
    problem_of(answer, 401)


def test_a_provider_that_is_away_is_no_fault_of_the_caller(pointsman, server_url, network, clock):
    away = OpenIdSettings(issuer="http://127.0.0.1:1", audience=AUDIENCE)
    settings = Settings(redis_url=server_url, network=network, access=AccessSettings(openid=away))
    with Pointsman(settings, clock=clock) as service:
        answer = create_app(service).test_client().get("/v1/holds", environ_base=bearer(signed(claims("x"))))
        assert problem_of(answer, 503)["type"] == "urn:pointsman:problem:identity-provider-unavailable"
