"""Quotes and promises over HTTP: what is offered, what is taken up, what changed since, and what is refused."""

import pytest

from api.records.promises import PromiseListRecord
from engine.decide.promises.quote_record import QuoteRecord
from engine.decide.record import DecisionRecord
from engine.model.facts import Lane
from engine.store.stock import Movement
from tests.conftest import activate
from tests.support.callers import client_of
from tests.support.clocks import hours
from tests.support.facts import LILLE, LYON, inventory, node
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json, shipped_units
from tests.support.problem_json import fields_of, problem_of

MINUTE = 60
HERE = order_json()["destination"]
IN_LILLE = {"country": "FR", "postcode": "59000", "region": None, "latitude": 50.63297, "longitude": 3.05858}
FRANCE = {"country": "FR", "postcode": "75001"}


def cart(*lines, **more):
    return {name: value for name, value in order_json(*lines, **more).items() if name not in ("id", "placed_at")}


@pytest.fixture
def quote(http):
    """Asks for a quote of a cart, and returns it."""

    def quoted(*lines, **more):
        response = http.post("/v1/quotes", json=cart(*lines, **more))
        assert response.status_code == 201, response.get_json()
        assert mistakes_in(http, QuoteRecord, response.get_json()) == []
        return response.get_json()

    return quoted


@pytest.fixture
def take(http):
    def taken(quote, promise=1, *, order_id="W-1", query="", **more):
        body = {"order_id": order_id, "promise": promise, **more}
        return http.post(f"/v1/quotes/{quote['id']}/take{query}", json=body)

    return taken


def offered(quote):
    return [
        (promise["arrives_by"], promise["cost_micros"], [item["service"] for item in promise["shipments"]])
        for promise in quote["promises"]
    ]


def test_a_quote_offers_the_earlier_and_the_cheaper_and_holds_nothing(quote, pointsman, contents):
    before = contents()
    made = quote(("SHIRT", 2))
    assert offered(made) == [
        ("2026-11-27T14:00:00Z", 9_000_000, ["courier"]),
        ("2026-11-28T09:00:00Z", 5_050_000, ["parcel"]),
    ]
    assert (made["quoted_at"], made["valid_until"]) == ("2026-11-27T09:00:00Z", "2026-11-27T09:15:00Z")
    assert [name for name in contents() if name not in before] == [pointsman_key(pointsman, made)]
    assert {name: value for name, value in contents().items() if name in before} == before


def pointsman_key(pointsman, quote):
    return f"{{{pointsman.settings.network}}}:quote:{quote['id']}".encode()


def test_a_quote_is_forgotten_by_the_server_soon_after_its_time(quote, pointsman, redis_client):
    made = quote(("SHIRT", 2), valid_minutes=30)
    assert made["valid_until"] == "2026-11-27T09:30:00Z"
    assert 30 * MINUTE < redis_client.ttl(pointsman_key(pointsman, made)) <= 31 * MINUTE


def test_a_promise_is_taken_up_as_it_was_quoted_however_late_within_its_time(http, quote, take, clock, pointsman):
    made = quote(("SHIRT", 2))
    clock.now += 15 * MINUTE - 1
    response = take(made, 2)
    decision = response.get_json()
    assert (response.status_code, response.headers["Location"]) == (201, f"/v1/decisions/{decision['id']}")
    assert mistakes_in(http, DecisionRecord, decision) == []
    assert decision["quote"] == {
        "id": made["id"],
        "promise": 2,
        "arrives_by": "2026-11-28T09:00:00Z",
        "chosen_for": "policies",
        "kept": True,
        "changed": [],
    }
    assert decision["shipments"] == made["promises"][1]["shipments"]
    assert (decision["order"]["id"], decision["order"]["promise_by"]) == ("W-1", "2026-11-28T09:00:00Z")
    assert decision["hold"]["expires_at"] > "2026-11-29T09:14:00Z"
    assert (pointsman.check().clean, pointsman.check().held) == (True, 2)


