"""How many units may be promised at an instant, against a model that gives each unit away by hand."""

import itertools
from dataclasses import replace

import hypothesis.strategies as st
from hypothesis import given

from engine.inbound.available_to_promise import (
    NOW,
    AvailableUnits,
    Reliance,
    UnitsAt,
    available_of_receipts,
    available_to_promise,
    peg,
    units_at,
)
from engine.model.receipts import Receipt, in_order_of_arrival
from tests.support.examples import examples

LAST = 6
UNITS_AT = st.builds(UnitsAt, st.integers(1, LAST), st.integers(1, 6))
PLANNED, CONFIRMED, IN_TRANSIT = "planned", "confirmed", "in_transit"


def receipt(name="r1", **values):
    values = {"quantity": 10, "expected_at": 3, "status": CONFIRMED} | values
    return Receipt(id=name, source="purchase_order", node="lyon", sku="S", **values)


RECEIPTS = st.lists(
    st.builds(
        lambda quantity, received, promised, at, status: receipt(
            quantity=quantity,
            received=min(quantity, received),
            promised=min(promised, quantity - min(quantity, received)),
            expected_at=at,
            status=status,
        ),
        *(st.integers(1, 8), st.integers(0, 4), st.integers(0, 4), st.integers(1, LAST)),
        st.sampled_from((PLANNED, CONFIRMED, IN_TRANSIT)),
    ),
    max_size=5,
).map(lambda receipts: [replace(item, id=f"r{number}") for number, item in enumerate(receipts)])
RELIANCES = st.builds(
    lambda now, statuses, haircut: Reliance(now=now, statuses=statuses, haircut=haircut),
    st.integers(0, 2),
    st.sampled_from((frozenset(), frozenset({IN_TRANSIT}), frozenset({IN_TRANSIT, CONFIRMED}))),
    st.sampled_from((0, 0, 1000, 2500, 10_000)),
)


def can_keep(supply, promises):
    """Whether each promised unit gets one that is there by then: the most urgent takes the earliest."""
    units = sorted(at for at, count in supply for _ in range(count))
    wanted = sorted(at for at, count in promises for _ in range(count))
    return len(wanted) <= len(units) and all(came <= at for came, at in zip(units, wanted, strict=False))


def most_by_hand(supply, promises, at):
    """The most units that can be promised for `at`, so that all earlier promises can still be kept."""
    most = 0
    while can_keep(supply, [*promises, UnitsAt(at, most + 1)]):
        most += 1
    return most


@examples(1000)
@given(there=st.integers(0, 6), coming=st.lists(UNITS_AT, max_size=5), wanted=st.lists(UNITS_AT, max_size=5))
def test_as_many_are_available_as_can_be_promised_without_breaking_a_promise(there, coming, wanted):
    supply = [UnitsAt(NOW, there), *coming]
    kept = []
    for promise in wanted:  # only those that can be kept were made
        if can_keep(supply, [*kept, promise]):
            kept.append(promise)
    steps = available_to_promise(supply, kept)
    assert [units_at(steps, at) for at in range(LAST + 2)] == [most_by_hand(supply, kept, at) for at in range(LAST + 2)]


def test_what_a_later_promise_takes_is_not_there_for_an_earlier_one():
    steps = available_to_promise([UnitsAt(NOW, 10)], [UnitsAt(5, 8)])
    assert steps == (AvailableUnits(NOW, 2),)


@given(free=st.integers(-4, 6), receipts=RECEIPTS, reliance=RELIANCES)
def test_units_become_more_with_time_and_never_less_than_none(free, receipts, reliance):
    steps = available_of_receipts(free, receipts, reliance)
    assert [step.since for step in steps] == sorted({step.since for step in steps})
    assert all(0 <= before.units < after.units for before, after in itertools.pairwise(steps))


@given(free=st.integers(-4, 6), receipts=RECEIPTS, reliance=RELIANCES, data=st.data())
def test_promises_that_are_pegged_one_after_another_stand_on_what_they_may(free, receipts, reliance, data):
    """However the available units are promised, each stands on a receipt that arrives in time and has it, and as many
    are there as are taken of what is there. What is available afterwards is what it was, less the promises.
    """
    steps = available_of_receipts(free, receipts, reliance)
    asked, total = [], 0
    for since, units in steps:
        more = data.draw(st.integers(0, units - total))
        asked.append((since, more))
        total += more
    after, there = {item.id: item for item in receipts}, free
    for at, units in asked:
        left, pegged = peg(units, at, after.values(), reliance)
        there -= left
        for name, count in pegged:
            assert after[name].expected_at <= at
            after[name] = replace(after[name], promised=after[name].promised + count)
            assert reliance.usable(after[name]) >= 0
    assert there >= min(free, 0)
    supply = [UnitsAt(NOW, free), *(UnitsAt(item.expected_at, reliance.usable(item)) for item in receipts)]
    promises = [UnitsAt(at, units) for at, units in asked]
    assert available_of_receipts(there, after.values(), reliance) == available_to_promise(supply, promises)


def test_a_haircut_is_not_counted_on_and_rounded_up():
    reliance = Reliance(now=0, statuses=frozenset({CONFIRMED}), haircut=1000)
    assert reliance.usable(receipt(quantity=15)) == 13
    assert reliance.usable(receipt(quantity=15, promised=14)) == -1


def test_a_late_receipt_and_one_of_another_status_are_not_counted_on():
    reliance = Reliance(now=3, statuses=frozenset({CONFIRMED}))
    assert reliance.usable(receipt(expected_at=4)) == 10
    assert reliance.usable(receipt(expected_at=3)) == 0
    assert reliance.usable(receipt(expected_at=4, status=PLANNED)) == 0


def test_units_stand_on_the_receipt_that_arrives_last_in_time():
    receipts = [receipt("a", expected_at=2), receipt("b", expected_at=4), receipt("c", expected_at=6)]
    reliance = Reliance(now=0, statuses=frozenset({CONFIRMED}))
    assert peg(12, 5, receipts, reliance) == (0, (("a", 2), ("b", 10)))
    assert peg(25, 5, receipts, reliance) == (5, (("a", 10), ("b", 10)))


def test_receipts_arrive_by_their_instant_and_then_their_id():
    receipts = [receipt("b", expected_at=2), receipt("a", expected_at=2), receipt("c", expected_at=1)]
    assert [item.id for item in in_order_of_arrival(receipts)] == ["c", "a", "b"]
