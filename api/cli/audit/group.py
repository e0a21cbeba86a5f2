"""`pointsman audit`: its commands."""

import click

from api.cli.audit.erase import erase


@click.group()
def audit() -> None:
    """Erase the personal values of orders."""


for command in (erase,):
    audit.add_command(command)
