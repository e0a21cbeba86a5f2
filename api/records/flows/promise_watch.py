"""Promises that are watched as JSON."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from msgspec import UNSET, Meta, UnsetType

from api.shapes.cursors import holds_cursor
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.model.milestones import MILESTONES, Milestone, RiskCause
from engine.promise_watch.at_risk import OnTheWayRisk, Risk, RiskPage
from engine.promise_watch.raising import WatchTurn
from engine.promise_watch.watched_shipment import WatchedShipment

Instants: TypeAlias = dict[Milestone, Timestamp]


class WatchedShipmentRecord(Record, frozen=True, kw_only=True):
    """A shipment that is held, against its promise: by when it has to pass each milestone, and which it has passed."""

    decision: str
    shipment: Annotated[int, Meta(description="its number in the decision, from 0")]
    order: str
    node: str
    service: str
    promised_by: Annotated[Timestamp, Meta(description="by when it is to arrive")]
    arrives_by: Annotated[Timestamp, Meta(description="as it was decided")]
    milestones: Annotated[Instants, Meta(description="the last second for each")]
    passed: Annotated[Instants, Meta(description="when it passed those that were reported")]
    next: Annotated[Milestone | None, Meta(description="that it has to pass; null: it was handed over")]


class PromiseAtRiskRecord(WatchedShipmentRecord, frozen=True, kw_only=True):
    """A promise at risk."""

    cause: RiskCause
    due: Annotated[
        Timestamp,
        Meta(
            description="the last second for its next milestone; or since when its receipt is late or short; of what a"
            " carrier has, by when it is to be delivered, or since when nothing was heard of it for long"
        ),
    ]
    missed: Annotated[bool, Meta(description="whether that is over")]
    expected_at: Annotated[
        Timestamp | None, Meta(description="when it arrives at the earliest, as it stands; null: not known yet")
    ]
    late: Annotated[bool, Meta(description="whether that is after the promise")]
    raised: Annotated[
        bool,
        Meta(description="whether promise.at_risk, or shipment.late or shipment.lost, was raised for this cause"),
    ]
    rerouting: Annotated[
        Literal["pending", "stays"] | UnsetType,
        Meta(description="whether it was looked for a better way: pending, or nothing better was found"),
    ] = UNSET

    @classmethod
    def of(cls, risk: Risk) -> "PromiseAtRiskRecord":
        shipment, state = risk.shipment, risk.shipment.state
        rerouting: Literal["pending", "stays"] | UnsetType = UNSET
        if state.rerouting or state.rerouted:
            rerouting = "pending" if state.rerouting else "stays"
        return cls(
            **_fields(shipment),
            cause=risk.cause,
            due=timestamp(risk.due),
            missed=risk.missed,
            expected_at=None if risk.expected is None else timestamp(risk.expected),
            late=risk.late,
            raised=risk.raised if isinstance(risk, OnTheWayRisk) else shipment.is_raised,
            rerouting=rerouting,
        )


class PromisesAtRiskRecord(Record, frozen=True):
    """The first to be due first, as it stood `at` that instant. A page with a `next` may have fewer than asked for."""

    at: Timestamp
    shipments: list[PromiseAtRiskRecord]
    next: str | None

    @classmethod
    def of(cls, page: RiskPage) -> "PromisesAtRiskRecord":
        return cls(
            at=timestamp(page.at),
            shipments=[PromiseAtRiskRecord.of(risk) for risk in page.shipments],
            next=holds_cursor(page.after),
        )


class WatchTurnRecord(Record, frozen=True):
    """What one look at the promises did."""

    raised: Annotated[list[PromiseAtRiskRecord], Meta(description="newly at risk, as they stood before")]
    moved: Annotated[int, Meta(description="shipments that come from elsewhere now")]
    stay: Annotated[int, Meta(description="shipments for which nothing better was found")]

    @classmethod
    def of(cls, turn: WatchTurn) -> "WatchTurnRecord":
        raised = [PromiseAtRiskRecord.of(risk) for risk in (*turn.raised, *turn.on_the_way)]
        return cls(raised=raised, moved=turn.moved, stay=turn.stay)


def shipment_record(shipment: WatchedShipment) -> WatchedShipmentRecord:
    """The shipment as JSON."""
    return WatchedShipmentRecord(**_fields(shipment))


def _fields(shipment: WatchedShipment) -> dict[str, Any]:
    return {
        "decision": shipment.decision,
        "shipment": shipment.number,
        "order": shipment.order.id,
        "node": shipment.node,
        "service": shipment.service,
        "promised_by": timestamp(shipment.promised),
        "arrives_by": timestamp(shipment.planned),
        "milestones": _instants(shipment.milestones),
        "passed": _instants(shipment.state.passed),
        "next": shipment.next,
    }


def _instants(by_milestone: Mapping[Milestone, int]) -> Instants:
    return {name: timestamp(by_milestone[name]) for name in MILESTONES if name in by_milestone}
