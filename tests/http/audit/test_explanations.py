"""Why a decision is as it is, over HTTP."""

import pytest

from engine.audit.explanation.record import DecisionExplanationRecord
from tests.conftest import activate
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of


@pytest.fixture
def explain(http):
    """Asks for the explanation of a decision, and checks its shape."""

    def ask(decision: str, query: str = "", **headers: str):
        answer = http.get(f"/v1/decisions/{decision}/explanation{query}", headers=headers)
        assert answer.status_code == 200, answer.get_json()
        assert mistakes_in(http, DecisionExplanationRecord, answer.get_json()) == []
        return answer

    return ask


def sentences(statements):
    return [statement["sentence"] for statement in statements]


def test_an_explanation_has_sentences_and_the_figures_of_the_decision(http, explain):
    made = http.post("/v1/decisions", json=order_json(("SHIRT", 3))).get_json()
    told = explain(made["id"]).get_json()
    assert (told["decision"], told["order"], told["language"]) == (made["id"], made["order"]["id"], "en")
    (chosen,) = told["chosen"]
    (shipment,) = made["shipments"]
    assert chosen["kind"] == "chosen.shipment"
    assert chosen["figures"]["node"] == shipment["node"]
    assert chosen["figures"]["units"] == {"SHIRT": 3}
    assert chosen["figures"]["arrives_by"] == shipment["arrives_by"]
    assert chosen["figures"]["distance_m"] == shipment["distance_m"]
    assert told["costs"]["paid_micros"] == made["cost_micros"]
    assert told["costs"]["compared_micros"] == made["score"]["money_micros"]
    assert "changes" not in told
    assert told["kept"] == []


def test_the_language_is_that_of_the_query_or_of_the_header_or_english(http, explain):
    made = http.post("/v1/decisions", json=order_json()).get_json()
    asked = {
        "": ({}, "en"),
        "?lang=fr": ({}, "fr"),
        "?lang=en": ({"Accept-Language": "fr"}, "en"),
        "?facts": ({"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.5"}, "fr"),
        "?": ({"Accept-Language": "de, en;q=0.5"}, "en"),
    }
    for query, (headers, language) in asked.items():
        answer = explain(made["id"], query.replace("?facts", "?"), **headers)
        assert answer.get_json()["language"] == language
        assert answer.headers["Content-Language"] == language
        assert "Accept-Language" in answer.headers["Vary"]
    french = explain(made["id"], "?lang=fr").get_json()
    assert sentences(french["chosen"])[0].startswith("lille expédie 1 unité de SHIRT par parcel")
    assert [item["figures"] for item in french["places"]] == [
        item["figures"] for item in explain(made["id"]).get_json()["places"]
    ]
    assert problem_of(http.get(f"/v1/decisions/{made['id']}/explanation?lang=de"), 422)


def test_places_are_asked_for_by_name(http, explain):
    made = http.post("/v1/decisions", json=order_json()).get_json()
    told = explain(made["id"], "?why_not=lyon&why_not=lille").get_json()
    asked = [item for item in told["questions"] if item["question"] == "place"]
    assert [item["place"] for item in asked] == ["lyon", "lille"]
    assert asked[0]["asks"] == "Why not from lyon?"
    (compared,) = asked[0]["answers"]
    assert compared["loss"]["part"] == "money"
    assert compared["loss"]["by"] == compared["loss"]["more"]["compared_micros"] == 800_000
    assert compared["sentence"] == (
        "Had all of it come from lyon, it would have counted 0.80 EUR more: handling +0.80 EUR."
    )
    assert sentences(asked[1]["answers"]) == ["lille ships all of this order already."]
    assert problem_of(http.get(f"/v1/decisions/{made['id']}/explanation?why_not=rome"), 404)
    many = "&".join(["why_not=lyon"] * 21)
    assert problem_of(http.get(f"/v1/decisions/{made['id']}/explanation?{many}"), 422)


