"""What prices would have brought is worked out on the orders of the log of a real server, on stock that evolves."""

import functools

import pytest

from engine.errors import NotFound
from engine.lookahead import comparison, solving
from engine.lookahead.comparison import ComparisonRequest, compare_tables
from engine.parallel.work import Spread
from tests.conftest import activate
from tests.support.facts import EURO, LILLE, LYON, MARSEILLE, NOW, PARIS, collected, inventory, node, order, service
from tests.support.lookahead import table
from tests.support.whatif import ALONE

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


def compared(shop, price, *, spread=ALONE, **more):
    prices = table({("A", "paris"): price})
    return compare_tables(shop, ComparisonRequest(table=prices, **{**ALL, **more}), spread=spread)


def test_a_price_that_keeps_a_unit_nobody_needs_more_costs_money(shop):
    """The first, in Paris, pays 392 km from Lyon instead of none, and the second ships from Lyon all the same."""
    made = compared(shop, 5 * EURO)
    assert (made.orders, made.changed, made.left_out) == (2, 1, 0)
    assert made.baseline.shipped == made.achieved.shipped == 2
    saved = made.baseline.cost - made.achieved.cost
    assert saved < 0
    assert made.hindsight.captured.bound == made.baseline.cost, "nothing was possible"
    assert made.hindsight.captured.share is None


def test_prices_that_change_nothing_capture_nothing(shop):
    made = compared(shop, 1)
    assert (made.changed, made.baseline, made.hindsight.captured.share) == (0, made.achieved, None)


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
        compared(shop, 1, since=NOW - 100, until=NOW - 50)


def test_a_table_beside_another_is_compared_with_it(shop):
    high = table({("A", "paris"): 9 * EURO})
    made = compared(shop, 9 * EURO, baseline=high)
    assert (made.changed, made.baseline) == (0, made.achieved)
    assert made.hindsight.captured.share <= 0


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
    assert made.achieved.cost == made.hindsight.captured.bound
    assert made.hindsight.captured.share == 100


@pytest.mark.slow
@pytest.mark.parametrize("server_url", ["embedded"], indirect=True)
def test_the_number_of_processes_changes_nothing_of_it(shop, clock, monkeypatch):
    """Each piece of the log, of two decisions, goes on with the stock that the one before left."""
    monkeypatch.setattr(comparison, "_AT_ONCE", 2)
    monkeypatch.setattr(comparison, "_WORTH_PROCESSES", 1)
    monkeypatch.setattr(solving, "_AT_ONCE", 1)
    for place in (LILLE, PARIS, LYON):
        clock.now += 1
        shop.decide(order(("A", 1), place=place, placed_at=clock.now))
    alone = compared(shop, 5 * EURO)
    assert (alone.orders, alone.baseline.unfilled) == (5, 2)
    assert compared(shop, 5 * EURO, spread=Spread(workers=2)) == alone


def test_how_far_it_is_is_told_up_to_the_end(shop):
    told = []
    request = ComparisonRequest(table=table({("A", "paris"): EURO}), **ALL)
    compare_tables(shop, request, spread=ALONE, advanced=lambda *of_part: told.append(of_part))
    assert [part for part, done, total in told if done == total] == ["deciding", "bound"]


def test_only_orders_that_ship_the_same_units_either_way_say_how_much_was_possible(bare, clock):
    """Without the price, the first takes the unit of Paris that the second would collect there; with it, the one of
    Lyon that the third needs. Two units ship either way, of other orders.
    """
    nodes = [node(name, place, services=("parcel", "pickup")) for name, place in (("lyon", LYON), ("paris", PARIS))]
    services = [BY_DISTANCE, service("pickup", mode="pickup", base=0)]
    bare.load(inventory(nodes, {"A": {"lyon": 1, "paris": 1}}, services=services))
    activate(bare, "when: {order.delivery: click_and_collect, node.id: lyon}, then: {exclude: true}")
    for placed in (order, functools.partial(collected, at="paris"), functools.partial(order, place=LYON)):
        clock.now += 1
        bare.decide(placed(("A", 1), placed_at=clock.now))
    made = compared(bare, 9 * EURO)
    assert (made.changed, made.baseline.shipped, made.achieved.shipped) == (3, 2, 2)
    hindsight = made.hindsight
    assert hindsight.orders == 1
    assert (hindsight.captured.baseline, hindsight.captured.bound) == (5 * EURO, 5 * EURO)
    assert hindsight.captured.achieved > 5 * EURO


def test_orders_before_and_after_a_load_are_bounded_each_on_its_own_network(shop, clock):
    """Marseille is new, and Paris gone: the order from Marseille costs no distance, by either side."""
    clock.now += 1
    stock = {"A": {"lyon": 1, "marseille": 1}}
    shop.load(inventory([node("lyon", LYON), node("marseille", MARSEILLE)], stock, services=[BY_DISTANCE]))
    clock.now += 1
    shop.decide(order(("A", 1), place=MARSEILLE, placed_at=clock.now))
    made = compared(shop, 1)
    assert (made.orders, made.baseline.shipped, made.left_out) == (3, 3, 0)
    logged = [entry.record for entry in shop.entries(on_damaged=pytest.fail) if entry.kind == "decided"]
    assert made.baseline.cost == sum(record.cost_micros for record in logged)
    hindsight = made.hindsight
    assert (hindsight.orders, hindsight.networks) == (3, 2)
    assert hindsight.captured.bound == made.baseline.cost, "no order could have cost less"
