"""`pointsman policy`: what merchandisers do with their files."""

from pathlib import Path

import click

from api import files, version_cli
from api.case_cli import run_tests
from api.policy_texts import explain, schema
from rules.schema import load_policies

_PATH = click.Path(exists=True, path_type=Path)


@click.group()
def policy() -> None:
    """Check, test, explain, publish and activate policies."""


@policy.command()
@click.argument("path", type=_PATH)
def check(path: Path) -> None:
    """Say every mistake in the policy files under PATH, as file:line:column.

    Example: pointsman policy check policies
    """
    found = load_policies(files.policy_files(path))
    click.echo(f"{len(found.rules)} rules in {len(found.policies)} policies: no mistakes; version {found.version[:12]}")


for command in (run_tests, schema, explain, *version_cli.COMMANDS):
    policy.add_command(command)
