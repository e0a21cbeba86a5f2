"""`pointsman policy ask`, `approve` and `decline`: who asks that a version be approved, and who answers."""

import click

from api.cli.options import AS_JSON, INSTANT, print_json, who
from api.cli.policy.activation import NOTE
from api.language.current import say
from api.records.listed_versions import ListedVersionRecord
from engine.service import Pointsman
from engine.settings import Settings


@click.command("ask")
@click.argument("version")
@click.option(
    "--at",
    "instant",
    type=INSTANT,
    help="From when on it should decide, for who approves it; nothing is scheduled by that.",
)
@click.option("--take-back", is_flag=True, help="Take back that you asked.")
@NOTE
@AS_JSON
@click.pass_obj
def ask_approval(
    settings: Settings, version: str, instant: int | None, note: str, *, take_back: bool, as_json: bool
) -> None:
    """Ask that a published VERSION be approved.

    With POINTSMAN_FOUR_EYES=1, another person than its publisher has to approve a version before it is activated. What
    is asked stands in `policy list` until somebody approves or declines it, or you take it back.

    Example: pointsman policy ask d2720ce4c970 --at "2026-11-27 08:00" --note "for Black Friday"
    """
    if take_back and instant is not None:
        raise click.UsageError(say("give --at or --take-back, not both"))
    name = who(settings)
    with Pointsman(settings) as service:
        full_version = service.versions.find(version)
        if take_back:
            service.versions.approvals.take_back(full_version, who=name, note=note)
            done = say("{who} no longer asks that {full_version} be approved", who=name, full_version=full_version)
        else:
            service.versions.approvals.ask(full_version, who=name, note=note, activate_at=instant)
            done = say("{who} asks that {full_version} be approved", who=name, full_version=full_version)
        _print(service, full_version, done, as_json=as_json)


@click.command("approve")
@click.argument("version")
@NOTE
@click.pass_obj
def approve_version(settings: Settings, version: str, note: str) -> None:
    """Approve a published VERSION, which somebody else published.

    With POINTSMAN_FOUR_EYES=1, a version is activated only after that.

    Example: pointsman policy approve d2720ce4c970 --note "read it, and its tests"
    """
    with Pointsman(settings) as service:
        full_version = service.versions.find(version)
        service.versions.approvals.approve(full_version, who=who(settings), note=note)
    click.echo(say("{full_version} is approved by {who}", full_version=full_version, who=who(settings)))


@click.command("decline")
@click.argument("version")
@click.option("--note", required=True, help="The reason, for who asked, and for the history.")
@AS_JSON
@click.pass_obj
def decline_version(settings: Settings, version: str, note: str, *, as_json: bool) -> None:
    """Decline to approve VERSION, and say why.

    It can be asked for again, and approved after all.

    Example: pointsman policy decline d2720ce4c970 --note "clearance needs a last day"
    """
    with Pointsman(settings) as service:
        full_version = service.versions.find(version)
        service.versions.approvals.decline(full_version, who=who(settings), note=note)
        done = say("{who} declines to approve {full_version}", who=who(settings), full_version=full_version)
        _print(service, full_version, done, as_json=as_json)


COMMANDS = (ask_approval, approve_version, decline_version)


def _print(service: Pointsman, version: str, done: str, *, as_json: bool) -> None:
    """What was done, or the version as it is listed since."""
    if as_json:
        print_json(ListedVersionRecord.of(service.versions.listed(version)))
    else:
        click.echo(done)
