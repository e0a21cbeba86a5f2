"""The events of an entry of the log. Pure: the same entry has the same events, in the same order, whenever it is read.

What hangs on a setting, which stock is low, comes last, so that no other event's number hangs on it.
"""

from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote

from engine.decide.order_record import Record
from engine.events.allocation_changes import AllocationChanges
from engine.events.approval_events import approval_events
from engine.events.event import AUDIT_LANE, CHECKPOINT, NODE_LANE, POLICY_LANE, STOCK_LANE, Event, Position
from engine.events.fulfilment.parcel_events import manifest_events, packing_events
from engine.events.fulfilment.print_events import print_events
from engine.events.inbound_events import inbound_events
from engine.events.known_decision import KnownDecision
from engine.events.order_events import changed, decided, placed, rest_begun
from engine.events.payloads import (
    AllocationChangedRecord,
    AllocationUnitsRecord,
    AuditCheckpointRecord,
    CanaryFigureRecord,
    EventLinksRecord,
    NodeRestingRecord,
    PolicyActivatedRecord,
    PolicyCanaryEndedRecord,
    PolicyPublishedRecord,
)
from engine.events.returns.return_events import return_changed
from engine.events.stock_events import LowStock, low_by_rules, stock_changed, stock_low
from engine.events.transfer_events import transfer_events
from engine.store.flows.promise_state import PROMISE_KINDS
from engine.store.holds import is_set_aside
from engine.store.log.entry import Entry
from engine.store.log.kinds import PACKING_KINDS, RETURN_KINDS

ORDER_KINDS = frozenset(
    {
        *("confirmed", "released", "expired", "rejected", "extended", "withdrawn", "queued"),
        *("approved", "cancelled", "undone", "amended", "tracked"),
        *PROMISE_KINDS,
    }
)
"""Kinds of entries that name a decision, and are about its order."""


def named_decision(entry: Entry) -> str | None:
    """The decision that has to be known for the events of the entry; None: none."""
    return entry.decision if entry.kind in ORDER_KINDS and not is_set_aside(entry.decision) else None


def activated_versions(entry: Entry) -> tuple[str | None, str] | None:
    """The policy version that decided before and the one that does from the entry on, if it is another."""
    if entry.kind != "activated" or entry.details["before"] == entry.decision:
        return None
    return entry.details["before"], entry.decision


def events_of(
    entry: Entry,
    known: Mapping[str, KnownDecision],
    low: LowStock,
    allocations: Callable[[str | None, str], AllocationChanges | None],
) -> list[Event]:
    """`known` has the decision that the entry names, unless that is lost; then nothing is told of its order.
    `allocations` says what another policy version changes of what each channel may take, if that is known.
    """
    decision = known.get(named_decision(entry) or "")
    events: list[Event] = []
    if entry.kind == "decided":
        events = placed(entry, entry.record.order.id, decided(entry))
    elif entry.kind in RETURN_KINDS:
        events = placed(entry, entry.returned.returned.order, return_changed(entry))
    elif entry.kind in PACKING_KINDS:
        events = placed(entry, entry.packing.order, packing_events(entry))
    elif decision is not None:
        events = placed(entry, decision.order, changed(entry, decision))
    others = [
        *_others(entry),
        *approval_events(entry),
        *transfer_events(entry),
        *manifest_events(entry),
        *_allocation_changed(entry, allocations),
        *_units_changed(entry),
        *inbound_events(entry),
        *print_events(entry),
        *(("stock.changed", "", data) for data in stock_changed(entry, decision)),
        *(("stock.low", data.sku or "", data) for data in low_by_rules(entry)),
    ]
    others += [("stock.low", data.sku or "", data) for data in stock_low(entry, low)]
    for kind, subject, data in others:
        position = Position(*entry.id, len(events) + 1)
        lane = _LANES[kind.partition(".")[0]]
        events.append(Event(position=position, type=kind, subject=subject, at=entry.at, lane=lane, data=data))
    return events


_LANES = {
    "stock": STOCK_LANE,
    "transfer": STOCK_LANE,
    "manifest": STOCK_LANE,
    "inbound": STOCK_LANE,
    "policy": POLICY_LANE,
    "allocation": POLICY_LANE,
    "node": NODE_LANE,
    "print": NODE_LANE,
    "audit": AUDIT_LANE,
}


def _others(entry: Entry) -> Iterator[tuple[str, str, Record]]:
    """Type, subject and data of events about policies, nodes and checkpoints."""
    match entry.kind:
        case "rejected" if (rest := rest_begun(entry)) is not None:
            yield "node.resting", rest.node, rest
        case "woken":
            yield "node.resting", entry.decision, NodeRestingRecord(node=entry.decision, resting=False, by=entry.caller)
        case "published" if entry.details["new"]:
            version, details = entry.decision, entry.details
            data: Record = PolicyPublishedRecord(
                version=version, by=entry.caller, note=details["note"], rules=details["rules"], links=_link(version)
            )
            yield "policy.published", version, data
        case "activated" if activated_versions(entry):
            version, details = entry.decision, entry.details
            data = PolicyActivatedRecord(
                version=version,
                before=details["before"],
                because=details["because"],
                by=entry.caller or None,
                note=details["note"],
                links=_link(version),
            )
            yield "policy.activated", version, data
        case "canary_ended":
            yield "policy.canary_ended", entry.decision, _canary_ended(entry)
        case "sealed":
            log, sealed = entry.decision, entry.details
            yield CHECKPOINT, log, AuditCheckpointRecord(log=log, size=sealed["size"], checkpoint=sealed["checkpoint"])


def _canary_ended(entry: Entry) -> Record:
    details = entry.details
    seen = details.get("seen") or {}
    return PolicyCanaryEndedRecord(
        version=entry.decision,
        base=details["base"],
        because=details["because"],
        by=entry.by or None,
        note=details["note"],
        broken=list(seen.get("broken", ())),
        orders=seen.get("orders"),
        figures={name: CanaryFigureRecord(**figure) for name, figure in seen.get("figures", {}).items()},
        links=_link(entry.decision),
    )


def _allocation_changed(
    entry: Entry, allocations: Callable[[str | None, str], AllocationChanges | None]
) -> Iterator[tuple[str, str, Record]]:
    versions = activated_versions(entry)
    changes = allocations(*versions) if versions else None
    if versions and changes:
        before, version = versions
        added, gone, changed_rules = (list(rules) for rules in (changes.added, changes.gone, changes.changed))
        data = AllocationChangedRecord(
            version=version, before=before, added=added, gone=gone, changed=changed_rules, links=_link(version)
        )
        yield "allocation.changed", version, data


def _units_changed(entry: Entry) -> Iterator[tuple[str, str, Record]]:
    if entry.kind == "allocated":
        units = [AllocationUnitsRecord(sku=sku, before=before, units=now) for sku, before, now in entry.details["skus"]]
        link = EventLinksRecord(channel=f"/v1/channels/{quote(entry.decision, safe='')}")
        yield (
            "allocation.changed",
            entry.decision,
            AllocationChangedRecord(channel=entry.decision, skus=entry.details["changed"], units=units, links=link),
        )


def _link(version: str) -> EventLinksRecord:
    return EventLinksRecord(policy=f"/v1/policies/{version}")
