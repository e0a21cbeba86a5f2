"""`pointsman hold`: lists the units held for decisions, confirms, releases or extends holds, and undoes confirms."""

import functools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import click

from api.cli.options import AS_JSON, DECISION, INSTANT, INSTANT_END, LINES, OP, in_micros, print_json, units_by_name
from api.cli.output.tables import destination_phrase, lots_phrase
from api.cli.output.times import Times
from api.cli.reads import record_read
from api.language.current import say
from api.records.holds import HeldLineRecord, HeldShipmentRecord, HoldsPageRecord, HoldStateRecord
from api.shapes.limits import MOST_HOLDS
from api.shapes.quantities import Quantities, skus_of_decision
from engine.errors import InputInvalid, Mistake
from engine.inventory.hold_state import HoldState
from engine.inventory.holds import DecisionHolds
from engine.service import Pointsman
from engine.settings import Settings

_SHIPMENTS = click.option(
    "--shipment", "shipments", multiple=True, help="NODE/SERVICE of a shipment; may be given repeatedly. Default: all."
)


def _unit_options(command: Callable[..., None]) -> Callable[..., None]:
    """The arguments of a command about units that a decision holds, or held."""
    for option in reversed((DECISION, _SHIPMENTS, LINES, OP, AS_JSON)):
        command = option(command)
    return command


@click.group()
def hold() -> None:
    """List, confirm, release or extend holds; undo confirms."""


