"""Orders decided in one batch: who goes first, who took what another lacked, and how a retry goes on."""

import random

import pytest

from engine.decide.joint import plan as plan_module
from engine.errors import OrderExists, QuotaExceeded, StoreUnavailable, Undecided
from engine.orders.batch import batch as batch_module
from engine.orders.batch import turns as turns_module
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.ledger import RequestKey
from engine.store.stock import Movement
from tests.conftest import activate
from tests.support.batches import decide_batch
from tests.support.decision_json import json_of
from tests.support.facts import EURO, HOUR, LILLE, LYON, MARSEILLE, NOW, inventory, node, order, service
from tests.support.order_json import shipped_units, unfilled_units

VIP = "when: {order.segment: vip}, then: {priority: 80}"


@pytest.fixture
def shop(bare):
    """Three of A in Lyon, two of B in Lille; customers of the segment vip go first."""
    bare.load(inventory([node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 3}, "B": {"lille": 2}}))
    activate(bare, VIP)
    return bare


def keys(name):
    return lambda item: RequestKey(caller="oms", name=f"{name}/{item.id}")


def together(shop, *orders, **more):
    return [json_of(answer) for answer in decide_batch(shop, orders, **more).answers]


def test_the_order_of_the_highest_priority_gets_the_scarce_unit(shop):
    plain = order(("A", 1), id="plain")
    late = order(("A", 1), id="late", promise_by=NOW + 90 * HOUR)
    soon = order(("A", 1), id="soon", promise_by=NOW + 50 * HOUR)
    vip = order(("A", 1), id="vip", segment="vip", placed_at=NOW + 5)
    old = order(("A", 1), id="old", placed_at=NOW - HOUR)
    records = together(shop, plain, late, soon, vip, old)
    assert [record["order"]["id"] for record in records] == ["vip", "soon", "late", "old", "plain"]
    assert [shipped_units(record) for record in records] == [1, 1, 1, 0, 0]


def test_an_order_is_told_which_orders_took_the_units_it_lacked(shop):
    first = order(("A", 2), id="first", segment="vip")
    second = order(("A", 1), ("B", 2), id="second", placed_at=NOW - 1)
    third = order(("A", 2), ("B", 1), id="third")
    records = together(shop, third, second, first)
    ids = {record["order"]["id"]: record["id"] for record in records}
    assert [record["lacked"] for record in records[:2]] == [[], []]
    lacked = [
        {name: item[name] for name in ("sku", "node", "units", "took", "order", "priority", "decision")}
        for item in records[2]["lacked"]
    ]

    def took(sku, name, units, by, priority):
        return {"sku": sku, "node": name, "units": units, "took": "units"} | {
            "order": by,
            "priority": priority,
            "decision": ids[by],
        }

    # the order decided just before it comes first
    assert lacked == [
        took("A", "lyon", 1, "second", 50),
        took("A", "lyon", 1, "first", 80),
        took("B", "lille", 1, "second", 50),
    ]


def test_units_that_nobody_had_are_not_said_to_be_taken(shop):
    records = together(shop, order(("A", 1), id="small", segment="vip"), order(("A", 9), id="large"))
    (lacked,) = records[1]["lacked"]
    assert (lacked["units"], unfilled_units(records[1])) == (1, 7)


def test_the_last_capacity_of_a_node_can_be_lacked_too(bare):
    bare.load(inventory([node("lyon", LYON, daily_orders=1)], {"A": {"lyon": 9}}))
    activate(bare)
    _, second = together(bare, order(id="a"), order(id="b"))
    (lacked,) = second["lacked"]
    assert (lacked["took"], lacked["order"], lacked["units"]) == ("room", "a", 1)


def test_the_sequence_in_which_orders_are_listed_does_not_matter(shop):
    orders = [order(("A", 1), id=f"W-{number}", segment="vip" if number % 3 else None) for number in range(6)]
    expected = None
    for seed in range(5):
        random.Random(seed).shuffle(orders)
        records = together(shop, *orders)
        shipped = [(record["order"]["id"], shipped_units(record)) for record in records]
        expected = expected or shipped
        assert shipped == expected
        for record in records:
            if record["shipments"]:
                shop.holds.release(record["id"])


