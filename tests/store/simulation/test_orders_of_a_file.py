"""What-if on the orders of a file comes to what a shop decides that routes them, and leaves the shop as it was."""

import dataclasses

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from engine.errors import OrderInvalid
from engine.simulation.network_change import NO_CHANGE, Closure, NetworkChange
from engine.simulation.outcome import recorded
from engine.simulation.rolled.order_roll import OrderRoll
from engine.simulation.rolled.orders_rolled import entry_of
from engine.simulation.rolled.orders_to_try import OrdersToTry, order_facts
from engine.simulation.whatif_orders import what_if_of_orders
from tests.conftest import activate
from tests.support.examples import examples
from tests.support.facts import HOUR, LILLE, LYON, MARSEILLE, NOW, PARIS, inventory, lots, node, order
from tests.support.whatif import active, draft, json_of_whatif, request_of, tried

STOCK = {"A": {"lyon": 4, "paris": 3, "lille": 1}, "B": {"lyon": 3, "paris": 0, "lille": 4}}
RULES = (
    ("when: {node.id: lyon}, then: {exclude: true}",),
    ("when: {node.id: paris}, then: {prefer: 9.00}",),
    ("when: {node.load: {at_least: 2}}, then: {avoid: 8.00}", "then: {split_penalty: 3.00}"),
    ("when: {node.id: [lyon, lille]}, then: {daily_orders: 2}", "when: {line.quantity: 3}, then: {backorder: true}"),
    ("when: {node.id: lyon}, then: {daily_units: 4}", "when: {stock.available: {at_most: 2}}, then: {keep: 1}"),
    ("when: {node.id: lille}, then: {hourly_orders: 1}", "when: {order.units: {at_least: 3}}, then: {approve: true}"),
)
ORDERS = st.lists(
    st.tuples(
        st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 3)), min_size=1, max_size=2),
        st.sampled_from((PARIS, LYON, LILLE, MARSEILLE)),
        st.integers(0, 30),
    ),
    min_size=1,
    max_size=8,
)


def stocked():
    return inventory([node("lyon", LYON), node("paris", PARIS), node("lille", LILLE)], STOCK)


def placed(orders):
    return tuple(order(*lines, place=place, placed_at=NOW + hours * HOUR) for lines, place, hours in orders)


def routed(shop, orders):
    """What the shop decides of each, as pointsman route does."""
    return [recorded(shop.decide(its, now=its.placed_at).record) for its in orders]


def rolled(shop, orders, version, *, change=NO_CHANGE, folder=None):
    facts = order_facts(shop, OrdersToTry(file="orders", orders=orders, inventory=folder), looks_ahead=False)
    roll = OrderRoll(shop.replays.matcher(version), change)
    for place, its in enumerate(orders):
        roll.decide(entry_of(place), its, facts.snapshots[place])
        for _, position in roll.end_positions():
            assert 0 <= position.held <= position.on_hand
    return [its.decided for its in roll.run().orders]


def of_file(shop, orders, *drafts, folder=None, **options):
    to_try = OrdersToTry(file="orders.csv", orders=tuple(orders), inventory=folder)
    return what_if_of_orders(shop, request_of(shop, *drafts, **options), to_try)


@examples(14, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules=st.sampled_from(RULES), before=ORDERS, orders=ORDERS)
def test_each_order_is_decided_as_by_a_shop_that_routes_them(bare, contents, rules, before, orders):
    """On the stock and the loads that earlier orders left, and on those of a folder."""
    bare.forget()
    bare.load(stocked())
    version, first, orders = activate(bare, *rules), placed(before), placed(orders)
    of_folder = rolled(bare, first, version, folder=stocked())
    stood = contents()
    assert rolled(bare, first, version) == of_folder
    assert contents() == stood
    assert routed(bare, first) == of_folder
    later = rolled(bare, orders, version)
    assert routed(bare, orders) == later
    assert rolled(bare, first, version, folder=stocked()) == of_folder


def test_an_order_that_waits_beside_stock_leaves_it_to_newcomers_in_the_shop_as_in_what_if(bare):
    """It is placed on a day on which no place may ship more orders, and the clock stands on the day before, on which
    they may: it was left unfilled on this very stock, and nothing of it came free since.
    """
    bare.load(stocked())
    version = activate(bare, *RULES[3])
    tomorrow = [([("B", 1)], place, 20) for place in (LYON, LYON, LILLE, LILLE)]
    orders = placed([*tomorrow, ([("B", 3)], LYON, 20), ([("B", 2)], LYON, 0)])
    made = rolled(bare, orders, version)
    assert (made[4].waits, made[5].unfilled) == (True, {})
    assert routed(bare, orders) == made
    (waiting,) = bare.backlog.page(limit=9).places
    assert waiting.entry.order.id == orders[4].id


@pytest.fixture
def shop(bare):
    bare.load(stocked())
    activate(bare, "when: {node.id: lyon}, then: {prefer: 1.00}")
    return bare


