"""Rolled forward, orders that wait are offered units in the rank that the policies give them."""

from engine.store.stock import Movement
from tests.conftest import activate
from tests.support.facts import LYON, inventory, node, order
from tests.support.whatif import active, tried


def test_an_order_that_came_to_wait_as_in_the_log_has_the_rank_that_its_policies_give_it(bare, clock):
    """The policies that decided are compared with others, which are active when a unit comes in."""
    bare.load(inventory([node("lyon", LYON)], {"A": {"lyon": 0}, "B": {"lyon": 9}}))
    decided = activate(bare, "when: {order.id: urgent}, then: {priority: 90}")
    for name in ("early", "urgent"):
        bare.decide(order(("A", 1), id=name), wait=True)
    activate(bare)
    bare.decide(order(("B", 1), id="other"))
    clock.now += 60
    bare.stock.move([Movement(op="1", node="lyon", sku="A", delta=1)])
    assert [place.entry.order.id for place in bare.backlog.page(limit=9).places] == ["early"]
    (result,) = tried(bare, active(bare), against=decided, way="rolled_forward").drafts
    assert result.comparison.orders_changed == [], "the urgent one ships, as in the log"
