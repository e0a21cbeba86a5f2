"""Prints what became of the turns of connectors and of their messages."""

from collections.abc import Sequence

import click

from api.cli.options import print_json
from api.connectors.running.report import MessageReport, TurnReport
from api.language.current import counted, say, say_message
from api.records.connectors import TurnRecord
from engine.decide.order_record import timestamp

_MOST_TOLD = 5
"""Problems of a message that are printed; its problem file has them all."""


def print_reports(reports: Sequence[TurnReport], *, as_json: bool) -> None:
    """What became of each connector's turn: what keeps one from going on, or had it begin again, as an error."""
    for report in reports:
        if as_json:
            print_json(TurnRecord.of(report))
            continue
        for message in report.messages:
            _print_message(report.connector, message)
        if report.began_again:
            click.echo(f"{report.connector}: {say_message(report.began_again)}", err=True)
        if report.sent:
            click.echo(say("{name}: {records} sent", name=report.connector, records=counted(report.sent, "record")))
        if report.error:
            click.echo(f"{report.connector}: {say_message(report.error)}", err=True)
        elif report.busy:
            click.echo(say("{name}: another process runs it", name=report.connector))
        elif not report.messages and not report.sent:
            click.echo(_idle_line(report))


def _print_message(connector: str, message: MessageReport) -> None:
    click.echo(f"{connector}: {message_line(message)}")
    for problem in message.problems[:_MOST_TOLD]:
        parts = (say_message(problem.place), problem.path, say_message(problem.message))
        click.echo("    " + ": ".join(part for part in parts if part))
    if message.kept is not None:
        click.echo(f"    {say('kept with what is wrong with it: {path}', path=message.kept)}")


def _idle_line(report: TurnReport) -> str:
    """Why nothing was done."""
    if report.settling:
        files = counted(report.settling, "file")
        return say(
            "{name}: {files} may still be written; what has not changed for {seconds} s is read",
            name=report.connector,
            files=files,
            seconds=report.settled,
        )
    if report.left_alone_until:
        until = timestamp(report.left_alone_until)
        return say("{name}: the other side is left alone until {until}", name=report.connector, until=until)
    if report.begun:
        return say("{name}: begins now, and sends what happens from now on", name=report.connector)
    return say("{name}: nothing waits", name=report.connector)


def message_line(message: MessageReport) -> str:
    """How many rows it has, and what became of them."""
    words = {
        "applied": say("taken over"),
        "unchanged": say("unchanged"),
        "older": say("older than what is known"),
        "repeated": say("repeated"),
        "skipped": say("left out"),
        "bad": say("bad"),
    }
    parts = [
        say("{count:,} {ending}", count=count, ending=words[ending])
        for ending, count in message.endings.items()
        if count
    ]
    before = message.rows - sum(message.endings.values())
    if before:
        parts.append(say("{count} in a run that broke off", count=f"{before:,}"))
    return f"{message.name}: {counted(message.rows, 'row')}" + (f" ({', '.join(parts)})" if parts else "")
