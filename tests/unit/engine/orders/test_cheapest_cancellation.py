"""Which held units go, so that what is left costs least."""

import itertools
from collections import Counter

import hypothesis.strategies as st
from hypothesis import given

from engine.orders.cancellation.cheapest_cancellation import MOST_TRIED, CancellableShipment, cheapest_cancellation
from tests.support.examples import examples

LINES = ("1", "2")


@st.composite
def cases(draw):
    costs = st.integers(0, 5)
    shipments = [
        CancellableShipment(
            units=draw(st.dictionaries(st.sampled_from(LINES), st.integers(1, 3), min_size=1)),
            unit_costs={line: draw(costs) for line in LINES},
            fixed=draw(st.sampled_from([0, 1, 4, 9])),
        )
        for _ in range(draw(st.integers(1, 4)))
    ]
    held = Counter()
    for item in shipments:
        held.update(item.units)
    return {line: draw(st.integers(0, held[line])) for line in LINES}, shipments


def remainder_cost(shipments, gone):
    return sum(
        sum(count * item.unit_costs[line] for line, count in left.items()) + (item.fixed if left else 0)
        for item, units in zip(shipments, gone, strict=True)
        for left in [Counter(item.units) - Counter(units)]
    )


def every_choice(lines, shipments):
    """All ways to take so many units of each line."""
    places = [(number, line, item.units[line]) for number, item in enumerate(shipments) for line in item.units]
    for counts in itertools.product(*(range(most + 1) for _, _, most in places)):
        gone = [Counter() for _ in shipments]
        for (number, line, _), count in zip(places, counts, strict=True):
            gone[number][line] += count
        if all(sum(units[line] for units in gone) == count for line, count in lines.items()):
            yield gone


@examples(100)
@given(cases())
def test_no_other_choice_of_units_leaves_a_cheaper_remainder(case):
    lines, shipments = case
    gone = cheapest_cancellation(lines, shipments)
    assert all(sum(units.get(line, 0) for units in gone) == count for line, count in lines.items())
    assert all(Counter(units) <= Counter(item.units) for units, item in zip(gone, shipments, strict=True))
    best = min(remainder_cost(shipments, other) for other in every_choice(lines, shipments))
    assert remainder_cost(shipments, gone) == best


def test_of_very_many_shipments_the_dearest_go_whole():
    shipments = [
        CancellableShipment(units={"1": 1}, unit_costs={"1": 0}, fixed=number) for number in range(2 * MOST_TRIED)
    ]
    gone = cheapest_cancellation({"1": MOST_TRIED + 3}, shipments)
    assert [number for number, units in enumerate(gone) if units] == list(range(MOST_TRIED - 3, 2 * MOST_TRIED))
