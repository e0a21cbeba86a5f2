"""`pointsman backup` and `restore`: all of a network in one file, and back, on any server."""

from datetime import UTC, datetime
from pathlib import Path

import click

from api.cli.output.progress import progress_bar
from api.language.current import counted, say
from engine.service import Pointsman
from engine.settings import Settings


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def backup(settings: Settings, file: Path) -> None:
    """Write all of the network into FILE, while it is used.

    The file has everything as it was at one moment: facts, stock, holds, the backlog, policies and the log. Orders are
    decided meanwhile; only while what changed in between is read do they wait, mostly some milliseconds. API keys
    belong to no network and are not in it.

    Example: pointsman backup main-2026-11-28.backup
    """
    with Pointsman(settings) as service, progress_bar() as progress:
        task = progress.add_task(say("keys"), total=None)
        keys = service.back_up(file, advanced=lambda done, total: progress.update(task, completed=done, total=total))
    click.echo(
        say(
            "{keys} of network '{network}' in {file}, {size:,.1f} MB",
            keys=counted(keys, "key"),
            network=settings.network,
            file=file,
            size=file.stat().st_size / 1e6,
        )
    )


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Delete what the network has now.")
@click.pass_obj
def restore(settings: Settings, file: Path, *, replace: bool) -> None:
    """Put the network that a backup is of in place.

    Stop what uses the network first. It must be empty, unless you say --replace. The server may be another than the
    one that the backup was made of, and --network another name.

    Example: pointsman restore main-2026-11-28.backup
    """
    with Pointsman(settings) as service, progress_bar() as progress:
        task = progress.add_task(say("parts"), total=None)
        contents = service.restore(
            file, replace=replace, advanced=lambda done, total: progress.update(task, completed=done, total=total)
        )
    made = datetime.fromtimestamp(contents.at, tz=UTC).isoformat().replace("+00:00", "Z")
    click.echo(
        say(
            "network '{network}' is that of '{copied}' as it was at {made}",
            network=settings.network,
            copied=contents.network,
            made=made,
        )
    )
    click.echo(say("pointsman ledger check says whether stock, holds and log agree"))