def test_the_same_keys_are_answered_with_the_same_bytes(shop, contents):
    orders = [order(("A", 2), id="a"), order(("A", 2), id="b")]
    first = decide_batch(shop, orders, keys=keys("night"))
    before = contents()
    again = decide_batch(shop, orders[::-1], keys=keys("night"))
    assert [answer.body for answer in again.answers] == [answer.body for answer in first.answers]
    assert not any(answer.new for answer in again.answers)
    assert contents() == before


def test_an_order_that_was_decided_with_other_content_is_refused_and_the_rest_decided(shop):
    decide_batch(shop, [order(("A", 1), id="a")], keys=keys("night"))
    batch = decide_batch(shop, [order(("A", 2), id="a"), order(("A", 1), id="b")], keys=keys("night"))
    assert isinstance(batch.errors[0], OrderExists)
    assert [json_of(answer)["order"]["id"] for answer in batch.answers] == ["b"]
    assert (batch.failure, shop.check().decisions) == (None, 2)


def test_a_batch_whose_reader_went_away_goes_on_where_it_stopped(shop):
    orders = [order(("A", 1), id=f"{number}") for number in range(4)]
    results = shop.batch(orders, keys=keys("k")).results()
    first = [next(results).answer.body for _ in range(2)]
    results.close()
    decided = shop.check().decisions
    batch = decide_batch(shop, orders, keys=keys("k"))
    assert [answer.new for answer in batch.answers] == [number >= decided for number in range(4)]
    assert [answer.body for answer in batch.answers[:2]] == first
    last = json_of(batch.answers[3])
    assert [(item["order"], item["units"]) for item in last["lacked"]] == [("2", 1)]
    audit = shop.check()
    assert (audit.clean, audit.decisions, audit.held) == (True, 4, 3)


@pytest.fixture
def failing(redis_client):
    """Lets the server refuse all writes from then on, until the test ends."""
    yield lambda: redis_client.replicaof("127.0.0.1", 1)
    redis_client.replicaof("NO", "ONE")


def test_orders_after_the_one_at_which_the_server_failed_are_undecided(shop, failing, redis_client):
    orders = [order(("A", 1), id=f"{number}") for number in range(4)]
    batch = shop.batch(orders, keys=keys("k"))
    results = batch.results()
    first = next(results)
    failing()
    others = list(results)
    assert (first.index, first.rank, first.answer.new) == (0, 1, True)
    assert isinstance(batch.failure, StoreUnavailable)
    assert [(result.index, type(result.error)) for result in others] == [(index, Undecided) for index in (1, 2, 3)]
    assert "Send the batch again with the same key" in str(others[0].error)
    redis_client.replicaof("NO", "ONE")
    again = decide_batch(shop, orders, keys=keys("k"))
    assert [answer.new for answer in again.answers] == [False, True, True, True]
    assert again.answers[0].body == first.answer.body
    assert shop.check().clean


def test_an_order_at_fault_is_refused_by_itself(shop):
    orders = [order(id="a"), order(("C", 1), id="b"), order(("B", 1), id="a"), order(("B", 1), id="c")]
    batch = decide_batch(shop, orders)
    assert [json_of(answer)["order"]["id"] for answer in batch.answers] == ["a", "c"]
    assert [[mistake.field for mistake in batch.errors[index].mistakes] for index in (1, 2)] == [
        ["lines.0.sku"],
        ["id"],
    ]
    assert "'a' is in the batch before" in str(batch.errors[2])
    assert batch.joint.plan.orders == 2
    assert shop.check().decisions == 2


