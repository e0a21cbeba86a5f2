"""Paces of sale over HTTP: learnt, shown, and refused where the network has them from its files."""

import dataclasses
import time

import pytest

from api.records.flows.demand import DemandRecord, LearningRecord
from engine.model.demand import DemandTerms
from engine.store.network.serialization import inventory_version
from engine.store.stock import Movement
from tests.conftest import activate, small
from tests.support.callers import client_of
from tests.support.openapi import mistakes_in
from tests.support.problem_json import problem_of

DAY, WINDOW = 86_400, 8


def asking_for(terms):
    inventory = small()
    asked = dataclasses.replace(inventory, network=dataclasses.replace(inventory.network, demand=terms))
    version = inventory_version(asked)
    return dataclasses.replace(asked, network=dataclasses.replace(asked.network, version=version))


@pytest.fixture
def sold(http, pointsman, clock, bare):
    """Of SHIRT in Lyon, one was sold at the till on each day of the window."""
    clock.now = (int(time.time()) // DAY - WINDOW - 1) * DAY + 43_200
    pointsman.forget()
    pointsman.load(asking_for(DemandTerms(source="log", window=WINDOW)))
    activate(pointsman)
    for day in range(WINDOW):
        clock.now += DAY
        pointsman.stock.move([Movement(op=str(day), node="lyon", sku="SHIRT", delta=-1, reason="sale")])
    clock.now += DAY
    return http


def checked(http, record, response):
    assert response.status_code == 200, response.data
    assert mistakes_in(http, record, response.get_json()) == []
    return response.get_json()


def test_paces_are_learnt_and_shown_with_what_they_were_made_of(sold):
    given = checked(sold, DemandRecord, sold.get("/v1/demand?sku=SHIRT"))
    assert given["nodes"] == [
        {"node": "lyon", "daily_sales": "2.500"},
        {"node": "paris", "daily_sales": "1.000"},
    ]
    assert (given["source"], "learnt_from" in given) == ("log", False)
    tried = checked(sold, LearningRecord, sold.post("/v1/demand/learn?dry_run=true"))
    assert tried["network_version"] is None
    learnt = checked(sold, LearningRecord, sold.post("/v1/demand/learn"))
    assert learnt["changes"] == tried["changes"]
    assert learnt["changes"][0] == {
        "sku": "SHIRT",
        "node": "lyon",
        "daily_sales": "1.000",
        "former": "2.500",
        "learnt": {"method": "mean", "units": 8, "days": 8, "given": "2.500"},
    }
    shown = checked(sold, DemandRecord, sold.get("/v1/demand?sku=SHIRT"))
    assert shown["learnt_from"] == learnt["learnt_from"]
    by_node = {item["node"]: item for item in shown["nodes"]}
    assert by_node["lyon"]["daily_sales"] == "1.000"
    assert by_node["lille"] == {
        "node": "lille",
        "daily_sales": "0.000",
        "learnt": {"method": "mean", "units": 0, "days": 8, "given": None},
    }


def test_given_paces_stay_unless_the_network_asks_for_learnt_ones(http, pointsman):
    problem = problem_of(http.post("/v1/demand/learn"), 409)
    assert problem["type"].endswith(":not-learnt")
    assert "from: log" in problem["detail"]


@pytest.mark.parametrize(
    ("call", "status"),
    [("/v1/demand", 422), ("/v1/demand?sku=", 422), ("/v1/demand?sku=GONE", 404), ("/v1/demand?sku=A&more=1", 422)],
)
def test_what_is_asked_for_wrongly_is_refused(http, call, status):
    problem_of(http.get(call), status)


def test_a_dry_run_is_asked_for_in_clear_words(http):
    problem_of(http.post("/v1/demand/learn?dry_run=yes"), 422)
    problem_of(http.post("/v1/demand/learn?dryrun=true"), 422)


def test_who_may_not_touch_stock_may_learn_nothing_and_may_look(http, pointsman):
    auditor = client_of(pointsman, http.application, role="auditor")
    problem_of(auditor.post("/v1/demand/learn"), 403)
    checked(auditor, DemandRecord, auditor.get("/v1/demand?sku=SHIRT"))
    merchandiser = client_of(pointsman, http.application, role="merchandiser")
    problem_of(merchandiser.post("/v1/demand/learn"), 403)
    checked(merchandiser, DemandRecord, merchandiser.get("/v1/demand?sku=SHIRT"))
