"""`pointsman audit`: its commands."""

import click

from api.cli.audit.accesses import accesses
from api.cli.audit.export import export, verify
from api.cli.audit.sealing import checkpoint, keys, proof, rotate, seal


@click.group()
def audit() -> None:
    """Seal the log, and prove that nobody changed it."""


for command in (seal, checkpoint, keys, rotate, proof, export, verify, accesses):
    audit.add_command(command)
