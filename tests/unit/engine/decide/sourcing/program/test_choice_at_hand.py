"""What HiGHS answers is taken only if it is allowed and better."""

import numpy as np
import pytest

from engine.decide.sourcing.objective import Weights
from engine.decide.sourcing.problem import Candidate, Demand, Price, Problem
from engine.decide.sourcing.program.choice_at_hand import ChoiceAtHand
from engine.decide.sourcing.program.model import Model
from engine.model.facts import OptionKey

EUR = 1_000_000
PROBLEM = Problem(
    demands=[Demand(sku="mug", quantity=3), Demand(sku="mug", quantity=2)],
    candidates=[
        Candidate(
            key=OptionKey(node, service),
            fixed=4 * EUR,
            prices={line: Price(unless_needed=0, tier=5, money=0) for line in range(2)},
        )
        for node, service in (("a", "bike"), ("a", "van"), ("b", "van"))
    ],
    supply={("a", "mug"): 4, ("b", "mug"): 3},
    max_shipments=2,
    room={"a": 1},
)


def at_hand():
    return ChoiceAtHand(Model(PROBLEM), Weights.of(PROBLEM), {})


@pytest.mark.parametrize(
    "lots",
    [
        [4, 0, 0, 0, 0, 0],  # more than the line asks for
        [3, 2, 0, 0, 0, 0],  # more than the node has, of both lines together
        [1, 0, 1, 0, 0, 0],  # two shipments from a node with room for one
        [1, 0, 1, 0, 1, 0],  # three shipments of an order that may have two
        [-1, 0, 0, 0, 3, 2],
    ],
)
def test_lots_that_break_a_constraint_are_not_taken(lots):
    choice = at_hand()
    choice.take_lots(np.array(lots))
    assert choice.units() == {}


def test_better_lots_are_taken_and_worse_ones_are_not():
    choice = at_hand()
    choice.take_lots(np.array([3, 1, 0, 0, 0, 1]))
    a, b = OptionKey("a", "bike"), OptionKey("b", "van")
    assert choice.units() == {(a, 0): 3, (a, 1): 1, (b, 1): 1}
    choice.take_lots(np.array([3, 1, 0, 0, 0, 0]))
    assert sum(choice.units().values()) == 5


def test_of_equally_good_lots_those_with_the_first_shipments_are_taken():
    choice = at_hand()
    choice.take_lots(np.array([0, 0, 3, 1, 0, 1]))
    choice.take_lots(np.array([3, 1, 0, 0, 0, 1]))
    choice.take_lots(np.array([0, 0, 3, 1, 0, 1]))
    assert {key for key, _ in choice.units()} == {OptionKey("a", "bike"), OptionKey("b", "van")}
