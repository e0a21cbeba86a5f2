"""A decision as JSON: the record that is answered, logged and replayed; its bytes, and reading them back.

This is the one definition of a decision's JSON: the log entry, the HTTP answer and the OpenAPI component `Decision` all
come from `DecisionRecord`. What grows with the network is not in it, but in the document of facts that it names.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType, structs

from engine.decide.address.address import Address, PlacedBy
from engine.decide.decision import (
    NOTHING_LEFT,
    Decision,
    LeftToOthers,
    Parcel,
    Reason,
    Scheduled,
    Shipment,
    Status,
    Unfilled,
)
from engine.decide.facts_record import (
    ExclusionRecord,
    FactsReferenceRecord,
    RestingRecord,
    StockRecord,
    TextByLanguage,
    exclusion_records,
    facts_from_json,
    facts_to_json,
    facts_up_to_schema_1,
)
from engine.decide.order_record import OrderRecord, Record, Timestamp, timestamp
from engine.decide.promises.taken_quote_record import TakenQuoteRecord
from engine.decide.reasons import reason_texts
from engine.decide.sentence_record import SentenceRecord, in_every_language, texts_by_field
from engine.decide.sourcing.problem import Score, Unproven
from engine.errors import DecisionUnreadable
from engine.model.facts import MICRODEGREES, Order
from engine.model.lots import NEVER, date_of, expiry_of, lot_label, name_of
from engine.model.node_loads import counts_shipments, measure_of, node_of

SCHEMA = 2
"""The number of this form. It rises when a reader of the old form would misread the new one."""


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

    @classmethod
    def of(cls, parcel: Parcel) -> "PlacedLineRecord":
        return cls(
            line=parcel.line,
            sku=parcel.sku,
            quantity=parcel.quantity,
            backorder=parcel.backorder or UNSET,
            lots=[LotRecord.of(label, units) for label, units in parcel.lots] or UNSET,
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

    @classmethod
    def of(cls, shipment: Shipment, order: Order) -> "ShipmentRecord":
        return cls(
            node=shipment.node,
            service=shipment.service,
            lines=[PlacedLineRecord.of(item) for item in shipment.lines],
            distance_m=shipment.distance,
            ships_at=timestamp(shipment.ships_at),
            arrives_by=timestamp(shipment.arrives_by),
            late=shipment.late,
            cost_micros=shipment.cost,
            co2_mg=shipment.co2,
            rules=list(shipment.rules),
            collect_at=UNSET if shipment.collect_at == order.collect_at else shipment.collect_at,
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


class UnfilledRecord(Record, frozen=True):
    line: str
    sku: str
    quantity: int
    reasons: list[ReasonRecord]

    @classmethod
    def of(cls, unfilled: Unfilled) -> "UnfilledRecord":
        reasons = [ReasonRecord.of(reason) for reason in unfilled.reasons]
        return cls(line=unfilled.line, sku=unfilled.sku, quantity=unfilled.quantity, reasons=reasons)


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


class FollowsRecord(Record, frozen=True):
    """Which decision this one decides again, and why: a node rejected units of it, stock came for units that waited,
    or the order was amended.
    """

    decision: str
    first: Annotated[str, Meta(description="the order's first decision")]
    because: Literal["rejected", "stock", "amended"]
    node: Annotated[str | UnsetType, Meta(description="that rejected units")] = UNSET
    reason: str | UnsetType = UNSET
    skus: Annotated[list[str] | UnsetType, Meta(description="that the node may no longer ship")] = UNSET
    barred: Annotated[
        dict[str, list[str]] | UnsetType, Meta(description="by SKU, all nodes that could not be chosen here")
    ] = UNSET
    rest: Annotated[
        RestingRecord | UnsetType, Meta(description="of the node that rejected units, if its rest began here")
    ] = UNSET


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
    latitude: float
    longitude: float

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


class DecisionRecord(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A decision. Amounts are integers in the unit their name ends in; a micro is a millionth of the currency."""

    schema: Annotated[int, Meta(description="of this form; decisions of before it was numbered have none")] = 0
    id: Annotated[str | None, Meta(description="null: a dry run")]
    status: Status
    decided_at: Timestamp
    policy_version: str
    network_version: str
    engine_version: str
    order: OrderRecord
    shipments: list[ShipmentRecord]
    unfilled: list[UnfilledRecord]
    cost_micros: int
    co2_mg: int
    score: ScoreRecord
    hold: HoldRecord | None
    stock: Annotated[
        dict[str, dict[str, StockRecord]],
        Meta(
            description="by SKU and node, the stock of where it ships from, before its own hold; up to schema 1 of all"
            " nodes"
        ),
    ]
    rules: RulesRecord
    options: Annotated[int, Meta(description="how many it was chosen from")]
    excluded: list[ExclusionRecord]
    facts: Annotated[FactsReferenceRecord | UnsetType, Meta(description="none up to schema 1, unless asked for")] = (
        UNSET
    )
    scheduled: Annotated[
        ScheduledOrderRecord | UnsetType,
        Meta(description="of a decision with this status: nothing ships or is held yet"),
    ] = UNSET
    placed: Annotated[PlacedAddressRecord | UnsetType, Meta(description="of an order without coordinates")] = UNSET
    waiting: Annotated[
        bool | UnsetType,
        Meta(description="true: the unfilled and the scheduled units wait for stock; otherwise left out"),
    ] = UNSET
    awaiting_approval: Annotated[
        bool | UnsetType,
        Meta(description="true: nothing of the order leaves until a person approves it; otherwise left out"),
    ] = UNSET
    weights: Annotated[
        dict[str, int] | UnsetType,
        Meta(description="grams a unit by SKU, where rules limit the units or kilograms that nodes ship a day"),
    ] = UNSET
    follows: Annotated[FollowsRecord | UnsetType, Meta(description="of a decision that follows another")] = UNSET
    left: Annotated[
        LeftRecord | UnsetType, Meta(description="of a decision of a batch that had to leave something to others")
    ] = UNSET
    lacked: Annotated[list[LackedRecord] | UnsetType, Meta(description="of a decision of a batch")] = UNSET
    quote: Annotated[TakenQuoteRecord | UnsetType, Meta(description="of a decision that takes up a quote")] = UNSET
    not_counted: Annotated[
        list[PlacedLineRecord] | UnsetType,
        Meta(description="filled without stock and without a parcel, because these products are not counted"),
    ] = UNSET

    @classmethod
    def of(
        cls,
        decision: Decision,
        decision_id: str | None,
        engine_version: str,
        facts: bytes,
        *,
        waiting: bool = False,
        follows: FollowsRecord | UnsetType = UNSET,
        lacked: list[LackedRecord] | UnsetType = UNSET,
        quote: TakenQuoteRecord | UnsetType = UNSET,
    ) -> "DecisionRecord":
        """The record of a decision, whose facts are these bytes; without an id, of a dry run."""
        hold = None
        if decision.claims and decision_id is not None:
            hold = HoldRecord.of(decision, decision_id)
        return cls(
            schema=SCHEMA,
            id=decision_id,
            status=decision.status,
            decided_at=timestamp(decision.decided_at),
            policy_version=decision.policy_version,
            network_version=decision.network_version,
            engine_version=engine_version,
            order=OrderRecord.of(decision.order),
            shipments=[ShipmentRecord.of(shipment, decision.order) for shipment in decision.shipments],
            unfilled=[UnfilledRecord.of(unfilled) for unfilled in decision.unfilled],
            cost_micros=sum(shipment.cost for shipment in decision.shipments),
            co2_mg=sum(shipment.co2 for shipment in decision.shipments),
            score=ScoreRecord.of(decision.score, decision.gap, decision.unproven),
            hold=hold,
            stock=_stock(decision),
            rules=RulesRecord(
                fired=dict(decision.fired),
                silenced=list(decision.silenced),
                because=_because(decision, follows),
            ),
            options=decision.options,
            excluded=exclusion_records(decision.exclusions),
            facts=FactsReferenceRecord.of(facts),
            scheduled=UNSET
            if decision.scheduled is None
            else ScheduledOrderRecord.of(decision.scheduled, decision.order),
            placed=PlacedAddressRecord.of(decision.placed),
            waiting=waiting or UNSET,
            awaiting_approval=(decision.awaiting_approval and follows is UNSET) or UNSET,
            weights=UNSET if decision.weights is None else dict(decision.weights),
            follows=follows,
            left=UNSET if decision.left == NOTHING_LEFT else LeftRecord.of(decision.left),
            lacked=lacked,
            quote=quote,
            not_counted=[PlacedLineRecord.of(item) for item in decision.not_counted] or UNSET,
        )

    @property
    def units_shipped(self) -> int:
        return sum(line.quantity for shipment in self.shipments for line in shipment.lines)

    @property
    def units_waiting(self) -> int:
        """How many of its units wait, if it is `waiting`: those unfilled, and those scheduled."""
        planned = self.scheduled.shipments if self.scheduled else []
        scheduled = sum(line.quantity for shipment in planned for line in shipment.lines)
        return scheduled + sum(item.quantity for item in self.unfilled)

    @property
    def because(self) -> str | None:
        """Why it follows another decision; None if it follows none."""
        return None if self.follows is UNSET else self.follows.because

    @property
    def first(self) -> str:
        """The id of the order's first decision; empty for a dry run."""
        return (self.id or "") if self.follows is UNSET else self.follows.first


