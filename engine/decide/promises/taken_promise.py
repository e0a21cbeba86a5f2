"""A promise that an order takes up: on which terms the order is decided, and what of it has changed."""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.decide.decision import Decision, PromiseTerms, Shipment
from engine.decide.order_record import OrderRecord, seconds, timestamp
from engine.decide.promises.quote_record import PromiseRecord, QuoteRecord
from engine.decide.promises.taken_quote_record import ChangeRecord, TakenQuoteRecord
from engine.decide.record_parts import ShipmentRecord
from engine.model.facts import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenPromise:
    """One promise of a quote for the cart `quoted`. `only_if_kept`: without it, the order is not to be decided."""

    quote: QuoteRecord
    promise: PromiseRecord
    quoted: Order
    only_if_kept: bool

    @property
    def terms(self) -> PromiseTerms:
        promise = self.promise
        return PromiseTerms(arrives_by=seconds(promise.arrives_by), greenest=promise.chosen_for == "least_co2")

    def record(self, decision: Decision) -> TakenQuoteRecord:
        """What a decision of the order says of it."""
        return TakenQuoteRecord(
            id=self.quote.id,
            promise=self.promise.promise,
            arrives_by=self.promise.arrives_by,
            chosen_for=self.promise.chosen_for,
            kept=not decision.unfilled and _arrives_by(decision.chosen) <= self.terms.arrives_by,
            changed=list(self._changes(decision)),
        )

    def _changes(self, decision: Decision) -> Iterator[ChangeRecord]:
        promise, quote, shipments = self.promise, self.quote, decision.chosen
        arrives_by = timestamp(_arrives_by(shipments)) if shipments else "never"
        quoted_to, to = (OrderRecord.of(order).destination for order in (self.quoted, decision.order))
        compared = (
            ChangeRecord("arrives_by", promise.arrives_by, arrives_by),
            ChangeRecord("cost_micros", promise.cost_micros, sum(shipment.cost for shipment in shipments)),
            ChangeRecord("co2_mg", promise.co2_mg, sum(shipment.co2 for shipment in shipments)),
            ChangeRecord("shipments", _named(promise.shipments), _named(shipments)),
            ChangeRecord("unfilled_units", 0, sum(item.quantity for item in decision.unfilled)),
            ChangeRecord("destination", quoted_to, to),
            ChangeRecord("policy_version", quote.policy_version, decision.policy_version),
            ChangeRecord("network_version", quote.network_version, decision.network_version),
        )
        return (change for change in compared if change.quoted != change.now)


def _arrives_by(shipments: tuple[Shipment, ...]) -> int:
    return max((shipment.arrives_by for shipment in shipments), default=0)


def _named(shipments: tuple[Shipment, ...] | list[ShipmentRecord]) -> list[str]:
    """Each as its node, its service and what is in it."""
    return [
        f"{shipment.node} by {shipment.service}: "
        + ", ".join(f"{line.quantity} x {line.sku}" for line in shipment.lines)
        for shipment in shipments
    ]