def test_the_same_order_is_answered_again_even_after_the_quotes_time_and_no_other_order_is(quote, take, clock):
    made = quote(("SHIRT", 2))
    first = take(made)
    for later in (0, 14 * MINUTE, 20 * MINUTE):
        clock.now += later
        again = take(made)
        assert (again.status_code, again.data) == (200, first.data)
        differing = (
            {"order_id": "W-2"},
            {"promise": 2},
            {"placed_at": "2026-11-26T09:00:00Z"},
            {"destination": IN_LILLE},
        )
        for other in (take(made, **more) for more in differing):
            problem = problem_of(other, 409)
            assert problem["type"] == "urn:pointsman:problem:quote-taken"
            assert "taken up before, by order W-1" in problem["detail"]


def test_a_quote_whose_time_is_over_is_not_taken_up(quote, take, clock, contents):
    made = quote(("SHIRT", 2))
    clock.now += 15 * MINUTE
    before = contents()
    for gone in (made, {"id": "of a quote that the server has forgotten"}):
        problem = problem_of(take(gone), 404)
        assert problem["type"] == "urn:pointsman:problem:quote-expired"
        assert "ask for a new quote" in problem["detail"]
    assert contents() == before


def test_a_cut_off_ends_a_promise_before_the_quote(bare, application, clock):
    nodes = [node("lyon", LYON, cut_offs={"parcel": 10 * 60 + 5}, hours=hours("09:00-19:00")), node("lille", LILLE)]
    bare.load(inventory(nodes, {"A": {"lyon": 1}, "B": {"lille": 1}}))
    activate(bare)
    http = client_of(bare, application.around(bare))
    first, second = (http.post("/v1/quotes", json=cart((sku, 1))).get_json() for sku in "AB")
    assert (first["valid_until"], first["promises"][0]["valid_until"]) == (
        "2026-11-27T09:15:00Z",
        "2026-11-27T09:05:00Z",
    )
    page = http.post("/v1/promises", json={"skus": ["A", "B"], "channel": "web", "destination": HERE}).get_json()
    assert [item["valid_until"] for item in page["promises"][::2]] == ["2026-11-27T09:05:00Z", "2026-11-27T09:15:00Z"]
    clock.now += 5 * MINUTE
    problem = problem_of(http.post(f"/v1/quotes/{first['id']}/take", json={"order_id": "W-1", "promise": 1}), 404)
    assert "was valid until 2026-11-27T09:05:00Z" in problem["detail"]
    taken = http.post(f"/v1/quotes/{second['id']}/take", json={"order_id": "W-2", "promise": 1})
    assert taken.get_json()["quote"]["kept"]


def test_what_cannot_be_kept_any_more_is_decided_as_an_order_and_what_changed_is_said(quote, take, pointsman):
    made = quote(("RARE", 3))
    pointsman.stock.move([Movement(op="sold", node="lyon", sku="RARE", delta=-1)])
    decision = take(made).get_json()
    assert (decision["status"], decision["quote"]["kept"], shipped_units(decision)) == ("partial", False, 2)
    assert {change["field"]: (change["quoted"], change["now"]) for change in decision["quote"]["changed"]} == {
        "cost_micros": (6_100_000, 6_000_000),
        "co2_mg": (made["promises"][0]["co2_mg"], decision["co2_mg"]),
        "shipments": (["lyon by parcel: 3 x RARE"], ["lyon by parcel: 2 x RARE"]),
        "unfilled_units": (0, 1),
    }


def test_what_can_only_come_late_comes_whole_rather_than_in_part_in_time(quote, take, pointsman):
    made = quote(("SHIRT", 2))
    pointsman.stock.move([Movement(op="sold", node="paris", sku="SHIRT", delta=-3)])
    decision = take(made, 1).get_json()
    assert (decision["status"], decision["quote"]["kept"], decision["order"]["promise_by"]) == (
        "filled",
        False,
        "2026-11-27T14:00:00Z",
    )
    assert decision["quote"]["changed"][0] == {
        "field": "arrives_by",
        "quoted": "2026-11-27T14:00:00Z",
        "now": "2026-11-28T09:00:00Z",
    }
    assert [shipment["late"] for shipment in decision["shipments"]] == [True]


