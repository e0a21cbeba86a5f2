"""`pointsman explain`: why an order ships as it does, and why not otherwise."""

import textwrap
from collections.abc import Iterable, Iterator

import click

from api.cli.audit.lookahead_table import lookahead_table_line
from api.cli.options import AS_JSON, print_json
from api.cli.reads import record_read
from api.language.current import say, sentence_language, text
from api.shapes.quantities import Quantities
from engine.audit.explanation.record import DecisionExplanationRecord, StatementRecord
from engine.errors import NotFound
from engine.service import Pointsman
from engine.settings import Settings

_WIDTH = 100
_SECTIONS = (
    (text("What was chosen"), "chosen"),
    (text("What it costs"), "cost"),
    (text("Why not from elsewhere"), "places"),
    (text("What was kept back"), "kept"),
)
"""The headings, and the parts of the explanation under them."""


@click.command()
@click.argument("name", metavar="DECISION|ORDER")
@click.option("--why-not", metavar="NODE", multiple=True, help="Also say why nothing ships from this node.")
@click.option("--what-if", is_flag=True, help="Also find what would have changed the decision.")
@AS_JSON
@click.pass_obj
def explain(settings: Settings, name: str, *, why_not: tuple[str, ...], what_if: bool, as_json: bool) -> None:
    """Say why an order ships as it does, and why not otherwise.

    The decision is made again on the facts that were kept with it. By the id of an order, its newest decision is
    explained. With --what-if, the smallest changes are looked for under which it would have been decided otherwise:
    without a rule, with another amount, with more units, an hour earlier. Each is tried.

    Example: pointsman explain W-000001 --why-not st-paris --what-if
    """
    with Pointsman(settings) as service:
        explained = service.explanations.of_decision(_decision(service, name), why_not=why_not, what_if=what_if)
        quantities = Quantities.of(service)
        prices = lookahead_table_line(service, explained.record)
        record_read(service, subject=name, order=explained.record.order.id)
    record = explained.in_language(sentence_language())
    if as_json:
        print_json(record, quantities)
        return
    for line in _lines(record, prices):
        click.echo(line)


def _decision(service: Pointsman, name: str) -> str:
    """The id of the decision; of an order, its newest."""
    try:
        return service.decision(name).id or ""
    except NotFound as missing:
        try:
            return service.explanations.newest_decision(name)
        except NotFound:
            raise missing from None


def _lines(record: DecisionExplanationRecord, prices: str | None) -> Iterator[str]:
    """`prices` says which look-ahead prices counted, if any did."""
    yield say("Decision {decision} of order {order}", decision=record.decision, order=record.order)
    if prices is not None:
        yield prices
    for heading, part in _SECTIONS:
        yield from _section(say(heading), (item.sentence for item in getattr(record, part)))
    for question in record.questions:
        yield from _section(question.asks, _sentences(question.answers))
    if isinstance(record.changes, list):
        found = [change.sentence for change in record.changes] or [say("No single change of those that were tried.")]
        untried = (
            [say("Not all changes were tried: that would have taken too many decisions.")]
            if record.some_untried
            else []
        )
        yield from _section(say("What would have changed it"), found + untried)


def _sentences(statements: Iterable[StatementRecord]) -> Iterator[str]:
    return (statement.sentence for statement in statements)


def _section(heading: str, sentences: Iterable[str]) -> Iterator[str]:
    """A heading and an item for each sentence; nothing if there are none."""
    items = list(sentences)
    if items:
        yield ""
        yield heading
    for sentence in items:
        yield from textwrap.wrap(
            sentence,
            _WIDTH,
            initial_indent="  - ",
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
