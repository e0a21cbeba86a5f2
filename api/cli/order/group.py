"""`pointsman order`: shows orders, lists them, and says what can still be done."""

from collections.abc import Iterator

import click

from api.cli.options import AS_JSON, INSTANT, ORDER, ShapeParam, argument, print_json, print_more, who
from api.cli.order.addressee import addressee
from api.cli.order.amend import amend
from api.cli.order.cancel import cancel
from api.cli.output.tables import destination_phrase
from api.cli.output.times import Times
from api.cli.reads import record_read
from api.language.current import say, text
from api.records.orders.order_state import OrderShipmentRecord, OrdersPageRecord, OrderStateRecord
from api.shapes.cursors import OrdersCursor
from api.shapes.limits import MOST_ORDERS
from api.shapes.quantities import Quantities
from engine.orders.living_orders import OrderFilter
from engine.orders.order_state import STATES, UNIT_STATES, Action, OrderUnitState
from engine.service import Pointsman
from engine.settings import Settings

_COMMANDS: dict[Action, str] = {
    "approve": "pointsman order approve {id}",
    "wait": "pointsman order wait {id}",
    "confirm": "pointsman hold confirm {id}",
    "reject": "pointsman reject {id} --node NODE --reason REASON",
    "release": "pointsman hold release {id}",
    "extend": "pointsman hold extend {id} --minutes MINUTES",
    "undo": "pointsman hold undo {id}",
    "withdraw": "pointsman backlog withdraw {id}",
    "cancel": "pointsman order cancel {id}",
    "amend": "pointsman order amend ORDER.json",
}


_UNITS: dict[OrderUnitState, str] = {
    "cancelled": text("{count} cancelled"),
    "held": text("{count} held"),
    "shipped": text("{count} shipped"),
    "returned": text("{count} returned"),
    "waiting": text("{count} waiting"),
    "unfilled": text("{count} unfilled"),
    "not_counted": text("{count} not counted"),
}
"""How many units are in a state."""


@click.group()
def order() -> None:
    """Show and list orders, and change where their units stand."""


@order.command()
@ORDER
@AS_JSON
@click.pass_obj
def show(settings: Settings, order_id: str, *, as_json: bool) -> None:
    """Show where each unit of an order is.

    Its decisions and shipments follow, and the commands with which something can still be done.

    Example: pointsman order show W-900001
    """
    with Pointsman(settings) as service:
        record, quantities = OrderStateRecord.of(service.orders.show(order_id)), Quantities.of(service)
        times = Times.of(service)
        record_read(service, subject=order_id)
    print_order(record, quantities, times, as_json=as_json)


