"""Made-up orders that are decided for nothing but what this leaves behind: what the first real orders would have to
derive from the network and the policies alone, as ways, calendars around now, codes of nodes and services, judgements.
"""

import contextlib
import itertools

from engine.decide.decide import decide
from engine.decide.matching.judge import PolicyJudge
from engine.decide.order_checks import check_order
from engine.errors import OrderInvalid
from engine.model.facts import Line, NetworkCaches, Order, Product, Snapshot, StockPosition
from rules.syntax.literals import SECONDS_A_DAY
from rules.vocabulary import CHANNELS, DELIVERIES

_TRAVELLING = [delivery for delivery in DELIVERIES if delivery != "click_and_collect"]


def decide_trial_orders(caches: NetworkCaches, matcher: PolicyJudge, now: int) -> None:
    """Decide one order of each usual channel and delivery, for products that every node has, to where a node is."""
    network = caches.network
    node = next(iter(network.nodes.values()))
    products = [
        Product(sku=lifecycle, category="", lifecycle=lifecycle, weight=1) for lifecycle in ("core", "end_of_line")
    ]
    stock = dict.fromkeys(network.nodes, StockPosition(on_hand=10, pace=1_000))
    snapshot = Snapshot(
        network=network,
        caches=caches,
        products={product.sku: product for product in products},
        positions={product.sku: stock for product in products},
        loads={},
    )
    for channel, delivery in itertools.product(CHANNELS, _TRAVELLING):
        order = Order(
            id="trial",
            channel=channel,
            delivery=delivery,
            placed_at=now,
            promise_by=now + 3 * SECONDS_A_DAY,
            lines=tuple(Line(id=product.sku, sku=product.sku, quantity=1) for product in products),
            place=node.place,
            country=node.country,
            region=node.region,
        )
        with contextlib.suppress(OrderInvalid):  # a network may list other channels
            check_order(order, snapshot, now=now)  # reads where countries lie
        decide(order, snapshot, matcher, now)
