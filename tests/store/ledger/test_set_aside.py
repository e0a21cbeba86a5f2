"""An order that takes long to decide loses stock to quicker ones; what they left is set aside for its next try."""

import contextlib
import itertools

import pytest

from api.cli.ledger import audit_lines
from api.cli.ledger_log import entry_line
from api.cli.output.times import Times
from engine.errors import QuotaExceeded
from engine.orders import set_aside
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.flows.receipts import Announcement
from engine.store.log.decision_log import entries
from engine.store.outcomes import Committed, StockChanged
from engine.store.stock import Movement
from tests.conftest import activate
from tests.properties.ledger.catalogue import Catalogue
from tests.store.ledger.test_scarce_stock import together
from tests.support.decision_json import facts_of, json_of
from tests.support.facts import EURO, LILLE, LYON, PARIS, inventory, node, order, service
from tests.support.ledger_entries import of_the_ledger
from tests.support.order_json import shipped_units

SKUS = [f"S{number}" for number in range(10)]
LARGE = order(*((sku, 5) for sku in SKUS), id="large")
LARGE_CALLERS = 2
LOST = StockChanged(node="lyon")


def stocked(units):
    """A shipment costs nothing and a unit is cheapest from Lyon, so that each line is best shipped from there."""
    nodes = [
        node("lyon", LYON),
        node("lille", LILLE, unit_handling=EURO),
        node("paris", PARIS, unit_handling=2 * EURO),
    ]
    stock = {sku: {item.id: units for item in nodes} for sku in SKUS}
    return inventory(nodes, stock, services=[service(base=0)])


@pytest.fixture
def others(bare):
    bare.load(stocked(9))
    activate(bare)
    return bare


@pytest.fixture
def take(others):
    """Each call, others take all of one more SKU that they can get in Lyon."""
    numbers = itertools.count()

    def one_more():
        sku = SKUS[next(numbers)]
        free = next(item.position.available for item in others.stock.show(sku).nodes if item.node == "lyon")
        made = json_of(others.decide(order((sku, free), id=sku)))
        assert [shipment["node"] for shipment in made["shipments"]] == ["lyon"]

    return one_more


def kinds(pointsman):
    return [entry.kind for entry in of_the_ledger(entries(pointsman._client, pointsman._keys))]


def held(pointsman, sku):
    return {item.node: item.position.held for item in pointsman.stock.show(sku).nodes if item.position.held}


def test_a_large_order_of_which_others_take_a_part_each_time_is_decided(others, take, opened, before_commit):
    outcomes = before_commit(take, times=9)
    made = json_of(opened().decide(LARGE))
    assert made["status"] == "filled"
    assert outcomes == [LOST, LOST, Committed()]
    assert {item["node"]: shipped_units({"shipments": [item]}) for item in made["shipments"]} == {
        "lyon": 8 * 5,
        "lille": 2 * 5,
    }
    # of the third SKU, others got what was not set aside
    assert held(others, "S2") == {"lyon": 9}
    audit = others.check()
    assert (audit.clean, audit.held) == (True, 9 + 9 + 4 + 50)
    assert kinds(others) == ["decided", "decided", "set_aside", "decided", "released", "decided"]


def test_the_check_and_the_log_as_people_read_them_say_what_is_set_aside(others, take, opened, before_commit):
    texts = []

    def look():
        take()
        (*_, entry) = [item for item in entries(others._client, others._keys) if item.kind == "set_aside"] or [None]
        texts.append((list(audit_lines(others.check())), entry and entry_line(entry, Times.of(others))))

    before_commit(look, times=3)
    opened().decide(LARGE)
    lines, entry = texts[-1]
    assert "shipped by the log 22 = held 22 + units of holds that ended 0, 0 of them confirmed" in lines
    assert lines[-2:] == ["held besides, for orders that are being decided: 45", "clean"]
    assert "  set_aside  set-aside:" in entry
    assert "  until Fri 27 Nov 2026 10:00:10 +01:00: 5 x S0 at lille, 5 x S2 at lyon, 5 x S3 at lyon, " in entry


