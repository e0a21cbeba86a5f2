"""`pointsman decide`, `batch` and `show`: decide one order or many, and show what was decided."""

import contextlib
from pathlib import Path

import click
import msgspec
from msgspec import UNSET

from api.cli.options import AS_JSON, DECISION, DURATION, INSTANT, argument, log_operation, print_json
from api.cli.order.amend import print_amended
from api.cli.order.group import print_order
from api.cli.output import tables
from api.cli.output.mistakes import fail
from api.cli.output.progress import progress_bar
from api.cli.output.times import Times
from api.cli.reads import record_read
from api.files.orders import read_order, read_sent_orders
from api.language.current import counted, say
from api.records.orders.batch import BatchEndRecord, BatchOrderRecord, order_records, readable
from api.records.orders.order_state import OrderStateRecord
from api.shapes.quantities import Quantities, decode, encode, quantities_of
from engine.decide.facts_record import facts_from_json
from engine.decide.record import from_json
from engine.errors import NotFound, OrderExists
from engine.model.facts import Network, Order
from engine.orders.amendment.amend_order import Amended
from engine.orders.amendment.plan import AmendRequest
from engine.orders.batch.batch import keys_by_order
from engine.orders.decision_request import Answer
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.ledger import RequestKey

_FACTS = click.option(
    "--facts", is_flag=True, help="Also show the stock it was decided on, and the options that rules took away."
)