def test_units_that_stay_unfilled_may_wait(quote, take, pointsman):
    made = quote(("RARE", 3))
    pointsman.stock.move([Movement(op="sold", node="lyon", sku="RARE", delta=-3)])
    decision = take(made, query="?wait=true").get_json()
    assert (decision["waiting"], decision["quote"]["kept"]) == (True, False)
    assert decision["quote"]["changed"][0] == {
        "field": "arrives_by",
        "quoted": "2026-11-29T11:00:00Z",
        "now": "never",
    }


def test_an_order_that_is_only_wanted_as_promised_is_refused_if_that_cannot_be_kept(quote, take, pointsman, contents):
    made = quote(("RARE", 3))
    assert take(made, query="?dry_run=true", only_if_kept=True).get_json()["quote"]["kept"]
    pointsman.stock.move([Movement(op="sold", node="lyon", sku="RARE", delta=-1)])
    before = contents()
    problem = problem_of(take(made, only_if_kept=True), 409)
    assert problem["type"] == "urn:pointsman:problem:quote-not-kept"
    assert "unfilled_units: 0 was quoted, now 1" in problem["detail"]
    assert contents() == before
    assert take(made).status_code == 201, "it can still be taken up as far as it goes"


def test_another_place_that_keeps_the_promise_at_another_cost_is_a_change(quote, take, pointsman):
    made = quote(("SHIRT", 2), valid_minutes=60)
    pointsman.stock.move([Movement(op="sold", node="lille", sku="SHIRT", delta=-1)])
    decision = take(made, 2).get_json()
    assert decision["quote"]["kept"]
    assert [change["field"] for change in decision["quote"]["changed"]] != []
    assert decision["shipments"][0]["arrives_by"] <= made["promises"][1]["arrives_by"]


def test_other_policies_are_a_change(quote, take, pointsman):
    made = quote(("SHIRT", 2))
    version = activate(pointsman, "then: {hold: 1 h}")
    (change,) = take(made).get_json()["quote"]["changed"]
    assert change == {"field": "policy_version", "quoted": made["policy_version"], "now": version}


def test_a_more_precise_address_is_where_it_goes_and_a_change(quote, take):
    made = quote(("SHIRT", 2))
    decision = take(made, 2, destination=IN_LILLE).get_json()
    assert decision["order"]["destination"] == IN_LILLE
    changed = {change["field"]: change["now"] for change in decision["quote"]["changed"]}
    assert changed["destination"] == IN_LILLE
    assert decision["quote"]["kept"]


def test_taken_up_again_an_address_may_be_written_in_another_way(quote, take):
    made = quote(("SHIRT", 2))
    first = take(made, 2, destination=IN_LILLE)
    again = take(made, 2, destination={**IN_LILLE, "country": None})
    assert (again.status_code, again.data) == (200, first.data)


def test_a_dry_run_holds_nothing_and_leaves_the_quote_to_be_taken_up(quote, take, contents):
    made = quote(("SHIRT", 2))
    before = contents()
    tried = take(made, query="?dry_run=true")
    assert (tried.status_code, tried.get_json()["id"], contents()) == (200, None, before)
    assert take(made, order_id="W-2").status_code == 201


def test_an_order_that_is_collected_is_quoted_too(quote, take, http):
    made = quote(("SHIRT", 1), destination=None, collect_at="paris")
    assert [promise["delivery"] for promise in made["promises"]] == ["click_and_collect"]
    assert fields_of(problem_of(take(made, destination=HERE), 422)) == ["destination"]
    assert take(made).get_json()["order"]["collect_at"] == "paris"


def mixed(*more):
    """A cart of which one line is delivered and the others are collected where they say."""
    lines = [{"sku": "SHIRT", "quantity": 1}, {"sku": "SHIRT", "quantity": 1, "collect_at": "lyon"}, *more]
    return {"lines": lines}


