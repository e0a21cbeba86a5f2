"""The stock of the variant at the end of the period, of the articles that were ordered: how much was sold, how long the
rest lasts, and what is out of stock since when. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from engine.model.facts import UNIT_MILLIS, Product, StockPosition
from engine.simulation.rolled.rolled_order import VariantOrder


class RolledStock(Protocol):
    """What is known of a variant at the end: its orders, what it has of each article and place, and since when it has
    nothing free there.
    """

    stock_outs: dict[tuple[str, str], int]

    @property
    def variants(self) -> Iterable[VariantOrder]: ...

    def end_positions(self) -> Iterator[tuple[Product, StockPosition]]: ...


class KindOfStock(NamedTuple):
    """Articles of a lifecycle or a category: units that shipped, units that are on hand at the end and held for nobody,
    and thousandths of these that are expected to sell a day, of those positions of which that is known, with the units
    that are `paced` so.
    """

    shipped: int = 0
    available: int = 0
    pace: int = 0
    paced: int = 0

    @property
    def sell_through(self) -> int | None:
        """Basis points of what there was that shipped; None if there was nothing."""
        units = self.shipped + self.available
        return self.shipped * 10_000 // units if units else None

    @property
    def days_of_cover(self) -> int | None:
        """None if no pace is known, or nothing sells."""
        return self.paced * UNIT_MILLIS // self.pace if self.pace else None


class StockOut(NamedTuple):
    """An article that a place had and has none of at the end that is free, and since when, in UTC seconds."""

    sku: str
    node: str
    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndStock:
    """`on_hand` are all units on hand, `shortfall` those that the log counted or moved out and the variant had shipped
    before.
    """

    lifecycles: Mapping[str, KindOfStock] = field(default_factory=dict)
    categories: Mapping[str, KindOfStock] = field(default_factory=dict)
    stock_outs: tuple[StockOut, ...] = ()
    on_hand: int = 0
    shortfall: int = 0


def end_stock(rolled: RolledStock) -> EndStock:
    lifecycles: dict[str, KindOfStock] = {}
    categories: dict[str, KindOfStock] = {}
    on_hand = shortfall = 0
    for product, position in rolled.end_positions():
        on_hand += max(0, position.on_hand)
        shortfall += max(0, -position.on_hand)
        known = position.pace is not None
        row = KindOfStock(0, position.available, position.pace or 0, position.available if known else 0)
        _add(lifecycles, product.lifecycle, row)
        _add(categories, product.category, row)
    for variant in rolled.variants:
        for shipment in variant.units.shipments:
            for line, sku in shipment.skus.items():
                units = shipment.held_of(line) + shipment.left[line]
                if units and sku in variant.products:
                    _add(lifecycles, variant.products[sku].lifecycle, KindOfStock(shipped=units))
                    _add(categories, variant.products[sku].category, KindOfStock(shipped=units))
    return EndStock(
        lifecycles=dict(sorted(lifecycles.items())),
        categories=dict(sorted(categories.items())),
        stock_outs=tuple(sorted(StockOut(sku, node, at) for (sku, node), at in rolled.stock_outs.items())),
        on_hand=on_hand,
        shortfall=shortfall,
    )


def _add(rows: dict[str, KindOfStock], name: str, more: KindOfStock) -> None:
    rows[name] = KindOfStock(*map(int.__add__, rows.get(name, KindOfStock()), more))
