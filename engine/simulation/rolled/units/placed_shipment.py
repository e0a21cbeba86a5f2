"""A shipment of an order, in the log or in a variant: what it holds, and what of it has left. Each change is written
into the books.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from msgspec import UNSET

from engine.decide.record_parts import PlacedLineRecord, ShipmentRecord
from engine.model.lots import NO_LOT
from engine.simulation.rolled.units.books import Books

Becomes: TypeAlias = Literal["left", "gone"]
"""left: they were handed over. gone: nobody holds them any more."""


@dataclass(slots=True)
class Piece:
    """So many held units of a line: of a lot, or of a receipt that is still to come."""

    units: int
    label: str = NO_LOT
    receipt: str = ""


@dataclass(slots=True, kw_only=True)
class PlacedShipment:
    """A shipment of a decision. `periods` are those in whose loads it counts, `counted` those of allotments."""

    decision: str
    number: int
    record: ShipmentRecord
    periods: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    weights: Mapping[str, int] | None = None
    held: dict[str, list[Piece]] = field(default_factory=dict)
    """By line."""
    left: Counter[str] = field(default_factory=Counter)
    """By line, units that have left."""
    skus: dict[str, str] = field(default_factory=dict)

    @property
    def node(self) -> str:
        return self.record.node

    @property
    def stands(self) -> bool:
        """Whether something of it is held or has left."""
        return bool(self.held) or bool(+self.left)

    @property
    def units(self) -> int:
        """All that it holds, and all that has left."""
        return sum(self.left.values()) + sum(self.held_of(line) for line in self.held)

    def held_of(self, line: str) -> int:
        return sum(piece.units for piece in self.held.get(line, ()))

    def begin(self, books: Books) -> None:
        """Hold what the record says."""
        for item in self.record.lines:
            self.skus[item.line] = item.sku
            self.held.setdefault(item.line, []).extend(_pieces(item))
        for line, pieces in self.held.items():
            for piece in pieces:
                self._hold(books, line, piece, piece.units)
        books.give(self.periods, self.node, 1)

    def end(self, books: Books, line: str, units: int, becomes: Becomes, *, keeps_room: bool = False) -> int:
        """End so many units of a line at most; answers how many that were. Units of receipts go first."""
        ended, pieces = 0, self.held.get(line, [])
        for piece in sorted(pieces, key=lambda its: not its.receipt):
            part = min(piece.units, units - ended)
            if part:
                self._hold(books, line, piece, -part, becomes)
                piece.units -= part
                ended += part
        pieces = [piece for piece in pieces if piece.units]
        if pieces:
            self.held[line] = pieces
        else:
            self.held.pop(line, None)
        if ended and becomes == "left":
            self.left[line] += ended
        elif ended and not self.stands and not keeps_room:
            books.give(self.periods, self.node, -1)
        return ended

    def undo(self, books: Books, line: str, units: int) -> int:
        """So many units of a line at most did not leave after all, and are held again."""
        units = min(units, self.left[line])
        if units:
            self.left[line] -= units
            self.held.setdefault(line, []).append(Piece(units))
            books.change(self.skus[line], self.node, NO_LOT, on_hand=units, held=units)
        return units

    def arrived(self, books: Books, receipt: str, units: int) -> int:
        """So many units at most that stood on a receipt are held of what is on hand from now on."""
        moved = 0
        for line, pieces in self.held.items():
            of_line = 0
            for piece in pieces:
                part = min(piece.units, units - moved - of_line) if piece.receipt == receipt else 0
                if part:
                    books.promise(self.skus[line], receipt, -part)
                    books.change(self.skus[line], self.node, NO_LOT, held=part)
                    piece.units -= part
                    of_line += part
            if of_line:
                pieces[:] = [piece for piece in pieces if piece.units] + [Piece(of_line)]
                moved += of_line
        return moved

    def _hold(self, books: Books, line: str, piece: Piece, units: int, becomes: Becomes | None = None) -> None:
        """Below 0: end so many units."""
        sku = self.skus[line]
        if piece.receipt:
            books.promise(sku, piece.receipt, units)
        if becomes == "left":
            books.change(sku, self.node, piece.label, on_hand=units, held=0 if piece.receipt else units)
            return
        if not piece.receipt:
            books.change(sku, self.node, piece.label, held=units)
        books.take(self.counted, sku, self.node, units)
        books.give_output(self.periods, self.node, sku, units, self.weights)


def _pieces(item: PlacedLineRecord) -> Iterator[Piece]:
    left = item.quantity
    for lot in () if item.lots is UNSET else item.lots:
        left -= lot.units
        yield Piece(lot.units, label=lot.label)
    for of_receipt in () if item.receipts is UNSET else item.receipts:
        left -= of_receipt.units
        yield Piece(of_receipt.units, receipt=of_receipt.receipt)
    if left > 0:
        yield Piece(left)
