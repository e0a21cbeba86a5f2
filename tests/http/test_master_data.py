"""Products and nodes that change between two loads: sent one by one or in bulk, without touching what was counted."""

import dataclasses
import json

import pytest

from api.http.requests import ndjson
from api.records.stock.master_data import (
    NetworkNodeRecord,
    NetworkProductRecord,
    SentNodeRecord,
    SentProductRecord,
    StoredNodeRecord,
    StoredProductRecord,
)
from tests.conftest import activate
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json
from tests.support.problem_json import fields_of, problem_of

MUG = {
    "category": "home",
    "lifecycle": "new",
    "weight_g": 350,
    "tags": ["fragile", "gift"],
    "attributes": {"hazmat": False},
}
NICE = {
    "type": "store",
    "latitude": 43.7,
    "longitude": 7.26,
    "country": "FR",
    "services": ["parcel"],
    "handling": 1.5,
    "hours": {"monday": ["09:00-18:00"], "tuesday": ["09:00-18:00"]},
    "closed": ["2026-12-25"],
    "daily_orders": 40,
}
NDJSON = {"content_type": "application/x-ndjson"}


def put(http, path, body, kind):
    answer = http.put(path, json=body)
    assert answer.status_code == 200, answer.text
    assert mistakes_in(http, kind, answer.get_json()) == []
    return answer.get_json()


def post(http, path, body, kind, **more):
    response = http.post(path, data=body, **(more or NDJSON))
    assert (response.status_code, response.content_type) == (200, "application/x-ndjson"), response.text
    answers = [json.loads(text) for text in response.data.splitlines()]
    assert all(mistakes_in(http, kind, answer) == [] for answer in answers)
    return answers


def lines(*items):
    return b"".join(item if isinstance(item, bytes) else json.dumps(item).encode() + b"\n" for item in items)


def on_hand(http, sku):
    return {item["node"]: item["on_hand"] for item in http.get(f"/v1/stock/{sku}").get_json()["nodes"]}


def test_a_new_product_can_be_counted_and_ordered_and_others_keep_their_stock(http):
    http.put("/v1/stock/lyon/SHIRT", json={"on_hand": 77, "sequence": 1})
    before = on_hand(http, "SHIRT")
    stored = put(http, "/v1/products/MUG", MUG, StoredProductRecord)
    assert (stored["sku"], stored["result"]) == ("MUG", "new")
    assert http.put("/v1/stock/lyon/MUG", json={"on_hand": 3, "sequence": 1}).status_code == 200
    assert http.post("/v1/decisions", json=order_json(("MUG", 2))).get_json()["status"] == "filled"
    assert on_hand(http, "SHIRT") == before
    assert put(http, "/v1/products/MUG", MUG, StoredProductRecord)["result"] == "same"
    assert put(http, "/v1/products/MUG", MUG | {"weight_g": 400}, StoredProductRecord)["result"] == "changed"
    assert on_hand(http, "MUG") == {"lyon": 3}


def test_rules_see_what_a_product_became(http, pointsman):
    activate(pointsman, "when: {product.lifecycle: end_of_line, product.tags: {has: fragile}}, then: {exclude: true}")
    put(http, "/v1/products/MUG", MUG, StoredProductRecord)
    http.put("/v1/stock/lyon/MUG", json={"on_hand": 3, "sequence": 1})
    for lifecycle, status in (("core", "filled"), ("end_of_line", "unfilled")):
        put(http, "/v1/products/MUG", MUG | {"lifecycle": lifecycle}, StoredProductRecord)
        body = order_json(("MUG", 1), id=f"W-{lifecycle}")
        assert http.post("/v1/decisions", json=body).get_json()["status"] == status
    assert pointsman.check().clean


