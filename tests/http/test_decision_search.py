"""GET /v1/decisions: what is found, page by page, and what is refused."""

import pytest

from api.records.decisions import DecisionsPageRecord
from tests.conftest import activate
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json
from tests.support.problem_json import fields_of


def sent(http, **more):
    return http.post("/v1/decisions", json=order_json(**more)).get_json()


def found(http, **query):
    answer = http.get("/v1/decisions", query_string=query)
    assert answer.status_code == 200
    assert mistakes_in(http, DecisionsPageRecord, answer.get_json()) == []
    return answer.get_json()


def test_decisions_are_listed_last_first_with_what_they_are_searched_by(http, pointsman):
    activate(pointsman, "then: {hold: 1h}")
    first, second = sent(http, channel="app"), sent(http)
    page = found(http)
    assert ([item["id"] for item in page["decisions"]], page["next"]) == ([second["id"], first["id"]], None)
    item = page["decisions"][1]
    assert {name: item[name] for name in ("order", "channel", "status", "because", "skus", "fired", "by")} == {
        "order": first["order"]["id"],
        "channel": "app",
        "status": "filled",
        "because": None,
        "skus": ["SHIRT"],
        "fired": ["test/r1"],
        "by": item["caller"],
    }
    assert item["nodes"] == sorted({shipment["node"] for shipment in first["shipments"]})
    assert http.get(f"/v1/decisions/{item['id']}").get_json()["cost_micros"] == item["cost_micros"]


def test_a_search_goes_on_after_the_page_before(http):
    made = [sent(http)["id"] for _ in range(3)]
    page = found(http, limit=2, sku="SHIRT")
    rest = found(http, limit=2, sku="SHIRT", after=page["next"])
    assert [item["id"] for item in page["decisions"] + rest["decisions"]] == made[::-1]


@pytest.mark.parametrize(
    "query",
    [
        {"channel": "app"},
        {"from": "2100-01-01T00:00:00Z"},
        {"until": "2020-01-01T00:00:00Z"},
        {"decided_from": "2100-01-01T00:00:00Z"},
        {"decided_until": "2020-01-01T00:00:00Z"},
        {"policy": "0123456789"},
        {"caller": "nobody"},
        {"order": "nobody"},
        {"status": "unfilled"},
        {"fired": "test/r9"},
    ],
)
def test_each_parameter_narrows_it_down(http, query):
    sent(http)
    assert (len(found(http)["decisions"]), found(http, **query)["decisions"]) == (1, [])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "done"}, "status"),
        ({"policy": "xyz"}, "policy"),
        ({"policy": "012"}, "policy"),
        ({"after": "12"}, "after"),
        ({"limit": 1001}, "limit"),
        ({"from": "yesterday"}, "from"),
        ({"state": "held"}, "state"),
    ],
)
def test_a_parameter_that_says_nothing_is_refused_by_name(http, query, field):
    answer = http.get("/v1/decisions", query_string=query)
    assert (answer.status_code, fields_of(answer.get_json())) == (422, [field])
