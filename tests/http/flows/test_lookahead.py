"""The look-ahead prices in force over HTTP."""

import pytest

from api.records.flows.lookahead import LookaheadInForceRecord, LookaheadOfSkuRecord
from tests.support.callers import client_of
from tests.support.lookahead import DAY, table
from tests.support.openapi import mistakes_in
from tests.support.problem_json import problem_of


def checked(http, record, response):
    assert response.status_code == 200, response.data
    assert mistakes_in(http, record, response.get_json()) == []
    return response.get_json()


def test_before_any_was_published_there_is_no_table(http):
    assert checked(http, LookaheadInForceRecord, http.get("/v1/lookahead")) == {}
    assert checked(http, LookaheadOfSkuRecord, http.get("/v1/lookahead/SHIRT")) == {"sku": "SHIRT", "nodes": {}}


def test_the_table_in_force_says_who_learnt_it_and_until_when_it_is_used(http, pointsman, clock):
    prices = {("SHIRT", "lyon"): 2_100_000, ("SHIRT", "paris"): 0, ("of no product", "lyon"): 1}
    made = table(prices, learnt_at=clock.now, network_version=pointsman.network().version, needed_by=clock.now + DAY)
    digest = pointsman.flows.lookahead_tables.publish(made, now=clock.now)
    current = checked(http, LookaheadInForceRecord, http.get("/v1/lookahead"))["current"]
    assert (current["table"], current["learnt_by"], current["skus"], current["prices"]) == (digest, "eve", 2, 2)
    assert (current["too_old"], current["network_version"]) == (False, pointsman.network().version)
    shown = checked(http, LookaheadOfSkuRecord, http.get("/v1/lookahead/SHIRT"))
    assert shown["current"] == current
    assert shown["nodes"] == {
        "lyon": {"price_micros": 2_100_000, "region": "69", "needed_by": current["use_until"]},
    }
    clock.now += DAY + 1
    assert http.get("/v1/lookahead").get_json()["current"]["too_old"] is True


@pytest.mark.parametrize(("path", "status"), [("/v1/lookahead/GONE", 404), ("/v1/lookahead?sku=SHIRT", 422)])
def test_what_there_is_not_is_refused(http, path, status):
    problem_of(http.get(path), status)


@pytest.mark.parametrize("role", ["oms", "merchandiser", "auditor"])
def test_whoever_moves_stock_writes_rules_or_audits_may_read_them(http, pointsman, role):
    caller = client_of(pointsman, http.application, role=role)
    checked(caller, LookaheadInForceRecord, caller.get("/v1/lookahead"))
    checked(caller, LookaheadOfSkuRecord, caller.get("/v1/lookahead/SHIRT"))
