"""The parts of a decision's record: shipments, what stays unfilled and why, score, hold, and what it follows."""

import datetime
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from engine.decide.address.address import Address, PlacedBy
from engine.decide.decision import (
    Decision,
    Estimate,
    LeftToOthers,
    Reason,
    Scheduled,
    Shipment,
    ShipmentLine,
    Unfilled,
)
from engine.decide.kept_facts.rest_record import RestingRecord, TextByLanguage
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.decide.reasons import reason_texts
from engine.decide.sentence_record import SentenceRecord, in_every_language, texts_by_field
from engine.decide.sourcing.problem import Score, Unproven
from engine.model.facts import MICRODEGREES, Order
from engine.model.lots import NEVER, date_of, expiry_of, lot_label, name_of
from engine.model.milestones import Cause
from engine.model.node_loads import counts_shipments, grams_field, measure_of, node_of, units_field
from engine.model.receipts import ReceiptUnits

NOTHING_EXPECTED: Mapping[str, int] = MappingProxyType({})


class LotRecord(Record, frozen=True):
    lot: str
    expires: Annotated[str | None, Meta(description="the last date on which it may be used; null: it does not expire")]
    units: int

    @classmethod
    def of(cls, label: str, units: int) -> "LotRecord":
        return cls(lot=name_of(label), expires=date_of(label), units=units)

    @property
    def label(self) -> str:
        """As engine/model/lots.py says."""
        return lot_label(self.lot, NEVER if self.expires is None else expiry_of(self.expires))


class ReceiptUnitsRecord(Record, frozen=True):
    """Units of a receipt that is still to come."""

    receipt: str
    units: int
    expected_at: Timestamp

    @classmethod
    def each(cls, units: ReceiptUnits, expected: Mapping[str, int]) -> "list[ReceiptUnitsRecord]":
        return [cls(receipt=name, units=count, expected_at=timestamp(expected[name])) for name, count in units]


class PlacedLineRecord(Record, frozen=True):
    line: str
    sku: str
    quantity: int
    backorder: Annotated[
        int | UnsetType, Meta(description="of them not on hand yet: the place may oversell the article")
    ] = UNSET
    lots: Annotated[
        list[LotRecord] | UnsetType, Meta(description="which of them are of lots, the first to expire first")
    ] = UNSET
    receipts: Annotated[
        list[ReceiptUnitsRecord] | UnsetType,
        Meta(description="which of them are of receipts that are to come, the next to arrive first"),
    ] = UNSET
    preorder_from: Annotated[
        str | UnsetType, Meta(description="of a preorder: the date before which it does not ship, as rules say")
    ] = UNSET

    @classmethod
    def of(cls, shipped: ShipmentLine, expected: Mapping[str, int] = NOTHING_EXPECTED) -> "PlacedLineRecord":
        """`expected` is when the receipts are expected that it is of."""
        return cls(
            line=shipped.line,
            sku=shipped.sku,
            quantity=shipped.quantity,
            backorder=shipped.backorder or UNSET,
            lots=[LotRecord.of(label, units) for label, units in shipped.lots] or UNSET,
            receipts=ReceiptUnitsRecord.each(shipped.receipts, expected) or UNSET,
            preorder_from=UNSET
            if shipped.preorder_from is None
            else datetime.date.fromordinal(shipped.preorder_from).isoformat(),
        )


class ShipmentRecord(Record, frozen=True):
    """Metres, micros of the currency, milligrams of CO2e, UTC."""

    node: str
    service: str
    lines: list[PlacedLineRecord]
    distance_m: int
    ships_at: Timestamp
    arrives_by: Timestamp
    late: Annotated[bool | None, Meta(description="null: no delivery date was promised")]
    cost_micros: int
    co2_mg: int
    rules: Annotated[list[str], Meta(description="that fired on the options chosen here")]
    collect_at: Annotated[
        str | UnsetType | None,
        Meta(
            description="only of a shipment that goes elsewhere than its order: the node at which it is collected;"
            " null: it goes to the destination"
        ),
    ] = UNSET
    ready_at: Annotated[
        Timestamp | UnsetType,
        Meta(
            description="of a shipment that waits: when the goods are there, or the day of a preorder begins; it counts"
            " in no load"
        ),
    ] = UNSET

    @classmethod
    def of(cls, shipment: Shipment, order: Order) -> "ShipmentRecord":
        return cls(
            node=shipment.node,
            service=shipment.service,
            lines=[PlacedLineRecord.of(item, shipment.expected) for item in shipment.lines],
            distance_m=shipment.distance,
            ships_at=timestamp(shipment.ships_at),
            arrives_by=timestamp(shipment.arrives_by),
            late=shipment.late,
            cost_micros=shipment.cost,
            co2_mg=shipment.co2,
            rules=list(shipment.rules),
            collect_at=UNSET if shipment.collect_at == order.collect_at else shipment.collect_at,
            ready_at=timestamp(shipment.ready_at) if shipment.ready_at else UNSET,
        )


