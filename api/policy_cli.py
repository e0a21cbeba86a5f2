"""`pointsman policy`: what merchandisers do with their files."""

import sys
from pathlib import Path

import click

from api import files, findings, version_cli
from api.case_cli import run_tests
from api.policy_texts import explain, schema
from rules import lint

_PATH = click.Path(exists=True, path_type=Path)


@click.group()
def policy() -> None:
    """Check, test, explain, publish and activate policies."""


@policy.command()
@click.argument("path", type=_PATH)
@click.option("--format", "form", type=click.Choice(list(findings.FORMATS)), default="text", show_default=True)
@click.option("--strict", is_flag=True, help="Let warnings fail as errors do.")
def check(path: Path, form: str, *, strict: bool) -> None:
    """Say every mistake in the policy files under PATH, and every rule that does nothing, as file:line:column.

    Of one file, what there is to say of it among those beside it. Exits with 1 if there are errors.

    Example: pointsman policy check policies
    """
    checked = files.shown_at(path, lint.check(files.policies_beside(path), whole=path.is_dir()))
    click.echo(findings.FORMATS[form](checked))
    sys.exit(1 if checked.errors or (strict and checked.warnings) else 0)


for command in (run_tests, schema, explain, *version_cli.COMMANDS):
    policy.add_command(command)
