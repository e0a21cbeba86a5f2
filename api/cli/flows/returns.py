"""`pointsman return`: goods that come back, from the authorisation to what becomes of each unit."""

from collections.abc import Sequence
from typing import Any

import click

from api.cli.flows.placement import place
from api.cli.flows.return_label import label
from api.cli.flows.return_lines import return_lines, summary
from api.cli.options import (
    AS_JSON,
    INSTANT,
    OP,
    ORDER,
    ShapeParam,
    argument,
    print_json,
    print_more,
    units_by_name,
    units_given,
    who,
)
from api.cli.output.times import Times
from api.cli.reads import record_read
from api.language.current import say, sentence_language
from api.records.flows.returns import ReturnRecord, ReturnsPageRecord
from api.shapes.cursors import OrdersCursor
from api.shapes.flows.return_steps import dispose_request, inspect_request, open_request, receive_request
from api.shapes.limits import MOST_RETURNS
from api.shapes.quantities import Quantities
from engine.returns.disposed_return import PlacedInWords
from engine.returns.return_list import ReturnFilter
from engine.returns.return_state import STATES, ReturnState
from engine.service import Pointsman
from engine.settings import Settings
from rules.vocabulary import DISPOSITIONS

_RETURN = click.argument("return_id", metavar="RETURN")
_GROUP = click.option("--group", type=click.IntRange(1), help="The number of the group of units that is meant.")
_UNITS = click.option("--units", help="So many units of the group. Default: all.")


@click.group("return")
def returns() -> None:
    """Take back goods: authorise, receive, inspect, and say what becomes of them."""


returns.add_command(place)
returns.add_command(label)


@returns.command("open")
@ORDER
@click.option(
    "--line", "lines", multiple=True, required=True, help="LINE=UNITS or SKU=UNITS that come back; may be repeated."
)
@click.option("--reason", required=True, help="Why they come back: a reason of the network file.")
@click.option("--id", "return_id", default="", help="The id of the return (RMA). Default: one that is made up.")
@click.option("--because", default="", help="Why they may come back though the time for returns is over.")
@OP
@AS_JSON
@click.pass_obj
def open_return(
    settings: Settings,
    order_id: str,
    *,
    lines: tuple[str, ...],
    reason: str,
    return_id: str,
    because: str,
    op: str | None,
    as_json: bool,
) -> None:
    """Authorise a return of units of an order that have left.

    Example: pointsman return open W-900001 --line 1=2 --reason wrong_size
    """
    units = units_by_name("--line", lines)
    body = {
        "id": return_id,
        "order": order_id,
        "lines": [{"line": line, "quantity": count, "reason": None} for line, count in units.items()],
        "reason": reason,
        "because": because,
        "op": op,
    }
    with Pointsman(settings) as service:
        request = open_request(service, body)
        state = service.flows.returns.open(request, by=who(settings), may_override=True)
        _print(service, state, as_json=as_json)


@returns.command()
@_RETURN
@click.option("--node", required=True, help="Where the goods arrived.")
@click.option("--line", "lines", multiple=True, help="LINE=UNITS or SKU=UNITS that came; may be repeated.")
@click.option("--extra", multiple=True, help="LINE=UNITS or SKU=UNITS that came beyond those authorised.")
@click.option("--other", "others", multiple=True, help="SKU=UNITS of an article that the return is not about.")
@click.option("--complete", is_flag=True, help="Nothing more is to come; what is missing is not waited for.")
@OP
@AS_JSON
@click.pass_obj
def receive(
    settings: Settings,
    return_id: str,
    *,
    node: str,
    lines: tuple[str, ...],
    extra: tuple[str, ...],
    others: tuple[str, ...],
    complete: bool,
    op: str | None,
    as_json: bool,
) -> None:
    """Goods of a return arrived: they are in quarantine.

    They are not on hand, and nobody is promised them, until it is said what becomes of them.

    Example: pointsman return receive W-900001-R1 --node st-lyon --line 1=2
    """
    body = {
        "node": node,
        "lines": units_by_name("--line", lines),
        "extra": units_by_name("--extra", extra),
        "others": units_by_name("--other", others),
        "complete": complete,
        "op": op,
    }
    with Pointsman(settings) as service:
        flow = service.flows.returns
        request = receive_request(service, flow.show(return_id).stored, body)
        _print(service, flow.receive(return_id, request), as_json=as_json)


@returns.command()
@_RETURN
@click.option("--grade", required=True, help="The condition they are in: a grade of the network file.")
@_GROUP
@_UNITS
@click.option(
    "--restock/--no-restock", default=None, help="Whether they may be sold as they are. Default: by the grade."
)
@OP
@AS_JSON
@click.pass_obj
def inspect(
    settings: Settings,
    return_id: str,
    *,
    grade: str,
    group: int | None,
    units: str | None,
    restock: bool | None,
    op: str | None,
    as_json: bool,
) -> None:
    """Give units of a return a grade.

    Without --group, all that have none yet.

    Example: pointsman return inspect W-900001-R1 --grade as_new
    """
    item = {"group": group, "quantity": units_given(units), "grade": grade, "restock": restock}
    with Pointsman(settings) as service:
        flow = service.flows.returns
        request = inspect_request(service, flow.show(return_id).stored, {"groups": [item], "op": op})
        _print(service, flow.inspect(return_id, request), as_json=as_json)