def lines_not_counted(records: Iterable[DecisionRecord]) -> frozenset[tuple[str, str]]:
    """The lines of an order, with their SKU, that some of its decisions did not count: their units need no stock."""
    return frozenset((item.line, item.sku) for record in records for item in record.not_counted or ())


class _Named(msgspec.Struct):
    id: str | None


_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODER = msgspec.json.Decoder(DecisionRecord)
_ID_DECODER = msgspec.json.Decoder(_Named)


def to_json(record: DecisionRecord) -> bytes:
    """Canonical JSON: keys sorted, no blanks; the same bytes wherever they are made."""
    return _ENCODER.encode(record)


def id_in(body: bytes) -> str | None:
    """The id in the bytes of a record, without decoding the rest; None of a dry run."""
    return _ID_DECODER.decode(body).id


def from_json(body: bytes) -> DecisionRecord:
    """The record that these bytes are of, also of schema 0, which carries no number; raises ValueError if they are of
    no decision, which is DecisionUnreadable if their schema is newer than this release.
    """
    record = _DECODER.decode(body)
    if record.schema > SCHEMA:
        raise DecisionUnreadable(
            f"the record of this decision has schema {record.schema}, and this release reads up to {SCHEMA}"
        )
    return record


def facts_of(body: bytes, logged_facts: bytes) -> bytes:
    """The facts of the decision in `body`: those logged with it or, up to schema 1, made of its record. Raises
    DecisionUnreadable if they are lost.
    """
    if logged_facts:
        return logged_facts
    record = from_json(body)
    if record.facts is not UNSET:
        raise DecisionUnreadable(f"the facts of decision {record.id} are not in the log; run pointsman ledger check")
    return facts_to_json(facts_up_to_schema_1(record.stock, record.excluded))


def with_facts(body: bytes, logged_facts: bytes) -> bytes:
    """The decision in `body` with its facts in it; raises as `facts_of` does."""
    facts = facts_of(body, logged_facts)
    reference = structs.replace(FactsReferenceRecord.of(facts), document=facts_from_json(facts))
    return to_json(structs.replace(from_json(body), facts=reference))


def _stock(decision: Decision) -> dict[str, dict[str, StockRecord]]:
    stock: dict[str, dict[str, StockRecord]] = {}
    for claim in decision.claims:
        stock.setdefault(claim.sku, {})[claim.node] = StockRecord.of(decision.stock[claim.sku], claim.node)
    return stock


def _because(decision: Decision, follows: FollowsRecord | UnsetType) -> dict[str, TextByLanguage]:
    because = {rule: dict(texts) for rule, texts in decision.because.items()}
    if follows is not UNSET and follows.rest is not UNSET:
        # the rules of a rest that begins here are of the version that decides: their reasons replace any that an
        # earlier version gave under the same name
        because |= follows.rest.rules
    return because
