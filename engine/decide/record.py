"""A decision as JSON: the record that is answered, logged and replayed; its bytes, and reading them back.

This is the one definition of a decision's JSON: the log entry, the HTTP answer and the OpenAPI component `Decision` all
come from `DecisionRecord`. What grows with the network is not in it, but in the document of facts that it names.
"""

from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType, structs

from engine.decide.decision import (
    NOTHING_LEFT,
    Decision,
    Status,
)
from engine.decide.facts_record import (
    ExclusionRecord,
    FactsReferenceRecord,
    StockRecord,
    exclusion_records,
    facts_from_json,
    facts_to_json,
    facts_up_to_schema_1,
)
from engine.decide.kept_facts.lookahead_record import LookaheadRecord
from engine.decide.kept_facts.rest_record import TextByLanguage
from engine.decide.order_record import OrderRecord, Record, Timestamp, timestamp
from engine.decide.promises.taken_quote_record import TakenQuoteRecord
from engine.decide.record_parts import (
    FollowsRecord,
    HoldRecord,
    LackedRecord,
    LeftRecord,
    PlacedAddressRecord,
    PlacedLineRecord,
    RulesRecord,
    ScheduledOrderRecord,
    ScoreRecord,
    ShipmentRecord,
    UnfilledRecord,
)
from engine.errors import DecisionUnreadable
from engine.model.facts import Order

SCHEMA = 2
"""The number of this form. It rises when a reader of the old form would misread the new one."""


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
    waiting_lines: Annotated[
        list[str] | UnsetType,
        Meta(description="if not all unfilled lines wait: those that do, because rules put them on backorder"),
    ] = UNSET
    awaiting_approval: Annotated[
        bool | UnsetType,
        Meta(description="true: nothing of the order leaves until a person approves it; otherwise left out"),
    ] = UNSET
    approval_rules: Annotated[
        list[str] | UnsetType, Meta(description="the rules that say that a person must approve the order")
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
    lookahead: Annotated[LookaheadRecord | UnsetType, Meta(description="where rules let look-ahead prices count")] = (
        UNSET
    )
    not_counted: Annotated[
        list[PlacedLineRecord] | UnsetType,
        Meta(description="filled without stock and without a parcel, because these products are not counted"),
    ] = UNSET
    erased: Annotated[
        bool | UnsetType,
        Meta(description="true: the order's personal values were erased, and are null here; otherwise left out"),
    ] = UNSET

    @classmethod
    def of(
        cls,
        decision: Decision,
        decision_id: str | None,
        engine_version: str,
        facts: bytes,
        *,
        may_wait: bool = False,
        follows: FollowsRecord | UnsetType = UNSET,
        lacked: list[LackedRecord] | UnsetType = UNSET,
        quote: TakenQuoteRecord | UnsetType = UNSET,
    ) -> "DecisionRecord":
        """The record of a decision, whose facts are these bytes; without an id, of a dry run. `may_wait`: all of its
        units that stay unfilled do.
        """
        hold, waiting = None, decision_id is not None and decision.waits(may_wait=may_wait)
        if decision.shipments and decision_id is not None:
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
            waiting_lines=_waiting_lines(decision, may_wait=may_wait) if waiting else UNSET,
            awaiting_approval=(decision.awaiting_approval and follows is UNSET) or UNSET,
            approval_rules=(list(decision.approval_rules) if follows is UNSET else []) or UNSET,
            weights=UNSET if decision.weights is None else dict(decision.weights),
            follows=follows,
            left=UNSET if decision.left == NOTHING_LEFT else LeftRecord.of(decision.left),
            lacked=lacked,
            quote=quote,
            lookahead=LookaheadRecord.of(decision.lookahead),
            not_counted=[PlacedLineRecord.of(item) for item in decision.not_counted] or UNSET,
        )

    def as_amendment(self, order: Order, *, parked: bool) -> "DecisionRecord":
        """The same where the decision amends an order: it has the order as it is from then on, with lines of which it
        decides nothing, and says whether that is `parked` until a person approves it.
        """
        return structs.replace(self, order=OrderRecord.of(order), awaiting_approval=parked or UNSET)

    @property
    def units_shipped(self) -> int:
        return sum(line.quantity for shipment in self.shipments for line in shipment.lines)

    @property
    def units_waiting(self) -> int:
        """How many of its units wait, if it is `waiting`: those unfilled, and those scheduled."""
        planned = self.scheduled.shipments if self.scheduled else []
        scheduled = sum(line.quantity for shipment in planned for line in shipment.lines)
        lines = self.waiting_lines
        return scheduled + sum(item.quantity for item in self.unfilled if lines is UNSET or item.line in lines)

    @property
    def may_wait(self) -> bool:
        """Whether all of its unfilled units wait."""
        return bool(self.waiting) and self.waiting_lines is UNSET

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


class _NamedOrder(msgspec.Struct):
    id: str


class _OfOrder(msgspec.Struct):
    order: _NamedOrder


_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODER = msgspec.json.Decoder(DecisionRecord)
_ID_DECODER = msgspec.json.Decoder(_Named)
_ORDER_DECODER = msgspec.json.Decoder(_OfOrder)


def to_json(record: DecisionRecord) -> bytes:
    """Canonical JSON: keys sorted, no blanks; the same bytes wherever they are made."""
    return _ENCODER.encode(record)


def id_in(body: bytes) -> str | None:
    """The id in the bytes of a record, without decoding the rest; None of a dry run."""
    return _ID_DECODER.decode(body).id


def order_id_in(body: bytes) -> str:
    """The id of the order in the bytes of a record, without decoding the rest."""
    return _ORDER_DECODER.decode(body).order.id


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


def with_erased(body: bytes) -> bytes:
    """The decision in `body`, which says that its personal values were erased."""
    return to_json(structs.replace(from_json(body), erased=True))


def _waiting_lines(decision: Decision, *, may_wait: bool) -> list[str] | UnsetType:
    """The unfilled lines that wait, if not all do."""
    lines = decision.waiting_units(may_wait=may_wait)
    return UNSET if all(item.line in lines for item in decision.unfilled) else sorted(lines)


def _stock(decision: Decision) -> dict[str, dict[str, StockRecord]]:
    stock: dict[str, dict[str, StockRecord]] = {}
    positions = {(line.sku, shipment.node) for shipment in decision.shipments for line in shipment.lines}
    for sku, node in sorted(positions):
        stock.setdefault(sku, {})[node] = StockRecord.of(decision.stock[sku], node)
    return stock


def _because(decision: Decision, follows: FollowsRecord | UnsetType) -> dict[str, TextByLanguage]:
    because = {rule: dict(texts) for rule, texts in decision.because.items()}
    if follows is not UNSET and follows.rest is not UNSET:
        # the rules of a rest that begins here are of the version that decides: their reasons replace any that an
        # earlier version gave under the same name
        because |= follows.rest.rules
    return because
