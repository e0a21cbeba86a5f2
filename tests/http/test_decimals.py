"""Quantities with decimals, from a request to what it is answered: integers in between, exact everywhere."""

import json
from decimal import Decimal

import pytest

from engine.errors import InputInvalid
from tests.conftest import activate
from tests.support.facts import LILLE, LYON, inventory, node, product

CLOTH = product("CLOTH", weight=500, unit="m", decimals=2)


def loaded(bare, cloth=CLOTH, **more):
    """3,140.00 m of cloth in Lyon, and three lamps."""
    facts = inventory(
        [node("lyon", LYON, unit_handling=1_000_000), node("lille", LILLE)],
        {"CLOTH": {"lyon": 314_000}, "LAMP": {"lyon": 3}},
        products=[cloth],
        decimals={"CLOTH": cloth.decimals} if cloth.decimals else {},
        **more,
    )
    bare.load(facts)


@pytest.fixture
def pointsman(bare):
    loaded(bare)
    activate(bare)
    return bare


def order(quantity, name="A", sku="CLOTH"):
    return {
        "id": name,
        "channel": "web",
        "placed_at": "2026-11-27T09:00:00Z",
        "destination": {"country": "FR", "latitude": 48.85, "longitude": 2.35},
        "lines": [{"sku": sku, "quantity": quantity}],
    }


def sent(http, path, body, method="post"):
    return getattr(http, method)(f"/v1{path}", json=body)


def read(response):
    """The JSON of an answer, its numbers exact."""
    return json.loads(response.get_data(), parse_float=Decimal)


def decide(http, quantity, name="A", sku="CLOTH"):
    response = sent(http, "/decisions", order(quantity, name, sku))
    assert response.status_code in (200, 201), response.get_data()
    return read(response)


@pytest.mark.parametrize("quantity", [3106.4, "3106.40", "3106.4"])
def test_a_quantity_is_a_number_or_a_text_and_is_answered_with_all_its_decimals(http, pointsman, quantity):
    decided = decide(http, quantity)
    assert str(decided["shipments"][0]["lines"][0]["quantity"]) == "3106.40"
    assert str(decided["order"]["lines"][0]["quantity"]) == "3106.40"
    assert str(decided["stock"]["CLOTH"]["lyon"]["on_hand"]) == "3140.00"
    assert pointsman.stock.show("CLOTH").nodes[0].position.held == 310_640
    assert decide(http, 33.6, "B")["status"] == "filled"
    assert decide(http, "0.01", "C")["status"] == "unfilled", "nothing is left"
    assert pointsman.check().clean


def test_what_is_finer_or_too_much_is_refused(http):
    for quantity, message in (
        (1.005, "'CLOTH' is counted with 2 decimals; 1.005 is finer"),
        (1_000_000, "1000000 of 'CLOTH' is more than can be counted, 10000.00"),
        (0, "a quantity is a whole number from 1"),
        (-0.5, "a quantity is a whole number from 1"),
        (True, "a quantity is a whole number from 1"),
        ("much", "'much' is no number"),
    ):
        response = sent(http, "/decisions", order(quantity))
        assert response.status_code == 422, quantity
        (mistake,) = response.get_json()["errors"]
        assert (mistake["field"], mistake["message"][: len(message)]) == ("lines.0.quantity", message)
    assert sent(http, "/decisions", order(1.5, sku="LAMP")).status_code == 422
    assert sent(http, "/decisions", order("1", sku="LAMP")).status_code == 422


def test_a_whole_number_is_of_whole_units(http, pointsman):
    assert str(decide(http, 2)["shipments"][0]["lines"][0]["quantity"]) == "2.00"
    assert decide(http, 2, "B", sku="LAMP")["shipments"][0]["lines"][0]["quantity"] == 2
    assert pointsman.stock.show("CLOTH").nodes[0].position.held == 200


def test_prices_and_weights_are_of_a_whole_unit(http, pointsman):
    """5.00 for the parcel, 1.00 a metre."""
    assert decide(http, 2.5)["cost_micros"] == 7_500_000
    activate(pointsman, "then: {prefer: 0.50}")
    assert decide(http, 2.5, "B")["score"]["money_micros"] == 6_250_000