def test_lines_that_are_collected_are_promised_with_those_that_are_delivered(quote, take, http, pointsman):
    made = quote(**mixed())
    assert {promise["delivery"] for promise in made["promises"]} <= {"standard", "express"}
    for promise in made["promises"]:
        to = {line["line"]: item.get("collect_at") for item in promise["shipments"] for line in item["lines"]}
        assert to == {"1": None, "2": "lyon"}
        assert promise["arrives_by"] == max(item["arrives_by"] for item in promise["shipments"])
    last = len(made["promises"])
    decision = take(made, last).get_json()
    assert (decision["quote"]["kept"], decision["quote"]["changed"]) == (True, [])
    assert decision["shipments"] == made["promises"][last - 1]["shipments"]
    shown = http.get("/v1/orders/W-1").get_json()
    assert [line["held"] for line in shown["lines"]] == [1, 1]
    assert pointsman.check().clean


def test_a_cart_whose_lines_all_say_where_they_are_collected_needs_no_destination(quote, take):
    lines = [{"sku": "SHIRT", "quantity": 1, "collect_at": node} for node in ("lyon", "paris")]
    made = quote(lines=lines, destination=None)
    assert ({promise["delivery"] for promise in made["promises"]}, made["by_lanes_only"]) == (
        {"click_and_collect"},
        False,
    )
    problem = problem_of(take(made, destination=HERE), 422)
    assert "all of the quote is collected, at lyon, paris; leave the destination out" in problem["detail"]
    assert take(made).get_json()["quote"]["changed"] == []


def test_a_cart_for_a_nominated_day_is_promised_on_that_day_and_taken_up_for_it(quote, take, http, pointsman, clock):
    made = quote(("SHIRT", 2), deliver_on="2026-12-10")
    assert {promise["arrives_by"][:10] for promise in made["promises"]} == {"2026-12-10"}
    decision = take(made).get_json()
    assert mistakes_in(http, DecisionRecord, decision) == []
    assert (decision["status"], decision["quote"]["kept"], decision["quote"]["changed"]) == ("scheduled", True, [])
    assert decision["scheduled"]["shipments"] == made["promises"][0]["shipments"]
    assert http.get("/v1/orders/W-1").get_json()["states"] == ["waiting"]
    clock.now = pointsman.backlog.page(limit=1).places[0].entry.not_before
    (answer,) = pointsman.backlog.run(limit=1).answers
    assert max(item.arrives_by for item in answer.record.shipments) <= made["promises"][0]["arrives_by"]
    assert http.get("/v1/orders/W-1").get_json()["states"] == ["held"]
    assert pointsman.check().clean


def test_an_order_that_stands_does_not_take_a_quote_up(quote, take, http, contents):
    made = quote(("SHIRT", 2))
    placed = order_json(("SHIRT", 2), id="W-1", placed_at="2026-11-27T08:00:00Z")
    http.post("/v1/decisions", json=placed)
    before = contents()
    problem = problem_of(take(made), 409)
    assert problem["type"] == "urn:pointsman:problem:order-exists"
    assert "order 'W-1' was decided before with other placed_at, promise_by" in problem["detail"]
    assert contents() == before
    assert take(made, order_id="W-2").status_code == 201


def test_an_order_that_stands_just_as_it_was_quoted_is_answered(quote, take, http):
    made = quote(("SHIRT", 2))
    stands = http.post(
        "/v1/decisions",
        json=order_json(("SHIRT", 2), id="W-1", promise_by=made["promises"][1]["arrives_by"]),
    )
    again = take(made, 2, placed_at=stands.get_json()["order"]["placed_at"])
    assert (again.status_code, again.data) == (200, stands.data)


def test_a_caller_may_ask_how_long_the_units_of_a_quote_are_held(quote, take):
    made = quote(("SHIRT", 2))
    assert fields_of(problem_of(take(made, query="?hold=900d"), 422)) == ["hold"]
    hold = take(made, query="?hold=2h").get_json()["hold"]
    assert (hold["expires_at"], hold["requested_minutes"]) == ("2026-11-27T11:00:00Z", 120)


