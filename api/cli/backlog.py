"""`pointsman backlog`, `pointsman reject` and `pointsman chain`: what waits for stock, and what a node won't ship."""

from collections.abc import Iterator
from typing import Any, cast, get_args

import click
import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.cli.options import AS_JSON, print_json
from api.cli.output.plural import counted
from api.cli.output.tables import decision_lines
from api.records.backlog import MOST_ENTRIES, backlog_record, chain_body
from engine.errors import InputInvalid, Mistake
from engine.orders.backlog import Run
from engine.orders.rejection import Reason, Refusal
from engine.service import Pointsman
from engine.settings import Settings

_DECISION = click.argument("decision_id")


@click.group()
def backlog() -> None:
    """See which orders wait for stock, and offer it to them."""


@backlog.command("list")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, MOST_ENTRIES))
@AS_JSON
@click.pass_obj
def list_backlog(settings: Settings, limit: int, *, as_json: bool) -> None:
    """List what waits, in the order in which stock would be offered.

    Example: pointsman backlog list --limit 20
    """
    with Pointsman(settings) as service:
        record = backlog_record(service.backlog.page(limit=limit))
    if as_json:
        print_json(record)
        return
    Console().print(_backlog_table(record))
    if record["next"]:
        click.echo(f"... and {record['waiting'] - len(record['orders'])} more", err=True)


@backlog.command("run")
@AS_JSON
@click.pass_obj
def run_backlog(settings: Settings, *, as_json: bool) -> None:
    """Offer what is in stock to all that waits, the order that deserves it first; exit 1 if any could not be decided.

    Example: pointsman backlog run
    """
    total: dict[str, Any] = {"offered": 0, "decided": 0, "filled": 0, "units": 0, "failed": []}
    with Pointsman(settings) as service:
        run = service.backlog.run(limit=MOST_ENTRIES)
        _add(total, run)
        while run.after is not None:
            run = service.backlog.run(limit=MOST_ENTRIES, after=run.after)
            _add(total, run)
        total["waiting"] = service.backlog.page(limit=1).waiting
    if as_json:
        print_json(total)
    else:
        click.echo(
            f"{total['offered']:,} looked at: {total['decided']:,} decided ({counted(total['units'], 'unit')}),"
            f" {total['filled']:,} of them filled; {_waiting(total['waiting'])}"
        )
        for item in total["failed"]:
            click.echo(f"{item['decision']}: {item['detail']}", err=True)
    if total["failed"]:
        click.get_current_context().exit(1)


@backlog.command()
@_DECISION
@click.pass_obj
def withdraw(settings: Settings, decision_id: str) -> None:
    """Let the unfilled units of a decision wait no more.

    Example: pointsman backlog withdraw 3f2b6c0e9d5a4f7f8e1d2c3b4a596877
    """
    with Pointsman(settings) as service:
        service.backlog.withdraw(decision_id)
    click.echo(f"what was unfilled of decision {decision_id} waits no more")


@click.command()
@_DECISION
@click.option("--node", required=True, help="The node that won't ship.")
@click.option("--service", help="Only what it was to ship by this service.")
@click.option("--reason", required=True, type=click.Choice(get_args(Reason)))
@click.option("--line", "lines", multiple=True, help="LINE=UNITS or SKU=UNITS; several may be named. Default: all.")
@click.option("--on-hand", multiple=True, help="What the node has: UNITS, or SKU=UNITS for each SKU.")
@click.option("--wait", is_flag=True, help="Let units that no other node has wait for stock.")
@click.option("--op", help="A name for this request; sent again, it is answered and not done again.")
@AS_JSON
@click.pass_obj
def reject(
    settings: Settings,
    decision_id: str,
    *,
    node: str,
    service: str | None,
    reason: str,
    lines: tuple[str, ...],
    on_hand: tuple[str, ...],
    wait: bool,
    op: str | None,
    as_json: bool,
) -> None:
    """Say that NODE won't ship its units of a decision: they are decided again at once, elsewhere.

    Example: pointsman reject 3f2b6c0e9d5a4f7f8e1d2c3b4a596877 --node lyon --reason not_in_stock
    """
    refusal = Refusal(
        decision=decision_id,
        node=node,
        service=service,
        reason=cast("Reason", reason),
        lines=_units("--line", lines, least=1),
        on_hand=_on_hand(on_hand),
        waits=wait,
        op=op,
    )
    with Pointsman(settings) as pointsman:
        record = pointsman.rerouting.reject(refusal).record
        network = pointsman.network()
    if as_json:
        print_json(record)
    for line in [] if as_json else decision_lines(record, network):
        click.echo(line)


