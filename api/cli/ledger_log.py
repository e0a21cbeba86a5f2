"""`pointsman ledger log`: prints the decision log entry by entry, as lines for people or as JSON for programs."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args

import click
import msgspec
from msgspec import UNSET

from api.cli.fulfilment import log_lines
from api.cli.options import INSTANT, INSTANT_END
from api.cli.output import policy_log_lines
from api.cli.output.promise_words import CAUSE_WORDS, MILESTONE_WORDS
from api.cli.output.receipt_words import receipt_status
from api.cli.output.times import Times
from api.cli.output.tracking_words import TRACKING_WORDS
from api.cli.reads import record_read
from api.language.current import counted, say, text
from api.records.ledger import LogEntryRecord
from engine.inventory.stated_instants import MICROSECONDS
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connection.server_clock import MOST_SECONDS_OFF
from engine.store.flows.stored_return import StoredReturnedUnitsRecord
from engine.store.fulfilment.stored_tracking import TrackedChange
from engine.store.log.done_by import DoneBy, is_by_people
from engine.store.log.entry import Entry
from engine.store.log.entry_bodies import MovedUnits, UnitsBody
from engine.store.log.kinds import ACT_KINDS, KINDS, RETURN_KINDS, TRANSFER_KINDS


@click.command("log")
@click.option("--order", help="Only decisions of the order with this id, and what became of them.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(KINDS),
    help="Only entries of this kind; may be given repeatedly.",
)
@click.option(
    "--done-by",
    type=click.Choice(get_args(DoneBy)),
    help="Only what people did, in the console and on the command line too, or only what the machine did.",
)
@click.option("--from", "start", type=INSTANT, help="From this instant on, such as 2026-11-27T08:00:00+01:00.")
@click.option(
    "--to",
    "--until",
    "end",
    type=INSTANT_END,
    help="Before this instant; of a date, up to the end of that day.",
)
@click.option("--json", "as_json", is_flag=True, help="Print each entry whole, as JSON on a line of its own.")
@click.pass_obj
def show_log(
    settings: Settings,
    order: str | None,
    kinds: tuple[str, ...],
    *,
    done_by: DoneBy | None,
    start: int | None,
    end: int | None,
    as_json: bool,
) -> None:
    """Print the decision log, oldest first.

    It has decisions and what became of them, movements, repairs and all other changes, each with who made it.

    Example: pointsman ledger log --order W-900001
    """
    with Pointsman(settings) as service:
        selects, times = _selector(frozenset(kinds), done_by, start, end), Times.of(service)
        if order is None:
            entries = service.entries(on_damaged=warn_unreadable)
        else:
            entries = service.order_entries(order, on_damaged=warn_unreadable)
        shown = 0
        try:
            for entry in filter(selects, entries):
                click.echo(msgspec.json.encode(LogEntryRecord.of(entry)) if as_json else entry_line(entry, times))
                shown += 1
        finally:
            record_read(service, count=shown)


def entry_line(entry: Entry, times: Times) -> str:
    at = times(entry.at, seconds=True)
    line = f"{at}  {say(entry.kind):<9}  {entry.decision}  {_DETAILS[entry.kind](entry, times)}".rstrip()
    return line + "".join(f"  [{part}]" for part in _author(entry, times))


def _author(entry: Entry, times: Times) -> Iterator[str]:
    """Who did it, and when by the server's clock where that is another instant than the entry's."""
    if entry.by and entry.through:
        yield say("{who}, {through} from {origin}", who=entry.by, through=entry.through, origin=entry.origin)
    if abs(entry.recorded_at - entry.at) > MOST_SECONDS_OFF:
        yield say("written at {instant}", instant=times(entry.recorded_at, seconds=True))


def warn_unreadable(entry_id: str) -> None:
    """Say that an entry is damaged."""
    click.echo(
        say(
            "entry {entry_id} of the log can't be read; run pointsman ledger check, which says what to do",
            entry_id=entry_id,
        ),
        err=True,
    )


def _selector(
    kinds: frozenset[str], done_by: DoneBy | None, start: int | None, end: int | None
) -> Callable[[Entry], bool]:
    def selects(entry: Entry) -> bool:
        return (
            (not kinds or entry.kind in kinds)
            and (start is None or entry.at >= start)
            and (end is None or entry.at < end)
            and (done_by is None or (done_by == "people") == is_by_people(entry.kind, entry.by, entry.through))
        )

    return selects


def _decided(entry: Entry, _times: Times) -> str:
    record = entry.record
    shipments = ", ".join(
        say("{node} by {service}", node=shipment.node, service=shipment.service) for shipment in record.shipments
    )
    status = say(record.status)
    if not shipments:
        return say("order {id} {status}", id=record.order.id, status=status)
    return say("order {id} {status}: {shipments}", id=record.order.id, status=status, shipments=shipments)


def _low(entry: Entry, _times: Times) -> str:
    return ", ".join(
        say("{available} x {sku} at {node}, below {below}", **{name: item[name] for name in _LOW})
        for item in entry.details["positions"]
    )


_LOW = ("available", "sku", "node", "below")


def _ended(entry: Entry, times: Times) -> str:
    numbers = entry.shipments
    whole = (
        "" if numbers is None else say("shipment {numbers}", numbers=", ".join(str(number + 1) for number in numbers))
    )
    units = whole if entry.units is None else _units(entry.units)
    earlier = entry.kind == "confirmed" and entry.instant() < entry.at * MICROSECONDS
    return (
        say("{units}, left at {instant}", units=units, instant=times(entry.instant() // MICROSECONDS)).lstrip(", ")
        if earlier
        else units
    )


def _units(body: UnitsBody) -> str:
    units = ", ".join(
        say("{count} x {sku} at {node}", count=count, sku=sku, node=part.node)
        for hold in body.holds
        for part in hold.parts
        for sku, count in part.units
    )
    return say("{units}, late", units=units) if body.late else units


def _cancelled(entry: Entry, _times: Times) -> str:
    body = entry.units or UnitsBody()
    units = ", ".join(say("{count} of line {line}", count=count, line=line) for line, count in body.cancelled.items())
    held = _units(body)
    return say("order {order}: {units}", order=body.order, units=units) + (
        say("; held were {held}", held=held) if held else ""
    )


def _amended(entry: Entry, _times: Times) -> str:
    body = entry.units or UnitsBody()
    lines = "" if body.amended is UNSET else ", ".join(f"{line.quantity} x {line.sku}" for line in body.amended.lines)
    released = _units(body)
    return say("order {order}: {lines}", order=body.order, lines=lines) + (
        say("; no longer held were {released}", released=released) if released else ""
    )


def _progressed(entry: Entry, times: Times) -> str:
    details = entry.details
    return say(
        "shipment {number}: {milestone} {instant}",
        number=details["shipment"],
        milestone=say(MILESTONE_WORDS[details["milestone"]]),
        instant=times(details["passed_at"]),
    )


def _tracked(entry: Entry, times: Times) -> str:
    change = TrackedChange.of_details(entry.details)
    state = say(TRACKING_WORDS[change.state])
    if change.raised in ("late", "lost"):
        words = say("late") if change.raised == "late" else say("lost")
        return say("shipment {number} is {words}: {state}", number=change.shipment, words=words, state=state)
    if change.watch_ended:
        return say("shipment {number} is not waited for any more: {state}", number=change.shipment, state=state)
    if change.since is None:
        return say("shipment {number}: {state}", number=change.shipment, state=state)
    return say(
        "shipment {number}: {state} since {instant}", number=change.shipment, state=state, instant=times(change.since)
    )


def _at_risk(entry: Entry, times: Times) -> str:
    details = entry.details
    return say(
        "shipment {number} from {node}: {cause}; promised by {promised}",
        number=details["shipment"],
        node=details["node"],
        cause=say(CAUSE_WORDS[details["cause"]]),
        promised=times(details["promised"]),
    )


def _rejected(entry: Entry, _times: Times) -> str:
    rejection = entry.rejection
    units = ", ".join(f"{count} x {sku}" for _, items in rejection.parts for sku, count in items)
    blocked = say(", blocked from now on") if rejection.blocks is True else ""
    return f"{rejection.node}, {say(rejection.reason)}: {units}{blocked}"


def _moved(entry: Entry, times: Times) -> str:
    return "; ".join(
        _movement(item, times) + (say(", which the count that stands already has") if counted else "")
        for item, counted in entry.movements_and_counts
    )


def _movement(item: MovedUnits, times: Times) -> str:
    op = say(", op {op}", op=item.op) if item.op else ""  # earlier releases logged none
    at = "" if item.at is None else say(", at {instant}", instant=times(item.at // MICROSECONDS))
    reason = f": {item.reason}" if item.reason else ""
    units = [f"{item.delta:+}"] if item.delta or not item.blocked else []
    units += [say("{blocked:+} blocked", blocked=item.blocked)] if item.blocked else []
    return say(
        "{units} x {sku} at {node}{at}{op}{reason}",
        units=", ".join(units),
        sku=item.sku,
        node=item.node,
        at=at,
        op=op,
        reason=reason,
    )


def _expected(entry: Entry, times: Times) -> str:
    body = entry.receipt
    return say(
        "{units} x {sku} at {node}, {status}, expected {instant}",
        units=body.quantity,
        sku=body.sku,
        node=body.node,
        status=receipt_status(body.status),
        instant=times(body.expected_at),
    )


def _received(entry: Entry, _times: Times) -> str:
    body = entry.receipt
    return say(
        "{units} x {sku} at {node}, {received} of {quantity} in all",
        units=body.units,
        sku=body.sku,
        node=body.node,
        received=body.received,
        quantity=body.quantity,
    )


def _counted(entry: Entry, _times: Times) -> str:
    if not entry.levels:
        return say("as before: {count}", count=counted(entry.details["unchanged"], "position"))
    return "; ".join(
        say(
            "{on_hand} x {sku} at {node} (before: {before})",
            on_hand=level.after,
            sku=sku,
            node=node,
            before=level.before,
        )
        for (sku, node), level in zip(entry.counted_positions, entry.levels, strict=True)
        if level
    )


def _details(entry: Entry) -> str:
    """Of acts of people, as they are logged."""
    return ", ".join(
        say("{name}: {value}", name=say(name), value=_shown(value))
        for name, value in entry.details.items()
        if value not in (None, "", [])
    )


def _shown(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _lookahead_published(entry: Entry, times: Times) -> str:
    details = entry.details
    return say(
        "{prices} of {skus}, learnt {at} by {who} from the orders of {since} to {demand_until}; used until {until}",
        prices=counted(details["prices"], "price"),
        skus=counted(details["skus"], "SKU"),
        at=times(details["learnt_at"]),
        who=details["learnt_by"],
        since=times(details["demand_since"]),
        demand_until=times(details["demand_until"]),
        until=times(details["use_until"]),
    )


def _set_aside(entry: Entry, times: Times) -> str:
    units = (
        say("{count} x {sku} at {node}", count=part.units, sku=part.sku, node=shipment.node)
        for shipment in entry.set_aside
        for part in shipment.units
    )
    return say("until {instant}: {units}", instant=times(entry.until or 0, seconds=True), units=", ".join(units))


def _returned(entry: Entry, _times: Times) -> str:
    """The return, and its units as far as it has come."""
    stored = entry.returned.returned
    if entry.kind == "return_opened":
        lines = (say("{count} x {sku}", count=line.quantity, sku=line.sku) for line in stored.lines)
        return say("return {id} of order {order}: {units}", id=stored.id, order=stored.order, units=", ".join(lines))
    groups = ", ".join(map(_returned_units, stored.groups)) or say("nothing")
    return say("return {id} of order {order}, by now: {units}", id=stored.id, order=stored.order, units=groups)


def _returned_units(group: StoredReturnedUnitsRecord) -> str:
    units = say("{count} x {sku}", count=group.units, sku=group.sku)
    placed = say("{units} at {node}", units=units, node=group.node) if group.node else units
    return " ".join(part for part in (placed, group.grade, group.disposition) if part)


def _transferred(entry: Entry, _times: Times) -> str:
    """The transfer, and of its units what this was about: those planned, that left, or that have arrived so far."""
    transfer = entry.transfer.transfer
    counts = {"transfer_shipped": "shipped", "transfer_received": "received"}
    units = [(getattr(line, counts.get(entry.kind, "units")), line.sku) for line in transfer.lines]
    return say(
        "transfer {id} from {origin} to {goal}: {units}",
        id=transfer.id,
        origin=transfer.origin,
        goal=transfer.goal,
        units=", ".join(say("{count} x {sku}", count=count, sku=sku) for count, sku in units),
    )


_DETAIL_NAMES = (
    text("client"),
    text("entries"),
    text("expires_at"),
    text("fields"),
    text("host"),
    text("keys"),
    text("networks"),
    text("note"),
    text("order"),
    text("overlap_minutes"),
    text("replaced_by"),
    text("role"),
    text("size"),
    text("types"),
)
"""Names of details, which catalogues have; another is shown as it is logged."""
_DETAILS: Mapping[str, Callable[[Entry, Times], str]] = {
    **dict.fromkeys(ACT_KINDS, lambda entry, _: _details(entry)),
    **dict.fromkeys(RETURN_KINDS, _returned),
    **dict.fromkeys(TRANSFER_KINDS, _transferred),
    "lookahead_published": _lookahead_published,
    "decided": _decided,
    "confirmed": _ended,
    "released": _ended,
    "expired": _ended,
    "rejected": _rejected,
    "progressed": _progressed,
    "promise_at_risk": _at_risk,
    "promise_stays": _at_risk,
    "tracked": _tracked,
    "extended": lambda entry, times: say("until {instant}", instant=times(entry.until or 0)),
    "withdrawn": lambda *_: say("from the backlog"),
    "queued": lambda *_: say("into the backlog"),
    "approved": lambda entry, _times: say(
        "by {caller}: {note}", caller=entry.caller, note=msgspec.json.decode(entry.body)["note"]
    ),
    "moved": _moved,
    "expected": _expected,
    "received": _received,
    "overdue": lambda entry, times: say("expected {instant}", instant=times(entry.details["expected_at"])),
    "repaired": lambda entry, _times: say("by {caller}", caller=entry.caller),
    "woken": lambda entry, _times: say("by {caller}", caller=entry.caller),
    "set_aside": _set_aside,
    "cancelled": _cancelled,
    "undone": _ended,
    "amended": _amended,
    "counted": _counted,
    "loaded": lambda _, __: say("in place of the network before"),
    "allocated": lambda entry, _: say(
        "other units of {articles}", articles=counted(entry.details["changed"], "article")
    ),
    "stock_low": _low,
    **log_lines.LINES,
    **policy_log_lines.LINES,
}