def test_what_the_record_says_was_held_is_what_others_held(others, take, opened, before_commit):
    before_commit(take, times=2)
    stock = facts_of(opened().decide(LARGE))["stock"]
    held = {sku: dict(zip(stock[sku]["nodes"], stock[sku]["held"], strict=True))["lyon"] for sku in ("S0", "S1", "S2")}
    assert held == {"S0": 9, "S1": 9, "S2": 0}


def test_units_set_aside_are_held_for_everybody_else_and_are_no_decision_s_hold(others, take, opened, before_commit):
    seen = []

    def look():
        take()
        seen.append(
            (held(others, "S5"), others.availability("S5", "web").free, len(others.holds.list_open(limit=99).holds))
        )

    before_commit(look, times=3)
    opened().decide(LARGE)
    assert seen == [({}, 27, 1), ({}, 27, 2), ({"lyon": 5}, 22, 3)]


def test_a_check_while_units_are_set_aside_is_clean(others, take, opened, before_commit):
    audits = []
    before_commit(lambda: (take(), audits.append(others.check())), times=3)
    opened().decide(LARGE)
    assert [(audit.clean, audit.held, audit.set_aside, audit.shipped, audit.ended) for audit in audits] == [
        (True, 9, 0, 9, 0),
        (True, 18, 0, 18, 0),
        (True, 22 + 45, 45, 22, 0),
    ]


def test_what_was_set_aside_and_then_lost_to_a_count_is_decided_again(others, take, opened, before_commit):
    """A stock message takes from Lyon what was set aside there: physical units count, and not what was promised."""
    tries = itertools.count(1)

    def act():
        if next(tries) < 3:
            take()
        else:
            others.stock.move([_gone("S7")])

    outcomes = before_commit(act, times=3)
    made = json_of(opened().decide(LARGE))
    assert outcomes == [LOST, LOST, LOST, Committed()]
    assert made["status"] == "filled"
    assert others.check().clean


def test_whoever_asks_for_availability_sees_what_is_let_go_and_not_taken_again(others, take, opened, before_commit):
    catalogue, tries = Catalogue(others, SKUS), itertools.count(1)

    def act():
        if next(tries) < 3:
            take()
        else:
            others.stock.move([_gone("S7", place) for place in ("lyon", "lille", "paris")])
            assert held(others, "S7") == {"lyon": 5}
        catalogue.check()

    before_commit(act, times=3)
    made = json_of(opened().decide(LARGE))
    assert (made["status"], held(others, "S7")) == ("partial", {})
    catalogue.check()


def _gone(sku, place="lyon"):
    return Movement(op=f"{sku} {place}", node=place, sku=sku, delta=-9)


@pytest.fixture
def killed(monkeypatch):
    """A process that dies lets nothing go."""
    monkeypatch.setattr(set_aside.UnitsSetAside, "__exit__", lambda *_: None)


@pytest.mark.usefixtures("killed")
def test_if_the_process_dies_what_it_had_set_aside_expires(others, take, opened, before_commit, clock):
    tries = itertools.count(1)

    def act():
        if next(tries) == 3:
            raise KeyboardInterrupt
        take()

    before_commit(act, times=3)
    with pytest.raises(KeyboardInterrupt):
        opened().decide(LARGE)
    assert held(others, "S5") == {"lyon": 5}
    assert others.check().clean
    clock.now += set_aside.LEAST_SECONDS
    others.ready()
    assert held(others, "S5") == {}
    assert kinds(others)[-2:] == ["set_aside", "expired"]
    audit = others.check()
    assert (audit.clean, audit.held) == (True, 18)
    assert json_of(others.decide(order(("S5", 27))))["status"] == "filled"