def test_an_order_that_does_not_fit_the_network_of_its_plan_is_refused_by_itself(shop, opened):
    orders = [order(("A", 1), id="a", segment="vip"), order(("B", 1), id="b"), order(("A", 1), id="c")]
    results = shop.batch(orders).results()
    first = next(results)
    opened().load(inventory([node("lyon", LYON)], {"A": {"lyon": 3}}))
    refused, last = results
    assert (first.index, refused.index, last.index) == (0, 1, 2)
    assert [mistake.field for mistake in refused.error.mistakes] == ["lines.0.sku"]


def test_after_an_order_that_another_network_decides_all_are_decided_anew(bare, opened):
    whole = inventory([node("lyon", LYON)], {"A": {"lyon": 9}, "C": {"lyon": 1}})
    bare.load(whole)
    activate(bare, VIP)
    orders = [order(("A", 1), id="a", segment="vip"), order(("A", 1), id="b"), order(("C", 1), id="c")]
    batch = bare.batch(orders, planning=lambda: opened().load(whole))
    results = batch.results()
    assert next(results).index == 0
    # c is not in the network that its class is planned on, but in that which is loaded after the plan
    opened().load(inventory([node("lyon", LYON)], {"A": {"lyon": 9}}))
    others = list(results)
    assert [(result.index, json_of(result.answer)["status"]) for result in others] == [(2, "filled"), (1, "filled")]
    assert batch.joint.plan.orders == 2
    assert bare.check().decisions == 3


def test_no_order_is_decided_after_one_of_higher_priority_that_could_not_be(server_url, network, clock, bare):
    bare.load(inventory([node("lyon", LYON)], {"A": {"lyon": 9}}))
    activate(bare, VIP)
    with Pointsman(Settings(redis_url=server_url, network=network, max_holds=1), clock=clock) as shop:
        orders = [order(id="c"), order(id="a", segment="vip"), order(id="b")]
        batch = decide_batch(shop, orders, caller="oms")
        assert [json_of(answer)["order"]["id"] for answer in batch.answers] == ["a"]
        assert {index: type(error) for index, error in batch.errors.items()} == {0: Undecided, 2: Undecided}
        assert isinstance(batch.failure, QuotaExceeded)
        with pytest.raises(QuotaExceeded):
            decide_batch(shop, [orders[0], orders[2]], caller="oms")
        again = decide_batch(shop, orders, caller="oms")
        assert [answer.new for answer in again.answers] == [False]
        assert {index: type(error) for index, error in again.errors.items()} == {0: Undecided, 2: Undecided}


@pytest.fixture
def region(bare):
    """Lyon is near to everybody, and all that Marseille's customers, who can only be served by bike, can get."""
    nodes = [node("lyon", LYON, daily_orders=2, services=("parcel", "bike")), node("lille", LILLE)]
    services = [service(per_km=1_000), service("bike", base=EURO, per_km=1, countries=frozenset({"IT"}))]
    bare.load(inventory(nodes, {"A": {"lyon": 9, "lille": 9}}, services=services))
    return bare


def by_bike(name):
    return order(("A", 1), id=name, country="IT", place=MARSEILLE)


def test_an_order_that_can_go_elsewhere_leaves_the_last_shipments_to_those_that_can_not(region):
    activate(region, "when: {order.country: IT, node.id: lille}, then: {exclude: true}")
    records = together(region, order(id="a", place=LYON), order(id="b", place=LYON), by_bike("c"), by_bike("d"))
    places = {record["order"]["id"]: record["shipments"][0]["node"] for record in records}
    assert places == {"a": "lille", "b": "lille", "c": "lyon", "d": "lyon"}
    assert [record.get("left") for record in records] == [{"shipments": {"lyon": 2}, "units": {}}] * 2 + [
        {"shipments": {"lyon": 1}, "units": {}},
        None,
    ]
    assert region.check().clean


