"""POST and GET of decisions: what is answered, held and found again."""

import dataclasses
import hashlib

import orjson
import pytest

from api.records.health import ReadyRecord
from api.records.ledger import LogEntryRecord
from api.records.stock.positions import AvailabilityRecord
from engine.decide.facts_record import FactsRecord
from engine.decide.record import DecisionRecord
from engine.errors import DecisionUnreadable
from engine.orders.decision_request import Answer
from tests.conftest import activate
from tests.support.callers import client_of
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json
from tests.support.problem_json import problem_of

COLLECTED = {"delivery": "click_and_collect", "destination": None, "collect_at": "paris"}


@pytest.mark.parametrize(
    "body",
    [
        order_json(),
        order_json(("SHIRT", 12), ("COAT", 2), promise_by="2026-11-28T09:30:00Z", tags=["gift"], segment="loyal"),
        order_json(("SHIRT", 99)),
        order_json(("NONE", 1)),
        order_json(("ÉTÉ 日本 ☂", 1), ("LAMP", 7)),
        order_json(("SHIRT", 1), **COLLECTED),
        order_json(lines=[{"id": "a", "sku": "SHIRT", "quantity": 1, "unit_price": "19.90"}]),
    ],
)
@pytest.mark.parametrize("query", ["", "?dry_run=true", "?dry_run=false"])
def test_every_decision_has_the_shape_that_the_page_promises(pointsman, http, body, query):
    activate(
        pointsman,
        "when: {service.mode: van}, then: {exclude: true}",
        "when: {node.id: lille}, then: {exclude: unless_needed}",
        "then: {keep: 1, split_penalty: 1.00}",
    )
    response = http.post(f"/v1/decisions{query}", json=body)
    assert response.status_code == (200 if query == "?dry_run=true" else 201)
    assert response.content_type == "application/json"
    assert mistakes_in(http, DecisionRecord, response.get_json()) == []


def test_a_decision_says_what_ships_from_where_when_and_for_how_much(http):
    record = http.post("/v1/decisions", json=order_json(("COAT", 2), promise_by="2026-11-27T13:00:00Z")).get_json()
    (shipment,) = record["shipments"]
    # the courier from Paris: 9.00, 1 h to prepare and 4 h on the way; nearer than 50 m, so no distance and no carbon
    # parcel from Lille: 5.00 + 3 kg x 0.10
    assert (shipment["node"], shipment["service"]) == ("lille", "parcel")
    assert shipment["lines"] == [{"line": "1", "sku": "COAT", "quantity": 2}]
    assert shipment["cost_micros"] == record["cost_micros"] == 5_300_000
    assert shipment["ships_at"] == "2026-11-27T09:00:00Z"
    assert shipment["arrives_by"] == "2026-11-28T09:00:00Z"
    assert shipment["late"] is True
    # 2 x 1.5 kg over the distance at 100 g a tonne-km, and the drop
    assert shipment["co2_mg"] == 2 * round(1_500 * shipment["distance_m"] * 100_000 / 1e9) + 200_000


def test_a_decision_is_found_again_at_its_place_byte_for_byte(http):
    made = http.post("/v1/decisions", json=order_json())
    assert made.status_code == 201
    assert made.headers["Location"] == f"/v1/decisions/{made.get_json()['id']}"
    read = http.get(made.headers["Location"])
    assert (read.status_code, read.data) == (200, made.data)
    assert "Location" not in read.headers