def test_an_order_that_fails_lets_go_what_was_set_aside(others, take, opened, before_commit):
    tries = itertools.count(1)

    def act():
        if next(tries) == 3:
            raise QuotaExceeded("no more")
        take()

    before_commit(act, times=3)
    with pytest.raises(QuotaExceeded):
        opened().decide(LARGE)
    assert (held(others, "S5"), kinds(others)[-2:]) == ({}, ["set_aside", "released"])
    assert others.check().clean


def test_units_whose_time_was_over_before_the_commit_are_not_taken_twice(others, take, opened, before_commit, clock):
    tries = itertools.count(1)

    def act():
        if next(tries) == 3:
            clock.now += set_aside.LEAST_SECONDS
            assert json_of(others.decide(order(*((sku, 9) for sku in SKUS[2:]))))["status"] == "filled"
        else:
            take()

    outcomes = before_commit(act, times=3)
    made = json_of(opened().decide(LARGE))
    assert outcomes == [LOST, LOST, StockChanged(node=""), Committed()]
    assert {shipment["node"] for shipment in made["shipments"]} == {"lille"}
    assert others.check().clean


def test_what_is_set_aside_counts_in_the_day_of_its_nodes_and_the_order_s_own_does_not_bar_it(
    others, take, opened, before_commit
):
    activate(others, "when: {node.id: lyon}, then: {daily_orders: 3}")
    outcomes = before_commit(take, times=2)
    made = json_of(opened().decide(LARGE))
    assert outcomes == [LOST, LOST, Committed()]
    assert "lyon" in {shipment["node"] for shipment in made["shipments"]}
    assert json_of(others.decide(order(("S9", 1))))["shipments"][0]["node"] != "lyon"
    assert others.check().clean


@pytest.fixture
def promised(bare, clock):
    """A Pointsman whose stock is in Lyon alone, with as many units of one article to come."""
    bare.load(inventory([node("lyon", LYON)], {"S0": {"lyon": 9}, "S1": {"lyon": 9}}))
    activate(bare, "then: {promise_from: planned, hold: 90 d}")
    coming = Announcement(
        id="PO-1",
        source="purchase_order",
        node="lyon",
        sku="S0",
        quantity=9,
        expected_at=clock.now + 9 * 86_400,
        status="planned",
        sequence=1,
    )
    bare.flows.inbound.announce(coming)
    return bare, clock


@pytest.mark.parametrize("in_the_end", ["filled", "stopped", "expired"])
def test_what_is_set_aside_for_a_shipment_that_waits_for_a_receipt_counts_in_no_day(
    promised, opened, before_commit, monkeypatch, in_the_end
):
    """The other orders ship today, from the same place; one article of those that wait is on hand and set aside."""
    pointsman, clock = promised
    numbers, audits = itertools.count(1), []

    def take_one():
        number = next(numbers)
        if number == 3 and in_the_end != "filled":
            raise KeyboardInterrupt
        if number < 3:
            pointsman.decide(order(("S0", 4), id=f"small-{number}"))
        audits.append(pointsman.check())

    if in_the_end == "expired":
        monkeypatch.setattr(set_aside.UnitsSetAside, "__exit__", lambda *_: None)
    before_commit(take_one, times=3)
    with contextlib.suppress(KeyboardInterrupt):
        made = json_of(opened().decide(order(("S0", 17), ("S1", 2), id="large")))
        assert [bool(item.get("ready_at")) for item in made["shipments"]] == [True]
    clock.now += set_aside.LEAST_SECONDS
    pointsman.ready()
    audits.append(pointsman.check())
    assert "set_aside" in kinds(pointsman)
    assert [audit.drifts for audit in audits] == [()] * len(audits)
    assert pointsman._client.redis.hvals(pointsman._keys.load("2026-11-27")) == [b"2"]


