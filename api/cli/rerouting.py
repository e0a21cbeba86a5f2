"""`pointsman reject` and `pointsman chain`: a node rejects a shipment, and the decisions that follow from it."""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import cast

import click
from msgspec import UNSET

from api.cli.options import AS_JSON, DECISION, INSTANT, LINES, OP, in_micros, print_json, units_by_name, units_of
from api.cli.output.tables import cause, decision_lines
from api.cli.output.times import Times
from api.cli.reads import record_read
from api.language.current import say
from api.records.backlog import ChainRecord
from api.shapes.quantities import Quantities, skus_of_decision
from engine.decide.record import DecisionRecord
from engine.orders.rejection import Reason, RejectionRequest
from engine.service import Pointsman
from engine.settings import Settings
from rules.vocabulary import REJECTION_REASONS


@click.command()
@DECISION
@click.option("--node", required=True, help="The node that won't ship.")
@click.option("--service", help="Reject only what it was to ship by this service.")
@click.option("--reason", required=True, type=click.Choice(REJECTION_REASONS))
@LINES
@click.option("--confirmed", multiple=True, help="Of a short pick, what left: LINE=UNITS or SKU=UNITS; repeatable.")
@click.option("--on-hand", multiple=True, help="What the node has: UNITS, or SKU=UNITS for each SKU.")
@click.option(
    "--at",
    type=INSTANT,
    help="When that was so, such as 2026-11-27T16:40:00Z: what left or is damaged, and what is on hand. Default: now.",
)
@click.option("--wait", is_flag=True, help="Let units that no other node has wait for stock.")
@OP
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
    confirmed: tuple[str, ...],
    on_hand: tuple[str, ...],
    at: int | None,
    wait: bool,
    op: str | None,
    as_json: bool,
) -> None:
    """Record that a node won't ship, and decide again elsewhere.

    It is decided at once which other nodes ship the units of the decision that the node was to ship.

    Example: pointsman reject 3f2b6c0e9d5a4f7f8e1d2c3b4a596877 --node lyon --reason not_in_stock
    """
    units, left, counted = units_by_name("--line", lines), units_by_name("--confirmed", confirmed), _on_hand(on_hand)
    with Pointsman(settings) as pointsman:
        quantities, skus = Quantities.of(pointsman), partial(skus_of_decision, pointsman, decision_id)
        rejection = RejectionRequest(
            decision=decision_id,
            node=node,
            service=service,
            reason=cast("Reason", reason),
            lines=quantities.by_line(units, skus),
            confirmed=quantities.by_line(left, skus, field="confirmed"),
            on_hand=quantities.counted(counted, skus),
            at=in_micros(at),
            waits=wait,
            op=op,
        )
        answer = pointsman.rerouting.reject(rejection)
        network = pointsman.network()
    if as_json:
        print_json(answer.body, quantities)
    for line in [] if as_json else decision_lines(answer.record, network):
        click.echo(line)


@click.command()
@DECISION
@AS_JSON
@click.pass_obj
def chain(settings: Settings, decision_id: str, *, as_json: bool) -> None:
    """Show all decisions of the order that a decision belongs to.

    Example: pointsman chain 3f2b6c0e9d5a4f7f8e1d2c3b4a596877
    """
    with Pointsman(settings) as service:
        decisions = service.rerouting.chain(decision_id)
        record_read(service, subject=decision_id, order=decisions.links[0].record.order.id)
        quantities, times = Quantities.of(service), Times.of(service)
    if as_json:
        print_json(ChainRecord.of(decisions), quantities)
    for link in [] if as_json else decisions.links:
        for line in _chain_lines(quantities.show(link.record), times):
            click.echo(line)


def _on_hand(words: tuple[str, ...]) -> int | Decimal | dict[str, int | Decimal] | None:
    if len(words) == 1 and (units := units_of(words[0])) is not None:
        return units
    return units_by_name("--on-hand", words, least=0) or None


def _chain_lines(record: DecisionRecord, times: Times) -> Iterator[str]:
    follows = record.follows
    because = ""
    if follows is not UNSET:
        because = say(" after {decision}, because {cause}", decision=follows.decision, cause=cause(follows))
    yield f"{times(record.decided_at)}  {record.id}: {say(record.status)}{because}"
    for shipment in record.shipments:
        units = " + ".join(f"{line.quantity} x {line.sku}" for line in shipment.lines)
        yield f"  {shipment.node}/{shipment.service} {units}"
    for item in record.unfilled:
        yield say("  unfilled {quantity} x {sku}", quantity=item.quantity, sku=item.sku)