def test_an_order_that_gives_way_is_decided_last_and_names_who_took_what_it_lacks(bare):
    bare.load(inventory([node("lyon", LYON)], {"A": {"lyon": 2}, "B": {"lyon": 1}}))
    activate(bare, "when: {order.tags: {has: whole}}, then: {ship_complete: true}")
    large = order(("A", 1), ("B", 1), id="a")
    whole = order(("A", 2), ("B", 1), id="b", tags=frozenset({"whole"}), placed_at=NOW + 1)
    batch = decide_batch(bare, [large, whole])
    first, last = (json_of(answer) for answer in batch.answers)
    assert [(record["order"]["id"], record["status"]) for record in (first, last)] == [
        ("b", "filled"),
        ("a", "unfilled"),
    ]
    assert [(item["sku"], item["order"]) for item in last["lacked"]] == [("A", "b"), ("B", "b")]
    assert "left" not in last
    assert (batch.joint.plan.score.unfilled, batch.joint.plan.contending) == (2, 2)


def test_an_order_of_lower_priority_never_makes_one_of_higher_priority_give_way(region):
    activate(region, "when: {order.country: IT, node.id: lille}, then: {exclude: true}", VIP)
    vips = [order(id=name, place=LYON, segment="vip") for name in "ab"]
    records = together(region, by_bike("c"), *vips)
    assert [(record["order"]["id"], record["status"]) for record in records] == [
        ("a", "filled"),
        ("b", "filled"),
        ("c", "unfilled"),
    ]


def test_units_kept_for_a_channel_are_planned_for_it(bare):
    bare.load(inventory([node("lyon", LYON)], {"A": {"lyon": 4}}))
    activate(bare, "then: {protect: {channel: web, units: 2}}")
    shops = [order(("A", 1), id=f"a{number}", channel="store") for number in range(2)]
    web = [order(("A", 2), id="b", channel="web"), order(("A", 2), id="c", channel="web")]
    records = together(bare, *web, *shops)
    assert sum(shipped_units(record) for record in records) == 4


def test_a_class_too_large_to_be_planned_at_once_is_planned_in_parts(region, monkeypatch):
    monkeypatch.setattr(batch_module, "MOST_OPTIONS", 6)  # of three ways: two orders of one line
    activate(region, "when: {order.country: IT, node.id: lille}, then: {exclude: true}")
    orders = [order(id="a", place=LYON), order(id="b", place=LYON), by_bike("c"), order(id="d", segment="x")]
    batch = decide_batch(region, orders)
    assert [json_of(answer)["order"]["id"] for answer in batch.answers] == ["a", "b", "c", "d"]
    assert (batch.joint.classes, batch.joint.plan.orders) == (2, 4)
    # the first part could not know that the second needs Lyon's shipments
    assert [json_of(answer)["status"] for answer in batch.answers] == ["filled", "filled", "unfilled", "filled"]


def test_a_plan_goes_on_where_a_batch_stopped(region):
    activate(region, "when: {order.country: IT, node.id: lille}, then: {exclude: true}")
    orders = [order(id="a", place=LYON), order(id="b", place=LYON), by_bike("c"), by_bike("d")]
    first = region.decide(orders[0], now=NOW, key=keys("k")(orders[0]))
    batch = decide_batch(region, orders, now=NOW, keys=keys("k"))
    assert batch.answers[0].body == first.body
    assert batch.joint.plan.orders == 3
    assert [json_of(answer)["status"] for answer in batch.answers].count("filled") == 3


def test_stock_that_others_took_after_the_plan_fails_no_batch(region, server_url, network, clock):
    activate(region, "when: {order.country: IT, node.id: lille}, then: {exclude: true}")
    orders = [order(id="a", place=LYON), order(id="b", place=LYON), by_bike("c"), by_bike("d")]
    with Pointsman(Settings(redis_url=server_url, network=network), clock=clock) as other:
        taken = []

        def take():
            if not taken:
                taken.append(other.decide(by_bike("other")))

        records = [json_of(answer) for answer in decide_batch(region, orders, progress=take).answers]
    statuses = {record["order"]["id"]: record["status"] for record in records}
    assert statuses == {"a": "filled", "b": "filled", "c": "unfilled", "d": "filled"}
    (unfilled,) = next(record["unfilled"] for record in records if record["order"]["id"] == "c")
    assert [reason["code"] for reason in unfilled["reasons"]] == ["left_to_others", "excluded"]
    assert region.check().clean


