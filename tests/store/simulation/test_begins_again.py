"""Each day rolled forward by itself comes to what that day alone comes to, and they add up."""

import pytest

from api.records.whatif import WhatIfRecord
from engine.parallel.work import Spread
from engine.simulation.rolled.answering import Answering
from engine.simulation.whatif import what_if
from tests.conftest import activate
from tests.support.facts import HOUR, LYON, PARIS, inventory, node, order
from tests.support.whatif import active, draft, json_of_whatif, request_of, tried

DAY = 24 * HOUR
NOT_FROM_PARIS = "when: {node.id: paris}, then: {exclude: true}"
FROM_PARIS = draft("when: {node.id: paris}, then: {prefer: 1.00}", name="from paris")
"""Which has enough for one day."""


@pytest.fixture
def two_days(bare, clock):
    """Each has an order of two units."""
    bare.load(inventory([node("lyon", LYON), node("paris", PARIS)], {"A": {"lyon": 9, "paris": 2}}))
    activate(bare, NOT_FROM_PARIS)
    for _ in range(2):
        bare.decide(order(("A", 2), place=PARIS, placed_at=int(clock.now)))
        clock.now += DAY
    return bare


def shipped_from_paris(made):
    (result,) = made.drafts
    return result.comparison.nodes["paris"].draft.units


def rolled(shop, *drafts, **more):
    return tried(shop, *drafts, way="rolled_forward", **more)


def test_what_the_draft_took_on_the_first_day_it_has_again_on_the_second(two_days):
    assert shipped_from_paris(rolled(two_days, FROM_PARIS)) == 2
    again = rolled(two_days, FROM_PARIS, begins_again="day")
    assert shipped_from_paris(again) == 4
    assert [its.sides.draft.shipments for its in again.drafts[0].rolled.stretches] == [1, 1]


def test_each_day_is_what_it_comes_to_alone_and_the_figures_are_the_sum(shop, clock):
    """Also of orders that go on on the second day."""
    clock.now += DAY
    for size in (1, 4):
        shop.decide(order(("A", size), ("B", 1), placed_at=int(clock.now)), wait=True)
    others = draft("when: {node.id: lyon}, then: {avoid: 9.00}")
    made = rolled(shop, others, begins_again="day", shown=0, weighed=0)
    days = made.drafts[0].rolled.stretches
    alone = [rolled(shop, others, since=day.since, until=day.until, shown=0, weighed=0) for day in days]
    assert [day.sides for day in days] == [its.drafts[0].comparison.sides for its in alone]
    assert [day.draft for day in days] == [its.drafts[0].rolled.draft for its in alone]
    assert len(days) == 2
    comparison = made.drafts[0].comparison
    for side in ("baseline", "draft"):
        sums = [sum(column) for column in zip(*(getattr(day.sides, side) for day in days), strict=True)]
        assert list(getattr(comparison.sides, side)) == sums
    assert made.decisions == sum(its.decisions for its in alone)
    assert comparison.changed == sum(its.drafts[0].comparison.changed for its in alone)


def test_under_the_same_policies_each_day_makes_the_very_decisions_of_the_log(two_days):
    made = rolled(two_days, active(two_days), begins_again="day")
    (result,) = made.drafts
    assert (result.rolled.as_logged, result.comparison.changed, made.made_again) == (made.decisions, 0, 0)


@pytest.mark.usefixtures("small_pieces")
def test_the_number_of_processes_and_a_checkpoint_change_no_byte(two_days, tmp_path, monkeypatch):
    whole = rolled(two_days, FROM_PARIS, begins_again="day")
    request = request_of(two_days, FROM_PARIS, way="rolled_forward", begins_again="day")
    kept = what_if(two_days, request, spread=Spread(workers=2), checkpoint=tmp_path)
    assert json_of_whatif(kept) == json_of_whatif(whole)
    monkeypatch.setattr(Answering, "answer", lambda *_: pytest.fail("it was decided before"))
    again = what_if(two_days, request, spread=Spread(), checkpoint=tmp_path)
    assert json_of_whatif(again) == json_of_whatif(whole)


def test_the_record_says_that_it_began_again_and_what_each_day_came_to(two_days):
    record = WhatIfRecord.of(rolled(two_days, FROM_PARIS, begins_again="day"), {})
    (its,) = record.drafts
    assert record.begins_again == "day"
    assert [item.since[:10] for item in its.rolled.stretches] == ["2026-11-26", "2026-11-27"]
    assert its.rolled.draft.lifecycles["core"].shipped == 2, "on the second day alone"