def test_what_would_have_changed_it_is_told_if_it_is_asked_for(http, pointsman, explain):
    activate(pointsman, "when: {node.id: lyon}, then: {prefer: 20.00}")
    made = http.post("/v1/decisions", json=order_json()).get_json()
    changes = explain(made["id"], "?what_if=true").get_json()["changes"]
    assert changes[0]["kind"] == "change.rule_off"
    assert changes[0]["rules"] == ["test/r1"]
    assert changes[0]["ships"] == [{"node": "lille", "service": "parcel", "units": {"SHIRT": 1}}]
    (amount,) = [item for item in changes if item["kind"] == "change.amount"]
    assert amount["figures"]["before"] == 20_000_000
    assert 0 < amount["figures"]["after"] < 20_000_000


def test_what_was_decided_is_explained_by_the_facts_of_then(http, pointsman, explain):
    made = http.post("/v1/decisions", json=order_json()).get_json()
    before = explain(made["id"], "?what_if=true").get_json()
    activate(pointsman, "then: {exclude: true}")
    http.put("/v1/stock/paris/SHIRT", json={"on_hand": 0})
    assert explain(made["id"], "?what_if=true").get_json() == before


def test_a_decision_after_a_rejection_says_what_it_follows_and_who_rejected(http, explain):
    first = http.post("/v1/decisions", json=order_json()).get_json()
    node = first["shipments"][0]["node"]
    rejected = http.post(f"/v1/decisions/{first['id']}/reject", json={"node": node, "reason": "damaged", "op": "1"})
    told = explain(rejected.get_json()["id"]).get_json()
    assert sentences(told["chosen"])[0] == (
        f"{node} rejected units of decision {first['id']} because they are damaged, so what is left of the order was"
        " decided again."
    )
    assert f"{node} rejected units of SHIRT of this order before." in sentences(told["places"])


def test_an_order_of_a_batch_says_which_orders_came_before_it(http, explain):
    orders = [order_json(("RARE", 3), id="B-1"), order_json(("RARE", 2), id="B-2")]
    answers = http.post("/v1/decisions/batch", json={"orders": orders}).get_json()["orders"]
    lacking = next(item["decision"] for item in answers if item["decision"]["unfilled"])
    told = explain(lacking["id"]).get_json()
    assert any("of the same batch came first and took" in sentence for sentence in sentences(told["chosen"]))
    (unfilled,) = [item for item in told["questions"] if item["question"] == "unfilled"]
    assert "stay" in sentences(unfilled["answers"])[0]


def test_an_order_for_a_nominated_day_is_scheduled(http, explain):
    made = http.post("/v1/decisions?wait=true", json=order_json(deliver_on="2026-12-04")).get_json()
    assert made["status"] == "scheduled"
    told = explain(made["id"], "?what_if=true").get_json()
    assert sentences(told["chosen"])[0].startswith("The customer chose the day of delivery")


def test_a_quote_that_was_taken_up_says_what_was_promised(http, explain):
    cart = {key: value for key, value in order_json(("SHIRT", 2)).items() if key not in ("id", "placed_at")}
    quote = http.post("/v1/quotes", json=cart).get_json()
    taken = http.post(f"/v1/quotes/{quote['id']}/take", json={"order_id": "Q-1", "promise": len(quote["promises"])})
    assert taken.status_code == 201, taken.get_json()
    told = explain(taken.get_json()["id"]).get_json()
    assert sentences(told["chosen"])[0].startswith("A quote promised that everything arrives by")


def test_unknown_decisions_are_told(http):
    assert problem_of(http.get("/v1/decisions/nothing/explanation"), 404)


def test_an_order_whose_place_was_erased_is_not_explained(http):
    made = http.post("/v1/decisions", json=order_json(id="E-1")).get_json()
    http.post(f"/v1/decisions/{made['id']}/confirm", json={})
    assert http.post("/v1/orders/E-1/erase", json={"note": "asked for"}).status_code == 200
    problem = problem_of(http.get(f"/v1/decisions/{made['id']}/explanation"), 409)
    assert problem["type"].endswith("order-erased")
    assert "can't be explained" in problem["detail"]
