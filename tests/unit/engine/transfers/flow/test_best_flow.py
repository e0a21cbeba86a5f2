"""The moves that gain most of one SKU: as much as a linear program of another make finds, whichever way."""

import random
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.transfers.flow import best_flow as module
from engine.transfers.flow import linear_program
from engine.transfers.flow.best_flow import best_flow
from engine.transfers.flow.linear_program import proven_flow
from engine.transfers.flow.market import FAR, Market
from engine.transfers.flow.useful_lanes import useful_lanes
from tests.reference.best_transfers import most_worth
from tests.support.examples import examples
from tests.support.transfer_markets import is_allowed, market

SEEDS = st.integers(0, 10**9)


def three(cost, *, movable=(9, 0, 0), room=(0, 9, 9), values=((0, 0, 0), (9, 5, 0), (9, 4, 0))):
    """Places 0, 1 and 2; `cost` by pair, `values` of the first packs that come to each, and then of none."""
    matrix = np.full((3, 3), FAR, dtype=np.int64)
    for pair, micros in cost.items():
        matrix[pair] = micros

    def value(place, k):
        table = values[place]
        return table[k] if 0 <= k < len(table) else (table[-1] if k >= 0 else table[0])

    return Market(cost=matrix, movable=np.array(movable), room=np.array(room), value=value)


def test_packs_go_where_each_gains_more_than_its_lane_costs():
    made = three({(0, 1): 2, (0, 2): 5})
    assert best_flow(made) == {(0, 1): 2, (0, 2): 1}
    assert made.worth({(0, 1): 2, (0, 2): 1}) == 9 - 2 + 5 - 2 + 9 - 5


def test_a_move_that_gains_nothing_is_not_made():
    assert best_flow(three({(0, 1): 9, (0, 2): 10})) == {}


def test_no_more_is_sent_than_is_movable_or_has_room():
    assert best_flow(three({(0, 1): 1, (0, 2): 1}, movable=(1, 0, 0))) == {(0, 1): 1}
    assert best_flow(three({(0, 1): 1, (0, 2): 1}, room=(0, 1, 0))) == {(0, 1): 1}


def test_a_place_sends_on_what_it_has_and_is_sent_as_many():
    chain = {(0, 1): 1, (1, 2): 1}
    values = ((0, 0, 0), (6, 0, 0), (20, 0, 0))
    made = three(chain, movable=(9, 1, 0), values=values)
    assert best_flow(made) == {(0, 1): 2, (1, 2): 1}
    assert made.worth({(0, 1): 2, (1, 2): 1}) == 6 + 20 - 3
    # it has none to send on, and what arrives can't be
    assert best_flow(three(chain, movable=(9, 0, 0), values=values)) == {(0, 1): 1}


def test_later_packs_take_earlier_ones_off_a_lane_where_that_gains_more():
    # place 2 is reached from 0 alone, place 1 from both; the first pack goes from 0 to 1
    cost = {(0, 1): 0, (0, 2): 2, (1, 2): FAR}
    made = three(cost, movable=(1, 0, 0), values=((0, 0), (9, 0), (10, 0)))
    assert best_flow(made) == {(0, 1): 1}
    four = np.full((4, 4), FAR, dtype=np.int64)
    four[0, 1], four[0, 2], four[3, 1] = 0, 2, 1
    values = ((0,), (9, 0), (10, 0), (0,))
    more = Market(
        cost=four,
        movable=np.array([1, 0, 0, 1]),
        room=np.array([0, 9, 9, 0]),
        value=lambda place, k: values[place][min(max(k, 0), len(values[place]) - 1)],
    )
    assert best_flow(more) == {(0, 2): 1, (3, 1): 1}


@pytest.mark.parametrize("most_lanes", [0, 10**9], ids=["program", "paths"])
@examples(150)
@given(seed=SEEDS, places=st.integers(2, 8))
def test_moves_gain_as_much_as_a_linear_program_finds(most_lanes, seed, places):
    made = market(random.Random(seed), places)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MOST_LANES", most_lanes)
        moves = best_flow(made)
    assert is_allowed(made, moves)
    assert made.worth(moves) == pytest.approx(most_worth(made), abs=1e-3)


@given(seed=SEEDS)
def test_what_the_program_finds_is_proven_or_not_taken(seed):
    made = market(random.Random(seed), 6)
    useful = useful_lanes(made)
    if useful.lanes.any():
        proven = proven_flow(made, useful)
        assert proven is not None
        assert made.worth(proven) == made.worth(module._by_paths(made, useful))