@order.command("list")
@click.option("--state", type=click.Choice(STATES), help="Orders with units in this state.")
@click.option("--channel", help="Orders of this channel.")
@click.option("--node", help="Orders of which this node ships something, held or left.")
@click.option("--sku", help="Orders with a line of this SKU.")
@click.option("--placed-after", type=INSTANT, help="Orders placed after this instant.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, MOST_ORDERS))
@click.option(
    "--after", type=ShapeParam(OrdersCursor(), name="place"), help="The place that the list before ended with."
)
@AS_JSON
@click.pass_obj
def list_orders(
    settings: Settings, *, limit: int, after: tuple[int, str] | None, as_json: bool, **filters: str | int
) -> None:
    """List the orders, those placed last first.

    Example: pointsman order list --state waiting --limit 20
    """
    with Pointsman(settings) as service:
        page = service.orders.list(OrderFilter(**filters), after=after, limit=limit)  # type: ignore[arg-type]  # by click
        record, quantities = OrdersPageRecord.of(page), Quantities.of(service)
        times = Times.of(service)
        record_read(service, count=len(record.orders))
    if as_json:
        print_json(record, quantities)
        return
    for item in quantities.show(record.orders):
        click.echo(f"{times(item.placed_at)}  {item.id}  {item.order.channel}  {_sums(item)}")
    print_more(record.next)


@order.command()
@ORDER
@click.option("--note", default="", help="Why, for the log.")
@AS_JSON
@click.pass_obj
def approve(settings: Settings, order_id: str, *, note: str, as_json: bool) -> None:
    """Approve an order that a policy parked.

    Until then its stock is held, and nothing of it leaves.

    Example: pointsman order approve W-900001 --note "the customer was called"
    """
    with Pointsman(settings) as service:
        record = OrderStateRecord.of(service.orders.approve(order_id, who=who(settings), note=note))
        quantities, times = Quantities.of(service), Times.of(service)
    print_order(record, quantities, times, as_json=as_json)


@order.command()
@ORDER
@AS_JSON
@click.pass_obj
def wait(settings: Settings, order_id: str, *, as_json: bool) -> None:
    """Let the unfilled units of an order wait for stock.

    Example: pointsman order wait W-900001
    """
    with Pointsman(settings) as service:
        record, quantities = OrderStateRecord.of(service.orders.wait(order_id)), Quantities.of(service)
        times = Times.of(service)
    print_order(record, quantities, times, as_json=as_json)


order.add_command(addressee)
order.add_command(amend)
order.add_command(cancel)


def print_order(record: OrderStateRecord, quantities: Quantities, times: Times, *, as_json: bool) -> None:
    if as_json:
        print_json(record, quantities)
    for line in [] if as_json else order_lines(quantities.show(record), times):
        click.echo(line)


def order_lines(record: OrderStateRecord, times: Times) -> Iterator[str]:
    yield say(
        "order {id} ({channel}, {delivery}), placed {placed_at}",
        id=record.id,
        channel=record.order.channel,
        delivery=record.order.delivery,
        placed_at=times(record.placed_at),
    )
    for line in record.lines:
        units = {state: getattr(line, state) for state in UNIT_STATES}
        states = ", ".join(say(_UNITS[state], count=count) for state, count in units.items() if count)
        yield say(
            "  line {line}: {ordered} x {sku}: {states}",
            line=line.line,
            ordered=line.ordered,
            sku=line.sku,
            states=states,
        )
    for decision in record.decisions:
        because = say(", because {because}", because=say(decision.because)) if decision.because else ""
        reserved = (
            say(", reserved from {reserve_at}", reserve_at=times(decision.reserve_at)) if decision.reserve_at else ""
        )
        yield say(
            "  decision {id} at {decided_at}: {status}{because}{reserved}",
            id=decision.id,
            decided_at=times(decision.decided_at),
            status=say(decision.status),
            because=because,
            reserved=reserved,
        )
        for shipment in record.shipments:
            if shipment.decision == decision.id:
                yield _shipment_line(shipment, times)
                yield from _awaited(shipment, times)
    if "awaiting_approval" in record.states:
        rules = [rule for decision in record.decisions for rule in decision.approval_rules or ()]
        named = f" ({', '.join(dict.fromkeys(rules))})" if rules else ""
        yield say("  awaits a person's approval, and nothing of it leaves before{named}", named=named)
    if record.approved:
        yield say(
            "  approved by {by} at {at}: {note}",
            by=record.approved.by,
            at=times(record.approved.at),
            note=record.approved.note,
        )
    for action in record.actions:
        yield say("  can be done: {command}", command=_COMMANDS[action.action].format(id=argument(action.id)))


def _shipment_line(shipment: OrderShipmentRecord, times: Times) -> str:
    units = " + ".join(f"{line.quantity} x {line.sku}" for line in shipment.lines)
    until = say(" until {instant}", instant=times(shipment.expires_at)) if shipment.expires_at else ""
    ended = say(" at {instant}", instant=times(shipment.ended_at)) if shipment.ended_at else ""
    to = destination_phrase(shipment.collect_at)
    return f"    {shipment.node}/{shipment.service}{to} {units}: {say(shipment.state)}{until}{ended}"


def _awaited(shipment: OrderShipmentRecord, times: Times) -> Iterator[str]:
    for item in shipment.awaited or ():
        yield say(
            "      still to come: {count} x {sku}, by receipt {receipt}, expected {at}",
            count=item.units,
            sku=item.sku,
            receipt=item.receipt,
            at=times(item.expected_at),
        )


def _sums(record: OrderStateRecord) -> str:
    sums = {state: sum(getattr(line, state) or 0 for line in record.lines) for state in UNIT_STATES}
    awaits = [say("awaits approval")] if "awaiting_approval" in record.states else []
    return ", ".join([*(say(_UNITS[state], count=count) for state, count in sums.items() if count), *awaits])
