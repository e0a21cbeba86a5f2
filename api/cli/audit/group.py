"""`pointsman audit`: its commands."""

import click

from api.cli.audit.archive import archive


@click.group()
def audit() -> None:
    """Seal the log, and prove that nobody changed it."""


for command in (archive,):
    audit.add_command(command)
