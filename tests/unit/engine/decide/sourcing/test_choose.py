"""The optimiser's choices, case by case: what is compared first, each limit, ties, and how far a choice is proven."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from engine.decide import sourcing
from engine.decide.sourcing import solution
from engine.decide.sourcing.branch_and_bound import Limits
from engine.decide.sourcing.choose import choose
from engine.decide.sourcing.problem import (
    Candidate,
    Capacity,
    Choice,
    Demand,
    LotLimit,
    Price,
    Problem,
    Score,
    Unproven,
)
from engine.decide.sourcing.program import local_search, mixed_integer_program
from engine.decide.sourcing.tightening import tighten
from engine.model.facts import OptionKey

EUR = 1_000_000


def unit(money=0, *, tier=5, unless_needed=0):
    return Price(unless_needed=unless_needed, tier=tier, money=round(money * EUR))


def shipment(node, fixed, *prices, service="parcel"):
    """`prices` are by line, None for a line that the candidate can't ship."""
    by_line = {index: price for index, price in enumerate(prices) if price is not None}
    return Candidate(key=OptionKey(node, service), fixed=round(fixed * EUR), prices=by_line)


def shipped(choice: Choice):
    """Units by node and line."""
    return {(node, line): count for ((node, *_), line), count in choice.units.items()}


def line(quantity, sku="mug", *, together=False):
    return Demand(sku=sku, quantity=quantity, together=together)


TWO_NEAR_ONE_FAR = Problem(
    demands=[line(5)],
    candidates=[shipment("near-2", 4, unit()), shipment("near-4", 4, unit()), shipment("far", 10, unit())],
    supply={("near-2", "mug"): 2, ("near-4", "mug"): 4, ("far", "mug"): 5},
)


def test_a_line_is_split_over_two_nodes_where_that_is_cheaper():
    choice = choose(TWO_NEAR_ONE_FAR)
    assert shipped(choice) == {("near-2", 0): 2, ("near-4", 0): 3}
    assert choice.score == Score(unfilled=0, unless_needed=0, tiers=25, money=8 * EUR)


def test_a_line_is_not_split_where_the_penalty_outweighs_the_price():
    choice = choose(replace(TWO_NEAR_ONE_FAR, split_penalty=3 * EUR))
    assert shipped(choice) == {("far", 0): 5}
    assert choice.score.money == 10 * EUR


def test_a_cheap_node_does_not_stand_in_for_a_dear_one_if_it_may_not_ship_all_today():
    problem = Problem(
        demands=[line(1, "mug"), line(1, "cup")],
        candidates=[shipment("cheap", 1, unit(), unit()), shipment("dear", 9, unit(1), unit(1))],
        supply={(node, sku): 1 for node in ("cheap", "dear") for sku in ("mug", "cup")},
        capacity={"cheap": Capacity(units=1)},
    )
    assert shipped(choose(problem)) == {("dear", 0): 1, ("dear", 1): 1}
    both = replace(problem, capacity={node: Capacity(units=1) for node in ("cheap", "dear")})
    assert shipped(choose(both)) == {("cheap", 0): 1, ("dear", 1): 1}


def test_a_cheap_node_does_not_stand_in_for_a_dear_one_if_it_ships_other_multiples():
    problem = Problem(
        demands=[line(8)],
        candidates=[shipment("sixes", 1, unit()), shipment("fours", 9, unit(1))],
        supply={("sixes", "mug"): 12, ("fours", "mug"): 8},
        multiples={("sixes", 0): 6, ("fours", 0): 4},
    )
    assert shipped(choose(problem)) == {("fours", 0): 8}


def test_one_shipment_comes_before_two_that_cost_the_same():
    assert shipped(choose(replace(TWO_NEAR_ONE_FAR, split_penalty=2 * EUR))) == {("far", 0): 5}


def test_the_penalty_is_paid_for_each_shipment_after_the_first():
    choice = choose(replace(TWO_NEAR_ONE_FAR, split_penalty=1 * EUR))
    assert choice.score.money == 9 * EUR


def test_the_cheapest_unit_and_four_more_take_two_shipments_of_three():
    problem = Problem(
        demands=[line(5)],
        candidates=[shipment(node, 4, unit(money)) for node, money in [("one", -3), ("two", 0), ("four", 0)]],
        supply={("one", "mug"): 1, ("two", "mug"): 2, ("four", "mug"): 4},
    )
    # the cheapest unit is at the node with one, and four more are at the node with four
    assert shipped(choose(problem)) == {("one", 0): 1, ("four", 0): 4}
    dearer = replace(problem, candidates=[shipment(node, 4, unit()) for node in ("one", "two", "four")])
    assert len(choose(dearer).units) == 2


