"""`pointsman resting`: the nodes that rest after a rejection."""

from collections.abc import Mapping
from typing import Any

import click

from api.cli.options import AS_JSON, print_json, who
from engine.service import Pointsman
from engine.settings import Settings


@click.group()
def resting() -> None:
    """See which nodes rest after a rejection, and let one be given shipments again."""


@resting.command("list")
@AS_JSON
@click.pass_obj
def list_resting(settings: Settings, *, as_json: bool) -> None:
    """List the nodes that are given nothing now, until when and why.

    Example: pointsman resting list
    """
    with Pointsman(settings) as service:
        found = service.rests.all()
    if as_json:
        print_json({"nodes": found})
        return
    for item in found:
        click.echo(_line(item))
    if not found:
        click.echo("no node rests")


@resting.command()
@click.argument("node")
@click.pass_obj
def end(settings: Settings, node: str) -> None:
    """Let NODE be given shipments again, before its time; the log says who said so.

    Example: pointsman resting end lyon
    """
    with Pointsman(settings) as service:
        service.rests.end(node, who=who(settings))
    click.echo(f"{node} rests no more")


def _line(item: Mapping[str, Any]) -> str:
    return f"{item['en']} ({', '.join(item['rules'])}); decision {item['decision']}"