def test_the_facts_of_a_decision_are_the_bytes_that_it_names_by_their_hash(pointsman, http):
    activate(pointsman, "when: {node.id: lille}, then: {exclude: unless_needed}", "then: {keep: 1}")
    made = http.post("/v1/decisions", json=order_json(("SHIRT", 2), ("COAT", 1)))
    place = f"{made.headers['Location']}/facts"
    facts, named = http.get(place), made.get_json()["facts"]
    assert (facts.status_code, facts.content_type) == (200, "application/json")
    assert named == {"sha256": hashlib.sha256(facts.data).hexdigest(), "size_bytes": len(facts.data)}
    assert mistakes_in(http, FactsRecord, facts.get_json()) == []
    assert facts.get_json()["stock"]["COAT"]["floor"] == [1] * len(facts.get_json()["stock"]["COAT"]["nodes"])
    assert [(item["lines"], item["rules"]) for item in facts.get_json()["excluded"]] == [(["1", "2"], ["test/r1"])]
    again = http.get(place, headers={"If-None-Match": facts.headers["ETag"]})
    assert (facts.headers["ETag"], again.status_code, again.data) == (f'"{named["sha256"]}"', 304, b"")


def test_who_asks_for_the_facts_gets_them_in_the_decision_and_the_same_bytes_each_time(http):
    body, headers = order_json(("COAT", 2)), {"Idempotency-Key": "with facts"}
    made = http.post("/v1/decisions?facts=true", json=body, headers=headers)
    decision = made.get_json()
    assert mistakes_in(http, DecisionRecord, decision) == []
    assert decision["facts"]["document"] == http.get(f"{made.headers['Location']}/facts").get_json()
    again = [
        http.post("/v1/decisions?facts=true", json=body, headers=headers),
        http.get(f"{made.headers['Location']}?facts=true"),
    ]
    assert [(response.status_code, response.data) for response in again] == [(201, made.data), (200, made.data)]
    del decision["facts"]["document"]
    assert http.get(made.headers["Location"]).get_json() == decision


def test_a_dry_run_has_its_facts_with_it(http):
    tried = http.post("/v1/decisions?dry_run=true&facts=true", json=order_json(("COAT", 2))).get_json()
    assert tried["facts"]["document"]["stock"]["COAT"]["nodes"] == ["lille", "paris"]


def test_the_facts_of_no_decision_are_not_found(http):
    problem = problem_of(http.get("/v1/decisions/nobody/facts"), 404)
    assert problem["detail"] == "no decision goes by the id 'nobody'"


def test_facts_that_are_lost_are_a_problem_of_their_own_and_the_log_goes_on(pointsman, http):
    made = http.post("/v1/decisions", json=order_json(("COAT", 2)))
    entry = next(entry for entry in pointsman.entries(on_damaged=pytest.fail) if entry.kind == "decided")
    lost = dataclasses.replace(entry, logged_facts=b"")
    assert LogEntryRecord.of(lost).body == made.get_json()
    with pytest.raises(DecisionUnreadable, match="run pointsman ledger check"):
        _ = Answer.logged(lost).whole


def test_what_ships_is_held_until_the_hold_expires(http, redis_client, network):
    record = http.post("/v1/decisions", json=order_json(("RARE", 2))).get_json()
    assert record["hold"] == {"id": record["id"], "expires_at": "2026-11-29T09:00:00Z"}
    assert redis_client.hgetall(f"{{{network}}}:held:RARE") == {b"lyon": b"2"}


def test_an_order_that_gets_nothing_holds_nothing_and_is_logged(http, pointsman):
    record = http.post("/v1/decisions", json=order_json(("NONE", 1))).get_json()
    assert (record["status"], record["shipments"], record["hold"]) == ("unfilled", [], None)
    assert http.get(f"/v1/decisions/{record['id']}").get_json() == record
    audit = pointsman.check()
    assert (audit.clean, audit.decisions, audit.held) == (True, 1, 0)


def test_a_dry_run_decides_the_same_and_changes_nothing(http, contents):
    body, before = order_json(("SHIRT", 11)), contents()
    tried = http.post("/v1/decisions?dry_run=true", json=body)
    assert contents() == before
    assert "Location" not in tried.headers
    made = http.post("/v1/decisions", json=body)
    assert contents() != before
    same = [
        {name: value for name, value in each.get_json().items() if name not in ("id", "hold")} for each in (tried, made)
    ]
    assert same[0] == same[1]


