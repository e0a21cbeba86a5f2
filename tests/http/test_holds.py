"""Holds over HTTP: confirm, release, extend, look."""

import pytest

from api.records.holds import HoldsPageRecord, HoldStateRecord
from api.records.orders.cancellation import CancellationRecord
from engine.decide.record import DecisionRecord
from engine.service import Pointsman
from engine.settings import Settings
from tests.conftest import activate
from tests.support.callers import client_of
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json
from tests.support.problem_json import fields_of, problem_of


@pytest.fixture
def made(http):
    """The id of a decision with three shipments: all the SHIRTs there are."""
    record = http.post("/v1/decisions", json=order_json(("SHIRT", 16))).get_json()
    assert {shipment["node"] for shipment in record["shipments"]} == {"lyon", "paris", "lille"}
    return record["id"]


def act(http, name, verb, **body):
    return http.post(f"/v1/decisions/{name}/{verb}", json=body)


def states(http, response):
    answer = response.get_json()
    assert mistakes_in(http, HoldStateRecord, answer) == []
    return {shipment["node"]: shipment["state"] for shipment in answer["shipments"]}


def test_shipments_are_confirmed_one_by_one_and_the_rest_released(http, made, pointsman):
    whole = http.get(f"/v1/holds/{made}").get_json()
    ways = {
        shipment["node"]: {"node": shipment["node"], "service": shipment["service"]} for shipment in whole["shipments"]
    }
    first = act(http, made, "confirm", shipments=[ways["lyon"]])
    assert first.status_code == 200
    assert states(http, first) == {"lyon": "confirmed", "paris": "held", "lille": "held"}
    assert first.get_json()["expires_at"] == "2026-11-29T09:00:00Z"
    last = act(http, made, "release")
    assert states(http, last) == {"lyon": "confirmed", "paris": "released", "lille": "released"}
    assert last.get_json()["expires_at"] is None
    assert {shipment["ended_at"] for shipment in last.get_json()["shipments"]} == {"2026-11-27T09:00:00Z"}
    assert http.get(f"/v1/holds/{made}").data == last.data
    assert pointsman.check().clean


def test_the_same_request_again_is_answered_with_the_same_bytes(http, made):
    first = act(http, made, "confirm", op="wave 17")
    assert [act(http, made, "confirm", op="wave 17").data for _ in range(2)] == [first.data] * 2
    assert act(http, made, "confirm").data == first.data


@pytest.mark.parametrize(("verb", "ended"), [("confirm", "confirmed"), ("release", "released")])
def test_without_a_body_all_that_is_held_is_ended(http, made, verb, ended):
    assert http.post(f"/v1/decisions/{made}/{verb}").data == act(http, made, verb).data
    assert set(states(http, http.get(f"/v1/holds/{made}")).values()) == {ended}


