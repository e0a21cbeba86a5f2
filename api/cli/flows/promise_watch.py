"""`pointsman promise watch` and `pointsman promise progress`: whether what was promised is kept."""

import time
from collections.abc import Iterator

import click

from api.cli.options import AS_JSON, DECISION, DURATION, INSTANT, OP, print_json
from api.cli.output.promise_words import CAUSE_WORDS, MILESTONE_WORDS
from api.cli.output.times import Times
from api.cli.reads import record_read
from api.language.current import say
from api.records.flows.promise_watch import PromiseAtRiskRecord, PromisesAtRiskRecord, WatchTurnRecord, shipment_record
from api.shapes.limits import MOST_HOLDS
from engine.model.milestones import MILESTONES, RISK_CAUSES, Milestone, RiskCause
from engine.promise_watch.progress import ProgressReport
from engine.promise_watch.promise_watch import TURN_SECONDS
from engine.promise_watch.raising import WatchTurn
from engine.service import Pointsman
from engine.settings import Settings


@click.command()
@click.option("--node", help="Only shipments from this node.")
@click.option("--cause", type=click.Choice(RISK_CAUSES), help="Only those at risk because of this.")
@click.option(
    "--within", type=DURATION, help="Milestones due within so long, such as 2h. Default: as the setting says."
)
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, MOST_HOLDS))
@click.option("--follow", is_flag=True, help="Go on, and print what is newly at risk, until interrupted.")
@AS_JSON
@click.pass_obj
def watch(
    settings: Settings,
    *,
    node: str | None,
    cause: RiskCause | None,
    within: int | None,
    limit: int,
    follow: bool,
    as_json: bool,
) -> None:
    """List the promises at risk, and raise those that are newly so.

    A shipment is at risk if it has missed a milestone or is about to, or if the receipt on which it is held is late or
    short. What is newly at risk is logged, with the event promise.at_risk, and decided again where a rule says
    reroute_if_late. Exits with 1 if any is at risk, for cron.

    Example: pointsman promise watch --node lyon --within 2h
    """
    with Pointsman(settings) as service:
        promises, times = service.flows.promise_watch, Times.of(service)
        turn = promises.watch()
        if follow:
            _follow(service, turn, times, as_json=as_json)
        record = PromisesAtRiskRecord.of(promises.at_risk(node=node, cause=cause, within=within, limit=limit))
        record_read(service, count=len(record.shipments))
    if as_json:
        print_json(record)
    else:
        _print(record, turn, times)
    if record.shipments:
        click.get_current_context().exit(1)


@click.command()
@DECISION
@click.argument("number", metavar="NUMBER", type=click.IntRange(min=0))
@click.argument("milestone", type=click.Choice(MILESTONES))
@click.option("--at", type=INSTANT, help="When it passed it, such as 2026-11-27T16:40:00Z. Default: now.")
@OP
@AS_JSON
@click.pass_obj
def progress(
    settings: Settings,
    *,
    decision_id: str,
    number: int,
    milestone: Milestone,
    at: int | None,
    op: str | None,
    as_json: bool,
) -> None:
    """Record that shipment NUMBER, from 0, has passed a milestone.

    It was released, picked, packed or handed over. These may come in any order: who has passed one has passed those
    before it.

    Example: pointsman promise progress 3f2b6c0e9d5a4f7f8e1d2c3b4a596877 0 picked
    """
    report = ProgressReport(decision=decision_id, number=number, milestone=milestone, at=at, op=op)
    with Pointsman(settings) as service:
        shipment = service.flows.promise_watch.report(report)
        times = Times.of(service)
    if as_json:
        print_json(shipment_record(shipment))
    elif shipment.next is None or shipment.due is None:
        click.echo(say("shipment {number} of decision {decision} was handed over", number=number, decision=decision_id))
    else:
        click.echo(
            say(
                "shipment {number} of decision {decision} has to be {milestone} by {instant}",
                number=number,
                decision=decision_id,
                milestone=say(MILESTONE_WORDS[shipment.next]),
                instant=times(shipment.due),
            )
        )


def _follow(service: Pointsman, turn: WatchTurn, times: Times, *, as_json: bool) -> None:
    """Print what is newly at risk, a line each, until interrupted."""
    while True:
        record = WatchTurnRecord.of(turn)
        record_read(service, count=len(record.raised))
        for item in record.raised:
            if as_json:
                print_json(item)
            else:
                click.echo(_line(item, times))
        time.sleep(TURN_SECONDS)
        turn = service.flows.promise_watch.watch()


def _print(record: PromisesAtRiskRecord, turn: WatchTurn, times: Times) -> None:
    for item in record.shipments:
        click.echo(_line(item, times))
    for line in _totals(record, turn):
        click.echo(line, err=bool(record.shipments))


def _totals(record: PromisesAtRiskRecord, turn: WatchTurn) -> Iterator[str]:
    if not record.shipments:
        yield say("no promise is at risk")
    if record.next:
        yield say("... and more; name a node or a cause, or a larger --limit")
    if turn.moved:
        yield say("ship from elsewhere now: {count:,}", count=turn.moved)
    if turn.stay:
        yield say("stay where they are, as nothing arrives in time or earlier: {count:,}", count=turn.stay)


def _line(item: PromiseAtRiskRecord, times: Times) -> str:
    expected = say("not known yet") if item.expected_at is None else times(item.expected_at)
    return say(
        "{due}  {decision} {number}  order {order}, {node}/{service}: {cause}; promised {promised}, expected {when}",
        due=times(item.due),
        decision=item.decision,
        number=item.shipment,
        order=item.order,
        node=item.node,
        service=item.service,
        cause=say(CAUSE_WORDS[item.cause]),
        promised=times(item.promised_by),
        when=expected,
    )
