"""`pointsman resting`: the nodes that get no shipments for a while, because they rejected one."""

import click

from api.cli.options import AS_JSON, print_json, who
from api.cli.output.tables import sentence
from api.language.current import say
from api.records.node_rests import RestsRecord
from engine.decide.kept_facts.rest_record import RestingRecord
from engine.service import Pointsman
from engine.settings import Settings


@click.group()
def resting() -> None:
    """List the nodes that rest after a rejection; end a rest."""


@resting.command("list")
@AS_JSON
@click.pass_obj
def list_resting(settings: Settings, *, as_json: bool) -> None:
    """List the nodes that get no shipments now, until when and why.

    Example: pointsman resting list
    """
    with Pointsman(settings) as service:
        node_rests = service.rests.all()
    if as_json:
        print_json(RestsRecord(nodes=node_rests))
        return
    for node_rest in node_rests:
        click.echo(_line(node_rest))
    if not node_rests:
        click.echo(say("no node rests"))


@resting.command()
@click.argument("node")
@click.pass_obj
def end(settings: Settings, node: str) -> None:
    """End the rest of NODE now, so that it gets shipments again.

    The log keeps who ended it.

    Example: pointsman resting end lyon
    """
    with Pointsman(settings) as service:
        service.rests.end(node, who=who(settings))
    click.echo(say("the rest of {node} has ended", node=node))


def _line(node_rest: RestingRecord) -> str:
    return say(
        "{text} ({rules}); decision {decision}",
        text=sentence(node_rest),
        rules=", ".join(node_rest.rules),
        decision=node_rest.decision,
    )