def test_a_kind_of_delivery_that_cannot_ship_all_of_the_cart_says_why(quote, pointsman):
    activate(pointsman, "when: {order.delivery: express, node.id: lyon}, then: {exclude: true}")
    made = quote(("RARE", 1))
    assert [promise["delivery"] for promise in made["promises"]] == ["standard"]
    (missing,) = made["not_promised"]
    assert missing["delivery"] == "express"
    assert [reason["code"] for reason in missing["unfilled"][0]["reasons"]] == ["excluded"]
    assert [item["delivery"] for item in quote(("RARE", 9))["not_promised"]] == ["standard", "express"]
    assert quote(("RARE", 1), deliveries=["express"])["promises"] == []


def test_without_coordinates_only_lanes_of_a_known_distance_are_promised(bare, application):
    lanes = (
        Lane(nodes=frozenset({"lyon"}), country="XK", postcode="75*", distance=465_000),
        Lane(nodes=frozenset({"lille"}), country="XK", takes=60),
    )
    bare.load(inventory([node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 1, "lille": 2}}, lanes=lanes))
    activate(bare)
    http = client_of(bare, application.around(bare))
    made = http.post("/v1/quotes", json=cart(("A", 1), destination=FRANCE | {"country": "XK"})).get_json()
    assert (made["by_lanes_only"], made["promises"][0]["shipments"][0]["distance_m"]) == (True, 465_000)
    taken = http.post(f"/v1/quotes/{made['id']}/take", json={"order_id": "W-1", "promise": 1}).get_json()
    assert (taken["status"], taken["quote"]["changed"]) == ("filled", [])
    for there in ({"country": "XK"}, {"country": "XX"}):
        problem = problem_of(http.post("/v1/quotes", json=cart(("A", 1), destination=there)), 422)
        assert "give latitude and longitude" in problem["detail"]
        page = {"skus": ["A"], "channel": "web", "destination": there}
        assert fields_of(problem_of(http.post("/v1/promises", json=page), 422)) == ["destination"]
    assert bare.check().clean


def test_without_coordinates_a_cart_is_placed_by_its_country(http):
    made = http.post("/v1/quotes", json=cart(("SHIRT", 1), destination={"country": "FR"})).get_json()
    assert (made["by_lanes_only"], made["placed"]["by"]) == (False, "country")
    assert made["promises"]


def test_a_product_page_gets_the_earliest_arrival_by_kind_of_delivery(http, pointsman):
    activate(pointsman, "when: {order.delivery: standard, service.id: courier}, then: {exclude: true}")
    body = {"skus": ["SHIRT", "NOPE", "LAMP", "NONE", "SHIRT"], "channel": "web", "destination": HERE}
    page = http.post("/v1/promises", json=body).get_json()
    assert mistakes_in(http, PromiseListRecord, page) == []
    assert [(item["sku"], item["delivery"], item["arrives_by"]) for item in page["promises"]] == [
        ("SHIRT", "standard", "2026-11-28T09:00:00Z"),
        ("SHIRT", "express", "2026-11-27T14:00:00Z"),
        ("LAMP", "standard", "2026-11-29T11:00:00Z"),
        ("LAMP", "express", "2026-11-29T11:00:00Z"),
        ("NONE", "standard", None),
        ("NONE", "express", None),
    ]
    assert page["unknown"] == ["NOPE"]
    assert [[reason["code"] for reason in item.get("reasons", [])] for item in page["promises"]] == [
        *[[]] * 4,
        *[["no_stock"]] * 2,
    ]
    more = http.post("/v1/promises", json=body | {"quantity": 5, "deliveries": ["express"]}).get_json()
    assert [item["arrives_by"] for item in more["promises"]] == ["2026-11-28T09:00:00Z", "2026-11-29T11:00:00Z", None]