def test_the_first_key_and_then_the_first_line_get_most_among_equals():
    problem = Problem(
        demands=[line(2), line(2)],
        candidates=[shipment(node, 4, unit(), unit()) for node in ("c", "b", "a")],
        supply={("a", "mug"): 1, ("b", "mug"): 3, ("c", "mug"): 3},
    )
    assert shipped(choose(problem)) == {("a", 0): 1, ("b", 0): 1, ("b", 1): 2}


def test_two_lines_of_one_sku_share_its_stock():
    problem = Problem(
        demands=[line(2), line(2)], candidates=[shipment("shop", 4, unit(), unit())], supply={("shop", "mug"): 3}
    )
    choice = choose(problem)
    assert shipped(choice) == {("shop", 0): 2, ("shop", 1): 1}
    assert choice.score.unfilled == 1


def test_the_line_that_costs_less_gets_the_last_unit_of_a_sku():
    problem = Problem(
        demands=[line(2), line(2)], candidates=[shipment("shop", 4, unit(2), unit(1))], supply={("shop", "mug"): 3}
    )
    assert shipped(choose(problem)) == {("shop", 0): 1, ("shop", 1): 2}


def test_a_far_warehouse_with_everything_beats_two_near_stores():
    problem = Problem(
        demands=[line(1, "mug"), line(1, "pot")],
        candidates=[
            shipment("store-a", 5, unit(0.10), None),
            shipment("store-b", 5, None, unit(0.10)),
            shipment("warehouse", 8, unit(0.50), unit(0.50)),
        ],
        supply={("store-a", "mug"): 9, ("store-b", "pot"): 9, ("warehouse", "mug"): 9, ("warehouse", "pot"): 9},
    )
    assert shipped(choose(problem)) == {("warehouse", 0): 1, ("warehouse", 1): 1}
    near = replace(problem, candidates=[*problem.candidates[:2], shipment("warehouse", 10, unit(0.50), unit(0.50))])
    assert shipped(choose(near)) == {("store-a", 0): 1, ("store-b", 1): 1}


def test_a_better_tier_beats_any_price():
    problem = Problem(
        demands=[line(1)],
        candidates=[shipment("cheap", 0, unit(-1_000)), shipment("preferred", 9_999, unit(9_999, tier=4))],
        supply={("cheap", "mug"): 1, ("preferred", "mug"): 1},
    )
    assert shipped(choose(problem)) == {("preferred", 0): 1}


def test_a_node_with_room_for_one_of_two_shipments_loses_both_to_the_warehouse():
    problem = Problem(
        demands=[line(1, "mug"), line(1, "safe")],
        candidates=[
            shipment("store", 2, unit(), None, service="bike"),
            shipment("store", 5, None, unit(), service="truck"),
            shipment("warehouse", 9, unit(), unit()),
        ],
        supply={("store", "mug"): 1, ("store", "safe"): 1, ("warehouse", "mug"): 1, ("warehouse", "safe"): 1},
        room={"store": 2},
    )
    assert shipped(choose(problem)) == {("store", 0): 1, ("store", 1): 1}
    assert shipped(choose(replace(problem, room={"store": 1}))) == {("warehouse", 0): 1, ("warehouse", 1): 1}


def test_a_node_without_room_ships_nothing():
    choice = choose(replace(TWO_NEAR_ONE_FAR, room={"far": 0, "near-2": 0}))
    assert shipped(choice) == {("near-4", 0): 4}
    assert choice.score.unfilled == 1


def test_an_unless_needed_candidate_ships_only_what_no_other_can():
    problem = Problem(
        demands=[line(5)],
        candidates=[shipment("franchise", 1, unit(unless_needed=1)), shipment("far", 30, unit(5))],
        supply={("franchise", "mug"): 5, ("far", "mug"): 3},
    )
    choice = choose(problem)
    assert shipped(choice) == {("far", 0): 3, ("franchise", 0): 2}
    assert choice.score.unless_needed == 2


