"""Decides the orders of a file one after another by the policies of a variant, on what those before them left. Pure."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from engine.decide.matching.matcher import Matcher
from engine.decide.order_record import OrderRecord
from engine.model.facts import Order, Product, Snapshot, StockPosition
from engine.orders.decision_request import whole_order
from engine.simulation.network_change import NetworkChange
from engine.simulation.rolled.answering import Answering, Question
from engine.simulation.rolled.end_stock import end_stock
from engine.simulation.rolled.rolled_order import MadeDecision, VariantOrder, result_of
from engine.simulation.rolled.run import RolledRun
from engine.simulation.rolled.units.books import Books
from engine.simulation.rolled.units.logged_units import wait
from engine.simulation.rolled.units.order_units import OrderUnits
from engine.simulation.rolled.units.placed_shipment import PlacedShipment
from engine.simulation.rolled.units.stock_difference import StockDifference, date_of


class OrderRoll:
    """One variant: the policies of `matcher`, on the network as it is changed. Each order is decided when it was
    placed, as `pointsman route` does. What it takes stays held, and what it lacks is unfilled or waits to the end.
    """

    def __init__(self, matcher: Matcher, change: NetworkChange) -> None:
        self.difference = StockDifference()
        self.variants: list[VariantOrder] = []
        self.stock_outs: dict[tuple[str, str], int] = {}
        """By SKU and node of which none is free, since when."""
        self._change = change
        self._answering = Answering(matcher, change, self.difference)
        self._books = Books(difference=self.difference, sign=1, on_change=self._note_changed)
        self._changed: set[tuple[str, str]] = set()
        self._facts: dict[str, tuple[Snapshot, int]] = {}
        """By SKU, the facts that it was last read with, and their date."""

    def decide(self, entry: str, order: Order, facts: Snapshot) -> None:
        """The next order, as often as the volume says, on the facts without what the variant's orders took. `entry` is
        its place in the file, as log entries are named.
        """
        self._facts.update(dict.fromkeys(facts.products, (facts, date_of(facts, order.placed_at))))
        for number in range(1, self._change.times(order.id) + 1):
            its = order if number == 1 else replace(order, id=f"{order.id}~{number}")
            self._decide(entry, order, its, facts)
        for sku, node in self._changed:
            if self.position(sku, node).available:
                self.stock_outs.pop((sku, node), None)
            else:
                self.stock_outs.setdefault((sku, node), order.placed_at)
        self._changed.clear()

    def position(self, sku: str, node: str) -> StockPosition:
        """What the variant has there now."""
        facts, today = self._facts[sku]
        before = facts.positions[sku].get(node, StockPosition(0))
        on_hand, held = self.difference.at(sku, node, today)
        return before._replace(on_hand=before.on_hand + on_hand, held=before.held + held)

    def end_positions(self) -> Iterator[tuple[Product, StockPosition]]:
        """Of the articles that were ordered."""
        for sku, (facts, _) in self._facts.items():
            for node in sorted({*facts.positions[sku], *self.difference.positions.get(sku, ())}):
                yield facts.products[sku], self.position(sku, node)

    def run(self) -> RolledRun:
        """What came of it. No order is left out, and no decision was logged."""
        results = [result_of(variant) for variant in self.variants]
        return RolledRun(
            orders=[result for result in results if result is not None],
            left_out=frozenset(),
            decisions=len(self.variants),
            made_as_logged=0,
            untried=(),
            archive="",
            stock=end_stock(self),
        )

    def differences_before(self, orders: Collection[str]) -> Mapping[str, StockDifference]:
        """By name of an order, what those before it had taken when it was decided."""
        taken = StockDifference()
        books, found = Books(difference=taken, sign=1), dict[str, StockDifference]()
        for variant in self.variants:
            if variant.name in orders:
                found[variant.name] = taken.part(variant.skus)
            for its in variant.units.shipments:
                _not_begun(its).begin(books)
        return found

    def _decide(self, entry: str, order: Order, its: Order, facts: Snapshot) -> None:
        variant = VariantOrder(
            name=its.id,
            first=order.id,
            entry=entry,
            record=OrderRecord.of(order),
            order=its,
            units=OrderUnits(ordered=Counter({line.id: line.quantity for line in its.lines})),
            products=dict(facts.products),
        )
        question = Question(remainder=whole_order(its), logged=facts, now=its.placed_at, may_wait=False, may_park=True)
        answer = self._answering.answer(question, its.id)
        variant.units.place(self._books, answer.shipments)
        wait(variant.units, its.id, answer.waiting)
        variant.scheduled, variant.parked = answer.decided.status == "scheduled", answer.decided.parked
        variant.network = answer.network
        variant.made.append(MadeDecision.of(entry, its.id, answer, offered=False))
        self.variants.append(variant)

    def _note_changed(self, sku: str, node: str) -> None:
        self._changed.add((sku, node))


def _not_begun(shipment: PlacedShipment) -> PlacedShipment:
    """The same shipment, before it holds anything."""
    return PlacedShipment(
        decision=shipment.decision,
        number=shipment.number,
        record=shipment.record,
        periods=shipment.periods,
        counted=shipment.counted,
        weights=shipment.weights,
    )