@pytest.fixture
def plenty(bare):
    """More of everything than any test orders; Lyon is preferred while it has more than 17 of A."""
    stock = {"A": {"lyon": 20, "lille": 20}, "B": {"lyon": 20}}
    bare.load(inventory([node("lyon", LYON), node("lille", LILLE)], stock))
    activate(bare, "when: {node.id: lyon, stock.available: {more_than: 17}}, then: {prefer: 50.00}")
    return bare


def near_lille(name, *lines):
    return order(*lines or [("A", 1)], id=name, place=LILLE)


def test_orders_that_contend_with_nobody_see_what_those_before_them_took(plenty):
    orders = [near_lille(f"W-{number}") for number in range(6)]
    batch = decide_batch(plenty, orders)
    assert batch.joint.plan.contending == 0
    records = [json_of(answer) for answer in batch.answers]
    assert [record["shipments"][0]["node"] for record in records] == ["lyon"] * 3 + ["lille"] * 3
    held = [next(iter(record["stock"]["A"].values()))["held"] for record in records]
    assert held == [0, 1, 2, 0, 1, 2]
    assert plenty.check().clean


def test_orders_that_contend_with_nobody_see_the_shipments_of_those_before_them(plenty):
    activate(plenty, "when: {node.id: lille, node.load: {at_least: 2}}, then: {exclude: true}")
    records = together(plenty, *(near_lille(f"W-{number}") for number in range(4)))
    assert [record["shipments"][0]["node"] for record in records] == ["lille", "lille", "lyon", "lyon"]


def test_orders_decided_by_their_plan_are_committed_in_one_round_trip(plenty, redis_client):
    decide_batch(plenty, [near_lille(f"V-{number}") for number in range(6)])
    orders = [near_lille(f"W-{number}") for number in range(6)]

    def reads():
        stats = redis_client.info("commandstats")
        return stats["cmdstat_evalsha"]["calls"], stats.get("cmdstat_script|exists", {"calls": 0})["calls"]

    scripts, blocks = reads()
    decide_batch(plenty, orders)
    scripts_after, blocks_after = reads()
    # one that reads the policies, one that reads the stock, and one commit an order
    assert (scripts_after - scripts, blocks_after - blocks) == (2 + len(orders), 1)


def test_an_order_that_stays_partly_unfilled_is_committed_with_those_decided_by_their_plan(plenty, redis_client):
    def blocks():
        return redis_client.info("commandstats").get("cmdstat_script|exists", {"calls": 0})["calls"]

    before = blocks()
    records = together(plenty, near_lille("a"), near_lille("b", ("B", 21)))
    # one before facts are read for b, and one with it
    assert blocks() - before == 2
    assert [record["status"] for record in records] == ["filled", "partial"]


def test_an_order_that_will_wait_is_read_no_more_often_than_one_that_stays_unfilled(plenty, redis_client):
    def hashes_read():
        return redis_client.info("commandstats").get("cmdstat_hgetall", {"calls": 0})["calls"]

    before = hashes_read()
    together(plenty, near_lille("a", ("B", 21)))
    between = hashes_read()
    together(plenty, near_lille("b", ("B", 21)), wait=True)
    assert hashes_read() - between == between - before


def test_units_that_stay_unfilled_in_a_batch_wait_for_stock(plenty):
    (record,) = together(plenty, near_lille("a", ("B", 21)), wait=True)
    assert (record["status"], len(plenty.backlog.page(limit=9).places)) == ("partial", 1)


def test_units_that_came_in_after_the_plan_go_to_an_order_that_would_have_stayed_unfilled(plenty, opened):
    other, arrived = opened(), []

    def receive():
        if not arrived:
            arrived.append(other.stock.move([Movement(op="in", node="lille", sku="B", delta=5)]))

    orders = [near_lille("a", ("B", 25)), near_lille("b")]
    first, _ = (json_of(answer) for answer in decide_batch(plenty, orders, planning=receive).answers)
    assert first["status"] == "filled"
    assert sorted(shipment["node"] for shipment in first["shipments"]) == ["lille", "lyon"]
    assert plenty.check().clean