@click.command()
@_DECISION
@AS_JSON
@click.pass_obj
def chain(settings: Settings, decision_id: str, *, as_json: bool) -> None:
    """Show all decisions of the order that a decision is of.

    Example: pointsman chain 3f2b6c0e9d5a4f7f8e1d2c3b4a596877
    """
    with Pointsman(settings) as service:
        found = service.rerouting.chain(decision_id)
    record = orjson.loads(chain_body(found))
    if as_json:
        print_json(record)
    for item in [] if as_json else record["decisions"]:
        for line in _chain_lines(item):
            click.echo(line)


def _add(total: dict[str, Any], run: Run) -> None:
    records = [answer.record for answer in run.answers]
    total["offered"] += run.offered
    total["decided"] += len(records)
    total["filled"] += sum(record["status"] == "filled" for record in records)
    total["units"] += sum(_shipped(record) for record in records)
    total["failed"] += [{"decision": name, "detail": detail} for name, detail in run.failed]


def _units(option: str, words: tuple[str, ...], *, least: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for word in words:
        name, _, count = word.rpartition("=")
        if not name or not (count.isascii() and count.isdigit()) or int(count) < least or name in found:
            told = f"'{word}' is not NAME=UNITS, units from {least}, each name once"
            raise InputInvalid([Mistake(field=option, message=told)])
        found[name] = int(count)
    return found


def _on_hand(words: tuple[str, ...]) -> int | dict[str, int] | None:
    if len(words) == 1 and words[0].isascii() and words[0].isdigit():
        return int(words[0])
    return _units("--on-hand", words, least=0) or None


def _shipped(record: dict[str, Any]) -> int:
    return sum(line["quantity"] for shipment in record["shipments"] for line in shipment["lines"])


def _chain_lines(record: dict[str, Any]) -> Iterator[str]:
    follows = record.get("follows")
    because = ""
    if follows:
        said = f"{follows['node']} said {follows['reason']}" if follows["because"] == "rejected" else "stock came"
        because = f" after {follows['decision']}, because {said}"
    yield f"{record['decided_at']}  {record['id']}: {record['status']}{because}"
    for shipment in record["shipments"]:
        units = " + ".join(f"{line['quantity']} x {line['sku']}" for line in shipment["lines"])
        yield f"  {shipment['node']}/{shipment['service']} {units}"
    for item in record["unfilled"]:
        yield f"  unfilled {item['quantity']} x {item['sku']}"


def _waiting(number: int) -> str:
    return f"{number:,} {'waits' if number == 1 else 'wait'}"


def _backlog_table(record: dict[str, Any]) -> Table:
    table = Table(title=Text(_waiting(record["waiting"])))
    for name in ("priority", "promised by", "placed", "order", "units", "decision"):
        table.add_column(Text(name), justify="right" if name == "priority" else "left")
    for item in record["orders"]:
        units = ", ".join(f"{line['quantity']} x {line['sku']}" for line in item["lines"])
        words = (item["promise_by"] or "-", item["placed_at"], item["order"], units, item["decision"])
        table.add_row(str(item["priority"]), *(Text(word) for word in words))
    return table
