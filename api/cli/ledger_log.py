"""`pointsman ledger log`: prints the decision log entry by entry, as lines for people or as JSON for programs."""

from collections.abc import Callable, Mapping

import click
import msgspec
from msgspec import UNSET

from api.cli.options import INSTANT, INSTANT_END
from api.records.ledger import LogEntryRecord
from engine.decide.order_record import timestamp
from engine.inventory.stated_instants import MICROSECONDS
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.decision_log import KINDS, Entry, MovedUnits, UnitsBody


@click.command("log")
@click.option("--order", help="Only decisions of the order with this id, and what became of them.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(KINDS),
    help="Only entries of this kind; may be given repeatedly.",
)
@click.option("--from", "start", type=INSTANT, help="From this instant on, such as 2026-11-27T08:00:00+01:00.")
@click.option("--until", type=INSTANT_END, help="Before this instant.")
@click.option("--json", "as_json", is_flag=True, help="Print each entry whole, as JSON on a line of its own.")
@click.pass_obj
def show_log(
    settings: Settings,
    order: str | None,
    kinds: tuple[str, ...],
    start: int | None,
    until: int | None,
    *,
    as_json: bool,
) -> None:
    """Print the decision log, oldest first.

    It has decisions, how their holds ended, rejections, movements and repairs.

    Example: pointsman ledger log --order W-900001
    """
    with Pointsman(settings) as service:
        selects = _selector(order, frozenset(kinds), start, until)
        for entry in filter(selects, service.entries(on_damaged=_warn_unreadable)):
            click.echo(msgspec.json.encode(LogEntryRecord.of(entry)) if as_json else entry_line(entry))


def entry_line(entry: Entry) -> str:
    return f"{timestamp(entry.at)}  {entry.kind:<9}  {entry.decision}  {_DETAILS[entry.kind](entry)}".rstrip()


def _warn_unreadable(entry_id: str) -> None:
    click.echo(
        f"entry {entry_id} of the log can't be read; run pointsman ledger check, which says what to do", err=True
    )


def _selector(
    order: str | None, kinds: frozenset[str], start: int | None, until: int | None
) -> Callable[[Entry], bool]:
    """The function that selects entries; it must see all of them in turn, as it remembers the order's decisions."""
    decisions: set[str] = set()

    def selects(entry: Entry) -> bool:
        if order is not None and entry.kind == "decided" and entry.record.order.id == order:
            decisions.add(entry.decision)
        return (
            (order is None or entry.decision in decisions)
            and (not kinds or entry.kind in kinds)
            and (start is None or entry.at >= start)
            and (until is None or entry.at < until)
        )

    return selects


def _decided(entry: Entry) -> str:
    record = entry.record
    shipments = ", ".join(f"{shipment.node} by {shipment.service}" for shipment in record.shipments)
    return f"order {record.order.id} {record.status}" + (f": {shipments}" if shipments else "")


def _ended(entry: Entry) -> str:
    numbers = entry.shipments
    whole = "" if numbers is None else f"shipment {', '.join(str(number + 1) for number in numbers)}"
    units = whole if entry.units is None else _units(entry.units)
    earlier = entry.kind == "confirmed" and entry.instant() < entry.at * MICROSECONDS
    return f"{units}, left at {timestamp(entry.instant() // MICROSECONDS)}".lstrip(", ") if earlier else units


def _units(body: UnitsBody) -> str:
    units = ", ".join(
        f"{count} x {sku} at {part.node}" for hold in body.holds for part in hold.parts for sku, count in part.units
    )
    return f"{units}, late" if body.late else units


def _cancelled(entry: Entry) -> str:
    body = entry.units or UnitsBody()
    units = ", ".join(f"{count} of line {line}" for line, count in body.cancelled.items())
    held = _units(body)
    return f"order {body.order}: {units}" + (f"; held were {held}" if held else "")


def _amended(entry: Entry) -> str:
    body = entry.units or UnitsBody()
    lines = "" if body.amended is UNSET else ", ".join(f"{line.quantity} x {line.sku}" for line in body.amended.lines)
    released = _units(body)
    return f"order {body.order}: {lines}" + (f"; no longer held were {released}" if released else "")


def _rejected(entry: Entry) -> str:
    rejection = entry.rejection
    units = ", ".join(f"{count} x {sku}" for _, items in rejection.parts for sku, count in items)
    blocked = ", blocked from now on" if rejection.blocks is True else ""
    return f"{rejection.node}, {rejection.reason}: {units}{blocked}"


def _moved(entry: Entry) -> str:
    return "; ".join(map(_movement, entry.applied_movements))


def _movement(item: MovedUnits) -> str:
    op = f", op {item.op}" if item.op else ""  # earlier releases logged none
    at = "" if item.at is None else f", at {timestamp(item.at // MICROSECONDS)}"
    reason = f": {item.reason}" if item.reason else ""
    units = [f"{item.delta:+}"] if item.delta or not item.blocked else []
    units += [f"{item.blocked:+} blocked"] if item.blocked else []
    return f"{', '.join(units)} x {item.sku} at {item.node}{at}{op}{reason}"


def _set_aside(entry: Entry) -> str:
    units = (f"{part.units} x {part.sku} at {shipment.node}" for shipment in entry.set_aside for part in shipment.units)
    return f"until {timestamp(entry.until or 0)}: {', '.join(units)}"


_DETAILS: Mapping[str, Callable[[Entry], str]] = {
    "decided": _decided,
    "confirmed": _ended,
    "released": _ended,
    "expired": _ended,
    "rejected": _rejected,
    "extended": lambda entry: f"until {timestamp(entry.until or 0)}",
    "withdrawn": lambda _: "from the backlog",
    "queued": lambda _: "into the backlog",
    "approved": lambda entry: f"by {entry.caller}: {msgspec.json.decode(entry.body)['note']}",
    "moved": _moved,
    "repaired": lambda entry: f"by {entry.caller}",
    "woken": lambda entry: f"by {entry.caller}",
    "set_aside": _set_aside,
    "cancelled": _cancelled,
    "undone": _ended,
    "amended": _amended,
}
