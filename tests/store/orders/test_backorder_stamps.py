"""An order that waits by a rule is left unfilled on the stock of its snapshot: what came free since is offered to it,
and nothing else is.
"""

import pytest

from engine.store.stock import Movement
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import LYON, inventory, node, order
from tests.support.order_json import shipped_units

ONE_A_DAY = "when: {node.id: lyon}, then: {daily_orders: 1}"
WAIT = "then: {backorder: true}"


@pytest.fixture
def shop(bare):
    bare.load(inventory([node("lyon", LYON)], {"A": {"lyon": 9}}))
    activate(bare, ONE_A_DAY, WAIT)
    return bare


def decided(shop, name, units=1, **more):
    return json_of(shop.decide(order(("A", units), id=name), **more))


def waiting(shop):
    return [place.entry.order.id for place in shop.backlog.page(limit=9).places]


def test_it_leaves_units_that_it_could_not_take_to_others_until_some_come_free(shop):
    decided(shop, "first")
    assert (shipped_units(decided(shop, "waits")), waiting(shop)) == (0, ["waits"])
    activate(shop, WAIT)
    assert shipped_units(decided(shop, "newcomer", 2)) == 2
    assert waiting(shop) == ["waits"]
    shop.stock.move([Movement(op="more", node="lyon", sku="A", delta=1)])
    assert shop.take_turn()
    assert waiting(shop) == []


def test_units_that_come_free_while_it_is_decided_are_offered_to_it(shop, opened, before_commit):
    shop.stock.move([Movement(op="gone", node="lyon", sku="A", delta=-9)])
    before_commit(lambda: shop.stock.move([Movement(op="back", node="lyon", sku="A", delta=5)]))
    assert decided(opened(), "waits", 2)["status"] == "unfilled"
    assert shop.take_turn()
    assert waiting(shop) == []


@pytest.mark.parametrize(("rules", "stamps"), [([ONE_A_DAY], 0), ([ONE_A_DAY, WAIT], 1)])
def test_the_stamp_costs_a_command_only_where_rules_let_orders_wait_and_never_a_round_trip(
    shop, redis_client, rules, stamps
):
    activate(shop, *rules)
    decided(shop, "reads the policies")

    def calls():
        stats = redis_client.info("commandstats")
        return [stats.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in ("evalsha", "zmscore")]

    before = calls()
    decided(shop, "counted")
    assert [after - its for after, its in zip(calls(), before, strict=True)] == [2, stamps]
