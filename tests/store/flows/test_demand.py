"""Paces of sale are learnt from the log of a real server, all at once, and what they were before is kept."""

import time

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import NotFound, NotLearnt
from engine.model.demand import DemandTerms
from engine.store.network import load as network_load
from engine.store.network.former.former_facts import FormerFacts
from engine.store.stock import Movement
from tests.conftest import activate
from tests.support.facts import LILLE, LYON, inventory, node, order, product

DAY = 86_400
WINDOW = 10
FROM_LOG = DemandTerms(source="log", window=WINDOW, method="mean")
PACES = {"A": {"lyon": 4_000}, "B": {"lyon": 500, "lille": 250}}


def stocked(terms=FROM_LOG, paces=PACES):
    stock = {"A": {"lyon": 1_000}, "B": {"lyon": 1_000, "lille": 1_000}, "C": {"lille": 5}}
    return inventory([node("lyon", LYON), node("lille", LILLE)], stock, paces=paces, demand=terms)


@pytest.fixture
def shop(bare, clock):
    """Its log begins at noon, WINDOW + 1 days ago."""
    clock.now = (int(time.time()) // DAY - WINDOW - 1) * DAY + 43_200
    bare.load(stocked())
    activate(bare)
    return bare


def sell(shop, clock, *units_by_day, sku="A"):
    """Decide orders of so many units, one on each of the next days, of which each leaves at once."""
    for units in units_by_day:
        clock.now += DAY
        if units:
            decision = shop.decide(order((sku, units), id=f"{sku}-{clock.now}", placed_at=clock.now)).record
            shop.holds.confirm(decision.id, op="left")


def paces(shop, sku):
    return {item.node: item.pace for item in shop.flows.demand.show(sku).nodes}


def entries_of(shop, kind):
    return [item for item in shop.entries(on_damaged=pytest.fail) if item.kind == kind]


def test_learnt_paces_take_the_place_of_those_given_all_at_once(shop, clock):
    before = shop.network().version
    sell(shop, clock, 3, 0, 0, 5, 0, 0, 0, 0, 0, 2)
    clock.now += DAY
    learning = shop.flows.demand.learn()
    assert paces(shop, "A")["lyon"] == shop.flows.demand.daily_demand("A", "lyon") == 1_000
    assert paces(shop, "B") == {"lyon": 0, "lille": 0}
    assert shop.network().version == learning.network_version != before
    facts = learning.learnt_from
    assert (facts.positions, facts.changed, facts.window, facts.before) == (4, 4, WINDOW, before)
    assert [change.sku for change in learning.changes] == ["A", "B", "B", "C"], "the largest first"
    assert (learning.changes[-1].before, learning.changes[-1].after) == (None, 0)
    snapshot, _ = shop._facts.read(["A", "B"], clock.now)
    assert snapshot.positions["A"]["lyon"].pace == 1_000
    shown = shop.flows.demand.show("A")
    assert (shown.nodes[-1].learnt, shown.learnt_from) == (("mean", 10, WINDOW, 4_000), facts)
    (entry,) = entries_of(shop, "demand_learnt")
    assert (entry.decision, entry.details["positions"]) == (learning.network_version, 4)
    assert msgspec.convert(entry.details, type(facts)) == facts
    assert shop.check().clean


def test_a_decision_is_replayed_with_the_paces_that_it_was_made_with(shop, clock):
    activate(shop, "when: {stock.days_of_cover: {at_most: 400}}, then: {keep: 10}")
    sell(shop, clock, *[1] * WINDOW)
    decided = shop.decide(order(("A", 1), placed_at=clock.now)).record.id
    sell(shop, clock, *[1] * WINDOW)
    clock.now += DAY
    assert shop.flows.demand.learn().network_version is not None
    after = shop.decide(order(("A", 1), placed_at=clock.now)).record
    assert shop.replays.of_decision(decided).outcome == "identical"
    assert shop.replays.of_decision(after.id).outcome == "identical"


def test_a_dry_run_stores_nothing_and_says_what_would_be_learnt(shop, clock, contents):
    sell(shop, clock, *[2] * WINDOW)
    clock.now += DAY
    before = contents()
    tried = shop.flows.demand.learn(dry_run=True)
    assert contents() == before
    assert (tried.network_version, tried.changes[0].after) == (None, 2_000)
    learnt = shop.flows.demand.learn()
    assert (learnt.learnt_from, learnt.changes) == (tried.learnt_from, tried.changes)


def test_learning_the_same_again_changes_nothing(shop, clock, contents):
    sell(shop, clock, *[2] * WINDOW)
    clock.now += DAY
    shop.flows.demand.learn()
    before = contents()
    again = shop.flows.demand.learn()
    assert (again.network_version, again.learnt_from.changed, again.changes) == (None, 0, [])
    assert contents() == before


def test_what_was_learnt_outlasts_a_load_until_the_network_asks_for_given_paces(shop, clock):
    sell(shop, clock, *[2] * WINDOW)
    clock.now += DAY
    shop.flows.demand.learn()
    shop.load(stocked(paces={"A": {"lyon": 9_000}, "C": {"lille": 70}}))
    assert paces(shop, "A") == {"lyon": 2_000}
    assert shop.flows.demand.show("A").nodes[0].learnt.given == 9_000
    assert shop.flows.demand.show("B").nodes[0].learnt.given is None
    shop.master_data.put_products(lambda _: [product("A", brand="acme")])
    assert paces(shop, "A") == {"lyon": 2_000}
    assert shop.flows.demand.show("A").nodes[0].learnt == ("mean", 20, WINDOW, 9_000)
    shop.load(stocked(DemandTerms()))
    assert paces(shop, "A") == {"lyon": 4_000}
    assert shop.flows.demand.show("A").nodes[0].learnt is None
    assert shop.flows.demand.show("A").learnt_from is None


def test_the_same_folder_loaded_twice_is_the_same_network(shop, clock):
    sell(shop, clock, *[2] * WINDOW)
    clock.now += DAY
    shop.flows.demand.learn()
    assert shop.load(stocked())
    version = shop.network().version
    assert not shop.load(stocked())
    assert shop.network().version == version


def test_sales_at_the_till_are_movements_with_such_a_reason(shop, clock):
    for day in range(WINDOW):
        clock.now += DAY
        moved = [Movement(op=f"{day}", node="lyon", sku="B", delta=-3, reason="sale")]
        shop.stock.move([*moved, Movement(op=f"x{day}", node="lyon", sku="B", delta=-1, reason="theft")])
    clock.now += DAY
    shop.flows.demand.learn()
    assert paces(shop, "B")["lyon"] == 3_000


def test_positions_of_which_too_few_days_count_keep_their_pace(shop, clock):
    clock.now += 5 * DAY
    shop.stock.move([Movement(op="gone", node="lyon", sku="B", delta=-1_000, reason="theft")])
    clock.now += 6 * DAY
    learning = shop.flows.demand.learn()
    assert learning.learnt_from.too_few == 1
    assert paces(shop, "B") == {"lyon": 500, "lille": 0}


def test_a_log_that_is_too_short_teaches_nothing(bare, clock, contents):
    bare.load(stocked())
    clock.now += 5 * DAY
    before = contents()
    with pytest.raises(NotLearnt, match="the log has 4 whole days"):
        bare.flows.demand.learn()
    assert contents() == before


def test_a_network_with_given_paces_learns_none_but_can_ask_what_it_would(shop, clock, contents):
    shop.load(stocked(DemandTerms(window=WINDOW)))
    sell(shop, clock, *[2] * WINDOW)
    clock.now += DAY
    before = contents()
    with pytest.raises(NotLearnt, match="write demand"):
        shop.flows.demand.learn()
    assert shop.flows.demand.learn(dry_run=True).learnt_from.positions == 4
    assert contents() == before


def test_an_unknown_sku_is_not_found(shop):
    with pytest.raises(NotFound, match="GONE"):
        shop.flows.demand.show("GONE")


def test_what_others_change_while_paces_are_learnt_stays(shop, clock, opened):
    """Another process changes a product each time the log was read, until the last try."""
    sell(shop, clock, *[2] * WINDOW)
    clock.now += DAY
    other, tries = opened(), []

    def interfere(part, done, total):
        if part == "paces" and done == total and len(tries) < 2:
            tries.append(done)
            other.master_data.put_products(lambda _: [product("A", brand=f"acme {len(tries)}")])

    learning = shop.flows.demand.learn(progress=interfere)
    assert len(tries) == 2
    assert shop.products(["A"])["A"].brand == "acme 2"
    assert paces(shop, "A") == {"lyon": 2_000}
    assert learning.learnt_from.before != learning.network_version
    assert len(entries_of(shop, "demand_learnt")) == 1
    assert shop.check().clean


def test_a_network_that_asks_for_given_paces_meanwhile_gets_no_learnt_ones(shop, clock, opened):
    sell(shop, clock, *[2] * WINDOW)
    clock.now += DAY
    other = opened()

    def interfere(part, *_):
        if part == "log":
            other.load(stocked(DemandTerms()))

    with pytest.raises(NotLearnt, match="has its paces of sale from"):
        shop.flows.demand.learn(progress=interfere)
    assert paces(shop, "A") == {"lyon": 4_000}


def test_a_load_that_is_overtaken_by_a_learning_has_what_was_learnt(shop, clock, opened):
    sell(shop, clock, *[2] * WINDOW)
    clock.now += DAY
    shop.flows.demand.learn()
    sell(shop, clock, *[6] * WINDOW)
    clock.now += DAY
    other, learnt = opened(), []

    def micros():
        if not learnt:  # the load is staged, and is just about to be swapped in
            learnt.append(other.flows.demand.learn().network_version)
        return clock.now * 1_000_000

    verify = lambda: shop.versions.verify_network(stocked().network)  # noqa: E731
    network_load.save(shop._client, shop._keys, stocked(), verify_policies=verify, micros=micros)
    assert learnt[0] is not None
    assert paces(shop, "A") == {"lyon": 6_000}


def test_a_learning_that_loses_what_it_staged_leaves_all_as_it_was(shop, clock, network, redis_client):
    sell(shop, clock, *[2] * WINDOW)
    clock.now += DAY
    lost = []

    def lose(part, done, total):
        if part == "paces" and not lost:
            (staged,) = redis_client.keys(f"{{{network}}}:staged:*")
            lost.append(redis_client.delete(staged))

    before = shop.network().version
    assert shop.flows.demand.learn(progress=lose).network_version != before
    assert lost == [1]
    assert redis_client.keys(f"{{{network}}}:staged:*") == []


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from("ABC"), st.integers(0, 9)), max_size=5))
def test_products_are_read_as_they_were_before_each_learning(shop, clock, rounds):
    """Whatever is learnt in a row, each former network has its own paces."""
    known = {}
    for sales in rounds:
        for day in range(WINDOW + 1):
            clock.now += DAY
            for sku, units in sales.items():
                node_of = "lille" if sku == "C" else "lyon"
                clock_op = f"{clock.now}-{sku}-{day}"
                back = Movement(op=f"back {clock_op}", node=node_of, sku=sku, delta=units, reason="found")
                sale = Movement(op=clock_op, node=node_of, sku=sku, delta=-units, reason="sale")
                shop.stock.move([back, sale] if units else [])
        known[shop.network().version] = {sku: paces(shop, sku) for sku in "ABC"}
        shop.flows.demand.learn()
    former = FormerFacts(shop._client, shop._keys)
    for version, expected in known.items():
        assert {sku: dict(pace) for sku, (_, pace) in former.products(version, list("ABC")).items()} == expected
