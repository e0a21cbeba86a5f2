"""Positions in columns are the same positions as one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.facts import StockPosition
from engine.model.position_columns import PositionColumns, PositionsInOrder
from tests.support.examples import examples

POSITIONS = st.dictionaries(
    st.sampled_from("abcdefgh"),
    st.builds(StockPosition, st.integers(-5, 50), st.integers(0, 9), st.none() | st.integers(0, 9_000)),
)


def columns_of(positions):
    on_hand, held = [item.on_hand for item in positions.values()], [item.held for item in positions.values()]
    paces = {node: item.pace for node, item in positions.items() if item.pace is not None}
    return PositionColumns(list(positions), on_hand, held, paces)


@examples(30)
@given(POSITIONS, st.randoms(use_true_random=False))
def test_columns_of_positions_say_what_the_positions_say(positions, dice):
    columns = columns_of(positions)
    assert dict(columns) == positions
    assert len(columns) == len(positions)
    rows = dice.sample(range(len(positions)), len(positions))
    in_order = PositionsInOrder(columns, rows)
    every = list(positions.values())
    assert list(in_order) == [every[row] for row in rows]
    assert in_order.paces == [every[row].pace for row in rows]
    assert list(in_order[1:]) == [every[row] for row in rows[1:]]


@examples(30)
@given(POSITIONS.filter(bool), st.integers(0, 9), st.data())
def test_more_units_are_held_at_one_node_and_nothing_else_changes(positions, units, data):
    node, columns = data.draw(st.sampled_from(sorted(positions))), columns_of(positions)
    later = columns.with_more_held(node, units)
    held = positions[node]._replace(held=positions[node].held + units)
    assert (dict(later), dict(columns)) == ({**positions, node: held}, positions)


def test_a_node_that_has_no_position_is_missing():
    with pytest.raises(KeyError):
        columns_of({"a": StockPosition(1)})["b"]


@pytest.mark.parametrize("nodes", [["a", "a"], ["a"], ["a", "b", "c"]])
def test_columns_that_contradict_each_other_are_refused(nodes):
    with pytest.raises(ValueError, match=r"differ in length, or name a node twice"):
        PositionColumns(nodes, [1, 2], [0, 0], {})
