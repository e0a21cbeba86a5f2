"""A unit that came back, as rules see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.decide import rule_facts
from engine.decide.shipping.ways import Ways
from engine.demand.chance_of_sale import CERTAIN
from engine.model.facts import Product, Snapshot
from engine.returns.placement.need import NOTHING_THERE, Need
from rules.reserves import FULL_SHARE
from rules.vocabulary import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedUnit:
    """One unit of an article that came back and lies at `node`. `quantity` is how many of the units that are counted
    it is; None: a whole one (see `Product.scale`). `order` has the facts of the order that it was sold on, if known.
    """

    sku: str
    node: str
    grade: str | None = None
    reason: str | None = None
    days_since_delivery: int | None = None
    quantity: int | None = None
    order: Facts = field(default_factory=dict)

    @property
    def facts(self) -> Facts:
        return rule_facts.return_facts(
            reason=self.reason, grade=self.grade, days=self.days_since_delivery, node=self.node
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceFacts:
    """The facts of a returned unit at the places of a network, at the instant `now`."""

    unit: ReturnedUnit
    snapshot: Snapshot
    now: int

    def at(self, node: str, product: Product, need: Need) -> Mapping[str, Facts]:
        """By group, for the place `node` and the article that the unit is or becomes."""
        snapshot = self.snapshot
        network, place = snapshot.network, snapshot.network.nodes[node]
        clocks = snapshot.caches.get(Ways).clocks.at(self.now)
        position = snapshot.positions.get(product.sku, {}).get(node, NOTHING_THERE)
        receipts = snapshot.receipts.get(product.sku, {}).get(node, ())
        return {
            "order": self.unit.order,
            "now": rule_facts.now_facts(network, self.now),
            "product": rule_facts.product_facts(product),
            "clock": clocks.of_node(snapshot.caches.get(Ways).node_index[node]),
            "node": rule_facts.node_facts(place, snapshot.loads.get(node, 0)),
            "stock": {
                **rule_facts.stock_facts(position, product.scale),
                **rule_facts.incoming_facts(receipts, self.now, product.scale),
                "stock.in_transit": need.in_transit // product.scale,
            },
            "return": self.unit.facts,
            "need": rule_facts.need_facts(
                shortfall=None if need.shortfall is None else -(-need.shortfall // product.scale),
                chance=None if need.chance is None else need.chance * FULL_SHARE // CERTAIN,
            ),
        }
