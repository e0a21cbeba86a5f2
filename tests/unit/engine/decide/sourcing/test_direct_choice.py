"""The choice without a search, at the edges of what its bounds prove."""

import numpy as np
import pytest

from engine.decide.sourcing.direct_choice import Columns, choose_directly
from tests.support.facts import EURO

NO_LIMIT = 1 << 40


def columns(prices, *, quantity=None, fixed=1 * EURO, split_penalty=0, short=()):
    """A row of `prices` a unit for each line, a column a candidate; None: it can't ship any. `short` names the
    (line, candidate) that can't ship all of the line.
    """
    entries = [
        (line, candidate, price)
        for line, row in enumerate(prices)
        for candidate, price in enumerate(row)
        if price is not None
    ]
    line, candidate, money = np.array(entries, dtype=np.int64).T
    nothing = np.zeros(len(entries), dtype=np.int64)
    return Columns(
        quantity=np.array(quantity or [1] * len(prices), dtype=np.int64),
        fixed=np.full(len(prices[0]), fixed, dtype=np.int64),
        split_penalty=split_penalty,
        line=line,
        candidate=candidate,
        everything=np.array([entry[:2] not in short for entry in entries]),
        unless_needed=nothing.astype(bool),
        tier=nothing,
        money=money,
    )


def chosen(*arguments, most_shipments=NO_LIMIT, **options):
    choice = choose_directly(columns(*arguments, **options), most_shipments)
    return None if choice is None else choice.tolist()


def test_the_cheapest_single_shipment_is_chosen_if_no_split_can_pay():
    assert chosen([[5 * EURO, 5 * EURO + 1], [5 * EURO, 5 * EURO]]) == [0, 0]


def test_of_equal_single_shipments_the_first_by_key_is_chosen():
    assert chosen([[5 * EURO, 5 * EURO]]) == [0]


def test_a_pair_is_chosen_if_it_saves_more_than_it_costs():
    assert chosen([[0, 9 * EURO], [9 * EURO, 0]]) == [0, 1]


@pytest.mark.parametrize(("split_penalty", "expected"), [(7 * EURO, [0, 1]), (8 * EURO, None), (9 * EURO, [0, 0])])
def test_a_pair_is_weighed_with_its_split_penalty(split_penalty, expected):
    # as dear as the single shipment at 8 euros: the single one is chosen, for it is one shipment less
    expected = [0, 0] if expected is None else expected
    assert chosen([[0, 9 * EURO], [9 * EURO, 0]], split_penalty=split_penalty) == expected


@pytest.mark.parametrize("split_penalty", [0, 2 * EURO])
def test_three_shipments_that_could_cost_less_than_a_pair_take_a_search(split_penalty):
    prices = [[0, 9 * EURO, 9 * EURO], [9 * EURO, 0, 9 * EURO], [9 * EURO, 9 * EURO, 0]]
    assert chosen(prices, split_penalty=split_penalty) is None


def test_a_third_shipment_needs_a_third_unit():
    prices = [[0, 9 * EURO, 9 * EURO], [9 * EURO, 0, 9 * EURO]]
    assert chosen(prices) == [0, 1]


def test_no_more_shipments_are_opened_than_the_order_may_have():
    assert chosen([[0, 9 * EURO], [9 * EURO, 0]], most_shipments=1) == [0, 0]


def test_a_line_that_one_candidate_can_ship_only_in_part_takes_a_search():
    assert chosen([[0, 5 * EURO]], quantity=[2], short={(0, 0)}) is None


def test_two_pairs_that_cost_the_same_take_a_search():
    assert chosen([[0, 9 * EURO, 9 * EURO], [9 * EURO, 0, 0]]) is None


def test_what_64_bits_do_not_hold_takes_a_search():
    assert chosen([[1 << 60]], quantity=[1_000_000]) is None
