"""`pointsman connector list`: how far each connector is."""

from pathlib import Path

import click

from api.cli.connector.cells import beginnings, kept_texts, last_error, so_far_text, waiting_text
from api.cli.connector.choice import CONNECTORS, FOLDER, chosen, connector_settings
from api.cli.options import AS_JSON, print_json
from api.cli.output.mistakes import fail_with_mistakes
from api.cli.output.row_blocks import print_rows
from api.cli.output.times import Times
from api.connectors.running.kept_files import kept_by
from api.language.current import current_language, say
from api.records.connectors import ConnectorListRecord, ConnectorRecord, place_text
from engine.errors import InputInvalid
from engine.service import Pointsman
from engine.settings import Settings
from rules.errors import PolicyInvalid


@click.command("list")
@CONNECTORS
@FOLDER
@AS_JSON
@click.pass_obj
def list_connectors(settings: Settings, names: tuple[str, ...], folder: Path | None, *, as_json: bool) -> None:
    """List connectors: how far each is, and its last error.

    Of each: what it brings or sends, from where, when it last read or sent something, how many messages or records wait
    and for how long the oldest has, how many rows were read or records sent, how many files wait for a person in its
    folder bad (and of one that sends, how many records), and what went wrong last.

    Example: pointsman connector list
    """
    try:
        connectors = chosen(settings, names, folder)
    except (InputInvalid, PolicyInvalid) as error:
        fail_with_mistakes(error, say("nothing is listed"))
    with Pointsman(settings) as service:
        now, times = service.now, Times.of(service)
        statuses = {item.name: service.connectors.status(item.name) for item in connectors}
    files = connector_settings(settings).files
    kept = {item.name: kept_by(item, files) for item in connectors}
    if as_json:
        records = [ConnectorRecord.of(item, statuses[item.name], kept[item.name], now=now) for item in connectors]
        print_json(ConnectorListRecord(connectors=records))
        return
    rows = []
    for item in connectors:
        status = statuses[item.name]
        last = status.read_at if item.reads else status.sent_at
        kind = f"{item.kind} {'<' if item.reads else '>'}"
        rows.append(
            [item.name, kind, place_text(item), times(last) if last else say("never"), waiting_text(status, now)]
        )
        rows[-1].append(so_far_text(status, sends=item.sends is not None))
        rows[-1] += [*kept_texts(kept[item.name], times), last_error(status, kept[item.name])]
        rows[-1].append(item.purpose(current_language()))
    headings = [say("connector"), say("kind"), say("place"), say("last read or sent"), say("waiting")]
    headings += [say("so far"), say("to mend"), say("tried again"), say("last error"), say("what for")]
    print_rows(headings, rows)
    for line in beginnings(statuses.values(), times, now):
        click.echo(line)
