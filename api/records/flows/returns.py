"""Returns as JSON."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from api.records.fulfilment.return_labels import ReturnLabelPartsRecord
from api.shapes.cursors import orders_cursor
from engine.decide.order_record import Record, Timestamp, timestamp
from engine.returns.disposed_return import PlacedInWords
from engine.returns.return_list import ReturnsPage
from engine.returns.return_state import ReturnState, State
from engine.store.flows.stored_return import StoredReturnedUnitsRecord, StoredReturnLineRecord


class ReturnLineRecord(Record, frozen=True):
    """Units of a line of the order: how many were authorised, and of these or beyond them came back, are kept by their
    customer, may still come, or were waited for in vain.
    """

    line: str
    sku: str
    quantity: int
    reason: str
    received: int
    kept: int
    to_come: int
    missing: int

    @classmethod
    def of(cls, line: StoredReturnLineRecord, state: ReturnState) -> "ReturnLineRecord":
        stored = state.stored
        came, received = stored.came[line.line], stored.returned[line.line]
        left = max(0, line.quantity - came)
        return cls(
            line=line.line,
            sku=line.sku,
            quantity=line.quantity,
            reason=line.reason,
            received=received,
            kept=came - received,
            to_come=left if state.expects else 0,
            missing=0 if state.expects or stored.cancelled else left,
        )


class ReturnedUnitsRecord(Record, frozen=True):
    """Units of a return that are alike. They lie in quarantine at `node` until they have a disposition."""

    group: Annotated[int, Meta(description="its number in the return")]
    sku: str
    quantity: int
    line: Annotated[str | None, Meta(description="null: another article than the return is about")]
    node: Annotated[str | None, Meta(description="where they were received; null: their customer keeps them")]
    grade: Annotated[str | None, Meta(description="null: they were not inspected yet")]
    restock: Annotated[bool, Meta(description="false: who inspected them said that they may not be sold as they are")]
    disposition: Annotated[str | None, Meta(description="null: it is not decided yet what becomes of them")]
    place: Annotated[str | None, Meta(description="where they are in stock from then on; null: they are not")]
    as_sku: Annotated[str | UnsetType, Meta(description="the article that they are sold as, if another")] = UNSET
    rules: Annotated[list[str] | UnsetType, Meta(description="those that say what becomes of them")] = UNSET
    by: Annotated[str | UnsetType, Meta(description="who decided otherwise than the rules, if somebody did")] = UNSET
    because: Annotated[str | UnsetType, Meta(description="what was said of why")] = UNSET

    @classmethod
    def of(cls, group: StoredReturnedUnitsRecord) -> "ReturnedUnitsRecord":
        return cls(
            group=group.number,
            sku=group.sku,
            quantity=group.units,
            line=group.line or None,
            node=group.node or None,
            grade=group.grade or None,
            restock=group.restock,
            disposition=group.disposition or None,
            place=group.place or None,
            as_sku=group.as_sku or UNSET,
            rules=list(group.rules) or UNSET,
            by=group.by or UNSET,
            because=group.because or UNSET,
        )


class PlacedUnitsRecord(Record, frozen=True):
    """Why so many units of a group have their disposition and go where they go, in sentences."""

    group: Annotated[int, Meta(description="the number of the group that was asked about")]
    sku: str
    quantity: int
    disposition: str | None
    node: Annotated[str, Meta(description="where they are put in stock; where they lay, if they are not")]
    gain: Annotated[
        int | None,
        Meta(description="micros that one of them gains there more than where it lay; null: it is not put in stock"),
    ]
    why: Annotated[list[str], Meta(description="what the other places would have gained, too")]

    @classmethod
    def of(cls, item: PlacedInWords) -> "PlacedUnitsRecord":
        return cls(
            group=item.group,
            sku=item.sku,
            quantity=item.units,
            disposition=item.disposition,
            node=item.node,
            gain=item.gain,
            why=list(item.why),
        )


class ReturnRecord(Record, frozen=True):
    """A return (RMA) as it stands."""

    id: str
    order: str
    state: State
    opened_at: Timestamp
    expires_at: Annotated[Timestamp, Meta(description="until when it is waited for")]
    lines: list[ReturnLineRecord]
    groups: list[ReturnedUnitsRecord]
    because: Annotated[str | UnsetType, Meta(description="what was said of why it was authorised")] = UNSET
    late_by: Annotated[
        str | UnsetType, Meta(description="who authorised it though the time for returns was over, if it was")
    ] = UNSET
    label: Annotated[
        ReturnLabelPartsRecord | UnsetType, Meta(description="by which its customer sends the goods back")
    ] = UNSET
    placed: Annotated[
        list[PlacedUnitsRecord] | UnsetType, Meta(description="only where units were disposed of by this request")
    ] = UNSET

    @classmethod
    def of(cls, state: ReturnState, placed: Sequence[PlacedInWords] = ()) -> "ReturnRecord":
        stored = state.stored
        return cls(
            id=stored.id,
            order=stored.order,
            state=state.state,
            opened_at=timestamp(stored.opened_at),
            expires_at=timestamp(stored.expires_at),
            lines=[ReturnLineRecord.of(line, state) for line in stored.lines],
            groups=[ReturnedUnitsRecord.of(group) for group in stored.groups],
            placed=[PlacedUnitsRecord.of(item) for item in placed] or UNSET,
            because=stored.because or UNSET,
            late_by=stored.late_by or UNSET,
            label=UNSET if (label := stored.current_label) is None else ReturnLabelPartsRecord.of(label),
        )


class ReturnsPageRecord(Record, frozen=True):
    """Those opened last first. A page with a `next` may have fewer returns than asked for, or none."""

    returns: list[ReturnRecord]
    next: str | None

    @classmethod
    def of(cls, page: ReturnsPage) -> "ReturnsPageRecord":
        return cls(returns=[ReturnRecord.of(state) for state in page.returns], next=orders_cursor(page.after))
