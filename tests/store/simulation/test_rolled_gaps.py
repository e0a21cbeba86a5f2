"""Rolled forward, what can't be tried is said, what can be is tried, and a draft is compared on the same orders."""

import pytest

from engine.errors import NotFound, PolicyUnreadable
from engine.store.stock import Movement
from tests.conftest import activate
from tests.support.decisions_of_many_kinds import RULES, stocked
from tests.support.facts import HOUR, LILLE, LYON, NOW, PARIS, inventory, node, order
from tests.support.whatif import active, draft, json_of_whatif, tried

DAY = 24 * HOUR
NOT_FROM_LYON = draft("when: {node.id: lyon}, then: {exclude: true}")


def rolled(shop, *drafts, **more):
    return tried(shop, *drafts, way="rolled_forward", **more)


def unreadable(redis_client, keys, version):
    """Write the version as an earlier language did, of which this release does not know a word any more."""
    stored = redis_client.hget(keys.policies, version)
    assert b"exclude" in stored
    redis_client.hset(keys.policies, version, stored.replace(b"exclude", b"leave_out"))


def test_decisions_of_a_network_that_is_not_kept_are_as_logged_and_the_others_are_tried(bare, opened, client, keys):
    """Their units are gone in the draft, too."""
    bare.load(stocked(3))
    activate(bare)
    bare.decide(order(("A", 2), place=LYON))
    bare.load(stocked(3, handling=1))
    late = order(("A", 4), place=LYON)
    bare.decide(late)
    client.redis.delete(keys.former_versions)
    made = rolled(opened(), draft("when: {node.id: lille}, then: {prefer: 1.00}"), active(bare, "same"))
    assert (made.decisions, dict(made.untried.counts)) == (2, {"not_replayable": 1})
    assert "is not kept any more" in made.untried.named[0].why
    for result in made.drafts:
        assert result.comparison.orders == 1
        assert result.comparison.sides.draft.units_shipped == 3 + 2 - 2, "of which the first order has two"
    assert made.drafts[1].comparison.changed == 0


def test_of_decisions_by_policies_that_this_release_can_not_read_a_draft_is_tried(bare, opened, redis_client, keys):
    bare.load(stocked())
    former = activate(bare, "when: {node.id: lyon}, then: {exclude: true}")
    bare.decide(order(("A", 1), place=LYON))
    activate(bare, *RULES)
    bare.decide(order(("A", 1), place=LYON))
    whole = rolled(bare, NOT_FROM_LYON)
    unreadable(redis_client, keys, former)
    made = rolled(opened(), NOT_FROM_LYON)
    assert json_of_whatif(made) == json_of_whatif(whole)
    assert (made.decisions, dict(made.untried.counts)) == (2, {})
    with pytest.raises(PolicyUnreadable, match="can't be read by this release"):
        rolled(opened(), NOT_FROM_LYON, against=former)


def test_facts_that_a_draft_alone_asks_for_are_said_of_each_order(bare):
    bare.load(stocked())
    activate(bare)
    for _ in range(2):
        bare.decide(order(("B", 1)))
    (result,) = rolled(bare, draft("when: {node.id: lyon}, then: {hourly_orders: 5}")).drafts
    assert dict(result.comparison.not_kept) == {"hourly_loads": 2}
    assert result.comparison.incomplete == 2
    (result,) = rolled(bare, draft("when: {node.id: lyon}, then: {prefer: 5.00}")).drafts
    assert result.comparison.incomplete == 0


@pytest.mark.parametrize("begins_again", [None, "month"])
def test_a_time_in_which_nothing_was_decided_says_when_something_was(bare, begins_again):
    """Even if the log has other entries of then."""
    bare.load(stocked())
    activate(bare)
    bare.decide(order(("B", 1)))
    bare.stock.move([Movement(op="1", node="lyon", sku="A", delta=1)])
    for time in ({"until": NOW}, {"since": NOW + DAY}):
        with pytest.raises(NotFound, match=r"from 2026-11-27 10:00 to 2026-11-27 10:00: name a time"):
            rolled(bare, NOT_FROM_LYON, begins_again=begins_again, **time)


def test_an_order_that_waits_in_the_draft_alone_is_offered_stock_also_once_a_place_is_gone(bare, clock):
    """It was read when there was a place more."""
    bare.load(
        inventory([node("lyon", LYON), node("lille", LILLE), node("paris", PARIS)], {"A": {"paris": 2, "lyon": 2}})
    )
    waits = "when: {order.channel: web}, then: {backorder: true}"
    activate(bare, waits)
    bare.decide(order(("A", 3), place=PARIS), wait=True)
    clock.now += 60
    bare.load(inventory([node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 9}, "B": {"lyon": 9}}))
    bare.decide(order(("B", 1), place=LYON))
    clock.now += 60
    bare.stock.move([Movement(op="1", node="lyon", sku="A", delta=1)])
    others = draft("when: {node.id: paris}, then: {exclude: true}", waits)
    made = rolled(bare, others)
    assert (made.decisions, dict(made.untried.counts)) == (2, {})
    sides = made.drafts[0].comparison.sides
    assert (sides.draft.units_shipped, sides.draft.units_waiting) == (sides.baseline.units_shipped, 0) == (4, 0)
