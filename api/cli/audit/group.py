"""`pointsman audit`: its commands."""

import click

from api.cli.audit.accesses import accesses
from api.cli.audit.archive import archive
from api.cli.audit.erase import erase
from api.cli.audit.export import export, verify
from api.cli.audit.report.command import report
from api.cli.audit.sealing import checkpoint, keys, proof, rotate, seal


@click.group()
def audit() -> None:
    """Seal the log, prove that nobody changed it, and erase personal values."""


for command in (accesses, seal, checkpoint, keys, rotate, proof, export, verify, archive, erase, report):
    audit.add_command(command)