@click.command()
@click.argument("order", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Decide, but hold nothing and log nothing.")
@click.option(
    "--at",
    "instant",
    type=INSTANT,
    help='Decide as of this instant, such as "2026-11-27 09:15" or 2026-11-27T08:15:00Z. Default: now.',
)
@click.option("--wait", is_flag=True, help="Put units that stay unfilled into the backlog.")
@click.option("--hold", type=DURATION, help="Hold the units so long, such as 4h. Default: as the policies say.")
@click.option("--amend", "amends", is_flag=True, help="Amend the order if there is one of this id with other content.")
@_FACTS
@AS_JSON
@click.pass_obj
def decide(
    settings: Settings,
    order: Path,
    *,
    dry_run: bool,
    instant: int | None,
    wait: bool,
    hold: int | None,
    amends: bool,
    facts: bool,
    as_json: bool,
) -> None:
    """Decide where an order ships from, and hold its stock.

    ORDER is a JSON file.

    Example: pointsman decide examples/hexagone/order.json --dry-run
    """
    if amends and (facts or instant is not None or hold is not None):
        raise click.UsageError(say("--at, --hold and --facts do not go with --amend"))
    with Pointsman(settings) as service:
        network = service.network()
        request = read_order(order, settings.max_lines, quantities_of(service))
        if amends:
            outcome = _decide_or_amend(service, request, wait=wait, dry_run=dry_run)
        else:
            try:
                outcome = service.decide(
                    request, now=instant, dry_run=dry_run, caller="cli", wait=wait, hold_minutes=hold
                )
            except OrderExists as exists:
                fail(
                    [
                        say(
                            "{exists}. To amend it: pointsman order amend {argument}",
                            exists=exists,
                            argument=argument(str(order)),
                        )
                    ]
                )
    if isinstance(outcome, Amended):
        print_amended(outcome, network, as_json=as_json)
    else:
        _show_decision(outcome, network, facts=facts, as_json=as_json)


def _decide_or_amend(service: Pointsman, order: Order, *, wait: bool, dry_run: bool) -> Answer | Amended:
    """Decide the order, or amend the one of this id that has other content."""
    amendment = AmendRequest(order=order, waits=wait)
    if dry_run:  # which would decide any order as if it were new
        with contextlib.suppress(NotFound):
            return service.amendments.amend(amendment, dry_run=True)
    try:
        return service.decide(order, dry_run=dry_run, caller="cli", wait=wait)
    except OrderExists:
        return service.amendments.amend(amendment)


@click.command()
@click.argument("orders", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--at",
    "instant",
    type=INSTANT,
    help='Decide as of this instant, such as "2026-11-27 09:15" or 2026-11-27T08:15:00Z. Default: now.',
)
@click.option("--wait", is_flag=True, help="Put units that stay unfilled into the backlog.")
@click.option(
    "--key",
    callback=log_operation,
    help="An order decided before under this key is only answered: an interrupted batch goes on.",
)
@AS_JSON
@click.pass_obj
def batch(settings: Settings, orders: Path, *, instant: int | None, wait: bool, key: str | None, as_json: bool) -> None:
    """Decide many orders at once, and print what became of each.

    ORDERS is an NDJSON file, which is answered in its order. Orders of the highest priority are decided first, those of
    one priority by a joint plan that fills most units. An order that can't be decided keeps no other from being
    decided; the exit status is then 1.

    With --json, it prints what POST /v1/decisions/batch answers to such lines.

    Example: pointsman batch examples/hexagone/orders.ndjson --key monday
    """
    with Pointsman(settings) as service, progress_bar() as progress:
        quantities = Quantities.of(service)
        sent = read_sent_orders(orders, settings.max_lines, lambda: quantities)
        task = progress.add_task(say("deciding"), total=len(sent))
        decided = service.batch(
            readable(sent),
            now=instant,
            keys=None if key is None else keys_by_order(RequestKey(caller="cli", name=key)),
            caller="cli",
            wait=wait,
            progress=lambda: progress.advance(task),
        )
        problems = 0
        for record in order_records(sent, decided):
            problems += record.decided is None
            if as_json:
                click.echo(_json_line(record, quantities))
            else:
                _print_outcome(
                    say(
                        "{orders}:{number}: order {order}",
                        orders=orders,
                        number=record.number,
                        order=record.order or "?",
                    ),
                    record,
                )
        if as_json:
            click.echo(msgspec.json.encode(BatchEndRecord.of(len(sent), decided)))
    if problems:
        fail([say("{orders} of {count} not decided", orders=counted(problems, "order"), count=len(sent))])


@click.command()
@DECISION
@_FACTS
@AS_JSON
@click.pass_obj
def show(settings: Settings, decision_id: str, *, facts: bool, as_json: bool) -> None:
    """Show a logged decision; by the id of an order, the order.

    Example: pointsman show 3f2b6c0e9d5a4f7f8e1d2c3b4a596877
    """
    with Pointsman(settings) as service:
        try:
            answer = service.decision(decision_id)
        except NotFound as missing:
            _show_order(service, decision_id, missing, as_json=as_json)
            record_read(service, subject=decision_id)
            return
        record_read(service, subject=decision_id, order=answer.order_id)
        network = service.network()
    _show_decision(answer, network, facts=facts, as_json=as_json)


def _show_order(service: Pointsman, order_id: str, missing: NotFound, *, as_json: bool) -> None:
    try:
        state = service.orders.show(order_id)
    except NotFound:
        raise missing from None
    print_order(OrderStateRecord.of(state), Quantities.of(service), Times.of(service), as_json=as_json)


def _json_line(record: BatchOrderRecord, quantities: Quantities) -> bytes:
    line = encode(record)
    return encode(quantities.show(decode(line))) if quantities.decimals else line


def _print_outcome(where: str, record: BatchOrderRecord) -> None:
    if record.problem is not UNSET:
        click.echo(f"{where}: {record.problem.detail}", err=True)
    else:
        decision = from_json(msgspec.json.encode(record.decision))
        click.echo(say("{where}: {status}, decision {id}", where=where, status=say(decision.status), id=decision.id))


def _show_decision(answer: Answer, network: Network, *, facts: bool, as_json: bool) -> None:
    if as_json:
        print_json(answer.whole if facts else answer.body, Quantities(network.decimals))
        return
    for line in tables.decision_lines(answer.record, network):
        click.echo(line)
    decided_on = Quantities(network.decimals).show(facts_from_json(answer.facts))
    for line in tables.facts_lines(decided_on) if facts else ():
        click.echo(line)
