"""`pointsman policy`: checks policy files; the group of all commands on policies and their versions."""

import sys
from pathlib import Path

import click

from api.cli.output import findings
from api.cli.policy import activation, approvals, gate, trials, versions
from api.cli.policy.idle import idle
from api.cli.policy.network import network_to_check, with_network
from api.cli.policy.run_tests import run_tests
from api.cli.policy.table import table
from api.cli.policy.texts import explain, schema
from api.files.policies import findings_under, policy_files_beside
from rules.lint import check as lint_check

_PATH = click.Path(exists=True, path_type=Path)


@click.group()
def policy() -> None:
    """Check, test, explain, publish and activate policies."""


@policy.command()
@click.argument("path", type=_PATH)
@click.option("--format", "form", type=click.Choice(list(findings.FORMATS)), default="text", show_default=True)
@click.option("--strict", is_flag=True, help="Exit with 1 if there are warnings, too.")
@click.option(
    "--network",
    "network_name",
    metavar="NAME",
    help="Compare words with this network, or with the one in this folder. Default: the one that is named already.",
)
@click.pass_context
def check(context: click.Context, path: Path, form: str, network_name: str | None, *, strict: bool) -> None:
    """Report every mistake in the policy files under PATH.

    Rules that do nothing are reported too, each finding with its file:line:column. A single file is checked together
    with those in its directory, but only its own findings are reported. Exits with 1 if there are errors.

    If a network is named (--network, POINTSMAN_NETWORK), words that it does not have are reported, too: channels,
    places, services, SKUs, categories, brands, tags, customer segments.

    Example: pointsman policy check policies --network demo
    """
    is_named = bool(context.find_root().params.get("network"))
    network = network_to_check(context.obj, network_name, is_named=is_named)
    checked = with_network(lint_check.check(policy_files_beside(path), whole_set=path.is_dir()), network)
    checked = findings_under(path, checked)
    click.echo(findings.FORMATS[form](checked, network.name if network else None))
    sys.exit(1 if checked.errors or (strict and checked.warnings) else 0)


for command in (
    run_tests,
    schema,
    explain,
    table,
    idle,
    *activation.COMMANDS,
    *approvals.COMMANDS,
    gate.gate,
    *trials.COMMANDS,
    *versions.COMMANDS,
):
    policy.add_command(command)
