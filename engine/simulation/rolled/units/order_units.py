"""The units of an order, in the log or in a variant: what its shipments hold, what has left, and what waits.

What the log says becomes of units of an order becomes of the same lines of the variant's, first of what ships from the
same node. Each change is written into the books.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.model.lots import NO_LOT
from engine.orders.cancellation.cheapest_cancellation import CancellableShipment, cheapest_cancellation
from engine.simulation.rolled.units.books import Books
from engine.simulation.rolled.units.placed_shipment import Becomes, PlacedShipment


@dataclass(slots=True, kw_only=True)
class OrderUnits:
    """An order: how many units of each line are ordered, and where they are. What is in none of these is unfilled."""

    ordered: Counter[str]
    shipments: list[PlacedShipment] = field(default_factory=list)
    waiting: dict[str, Counter[str]] = field(default_factory=dict)
    """By the decision under which they wait, units by line."""
    cancelled: Counter[str] = field(default_factory=Counter)
    not_counted: Counter[str] = field(default_factory=Counter)
    """Filled without stock."""

    def place(self, books: Books, shipments: Iterable[PlacedShipment]) -> None:
        for shipment in shipments:
            shipment.begin(books)
            self.shipments.append(shipment)

    def held_of(self, line: str, node: str | None = None) -> int:
        return sum(its.held_of(line) for its in self.shipments if node in (None, its.node))

    @property
    def held(self) -> Counter[str]:
        units = Counter[str]()
        for shipment in self.shipments:
            units.update({line: shipment.held_of(line) for line in shipment.held})
        return units

    @property
    def held_there(self) -> Counter[tuple[str, str]]:
        """By SKU and node, what is held."""
        units = Counter[tuple[str, str]]()
        for its in self.shipments:
            for line in its.held:
                units[its.skus[line], its.node] += its.held_of(line)
        return units

    @property
    def left(self) -> Counter[str]:
        units = Counter[str]()
        for shipment in self.shipments:
            units.update(shipment.left)
        return units

    @property
    def waiting_units(self) -> Counter[str]:
        units = Counter[str]()
        for by_line in self.waiting.values():
            units.update(by_line)
        return units

    @property
    def unfilled(self) -> Counter[str]:
        """By line, what is neither cancelled nor held and has not left; some of it may wait."""
        units = Counter(self.ordered)
        for taken in (self.cancelled, self.held, self.left, self.not_counted):
            units.subtract(taken)
        return +units

    @property
    def standing(self) -> int:
        """How many shipments stand."""
        return sum(shipment.stands for shipment in self.shipments)

    def end(
        self,
        books: Books,
        line: str,
        units: int,
        becomes: Becomes,
        *,
        node: str,
        only_there: bool = False,
        keeps_room: bool = False,
        shipment: tuple[str, int] | None = None,
    ) -> int:
        """End so many held units of a line: first those of the shipment with that decision and number, then of what
        leaves from the node and, unless `only_there`, of the others. Answers how many there were.
        """
        ended = 0
        for its in sorted(self.shipments, key=lambda its: ((its.decision, its.number) != shipment, its.node != node)):
            if ended < units and (its.node == node or not only_there):
                ended += its.end(books, line, units - ended, becomes, keeps_room=keeps_room)
        return ended

    def end_all(self, books: Books, becomes: Becomes) -> None:
        """End all that is held."""
        for shipment in self.shipments:
            for line in list(shipment.held):
                shipment.end(books, line, shipment.held_of(line), becomes)

    def ship_late(self, books: Books, line: str, units: int, *, node: str) -> None:
        """Units left that nobody held any more."""
        units = min(units, self.unfilled[line] - self.waiting_units[line])
        its = next((its for its in self.shipments if its.node == node and line in its.skus), None)
        if its is not None and units > 0:
            its.left[line] += units
            books.change(its.skus[line], node, NO_LOT, on_hand=-units)

    def undo(self, books: Books, line: str, units: int, *, node: str) -> None:
        for its in sorted(self.shipments, key=lambda its: its.node != node):
            units -= its.undo(books, line, units)

    def cancel(self, books: Books, line: str, units: int, *, held: Iterable[tuple[str, int]] = ()) -> None:
        """Cancel so many units of a line: so many at nodes as they were `held` there in the log, then unfilled ones,
        waiting ones, and other held ones.
        """
        there = sum(
            self.end(books, line, min(count, units), "gone", node=node, only_there=True) for node, count in held
        )
        free = self.unfilled[line] - self.waiting_units[line] - there + self.not_counted[line]
        rest = units - there
        rest -= min(rest, max(0, free))
        rest -= self.wait_less(line, rest)
        self.let_go(books, {line: min(rest, self.held_of(line))})
        not_held = self.unfilled[line]
        if not_held < units:
            self.not_counted[line] -= min(self.not_counted[line], units - not_held)
        self.cancelled[line] += min(units, self.unfilled[line])

    def wait_less(self, line: str, units: int) -> int:
        """So many units of a line at most wait no more; answers how many."""
        ended = 0
        for decision in list(self.waiting):
            part = min(self.waiting[decision][line], units - ended)
            if part > 0:
                self.waiting[decision][line] -= part
                ended += part
            self.waiting[decision] = +self.waiting[decision]
            if not self.waiting[decision]:
                del self.waiting[decision]
        return ended

    def amend(self, books: Books, ordered: Mapping[str, int], *, other_articles: Iterable[str]) -> None:
        """Order so many units of each line from now on: what is held or waits beyond that is let go. Of lines of
        `other_articles` nothing is cancelled any more.
        """
        for line in {*self.ordered, *ordered}:
            fewer = max(0, self.ordered[line] - ordered.get(line, 0))
            self.cancelled[line] -= min(self.cancelled[line], fewer)
        for line in other_articles:
            del self.cancelled[line]
        self.ordered = Counter(ordered)
        self.cancelled = +self.cancelled
        wanted, left = self.ordered - self.cancelled, self.left
        self.let_go(books, self.held - (wanted - left))
        for line, units in (self.waiting_units - self.unfilled).items():
            self.wait_less(line, units)

    def let_go(self, books: Books, units: Mapping[str, int]) -> None:
        """Hold so many units of each line no more: those by which what is left costs least."""
        if not any(units.values()):
            return
        costed = [
            CancellableShipment(
                units={line: its.held_of(line) for line in its.held if units.get(line)},
                unit_costs=dict.fromkeys(its.held, 0),
                fixed=0 if +its.left or any(not units.get(line) for line in its.held) else its.record.cost_micros,
            )
            for its in self.shipments
        ]
        for its, lines in zip(list(self.shipments), cheapest_cancellation(units, costed), strict=True):
            for line, count in lines.items():
                its.end(books, line, count, "gone")

    def same_as(self, other: "OrderUnits") -> bool:
        """Whether the units of both are in the same places."""
        return (
            self.ordered == other.ordered
            and self.cancelled == other.cancelled
            and self.waiting == other.waiting
            and self.places == other.places
        )

    @property
    def places(self) -> Counter[tuple[str, str, str, str]]:
        """By node, line, lot and receipt, what is held; what has left."""
        places = Counter[tuple[str, str, str, str]]()
        for its in self.shipments:
            for line, pieces in its.held.items():
                for piece in pieces:
                    places[its.node, line, piece.label, piece.receipt] += piece.units
            for line, units in its.left.items():
                places[its.node, line, "left", ""] += units
        return +places
