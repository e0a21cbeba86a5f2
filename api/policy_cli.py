"""`pointsman policy`: what merchandisers do with their files."""

import sys
from pathlib import Path

import click

from api import files, findings
from api.options import AS_JSON, print_json, who
from engine.service import Pointsman
from engine.settings import Settings
from rules import lint

_PATH = click.Path(exists=True, path_type=Path)


@click.group()
def policy() -> None:
    """Check, publish and activate policies."""


@policy.command()
@click.argument("path", type=_PATH)
@click.option("--format", "form", type=click.Choice(list(findings.FORMATS)), default="text", show_default=True)
@click.option("--strict", is_flag=True, help="Let warnings fail as errors do.")
def check(path: Path, form: str, *, strict: bool) -> None:
    """Say every mistake in the policy files under PATH, and every rule that does nothing, as file:line:column.

    Exits with 1 if there are errors. Example: pointsman policy check policies
    """
    checked = files.shown_at(path, lint.check(files.policy_files(path)))
    click.echo(findings.FORMATS[form](checked))
    sys.exit(1 if checked.errors or (strict and checked.warnings) else 0)


@policy.command()
@click.argument("path", type=_PATH)
@click.option("--note", default="", help="Why, for the history.")
@click.option("--activate", is_flag=True, help="Let it decide from now on.")
@click.pass_obj
def publish(settings: Settings, path: Path, note: str, *, activate: bool) -> None:
    """Store the policy files under PATH as one version, named by the hash of their content.

    Example: pointsman policy publish policies --activate --note "autumn sale"
    """
    content = files.policy_files(path)
    with Pointsman(settings) as service:
        found = service.publish(content, who=who(), note=note)
        click.echo(f"published {found.version} ({len(found.rules)} rules)")
        if activate:
            service.activate(found.version, who=who(), note=note)
            click.echo("active from the next decision on")


@policy.command("activate")
@click.argument("version")
@click.option("--note", default="", help="Why, for the history.")
@click.pass_obj
def activate_version(settings: Settings, version: str, note: str) -> None:
    """Let a published VERSION (or the unique start of one) decide from now on.

    Example: pointsman policy activate d2720ce4c970 --note "back to Monday's"
    """
    with Pointsman(settings) as service:
        whole = service.find_version(version)
        service.activate(whole, who=who(), note=note)
    click.echo(f"{whole} is active from the next decision on")


@policy.command("history")
@AS_JSON
@click.pass_obj
def policy_history(settings: Settings, *, as_json: bool) -> None:
    """Say who published or activated which version, when and why.

    Example: pointsman policy history
    """
    with Pointsman(settings) as service:
        acts = service.policy_history()
    if as_json:
        print_json(acts)
    for act in [] if as_json else acts:
        click.echo(f"{act['at']}  {act['act']:<9}  {act['version'][:12]}  {act['who']}  {act['note']}")