def test_the_same_key_and_order_are_answered_with_the_same_bytes_and_held_once(http, redis_client, network):
    body, headers = order_json(("RARE", 1)), {"Idempotency-Key": "order 1, try 1"}
    first = http.post("/v1/decisions", json=body, headers=headers)
    again = [http.post("/v1/decisions", json=body, headers=headers) for _ in range(3)]
    assert first.status_code == 201
    assert {(response.status_code, response.data) for response in again} == {(201, first.data)}
    assert {response.headers["Location"] for response in again} == {first.headers["Location"]}
    assert redis_client.hgetall(f"{{{network}}}:held:RARE") == {b"lyon": b"1"}


def test_the_same_key_for_another_order_is_refused_and_changes_nothing(http, contents):
    headers = {"Idempotency-Key": "1"}
    body = order_json(("SHIRT", 1))
    assert http.post("/v1/decisions", json=body, headers=headers).status_code == 201
    before = contents()
    problem = problem_of(http.post("/v1/decisions", json=body | {"id": "another"}, headers=headers), 422)
    assert problem["type"] == "urn:pointsman:problem:key-reused"
    assert contents() == before


@pytest.mark.parametrize("key", [None, "2"], ids=["no key", "another key"])
@pytest.mark.parametrize("query", ["", "?wait=true"])
def test_the_same_order_again_is_answered_with_its_decision_whatever_key_comes_with_it(http, contents, key, query):
    body = order_json(("RARE", 5))
    first = http.post(f"/v1/decisions{query}", json=body, headers={"Idempotency-Key": "1"})
    before = contents()
    again = http.post(f"/v1/decisions{query}", json=body, headers={} if key is None else {"Idempotency-Key": key})
    assert (again.status_code, again.data) == (200, first.data)
    assert "Location" not in again.headers
    assert contents() == before


@pytest.mark.parametrize("key", [None, "2"], ids=["no key", "another key"])
@pytest.mark.parametrize(
    ("other", "differing"),
    [
        ({"lines": [{"sku": "SHIRT", "quantity": 2}]}, "lines"),
        ({"tags": ["x"], "segment": "vip"}, "segment, tags"),
        ({"placed_at": "2026-11-27T08:12:32Z"}, "placed_at"),
    ],
)
def test_an_order_id_with_other_content_is_refused_and_says_how_to_amend(http, contents, key, other, differing):
    body = order_json(id="A/1")
    http.post("/v1/decisions", json=body, headers={"Idempotency-Key": "1"})
    before = contents()
    response = http.post("/v1/decisions", json=body | other, headers={} if key is None else {"Idempotency-Key": key})
    problem = problem_of(response, 409)
    assert problem["type"] == "urn:pointsman:problem:order-exists"
    assert f"with other {differing}, and" in problem["detail"]
    assert "POST /v1/orders/A%2F1/amend" in problem["detail"]
    assert contents() == before


def test_a_dry_run_of_a_living_order_decides_it_as_if_it_were_new(http, contents):
    body = order_json(("RARE", 2))
    first = http.post("/v1/decisions", json=body).get_json()
    before = contents()
    for quantity in (2, 3):
        tried = http.post("/v1/decisions?dry_run=true", json=body | {"lines": [{"sku": "RARE", "quantity": quantity}]})
        assert (tried.status_code, tried.get_json()["id"]) == (200, None)
        assert tried.get_json()["stock"]["RARE"]["lyon"]["held"] == 2
    assert (first["status"], contents()) == ("filled", before)