def test_a_node_opens_moves_and_ships_with_the_stock_it_has(http, pointsman):
    stored = put(http, "/v1/nodes/nice", NICE, StoredNodeRecord)
    assert (stored["node"], stored["result"]) == ("nice", "new")
    node = pointsman.network().nodes["nice"]
    assert (node.handling, node.daily_orders, len(node.hours.week[0])) == (1_500_000, 40, 1)
    http.put("/v1/stock/nice/RARE", json={"on_hand": 9, "sequence": 1})
    assert on_hand(http, "RARE")["nice"] == 9
    assert put(http, "/v1/nodes/nice", NICE, StoredNodeRecord)["result"] == "same"
    moved = NICE | {"latitude": "43.71", "handling": "1.50"}
    assert put(http, "/v1/nodes/nice", moved, StoredNodeRecord)["result"] == "changed"
    assert on_hand(http, "RARE")["nice"] == 9
    assert http.get("/readyz").get_json()["network_version"] == pointsman.network().version


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/products/MUG", MUG | {"weight_g": -1}, "weight_g"),
        ("/v1/products/MUG", MUG | {"unit_margin": "-1"}, "unit_margin"),
        ("/v1/products/MUG", MUG | {"lifecycle": "old"}, "lifecycle"),
        ("/v1/products/MUG", {"category": "home"}, "lifecycle"),
        ("/v1/products/MUG", MUG | {"colour": "red"}, "colour"),
        ("/v1/products/MUG", MUG | {"attributes": {"colour": "red"}}, "attributes.colour"),
        ("/v1/products/MUG", MUG | {"attributes": {"hazmat": "maybe"}}, "attributes.hazmat"),
        ("/v1/nodes/nice", NICE | {"services": ["rocket"]}, "services.0"),
        ("/v1/nodes/nice", NICE | {"latitude": -43.7}, "latitude"),
        ("/v1/nodes/nice", NICE | {"hours": "shop"}, "hours"),
        ("/v1/nodes/nice", NICE | {"time_zone": "Europe/Nice"}, "time_zone"),
        ("/v1/nodes/nice", NICE | {"cut_offs": {"courier": "15:00"}}, "cut_offs.courier"),
        ("/v1/nodes/nice", NICE | {"handling": -1}, "handling"),
        ("/v1/nodes/nice", NICE | {"id": "nice"}, "id"),
    ],
)
def test_a_mistake_is_named_by_its_field_and_changes_nothing(http, contents, path, body, field):
    before = contents()
    assert field in fields_of(problem_of(http.put(path, json=body), 422))
    assert contents() == before


def test_products_in_bulk_are_answered_line_by_line_and_a_mistake_keeps_no_other_out(http):
    body = lines(
        MUG | {"sku": "MUG"},
        b"{\n",
        MUG | {"sku": "CUP", "weight_g": 1.5},
        MUG | {"sku": "MUG", "weight_g": 360},
        {**MUG, "sku": "PAN", "attributes": {"colour": "red"}},
        MUG | {"sku": "POT"},
    )
    answers = post(http, "/v1/products", body, SentProductRecord)
    assert [(item["line"], item.get("sku"), item["result"]) for item in answers] == [
        (1, "MUG", "new"),
        (2, None, "refused"),
        (3, "CUP", "refused"),
        (4, "MUG", "changed"),
        (5, "PAN", "refused"),
        (6, "POT", "new"),
    ]
    assert answers[1]["message"].startswith("this is no JSON")
    assert "weight_g" in answers[2]["message"]
    assert "attributes.colour: 'colour' is not declared" in answers[4]["message"]
    assert next(item["result"] for item in post(http, "/v1/products", body, SentProductRecord)) == "changed"


def test_products_come_as_csv_as_well(http, monkeypatch):
    monkeypatch.setattr(ndjson, "LINES_AT_ONCE", 2)
    body = "sku,category,lifecycle,weight_g,tags,attributes.hazmat\nMUG,home,new,350,fragile|gift,false\n"
    body += "CUP,home,old,1,,\nPOT,home,core,1200,,true\nPAN,home,core\nLID,home,core,90,,\n"
    answers = post(http, "/v1/products", body.encode(), SentProductRecord, content_type="text/csv")
    assert [(item["line"], item["result"]) for item in answers] == [
        (2, "new"),
        (3, "refused"),
        (4, "new"),
        (5, "refused"),
        (6, "new"),
    ]
    assert put(http, "/v1/products/MUG", MUG, StoredProductRecord)["result"] == "same"
    (missing,) = post(http, "/v1/products", b"sku,category\nA,home\n", SentProductRecord, content_type="text/csv")[:1]
    assert (missing["line"], missing["message"]) == (1, "lifecycle: this column is missing")


