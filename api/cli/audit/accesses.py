"""`pointsman audit accesses`: who read personal data."""

from collections.abc import Iterable, Iterator
from typing import Any

import click

from api.cli.options import AS_JSON, INSTANT, TO, ShapeParam, print_json, print_more
from api.cli.output.times import Times
from api.cli.reads import record_read
from api.language.current import say
from api.records.audit.accesses import AccessListRecord
from api.shapes.cursors import DecisionsCursor, decisions_cursor
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.audit.accesses import AccessFilter, StoredAccess


@click.command()
@click.option("--by", help="By this caller or user.")
@click.option("--id", "subject", metavar="ID", help="Of this order, its decisions included, or of this decision.")
@click.option("--what", help="By this operation of the HTTP API, such as orders_show, or this command.")
@click.option("--from", "start", type=INSTANT, help="Recorded from this instant on, by the server's clock.")
@TO
@click.option("--limit", type=click.IntRange(1, 1_000), default=100, show_default=True, help="At most this many.")
@click.option(
    "--after", type=ShapeParam(DecisionsCursor(), name="place"), help="The place that the list before ended with."
)
@AS_JSON
@click.pass_obj
def accesses(settings: Settings, *, limit: int, after: tuple[int, int] | None, as_json: bool, **filters: Any) -> None:
    """Print who read personal data, the latest first.

    Each line says when, who, through what and from where, by which operation or command, and of which order or decision
    or how many. How long that is kept: POINTSMAN_KEEP_ACCESSES.

    Example: pointsman audit accesses --id W-900001
    """
    with Pointsman(settings) as service:
        page = service.accesses.page(AccessFilter(**filters), limit=limit, after=after)
        while not page.accesses and page.after is not None:
            page = service.accesses.page(AccessFilter(**filters), limit=limit, after=page.after)
        times = Times.of(service)
        record_read(service, count=len(page.accesses))
    if as_json:
        print_json(AccessListRecord.of(page))
        return
    for line in list(_lines(page.accesses, times)) or [say("none")]:
        click.echo(line)
    print_more(decisions_cursor(page.after))


def _lines(accesses: Iterable[StoredAccess], times: Times) -> Iterator[str]:
    for access in accesses:
        where = say("{who}, {through} from {origin}", who=access.by, through=access.through, origin=access.origin)
        which = access.subject or say("{count:,} in all", count=access.count)
        if access.order:
            which = say("{decision} of order {order}", decision=access.subject, order=access.order)
        query = f"  ({access.query})" if access.query else ""
        yield f"{times(access.at, seconds=True)}  {access.what}  {which}  [{where}]{query}"
