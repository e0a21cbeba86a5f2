"""`pointsman server check`: whether the server may be trusted with stock."""

import sys

import click

from api.cli.options import AS_JSON, print_json
from api.language.current import say, say_message
from engine.settings import Settings
from engine.store.connection.server import open_server, without_password
from engine.store.connection.server_check import ServerFinding, check_server


@click.group()
def server() -> None:
    """Check the server that holds stock, holds and the log."""


@server.command()
@AS_JSON
@click.pass_obj
def check(settings: Settings, *, as_json: bool) -> None:
    """Check the settings of the server and the rights of its user.

    The server is the one that POINTSMAN_REDIS_URL names, else the embedded one.
    With a fault the exit status is 1, and `pointsman serve` does not start.

    Example: pointsman server check
    """
    with open_server(settings) as opened:
        findings = check_server(opened.url, settings)
        where = without_password(opened.url)
    if as_json:
        print_json({"server": where, "findings": findings})
    else:
        for finding in findings:
            click.echo(finding_text(finding))
        click.echo(
            f"{where}: " + (say("nothing to change") if not findings else say("{count} to change", count=len(findings)))
        )
    sys.exit(any(finding.severity == "fault" for finding in findings))


def finding_text(finding: ServerFinding) -> str:
    return say(
        "{severity} of the server: {message} ({code})\n  {remedy}",
        severity=say(finding.severity),
        message=say_message(finding.message),
        code=finding.code,
        remedy=say_message(finding.remedy),
    )