def test_an_order_whose_stock_others_took_after_the_plan_is_decided_anew_after_its_block(plenty, opened):
    other = opened()
    orders = [near_lille("a"), near_lille("b", ("B", 5)), near_lille("c")]
    taken = []

    def take():
        if not taken:
            taken.append(other.decide(near_lille("other", ("B", 18))))

    answers = decide_batch(plenty, orders, planning=take).answers
    records = [json_of(answer) for answer in answers]
    assert [(record["order"]["id"], record["status"]) for record in records] == [
        ("a", "filled"),
        ("c", "filled"),
        ("b", "partial"),
    ]
    assert records[2]["stock"]["B"]["lyon"]["held"] == 18
    assert records[2]["lacked"] == []
    audit = plenty.check()
    assert (audit.clean, audit.decisions) == (True, 4)


def test_after_a_refusal_orders_are_decided_on_facts_read_anew(plenty, opened, monkeypatch):
    monkeypatch.setattr(turns_module, "MOST_IN_BLOCK", 1)
    other = opened()
    taken = []

    def take():
        if not taken:
            taken.append(other.decide(near_lille("other", ("B", 18), ("A", 1))))

    orders = [near_lille("a", ("B", 5)), near_lille("b"), near_lille("c", ("B", 1))]
    records = [json_of(answer) for answer in decide_batch(plenty, orders, planning=take).answers]
    assert [(record["order"]["id"], record["status"]) for record in records] == [
        ("a", "partial"),
        ("b", "filled"),
        ("c", "unfilled"),
    ]
    assert records[1]["stock"]["A"]["lyon"]["held"] == 1
    assert [(item["order"], item["units"]) for item in records[2]["lacked"]] == [("a", 1)]


def test_an_order_that_is_decided_by_its_plan_keeps_its_idempotency_key(plenty, opened):
    orders = [near_lille("a"), near_lille("b")]
    made = []

    def decide_b():
        if not made:
            made.append(opened().decide(orders[1], key=keys("k")(orders[1])))

    answers = decide_batch(plenty, orders, keys=keys("k"), planning=decide_b).answers
    assert [answer.new for answer in answers] == [True, False]
    assert answers[1].body == made[0].body
    assert plenty.check().decisions == 2


def test_holds_of_a_block_count_against_the_quota(plenty, server_url, network, clock):
    with Pointsman(Settings(redis_url=server_url, network=network, max_holds=2), clock=clock) as shop:
        batch = decide_batch(shop, [near_lille(name) for name in "abcd"], caller="oms")
    assert [json_of(answer)["order"]["id"] for answer in batch.answers] == ["a", "b"]
    assert list(batch.errors) == [2, 3]
    assert isinstance(batch.failure, QuotaExceeded)


def test_evaluations_that_are_not_kept_change_no_decision(plenty, monkeypatch):
    def statuses(day):
        batch = decide_batch(plenty, [near_lille(f"{day}-{number}", ("B", 3), ("A", 1)) for number in range(3)])
        records = [json_of(answer) for answer in batch.answers]
        for record in records:
            plenty.holds.release(record["id"])
        return [[record[part] for part in ("shipments", "stock", "score", "facts")] for record in records], batch.joint

    expected = statuses("V")
    monkeypatch.setattr(plan_module, "MOST_OPTIONS_KEPT", 0)
    assert statuses("W") == expected


def test_policies_that_were_activated_after_the_plan_decide(plenty, opened):
    other, activated = opened(), []

    def swap():
        if not activated:
            activated.append(activate(other, "when: {node.id: lyon}, then: {exclude: true}"))

    records = [
        json_of(answer) for answer in decide_batch(plenty, [near_lille("a"), near_lille("b")], planning=swap).answers
    ]
    assert [(record["policy_version"], record["shipments"][0]["node"]) for record in records] == [
        (activated[0], "lille")
    ] * 2
