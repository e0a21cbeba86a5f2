"""Prices of units, so that orders which each choose what is cheapest share the stock well."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.lookahead.expected_orders import NOT_REACHED
from engine.lookahead.price_rounds import SkuPrices, merged, solve_here, solve_in_rounds
from tests.support.examples import examples
from tests.support.expected_orders import basket, expected

NEAR_AND_FAR = {"north": (1, 5), "south": (9, 2)}
"""From A and B."""


def prices(given_orders, **options):
    learning = SkuPrices(given_orders, **options)
    solved = solve_in_rounds(learning, solve_here(learning))
    return {sku: [item.price for item in nodes.values()] for sku, nodes in solved.items()}


def test_a_unit_is_dearer_where_a_region_needs_it_that_others_serve_at_a_higher_cost():
    """B's three units are all needed by the south, which A serves for 7 more; the north pays 4 more at B."""
    orders = expected(
        [basket("north", "X", orders=4), basket("south", "X", orders=3)], {"X": (5, 3)}, unit=NEAR_AND_FAR
    )
    learning = SkuPrices(orders)
    nodes = solve_in_rounds(learning, solve_here(learning))["X"]
    assert [(nodes[0].price, nodes[1].price, nodes[1].region)] == [(0, 7, "south")]


def test_where_there_is_enough_units_cost_nothing():
    orders = expected([basket("north", "X"), basket("south", "X")], {"X": (9, 9)}, unit=NEAR_AND_FAR)
    assert prices(orders) == {"X": [0, 0]}


def test_nodes_that_are_both_short_differ_by_as_much_whatever_a_third_has_that_ships_to_nobody_of_these():
    short = [basket("north", "X", orders=4), basket("south", "X", orders=3)]
    assert prices(expected(short, {"X": (5, 1)}, unit=NEAR_AND_FAR)) == {"X": [0, 7]}
    nowhere = {region: (*costs, NOT_REACHED) for region, costs in NEAR_AND_FAR.items()}
    assert prices(expected(short, {"X": (5, 1, 50)}, unit=nowhere)) == {"X": [7, 14, 0]}


def test_an_order_that_costs_millions_of_a_small_currency_is_reached():
    large = {region: tuple(cost * 10**12 for cost in costs) for region, costs in NEAR_AND_FAR.items()}
    baskets = [basket("north", "X", orders=4), basket("south", "X", orders=3)]
    assert prices(expected(baskets, {"X": (5, 3)}, unit=large)) == {"X": [0, 7 * 10**12]}


def test_a_sku_that_one_node_has_or_nobody_orders_has_no_price():
    orders = expected([basket("north", "X")], {"X": (1, 0), "Y": (1, 1)}, unit=NEAR_AND_FAR)
    assert prices(orders) == {}


def test_what_comes_in_before_counts_only_the_orders_up_to_then():
    """Of four orders of the south, two come before more comes in: B has enough for them."""
    baskets = [basket("south", "X", orders=4)]
    assert prices(expected(baskets, {"X": (5, 3)}, unit=NEAR_AND_FAR))["X"] == [0, 7]
    assert prices(expected(baskets, {"X": (5, 3)}, unit=NEAR_AND_FAR, shares={"X": 500}))["X"] == [0, 0]


def test_a_unit_is_dearer_where_it_spares_a_second_parcel():
    """B has Y alone, and X with it for one of the two orders of both; another order of X is as well served by A."""
    baskets = [basket("south", "X", "Y", orders=1), basket("north", "X", orders=1)]
    flat = {"north": (3, 2), "south": (3, 3)}
    found = prices(expected(baskets, {"X": (2, 1), "Y": (0, 2)}, unit=flat, fixed=(10, 10)))
    assert found["X"] == [0, 10]


@examples(50)
@given(st.data())
def test_the_least_price_of_a_sku_is_0_and_none_is_higher_than_the_dearest_detour(data):
    units = st.integers(0, 4)
    supply = {sku: data.draw(st.tuples(units, units, units)) for sku in "XY"}
    kinds = [("X",), ("Y",), ("X", "Y"), (("X", 2), "Y")]
    baskets = [
        basket(region, *data.draw(st.sampled_from(kinds)), orders=data.draw(st.integers(1, 5)))
        for region in data.draw(st.lists(st.sampled_from(["north", "south"]), min_size=1, max_size=6))
    ]
    unit = {region: data.draw(st.tuples(*[st.integers(0, 20)] * 3)) for region in ("north", "south")}
    for of_sku in prices(expected(merged(baskets), supply, unit=unit, fixed=(5, 6, 7))).values():
        assert min(of_sku) == 0
        # at most two parcels more, each with two lines from the farthest place
        assert max(of_sku) <= 2 * 7 + 3 * 20


@pytest.mark.parametrize("count", [2, 3])
def test_it_makes_no_difference_how_many_processes_share_the_skus(count):
    """Each has its own prices, and hears of those that changed."""
    names = [f"S{number:02}" for number in range(20)]
    baskets = [basket("north" if n % 3 else "south", name, names[n - 7], orders=2) for n, name in enumerate(names)]
    orders = expected(merged(baskets), dict.fromkeys(names, (2, 1)), unit=NEAR_AND_FAR, fixed=(6, 8))
    alone = SkuPrices(orders)
    shares = [solve_here(SkuPrices(orders)) for _ in range(count)]

    def shared(skus, changed):
        solved = [share(skus[number::count], changed) for number, share in enumerate(shares)]
        return {sku: next(part[sku] for part in solved if sku in part) for sku in skus}

    assert solve_in_rounds(SkuPrices(orders), shared) == solve_in_rounds(alone, solve_here(alone))
    assert any(max(of_sku) for of_sku in prices(orders).values())


def test_kinds_of_orders_are_counted_once():
    twice = merged([basket("north", "X"), basket("south", "X"), basket("north", "X", orders=2)])
    assert twice == [basket("north", "X", orders=3), basket("south", "X")]
