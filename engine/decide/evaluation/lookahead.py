"""What look-ahead prices add to what units count as, by line and node: a part of money, which comes after filling."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.decide.decision import DecidedLookahead, LookaheadState, Shipment
from engine.decide.shipping.columns import Integers, integers, product_rounded
from engine.model.facts import Line, Product, Snapshot, rounded
from engine.model.lookahead import LookaheadPrice, PricesInForce
from rules.reserves import FULL_SHARE


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookahead:
    """What rules say of look-ahead prices, and whether there are some. `weight` is in basis points, above 0. `table` is
    the one in force, also if it is not used.
    """

    weight: int
    state: LookaheadState
    table: PricesInForce | None

    @classmethod
    def of(cls, weight: int, snapshot: Snapshot, now: int) -> "Lookahead | None":
        """None: no rule lets them count."""
        return cls(weight=weight, state=_state(snapshot, now), table=snapshot.lookahead) if weight else None

    def price(self, sku: str, node: str) -> LookaheadPrice | None:
        """What counts for units of a SKU that ship from a node; None: nothing does."""
        if self.table is None or self.state != "used":
            return None
        return self.table.prices.get(sku, {}).get(node)

    def amount(self, sku: str, node: str, scale: int) -> int:
        """Micros that the smallest unit of a SKU counts dearer at a node; `scale` of them are a whole one."""
        price = self.price(sku, node)
        return 0 if price is None else rounded(price.price * self.weight, FULL_SHARE * scale)

    def amounts(
        self, lines: Sequence[Line], products: Mapping[str, Product], nodes: Mapping[str, int]
    ) -> Integers | None:
        """The same of each line (row) at each node (column), of nodes by their number; None: of none. What the network
        has no node for any more, counts nowhere.
        """
        if self.table is None or self.state != "used":
            return None
        prices = np.zeros((len(lines), len(nodes)), dtype=np.int64)
        for row, line in enumerate(lines):
            for node, price in self.table.prices.get(line.sku, {}).items():
                if node in nodes:
                    prices[row, nodes[node]] = price.price
        scales = integers(products[line.sku].scale for line in lines)
        return product_rounded(prices, self.weight, FULL_SHARE * scales[:, None])

    def decided(self, shipments: Iterable[Shipment]) -> DecidedLookahead:
        """What a decision that ships so says of them."""
        prices: dict[str, dict[str, LookaheadPrice]] = {}
        for sku, node in sorted({(item.sku, shipment.node) for shipment in shipments for item in shipment.lines}):
            price = self.price(sku, node)
            if price is not None:
                prices.setdefault(sku, {})[node] = price
        return DecidedLookahead(
            weight=self.weight,
            state=self.state,
            table=None if self.table is None else self.table.digest,
            use_until=None if self.table is None else self.table.use_until,
            prices=prices,
        )


def _state(snapshot: Snapshot, now: int) -> LookaheadState:
    table = snapshot.lookahead
    if table is None:
        return "no_table"
    if now > table.use_until:
        return "too_old"
    return "used" if table.currency == snapshot.network.currency else "other_currency"