@pytest.mark.parametrize("content_type", ["", "application/json", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize(
    "path",
    ["backlog/run", "policies/rollback", "policies/active/activate", "decisions/{}/confirm", "decisions/{}/release"],
)
def test_a_body_may_be_left_out_wherever_all_of_it_may(http, made, pointsman, path, content_type):
    activate(pointsman, "then: {hold: 1 h}")
    assert http.post(f"/v1/{path.format(made)}", content_type=content_type).status_code == 200


def test_a_body_that_must_say_something_is_missed(http, made):
    assert fields_of(problem_of(http.post(f"/v1/decisions/{made}/extend"), 422)) == ["until"]


def test_a_body_is_still_to_be_json(http, made):
    for more in ({"data": "{}"}, {"data": "{}", "content_type": "text/plain"}):
        problem_of(http.post(f"/v1/decisions/{made}/confirm", **more), 415)
    problem_of(http.post("/v1/decisions"), 415)


def test_what_has_ended_is_a_conflict_that_says_how_and_when(http, made):
    act(http, made, "confirm")
    for response in (act(http, made, "release"), act(http, made, "extend", minutes=10)):
        problem = problem_of(response, 409)
        assert problem["type"] == "urn:pointsman:problem:hold-ended"
        assert "was confirmed at 2026-11-27T09:00:00Z" in problem["detail"]


def test_a_hold_is_extended_by_minutes_or_until_an_instant(http, made):
    assert act(http, made, "extend", minutes=3_000).get_json()["expires_at"] == "2026-11-29T11:00:00Z"
    later = act(http, made, "extend", until="2026-12-01T09:00:00Z")
    assert later.get_json()["expires_at"] == "2026-12-01T09:00:00Z"


@pytest.mark.parametrize(
    "mistaken",
    [
        ("confirm", {"shipments": [{"node": "lyon"}]}, "shipments.0.service"),
        ("confirm", {"shipments": []}, "shipments"),
        ("confirm", {"shipments": [{"node": "nowhere", "service": "parcel"}]}, "shipments.0"),
        ("release", {"shipment": []}, "shipment"),
        ("release", {"op": ""}, "op"),
        ("extend", {}, "until"),
        ("extend", {"until": "2026-12-01T09:00:00Z", "minutes": 5}, "until"),
        ("extend", {"until": "2026-11-27T08:59:59Z"}, "until"),
        ("extend", {"until": "2027-11-27T08:59:59Z"}, "until"),
        ("extend", {"minutes": 0}, "minutes"),
        ("extend", {"minutes": True}, "minutes"),
    ],
)
def test_a_mistake_is_named_field_by_field_and_changes_nothing(http, made, contents, mistaken):
    verb, body, field = mistaken
    before = contents()
    assert fields_of(problem_of(act(http, made, verb, **body), 422)) == [field]
    assert contents() == before


@pytest.mark.parametrize("verb", ["confirm", "release"])
def test_a_decision_nobody_made_is_not_found(http, verb):
    problem_of(act(http, "nobody", verb), 404)
    problem_of(http.get("/v1/holds/nobody"), 404)


def test_living_holds_are_listed_in_pages(http):
    names = [http.post("/v1/decisions", json=order_json(("SHIRT", 1))).get_json()["id"] for _ in range(5)]
    listed, query = [], {"limit": "2"}
    while True:
        answer = http.get("/v1/holds", query_string=query).get_json()
        assert mistakes_in(http, HoldsPageRecord, answer) == []
        listed += [hold["decision"] for hold in answer["holds"]]
        if answer["next"] is None:
            break
        query["after"] = answer["next"]
    assert sorted(listed) == sorted(names)


def test_living_holds_are_found_by_node_sku_and_end(http, pointsman):
    oms = client_of(pointsman, http.application, client="oms", role="oms")
    oms.post("/v1/decisions", json=order_json(("RARE", 1)))
    for query, count in (
        ("", 1),
        ("?node=lyon", 1),
        ("?node=paris", 0),
        ("?service=parcel", 1),
        ("?service=courier", 0),
        ("?node=paris&service=parcel", 0),
        ("?sku=RARE&node=lyon", 1),
        ("?sku=SHIRT", 0),
        ("?expiring_before=2026-11-29T09:00:00Z", 0),
        ("?expiring_before=2026-11-29T09:00:01Z", 1),
    ):
        holds = http.get(f"/v1/holds{query}").get_json()["holds"]
        assert len(holds) == count, query
        assert all(hold["client"] == "oms" for hold in holds)


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=ten", "after=x", "after=1:", "expiring_before=now"])
def test_a_page_that_is_asked_for_wrongly_is_refused(http, query):
    assert fields_of(problem_of(http.get(f"/v1/holds?{query}"), 422)) == [query.partition("=")[0]]


def test_a_caller_has_its_units_held_as_long_as_it_asks(http, pointsman):
    activate(pointsman, "then: {hold: 1 h}")
    record = http.post("/v1/decisions?hold=4h", json=order_json()).get_json()
    expected = {"id": record["id"], "expires_at": "2026-11-27T13:00:00Z", "requested_minutes": 240}
    assert record["hold"] == expected
    assert http.get(f"/v1/holds/{record['id']}").get_json()["expires_at"] == expected["expires_at"]
    assert mistakes_in(http, DecisionRecord, record) == []
    assert pointsman.check().clean


@pytest.mark.parametrize(
    ("hold", "message"),
    [
        ("8d", "a hold of 1 minute to 7 days may be asked for (POINTSMAN_MAX_HOLD), and this one is 8 days"),
        ("0m", "a hold of 1 minute to 7 days may be asked for (POINTSMAN_MAX_HOLD), and this one is 0 days"),
        ("240", "'240': a unit is missing; use m, min, h, d, for example 48 h"),
        ("-1h", "'-1h' is below 0"),
        ("until_shipped", "'until_shipped' is no amount; write for example 48 h"),
    ],
)
@pytest.mark.parametrize("dry_run", ["", "&dry_run=true"])
def test_a_hold_that_nobody_may_ask_for_is_refused_and_changes_nothing(limited, contents, hold, message, dry_run):
    before = contents()
    problem = problem_of(limited.post(f"/v1/decisions?hold={hold}{dry_run}", json=order_json()), 422)
    assert (fields_of(problem), problem["errors"][0]["message"]) == (["hold"], message)
    assert contents() == before


def test_a_hold_is_extended_no_further_than_a_caller_may_ask_for(limited):
    made = limited.post("/v1/decisions?hold=7d", json=order_json()).get_json()["id"]
    problem = problem_of(act(limited, made, "extend", minutes=7 * 24 * 60 + 1), 422)
    assert "at most 7 days from it (POINTSMAN_MAX_HOLD)" in problem["errors"][0]["message"]
    assert act(limited, made, "extend", minutes=7 * 24 * 60).get_json()["expires_at"] == "2026-12-04T09:00:00Z"


@pytest.fixture
def limited(pointsman, server_url, network, clock):
    """The application of a Pointsman on the same network, whose callers may ask for a hold of a week."""
    settings = Settings(redis_url=server_url, network=network, max_hold=7 * 24 * 60)
    with Pointsman(settings, clock=clock) as limited:
        yield client_of(limited)


def test_a_client_with_all_the_holds_it_may_have_is_told_so(pointsman, server_url, network, clock):
    with Pointsman(Settings(redis_url=server_url, network=network, max_holds=1), clock=clock) as limited:
        http = client_of(limited)
        mine, again = (client_of(limited, http.application, client="mine", role="oms") for _ in range(2))
        first = mine.post("/v1/decisions", json=order_json()).get_json()["id"]
        # another key of the same client, and a header that says who it is, are no way round the quota
        response = again.post("/v1/decisions", json=order_json(), headers={"X-Pointsman-Client": "other"})
        assert problem_of(response, 429)["type"] == "urn:pointsman:problem:quota-exceeded"
        assert "Retry-After" not in response.headers
        assert "confirm or release some" in response.get_json()["detail"]
        assert http.post("/v1/decisions", json=order_json()).status_code == 201
        act(http, first, "release")
        assert mine.post("/v1/decisions", json=order_json()).status_code == 201


def test_units_of_lines_are_confirmed_and_undone(http, pointsman):
    made = http.post("/v1/decisions", json=order_json(("SHIRT", 3))).get_json()
    (shipment,) = made["shipments"]
    lines = {"1": 2}
    way = {"node": shipment["node"], "service": shipment["service"]}
    first = act(http, made["id"], "confirm", shipments=[way], lines=lines, op="one")
    assert states(http, first) == {way["node"]: "held"}
    (shown,) = first.get_json()["shipments"]
    assert shown["lines"] == [{"sku": "SHIRT", "quantity": 1}]
    assert shown["others"] == [{"state": "confirmed", "lines": [{"sku": "SHIRT", "quantity": 2}]}]
    assert act(http, made["id"], "confirm", shipments=[way], lines=lines, op="one").data == first.data
    problem = problem_of(act(http, made["id"], "confirm", lines={"SHIRT": 2}), 422)
    assert fields_of(problem) == ["lines.SHIRT"]
    undone = act(http, made["id"], "confirm/undo", lines=lines)
    assert "others" not in undone.get_json()["shipments"][0]
    assert problem_of(act(http, made["id"], "confirm/undo"), 409)["type"].endswith("hold-ended")
    assert pointsman.check().clean


def test_of_shipments_of_one_name_each_says_where_it_goes(http):
    lines = [{"sku": "SHIRT", "quantity": 1}, {"sku": "SHIRT", "quantity": 1, "collect_at": "lille"}]
    made = http.post("/v1/decisions", json=order_json(lines=lines)).get_json()
    state = http.get(f"/v1/holds/{made['id']}").get_json()
    assert mistakes_in(http, HoldStateRecord, state) == []
    assert [item.get("collect_at") for item in state["shipments"]] == [
        item.get("collect_at") for item in made["shipments"]
    ]
    assert "lille" in {item.get("collect_at") for item in state["shipments"]}


def test_a_confirm_after_the_hold_expired_says_so(http, made, clock):
    clock.now += 3 * 86_400
    late = act(http, made, "confirm")
    assert set(states(http, late).values()) == {"confirmed"}
    assert late.get_json()["late"] is True
    assert "late" not in http.get(f"/v1/holds/{made}").get_json()


def test_an_order_is_cancelled_in_part_and_whole(http, pointsman):
    placed = order_json(("SHIRT", 3))
    http.post("/v1/decisions", json=placed)
    path = f"/v1/orders/{placed['id']}/cancel"
    first = http.post(path, json={"lines": {"1": 2}, "op": "one"})
    assert mistakes_in(http, CancellationRecord, first.get_json()) == []
    assert (first.status_code, first.get_json()["cancelled"]) == (200, {"1": 2})
    assert http.post(path, json={"lines": {"1": 2}, "op": "one"}).data == first.data
    assert http.post(path).get_json()["cancelled"] == {"1": 3}
    assert http.post("/v1/orders/none/cancel").status_code == 404
    assert fields_of(problem_of(http.post(path, json={"lines": {}}), 422)) == ["lines"]
    assert pointsman.check().clean
