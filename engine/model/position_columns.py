"""The positions of a SKU as they are kept: columns, of which a position is made only when it is asked for."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from engine.model.facts import StockPosition


class PositionColumns(Mapping[str, StockPosition]):
    """By node: units on hand, units held, and the pace of sale where it is known."""

    def __init__(
        self, nodes: Sequence[str], on_hand: Sequence[int], held: Sequence[int], paces: Mapping[str, int]
    ) -> None:
        """Raises ValueError if a node stands twice, or if the columns differ in length."""
        if not len(set(nodes)) == len(on_hand) == len(held) == len(nodes):
            raise ValueError("the columns of a SKU's positions differ in length, or name a node twice")
        self.nodes = nodes
        self.on_hand = on_hand
        self.held = held
        self._paces = paces

    @cached_property
    def paces(self) -> Sequence[int | None]:
        """Thousandths of a unit sold a day; None where unknown."""
        return [self._paces.get(node) for node in self.nodes]

    @cached_property
    def _rows(self) -> Mapping[str, int]:
        return {node: row for row, node in enumerate(self.nodes)}

    def with_more_held(self, node: str, units: int) -> "PositionColumns":
        """The same with so many more units held at a node."""
        later, row = copy.copy(self), self._rows[node]
        later.held = [*self.held[:row], self.held[row] + units, *self.held[row + 1 :]]
        return later

    def at(self, row: int) -> StockPosition:
        return StockPosition(self.on_hand[row], self.held[row], self._paces.get(self.nodes[row]))

    def __getitem__(self, node: str) -> StockPosition:
        return self.at(self._rows[node])

    def __iter__(self) -> Iterator[str]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)


class PositionsInOrder(Sequence[StockPosition]):
    """Positions of columns, in the order of these rows."""

    def __init__(self, columns: PositionColumns, rows: Sequence[int]) -> None:
        self._columns = columns
        self._rows = rows

    @property
    def paces(self) -> Sequence[int | None]:
        paces = self._columns.paces
        return [paces[row] for row in self._rows]

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return PositionsInOrder(self._columns, self._rows[index])
        return self._columns.at(self._rows[index])

    def __len__(self) -> int:
        return len(self._rows)
