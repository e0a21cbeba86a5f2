"""Writes down what orders hold and ship: those of the variant as more than the log has, those of the log as less."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engine.model.node_loads import output
from engine.simulation.rolled.units.stock_difference import StockDifference


def _nobody(_sku: str, _node: str) -> None:
    """Nobody looks at what changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """`sign` is 1 for the variant and -1 for the log. What the log's orders change counts in `since`, too: what changed
    of its stock since that was read. `freed` has the SKUs of which units became free; `on_change` is told of each
    position that changes.
    """

    difference: StockDifference
    sign: int
    since: StockDifference | None = None
    freed: set[str] = field(default_factory=set)
    on_change: Callable[[str, str], None] = _nobody

    def change(self, sku: str, node: str, label: str, *, on_hand: int = 0, held: int = 0) -> None:
        if not on_hand and not held:
            return
        self.difference.change_position(sku, node, label, self.sign * on_hand, self.sign * held)
        if self.since is not None:
            self.since.change_position(sku, node, label, on_hand, held)
        if on_hand > held:
            self.freed.add(sku)
        self.on_change(sku, node)

    def promise(self, sku: str, receipt: str, units: int) -> None:
        """So many units more are promised of a receipt that is still to come."""
        self.difference.change_promised(sku, receipt, self.sign * units)
        if self.since is not None:
            self.since.change_promised(sku, receipt, units)

    def take(self, periods: tuple[str, ...], sku: str, node: str, units: int) -> None:
        """So many units more count as taken in the periods of allotments."""
        for period in periods:
            self.difference.change_taken(period, sku, node, self.sign * units)
            if self.since is not None:
                self.since.change_taken(period, sku, node, units)

    def give(self, periods: tuple[str, ...], node: str, shipments: int) -> None:
        """The node is given so many shipments more."""
        for period in periods if shipments else ():
            self._load(period, node, shipments)

    def give_output(
        self, periods: tuple[str, ...], node: str, sku: str, units: int, weights: Mapping[str, int] | None
    ) -> None:
        """The same in units and grams, where these count."""
        if not periods or weights is None:
            return
        for load, amount in output(node, ((sku, units),), weights).items():
            self._load(periods[0], load, amount)

    def _load(self, period: str, load: str, amount: int) -> None:
        self.difference.change_load(period, load, self.sign * amount)
        if self.since is not None:
            self.since.change_load(period, load, amount)
