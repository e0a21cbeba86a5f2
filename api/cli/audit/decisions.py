"""`pointsman decisions`: searches the logged decisions, and prints or exports those found."""

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from api.cli.audit.decision_formats import FORMATS, opened, print_table
from api.cli.audit.unknown_names import unknown_names
from api.cli.options import AS_JSON, INSTANT, INSTANT_END, TO, ShapeParam, print_json, print_more
from api.cli.output.times import Times
from api.cli.reads import record_read
from api.language.current import say
from api.records.decisions import DecisionsPageRecord, FoundDecisionRecord
from api.shapes.cursors import DecisionsCursor, decisions_cursor
from api.shapes.policy_version import PolicyVersion
from engine.audit.search.decision_filter import STATUSES, DecisionFilter
from engine.audit.search.decision_summary import DecisionSummary
from engine.decide.order_record import timestamp
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.audit.decision_search import DecisionPage

_TABLE = "table"
_MOST_IN_TABLE = 100
_PAGE = 1_000


@click.command()
@click.option("--order", help="Decisions of the order with this id; found by an index.")
@click.option("--from", "start", type=INSTANT, help="Logged from this instant on, by the server's clock.")
@TO
@click.option("--decided-from", type=INSTANT, help="Decided as of this instant or a later one.")
@click.option(
    "--decided-to",
    "decided_until",
    type=INSTANT_END,
    help="Decided as of an instant before this one; of a date, up to the end of that day.",
)
@click.option("--node", help="By which this node ships something.")
@click.option("--sku", help="That decided this SKU.")
@click.option("--channel", help="Of orders of this channel.")
@click.option("--status", type=click.Choice(STATUSES))
@click.option(
    "--policy",
    "policy_version",
    type=ShapeParam(PolicyVersion(), name="version"),
    help="Under this policy version, or its start.",
)
@click.option("--fired", help="In which this rule fired, such as clearance/outlets-first.")
@click.option("--decisive", help="That this rule decided: without it, another choice would have been made.")
@click.option("--caller", help="That this caller asked for, or whose hold counts among its own.")
@click.option("--limit", type=click.IntRange(1), help="At most this many. Default: 100 in a table, otherwise all.")
@click.option(
    "--after", type=ShapeParam(DecisionsCursor(), name="place"), help="The place that the list before ended with."
)
@click.option("--format", "form", type=click.Choice((_TABLE, *FORMATS)), default=_TABLE, show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="The file to write. Default: stdout.")
@AS_JSON
@click.pass_obj
def decisions(
    settings: Settings,
    *,
    limit: int | None,
    after: tuple[int, int] | None,
    form: str,
    output: Path | None,
    as_json: bool,
    **filters: Any,
) -> None:
    """Search the logged decisions, newest first.

    A decision is found if all options are true of it. Instants are those of the server's clock when the decision was
    logged; an order that was decided as of another instant, as route does, is found by --decided-from and
    --decided-to, too.

    Example: pointsman decisions --node wh-lyon --from 2026-11-01 --fired clearance/outlets-first
    """
    if form == "parquet" and output is None:
        raise click.UsageError(say("--format parquet needs --output FILE"))
    if form == _TABLE and output is not None:
        raise click.UsageError(say("--output goes with --format csv, ndjson or parquet"))
    most = limit or (_MOST_IN_TABLE if form == _TABLE else None)
    with Pointsman(settings) as service:
        pages = _recorded(service, _pages(service, _filter(filters), after=after, most=most), filters)
        if as_json:
            print_json(_record(list(pages)))
            return
        if form == _TABLE:
            _print_pages(list(pages), Times.of(service))
            return
        found = itertools.chain.from_iterable(_readable(page) for page in pages)
        with opened(output) as file:
            FORMATS[form](map(FoundDecisionRecord.of, found), file)


def _recorded(service: Pointsman, pages: Iterator[DecisionPage], filters: Mapping[str, Any]) -> Iterator[DecisionPage]:
    """The pages; how many decisions they had is recorded once they are read. If there were none, words that name
    nothing are warned of.
    """
    count = 0
    try:
        for page in pages:
            count += len(page.decisions)
            yield page
    finally:
        record_read(service, count=count)
    if not count:
        for line in unknown_names(service, filters):
            click.echo(line, err=True)


def _filter(options: dict[str, Any]) -> DecisionFilter:
    decided = {
        name: timestamp(options[name]) for name in ("decided_from", "decided_until") if options[name] is not None
    }
    return DecisionFilter(**options | decided)


def _pages(
    service: Pointsman, filtered: DecisionFilter, *, after: tuple[int, int] | None, most: int | None
) -> Iterator[DecisionPage]:
    """Pages until all are found, or `most`."""
    left = most
    while left is None or left > 0:
        page = service.decisions.page(filtered, after=after, limit=_PAGE if left is None else min(left, _PAGE))
        yield page
        if page.after is None:
            return
        left, after = None if left is None else left - len(page.decisions), page.after


def _record(pages: list[DecisionPage]) -> DecisionsPageRecord:
    return DecisionsPageRecord.of(
        DecisionPage(
            decisions=tuple(summary for page in pages for summary in page.decisions),
            after=pages[-1].after,
            unreadable=tuple(entry for page in pages for entry in page.unreadable),
            not_replayable=tuple(decision for page in pages for decision in page.not_replayable),
        )
    )


def _print_pages(pages: list[DecisionPage], times: Times) -> None:
    found = [summary for page in pages for summary in _readable(page)]
    print_table(found, times)
    if found:
        print_more(decisions_cursor(pages[-1].after))


def _readable(page: DecisionPage) -> tuple[DecisionSummary, ...]:
    """Those found; of entries that can't be read, a warning is printed."""
    for entry in page.unreadable:
        click.echo(
            say(
                "entry {entry_id} of the log can't be read; run pointsman ledger check, which says what to do",
                entry_id="{}-{}".format(*entry),
            ),
            err=True,
        )
    for decision in page.not_replayable:
        click.echo(say("decision {id} can't be made again, so it is not known what decided it", id=decision), err=True)
    return page.decisions
