"""The shapes of what events tell of returns."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from engine.decide.order_record import Record, Timestamp
from engine.events.payloads import EventLineRecord, EventLinksRecord


class EventReturnedUnitsRecord(Record, frozen=True, kw_only=True):
    """Units of a return that are alike, as far as it has come."""

    group: int
    line: Annotated[str | UnsetType, Meta(description="left out of another article than was expected")] = UNSET
    sku: str
    quantity: int
    node: Annotated[str | UnsetType, Meta(description="where they were received; left out if they never were")] = UNSET
    grade: str | UnsetType = UNSET
    disposition: str | UnsetType = UNSET
    place: Annotated[str | UnsetType, Meta(description="where they are in stock from then on")] = UNSET
    as_sku: Annotated[str | UnsetType, Meta(description="the article that they are sold as, if another")] = UNSET


class EventReturnLabelRecord(Record, frozen=True, kw_only=True):
    """The label of a return, by its number among those that it had, from 1."""

    number: int
    node: Annotated[str, Meta(description="where the goods go")]
    carrier: Annotated[str | None, Meta(description="null: the network names none that brings returns back")]
    sscc: str | None
    tracking_number: str | None
    because: Annotated[str | UnsetType, Meta(description="why it was given back, where that was said")] = UNSET


class ReturnChangedRecord(Record, frozen=True, kw_only=True):
    """Of `return.opened`, `return.received`, `return.inspected`, `return.disposed`, `return.cancelled`,
    `return.labelled` and `return.label_cancelled`: the return as it is from then on.
    """

    return_id: str = msgspec.field(name="return")
    order: str
    state: str
    expires_at: Annotated[Timestamp, Meta(description="until when it is waited for")]
    by: Annotated[str | None, Meta(description="who did it, if the log says so")]
    lines: Annotated[list[EventLineRecord], Meta(description="what was authorised")]
    units: Annotated[list[EventReturnedUnitsRecord], Meta(description="what came, or is kept")]
    missing: Annotated[
        list[EventLineRecord] | UnsetType, Meta(description="what did not come, if nothing more is to come")
    ] = UNSET
    label: Annotated[
        EventReturnLabelRecord | UnsetType, Meta(description="only in events about the label of the return")
    ] = UNSET
    links: EventLinksRecord
    truncated: bool | UnsetType = UNSET
