"""GET /v1/caller says who calls, and what they may do."""

import pytest

from api.records.caller import CallerRecord
from engine.model.scopes import ROLE_SCOPES
from tests.conftest import SMALL
from tests.support.callers import client_of
from tests.support.openapi import mistakes_in


@pytest.mark.parametrize("role", ROLE_SCOPES)
def test_whoever_has_a_key_is_told_whose_it_is_and_what_it_allows(pointsman, http, role):
    told = client_of(pointsman, http.application, client="Ada", role=role).get("/v1/caller").json
    assert mistakes_in(http, CallerRecord, told) == []
    assert (told["name"], told["role"], set(told["scopes"])) == ("Ada", role, ROLE_SCOPES[role])
    assert told["network"] in told["networks"]
    assert (told["currency"], told["time_zone"], told["ends_at"]) == ("EUR", "Europe/Paris", None)
    assert "currency: EUR" in (SMALL / "network.yaml").read_text("utf-8")


def test_a_key_of_one_network_is_not_told_of_others(pointsman, http, network):
    told = client_of(pointsman, http.application, networks=(network,)).get("/v1/caller").json
    assert (told["allowed_networks"], told["networks"]) == ([network], [network])


def test_without_a_network_there_is_no_currency_and_no_zone(bare, application):
    told = client_of(bare, application.around(bare)).get("/v1/caller").json
    assert (told["currency"], told["time_zone"]) == (None, None)


def test_nobody_is_told_anything(http):
    answer = http.application.test_client().get("/v1/caller")
    assert answer.status_code == 401
