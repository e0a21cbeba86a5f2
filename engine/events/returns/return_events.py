"""The events of a step of a return that an entry of the log tells."""

from typing import Final
from urllib.parse import quote

from msgspec import UNSET

from engine.decide.order_record import Record, timestamp
from engine.events.payloads import EventLineRecord, EventLinksRecord
from engine.events.returns.return_payloads import EventReturnedUnitsRecord, EventReturnLabelRecord, ReturnChangedRecord
from engine.returns.return_state import ReturnState
from engine.store.flows.stored_return import StoredReturnedUnitsRecord, StoredReturnLabelRecord
from engine.store.log.entry import Entry
from engine.store.log.kinds import RETURN_LABEL_KINDS

_NO_EVENTS: Final = frozenset({"return_label_begun", "return_label_cancel_begun", "return_label_kept"})
"""Kinds of entries about labels that are being bought, or that a carrier is being asked to take back."""


def return_changed(entry: Entry) -> list[tuple[str, Record]]:
    """Type and data: `return.received` of an entry `return_received`. None while a label is bought or cancelled."""
    if entry.kind in _NO_EVENTS:
        return []
    body = entry.returned
    stored = body.returned
    skus = {line.line: line.sku for line in stored.lines}
    path = quote(stored.id, safe="")
    data = ReturnChangedRecord(
        return_id=stored.id,
        order=stored.order,
        state=ReturnState(stored=stored, now=entry.at).state,
        expires_at=timestamp(stored.expires_at),
        by=entry.by or None,
        lines=[EventLineRecord(line=line.line, sku=line.sku, quantity=line.quantity) for line in stored.lines],
        units=[_units(group) for group in stored.groups],
        missing=[
            EventLineRecord(line=line, sku=skus.get(line, UNSET), quantity=units)
            for line, units in body.missing.items()
        ]
        or UNSET,
        label=_label(stored.label) if stored.label and entry.kind in RETURN_LABEL_KINDS else UNSET,
        links=EventLinksRecord(order=f"/v1/orders/{quote(stored.order, safe='')}", returned=f"/v1/returns/{path}"),
    )
    return [(entry.kind.replace("_", ".", 1), data)]


def _label(label: StoredReturnLabelRecord) -> EventReturnLabelRecord:
    return EventReturnLabelRecord(
        number=label.number,
        node=label.node,
        carrier=label.carrier or None,
        sscc=label.sscc or None,
        tracking_number=label.tracking_number or None,
        because=label.because or UNSET,
    )


def _units(group: StoredReturnedUnitsRecord) -> EventReturnedUnitsRecord:
    return EventReturnedUnitsRecord(
        group=group.number,
        line=group.line or UNSET,
        sku=group.sku,
        quantity=group.units,
        node=group.node or UNSET,
        grade=group.grade or UNSET,
        disposition=group.disposition or UNSET,
        place=group.place or UNSET,
        as_sku=group.as_sku or UNSET,
    )