def test_a_product_page_is_told_why_one_unit_does_not_ship_by_itself(http, pointsman):
    activate(pointsman, "then: {multiple_of: 6}")
    body = {"skus": ["LAMP"], "channel": "web", "destination": HERE, "deliveries": ["standard"]}
    (promise,) = http.post("/v1/promises", json=body).get_json()["promises"]
    assert (promise["arrives_by"], [reason["code"] for reason in promise["reasons"]]) == (None, ["not_a_multiple"])
    assert promise["reasons"][0]["rules"] == ["test/r1"]


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("lines.0.sku", cart(("SHRT", 1))),
        ("lines", cart(*[("SHIRT", 1)] * 101)),
        ("lines", cart(lines=[])),
        ("lines.1.id", cart(lines=[{"id": "2", "sku": "SHIRT", "quantity": 1}, {"sku": "SHIRT", "quantity": 1}])),
        ("id", cart() | {"id": "W-1"}),
        ("delivery", cart() | {"delivery": "express"}),
        ("destination", cart(destination=None)),
        ("destination", cart(collect_at="paris")),
        ("collect_at", cart(destination=None, collect_at="pari")),
        ("destination.longitude", cart(destination={"country": "FR", "latitude": 48.8})),
        ("destination.country", cart(destination={"region": "Paris"})),
        ("deliveries", cart(deliveries=["click_and_collect"])),
        ("deliveries", cart(destination=None, collect_at="paris", deliveries=["express"])),
        ("deliveries", cart(deliveries=[])),
        ("deliveries.0", cart(deliveries=["tomorrow"])),
        ("destination", cart(lines=[{"sku": "SHIRT", "quantity": 1, "collect_at": "paris"}], collect_at="paris")),
        ("destination", cart(lines=[{"sku": "SHIRT", "quantity": 1, "delivery": "express"}], destination=None)),
        (
            "destination",
            cart(lines=[{"sku": "SHIRT", "quantity": 1, "delivery": "express"}], destination=None, collect_at="paris"),
        ),
        ("lines.0.collect_at", cart(lines=[{"sku": "SHIRT", "quantity": 1, "collect_at": "pari"}])),
        ("lines.0.collect_at", cart(lines=[{"sku": "SHIRT", "quantity": 1, "delivery": "click_and_collect"}])),
        ("deliver_on", cart(deliver_on="2026-11-26")),
        ("valid_minutes", cart(valid_minutes=61)),
        ("valid_minutes", cart(valid_minutes=0)),
    ],
)
def test_a_mistaken_cart_is_refused_by_field_and_leaves_nothing(http, contents, field, body):
    before = contents()
    assert fields_of(problem_of(http.post("/v1/quotes", json=body), 422)) == [field]
    assert contents() == before


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("skus", {"skus": []}),
        ("skus", {"skus": ["SHIRT"] * 101}),
        ("quantity", {"quantity": 0}),
        ("channel", {"channel": None}),
        ("destination", {"destination": None}),
        ("collect_at", {"destination": None, "collect_at": "pari"}),
    ],
)
def test_a_mistaken_request_of_a_page_is_refused_by_field(http, field, more):
    body = {"skus": ["SHIRT"], "channel": "web", "destination": HERE} | more
    body = {name: value for name, value in body.items() if value is not None}
    assert fields_of(problem_of(http.post("/v1/promises", json=body), 422)) == [field]


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("promise", {"promise": 3}),
        ("promise", {"promise": 0}),
        ("order_id", {"order_id": ""}),
        ("destination.latitude", {"destination": {"country": "FR", "longitude": 2.35}}),
        ("only_if_kept", {"only_if_kept": "yes"}),
        ("delivery", {"delivery": "express"}),
    ],
)
def test_a_mistaken_taking_up_is_refused_by_field_and_changes_nothing(quote, take, contents, field, more):
    made = quote(("SHIRT", 2))
    before = contents()
    assert field in fields_of(problem_of(take(made, **more), 422))
    assert contents() == before