@in_every_language
class ReasonRecord(SentenceRecord, frozen=True):
    """Why units are unfilled, in every language of the installation."""

    code: str
    units: int
    rules: list[str]

    @classmethod
    def of(cls, reason: Reason) -> "ReasonRecord":
        texts = texts_by_field(reason_texts(reason.code))
        return cls(code=reason.code, units=reason.units, rules=list(reason.rules), **texts)


class EstimateRecord(Record, frozen=True):
    """When units that stay unfilled would arrive, if all that is to come might be promised. It is promised to nobody:
    receipts may come later, or go to others. Of late receipts nobody knows when they come.
    """

    units: int
    receipts: list[ReceiptUnitsRecord]
    ships_at: Annotated[Timestamp | UnsetType, Meta(description="left out if a receipt is late")] = UNSET
    arrives_by: Annotated[Timestamp | UnsetType, Meta(description="left out if a receipt is late")] = UNSET
    late: Annotated[
        bool | UnsetType, Meta(description="true: a receipt was expected before the decision; otherwise left out")
    ] = UNSET

    @classmethod
    def of(cls, estimate: Estimate) -> "EstimateRecord":
        return cls(
            units=estimate.units,
            receipts=ReceiptUnitsRecord.each(estimate.receipts, estimate.expected),
            ships_at=UNSET if estimate.ships_at is None else timestamp(estimate.ships_at),
            arrives_by=UNSET if estimate.arrives_by is None else timestamp(estimate.arrives_by),
            late=estimate.ships_at is None or UNSET,
        )


class UnfilledRecord(Record, frozen=True):
    line: str
    sku: str
    quantity: int
    reasons: list[ReasonRecord]
    estimate: Annotated[
        EstimateRecord | UnsetType, Meta(description="left out if what is to come would fill no more of it")
    ] = UNSET
    backorder: Annotated[
        bool | UnsetType, Meta(description="true: a rule says that it waits for stock; otherwise left out")
    ] = UNSET

    @classmethod
    def of(cls, unfilled: Unfilled) -> "UnfilledRecord":
        return cls(
            line=unfilled.line,
            sku=unfilled.sku,
            quantity=unfilled.quantity,
            reasons=[ReasonRecord.of(reason) for reason in unfilled.reasons],
            estimate=EstimateRecord.of(unfilled.estimate) if unfilled.estimate else UNSET,
            backorder=unfilled.backorder or UNSET,
        )


class UnprovenRecord(Record, frozen=True):
    """What the search had to leave unproven: a better choice could have less of `part`, by at most `at_most`."""

    part: Literal["unfilled_units", "unless_needed_units", "shipments", "tiers"]
    at_most: int


class ScoreRecord(Record, frozen=True):
    """What was compared, in this order. `gap_micros` 0: no better choice exists; above 0: the parts before money are
    the best, and money could be at most this much less; null: a part before money could be less, as `unproven` says.
    """

    unfilled_units: int
    unless_needed_units: int
    tiers: int
    money_micros: int
    gap_micros: int | None
    unproven: Annotated[
        UnprovenRecord | UnsetType, Meta(description="left out if all parts before money are proven")
    ] = UNSET

    @classmethod
    def of(cls, score: Score, gap: int | None, unproven: Unproven | None) -> "ScoreRecord":
        return cls(
            unfilled_units=score.unfilled,
            unless_needed_units=score.unless_needed,
            tiers=score.tiers,
            money_micros=score.money,
            gap_micros=gap,
            unproven=UNSET if unproven is None else UnprovenRecord(part=unproven.part, at_most=unproven.most),
        )


class HoldRecord(Record, frozen=True):
    id: str
    expires_at: Timestamp
    until_shipped: Annotated[
        bool | UnsetType,
        Meta(description="true: counted from when the last shipment leaves; otherwise left out"),
    ] = UNSET
    requested_minutes: Annotated[
        int | UnsetType, Meta(description="for which the caller asked, in place of what the policies say")
    ] = UNSET

    @classmethod
    def of(cls, decision: Decision, decision_id: str) -> "HoldRecord":
        return cls(
            id=decision_id,
            expires_at=timestamp(decision.hold_until),
            until_shipped=decision.hold_until_shipped or UNSET,
            requested_minutes=UNSET if decision.hold_requested is None else decision.hold_requested,
        )


class RulesRecord(Record, frozen=True):
    fired: Annotated[dict[str, int], Meta(description="by rule, on how many orders, lines, positions and options")]
    silenced: list[str]
    because: Annotated[
        dict[str, TextByLanguage],
        Meta(description="why the rules named in this decision are there, by rule and language"),
    ]


