"""`pointsman load --network-only`: puts a network in place without its products and stock, and says what changed."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from api.cli.options import print_json
from api.files.inventory_folder import load_network
from api.language.current import counted, say
from api.records.network_load import NamedDifferenceRecord, NetworkLoadRecord
from engine.model.facts import Network
from engine.service import Pointsman
from engine.settings import Settings

_MOST_NAMED = 10
"""Of each kind, so many are named; of the others, how many there are. JSON names all."""


def load_without_stock(settings: Settings, directory: Path, *, as_json: bool) -> None:
    network = load_network(directory)
    with Pointsman(settings) as service:
        difference = service.load_network(network)
        record = NetworkLoadRecord.of(service.network().version, difference)
    if as_json:
        print_json(record)
        return
    for line in _lines(network, record):
        click.echo(line)


def _lines(network: Network, record: NetworkLoadRecord) -> Iterator[str]:
    yield say(
        "{nodes}, {services}, {carriers}: network {version}{more}; products and stock stay",
        nodes=counted(len(network.nodes), "node"),
        services=counted(len(network.services), "service"),
        carriers=counted(len(network.carriers), "carrier"),
        version=record.network[:12],
        more="" if record.changed else say(", as before"),
    )
    said = (
        (say("nodes added: {names}"), record.nodes.added),
        (say("nodes changed: {names}"), _changed(record.nodes)),
        (say("services added: {names}"), record.services.added),
        (say("services changed: {names}"), _changed(record.services)),
        (say("services removed: {names}"), record.services.removed),
        (say("carriers added: {names}"), record.carriers.added),
        (say("carriers changed: {names}"), _changed(record.carriers)),
        (say("carriers removed: {names}"), record.carriers.removed),
        (say("also changed: {names}"), record.others),
    )
    yield from (f"  {sentence.format(names=_named(names))}" for sentence, names in said if names)


def _changed(difference: NamedDifferenceRecord) -> list[str]:
    return [f"{name} ({', '.join(fields)})" for name, fields in difference.changed.items()]


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMED])
    more = len(names) - _MOST_NAMED
    return say("{names} and {more:,} more", names=shown, more=more) if more > 0 else shown