@pytest.fixture
def output_of_lyon(redis_client, network):
    """Units and grams that Lyon was given to ship today."""

    def read():
        (key,) = redis_client.keys(f"{{{network}}}:load:*")
        return tuple(int(redis_client.hget(key, f"lyon\t{field}") or 0) for field in ("units", "grams"))

    return read


def test_what_is_set_aside_counts_in_the_units_of_the_day(others, take, opened, before_commit, output_of_lyon):
    activate(others, "when: {node.id: lyon}, then: {daily_units: 200}", "then: {daily_weight: 200 kg}")
    counted = []

    def look():
        counted.append(output_of_lyon())

    outcomes = before_commit(lambda: (take(), look(), others.check().clean), times=3)
    made = json_of(opened().decide(LARGE))
    assert outcomes == [LOST, LOST, Committed()]
    look()
    shipped = sum(line["quantity"] for item in made["shipments"] if item["node"] == "lyon" for line in item["lines"])
    assert counted == [(9, 9_000), (18, 18_000), (22 + 40, 62_000), (22 + shipped, 22_000 + 1_000 * shipped)]
    assert others.check().clean


@pytest.fixture
def one_hold(others, server_url, network, clock):
    """A Pointsman whose callers may have one open hold each."""
    with Pointsman(Settings(redis_url=server_url, network=network, max_holds=1), clock=clock) as pointsman:
        yield pointsman


def test_what_is_set_aside_is_a_hold_of_the_quota_that_the_decision_takes_over(others, take, one_hold, before_commit):
    outcomes = before_commit(take, times=2)
    assert json_of(one_hold.decide(LARGE, caller="shop"))["status"] == "filled"
    assert outcomes == [LOST, LOST, Committed()]
    with pytest.raises(QuotaExceeded, match="'shop' has 1 open holds and may have 1"):
        one_hold.decide(order(("S9", 1)), caller="shop")
    assert others.check().clean


def test_while_the_quota_is_used_up_nothing_is_set_aside(others, take, one_hold, before_commit):
    one_hold.decide(order(("S9", 1)), caller="shop")
    before_commit(take, times=2)
    with pytest.raises(QuotaExceeded):
        one_hold.decide(LARGE, caller="shop")
    assert "set_aside" not in kinds(others)
    assert others.check().clean


@pytest.mark.slow
def test_a_large_order_among_small_ones_is_decided_and_so_are_they(bare, opened):
    """Small orders take one unit each of the same SKUs, as fast as they can, for as long as the large ones are
    decided. Floors depend on what they take.
    """
    nodes = [node(f"n{number}", PARIS, unit_handling=number * EURO) for number in range(8)]
    skus = [f"S{number}" for number in range(60)]
    bare.load(inventory(nodes, {sku: {item.id: 12 for item in nodes} for sku in skus}, services=[service(base=0)]))
    activate(
        bare,
        "when: {stock.available: {at_most: 3}}, then: {keep: 2}",
        "when: {stock.held: {at_least: 6}}, then: {keep: 1}",
    )
    workers, finished = [opened() for _ in range(5)], []

    def place_large(number):
        orders = [order(*((sku, 3) for sku in skus), id=f"large-{number}-{turn}") for turn in range(2)]
        try:
            return [json_of(workers[number].decide(item)) for item in orders]
        finally:
            finished.append(number)

    def place_small(number):
        made = []
        while len(finished) < LARGE_CALLERS:
            sku = skus[(len(made) * 7 + number * 13) % len(skus)]
            made.append(json_of(workers[number].decide(order((sku, 1), id=f"{number}-{len(made)}"))))
        return made

    answers = together(5, lambda number: (place_large if number < LARGE_CALLERS else place_small)(number))
    assert None not in answers, "an order was refused"
    assert [len(records) for records in answers[:LARGE_CALLERS]] == [2] * LARGE_CALLERS
    assert all(answers)
    audit = bare.check()
    assert (audit.clean, audit.held) == (True, sum(shipped_units(record) for each in answers for record in each))