def test_the_baseline_comes_to_what_the_active_policies_decide_and_nothing_is_written(shop, contents):
    orders = [order(("A", 2), ("B", 1), place=place) for place in (PARIS, LYON, LILLE, PARIS)]
    stood = contents()
    made = of_file(shop, orders, active(shop), draft("then: {exclude: true}"))
    assert contents() == stood
    same, nothing_ships = made.drafts
    routed(shop, orders)
    (logged,) = tried(shop, active(shop)).drafts
    assert same.comparison.sides.baseline == logged.comparison.sides.baseline == same.comparison.sides.draft
    assert (made.decisions, made.made_again, same.comparison.changed) == (4, 0, 0)
    assert nothing_ships.comparison.sides.draft.units_unfilled == 12
    assert nothing_ships.comparison.orders_changed == [its.id for its in orders]


def test_what_one_order_takes_another_does_not_have_and_it_is_said_what_ran_out(shop):
    orders = [order(("A", 4), place=LYON, placed_at=NOW + number) for number in range(3)]
    (result,) = of_file(shop, orders, draft("when: {node.id: lyon}, then: {exclude: true}")).drafts
    before, after = result.comparison.sides.baseline, result.comparison.sides.draft
    assert (before.units_shipped, after.units_shipped) == (8, 4)
    assert (result.rolled.baseline.on_hand, result.rolled.draft.on_hand) == (8, 8)
    assert {(out.sku, out.node): out.since - NOW for out in result.rolled.baseline.stock_outs} == {
        ("A", "lyon"): 0,
        ("A", "paris"): 1,
        ("A", "lille"): 1,
    }
    assert {out.node for out in result.rolled.draft.stock_outs} == {"paris", "lille"}


def test_it_is_explained_on_what_those_before_left_and_rules_that_decided_are_known(shop):
    orders = [order(("A", 4), place=LYON), order(("A", 2), place=LYON), order(("B", 1), place=LILLE)]
    made = of_file(shop, orders, draft("when: {node.id: lyon}, then: {exclude: true}"), shown=5, weighed=5)
    (result,) = made.drafts
    changed = {item.order: explained for item, explained in (*result.worst, *result.best)}
    first, second = changed[orders[0].id], changed[orders[1].id]
    assert first.baseline.decided.nodes == {"lyon"}
    assert second.baseline.decided.nodes == {"paris"}
    assert second.draft.decided.unfilled == {"1": 2}
    assert first.draft.rules == ("test/r1",)
    assert result.weighed[0].decided
    assert json_of_whatif(made) == json_of_whatif(
        of_file(shop, orders, draft("when: {node.id: lyon}, then: {exclude: true}"), shown=5, weighed=5)
    )


def test_the_network_and_the_volume_may_change_too(shop):
    orders = [order(("A", 1), place=LYON), order(("A", 1), place=LYON)]
    closed = dataclasses.replace(active(shop), change=NetworkChange(closures=(Closure(node="lyon"),), volume=200))
    (result,) = of_file(shop, orders, closed).drafts
    assert (result.rolled.orders, result.comparison.changed) == (4, 2)
    assert set(result.comparison.nodes) == {"lyon", "paris", "lille"}
    assert result.comparison.nodes["lyon"].draft.shipments == 0


def test_facts_that_only_the_draft_asks_for_are_named(shop):
    (result,) = of_file(shop, [order()], draft("when: {node.id: lille}, then: {hourly_orders: 1}")).drafts
    assert dict(result.comparison.not_kept) == {"hourly_loads": 1}
    (result,) = of_file(shop, [order()], draft("then: {hourly_orders: 1}"), folder=stocked()).drafts
    assert not result.comparison.not_kept


def test_all_that_is_wrong_with_orders_is_said_at_once(shop):
    wrong = [order(("A", 1), id="W-a", collect_at="nowhere"), order(), order(("C", 1), id="W-c")]
    with pytest.raises(OrderInvalid) as error:
        of_file(shop, wrong, active(shop))
    assert [mistake.where for mistake in error.value.mistakes] == ["W-a", "W-c"]


def test_lots_expire_as_in_a_shop_that_routes(bare):
    """Units that have expired when an order is placed are not there for it, but for those that others hold."""
    shelves = {"lyon": lots(old=(1, -1), soon=(2, 4)), "lille": lots(late=(2, 30))}
    places = [node("lyon", LYON), node("lille", LILLE)]
    dated = inventory(places, {"A": {"lyon": 5, "lille": 2}}, lots={"A": shelves})
    bare.load(dated)
    version = activate(bare, "then: {min_shelf_life: 0 days}")
    orders = tuple(order(("A", 1), place=LYON, placed_at=NOW + 24 * HOUR * day) for day in (0, 8, 8, 8, 9, 9))
    of_folder = rolled(bare, orders, version, folder=dated)
    assert [its.nodes for its in of_folder] == [{"lyon"}, {"lille"}, {"lille"}, {"lyon"}, {"lyon"}, set()]
    assert rolled(bare, orders, version) == of_folder
    assert routed(bare, orders) == of_folder
