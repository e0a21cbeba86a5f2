"""What each line gains: all lines together what their moves are worth, and none of the best ones loses."""

import random

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from engine.transfers.flow.best_flow import best_flow
from engine.transfers.flow.market import FAR, Market
from engine.transfers.line_gains import line_gains
from tests.support.examples import examples
from tests.support.transfer_markets import market


@examples(150)
@example(seed=99_962, places=8)  # a place sends on what it is brought, and some of its own, which is dearer
@given(seed=st.integers(0, 10**9), places=st.integers(2, 8))
def test_lines_of_the_best_moves_gain_together_what_these_are_worth_and_none_loses(seed, places):
    made = market(random.Random(seed), places)
    moves = best_flow(made)
    lines = line_gains(made, moves)
    assert lines.keys() == moves.keys()
    assert sum(line.gain for line in lines.values()) == made.worth(moves)
    assert all(line.gain >= 0 for line in lines.values())


@given(seed=st.integers(0, 10**9))
def test_a_place_changes_by_what_it_is_sent_less_what_it_sends(seed):
    made = market(random.Random(seed), 6)
    moves = best_flow(made)
    changes = dict.fromkeys(range(6), 0)
    for (origin, goal), line in line_gains(made, moves).items():
        assert line.origin_before == changes[origin]
        changes[origin] -= line.origin_packs
        assert line.goal_before == changes[goal]
        changes[goal] += line.goal_packs
    for place, change in changes.items():
        sent = sum(packs for (origin, _), packs in moves.items() if origin == place)
        given_ = sum(packs for (_, goal), packs in moves.items() if goal == place)
        assert change == given_ - sent


def test_what_passes_through_a_place_counts_there_for_what_it_cost_to_bring_it():
    cost = np.array([[FAR, 2, FAR], [FAR, FAR, 3], [FAR, FAR, FAR]])
    values = ((1, 1, 1), (9, 9, 9), (20, 0, 0))
    made = Market(
        cost=cost,
        movable=np.array([1, 1, 0]),
        room=np.array([0, 5, 5]),
        value=lambda place, k: values[place][min(max(k, 0), 2)],
    )
    lines = line_gains(made, {(0, 1): 1, (1, 2): 1})
    assert lines[0, 1].gain == 0  # brought for 1 + 2, which is what it counts for there
    assert lines[1, 2].gain == 20 - 3 - 3
    assert (lines[0, 1].goal_packs, lines[1, 2].origin_packs) == (0, 0)


def test_of_several_lines_that_bring_what_passes_through_the_dearest_loses_nothing():
    cost = np.full((4, 4), FAR, dtype=np.int64)
    cost[0, 2], cost[1, 2], cost[2, 3] = 1, 4, 1
    made = Market(
        cost=cost,
        movable=np.array([1, 1, 2, 0]),
        room=np.array([0, 0, 9, 9]),
        value=lambda place, _: {2: 9, 3: 20}.get(place, 0),
    )
    lines = line_gains(made, {(0, 2): 1, (1, 2): 1, (2, 3): 2})
    assert [line.gain for line in lines.values()] == [4 - 1, 0, 2 * (20 - 4 - 1)]
