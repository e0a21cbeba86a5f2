"""`pointsman hold`: what is promised, and how each promise ends."""

from collections.abc import Iterator
from typing import Any

import click

from api.cli.options import AS_JSON, INSTANT, print_json
from api.records.holds import page_record, state_record
from api.shapes.fields import MOST_HOLDS
from engine.decide.record import timestamp
from engine.errors import InputInvalid, Mistake
from engine.inventory.holds import HoldState
from engine.service import Pointsman
from engine.settings import Settings

_DECISION = click.argument("decision_id")


_OP = click.option("--op", help="A name for this request; sent again, it is answered and not done again.")


_SHIPMENTS = click.option(
    "--shipment", "shipments", multiple=True, help="NODE/SERVICE of a shipment; several may be named. Default: all."
)


@click.group()
def hold() -> None:
    """See what is held, and end holds or let them last."""


@hold.command("list")
@click.option("--node", help="Holds with units at this node.")
@click.option("--sku", help="Holds with units of this SKU.")
@click.option("--expiring-before", type=INSTANT, help="Holds that expire before this instant.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, MOST_HOLDS))
@AS_JSON
@click.pass_obj
def list_holds(
    settings: Settings, node: str | None, sku: str | None, expiring_before: int | None, limit: int, *, as_json: bool
) -> None:
    """List the holds that live, the first to expire first.

    Example: pointsman hold list --node lyon --limit 20
    """
    with Pointsman(settings) as service:
        page = service.holds.living(node=node, sku=sku, expiring_before=expiring_before, limit=limit)
    record = page_record(page)
    if as_json:
        print_json(record)
    for item in [] if as_json else record["holds"]:
        held = ", ".join(_shipment_line(shipment) for shipment in item["shipments"])
        click.echo(f"{item['expires_at']}  {item['decision']}  {item['client'] or '-'}  {held}")
    if record["next"] and not as_json:
        click.echo("... and more; name a node or SKU, or a larger --limit", err=True)


@hold.command("show")
@_DECISION
@AS_JSON
@click.pass_obj
def show_hold(settings: Settings, decision_id: str, *, as_json: bool) -> None:
    """Show how each shipment of a decision stands: held, confirmed, released or expired.

    Example: pointsman hold show 3f2b6c0e9d5a4f7f8e1d2c3b4a596877
    """
    with Pointsman(settings) as service:
        found = service.holds.state(decision_id)
    _print_state(found, as_json=as_json)


@hold.command()
@_DECISION
@_SHIPMENTS
@_OP
@AS_JSON
@click.pass_obj
def confirm(settings: Settings, decision_id: str, shipments: tuple[str, ...], op: str | None, *, as_json: bool) -> None:
    """Say that the goods of a decision left: they are no longer on hand, nor held.

    Example: pointsman hold confirm 3f2b6c0e9d5a4f7f8e1d2c3b4a596877 --shipment lyon/parcel
    """
    with Pointsman(settings) as service:
        found = service.holds.confirm(decision_id, shipments=_ways(service, decision_id, shipments), op=op)
    _print_state(found, as_json=as_json)


@hold.command()
@_DECISION
@_SHIPMENTS
@_OP
@AS_JSON
@click.pass_obj
def release(settings: Settings, decision_id: str, shipments: tuple[str, ...], op: str | None, *, as_json: bool) -> None:
    """Let go of what a decision holds: the goods stay, free for other orders.

    Example: pointsman hold release 3f2b6c0e9d5a4f7f8e1d2c3b4a596877
    """
    with Pointsman(settings) as service:
        found = service.holds.release(decision_id, shipments=_ways(service, decision_id, shipments), op=op)
    _print_state(found, as_json=as_json)


@hold.command()
@_DECISION
@click.option("--minutes", type=click.IntRange(1), help="So many from now on.")
@click.option("--until", type=INSTANT, help="As 2026-11-27T08:15:00Z.")
@_OP
@AS_JSON
@click.pass_obj
def extend(
    settings: Settings, decision_id: str, minutes: int | None, until: int | None, op: str | None, *, as_json: bool
) -> None:
    """Let a hold last longer; --minutes count from now, not from when it would end. A hold is never made shorter.

    Example: pointsman hold extend 3f2b6c0e9d5a4f7f8e1d2c3b4a596877 --minutes 120
    """
    if (minutes is None) == (until is None):
        raise click.UsageError("say either --minutes or --until")
    with Pointsman(settings) as service:
        found = service.holds.extend(decision_id, until=until, minutes=minutes, op=op)
        asked = until if until is not None else service.now + 60 * (minutes or 0)
    _print_state(found, as_json=as_json)
    if found.until is not None and found.until > asked:
        click.echo(f"it lasts until {timestamp(found.until)} anyway: a hold is never made shorter", err=True)


def _ways(service: Pointsman, decision_id: str, shipments: tuple[str, ...]) -> list[tuple[str, str]]:
    """NODE/SERVICE as the decision has them; raises InputInvalid for one that it hasn't."""
    if not shipments:
        return []
    known = {
        f"{item.node}/{item.service}": (item.node, item.service) for item in service.holds.state(decision_id).shipments
    }
    unknown = [name for name in shipments if name not in known]
    if unknown:
        told = f"the decision has no shipment '{unknown[0]}'; it has {', '.join(known)}"
        raise InputInvalid([Mistake(field="--shipment", message=told)])
    return [known[name] for name in shipments]


def _print_state(found: HoldState, *, as_json: bool) -> None:
    record = state_record(found)
    if as_json:
        print_json(record)
    for line in [] if as_json else _state_lines(record):
        click.echo(line)


def _state_lines(record: dict[str, Any]) -> Iterator[str]:
    yield f"decision {record['decision']}: " + (
        f"held until {record['expires_at']}" if record["expires_at"] else "nothing is held any more"
    )
    for shipment in record["shipments"]:
        ended = f" at {shipment['ended_at']}" if shipment["ended_at"] else ""
        yield f"  {_shipment_line(shipment)}: {shipment['state']}{ended}"


def _shipment_line(shipment: dict[str, Any]) -> str:
    units = " + ".join(f"{line['quantity']} x {line['sku']}" for line in shipment["lines"])
    return f"{shipment['node']}/{shipment['service']} {units}"