def test_rules_count_units_that_are_begun_and_keep_whole_ones(http, pointsman):
    activate(pointsman, "when: {line.quantity: {at_least: 3}}, then: {keep: 3000, oversell: 10}")
    assert decide(http, 2.01)["rules"]["fired"] == {"test/r1": 1}
    assert decide(http, 2, "B")["rules"]["fired"] == {}
    decided = decide(http, 200, "C")
    assert str(decided["shipments"][0]["lines"][0]["quantity"]) == "145.99"
    assert str(decided["unfilled"][0]["reasons"][0]["units"]) == "2990.00"
    available = read(http.get("/v1/availability?sku=CLOTH&channel=web"))
    assert str(available["skus"][0]["free"]) == "2990.00", "the rule asks for a line, of which nothing is known here"
    assert pointsman.check().clean


def test_units_are_confirmed_cancelled_and_rejected_by_their_decimals(http, pointsman):
    name = decide(http, 10.25)["id"]
    confirmed = read(sent(http, f"/decisions/{name}/confirm", {"lines": {"1": 1.25}}))
    assert [str(line["quantity"]) for line in confirmed["shipments"][0]["lines"]] == ["9.00"]
    cancelled = read(sent(http, "/orders/A/cancel", {"lines": {"CLOTH": "0.5"}}))
    assert (str(cancelled["units"][0]["quantity"]), str(cancelled["cancelled"]["1"])) == ("0.50", "0.50")
    state = read(http.get("/v1/orders/A"))["lines"][0]
    assert [str(state[name]) for name in ("ordered", "cancelled", "held", "shipped", "unfilled")] == [
        *("10.25", "0.50", "8.50", "1.25", "0.00")
    ]
    rejected = {"node": "lyon", "reason": "not_in_stock", "lines": {"1": 8}, "on_hand": 0.5}
    assert sent(http, f"/decisions/{name}/reject", rejected).status_code == 201
    assert pointsman.stock.show("CLOTH").nodes[0].position == (50, 50, None)
    assert sent(http, f"/decisions/{name}/confirm", {"lines": {"1": 0.001}}).status_code == 422
    assert pointsman.check().clean


def test_counts_and_movements_have_decimals(http, pointsman):
    counted = read(sent(http, "/stock/lyon/CLOTH", {"on_hand": 12.5, "sequence": 1}, "put"))
    assert str(counted["on_hand"]) == "12.50"
    assert sent(http, "/stock/lyon/CLOTH", {"on_hand": 12.505, "sequence": 2}, "put").status_code == 422
    assert sent(http, "/stock/lyon/LAMP", {"on_hand": 1.5, "sequence": 1}, "put").status_code == 422
    lines = [
        {"op": "1", "node": "lyon", "sku": "CLOTH", "delta": -0.75},
        {"op": "2", "node": "lyon", "sku": "CLOTH", "delta": 0.001},
        {"op": "3", "node": "lyon", "sku": "LAMP", "delta": 1},
    ]
    body = "".join(json.dumps(line) + "\n" for line in lines)
    response = http.post("/v1/stock/movements", data=body, content_type="application/x-ndjson")
    first, second, third = (json.loads(line, parse_float=Decimal) for line in response.get_data().splitlines())
    assert (str(first["on_hand"]), second["result"], third["on_hand"]) == ("11.75", "refused", 4)
    assert "is finer" in second["message"]
    assert pointsman.stock.show("CLOTH").nodes[0].position.on_hand == 1_175


def test_batches_amendments_quotes_and_feeds_have_decimals(http):
    batch = read(sent(http, "/decisions/batch", {"orders": [order(1.5), order(2, "B", "LAMP")]}))
    first, second = (item["decision"]["shipments"][0]["lines"][0]["quantity"] for item in batch["orders"])
    assert (str(first), second) == ("1.50", 2)
    amended = read(sent(http, "/orders/A/amend", order(2.25)))
    assert [str(amended["changed"][0][part]) for part in ("from", "to")] == ["1.50", "2.25"]
    cart = {name: value for name, value in order(0.75).items() if name not in ("id", "placed_at")}
    quote = read(sent(http, "/quotes", cart))
    assert str(quote["promises"][0]["shipments"][0]["lines"][0]["quantity"]) == "0.75"
    feed = http.get("/v1/availability/feed?channel=web").get_data().decode().splitlines()
    assert '{"sku":"CLOTH","free":3137.75}' in feed
    assert '{"sku":"LAMP","free":1}' in feed


