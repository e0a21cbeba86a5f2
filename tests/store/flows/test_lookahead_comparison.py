"""What prices would have brought is worked out on the orders of the log of a real server, on stock that evolves."""

import pytest

from engine.errors import NotFound
from engine.lookahead.comparison import ComparisonRequest, compare_tables
from tests.conftest import activate
from tests.support.facts import EURO, LILLE, LYON, NOW, PARIS, inventory, node, order, service
from tests.support.lookahead import table

BY_DISTANCE = service(base=5 * EURO, per_km=10_000)
ALL = {"since": NOW, "until": NOW + 100}


@pytest.fixture
def shop(bare, clock):
    """Paris has one of A and Lyon two; an order came from Paris, then one from Lille."""
    stock = {"A": {"lyon": 2, "paris": 1}}
    bare.load(inventory([node("lyon", LYON), node("paris", PARIS)], stock, services=[BY_DISTANCE]))
    activate(bare)
    for place in (PARIS, LILLE):
        clock.now += 1
        bare.decide(order(("A", 1), place=place, placed_at=clock.now))
    return bare


def compared(shop, price, **more):
    prices = table({("A", "paris"): price})
    return compare_tables(shop, ComparisonRequest(table=prices, **ALL, **more))


def test_a_price_that_keeps_a_unit_nobody_needs_more_costs_money(shop):
    """The first, in Paris, pays 392 km from Lyon instead of none, and the second ships from Lyon all the same."""
    made = compared(shop, 5 * EURO)
    assert (made.orders, made.changed, made.left_out) == (2, 1, 0)
    assert made.baseline.shipped == made.achieved.shipped == 2
    saved = made.baseline.cost - made.achieved.cost
    assert saved < 0
    assert made.bound == made.baseline.cost, "nothing was possible"
    assert made.captured.share is None


def test_prices_that_change_nothing_capture_nothing(shop):
    made = compared(shop, 1)
    assert (made.changed, made.baseline, made.captured.share) == (0, made.achieved, None)


def test_the_stock_evolves_from_the_first_decision_on_and_nothing_is_changed(shop):
    """Logged were two decisions after each other: the second had no unit left in Paris."""
    before = [entry.id for entry in shop.entries(on_damaged=pytest.fail)]
    made = compared(shop, 0)
    assert made.baseline.cost == sum(
        entry.record.cost_micros for entry in shop.entries(on_damaged=pytest.fail) if entry.kind == "decided"
    )
    assert [entry.id for entry in shop.entries(on_damaged=pytest.fail)] == before


def test_a_time_without_orders_is_said(shop):
    with pytest.raises(NotFound, match="no order was decided in this time"):
        compare_tables(shop, ComparisonRequest(since=NOW - 100, until=NOW - 50, table=table({("A", "paris"): 1})))


def test_a_table_beside_another_is_compared_with_it(shop):
    high = table({("A", "paris"): 9 * EURO})
    made = compared(shop, 9 * EURO, baseline=high)
    assert (made.changed, made.baseline) == (0, made.achieved)
    assert made.captured.share <= 0


def test_where_it_is_worth_it_all_that_was_possible_is_captured(bare, clock):
    """The first comes from the south of Paris, 30 km nearer to it than to Lyon; the second from Lille."""
    stock = {"A": {"lyon": 1, "paris": 1}}
    bare.load(inventory([node("lyon", LYON), node("paris", PARIS)], stock, services=[BY_DISTANCE]))
    activate(bare)
    halfway = type(PARIS)(latitude=47_400_000, longitude=3_500_000)
    for place in (halfway, LILLE):
        clock.now += 1
        bare.decide(order(("A", 1), place=place, placed_at=clock.now))
    made = compared(bare, 3 * EURO)
    assert made.achieved.cost < made.baseline.cost
    assert made.achieved.cost == made.bound
    assert made.captured.share == 100