def test_the_same_order_in_a_batch_is_answered_and_not_decided_again(http, contents):
    one, other = order_json(("RARE", 1)), order_json(("RARE", 1))
    first = http.post("/v1/decisions", json=one).get_json()
    both = http.post("/v1/decisions/batch", json={"orders": [other, one]}).get_json()["orders"]
    assert [(item["status"], item["decision"]["id"] == first["id"]) for item in both] == [(201, False), (200, True)]
    before = contents()
    again = http.post("/v1/decisions/batch", json={"orders": [one, other]})
    assert (again.status_code, again.get_json()["joint"]) == (200, None)
    assert [item["decision"] for item in again.get_json()["orders"]] == [item["decision"] for item in both[::-1]]
    changed = {"orders": [one | {"lines": [{"sku": "RARE", "quantity": 2}]}]}
    (refused,) = http.post("/v1/decisions/batch", json=changed).get_json()["orders"]
    assert (refused["status"], refused["problem"]["type"]) == (409, "urn:pointsman:problem:order-exists")
    assert contents() == before


def test_a_key_survives_a_restart_of_the_service(http, opened):
    body, headers = order_json(), {"Idempotency-Key": "k"}
    first = http.post("/v1/decisions", json=body, headers=headers)
    again = client_of(opened()).post("/v1/decisions", json=body, headers=headers)
    assert (again.status_code, again.data) == (201, first.data)


def test_bytes_in_utf_8_and_json_with_a_charset_are_read(http):
    response = http.post(
        "/v1/decisions", data=orjson.dumps(order_json(segment="fidèle")), content_type="application/json; charset=utf-8"
    )
    assert response.get_json()["order"]["segment"] == "fidèle"


def test_availability_is_what_may_still_be_promised(http, pointsman):
    activate(pointsman, "when: {node.id: lyon}, then: {keep: 2, protect: {channel: app, units: 3}}")
    http.post("/v1/decisions", json=order_json(("SHIRT", 1), **COLLECTED))
    answer = http.get("/v1/availability?sku=SHIRT&channel=web").get_json()
    assert mistakes_in(http, AvailabilityRecord, answer) == []
    (shirt,) = answer["skus"]
    assert shirt["free"] == 10
    assert [
        (item["node"], item["on_hand"], item["held"], item["available"], item["free"]) for item in shirt["nodes"]
    ] == [
        ("lille", 2, 0, 2, 2),
        ("lyon", 10, 0, 10, 5),
        ("paris", 4, 1, 3, 3),
    ]
    assert http.get("/v1/availability?sku=SHIRT&channel=app").get_json()["skus"][0]["free"] == 13


def test_a_product_without_stock_is_available_nowhere(http):
    assert http.get("/v1/availability?sku=NONE&channel=web").get_json()["skus"][0]["free"] == 0


def test_a_ready_service_names_the_versions_that_decide(http, pointsman):
    version = activate(pointsman, "then: {hold: 1 h}")
    answer = http.get("/readyz").get_json()
    assert mistakes_in(http, ReadyRecord, answer) == []
    assert (answer["policy_version"], answer["incidents"]) == (version, 0)
    decision = http.post("/v1/decisions", json=order_json()).get_json()
    assert decision["network_version"] == answer["network_version"]