def test_nodes_in_bulk_are_answered_line_by_line(http, pointsman):
    body = lines(
        {**NICE, "id": "nice"}, {**NICE, "id": "metz", "services": []}, NICE, {**NICE, "id": "a", "type": "kiosk"}
    )
    answers = post(http, "/v1/nodes", body, SentNodeRecord)
    assert [(item.get("node"), item["result"]) for item in answers] == [
        ("nice", "new"),
        ("metz", "new"),
        (None, "refused"),
        ("a", "refused"),
    ]
    assert {"nice", "metz"} <= pointsman.network().nodes.keys()


def test_nodes_come_as_csv_as_well(http, pointsman):
    body = (
        "id;type;country;services;latitude;longitude;handling;tags;closed;hours.monday;cut_offs.parcel;"
        "cut_offs.parcel.monday;daily_weight\n"
        "nice;store;FR;parcel;43,7;7,26;1,5;big|new;2026-12-25;09:00-12:00|14:00-18:00;;15:00;80 kg\n"
        "metz;store;FR;parcel;49,1;6,2;;;;;17:00;;\n"
        "brest;store;FR;parcel;48,4;-4,5;;;;;17:00;15:00;\n"
        ";store;FR;parcel;48,4;-4,5;;;;;;;\n"
        "caen;store;FR;rocket;49,2;-0,4;;;;;;;\n"
        "dijon;store;FR;parcel;47,3;5,0;;;;9-12;;;\n"
    )
    answers = post(http, "/v1/nodes", body.encode(), SentNodeRecord, content_type="text/csv")
    assert [(item.get("node"), item["result"]) for item in answers] == [
        ("nice", "new"),
        ("metz", "new"),
        *((name, "refused") for name in ("brest", None, "caen", "dijon")),
    ]
    messages = [item["message"].partition(":")[0] for item in answers[2:]]
    assert messages == ["cut_offs.parcel", "id", "services.0", "hours.monday.0"]
    written = NICE | {"hours": {"monday": ["09:00-12:00", "14:00-18:00"]}, "cut_offs": {"parcel": {"monday": "15:00"}}}
    written |= {"tags": ["big", "new"], "daily_weight": "80 kg"}
    del written["daily_orders"]
    assert put(http, "/v1/nodes/nice", written, StoredNodeRecord)["result"] == "same"
    assert pointsman.network().nodes["metz"].cut_offs == {"parcel": 17 * 60}


@pytest.mark.parametrize("path", ["/v1/products", "/v1/nodes"])
def test_another_kind_of_body_is_refused(http, path):
    problem_of(http.post(path, json={}), 415)


def test_an_order_that_waits_gets_what_a_new_node_has(http, pointsman):
    put(http, "/v1/products/MUG", MUG, StoredProductRecord)
    put(http, "/v1/nodes/nice", NICE | {"services": []}, StoredNodeRecord)
    http.put("/v1/stock/nice/MUG", json={"on_hand": 2, "sequence": 1})
    waiting = http.post("/v1/decisions?wait=true", json=order_json(("MUG", 2))).get_json()
    assert waiting["status"] == "unfilled"
    put(http, "/v1/nodes/nice", NICE, StoredNodeRecord)
    assert pointsman.take_turn()
    order = http.get(f"/v1/orders/{waiting['order']['id']}").get_json()
    assert [line["held"] for line in order["lines"]] == [2]
    assert pointsman.check().clean


def test_a_product_s_decimals_are_those_it_has_had(http):
    cloth = MUG | {"unit": "m", "decimals": 2}
    put(http, "/v1/products/CLOTH", cloth, StoredProductRecord)
    assert http.put("/v1/stock/lyon/CLOTH", json={"on_hand": 12.5, "sequence": 1}).get_json()["on_hand"] == 12.5
    assert put(http, "/v1/products/CLOTH", cloth | {"season": "summer"}, StoredProductRecord)["result"] == "changed"
    for sku, other in (("CLOTH", cloth | {"decimals": 1}), ("CLOTH", MUG), ("SHIRT", MUG | {"decimals": 2})):
        assert fields_of(problem_of(http.put(f"/v1/products/{sku}", json=other), 422)) == ["decimals"]
        (line,) = post(http, "/v1/products", lines(other | {"sku": sku}), SentProductRecord)
        assert (line["result"], "give the article another SKU" in line["message"]) == ("refused", True)
    assert http.get("/v1/stock/CLOTH").get_json()["on_hand"] == 12.5


