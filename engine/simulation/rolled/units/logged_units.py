"""What an entry of the log says became of units of an order, and how it becomes of the variant's. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from engine.decide.order_record import OrderRecord, order_of
from engine.decide.record import DecisionRecord
from engine.model.load_periods import periods_of
from engine.orders.amendment.plan import lines_let_go
from engine.simulation.outcome import recorded
from engine.simulation.rolled.rolled_order import VariantOrder
from engine.simulation.rolled.units.books import Books
from engine.simulation.rolled.units.order_units import OrderUnits
from engine.simulation.rolled.units.placed_shipment import Becomes, PlacedShipment
from engine.store.log.decision_chain import NO_CAPACITY
from engine.store.log.entry import Entry
from engine.store.log.entry_bodies import PartUnits, RejectionBody, UnitsBody


class EndedUnits(NamedTuple):
    """Held units of a line of a shipment, which the log has by the decision and its number."""

    line: str
    units: int
    node: str
    shipment: tuple[str, int]


class LoggedOrder:
    """An order as the log has it, and as the variant has it: no time, once or several times."""

    def __init__(self, units: OrderUnits, variants: list[VariantOrder], record: OrderRecord) -> None:
        self.units = units
        self._record = record
        self.variants = variants
        self._rejections: set[tuple[str, str, str]] = set()
        """SKU, node and reason of units that were rejected in the log."""

    def rejected_in_log_alone(self, variant: VariantOrder) -> frozenset[tuple[str, str]]:
        """SKU and node of units that the node rejected in the log, and of which the variant had none there."""
        return frozenset((sku, node) for sku, node, _ in self._rejections.difference(variant.rejections))

    def apply(self, entry: Entry, log: Books, variant: Books) -> None:
        """What an entry other than a decision says of units of the order."""
        if entry.kind == "rejected":
            self._reject(entry, log, variant)
        elif entry.kind == "withdrawn":
            for units_of, _ in self._sides(log, variant):
                units_of.waiting.pop(entry.decision, None)
        elif entry.kind == "queued":
            for units_of, _ in self._sides(log, variant):
                _wait_unfilled(units_of, entry.decision, entry.queued_lines)
        elif entry.kind in ("confirmed", "released", "expired"):
            self._end(entry, entry.units, log, variant)
        elif entry.units is not None:
            self._change(entry.kind, entry.units, log, variant)

    def _change(self, kind: str, body: UnitsBody, log: Books, variant: Books) -> None:
        match kind:
            case "cancelled":
                self._cancel(body, log, variant)
            case "amended":
                self._amend(body, log, variant)
            case "undone":
                for part, line, units in _lines(body):
                    for units_of, books in self._sides(log, variant):
                        units_of.undo(books, line, units, node=part.node)

    def _sides(self, log: Books, variant: Books) -> Iterator[tuple[OrderUnits, Books]]:
        yield self.units, log
        for order in self.variants:
            yield order.units, variant

    def _end(self, entry: Entry, body: UnitsBody | None, log: Books, variant: Books) -> None:
        becomes: Becomes = "left" if entry.kind == "confirmed" else "gone"
        ended = list(self._whole(entry)) if body is None else list(_held(body))
        for part, line, units in () if body is None else _lines(body):
            if becomes == "left" and part.source != "held":
                for units_of, books in self._sides(log, variant):
                    units_of.ship_late(books, line, units, node=part.node)
        for item in ended:
            for units_of, books in self._sides(log, variant):
                units_of.end(books, item.line, item.units, becomes, node=item.node, shipment=item.shipment)
        if ended and not self.units.held:
            # what became of the last of the log's units becomes of what the variant still holds
            for order in self.variants:
                order.units.end_all(variant, becomes)

    def _whole(self, entry: Entry) -> Iterator[EndedUnits]:
        for shipment in self.units.shipments:
            named = entry.shipments is None or shipment.number in entry.shipments
            if shipment.decision == entry.decision and named:
                for line in list(shipment.held):
                    key = shipment.decision, shipment.number
                    yield EndedUnits(line, shipment.held_of(line), shipment.node, key)

    def _reject(self, entry: Entry, log: Books, variant: Books) -> None:
        """A node that the variant did not choose rejects nothing of it."""
        rejection = entry.rejection
        for number, lines in rejection.lines:
            for line, units in lines:
                shipment = entry.decision, number
                if self._rejected(self.units, log, rejection, line=line, units=units, shipment=shipment):
                    self._rejections.update(_rejections(rejection, self.units, line, self.variants))
                for order in self.variants:
                    if self._rejected(order.units, variant, rejection, line=line, units=units, shipment=shipment):
                        order.rejections += _rejections(rejection, order.units, line, [order])

    @staticmethod
    def _rejected(
        units_of: OrderUnits,
        books: Books,
        rejection: RejectionBody,
        *,
        line: str,
        units: int,
        shipment: tuple[str, int],
    ) -> int:
        return units_of.end(
            books,
            line,
            units,
            "gone",
            node=rejection.node,
            only_there=True,
            keeps_room=not rejection.room,
            shipment=shipment,
        )

    def _cancel(self, body: UnitsBody, log: Books, variant: Books) -> None:
        held: dict[str, list[tuple[str, int]]] = {}
        for part, line, units in _lines(body):
            held.setdefault(line, []).append((part.node, units))
        for line, units in body.cancelled.items():
            for units_of, books in self._sides(log, variant):
                units_of.cancel(books, line, units, held=held.get(line, ()))

    def _amend(self, body: UnitsBody, log: Books, variant: Books) -> None:
        if not body.amended:
            return
        ordered = {line.id: line.quantity for line in body.amended.lines}
        articles = {line.id: line.sku for line in body.amended.lines}
        other = [line.id for line in self._record.lines if line.sku != articles.get(line.id)]
        let_go = lines_let_go(order_of(self._record), order_of(body.amended))
        for order in self.variants:
            held = order.units.held_there
            if order.units.same_as(self.units):
                _let_go(order.units, body, variant)
            else:
                order.units.let_go(variant, {line: order.units.held_of(line) for line in let_go})
            order.units.amend(variant, ordered, other_articles=other)
            order.let_go = frozenset(held - order.units.held_there)
            order.record = body.amended
        _let_go(self.units, body, log)
        self.units.amend(log, ordered, other_articles=other)
        self._record = body.amended


def _rejections(
    rejection: RejectionBody, units_of: OrderUnits, line: str, variants: Iterable[VariantOrder]
) -> list[tuple[str, str, str]]:
    """SKU, node and reason of a rejection of units of that line. A node without capacity ships nothing of the order."""
    skus = {its.skus[line] for its in units_of.shipments if line in its.skus}
    if rejection.reason == NO_CAPACITY:
        skus.update(line.sku for order in variants for line in order.lines)
    return [(sku, rejection.node, rejection.reason) for sku in sorted(skus)]


def _let_go(units_of: OrderUnits, body: UnitsBody, books: Books) -> None:
    for item in _held(body):
        units_of.end(books, item.line, item.units, "gone", node=item.node, shipment=item.shipment)


def _held(body: UnitsBody) -> Iterator[EndedUnits]:
    """The units that were held before."""
    for hold in body.holds:
        for part in hold.parts:
            if part.source == "held":
                for line, units in part.lines:
                    yield EndedUnits(line, units, part.node, (hold.decision, part.number))


def _lines(body: UnitsBody) -> Iterator[tuple[PartUnits, str, int]]:
    for hold in body.holds:
        for part in hold.parts:
            for line, units in part.lines:
                yield part, line, units


def wait(units_of: OrderUnits, decision: str, lines: Mapping[str, int]) -> None:
    """So many units of each line wait under the decision from now on."""
    units_of.waiting.pop(decision, None)
    waiting = +Counter(lines)
    if waiting:
        units_of.waiting[decision] = waiting


def _wait_unfilled(units_of: OrderUnits, decision: str, lines: Mapping[str, int]) -> None:
    """The same, as far as they are unfilled and do not wait yet."""
    free = units_of.unfilled - units_of.waiting_units
    wait(units_of, decision, {line: min(units, free[line]) for line, units in lines.items()})


def placed(entry: Entry, record: DecisionRecord) -> list[PlacedShipment]:
    """The shipments of a decision as it was logged; of a scheduled one, none yet."""
    shipments = () if record.scheduled else recorded(record).shipments
    periods = periods_of(entry.day)
    return [
        PlacedShipment(
            decision=entry.decision,
            number=number,
            record=shipment,
            periods=() if number in entry.later else periods.of(shipment.node),
            counted=entry.periods,
            weights=record.weights or None,
        )
        for number, shipment in enumerate(shipments)
    ]


def waiting_lines(record: DecisionRecord) -> dict[str, int]:
    """By line, the units of a logged decision that wait."""
    if not record.waiting:
        return {}
    some: Sequence[str] | None = record.waiting_lines or None
    lines = {item.line: item.quantity for item in record.unfilled if some is None or item.line in some}
    for shipment in record.scheduled.shipments if record.scheduled else ():
        for item in shipment.lines:
            lines[item.line] = lines.get(item.line, 0) + item.quantity
    return lines


def fill_without_stock(units: OrderUnits, record: DecisionRecord) -> None:
    """What the decision fills of articles that are not counted."""
    for item in record.not_counted or ():
        units.not_counted[item.line] += item.quantity
