"""A promise that an order takes up: on which terms the order is decided, and what of it has changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from msgspec import structs

from engine.decide.decision import Decision, PromiseTerms, Shipment
from engine.decide.order_record import OrderRecord, seconds, timestamp
from engine.decide.promises.quote_record import PromiseRecord, QuoteRecord
from engine.decide.promises.taken_quote_record import ChangedField, ChangeRecord, QuotedValue, TakenQuoteRecord
from engine.decide.record import DecisionRecord
from engine.decide.record_parts import ShipmentRecord
from engine.model.facts import Order

Amounts: TypeAlias = Mapping[ChangedField, QuotedValue]
"""What a quote and a decision are compared by, in the order in which changes are listed."""
_NEVER = "never"


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
        promise, quote = self.promise, self.quote
        quoted: Amounts = {
            "arrives_by": promise.arrives_by,
            "cost_micros": promise.cost_micros,
            "co2_mg": promise.co2_mg,
            "shipments": _named(promise.shipments),
            "unfilled_units": 0,
            "destination": OrderRecord.of(self.quoted).destination,
            "policy_version": quote.policy_version,
            "network_version": quote.network_version,
        }
        return TakenQuoteRecord(
            id=quote.id,
            promise=promise.promise,
            arrives_by=promise.arrives_by,
            chosen_for=promise.chosen_for,
            kept=_is_kept(decision, self.terms),
            changed=_changes(quoted, decision),
        )


def terms_of(record: TakenQuoteRecord) -> PromiseTerms:
    """The terms of the promise that `record` is about."""
    return PromiseTerms(arrives_by=seconds(record.arrives_by), greenest=record.chosen_for == "least_co2")


def decided_again(taken: TakenQuoteRecord, logged: DecisionRecord, decision: Decision) -> TakenQuoteRecord:
    """What another decision of the same order says of the promise, of which the decision `logged` said `taken`: what
    had not changed then was as it was quoted.
    """
    shipments = logged.scheduled.shipments if logged.scheduled else logged.shipments
    unchanged: Amounts = {
        "arrives_by": max((shipment.arrives_by for shipment in shipments), default=_NEVER),
        "cost_micros": sum(shipment.cost_micros for shipment in shipments),
        "co2_mg": sum(shipment.co2_mg for shipment in shipments),
        "shipments": _named(shipments),
        "unfilled_units": sum(item.quantity for item in logged.unfilled),
        "destination": logged.order.destination,
        "policy_version": logged.policy_version,
        "network_version": logged.network_version,
    }
    quoted: Amounts = {**unchanged, **{change.field: change.quoted for change in taken.changed}}
    return structs.replace(taken, kept=_is_kept(decision, terms_of(taken)), changed=_changes(quoted, decision))


def _changes(quoted: Amounts, decision: Decision) -> list[ChangeRecord]:
    shipments = decision.chosen
    now: Amounts = {
        "arrives_by": timestamp(_arrives_by(shipments)) if shipments else _NEVER,
        "cost_micros": sum(shipment.cost for shipment in shipments),
        "co2_mg": sum(shipment.co2 for shipment in shipments),
        "shipments": _named(shipments),
        "unfilled_units": sum(item.quantity for item in decision.unfilled),
        "destination": OrderRecord.of(decision.order).destination,
        "policy_version": decision.policy_version,
        "network_version": decision.network_version,
    }
    return [ChangeRecord(name, quoted[name], now[name]) for name in now if quoted[name] != now[name]]


def _is_kept(decision: Decision, terms: PromiseTerms) -> bool:
    return not decision.unfilled and _arrives_by(decision.chosen) <= terms.arrives_by


def _arrives_by(shipments: tuple[Shipment, ...]) -> int:
    return max((shipment.arrives_by for shipment in shipments), default=0)


def _named(shipments: tuple[Shipment, ...] | list[ShipmentRecord]) -> list[str]:
    """Each as its node, its service and what is in it."""
    return [
        f"{shipment.node} by {shipment.service}: "
        + ", ".join(f"{line.quantity} x {line.sku}" for line in shipment.lines)
        for shipment in shipments
    ]
