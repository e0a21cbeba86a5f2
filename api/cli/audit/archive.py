"""`pointsman audit archive`: moves sealed entries of the log from the server into Parquet files."""

from pathlib import Path

import click

from api.cli.options import DURATION
from api.cli.output.progress import progress_bar
from api.language.current import counted, say
from engine.service import Pointsman
from engine.settings import Settings

_SECONDS = 60


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--older-than",
    "minutes",
    type=DURATION,
    required=True,
    help="Entries of days (UTC) that ended at least this long ago, such as 30d.",
)
@click.pass_obj
def archive(settings: Settings, folder: Path, minutes: int) -> None:
    """Move sealed entries of the log into files in DIR.

    They are Parquet files, one a day, and the entries are taken off the server. Only what is sealed is moved, and
    only after it was read back and compared with the seal. Searches, orders, proofs and the ledger check go on over
    both, as long as DIR can be read; POINTSMAN_ARCHIVE says where it is, if that is not where it was written.
    Orders that still hold units or wait need no archive.

    If a run is interrupted, run it again.

    Example: pointsman audit archive --older-than 30d /var/lib/pointsman/archive
    """
    with Pointsman(settings) as service, progress_bar() as progress:
        task = progress.add_task(say("archiving"), total=None)
        archived = service.archive(
            folder,
            older_than=_SECONDS * minutes,
            advanced=lambda done, total: progress.update(task, completed=done, total=total),
        )
    if archived.forgotten:
        click.echo(say("{entries:,} archived entries forgotten, as their time is over", entries=archived.forgotten))
    if not archived.entries:
        click.echo(say("no sealed entry is that old"))
        return
    click.echo(
        say(
            "{entries:,} entries of {days} archived in {folder}",
            entries=archived.entries,
            days=counted(archived.days, "day"),
            folder=folder,
        )
    )