@pytest.mark.parametrize(("stock", "units"), [(4, {}), (5, {("shop", 0): 5})])
def test_an_order_that_ships_complete_ships_nothing_if_one_unit_is_missing(stock, units):
    problem = Problem(
        demands=[line(5)],
        candidates=[shipment("shop", 4, unit())],
        supply={("shop", "mug"): stock},
        ship_complete=True,
    )
    choice = choose(problem)
    assert shipped(choice) == units
    assert choice.gap == 0
    if not units:
        assert choice.score == Score(unfilled=5, unless_needed=0, tiers=0, money=0)


@pytest.mark.parametrize(("quantity", "node"), [(1, "local"), (2, "local"), (3, "central")])
def test_a_shipment_with_a_high_fixed_cost_pays_off_for_many_units(quantity, node):
    problem = Problem(
        demands=[line(quantity)],
        candidates=[shipment("local", 3, unit(2)), shipment("central", 7, unit(0.50))],
        supply={("local", "mug"): 9, ("central", "mug"): 9},
    )
    assert shipped(choose(problem)) == {(node, 0): quantity}


def test_a_line_kept_together_ships_from_one_node_or_not_at_all():
    together = replace(TWO_NEAR_ONE_FAR, demands=[line(5, together=True)])
    assert shipped(choose(together)) == {("far", 0): 5}
    assert choose(replace(together, room={"far": 0})).score.unfilled == 5


def test_a_line_kept_together_takes_the_whole_stock_from_one_that_may_be_split():
    problem = Problem(
        demands=[line(2), line(2, together=True)],
        candidates=[shipment(node, 4, unit(), unit()) for node in ("a", "b", "c")],
        supply={("a", "mug"): 2, ("b", "mug"): 1, ("c", "mug"): 1},
    )
    assert shipped(choose(problem)) == {("a", 1): 2, ("b", 0): 1, ("c", 0): 1}


def test_a_choice_is_proven_though_one_may_use_no_lot_of_its_node_for_a_line():
    nodes = {"a": [unit(), unit()], "b": [unit()], "c": [unit(), unit(), unit()], "d": [unit()], "e": [unit()]}
    problem = Problem(
        demands=[line(1, together=True), line(2), line(3)],
        candidates=[shipment(name, 0, *prices) for name, prices in nodes.items()],
        supply={(name, "mug"): 2 for name in nodes},
        lot_limits=[LotLimit(0, frozenset({(OptionKey("a", "parcel"), 1)}))],
    )
    choice = choose(problem)
    assert (shipped(choice), choice.gap, choice.unproven) == ({("a", 0): 1, ("c", 1): 2}, 0, None)
    assert tighten(problem)[0].lot_limits == []


def test_no_more_shipments_than_allowed():
    scarce = replace(TWO_NEAR_ONE_FAR, supply={**TWO_NEAR_ONE_FAR.supply, ("far", "mug"): 3})
    assert shipped(choose(replace(scarce, max_shipments=1))) == {("near-4", 0): 4}
    assert choose(replace(scarce, max_shipments=0)).units == {}


def test_nothing_can_be_chosen_from_nothing():
    problem = Problem(demands=[line(5)], candidates=[], supply={})
    assert choose(problem) == Choice(units={}, score=Score(unfilled=5, unless_needed=0, tiers=0, money=0))


@pytest.fixture
def hasty(monkeypatch):
    """The search may take no step, HiGHS hardly any."""
    monkeypatch.setattr(solution, "LIMITS", Limits(0, 2_000))
    monkeypatch.setattr(mixed_integer_program, "WORK", 2_000)
    monkeypatch.setattr(mixed_integer_program, "ROUNDS", 0)
    return monkeypatch


def test_an_order_too_large_to_be_proven_says_by_how_much_it_may_be_off(hasty):
    problem = hard(lines=11)
    hasty_choice = choose(problem)
    hasty.undo()
    best = choose(problem)
    assert best.gap == 0
    assert hasty_choice.gap
    assert hasty_choice.score.money - hasty_choice.gap <= best.score.money <= hasty_choice.score.money


def test_an_unproven_part_before_money_is_named_with_a_bound(hasty):
    problem = replace(hard(lines=11), max_shipments=2)
    hasty_choice = choose(problem)
    hasty.undo()
    best = choose(problem)
    assert (best.score.unfilled, best.gap, best.unproven) == (7, 0, None)
    assert (hasty_choice.score.unfilled, hasty_choice.gap) == (7, None)
    assert hasty_choice.unproven == Unproven(part="unfilled_units", most=7)


