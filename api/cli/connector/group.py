"""`pointsman connector`: the group of all commands on connectors."""

import logging

import click

from api.cli.connector.checks import check, run_tests, schema
from api.cli.connector.listing import list_connectors
from api.cli.connector.runs import replay_messages, run


@click.group()
def connector() -> None:
    """Check, test and run connectors: files and calls of other systems, described in YAML."""
    # what the service logs of messages, these commands print
    logging.getLogger("pointsman").addHandler(logging.NullHandler())


for command in (check, run_tests, run, replay_messages, list_connectors, schema):
    connector.add_command(command)
