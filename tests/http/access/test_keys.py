"""API keys made, rotated and revoked over HTTP: by whom, for what, and that their text is shown once."""

import dataclasses

import pytest

from api.http.app import create_app
from engine.access.settings import AccessSettings
from engine.service import Pointsman
from tests.support.callers import bearer, client_of
from tests.support.facts import NOW
from tests.support.problem_json import problem_of

TILL = {"client": "Till", "role": "oms"}


@pytest.fixture
def admin(pointsman, http, network):
    """Of this network alone."""
    return client_of(pointsman, http.application, client="Ada", role="admin", networks=(network,))


def test_a_key_is_made_used_rotated_and_revoked(admin, http, network):
    answer = admin.post("/v1/keys", json={**TILL, "expires_at": "2100-01-01T00:00:00Z"})
    assert answer.status_code == 201
    made = answer.get_json()
    assert (made["networks"], made["expires_at"]) == ([network], "2100-01-01T00:00:00Z")
    nobody = http.application.test_client()

    def status(key):
        return nobody.get("/v1/holds", environ_base=bearer(key)).status_code

    assert status(made["key"]) == 200
    shown = admin.get(answer.headers["Location"]).get_json()
    assert (shown["client"], shown["created_by"], shown["state"], "key" in shown) == ("Till", "Ada", "valid", False)
    rotated = admin.post(f"/v1/keys/{made['id']}/rotate", json={"overlap": "2 h"}).get_json()
    assert (status(made["key"]), status(rotated["key"])) == (200, 200)
    assert admin.get(f"/v1/keys/{made['id']}").get_json()["replaced_by"] == rotated["id"]
    for key in (made, rotated):
        revoked = admin.post(f"/v1/keys/{key['id']}/revoke").get_json()
        assert (revoked["state"], revoked["revoked_by"]) == ("revoked", "Ada")
    assert (status(made["key"]), status(rotated["key"])) == (401, 401)
    problem_of(admin.post(f"/v1/keys/{made['id']}/rotate", json={}), 422)


@pytest.mark.parametrize(
    "body",
    [
        {"role": "oms"},
        {"client": "Till"},
        {**TILL, "role": "king"},
        {**TILL, "client": " "},
        {**TILL, "networks": []},
        {**TILL, "networks": ["a b"]},
        {**TILL, "networks": ["main\n"]},
        {**TILL, "expires_at": "tomorrow"},
        {**TILL, "expires_at": "2020-01-01T00:00:00Z"},
        {**TILL, "scopes": ["admin"]},
    ],
)
def test_a_key_that_cannot_be_is_not_made(admin, pointsman, body):
    before = len(pointsman.api_keys.all())
    problem_of(admin.post("/v1/keys", json=body), 422)
    assert len(pointsman.api_keys.all()) == before


def test_sent_again_the_same_request_makes_no_second_key_and_is_not_told_the_text(admin, pointsman):
    before, headers = len(pointsman.api_keys.all()), {"Idempotency-Key": "till 1"}
    first = admin.post("/v1/keys", json=TILL, headers=headers)
    again = admin.post("/v1/keys", json=TILL, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert "key" not in again.get_json()
    assert again.get_json() == {name: value for name, value in first.get_json().items() if name != "key"}
    assert len(pointsman.api_keys.all()) == before + 1


def test_nobody_makes_or_ends_a_key_for_networks_that_they_may_not_use(admin, pointsman, network):
    everywhere = client_of(pointsman, admin.application, client="Zoe", role="admin", networks=("*",))
    for networks in (["elsewhere"], ["*"], [network, "elsewhere"]):
        assert "may not use" in problem_of(admin.post("/v1/keys", json={**TILL, "networks": networks}), 403)["detail"]
        made = everywhere.post("/v1/keys", json={**TILL, "networks": networks})
        assert made.status_code == 201
        key, is_seen = made.get_json()["id"], networks != ["elsewhere"]
        for verb in ("revoke", "rotate"):
            problem_of(admin.post(f"/v1/keys/{key}/{verb}", json={}), 403 if is_seen else 404)
        assert pointsman.api_keys.current(key) is not None
    problem_of(admin.get("/v1/keys/none"), 404)


def test_under_four_eyes_nobody_gets_a_key_by_which_they_could_act_as_a_second_person(
    pointsman, server_url, network, clock
):
    settings = dataclasses.replace(pointsman.settings, access=AccessSettings(four_eyes=True))
    made = {role: pointsman.api_keys.create(role=role, client="Bea", networks=(network,)) for role in ("oms", "admin")}
    with Pointsman(settings, clock=clock) as strict:
        ada = client_of(strict, create_app(strict), client="Ada", role="admin", networks=(network,))
        for role, status in (("oms", 201), ("auditor", 201), ("merchandiser", 403), ("admin", 403)):
            answer = ada.post("/v1/keys", json={"client": "Bea", "role": role})
            assert answer.status_code == status, role
        assert "POINTSMAN_FOUR_EYES" in problem_of(answer, 403)["detail"]
        problem_of(ada.post(f"/v1/keys/{made['admin'].stored.id}/rotate", json={}), 403)
        assert ada.post(f"/v1/keys/{made['oms'].stored.id}/rotate", json={}).status_code == 200
        assert ada.post(f"/v1/keys/{made['admin'].stored.id}/revoke").status_code == 200


def test_a_key_ends_when_it_says(admin, clock, http):
    soon = admin.post("/v1/keys", json={**TILL, "expires_at": "2100-01-01T00:00:00Z"}).get_json()["key"]
    nobody = http.application.test_client()
    assert nobody.get("/v1/holds", environ_base=bearer(soon)).status_code == 200
    clock.now = 4_102_444_800
    try:
        assert nobody.get("/v1/holds", environ_base=bearer(soon)).status_code == 401
    finally:
        clock.now = NOW