@returns.command()
@_RETURN
@click.option("--disposition", type=click.Choice(DISPOSITIONS), help="What becomes of them. Default: as the rules say.")
@_GROUP
@_UNITS
@click.option("--as-sku", help="The article that they are sold as, if it is another one.")
@click.option("--place", help="The node at which they are restocked. Default: where they gain most.")
@click.option(
    "--keep", "kept", multiple=True, help="LINE=UNITS or SKU=UNITS that were to come and that the customer keeps."
)
@click.option("--because", default="", help="Why, where it is not what the rules say.")
@click.option("--dry-run", is_flag=True, help="Say what would become of them, but change nothing.")
@OP
@AS_JSON
@click.pass_obj
def dispose(
    settings: Settings,
    return_id: str,
    *,
    disposition: str | None,
    group: int | None,
    units: str | None,
    as_sku: str | None,
    place: str | None,
    kept: tuple[str, ...],
    because: str,
    dry_run: bool,
    op: str | None,
    as_json: bool,
) -> None:
    """Say what becomes of units of a return.

    Those that are restocked are on hand where they lie, or on their way to the place where they gain most. Without
    --group, all that have a grade are meant.

    Example: pointsman return dispose W-900001-R1 --disposition restock
    """
    item = {"group": group, "quantity": units_given(units), "disposition": disposition, "as_sku": as_sku}
    item["place"] = place
    only_kept = bool(kept) and not (disposition or group or units or as_sku or place)
    body = {
        "groups": [] if only_kept else [item],
        "kept": units_by_name("--keep", kept),
        "because": because,
        "op": op,
    }
    with Pointsman(settings) as service:
        flow = service.flows.returns
        request = dispose_request(service, flow.show(return_id).stored, body)
        made = flow.dispose(return_id, request, by=who(settings), dry_run=dry_run)
        _print(service, made.state, as_json=as_json, placed=made.in_words(sentence_language()))


@returns.command()
@_RETURN
@OP
@AS_JSON
@click.pass_obj
def cancel(settings: Settings, return_id: str, *, op: str | None, as_json: bool) -> None:
    """Nothing of a return is to come any more.

    Example: pointsman return cancel W-900001-R1
    """
    with Pointsman(settings) as service:
        _print(service, service.flows.returns.cancel(return_id, op=op), as_json=as_json)


@returns.command()
@_RETURN
@AS_JSON
@click.pass_obj
def show(settings: Settings, return_id: str, *, as_json: bool) -> None:
    """Show a return, and what became of its units.

    Example: pointsman return show W-900001-R1
    """
    with Pointsman(settings) as service:
        state = service.flows.returns.show(return_id)
        record_read(service, subject=return_id, order=state.stored.order)
        _print(service, state, as_json=as_json)


@returns.command("list")
@click.option("--state", type=click.Choice(STATES), help="Returns that stand so; expired are those that never came.")
@click.option("--order", help="Returns of this order.")
@click.option("--node", help="Returns of which units were received at this node.")
@click.option("--sku", help="Returns with units of this SKU.")
@click.option("--reason", help="Returns for this reason.")
@click.option("--opened-after", type=INSTANT, help="Returns opened after this instant.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, MOST_RETURNS))
@click.option(
    "--after", type=ShapeParam(OrdersCursor(), name="place"), help="The place that the list before ended with."
)
@AS_JSON
@click.pass_obj
def list_returns(
    settings: Settings, *, limit: int, after: tuple[int, str] | None, as_json: bool, **filters: Any
) -> None:
    """List returns, those opened last first.

    Example: pointsman return list --state expired
    """
    with Pointsman(settings) as service:
        page = service.flows.returns.list(ReturnFilter(**filters), after=after, limit=limit)
        record, quantities = ReturnsPageRecord.of(page), Quantities.of(service)
        times = Times.of(service)
        record_read(service, count=len(record.returns))
    if as_json:
        print_json(record, quantities)
        return
    for item in quantities.show(record.returns):
        click.echo(summary(item, times))
    print_more(record.next)


def _print(service: Pointsman, state: ReturnState, *, as_json: bool, placed: Sequence[PlacedInWords] = ()) -> None:
    record, quantities = ReturnRecord.of(state, placed), Quantities.of(service)
    if as_json:
        print_json(record, quantities)
        return
    if state.repeated:
        note = say("this was done before, and the return was then so; as it stands: {command}", command=_show(state))
        click.echo(note, err=True)
    terms, receipts = service.network().returns, service.flows.returns.receipts_elsewhere(state.stored)
    for line in return_lines(quantities.show(record), terms, Times.of(service), receipts):
        click.echo(line)


def _show(state: ReturnState) -> str:
    return f"pointsman return show {argument(state.stored.id)}"
