"""A decision made again, and its calculation, over HTTP."""

from api.records.audit.calculation import CalculationRecord
from api.records.audit.replays import ReplayRecord
from tests.conftest import activate
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of


def test_a_replay_says_whether_the_decision_comes_out_the_same(http):
    made = http.post("/v1/decisions", json=order_json()).get_json()
    answer = http.get(f"/v1/decisions/{made['id']}/replay").get_json()
    assert mistakes_in(http, ReplayRecord, answer) == []
    assert answer == {
        "decision": made["id"],
        "order": made["order"]["id"],
        "decided_at": made["decided_at"],
        "outcome": "identical",
        "differences": [],
    }


def test_other_policies_are_named_by_how_their_version_begins(http, pointsman):
    made = http.post("/v1/decisions", json=order_json()).get_json()
    chosen = made["shipments"][0]["node"]
    activate(pointsman, f"when: {{node.id: {chosen}}}, then: {{exclude: true}}")
    version = pointsman.versions.find("active")
    answer = http.get(f"/v1/decisions/{made['id']}/replay?policies={version[:12]}").get_json()
    assert mistakes_in(http, ReplayRecord, answer) == []
    assert (answer["outcome"], answer["policies"]["policy_version"], answer["policies"]["changed"]) == (
        "identical",
        version,
        True,
    )
    assert all(chosen not in shipment for shipment in answer["policies"]["replayed"]["shipments"])
    assert answer["policies"]["recorded"]["cost_micros"] == made["cost_micros"]


def test_unknown_decisions_and_versions_are_told(http):
    made = http.post("/v1/decisions", json=order_json()).get_json()
    assert problem_of(http.get("/v1/decisions/nothing/replay"), 404)
    assert problem_of(http.get(f"/v1/decisions/{made['id']}/replay?policies=abcdef12"), 404)


def test_a_calculation_adds_up_to_the_decision(http):
    made = http.post("/v1/decisions", json=order_json()).get_json()
    answer = http.get(f"/v1/decisions/{made['id']}/calculation").get_json()
    assert mistakes_in(http, CalculationRecord, answer) == []
    assert (answer["decision"], answer["cost_micros"], answer["co2_mg"], answer["agrees"]) == (
        made["id"],
        made["cost_micros"],
        made["co2_mg"],
        True,
    )
    shipment = answer["shipments"][0]
    assert shipment["cost_micros"] == sum(row["amount_micros"] for row in shipment["costs"])
    assert shipment["co2_mg"] == sum(line["co2_mg"] for line in shipment["lines"])
    assert problem_of(http.get("/v1/decisions/nothing/calculation"), 404)