def test_the_decimals_of_a_sku_stay(http, pointsman):
    decide(http, 1.5)
    for decimals in (0, 3):
        with pytest.raises(InputInvalid, match="'CLOTH' had 2 decimals so far"):
            loaded(pointsman, product("CLOTH", decimals=decimals))
    with pytest.raises(InputInvalid, match="'LAMP' had 0 decimals so far"):
        pointsman.load(
            inventory(
                [node("lyon", LYON)],
                {"CLOTH": {}, "LAMP": {}},
                products=[CLOTH, product("LAMP", decimals=1)],
                decimals={"CLOTH": 2, "LAMP": 1},
            )
        )
    pointsman.load(inventory([node("lyon", LYON)], {"LAMP": {"lyon": 1}}))
    assert str(read(http.get("/v1/orders/A"))["lines"][0]["held"]) == "1.50", "what is gone is still shown so"
    with pytest.raises(InputInvalid, match="'CLOTH' had 2 decimals so far"):
        loaded(pointsman, product("CLOTH"))


def test_a_page_asks_for_whole_units(http):
    def promised(quantity):
        body = {"skus": ["CLOTH"], "channel": "web", "quantity": quantity, "destination": order(1)["destination"]}
        return sent(http, "/promises", body).get_json()["promises"][0]["arrives_by"]

    assert promised(3_140) is not None
    assert promised(3_141) is None


def test_what_is_wrong_with_units_is_said_with_their_decimals(http, pointsman, clock):
    made = decide(http, 2.5)

    def refused(path, body):
        answer = sent(http, path, body)
        assert answer.status_code in (409, 422)
        return answer.get_data(as_text=True)

    path = f"/decisions/{made['id']}"
    too_many = refused(f"{path}/confirm", {"lines": {"CLOTH": 2.51}})
    assert "2.51 x 'CLOTH' can't be confirmed: held are 2.50 of line 1 (CLOTH) by lyon/parcel" in too_many
    assert "2.6 x '1' can't be" in refused(f"{path}/release", {"lines": {"1": 2.6}}).replace("2.60", "2.6")
    assert "3.00 x 'CLOTH' can't be rejected" in refused(
        f"{path}/reject", {"node": "lyon", "reason": "other", "lines": {"CLOTH": 3}}
    )
    assert "9.00 x 'CLOTH' can't be cancelled: 2.50 can" in refused("/orders/A/cancel", {"lines": {"CLOTH": 9}})
    sent(http, f"{path}/confirm", {"lines": {"CLOTH": 1.25}})
    assert "1.25 x CLOTH (line 1) by lyon/parcel left already" in refused("/orders/A/cancel", {"lines": {"1": 2}})
    assert "1.25 x CLOTH (line 1) left already, so keep this line with its SKU and a quantity of 1.25" in refused(
        "/orders/A/amend", order(1)
    )
    assert "1.26 x 'CLOTH' can't be undone" in refused(f"{path}/confirm/undo", {"lines": {"CLOTH": 1.26}})


def test_what_is_not_there_yet_or_any_more_is_said_with_its_decimals(http, pointsman, clock):
    activate(pointsman, "then: {hold: 1 h, oversell: 1}")
    sent(http, "/stock/lyon/CLOTH", {"on_hand": 0.5, "sequence": 1}, "put")
    path = f"/decisions/{decide(http, 1.25)['id']}/confirm"
    assert "where 0.50 are on hand" in sent(http, path, {}).get_json()["detail"]
    clock.now += 7_200
    assert "0.50 of CLOTH at lyon are on hand and held for nobody" in sent(http, path, {}).get_json()["detail"]
