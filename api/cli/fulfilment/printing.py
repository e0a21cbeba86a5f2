"""`pointsman print`: what is to be printed at nodes, and the printers there."""

import time
from collections.abc import Mapping
from typing import get_args

import click

from api.cli.fulfilment.paper_words import PAPER_WORDS, STATE_WORDS
from api.cli.options import AS_JSON, OP, ShapeParam, print_json, print_more
from api.cli.output.row_blocks import print_rows
from api.cli.output.times import Times
from api.cli.reads import print_access
from api.language.current import counted, say, say_message, text
from api.records.fulfilment.printing import (
    PrinterListRecord,
    PrinterRecord,
    PrinterTestRecord,
    PrintJobRecord,
    PrintJobsRecord,
)
from api.shapes.cursors import PrintJobsCursor
from api.shapes.limits import MOST_HOLDS
from engine.fulfilment.printing.print_job import PAPERS, JobState, Paper, PrintJob
from engine.fulfilment.printing.printing import TURN_SECONDS
from engine.fulfilment.printing.sending import REACHED
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.audit.accesses import PreparedAccess

_JOB = click.argument("job", metavar="JOB")
_PAPER = click.Choice(PAPERS)
_NOTHING: Mapping[JobState, str] = {
    "queued": text("nothing waits to be printed"),
    "printed": text("nothing was printed in the last 30 days"),
    "dead": text("nothing was given up"),
}
_PRINTER_STATES = {
    "idle": text("idle"),
    "processing": text("printing"),
    "stopped": text("stopped"),
    "unknown": text("in a state that is not known here"),
}


@click.group()
def printing() -> None:
    """Print what is to be printed at nodes, and test printers."""


@printing.command("list")
@click.option("--node", help="Only what is printed at this node.")
@click.option("--state", default="queued", show_default=True, type=click.Choice(get_args(JobState)))
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, MOST_HOLDS))
@click.option("--after", type=ShapeParam(PrintJobsCursor(), name="next"), help="Go on behind a page.")
@AS_JSON
@click.pass_obj
def list_jobs(
    settings: Settings, *, node: str | None, state: JobState, limit: int, after: int | None, as_json: bool
) -> None:
    """List what is to be printed.

    It is listed in the order in which it was asked for. With --state printed or dead, what was printed or given up, the
    latest first.

    Example: pointsman print list --state dead --node st-lyon
    """
    with Pointsman(settings) as service:
        page = service.fulfilment.printing.page(state, node=node, limit=limit, after=after)
        times = Times.of(service)
    record = PrintJobsRecord.of(page, limit=limit)
    if as_json:
        print_json(record)
        return
    if not page:
        click.echo(say(_NOTHING[state]))
        return
    print_rows(
        [
            say("job"),
            say("node"),
            say("paper"),
            say("printed for"),
            say("asked for at"),
            say("tries"),
            say("last problem"),
        ],
        [
            [
                job.id,
                job.node,
                say(PAPER_WORDS[job.paper]),
                job.of,
                times(job.queued_at),
                str(job.tries),
                say_message(job.error),
            ]
            for _, job in page
        ],
    )
    print_more(record.next)


@printing.command()
@_JOB
@AS_JSON
@click.pass_obj
def show(settings: Settings, *, job: str, as_json: bool) -> None:
    """Show one print job.

    Example: pointsman print show 3f2b6c0e9d5a4f7f8e1d2c3b4a596877
    """
    with Pointsman(settings) as service:
        _print(service.fulfilment.printing.show(job), as_json=as_json)


@printing.command()
@click.argument("jobs", metavar="[JOB]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that were given up, or those of --node.")
@click.option("--node", help="With --all: only what is printed at this node.")
@AS_JSON
@click.pass_obj
def retry(settings: Settings, *, jobs: tuple[str, ...], every: bool, node: str | None, as_json: bool) -> None:
    """Print again what was given up.

    Of what still waits, the printer is tried at once.

    Example: pointsman print retry --all --node st-lyon
    """
    if bool(jobs) is every:
        raise click.UsageError(say("name jobs, or say --all"))
    if node is not None and not every:
        raise click.UsageError(say("--node goes with --all"))
    with Pointsman(settings) as service:
        part = service.fulfilment.printing
        if every:
            jobs = tuple(job.id for _, job in part.page("dead", node=node, limit=MOST_HOLDS))
        retried = []
        for job in jobs:
            before = part.show(job)
            retried.append(part.retry(job, access=_print_access(service, before.paper, before.of)))
    if as_json:
        print_json(PrintJobsRecord(jobs=[PrintJobRecord.of_job(job) for job in retried], next=None))
        return
    for job in retried:
        _print(job, as_json=False)
    if not retried:
        click.echo(say("nothing was given up"))


