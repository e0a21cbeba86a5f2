"""How many units of SKUs there are for orders to come at each node, and when more of them come in."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from engine.decide.availability.expected_sales import expected_sales
from engine.decide.availability.free_units import StockFacts, free_units
from engine.decide.availability.offer import facts_of_lines
from engine.decide.evaluation.snapshot_columns import SnapshotColumns
from engine.decide.matching.matcher import Matcher
from engine.decide.shipping.columns import Integers
from engine.errors import Contended
from engine.facts_reader import FactsReader
from engine.inventory.availability_feed import parts_of
from engine.lookahead.expected_orders import MILLIS
from engine.model.facts import Network, Product

_NEVER: Final = 1 << 60


@dataclass(slots=True, kw_only=True)
class UnitsToShip:
    """By SKU, the units that are free at each node, by its number: neither held nor kept back by the floors that the
    active policies give orders of one channel; and the instant of the next receipt that is not late, if there is any.
    """

    units: dict[str, Integers] = field(default_factory=dict)
    next_receipt: dict[str, int] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)

    def shares(self, now: int, horizon: int) -> Mapping[str, int]:
        """By SKU that comes in within the seconds of the horizon, what part of these lies before that, in
        thousandths.
        """
        return {
            sku: max(1, (instant - now) * MILLIS // horizon)
            for sku, instant in self.next_receipt.items()
            if instant - now < horizon
        }


def read_units(
    facts: FactsReader,
    skus: Sequence[str],
    network: Network,
    *,
    channel: str,
    now: int,
    advanced: Callable[[int], None] = lambda _: None,
) -> UnitsToShip:
    """Read in blocks, each at a moment of its own. Raises Contended if the network is loaded meanwhile."""
    found = UnitsToShip()
    for block in parts_of(skus, network):
        read = facts.read_stock(block, now, cached=False, with_receipts=True)
        if read.state.network.version != network.version:
            raise Contended("the network was loaded meanwhile; try again")
        _add(found, read.facts, read.state.matcher, channel, now)
        advanced(len(block))
    return found


def _add(found: UnitsToShip, facts: StockFacts, matcher: Matcher, channel: str, now: int) -> None:
    columns = SnapshotColumns(facts.snapshot, matcher, now)
    lines = facts_of_lines(facts, channel, columns)
    expected = expected_sales(facts, matcher, columns)
    free = free_units(facts, matcher, channel, lines, columns.clocks, expected=expected, today=columns.today).units
    resting = [facts.ways.node_index[node] for node in facts.snapshot.resting if node in facts.ways.node_index]
    free = np.where(np.isin(facts.stock.node, resting), 0, free)
    for product, rows in zip(facts.products, facts.rows, strict=True):
        if not product.counted:
            continue
        units = np.zeros(len(facts.ways.nodes), dtype=np.int64)
        units[facts.stock.node[rows]] = free[rows]
        found.units[product.sku], found.products[product.sku] = units, product
    for number, product in enumerate(facts.products):
        arrivals = _arrivals(facts, number, now)
        if arrivals < _NEVER:
            found.next_receipt[product.sku] = arrivals


def _arrivals(facts: StockFacts, product: int, now: int) -> int:
    coming: Iterable[int] = (
        receipt.expected_at
        for (number, _), receipts in facts.receipts.items()
        if number == product
        for receipt in receipts
        if receipt.free > 0 and not receipt.is_late(now)
    )
    return min(coming, default=_NEVER)
