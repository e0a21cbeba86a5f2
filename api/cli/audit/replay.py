"""`pointsman replay`: decide again what was decided, and compare."""

import sys
from collections.abc import Iterator

import click

from api.cli.audit.decision_or_period import decision_or_period
from api.cli.ledger_log import warn_unreadable
from api.cli.options import AS_JSON, print_json
from api.cli.output.numbers import millionths
from api.cli.output.progress import progress_bar
from api.cli.output.times import Times
from api.cli.reads import record_read
from api.language.current import counted, say, say_message, say_number
from api.records.audit.replays import PolicySummaryRecord, ReplayRecord, ReplaysRecord, ReplaySums
from api.shapes.quantities import Quantities
from engine.audit.replays import OUTCOMES
from engine.service import Pointsman
from engine.settings import Settings

MOST_SHOWN = 100
"""At most so many decisions, and differences of each, are printed; JSON has them all."""
_FAILED = frozenset({"different", "not_replayable"})


@click.command()
@decision_or_period
@click.option(
    "--policies", metavar="VERSION", help="Also decide by this policy version, or its beginning, and show what differs."
)
@AS_JSON
@click.pass_obj
def replay(
    settings: Settings,
    decision_id: str | None,
    *,
    start: int | None,
    end: int | None,
    policies: str | None,
    as_json: bool,
) -> None:
    """Decide again what was decided, and compare it byte for byte.

    Each decision is made again on the facts that were kept with it: the same stock, loads, network, policies and
    instants. Exits with 1 if one comes out otherwise, can't be made again, or was altered since it was sealed. With
    --policies, it is also decided by other policies on the same facts.

    Example: pointsman replay --from 2026-11-27 --to 2026-11-27
    """
    sums, damaged, order = ReplaySums(), list[str](), ""
    with Pointsman(settings) as service:
        version = None if policies is None else service.versions.find(policies)
        quantities, times = Quantities.of(service), Times.of(service)
        if decision_id is not None:
            replayed = service.replays.of_decision(decision_id, policies=version)
            sums.add(replayed)
            one = ReplayRecord.of(replayed)
            order = one.order
        else:
            with progress_bar() as progress:
                task = progress.add_task(say("replaying"), total=None)
                for replayed in service.replays.between(start, end, policies=version, on_damaged=damaged.append):
                    sums.add(replayed)
                    progress.advance(task)
        record_read(service, subject=decision_id or "", order=order, count=sums.record.decisions)
    for entry in damaged:
        warn_unreadable(entry)
    if as_json:
        print_json(one if decision_id is not None else sums.record, quantities)
    elif decision_id is not None:
        _print(_replay_lines(one, times))
    else:
        _print(_summary_lines(sums.record, times))
    sys.exit(1 if damaged or sums.altered or any(sums.outcomes[outcome] for outcome in _FAILED) else 0)


def _summary_lines(record: ReplaysRecord, times: Times) -> Iterator[str]:
    for shown in record.replays[:MOST_SHOWN]:
        yield from _replay_lines(shown, times)
    if len(record.replays) > MOST_SHOWN:
        yield say("... and {count:,} more; --json has them all", count=len(record.replays) - MOST_SHOWN)
    yield say(
        "{decisions} replayed: {identical:,} identical, {different:,} different, {incomplete:,} with facts that an"
        " earlier release kept in part, {erased:,} erased, {impossible:,} not replayable",
        decisions=counted(record.decisions, "decision"),
        identical=record.identical,
        different=record.different,
        incomplete=record.facts_incomplete,
        erased=record.erased,
        impossible=record.not_replayable,
    )
    if record.policies:
        yield from _policy_lines(record.policies)


def _policy_lines(summary: PolicySummaryRecord) -> Iterator[str]:
    yield say(
        "policies {version} would have decided {changed:,} of {decisions:,} otherwise",
        version=summary.policy_version[:12],
        changed=summary.changed,
        decisions=summary.decisions,
    )
    amounts = (
        (say("cost"), "cost_micros", _in_millionths),
        (say("kg CO2e"), "co2_mg", _in_millionths),
        (say("shipments"), "shipments", _whole),
        (say("late shipments"), "late_shipments", _whole),
        (say("unfilled units"), "unfilled_units", _whole),
    )
    yield f"  {'':<20} {say('recorded'):>20} {say('replayed'):>20}"
    for what, name, shown in amounts:
        before, after = shown(getattr(summary.recorded, name)), shown(getattr(summary.replayed, name))
        yield f"  {what:<20} {before:>20} {after:>20}"


def _in_millionths(amount: int) -> str:
    return millionths(amount, shown=2)


def _whole(amount: int) -> str:
    return say_number(f"{amount:,}")


def _replay_lines(record: ReplayRecord, times: Times) -> Iterator[str]:
    yield say(
        "{decision} of order {order}, {at}: {outcome}",
        decision=record.decision,
        order=record.order,
        at=times(record.decided_at),
        outcome=say(OUTCOMES[record.outcome]),
    )
    for reason in record.why or ():
        yield f"  {say_message(reason)}"
    for item in record.differences[:MOST_SHOWN]:
        yield say(
            "  {path}: recorded {recorded}, replayed {replayed}",
            path=item.path,
            recorded=_short(item.recorded),
            replayed=_short(item.replayed),
        )
    if len(record.differences) > MOST_SHOWN:
        yield say("  ... and {count:,} more; --json has them all", count=len(record.differences) - MOST_SHOWN)
    if record.policies and not record.policies.changed:
        yield say("  policies {version} decide the same", version=record.policies.policy_version[:12])
    elif record.policies:
        yield say("  policies {version} decide otherwise:", version=record.policies.policy_version[:12])
        for name, amounts in (("recorded", record.policies.recorded), ("replayed", record.policies.replayed)):
            yield say(
                "    {name}: {status}, {shipments}; cost {cost}, {co2} kg CO2e, {unfilled}",
                name=say(name),
                status=say(amounts.status),
                shipments="; ".join(amounts.shipments) or say("nothing ships"),
                cost=millionths(amounts.cost_micros, shown=2),
                co2=millionths(amounts.co2_mg, shown=3),
                unfilled=say("{units:,} unfilled", units=amounts.unfilled_units),
            )


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]} ..."


def _print(lines: Iterator[str]) -> None:
    for line in lines:
        click.echo(line)