@printing.command()
@click.argument("paper", type=_PAPER)
@click.argument("of", metavar="OF")
@click.option("--node", help="Where. Default: where it was packed.")
@OP
@AS_JSON
@click.pass_obj
def again(settings: Settings, *, paper: Paper, of: str, node: str | None, op: str | None, as_json: bool) -> None:
    """Print a paper once more: the same as before.

    Nothing is bought again. OF is DECISION/NUMBER/PARCEL for a label or a note, and the id of a manifest or a return
    for the others.

    Example: pointsman print again label 3f2b6c0e9d5a4f7f8e1d2c3b4a596877/0/1
    """
    with Pointsman(settings) as service:
        access = _print_access(service, paper, of)
        added = service.fulfilment.printing.add(paper, of, node=node, op=op, access=access)
        _print(added.job, as_json=as_json)


@printing.command()
@_JOB
@click.pass_obj
def drop(settings: Settings, *, job: str) -> None:
    """Don't print a job that waits or was given up.

    Example: pointsman print drop 3f2b6c0e9d5a4f7f8e1d2c3b4a596877
    """
    with Pointsman(settings) as service:
        service.fulfilment.printing.drop(job)
    click.echo(say("{job} is not printed", job=job))


@printing.command()
@click.option("--node", help="Only those of this node.")
@AS_JSON
@click.pass_obj
def printers(settings: Settings, *, node: str | None, as_json: bool) -> None:
    """List the printers of nodes, and which can't print at present.

    Example: pointsman print printers --node st-lyon
    """
    with Pointsman(settings) as service:
        every = service.fulfilment.printing.printers(node)
        times = Times.of(service)
    if as_json:
        print_json(PrinterListRecord([PrinterRecord.of(item) for item in every], None))
        return
    if not every:
        click.echo(say("no node names a printer; write printers: {label: 'socket://...'} in network.yaml"))
        return
    print_rows(
        [say("node"), say("paper"), say("printer"), say("format"), say("last problem"), say("next try")],
        [
            [
                item.node,
                say(PAPER_WORDS[item.paper]),
                item.printer.address,
                item.printer.format,
                "" if item.rest is None else say_message(item.rest.error),
                "" if item.rest is None else times(item.rest.until),
            ]
            for item in every
        ],
        keys=2,
    )


@printing.command()
@click.argument("node", metavar="NODE")
@click.option("--paper", default="label", show_default=True, type=_PAPER, help="The printer for this paper.")
@AS_JSON
@click.pass_obj
def test(settings: Settings, *, node: str, paper: Paper, as_json: bool) -> None:
    """Send a test page to a printer of NODE. Exits with 1 if that fails.

    Example: pointsman print test st-lyon --paper note
    """
    with Pointsman(settings) as service:
        tested = service.fulfilment.printing.test(node, paper)
    if as_json:
        print_json(PrinterTestRecord.of(tested))
    elif tested.problem:
        click.echo(say_message(tested.problem), err=True)
    else:
        click.echo(say("a test page was sent to {printer}", printer=tested.printer.address))
        if tested.state not in ("", REACHED):
            state, colon, reasons = tested.state.partition(":")
            click.echo(say("it says of itself: {state}", state=f"{say(_PRINTER_STATES[state])}{colon}{reasons}"))
    if tested.problem:
        click.get_current_context().exit(1)


@printing.command()
@click.option("--follow", is_flag=True, help="Go on until interrupted.")
@click.pass_obj
def run(settings: Settings, *, follow: bool) -> None:
    """Print what waits.

    For installations with POINTSMAN_PRINTING=manual; otherwise `pointsman serve` does it by itself. Exits with 1 if
    papers still wait for a printer that can't print, or were given up.

    Example: pointsman print run --follow
    """
    with Pointsman(settings) as service:
        part, began = service.fulfilment.printing, service.micros
        printed = part.take_turn()
        while follow:
            time.sleep(TURN_SECONDS)
            printed += part.take_turn()
        away = part.printers_away()
        given_up = [job for at, job in part.page("dead", limit=MOST_HOLDS) if at >= began]
    click.echo(say("printed: {count:,}", count=printed))
    for each in away:
        click.echo(
            say(
                "{printer} at {node}: {papers} still to be printed: {problem}",
                printer=each.address,
                node=each.node,
                papers=counted(each.papers, "paper"),
                problem=say_message(each.rest.error),
            ),
            err=True,
        )
    if given_up:
        papers = counted(len(given_up), "paper")
        click.echo(say("given up: {papers}; see pointsman print list --state dead", papers=papers), err=True)
    if away or given_up:
        click.get_current_context().exit(1)


def _print_access(service: Pointsman, paper: Paper, of: str) -> PreparedAccess:
    """The paper shows whom it goes to. Where it can't be read what it is about, nothing is printed."""
    about = service.fulfilment.papers.about(paper, of)
    return print_access(service, subject=about.id, order=about.order)


def _print(job: PrintJob, *, as_json: bool) -> None:
    if as_json:
        print_json(PrintJobRecord.of_job(job))
        return
    line = say(
        "{job}: {paper} of {of} at {node}: {state}",
        job=job.id,
        paper=say(PAPER_WORDS[job.paper]),
        of=job.of,
        node=job.node,
        state=say(STATE_WORDS[job.state]),
    )
    click.echo(f"{line} ({say_message(job.error)})" if job.error else line)
