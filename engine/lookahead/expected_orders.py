"""The orders that are expected, the units there are for them, and what shipping them costs: what prices follow from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

import numpy as np

from engine.decide.shipping.columns import Flags, Integers

MILLIS: Final = 1_000
"""Thousandths in one order: how many are expected is counted in these."""
NOT_REACHED: Final = 1 << 50
"""Micros: stands for the cost of a shipment that no service makes. No shipment that there is costs as much, a thousand
million of the currency.
"""


class BasketLine(NamedTuple):
    """So many units of a SKU, in the smallest part of one."""

    sku: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """Orders that ask for the same and go to the same region, and how many of them there are, in thousandths. No two
    lines are of one SKU.
    """

    region: str
    lines: tuple[BasketLine, ...]
    orders: int


class BasketCosts(NamedTuple):
    """What it costs to ship lines of a basket from each node, in micros: `fixed` a shipment, and in `unit` a row for
    each line, a unit. NOT_REACHED where no service goes.
    """

    fixed: Integers
    unit: Integers


class ShippingCosts(Protocol):
    """What shipments cost, by number of the node."""

    @property
    def nodes(self) -> Sequence[str]:
        """The nodes in the order of their numbers."""

    def of_basket(self, region: str, lines: Sequence[BasketLine]) -> BasketCosts:
        """What the lines cost to the region, if one shipment takes them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedOrders:
    """`supply` is the units that there are for the baskets, by SKU, a number for each node. Without a SKU there is no
    unit of it. `shares` are thousandths of the baskets' orders, by SKU that comes in again before all of them came:
    only those before that have to be met with what is there. Without a SKU, all of them are.
    """

    baskets: Sequence[Basket]
    supply: Mapping[str, Integers]
    costs: ShippingCosts
    shares: Mapping[str, int] = field(default_factory=dict)

    def stocked(self, sku: str) -> Flags:
        """The nodes that have units of the SKU."""
        supply = self.supply.get(sku)
        return np.zeros(len(self.costs.nodes), dtype=bool) if supply is None else supply > 0
