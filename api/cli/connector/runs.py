"""`pointsman connector run` and `replay`: messages are taken over, or sent again."""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import click
from rich.progress import Progress

from api.cli.connector.choice import CONNECTORS, FOLDER, FOLDER_TO_RUN, chosen, chosen_to_run, connector_settings
from api.cli.connector.printing import print_reports
from api.cli.options import AS_JSON, INSTANT
from api.cli.output.mistakes import fail_with_mistakes
from api.cli.output.progress import progress_bar
from api.connectors.language.connector import Connector
from api.connectors.running.early_messages import EARLY_SECONDS, replay_early
from api.connectors.running.quarantine import Keeping
from api.connectors.running.replaying import (
    connector_of_file,
    log_replay,
    replay,
    send_again,
    verify_replayable,
    waiting_files,
)
from api.connectors.running.report import TurnReport
from api.connectors.running.schedule import ConnectorSchedule, is_pushed
from api.language.connector_wording import connector_wording
from api.language.current import current_language, say
from engine.errors import InputInvalid
from engine.service import Pointsman
from engine.settings import Settings
from rules.errors import PolicyInvalid

IDLE_SECONDS = 1.0
"""Between looks which connector is due."""


@click.command()
@CONNECTORS
@FOLDER_TO_RUN
@click.option("--once", is_flag=True, help="Take over what is there, and end. That is the default.")
@click.option("--follow", is_flag=True, help="Go on, each connector as often as its file says, until interrupted.")
@AS_JSON
@click.pass_obj
def run(
    settings: Settings, names: tuple[str, ...], folder: Path | None, *, once: bool, follow: bool, as_json: bool
) -> None:
    """Take over what waits at the sources of connectors.

    CONNECTOR is a name, a file or a folder; without any, all of the folder run. Those to which messages are sent are
    left to serve. What is bad is kept beside what is wrong with it, and goes on with replay. It may be interrupted, and
    run twice at once: nothing is lost, and nothing counts twice. Exits with 1 if a message has mistakes, or a source
    can't be read.

    Example: pointsman connector run stock-csv --follow
    """
    if once and follow:
        raise click.UsageError(say("--once or --follow, not both"))
    try:
        connectors = _not_pushed(chosen_to_run(settings, names, folder))
    except (InputInvalid, PolicyInvalid) as error:
        fail_with_mistakes(error, say("nothing was run"))
    files = connector_settings(settings).files
    wording = connector_wording(current_language())
    with Pointsman(settings) as service, progress_bar() as bar:
        schedule = ConnectorSchedule(
            pointsman=service, connectors=connectors, files=files, advanced=_advancing(bar), wording=wording
        )
        if not follow:
            reports = [*schedule.run_all(), *replay_early(service, connectors, files, wording)]
            print_reports(reports, as_json=as_json)
        else:
            _follow(schedule, as_json=as_json)
            return
    sys.exit(1 if any(_went_wrong(report) for report in reports) else 0)


@click.command("replay")
@click.argument("paths", metavar="[FILE]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--connector", "name", help="Whose files they are. Default: that in whose folder each is.")
@click.option("--since", type=INSTANT, help="All messages of --connector that are kept and came since then.")
@FOLDER
@AS_JSON
@click.pass_obj
def replay_messages(
    settings: Settings,
    paths: tuple[Path, ...],
    name: str | None,
    since: int | None,
    folder: Path | None,
    *,
    as_json: bool,
) -> None:
    """Send messages again: mended FILEs, all that wait, or old ones.

    FILEs are in quarantine, beside what was wrong with them; with --connector alone, all of its files there. Of a
    connector that reads, what was taken over before is left out, and a file that has no mistake any more goes to those
    that were taken over. Of one that sends, what the other side refused is sent again as it is by now, and goes away.
    Old messages are sent again after a backup was restored: those of folders are kept in done, others as `keep` says.

    Example: pointsman connector replay data/stock-csv/bad/20261127T060500_stock.csv
    """
    if (paths and since is not None) or (not paths and name is None):
        raise click.UsageError(say("say what to send again: FILEs, or --connector, with --since for old messages"))
    try:
        connectors = chosen(settings, () if name is None else (name,), folder)
    except (InputInvalid, PolicyInvalid) as error:
        fail_with_mistakes(error, say("nothing was run"))
    files = connector_settings(settings).files
    if not paths:
        paths = tuple(_of_connector(connectors[0], files, since))
    of_each = [(connectors[0] if name else _connector_of(connectors, files, path), path) for path in paths]
    for connector in [of for of, _ in of_each] or connectors[:1]:
        verify_replayable(connector)
    wording = connector_wording(current_language())
    with Pointsman(settings) as service:
        for own in {of.name: of for of, _ in of_each}.values():
            log_replay(service, own, [path for of, path in of_each if of is own])
        reports = [replay(service, of, [path], files, wording) for of, path in of_each if of.sends is None]
        senders = {of.name: of for of, _ in of_each if of.sends is not None}
        reports += [
            send_again(service, sender, [path for of, path in of_each if of is sender], files, wording)
            for sender in senders.values()
        ]
    if not of_each:
        click.echo(say("{name}: nothing waits", name=connectors[0].name))
    print_reports(reports, as_json=as_json)
    sys.exit(1 if any(_went_wrong(report) for report in reports) else 0)


def _not_pushed(connectors: Sequence[Connector]) -> list[Connector]:
    """Without those that messages are sent to, of which it is said so."""
    for connector in connectors:
        if is_pushed(connector):
            message = say(
                "{name}: is sent its messages by POST /v1/connectors/{name}; nothing is run", name=connector.name
            )
            click.echo(message, err=True)
    return [connector for connector in connectors if not is_pushed(connector)]


def _of_connector(connector: Connector, files: Path, since: int | None) -> list[Path]:
    """All that waits of the connector, or what is kept of it since that instant."""
    if since is None:
        return waiting_files(connector, files)
    if connector.sends is not None:
        message = say(
            "--since is about messages that came in; without it, what {name} could not send is sent again",
            name=connector.name,
        )
        raise click.UsageError(message)
    return list(Keeping(connector, files).kept_since(since))


def _connector_of(connectors: Sequence[Connector], files: Path, path: Path) -> Connector:
    connector = connector_of_file(connectors, files, path)
    if connector is None:
        raise click.UsageError(say("{path} is in no connector's folder; say whose it is, by --connector", path=path))
    return connector


def _advancing(bar: Progress) -> Callable[[str, int], None]:
    """Shows rows of each connector that is running; how many there are to be is not known."""
    tasks: dict[str, int] = {}

    def advanced(name: str, rows: int) -> None:
        if name not in tasks:
            tasks[name] = bar.add_task(name, total=None)
        bar.advance(tasks[name], rows)  # type: ignore[arg-type]  # what add_task answers

    return advanced


def _follow(schedule: ConnectorSchedule, *, as_json: bool) -> None:
    early_at = 0.0
    while True:
        reports = [report for report in schedule.run_due() if report.messages or report.error or report.sent]
        if time.monotonic() >= early_at:
            early_at = time.monotonic() + EARLY_SECONDS
            reports += replay_early(schedule.pointsman, schedule.connectors, schedule.files, schedule.wording)
        print_reports(reports, as_json=as_json)
        time.sleep(IDLE_SECONDS)


def _went_wrong(report: TurnReport) -> bool:
    return bool(report.error) or any(message.kept is not None for message in report.messages)
