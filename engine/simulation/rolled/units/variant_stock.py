"""The stock of a variant: that of the log, as far as decisions read it, and by how much the variant's differs."""

from collections.abc import Iterator

from engine.model.facts import Product, StockPosition
from engine.simulation.rolled.units.books import Books
from engine.simulation.rolled.units.known_stock import KnownStock
from engine.simulation.rolled.units.stock_difference import StockDifference


class VariantStock:
    """`log` and `variant` are the books into which orders of each write what they hold and ship."""

    def __init__(self) -> None:
        self.difference = StockDifference()
        self.known = KnownStock()
        self.log = Books(difference=self.difference, sign=-1, since=self.known.since, on_change=self._note_changed)
        self.variant = Books(difference=self.difference, sign=1, on_change=self._note_changed)
        self.outs: dict[tuple[str, str], int] = {}
        """By SKU and node of which the variant has none free, since when."""
        self._changed: set[tuple[str, str]] = set()

    def position(self, sku: str, node: str) -> StockPosition:
        """What the variant has there now; below 0 on hand, where the log counted fewer units than it shipped."""
        logged = self.known.at(sku, node)
        on_hand, held = self.difference.at(sku, node)
        return logged._replace(on_hand=logged.on_hand + on_hand, held=logged.held + held)

    def end_positions(self) -> Iterator[tuple[Product, StockPosition]]:
        """Of the articles that decisions read, what the variant has now."""
        for product, nodes in self.known.products():
            for node in sorted(nodes.union(self.difference.positions.get(product.sku, ()))):
                yield product, self.position(product.sku, node)

    def came(self, sku: str, node: str, units: int) -> None:
        """The log has so many units more, and so has the variant."""
        self.known.arrive(sku, node, units)
        self._note_changed(sku, node)
        if units > 0:
            self.variant.freed.add(sku)

    def end_entry(self, now: int) -> None:
        """All that an entry of that instant changed is written."""
        for sku, node in self._changed:
            if self.position(sku, node).available:
                self.outs.pop((sku, node), None)
            else:
                self.outs.setdefault((sku, node), now)
        self._changed.clear()

    def _note_changed(self, sku: str, node: str) -> None:
        self._changed.add((sku, node))
