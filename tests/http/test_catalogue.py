"""Products and nodes are listed over HTTP, in pages, and found by how they are called."""

import pytest

from api.records.stock.master_data import NodesPageRecord, ProductsPageRecord
from tests.conftest import activate
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json
from tests.support.problem_json import fields_of, problem_of

PRODUCT = {"category": "home", "lifecycle": "core", "weight_g": 100}


def listed(http, path, what, record, **query):
    """Every page of a list, one after the other."""
    items, after = [], None
    while True:
        answer = http.get(path, query_string={**query, **({"after": after} if after else {})})
        assert answer.status_code == 200, answer.text
        page = answer.get_json()
        assert mistakes_in(http, record, page) == []
        items += page[what]
        after = page["next"]
        if after is None:
            return items


def products(http, **query):
    return [item["sku"] for item in listed(http, "/v1/products", "products", ProductsPageRecord, **query)]


def nodes(http, **query):
    return [item["id"] for item in listed(http, "/v1/nodes", "nodes", NodesPageRecord, **query)]


def test_products_are_found_by_their_sku_or_name_page_by_page(http):
    for sku, name in {"TXT:1": "Chemise bleue", "TXT 2": "", "MUG/3": "Tasse txt", "été": "Chemise d’été"}.items():
        assert http.put(f"/v1/products/{sku}", json={**PRODUCT, "name": name}).status_code == 200
    assert products(http, search="txt") == ["TXT 2", "TXT:1", "MUG/3"]
    for limit in (1, 2):
        assert products(http, search="txt", limit=limit) == ["TXT 2", "TXT:1", "MUG/3"]
        assert products(http, search="CHEMISE", limit=limit) == ["SHIRT", "TXT:1", "été"]
    every = products(http)
    assert products(http, limit=2) == every
    assert {"TXT:1", "TXT 2", "MUG/3", "été", "SHIRT"} <= set(every)
    assert http.get("/v1/products?search=mug").get_json()["products"][0]["product"]["name"] == "Tasse txt"


@pytest.mark.parametrize("after", ["x", "s:", "w:one", "w::SKU", "TXT"])
def test_a_cursor_that_no_page_gave_is_refused(http, after):
    answer = http.get("/v1/products", query_string={"after": after})
    assert answer.status_code == 422
    assert fields_of(answer.get_json()) == ["after"]


def test_nodes_are_listed_by_id_and_by_what_they_are(http, pointsman):
    every = nodes(http)
    assert every == sorted(pointsman.network().nodes)
    assert nodes(http, limit=1) == every
    of_type = {name: node for name, node in pointsman.network().nodes.items() if node.type == "store"}
    assert nodes(http, type="store") == sorted(of_type)
    assert nodes(http, service="courier") == sorted(
        name for name, node in pointsman.network().nodes.items() if "courier" in node.services
    )
    assert nodes(http, search=every[0][:2].upper()) == [name for name in every if name.startswith(every[0][:2])]


def test_nodes_are_found_by_their_tags_and_by_whether_they_rest(http, pointsman):
    activate(pointsman, "when: {rejection.reason: no_capacity}, then: {rest_after_rejection: 2 h}")
    assert nodes(http, tag="robotised") == ["lyon"]
    others = [name for name in nodes(http) if name != "lyon"]
    made = http.post("/v1/decisions", json=order_json(("RARE", 1))).get_json()
    http.post(f"/v1/decisions/{made['id']}/reject", json={"node": "lyon", "reason": "no_capacity"})
    assert nodes(http, resting="true") == ["lyon"]
    assert nodes(http, resting="false") == others
    (resting,) = http.get("/v1/nodes?resting=true").get_json()["nodes"]
    assert resting["rests_until"] == "2026-11-27T11:00:00Z"


def test_a_type_that_no_node_can_have_is_refused_with_those_that_there_are(http):
    problem = problem_of(http.get("/v1/nodes?type=shop"), 422)
    (error,) = problem["errors"]
    assert error["field"] == "type"
    assert "warehouse, store, supplier, distributor" in error["message"]
