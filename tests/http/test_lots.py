"""Lots over HTTP: counts and movements that name them, what is shown of them, and what an order gets of them."""

import json

import pytest

from api.records.stock.movements import MovementRecord
from api.records.stock.positions import CountRecord, SkuStockRecord
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json
from tests.support.problem_json import fields_of, problem_of

OLD, SOON, LATER = "2026-11-26", "2026-12-01", "2027-06-01"


def lot(name, on_hand, expires=None):
    return {"lot": name, "on_hand": on_hand} | ({"expires": expires} if expires else {})


def count(http, on_hand, *lots, at="2026-11-27T09:00:31Z"):
    return http.put("/v1/stock/lyon/RARE", json={"on_hand": on_hand, "at": at, "lots": list(lots)})


def move(http, delta, **more):
    body = json.dumps({"op": "a", "node": "lyon", "sku": "RARE", "delta": delta, **more})
    (answer,) = http.post("/v1/stock/movements", data=body, content_type="application/x-ndjson").data.splitlines()
    assert mistakes_in(http, MovementRecord, json.loads(answer)) == []
    return json.loads(answer)


def shown(http):
    answer = http.get("/v1/stock/RARE").get_json()
    assert mistakes_in(http, SkuStockRecord, answer) == []
    return answer["nodes"][0]


def test_a_count_by_lot_is_shown_with_what_has_expired(http):
    answer = count(http, 9, lot("L7", 5, SOON), lot("L9", 3, LATER), lot("L1", 1, OLD)).get_json()
    assert mistakes_in(http, CountRecord, answer) == []
    assert answer["result"] == "set"
    node = shown(http)
    assert (node["on_hand"], node["expired"], node["free"]) == (8, 1, {"*": 8})
    assert node["lots"] == [
        {"lot": "L1", "expires": OLD, "on_hand": 1, "held": 0},
        {"lot": "L7", "expires": SOON, "on_hand": 5, "held": 0},
        {"lot": "L9", "expires": LATER, "on_hand": 3, "held": 0},
    ]


def test_an_order_takes_what_expires_first_of_what_lasts_long_enough(http):
    count(http, 8, lot("L7", 5, SOON), lot("L9", 3, LATER))
    decision = http.post("/v1/decisions", json=order_json(("RARE", 2))).get_json()
    (line,) = decision["shipments"][0]["lines"]
    assert line["lots"] == [{"lot": "L7", "expires": SOON, "units": 2}]
    order = order_json(("RARE", 2), id="o-2")
    order["lines"][0]["min_shelf_life_days"] = 30
    decision = http.post("/v1/decisions", json=order).get_json()
    (line,) = decision["shipments"][0]["lines"]
    assert line["lots"] == [{"lot": "L9", "expires": LATER, "units": 2}]
    assert [item["held"] for item in shown(http)["lots"]] == [2, 2]


def test_no_lots_any_more_and_lots_left_as_they_are(http):
    count(http, 5, lot("L7", 5, SOON))
    http.put("/v1/stock/lyon/RARE", json={"on_hand": 6, "at": "2026-11-27T09:00:32Z"})
    assert [item["on_hand"] for item in shown(http)["lots"]] == [5, 1]
    count(http, 6, at="2026-11-27T09:00:33Z")
    assert "lots" not in shown(http)


@pytest.mark.parametrize(
    ("lots", "fields"),
    [
        ([lot("L7", 5, SOON)], {"lots"}),
        ([lot("L7", 2, SOON), lot("L7", 1, LATER)], {"lots"}),
        ([lot("L7", 3, "2026-13-01")], {"lots.0.expires"}),
        ([{"on_hand": 3}], {"lots.0.lot"}),
        ([lot("L7", -3, SOON)], {"lots.0.on_hand"}),
    ],
)
def test_a_count_whose_lots_are_wrong_is_refused_with_the_field(http, lots, fields):
    problem = problem_of(count(http, 4, *lots), 422)
    assert set(fields_of(problem)) == fields
    assert "lots" not in shown(http)


def test_a_movement_of_a_lot_and_one_that_does_not_fit(http):
    count(http, 5, lot("L7", 5, SOON))
    assert move(http, 2, lot="L9", expires=LATER)["result"] == "applied"
    assert [(item["lot"], item["on_hand"]) for item in shown(http)["lots"]] == [("L7", 5), ("L9", 2)]
    assert move(http, -3, lot="L9", op="b")["result"] == "refused"
    assert move(http, 1, lot="L8", op="c")["result"] == "refused"
    assert move(http, 1, lot="L9", expires=SOON, op="d")["result"] == "refused"
    assert move(http, -6, op="e")["result"] == "applied"
    assert [(item["lot"], item["on_hand"]) for item in shown(http)["lots"]] == [("L9", 1)]
