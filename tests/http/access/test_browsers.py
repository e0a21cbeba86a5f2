"""What browsers are told: security headers on every answer, and CORS for the origins of the settings alone."""

import pytest

from api.http.app import create_app
from engine.access.settings import AccessSettings
from engine.errors import BadSetting
from engine.service import Pointsman
from engine.settings import Settings
from tests.support.callers import client_of
from tests.support.order_json import order_json

SHOP, OTHER = "https://shop.example", "https://shop.example.evil"


@pytest.fixture
def client(pointsman, server_url, network, clock):
    access = AccessSettings(cors_origins=(SHOP, "http://localhost:3000"), proxied=True)
    with Pointsman(Settings(redis_url=server_url, network=network, access=access), clock=clock) as service:
        yield client_of(service, create_app(service))


@pytest.mark.parametrize("path", ["/healthz", "/openapi.json", "/v1/orders", "/v1/decisions/none", "/nowhere"])
def test_every_answer_says_how_it_may_be_used(http, path):
    nobody = http.application.test_client()
    for answer in (http.get(path), nobody.get(path), http.post(path, data=b"{")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "Strict-Transport-Security" not in answer.headers
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


def test_what_has_an_etag_may_be_kept_by_its_caller_alone(http):
    name = http.post("/v1/decisions", json=order_json()).get_json()["order"]["id"]
    first = http.get(f"/v1/orders/{name}")
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = http.get(f"/v1/orders/{name}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.headers["Cache-Control"]) == (304, "private, no-cache")


def test_over_tls_browsers_are_told_to_stay_with_it(http, client):
    assert "Strict-Transport-Security" in http.get("/healthz", base_url="https://localhost").headers
    assert "Strict-Transport-Security" in client.get("/healthz").headers, "a proxy in front speaks TLS"


def preflight(client, origin, path="/v1/decisions"):
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    return client.application.test_client().options(path, headers={"Origin": origin, **asked})


def test_pages_of_the_origins_that_are_set_may_call(client):
    asked = preflight(client, SHOP)
    assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (204, SHOP)
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
    assert "POST" in asked.headers["Access-Control-Allow-Methods"]
    for answer in (
        client.get("/v1/orders", headers={"Origin": SHOP}),
        client.application.test_client().get("/v1/orders", headers={"Origin": SHOP}),
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == SHOP
        assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]
        assert "Origin" in answer.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in answer.headers


def test_pages_of_other_origins_may_not(client):
    for origin in (OTHER, "http://shop.example", "https://SHOP.example", "null", f"{SHOP}:444", "*"):
        for answer in (preflight(client, origin), client.get("/v1/orders", headers={"Origin": origin})):
            assert not [name for name, _ in answer.headers if name.startswith("Access-Control")], origin
            assert "Origin" in answer.headers["Vary"], origin


@pytest.mark.parametrize("value", ["*", "shop.example", "https://shop.example/", "https://*.example", "null"])
def test_an_origin_that_is_none_is_refused(value):
    with pytest.raises(BadSetting, match="POINTSMAN_CORS_ORIGINS"):
        Settings.from_environment({"POINTSMAN_CORS_ORIGINS": value})


def test_several_origins_are_read():
    settings = Settings.from_environment({"POINTSMAN_CORS_ORIGINS": f" {SHOP}, http://localhost:3000 "})
    assert settings.access.cors_origins == (SHOP, "http://localhost:3000")