def test_shipping_nothing_is_unproven_while_the_order_might_still_ship_complete(hasty):
    problem = replace(hard(lines=11), max_shipments=6, ship_complete=True)
    hasty.setattr(local_search, "MOST_UNITS", 0)
    hasty_choice = choose(problem)
    hasty.undo()
    assert choose(problem).score.unfilled == 0
    assert (hasty_choice.units, hasty_choice.gap) == ({}, None)
    assert hasty_choice.unproven == Unproven(part="unfilled_units", most=11)


def test_the_search_proves_nothing_once_an_earlier_part_is_unproven(hasty):
    hasty.setattr(solution, "SEARCHED_LINES", 0)
    hasty.setattr(mixed_integer_program, "WORK", 0)
    choice = choose(TWO_NEAR_ONE_FAR)
    assert (choice.gap, choice.unproven) == (None, Unproven(part="unfilled_units", most=5))
    hasty.undo()
    assert choose(TWO_NEAR_ONE_FAR).gap == 0


@pytest.mark.parametrize("more", [{}, {"max_shipments": 2}, {"max_shipments": 6, "ship_complete": True}])
def test_what_the_search_leaves_unproven_is_proven_by_highs_with_the_same_choice(monkeypatch, more):
    problem = replace(hard(lines=11), **more)
    best = choose(problem)
    monkeypatch.setattr(solution, "LIMITS", Limits(0, 2_000))
    assert choose(problem) == best


def test_of_equally_cheap_choices_highs_too_takes_the_first(monkeypatch):
    problem = hard(lines=11)
    even = replace(problem, candidates=[replace(candidate, fixed=4 * EUR) for candidate in problem.candidates])
    few = replace(even, candidates=even.candidates[:12], demands=even.demands[:6])
    few = replace(
        few,
        candidates=[
            replace(candidate, prices={i: price for i, price in candidate.prices.items() if i < 6})
            for candidate in few.candidates
        ],
    )
    best = choose(few)
    monkeypatch.setattr(solution, "LIMITS", Limits(0, 2_000))
    assert (best.gap, choose(few)) == (0, best)


def hard(lines):
    """No node has all lines, and for every two lines there is a node that has both."""
    nodes = [(a, b) for a in range(lines) for b in range(a)]
    return Problem(
        demands=[line(1, f"sku-{index}") for index in range(lines)],
        candidates=[
            shipment(f"{a}-{b}", 4 + (3 * a + 5 * b) % 7 / 4, *[unit() if i in (a, b) else None for i in range(lines)])
            for a, b in nodes
        ],
        supply={(f"{a}-{b}", f"sku-{index}"): 1 for a, b in nodes for index in (a, b)},
    )


SOURCES = [path for path in sorted(Path(sourcing.__file__).parent.rglob("*.py")) if path.stem != "linear_program"]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_all_but_the_file_that_touches_highs_counts_in_integers_only(source):
    for node in ast.walk(ast.parse(source.read_text())):
        assert not isinstance(node, ast.Div)
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float))
        assert not (isinstance(node, ast.Name) and node.id in ("float", "round"))


@pytest.mark.parametrize("source", sorted(Path(sourcing.__file__).parent.rglob("*.py")), ids=lambda path: path.stem)
def test_the_page_on_the_choice_lists_every_file_of_the_optimiser(source):
    assert source.name == "__init__.py" or f"\n| `{source.name}` | " in Path("docs/choice.md").read_text()


@pytest.mark.parametrize("lines", [2, 12])
def test_costs_that_64_bits_do_not_hold_are_compared_exactly(lines):
    demands = [line(10**6, f"mug-{number}") for number in range(lines)]
    dear, dearer = unit(10**7, tier=4), unit(10**7 + 1, tier=4)
    problem = Problem(
        demands=demands,
        candidates=[shipment("a", 0, *[dearer] * lines), shipment("b", 0, *[dear] * lines)],
        supply={(node, demand.sku): 6 * 10**5 for node in "ab" for demand in demands},
    )
    choice = choose(problem)
    assert shipped(choice) == {
        (node, number): units for number in range(lines) for node, units in (("a", 4 * 10**5), ("b", 6 * 10**5))
    }
    assert choice.score.money == lines * (10**6 * 10**7 + 4 * 10**5) * EUR
    assert (choice.gap, choice.unproven) == (0, None)