class ScheduledOrderRecord(Record, frozen=True):
    """What is to ship later, to arrive on the order's nominated day. Until `reserve_at`, its units wait and are held
    for nobody. The shipments are those that would be best on the stock of today.
    """

    reserve_at: Timestamp
    shipments: list[ShipmentRecord]

    @classmethod
    def of(cls, scheduled: Scheduled, order: Order) -> "ScheduledOrderRecord":
        return cls(
            reserve_at=timestamp(scheduled.reserve_at),
            shipments=[ShipmentRecord.of(shipment, order) for shipment in scheduled.shipments],
        )


class LateRecord(Record, frozen=True):
    """A shipment that was decided again because its promise was at risk. `expected_at` is when it would have arrived at
    the earliest, null if nobody knows; the best choice was taken of those that arrive by `sought`.
    """

    shipment: Annotated[int, Meta(description="its number in that decision, from 0")]
    cause: Cause
    promised_by: Timestamp
    expected_at: Timestamp | None
    sought: Annotated[Timestamp | None, Meta(description="null: whenever it arrives")]


class FollowsRecord(Record, frozen=True):
    """Which decision this one decides again, and why: a node rejected units of it, stock came for units that waited,
    the order was amended, or a shipment would have come too late.
    """

    decision: str
    first: Annotated[str, Meta(description="the order's first decision")]
    because: Literal["rejected", "stock", "amended", "late"]
    node: Annotated[str | UnsetType, Meta(description="that rejected units, or from which they come too late")] = UNSET
    reason: str | UnsetType = UNSET
    skus: Annotated[list[str] | UnsetType, Meta(description="that the node may no longer ship")] = UNSET
    barred: Annotated[
        dict[str, list[str]] | UnsetType, Meta(description="by SKU, all nodes that could not be chosen here")
    ] = UNSET
    rest: Annotated[
        RestingRecord | UnsetType, Meta(description="of the node that rejected units, if its rest began here")
    ] = UNSET
    late: Annotated[LateRecord | UnsetType, Meta(description="what would have come too late")] = UNSET


class LeftRecord(Record, frozen=True):
    """What the order could not take, because the batch's plan gives it to orders that are decided after it."""

    units: Annotated[dict[str, dict[str, int]], Meta(description="by SKU and node, beside those of the floor")]
    shipments: Annotated[dict[str, int], Meta(description="of the day, by node")]
    output: Annotated[
        dict[str, dict[str, int]] | UnsetType,
        Meta(description="units and grams of the day, by node, where rules limit what nodes ship"),
    ] = UNSET

    @classmethod
    def of(cls, left: LeftToOthers) -> "LeftRecord":
        units: dict[str, dict[str, int]] = {}
        for (sku, node), count in left.units.items():
            units.setdefault(sku, {})[node] = count
        shipments, output = dict[str, int](), dict[str, dict[str, int]]()
        for load, amount in left.loads.items():
            if counts_shipments(load):
                shipments[load] = amount
            else:
                output.setdefault(node_of(load), {})[measure_of(load)] = amount
        return cls(units=units, shipments=shipments, output=output or UNSET)

    @property
    def left(self) -> LeftToOthers:
        """What `of` wrote."""
        fields = {"units": units_field, "grams": grams_field}
        outputs = ((node, item) for node, amounts in (self.output or {}).items() for item in amounts.items())
        return LeftToOthers(
            units={(sku, node): count for sku, nodes in self.units.items() for node, count in nodes.items()},
            loads=self.shipments | {fields[measure](node): amount for node, (measure, amount) in outputs},
        )


class LackedRecord(Record, frozen=True):
    """Units that this order would have had if another order of the batch had not come before it."""

    sku: str
    node: str
    units: int
    took: Annotated[
        Literal["units", "room"],
        Meta(description="room: the node had the units, but the other order took its last shipment of the day"),
    ]
    order: Annotated[str, Meta(description="that took them")]
    decision: str
    priority: int


class PlacedAddressRecord(Record, frozen=True):
    """Where an order goes that was sent without coordinates."""

    by: Annotated[
        PlacedBy,
        Meta(description="postcode: where the network says that the area of its postcode lies; country: in its midst"),
    ]
    country: str
    latitude: Annotated[float | None, Meta(description="null: erased")]
    longitude: Annotated[float | None, Meta(description="null: erased")]

    @classmethod
    def of(cls, address: Address | None) -> "PlacedAddressRecord | UnsetType":
        if address is None or address.place is None or address.placed_by is None or address.country is None:
            return UNSET
        return cls(
            by=address.placed_by,
            country=address.country,
            latitude=address.place.latitude / MICRODEGREES,
            longitude=address.place.longitude / MICRODEGREES,
        )