@hold.command("list")
@click.option("--node", help="Holds with units at this node.")
@click.option("--service", help="Holds with units that ship by this service.")
@click.option("--sku", help="Holds with units of this SKU.")
@click.option("--expiring-before", type=INSTANT, help="Holds that expire before this instant.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, MOST_HOLDS))
@AS_JSON
@click.pass_obj
def list_holds(
    settings: Settings,
    *,
    node: str | None,
    service: str | None,
    sku: str | None,
    expiring_before: int | None,
    limit: int,
    as_json: bool,
) -> None:
    """List the open holds, the first to expire first.

    Example: pointsman hold list --node lyon --limit 20
    """
    with Pointsman(settings) as pointsman:
        page = pointsman.holds.list_open(
            node=node, service=service, sku=sku, expiring_before=expiring_before, limit=limit
        )
        quantities, times = Quantities.of(pointsman), Times.of(pointsman)
        record = HoldsPageRecord.of(page)
        record_read(pointsman, count=len(record.holds))
    if as_json:
        print_json(record, quantities)
    for item in [] if as_json else quantities.show(record.holds):
        held = ", ".join(_shipment_line(shipment) for shipment in item.shipments)
        click.echo(f"{times(item.expires_at)}  {item.decision}  {item.client or '-'}  {held}")
    if record.next and not as_json:
        click.echo(say("... and more; name a node, service or SKU, or a larger --limit"), err=True)


@hold.command("show")
@DECISION
@AS_JSON
@click.pass_obj
def show_hold(settings: Settings, decision_id: str, *, as_json: bool) -> None:
    """Show the state of each shipment of a decision.

    Its units are held, confirmed, released, expired, rejected, cancelled or let go by an amendment (amended).

    Example: pointsman hold show 3f2b6c0e9d5a4f7f8e1d2c3b4a596877
    """
    with Pointsman(settings) as service:
        state = service.holds.state(decision_id)
        record_read(service, subject=decision_id, order=state.order)
        quantities, times = Quantities.of(service), Times.of(service)
    _print_state(state, quantities, times, as_json=as_json)


@hold.command()
@_unit_options
@click.option(
    "--left-at",
    type=INSTANT,
    help="When they left, such as 2026-11-27T16:40:00Z. Default: now.",
)
@click.pass_obj
def confirm(settings: Settings, *, left_at: int | None, **options: Any) -> None:
    """Record that the goods of a decision have left.

    They are no longer on hand, nor held. Stock that was counted at --left-at or later has them as gone already, and
    they are not taken off it again.

    Example: pointsman hold confirm 3f2b6c0e9d5a4f7f8e1d2c3b4a596877 --shipment lyon/parcel --line 1=7
    """
    micros = in_micros(left_at)
    _change_units(settings, functools.partial(DecisionHolds.confirm, left_at=micros), **options)


@hold.command()
@_unit_options
@click.pass_obj
def release(settings: Settings, **options: Any) -> None:
    """Release the units that a decision holds.

    They stay on hand, available to other orders.

    Example: pointsman hold release 3f2b6c0e9d5a4f7f8e1d2c3b4a596877
    """
    _change_units(settings, DecisionHolds.release, **options)


@hold.command()
@_unit_options
@click.pass_obj
def undo(settings: Settings, **options: Any) -> None:
    """Undo a confirm: the goods did not leave.

    They are on hand and held again. That can be done for a day (POINTSMAN_UNDO).

    Example: pointsman hold undo 3f2b6c0e9d5a4f7f8e1d2c3b4a596877 --shipment lyon/parcel
    """
    _change_units(settings, DecisionHolds.undo, **options)


@hold.command()
@DECISION
@click.option("--minutes", type=click.IntRange(1), help="Until so many minutes from now.")
@click.option(
    "--until",
    type=INSTANT_END,
    help="Until this instant, such as 2026-11-27T08:15:00Z; of a date, to the end of that day.",
)
@OP
@AS_JSON
@click.pass_obj
def extend(
    settings: Settings, decision_id: str, minutes: int | None, until: int | None, op: str | None, *, as_json: bool
) -> None:
    """Extend a hold. --minutes count from now, not from when it would end; a hold is never made shorter.

    Example: pointsman hold extend 3f2b6c0e9d5a4f7f8e1d2c3b4a596877 --minutes 120
    """
    if (minutes is None) == (until is None):
        raise click.UsageError(say("give either --minutes or --until"))
    with Pointsman(settings) as service:
        state = service.holds.extend(decision_id, until=until, minutes=minutes, op=op)
        requested = until if until is not None else service.now + 60 * (minutes or 0)
        quantities, times = Quantities.of(service), Times.of(service)
    _print_state(state, quantities, times, as_json=as_json)
    if state.until is not None and state.until > requested:
        click.echo(
            say("it lasts until {until} already: a hold is never made shorter", until=times(state.until)),
            err=True,
        )


def _change_units(
    settings: Settings,
    change: Callable[..., HoldState],
    *,
    decision_id: str,
    shipments: tuple[str, ...],
    lines: tuple[str, ...],
    op: str | None,
    as_json: bool,
) -> None:
    """Make a change of `DecisionHolds` that takes shipments and lines, and print what it led to."""
    with Pointsman(settings) as service:
        names, quantities = _options(service, decision_id, shipments), Quantities.of(service)
        units = quantities.by_line(units_by_name("--line", lines), partial(skus_of_decision, service, decision_id))
        state = change(service.holds, decision_id, shipments=names, lines=units, op=op)
        times = Times.of(service)
    _print_state(state, quantities, times, as_json=as_json)


def _options(service: Pointsman, decision_id: str, names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Node and service of the shipments named NODE/SERVICE; raises InputInvalid for one that the decision hasn't."""
    if not names:
        return []
    options = {
        f"{item.node}/{item.service}": (item.node, item.service) for item in service.holds.state(decision_id).shipments
    }
    unknown = [name for name in names if name not in options]
    if unknown:
        message = say(
            "the decision has no shipment '{unknown}'; it has {options}", unknown=unknown[0], options=", ".join(options)
        )
        raise InputInvalid([Mistake(field="--shipment", message=message)])
    return [options[name] for name in names]


def _print_state(state: HoldState, quantities: Quantities, times: Times, *, as_json: bool) -> None:
    record = HoldStateRecord.of(state)
    if as_json:
        print_json(record, quantities)
    for line in [] if as_json else _state_lines(quantities.show(record), times):
        click.echo(line)


def _state_lines(record: HoldStateRecord, times: Times) -> Iterator[str]:
    held = say("held until {until}", until=times(record.expires_at)) if record.expires_at else None
    yield say("decision {decision}", decision=record.decision) + f": {held or say('nothing is held any more')}"
    if record.late:
        yield say("  the hold had expired, and the units were still there")
    for shipment in record.shipments:
        ended = say(" at {instant}", instant=times(shipment.ended_at)) if shipment.ended_at else ""
        others = "".join(f"; {_units(other.lines)}: {say(other.state)}" for other in shipment.others or ())
        yield f"  {_shipment_line(shipment)}: {say(shipment.state)}{ended}{others}"


def _shipment_line(shipment: HeldShipmentRecord) -> str:
    return f"{shipment.node}/{shipment.service}{destination_phrase(shipment.collect_at)} {_units(shipment.lines)}"


def _units(lines: list[HeldLineRecord]) -> str:
    return " + ".join(f"{line.quantity} x {line.sku}{lots_phrase(line.lots)}" for line in lines)
