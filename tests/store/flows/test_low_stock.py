"""Positions that are low by a rule: said once when they fall below, and again only after they had risen."""

import pytest

from engine.store.flows.low_positions import LowPosition
from engine.store.stock import Count, Stamp
from tests.conftest import activate
from tests.support.facts import HOUR, LILLE, LYON, NOW, inventory, node, order

DAY = 24 * HOUR
NODES = [node("lyon", LYON), node("lille", LILLE, type="store")]


@pytest.fixture
def shop(bare):
    """Ten of A in Lyon, of which one sells a day, and four in Lille, which is low below three."""
    bare.load(inventory(NODES, {"A": {"lyon": 10, "lille": 4}, "B": {"lyon": 50}}, paces={"A": {"lyon": 1_000}}))
    activate(
        bare,
        "when: {node.type: store}, then: {alert_below: 3}",
        "when: {node.id: lyon}, then: {alert_below: {cover: 4 days}}",
        "from: 2026-12-10, until: 2026-12-12, then: {uplift: 500%}",
    )
    return bare


def look(shop):
    """What fell and what rose since."""
    found = shop.flows.channels.low.look()
    return found.fallen, found.risen


def said(shop):
    return [
        (item["sku"], item["node"], item["available"], item["below"], item["rules"])
        for entry in shop.entries(on_damaged=pytest.fail)
        if entry.kind == "stock_low"
        for item in entry.details["positions"]
    ]


def test_a_position_is_low_once_when_it_falls_below_what_the_rule_asks_for(shop, count):
    assert look(shop) == (0, 0)
    count(3, at="lille")
    assert (look(shop), said(shop)) == ((0, 0), [])
    count(2, at="lille")
    assert look(shop) == (1, 0)
    count(1, at="lille")
    assert look(shop) == (0, 0)
    assert said(shop) == [("A", "lille", 2, 3, ["test/r1"])]
    assert shop.flows.channels.low.all() == {("A", "lille"): 3}


def test_it_is_low_again_only_after_it_had_risen(shop, count):
    count(2, at="lille")
    look(shop)
    count(3, at="lille")
    assert look(shop) == (0, 1)
    count(0, at="lille")
    assert look(shop) == (1, 0)
    assert [available for _, _, available, _, _ in said(shop)] == [2, 0]


def test_what_is_held_is_not_available(shop):
    look(shop)
    shop.decide(order(("A", 13)))
    assert look(shop) == (2, 0)


def test_it_becomes_low_before_a_peak_by_itself_and_rises_after_it(shop, clock):
    found = []
    for _ in range(18):
        found.append(look(shop))
        clock.now += DAY
    # ten units last four days until the 8th, as from then on the peak's second day is among these
    assert [(day, item) for day, item in enumerate(found) if item != (0, 0)] == [(11, (1, 0)), (15, (0, 1))]
    assert said(shop) == [("A", "lyon", 10, 12, ["test/r2"])]


def test_other_rules_are_looked_at_at_once(shop):
    look(shop)
    activate(shop, "then: {alert_below: 60}")
    assert look(shop) == (3, 0)
    activate(shop)
    assert look(shop) == (0, 3)
    assert shop.flows.channels.low.all() == {}


def test_an_article_that_is_gone_is_not_low(shop, count):
    count(1, at="lille")
    look(shop)
    shop.load(inventory(NODES, {"B": {"lyon": 50}}))
    assert look(shop) == (0, 1)


def test_an_article_that_does_not_lie_there_any_more_is_not_low_there(shop, count):
    count(1, at="lille")
    look(shop)
    shop.load(inventory(NODES, {"A": {"lyon": 10}, "B": {"lyon": 50}}), counts=True)
    assert look(shop) == (0, 1)


def test_what_two_processes_find_is_said_once(shop):
    low = shop.flows.channels.low._low
    low.take_turn("mine")
    found = LowPosition(sku="A", node="lille", available=2, below=3, rules=("test/r1",))
    for _ in range(2):
        assert low.note("mine", fallen=[found], version="v", now=NOW)
    assert len(said(shop)) == 1


def test_a_network_without_such_rules_is_not_looked_at(bare, redis_client, network):
    bare.load(inventory(NODES, {"A": {"lyon": 10}}))
    activate(bare)
    assert look(bare) == (0, 0)
    assert redis_client.keys(f"{{{network}}}:low*") == []


def test_one_process_at_a_time_looks(shop, count):
    count(1, at="lille")
    low = shop.flows.channels.low._low
    assert low.take_turn("other")
    assert look(shop) == (0, 0)
    assert not low.note("late", version="v", now=NOW)
    low.end_turn("late")
    assert not low.take_turn("late")
    low.end_turn("other")
    assert look(shop) == (1, 0)


def test_the_events_say_the_threshold_and_the_rule(shop, count):
    end = shop.events.end()
    count(2, at="lille")
    look(shop)
    events = [item for item in shop.events._outbox.read(end, limit=100).events if item.type == "stock.low"]
    (event,) = events
    assert (event.subject, event.data.node, event.data.available, event.data.below) == ("A", "lille", 2, 3)
    assert (event.data.rules, event.data.version) == (["test/r1"], shop.versions.timeline().active)


def low_events(shop, since):
    return [item for item in shop.events._outbox.read(since, limit=1_000).events if item.type == "stock.low"]


def test_many_that_are_low_by_other_rules_are_told_together_and_all_are_in_the_log(bare, monkeypatch):
    monkeypatch.setattr("engine.inventory.availability_feed.MOST_SKUS_AT_ONCE", 40)
    names = [f"S{number:03}" for number in range(230)]
    bare.load(inventory(NODES, {name: {"lyon": 5} for name in names}))
    version = activate(bare, "then: {alert_below: 9}")
    end = bare.events.end()
    assert look(bare) == (230, 0)
    assert sorted(sku for sku, *_ in said(bare)) == names
    (event,) = low_events(bare, end)
    assert (event.subject, event.data.count, event.data.version) == ("", 230, version)
    assert [(item.sku, item.node, item.available, item.below, item.rules) for item in event.data.positions] == [
        (name, "lyon", 5, 9, ["test/r1"]) for name in names[:50]
    ]
    assert len(bare.flows.channels.low.all()) == 230


@pytest.mark.parametrize(("skus", "events"), [(50, 50), (51, 1)])
def test_more_than_fifty_are_many(bare, skus, events):
    bare.load(inventory(NODES, {f"S{number:03}": {"lyon": 5} for number in range(skus)}))
    activate(bare, "then: {alert_below: 9}")
    end = bare.events.end()
    assert look(bare) == (skus, 0)
    assert len(low_events(bare, end)) == events


def test_many_that_are_low_because_their_stock_changed_are_told_each(bare):
    names = [f"S{number:03}" for number in range(60)]
    bare.load(inventory(NODES, {name: {"lyon": 9} for name in names}))
    activate(bare, "then: {alert_below: 9}")
    assert look(bare) == (0, 0)
    end = bare.events.end()
    for name in names:
        bare.stock.set_count(Count(node="lyon", sku=name, on_hand=8, stamp=Stamp(kind="s", number=1)))
    assert look(bare) == (60, 0)
    assert sorted(event.data.sku for event in low_events(bare, end)) == names
