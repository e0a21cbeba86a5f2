"""`pointsman policy gate`: runs the gate of a published version, and shows what came of it."""

import sys
from collections.abc import Iterator

import click

from api.cli.options import AS_JSON, print_json, who
from api.cli.output.progress import progress_bar
from api.cli.output.tables import carbon, money
from api.cli.output.times import Times
from api.language.current import counted, say, say_message, say_number, text
from engine.errors import NotFound, NotReady
from engine.parallel.processors import processors
from engine.policies.gate_result import GateFigureRecord, GateResultRecord
from engine.policies.review import SHORT
from engine.service import Pointsman
from engine.settings import Settings
from engine.simulation.gate import run_gate
from rules.gate import GateFigure

MOST_WORKERS = 256
WORKERS = click.option(
    "--workers",
    type=click.IntRange(1, MOST_WORKERS),
    help="In how many processes the gate is run. Default: one for each processor.",
)
_FIGURES: dict[GateFigure, str] = {
    "cost": text("cost"),
    "co2": text("CO2e"),
    "late": text("late orders"),
    "unfilled": text("units unfilled"),
    "shipments": text("shipments"),
}
_VERDICTS = {
    "passed": text("the gate passes"),
    "failed": text("the gate does not pass"),
    "not_judged": text("the gate could not judge it: {why}"),
}


@click.command("gate")
@click.argument("version")
@click.option("--show", is_flag=True, help="Only show what came of it the last time.")
@WORKERS
@AS_JSON
@click.pass_obj
def gate(settings: Settings, version: str, *, show: bool, workers: int | None, as_json: bool) -> None:
    """Run the gate of a published VERSION.

    What it would have decided of the orders of the gate's period is compared with what the active version decides of
    them, and held against the bounds in its gate.yaml. Exits with 1 unless it passes.

    Example: pointsman policy gate d2720ce4c970
    """
    with Pointsman(settings) as service:
        full_version = service.versions.find(version)
        if show:
            result = service.versions.gates.stored.last(full_version)
            if result is None:
                raise NotFound(say("the gate of version {version} was not run", version=full_version[:SHORT]))
            state = service.versions.gates.check(full_version).state
        else:
            result = _run(service, full_version, who=who(settings), workers=workers)
            state = result.verdict if result else "none"
        times, currency = Times.of(service), _currency(service)
    if as_json:
        print_json(result)
    elif result is None:
        click.echo(say("version {version} has no gate to pass", version=full_version[:SHORT]))
    else:
        for line in gate_lines(result, times, currency):
            click.echo(line)
        if state == "stale":
            click.echo(say("it does not count any more: another version is active, or it is too old"))
    sys.exit(0 if result is None or result.passed else 1)


def gate_run_and_shown(service: Pointsman, version: str, *, who: str, workers: int | None) -> None:
    """Run the gate of a version, if it has one, and print what came of it."""
    result = _run(service, version, who=who, workers=workers)
    if result is not None:
        for line in gate_lines(result, Times.of(service), _currency(service)):
            click.echo(line)


def gate_unless_it_counts(service: Pointsman, version: str, *, who: str, workers: int | None) -> None:
    """Run the gate of a version and print what came of it, unless its last result counts still."""
    if service.versions.gates.check(version).state in ("not_run", "stale"):
        gate_run_and_shown(service, version, who=who, workers=workers)


def _run(service: Pointsman, version: str, *, who: str, workers: int | None) -> GateResultRecord | None:
    with progress_bar() as progress:
        task = progress.add_task(say("deciding again"), total=None)
        return run_gate(
            service,
            version,
            who=who,
            workers=workers or processors(),
            progress=lambda more: progress.advance(task, more),
        )


def _currency(service: Pointsman) -> str:
    """That of the network, if one is loaded; otherwise nothing was decided, and no amount is shown."""
    try:
        return service.network().currency
    except NotReady:
        return ""


def gate_lines(result: GateResultRecord, times: Times, currency: str) -> Iterator[str]:
    """What it was compared with, each bound with what came of it, and whether it passes."""
    if result.against is not None:
        yield say(
            "the gate, against the active version {active}, on {decisions} from {start} to {end}:",
            active=result.against[:SHORT],
            decisions=counted(result.decisions, "decision"),
            start=times(result.since),
            end=times(result.until),
        )
    for row in result.bounds:
        yield _bound_line(row, currency)
    if result.decisions:
        yield say(
            "  {changed:,} of {orders} come out otherwise",
            changed=result.orders_changed,
            orders=counted(result.orders, "order"),
        )
    if result.untried:
        yield say("  {decisions} could not be tried", decisions=counted(result.untried, "decision"))
    if result.incomplete:
        yield say(
            "  of {decisions}, facts that it asks for were not kept", decisions=counted(result.incomplete, "decision")
        )
    yield say(_VERDICTS[result.verdict], why=say_message(result.why))


def _bound_line(row: GateFigureRecord, currency: str) -> str:
    share = say_number(f"{100 * row.difference / row.before:+.2f}%") if row.before else "-"
    line = say(
        "{figure}, at most {bound}: {difference} ({share}), between {low} and {high} (95%)",
        figure=say(_FIGURES[row.figure]),
        bound=say_number(row.at_most),
        difference=shown_amount(row.figure, row.difference, currency),
        share=share,
        low=shown_amount(row.figure, row.low, currency),
        high=shown_amount(row.figure, row.high, currency),
    )
    return f"  {say('ok') if row.passed else say('NO')}  {line}"


def shown_amount(figure: GateFigure, amount: int, currency: str) -> str:
    """An amount with its sign, as people read it."""
    sign = "+" if amount > 0 else "-" if amount < 0 else ""
    if figure == "cost":
        return f"{sign}{money(abs(amount), currency)}"
    return f"{sign}{carbon(abs(amount))}" if figure == "co2" else f"{sign}{say_number(f'{abs(amount):,}')}"