@given(seed=SEEDS)
def test_no_lane_that_is_left_out_is_missed(seed):
    made = market(random.Random(seed), 6)
    useful = useful_lanes(made)
    assert made.worth(best_flow(made.without(~useful.lanes))) == pytest.approx(most_worth(made), abs=1e-3)


@given(seed=SEEDS)
def test_the_order_of_places_does_not_change_what_is_gained(seed):
    dice = random.Random(seed)
    made = market(dice, 6)
    order = list(range(6))
    dice.shuffle(order)
    turned = Market(
        cost=made.cost[np.ix_(order, order)],
        movable=made.movable[order],
        room=made.room[order],
        value=lambda place, k: made.value(order[place], k),
    )
    assert turned.worth(best_flow(turned)) == made.worth(best_flow(made))


def test_a_thousand_packs_alike_are_moved_at_once():
    made = three({(0, 1): 1}, movable=(5_000, 0, 0), room=(0, 3_000, 0), values=((0,), (5,), (0,)))
    calls = Counter()

    def value(place, k):
        calls[place] += 1
        return made.value(place, k)

    assert best_flow(Market(cost=made.cost, movable=made.movable, room=made.room, value=value)) == {(0, 1): 3_000}
    assert calls.total() < 200


@given(seed=SEEDS, k=st.integers(-9, 9), most=st.integers(1, 30))
def test_packs_alike_are_those_of_the_same_value_in_a_row(seed, k, most):
    made = market(random.Random(seed), 1)
    sign = -1 if k < 0 else 1
    values = [made.value(0, k + sign * step) for step in range(most)]
    alike = next((count for count, value in enumerate(values) if value != values[0]), most)
    assert made.packs_alike(0, k, most) == alike


def test_a_pack_that_passed_through_a_place_stays_there_once_another_takes_its_way():
    # first 0 -> 1 -> 2 gains 100; then 3 -> 2 lets what passed through 1 stay there
    cost = np.full((4, 4), FAR, dtype=np.int64)
    cost[0, 1], cost[1, 2], cost[3, 2] = 0, 0, 5
    values = {(1, -1): 50, (1, 0): 40, (2, 0): 100}
    made = Market(
        cost=cost,
        movable=np.array([1, 1, 0, 1]),
        room=np.array([0, 9, 9, 0]),
        value=lambda place, k: values.get((place, k), 50 if (place, k < 0) == (1, True) else 0),
    )
    moves = module._by_paths(made, useful_lanes(made))
    assert moves == {(0, 1): 1, (3, 2): 1}
    assert made.worth(moves) == 40 + 95


def test_what_the_program_finds_is_not_taken_if_it_is_not_the_best(monkeypatch):
    """Amounts so small that HiGHS takes them all for nothing: it is done before it has begun."""
    monkeypatch.setattr(linear_program, "_MICROS", 1e30)
    made = three({(0, 1): 2, (0, 2): 5})
    assert proven_flow(made, useful_lanes(made)) is None
    monkeypatch.setattr(module, "MOST_LANES", 0)
    assert best_flow(made) == {(0, 1): 2, (0, 2): 1}


@given(seed=SEEDS, prices=st.lists(st.integers(-50, 50), min_size=18, max_size=18))
def test_no_moves_gain_more_than_the_bound_of_any_prices(seed, prices):
    made = market(random.Random(seed), 6)
    useful = useful_lanes(made)
    if useful.lanes.any():
        program = linear_program._Program(made, useful)
        assert program.bound(np.array(prices)) >= made.worth(module._by_paths(made, useful))


@examples(50)
@given(SEEDS, st.integers(-200, 200))
def test_a_place_gains_the_values_of_its_packs_one_by_one(seed, change):
    made = market(random.Random(seed), 3)
    numbers = range(change) if change >= 0 else range(change, 0)
    sign = 1 if change >= 0 else -1
    for place in range(3):
        assert made.gain(place, change) == sign * sum(made.value(place, k) for k in numbers)


@examples(50)
@given(SEEDS)
def test_what_is_lost_without_a_lane_is_what_its_moves_add(seed):
    made = market(random.Random(seed), 6)
    moves = best_flow(made)
    without = {lane: {other: packs for other, packs in moves.items() if other != lane} for lane in moves}
    assert made.lost_without_each(moves) == {
        lane: made.worth(moves) - made.worth(others) for lane, others in without.items()
    }


@pytest.mark.parametrize("change", [-1_000_000, 1_000_000])
def test_packs_that_are_worth_the_same_are_not_asked_about_one_by_one(change):
    made, asked = three({}), Counter()

    def value(place, k):
        asked[place] += 1
        return made.value(place, k)

    assert replace(made, value=value).gain(1, change) == (9 + 5 if change > 0 else -9 * 1_000_000)
    assert asked[1] < 500