RICH = {
    "type": "warehouse",
    "country": "FR",
    "region": "Sud",
    "group": "riviera",
    "latitude": 43.00001,
    "longitude": 0.00001,
    "services": ["parcel"],
    "tags": ["big", "new"],
    "handling": 0.25,
    "handling_per_unit": "0.05",
    "preparation": "90 min",
    "time_zone": "Europe/Paris",
    "hours": {"monday": ["09:00-12:00", "14:00-24:00"], "sunday": ["00:00-06:00"]},
    "closed": ["2026-12-25", "2026-05-01"],
    "cut_offs": {"parcel": {"monday": "15:00", "sunday": "05:30"}},
    "daily_orders": 0,
    "hourly_orders": 4,
    "daily_units": 90,
    "daily_weight": "80.5 kg",
}


@pytest.mark.parametrize(
    "node",
    [
        NICE,
        RICH,
        RICH | {"hours": {"friday": ["08:00-20:00"]}, "closed": [], "cut_offs": {"parcel": "24:00"}},
        {name: RICH[name] for name in ("type", "country", "latitude", "longitude", "services", "closed")},
    ],
)
def test_a_node_that_was_read_can_be_sent_again(http, pointsman, node):
    put(http, "/v1/nodes/nice", node, StoredNodeRecord)
    stored, read = pointsman.network().nodes["nice"], http.get("/v1/nodes/nice").get_json()
    assert mistakes_in(http, NetworkNodeRecord, read) == []
    assert (read["id"], read["network_version"]) == ("nice", pointsman.network().version)
    assert read["node"].get("cut_offs", {}) == node.get("cut_offs", {})
    again = put(http, "/v1/nodes/nice", read["node"], StoredNodeRecord)
    assert again == {"node": "nice", "result": "same", "network_version": read["network_version"]}
    put(http, "/v1/nodes/again", read["node"], StoredNodeRecord)
    assert dataclasses.replace(pointsman.network().nodes["again"], id="nice") == stored


@pytest.mark.parametrize(
    "product",
    [
        MUG,
        {"category": "gift", "lifecycle": "core", "weight_g": 0, "counted": False},
        MUG | {"decimals": 2, "unit": "m"},
        MUG | {"unit_margin": "7.50"},
        MUG | {"unit_margin": "0.00"},
    ],
)
def test_a_product_that_was_read_can_be_sent_again(http, product):
    put(http, "/v1/products/a/b", product | {"brand": "Noir", "season": "summer"}, StoredProductRecord)
    read = http.get("/v1/products/a/b").get_json()
    assert mistakes_in(http, NetworkProductRecord, read) == []
    assert read["product"] == product | {"brand": "Noir", "season": "summer"}
    assert put(http, "/v1/products/a/b", read["product"], StoredProductRecord)["result"] == "same"


@pytest.mark.parametrize("path", ["/v1/products/GONE", "/v1/nodes/gone"])
def test_what_is_not_there_is_not_found(http, path):
    assert path.split("/")[-1] in problem_of(http.get(path), 404)["detail"]


def test_every_place_of_the_data_can_be_read_and_sent_again(http, pointsman):
    for name in pointsman.network().nodes:
        read = http.get(f"/v1/nodes/{name}").get_json()["node"]
        assert put(http, f"/v1/nodes/{name}", read, StoredNodeRecord)["result"] == "same"
    for sku in ("SHIRT", "RARE", "LAMP"):
        read = http.get(f"/v1/products/{sku}").get_json()["product"]
        assert put(http, f"/v1/products/{sku}", read, StoredProductRecord)["result"] == "same"


@pytest.mark.parametrize("value", [0, 1, "true", "yes", None, 0.0])
def test_what_is_true_or_false_is_nothing_else(http, value):
    product = {"category": "home", "lifecycle": "new", "weight_g": 120, "counted": value}
    answer = http.put("/v1/products/NEW", json=product)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == ["counted"]


def test_a_tag_of_a_product_that_would_be_two_in_a_file_is_refused(http, contents):
    before, more = contents(), {"tags": ["gift", "a|b"]}
    refused = problem_of(http.put("/v1/products/MUG", json=MUG | more), 422)
    assert fields_of(refused) == ["tags"]
    assert "which stands between words" in refused["detail"]
    (line,) = http.post("/v1/products", data=json.dumps(MUG | more | {"sku": "MUG"}), **NDJSON).data.splitlines()
    assert json.loads(line)["result"] == "refused"
    assert contents() == before
