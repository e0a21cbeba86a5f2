"""Expected orders for tests: between places A, B ... and regions, at costs that are given."""

from dataclasses import dataclass

import numpy as np

from engine.decide.shipping.columns import integers
from engine.lookahead.expected_orders import MILLIS, Basket, BasketCosts, BasketLine, ExpectedOrders


@dataclass(frozen=True, kw_only=True)
class TableCosts:
    """`fixed` by node; micros a unit by region and node, of every SKU alike."""

    nodes: tuple[str, ...]
    fixed: tuple[int, ...]
    unit: dict[str, tuple[int, ...]]

    def of_basket(self, region, lines):
        return BasketCosts(integers(self.fixed), np.stack([integers(self.unit[region])] * len(lines)))


def basket(region, *skus, orders=1):
    """One unit of each SKU; or (SKU, units)."""
    lines = sorted((item, 1) if isinstance(item, str) else item for item in skus)
    return Basket(region=region, lines=tuple(BasketLine(*line) for line in lines), orders=orders * MILLIS)


def expected(baskets, supply, *, unit, fixed=None, **more):
    """`supply` is units by SKU, a number for each node; the nodes are called A, B ..."""
    count = len(next(iter(unit.values())))
    costs = TableCosts(nodes=tuple("ABCDEFGH"[:count]), fixed=tuple(fixed or (0,) * count), unit=unit)
    columns = {sku: integers(units) for sku, units in supply.items()}
    return ExpectedOrders(baskets=list(baskets), supply=columns, costs=costs, **more)
