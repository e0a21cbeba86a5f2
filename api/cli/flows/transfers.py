"""`pointsman transfer`: what is worth moving between nodes; what becomes of it is in transfer_life.py."""

import csv
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal

import click
from msgspec import UNSET
from rich.progress import Progress

from api.cli.flows.transfer_life import COMMANDS
from api.cli.options import AS_JSON, print_json
from api.cli.output.column_tables import number_columns, print_columns, text_columns
from api.cli.output.progress import progress_bar
from api.cli.output.tables import money
from api.language.current import counted, current_language, say, say_message, say_number
from api.shapes.limits import MOST_DAYS_AHEAD
from api.shapes.quantities import Quantities
from engine.service import Pointsman
from engine.settings import Settings
from engine.transfers.article_markets import Ends
from engine.transfers.proposal import Proposal
from engine.transfers.proposals import DAYS, ProposalRequest
from engine.transfers.record import ProposalRecord, ProposedTransferRecord, TransferEndRecord
from engine.transfers.saving import Saved, in_parts, save
from rules.syntax.literals import MICROS
from rules.wording import amounts

_COLUMNS = ("from", "to", "arrives_at", "sku", "units", "gain", "cost", "co2_kg", "why")
_KEYS = 3
"""So many cells say what a row is of: from, to, SKU."""


@click.group()
def transfer() -> None:
    """Say what is worth moving, and move it from node to node."""


for _command in COMMANDS:
    transfer.add_command(_command)


@transfer.command()
@click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS_AHEAD),
    default=DAYS,
    show_default=True,
    help="Over how many dates, today the first, it is calculated what sells.",
)
@click.option("--sku", "skus", multiple=True, help="Only this article; may be given repeatedly.")
@click.option(
    "--category", "categories", multiple=True, help="Only articles of this category; may be given repeatedly."
)
@click.option("--from", "origins", metavar="NODE", multiple=True, help="Only from this node; may be given repeatedly.")
@click.option("--to", "goals", metavar="NODE", multiple=True, help="Only to this node; may be given repeatedly.")
@click.option("--node", "nodes", metavar="NODE", multiple=True, help="Only from or to it; may be given repeatedly.")
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="How many processes work it out; it is the same with any number.",
)
@click.option("--save", "saves", is_flag=True, help="Store each transfer as proposed, to be approved and shipped.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, a line of a transfer a row.")
@AS_JSON
@click.pass_obj
def propose(
    settings: Settings,
    *,
    days: int,
    processes: int,
    saves: bool,
    as_csv: bool,
    as_json: bool,
    skus: tuple[str, ...],
    categories: tuple[str, ...],
    **ends: tuple[str, ...],
) -> None:
    """Say what to move from where to where, so that it gains most.

    A unit gains the chance that it sells there times its margin, less the chance where it comes from, and what its lane
    costs. Nothing is moved by it; --save stores it. What was stored before counts: a second time, nothing new is
    proposed.

    Example: pointsman transfer propose --category textile --to st-lyon
    """
    if as_csv and as_json:
        raise click.UsageError(say("give one of --csv and --json"))
    request = ProposalRequest(
        days=days,
        skus=skus,
        categories=categories,
        ends=Ends(**{name: frozenset(nodes) for name, nodes in ends.items() if nodes}),
    )
    with Pointsman(settings) as service:
        with progress_bar() as progress:
            task = progress.add_task(say("calculating"), total=None)
            proposal = service.flows.transfer_proposals.propose(
                request,
                processes=processes,
                begun=lambda total: progress.update(task, total=total),
                advanced=lambda done: progress.advance(task, done),
            )
            saved: Sequence[Saved] = ()
            if saves:
                proposal = in_parts(proposal)
                saved = _saved(service, proposal, progress)
        record = ProposalRecord.of(proposal, service.network(), saved)
        quantities = Quantities.of(service)
    if as_json:
        print_json(record, quantities)
    elif as_csv:
        _print_csv(quantities.show(record))
    else:
        shown = quantities.show(record)
        if shown.transfers:
            _print_lines(shown)
        for line in _lines(shown):
            click.echo(line)


def _saved(service: Pointsman, proposal: Proposal, progress: Progress) -> list[Saved]:
    task = progress.add_task(say("storing"), total=len(proposal.transfers))
    return save(service.flows.transfers, proposal, advanced=lambda done: progress.advance(task, done))


def _print_csv(proposal: ProposalRecord) -> None:
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(_COLUMNS)
    for item in proposal.transfers:
        for line in item.lines:
            values = (line.gain_micros, line.cost_micros, line.co2_mg)
            figures = (amounts.decimal(value, MICROS) for value in values)
            why = line.text(current_language())
            table.writerow((item.origin, item.destination, item.arrives_at, line.sku, line.units, *figures, why))


def _lines(proposal: ProposalRecord) -> Iterator[str]:
    yield say(
        "{transfers} of {lines} gain {gain} over {days}",
        transfers=counted(len(proposal.transfers), "transfer"),
        lines=counted(sum(len(item.lines) for item in proposal.transfers), "line"),
        gain=money(proposal.gain_micros, proposal.currency),
        days=counted(proposal.days, "day"),
    )
    stored = [item for item in proposal.transfers if item.id is not UNSET]
    refused = [item.refused for item in proposal.transfers if item.refused is not UNSET]
    if stored or refused:
        yield say("{transfers} stored as proposed", transfers=counted(len(stored), "transfer"))
        yield from map(say_message, dict.fromkeys(refused))
    if proposal.gap_micros:
        yield say("not proven: others could gain at most {gap} more", gap=money(proposal.gap_micros, proposal.currency))
    if proposal.without_margin:
        yield say(
            "{articles} left out: they have no unit_margin in products.csv",
            articles=counted(len(proposal.without_margin), "article"),
        )


def _print_lines(proposal: ProposalRecord) -> None:
    rows = [row for item in proposal.transfers for row in _rows(item, proposal.currency)]
    names, figures = [row[:_KEYS] for row in rows], [row[_KEYS:] for row in rows]
    headings = say("units"), say("gain"), say("there"), say("where it comes from")
    print_columns(text_columns((say("from"), say("to"), say("SKU")), names), number_columns(headings, figures))
    click.echo(say("there, and where it comes from: what it has / is asked for / sells more"))


def _rows(item: ProposedTransferRecord, currency: str) -> Iterator[tuple[str, ...]]:
    """Of each line, and of what the shipment costs."""
    for line in item.lines:
        units, gain = say_number(f"{line.units:,}"), money(line.gain_micros, currency)
        yield item.origin, item.destination, line.sku, units, gain, _end(line.destination), _end(line.origin)
    if item.price_micros:
        yield item.origin, item.destination, say("shipment"), "", money(-item.price_micros, currency), "", ""


def _end(end: TransferEndRecord) -> str:
    """What the place has, what it is expected to be asked for, and how much more it sells."""
    expected, sold = (say_number(f"{Decimal(text):z,.2f}") for text in (end.expected, end.sold))
    return f"{say_number(f'{end.has:,}')} / {expected} / {sold}"