def test_the_openapi_page_describes_every_address_and_names_what_it_does(http):
    paths = http.get("/openapi.json").get_json()["paths"]
    named = {
        (method, path): operation["operationId"]
        for path, operations in paths.items()
        for method, operation in operations.items()
        if method != "parameters"
    }
    assert named == {
        ("get", "/track/{number}"): "tracking_page_page",
        ("post", "/v1/connectors/{name}"): "connectors_push",
        ("post", "/v1/manifests"): "manifests_close",
        ("get", "/v1/manifests/{manifest_id}"): "manifests_show",
        ("get", "/v1/manifests/{manifest_id}/page"): "manifests_page",
        ("delete", "/v1/orders/{order_id}/addressee"): "addressees_remove",
        ("get", "/v1/orders/{order_id}/addressee"): "addressees_show",
        ("put", "/v1/orders/{order_id}/addressee"): "addressees_put",
        ("get", "/v1/print-jobs"): "printing_jobs",
        ("post", "/v1/print-jobs"): "printing_add",
        ("delete", "/v1/print-jobs/{job}"): "printing_drop",
        ("get", "/v1/print-jobs/{job}"): "printing_job",
        ("post", "/v1/print-jobs/{job}/retry"): "printing_retry",
        ("get", "/v1/printers"): "printing_printers",
        ("post", "/v1/printers/{node}/{paper}/test"): "printing_test",
        ("get", "/v1/shipments"): "parcels_listed",
        ("get", "/v1/shipments/{decision_id}/{number}"): "parcels_show",
        ("post", "/v1/shipments/{decision_id}/{number}/cancel"): "parcels_cancel",
        ("get", "/v1/shipments/{decision_id}/{number}/label"): "parcels_label",
        ("get", "/v1/shipments/{decision_id}/{number}/note"): "parcels_note",
        ("post", "/v1/shipments/{decision_id}/{number}/packed"): "parcels_pack",
        ("post", "/v1/tracking/events"): "tracking_events",
        ("post", "/v1/tracking/webhooks/{carrier}"): "carrier_webhooks_call",
        ("get", "/v1/tracking/{number}"): "tracking_show",
        ("get", "/v1/audit/entries"): "entries_page",
        ("get", "/v1/audit/report"): "evidence_report",
        ("get", "/v1/connectors"): "connectors_listed",
        ("get", "/v1/connectors/{name}/files"): "connectors_list_files",
        ("get", "/v1/connectors/{name}/files/{file}"): "connectors_show_file",
        ("delete", "/v1/connectors/{name}/files/{file}"): "connectors_drop_file",
        ("post", "/v1/connectors/{name}/files/{file}/replay"): "connectors_replay_file",
        ("get", "/v1/days"): "days_show",
        ("get", "/v1/keys"): "keys_listed",
        ("get", "/v1/keys/{key_id}"): "keys_show",
        ("post", "/v1/keys"): "keys_make",
        ("post", "/v1/keys/{key_id}/revoke"): "keys_revoke",
        ("post", "/v1/keys/{key_id}/rotate"): "keys_rotate",
        ("get", "/v1/caller"): "caller_show",
        ("get", "/healthz"): "system_health",
        ("get", "/readyz"): "system_ready",
        ("get", "/metrics"): "metrics_numbers",
        ("get", "/docs"): "description_docs",
        ("get", "/openapi.json"): "description_openapi",
        ("get", "/v1/events"): "events_listed",
        ("get", "/v1/audit/accesses"): "accesses_page",
        ("get", "/v1/audit/checkpoint"): "audit_checkpoint",
        ("get", "/v1/audit/consistency"): "audit_consistency",
        ("get", "/v1/audit/export"): "audit_export",
        ("get", "/v1/audit/keys"): "audit_keys",
        ("get", "/v1/audit/proof/{entry}"): "audit_proof",
        ("get", "/v1/audit/tile/{level}/{part}"): "audit_tile",
        ("get", "/v1/webhooks"): "webhooks_listed",
        ("post", "/v1/webhooks"): "webhooks_add",
        ("get", "/v1/webhooks/{webhook_id}"): "webhooks_show",
        ("delete", "/v1/webhooks/{webhook_id}"): "webhooks_remove",
        ("post", "/v1/webhooks/{webhook_id}/test"): "webhooks_test",
        ("post", "/v1/webhooks/{webhook_id}/enable"): "webhooks_enable",
        ("post", "/v1/webhooks/{webhook_id}/replay"): "webhooks_replay",
        ("post", "/v1/webhooks/{webhook_id}/rotate"): "webhooks_rotate",
        ("get", "/v1/webhooks/{webhook_id}/dead-letters"): "webhooks_dead_letters",
        ("get", "/v1/nodes/{node}"): "master_data_get_node",
        ("get", "/v1/products/{sku}"): "master_data_get_product",
        ("get", "/v1/products"): "catalogue_products",
        ("get", "/v1/nodes"): "catalogue_nodes",
        ("post", "/v1/policies/{version}/ask"): "policies_ask",
        ("post", "/v1/policies/{version}/take-back"): "policies_take_back",
        ("post", "/v1/policies/{version}/approve"): "policies_approve",
        ("post", "/v1/policies/{version}/decline"): "policies_decline",
        ("get", "/v1/availability"): "stock_availability",
        ("post", "/v1/availability"): "stock_availability_of_many",
        ("get", "/v1/availability/feed"): "stock_feed",
        ("get", "/v1/backlog"): "backlog_page",
        ("post", "/v1/backlog/run"): "backlog_run",
        ("delete", "/v1/backlog/{decision_id}"): "backlog_withdraw",
        ("post", "/v1/promises"): "quotes_promises",
        ("post", "/v1/quotes"): "quotes_quote",
        ("post", "/v1/quotes/{quote_id}/take"): "quotes_take",
        ("post", "/v1/decisions"): "decisions_decide",
        ("post", "/v1/decisions/batch"): "decisions_decide_batch",
        ("get", "/v1/decisions"): "decisions_page",
        ("get", "/v1/decisions/{decision_id}"): "decisions_read",
        ("get", "/v1/decisions/{decision_id}/chain"): "rerouting_chain",
        ("get", "/v1/decisions/{decision_id}/facts"): "decisions_read_facts",
        ("get", "/v1/decisions/{decision_id}/calculation"): "replays_calculation",
        ("get", "/v1/decisions/{decision_id}/explanation"): "explanations_explain",
        ("get", "/v1/decisions/{decision_id}/replay"): "replays_replay",
        ("post", "/v1/decisions/{decision_id}/confirm"): "holds_confirm",
        ("post", "/v1/decisions/{decision_id}/extend"): "holds_extend",
        ("get", "/v1/orders"): "orders_page",
        ("get", "/v1/orders/{order_id}"): "orders_show",
        ("post", "/v1/decisions/{decision_id}/confirm/undo"): "holds_undo",
        ("post", "/v1/orders/{order_id}/approve"): "orders_approve",
        ("post", "/v1/orders/{order_id}/amend"): "orders_amend",
        ("post", "/v1/orders/{order_id}/cancel"): "orders_cancel",
        ("post", "/v1/orders/{order_id}/erase"): "orders_erase",
        ("post", "/v1/orders/{order_id}/wait"): "orders_wait",
        ("post", "/v1/decisions/{decision_id}/reject"): "rerouting_reject",
        ("post", "/v1/decisions/{decision_id}/release"): "holds_release",
        ("get", "/v1/holds"): "holds_living",
        ("get", "/v1/holds/{decision_id}"): "holds_show",
        ("get", "/v1/resting"): "resting_listed",
        ("delete", "/v1/resting/{node}"): "resting_end",
        ("get", "/v1/policies"): "policies_listed",
        ("post", "/v1/policies"): "policies_publish",
        ("post", "/v1/policies/check"): "policies_check",
        ("get", "/v1/policies/drafts"): "policies_list_drafts",
        ("get", "/v1/policies/drafts/{draft}"): "policies_show_draft",
        ("put", "/v1/policies/drafts/{draft}"): "policies_save_draft",
        ("delete", "/v1/policies/drafts/{draft}"): "policies_delete_draft",
        ("get", "/v1/policies/history"): "policies_history",
        ("get", "/v1/policies/uses"): "policies_uses",
        ("get", "/v1/policies/vocabulary"): "policies_vocabulary",
        ("get", "/v1/policies/{version}/changes"): "policies_changes",
        ("post", "/v1/policies/explain"): "policies_explain",
        ("post", "/v1/policies/edit"): "policies_edit",
        ("post", "/v1/policies/rollback"): "policies_rollback",
        ("post", "/v1/policies/{version}/gate"): "policies_run_gate",
        ("get", "/v1/policies/{version}/gate"): "policies_read_gate",
        ("delete", "/v1/policies/{version}/gate"): "policies_cancel_gate",
        ("get", "/v1/policies/shadow"): "policies_read_shadow",
        ("post", "/v1/policies/shadow"): "policies_start_shadow",
        ("get", "/v1/policies/shadow/orders"): "policies_read_shadow_orders",
        ("post", "/v1/policies/shadow/end"): "policies_end_shadow",
        ("get", "/v1/policies/canary"): "policies_read_canary",
        ("post", "/v1/policies/canary"): "policies_start_canary",
        ("get", "/v1/policies/canary/orders"): "policies_read_canary_orders",
        ("post", "/v1/policies/canary/share"): "policies_grow_canary",
        ("post", "/v1/policies/canary/end"): "policies_end_canary",
        ("post", "/v1/whatif"): "whatif_begin",
        ("get", "/v1/whatif"): "whatif_listed",
        ("get", "/v1/whatif/{job}"): "whatif_show",
        ("delete", "/v1/whatif/{job}"): "whatif_cancel",
        ("get", "/v1/whatif/{job}/report"): "whatif_report",
        ("get", "/v1/policies/{version}"): "policies_read",
        ("post", "/v1/policies/{version}/activate"): "policies_activate",
        ("post", "/v1/policies/{version}/unschedule"): "policies_unschedule",
        ("post", "/v1/stock/movements"): "movements_move",
        ("get", "/v1/inbound"): "inbound_listed",
        ("post", "/v1/inbound"): "inbound_announce_many",
        ("get", "/v1/inbound/{receipt}"): "inbound_show",
        ("put", "/v1/inbound/{receipt}"): "inbound_put",
        ("post", "/v1/inbound/{receipt}/receive"): "inbound_receive",
        ("put", "/v1/stock/{node}/{sku}"): "stock_put",
        ("get", "/v1/channels"): "channels_every",
        ("get", "/v1/channels/{channel}"): "channels_show",
        ("get", "/v1/channels/{channel}/feed"): "channels_feed",
        ("get", "/v1/demand"): "demand_show",
        ("get", "/v1/lookahead"): "lookahead_show",
        ("get", "/v1/lookahead/{sku}"): "lookahead_of_sku",
        ("get", "/v1/promises/at-risk"): "promises_at_risk",
        ("get", "/v1/returns"): "returns_page",
        ("get", "/v1/returns/{return_id}"): "returns_show",
        ("get", "/v1/transfers"): "transfers_page",
        ("get", "/v1/transfers/{transfer}"): "transfers_show",
        ("post", "/v1/demand/learn"): "demand_learn",
        ("post", "/v1/returns"): "returns_open_return",
        ("post", "/v1/returns/placement"): "returns_place",
        ("post", "/v1/returns/{return_id}/cancel"): "returns_cancel",
        ("post", "/v1/returns/{return_id}/label"): "return_labels_make",
        ("get", "/v1/returns/{return_id}/label"): "return_labels_show",
        ("delete", "/v1/returns/{return_id}/label"): "return_labels_give_back",
        ("post", "/v1/returns/{return_id}/dispose"): "returns_dispose",
        ("post", "/v1/returns/{return_id}/inspect"): "returns_inspect",
        ("post", "/v1/returns/{return_id}/receive"): "returns_receive",
        ("post", "/v1/shipments/{decision_id}/{number}/progress"): "promises_progress",
        ("post", "/v1/transfers"): "transfers_create",
        ("post", "/v1/transfers/propose"): "transfers_propose",
        ("post", "/v1/transfers/{transfer}/approve"): "transfers_approve",
        ("post", "/v1/transfers/{transfer}/cancel"): "transfers_cancel",
        ("post", "/v1/transfers/{transfer}/receive"): "transfers_receive",
        ("post", "/v1/transfers/{transfer}/ship"): "transfers_ship",
        ("get", "/v1/stock/{sku}"): "stock_show",
        ("put", "/v1/products/{sku}"): "master_data_put_product",
        ("post", "/v1/products"): "master_data_post_products",
        ("put", "/v1/nodes/{node}"): "master_data_put_node",
        ("post", "/v1/nodes"): "master_data_post_nodes",
    }
    assert len(set(named.values())) == len(named)
