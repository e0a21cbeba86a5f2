"""The options of `pointsman whatif` by which a draft changes the network: --close, --cut-off, --strike and the like."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import click

from api.cli.options import INSTANT, INSTANT_END
from api.files.inventory_folder import load_inventory
from api.language.current import say
from api.whatif.changes import other_currency, other_network
from engine.errors import InputInvalid, Mistake
from engine.model.facts import Network
from engine.simulation.network_change import NO_CHANGE, Closure, NetworkChange, OtherNetwork

_COMMAND = TypeVar("_COMMAND", bound=Callable[..., Any])
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_VOLUME = re.compile(r"[0-9]{1,2}(\.[0-9]{1,2})?", re.ASCII)
_HUNDREDTHS = 100
_OPTIONS = (
    click.option(
        "--network-file",
        "network_folder",
        metavar="DIR",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Try it on the network of this folder. Places that the logged network lacks have the folder's stock."
        " With --orders, all is tried on the network and the stock of this folder.",
    ),
    click.option(
        "--close",
        "closed",
        metavar="NODE[:FROM..TO]",
        multiple=True,
        help="Try it with nothing leaving from a place, always or for a time. May be given repeatedly.",
    ),
    click.option(
        "--cut-off",
        "cut_offs",
        metavar="NODE=HH:MM",
        multiple=True,
        help="Try it with another cut-off for all services of a place that have one. May be given repeatedly.",
    ),
    click.option(
        "--strike",
        "strikes",
        metavar="SERVICE|CARRIER",
        multiple=True,
        help="Try it without a service, or without any of a carrier. May be given repeatedly.",
    ),
    click.option(
        "--volume",
        metavar="FACTOR",
        help="Try it with so many times the orders, 1.3 or 0.8: which of them are repeated or left out follows from"
        " their ids. Only rolled forward.",
    ),
)


def network_options(command: _COMMAND) -> _COMMAND:
    """Add the options."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def change_of(
    network: Network,
    *,
    network_folder: Path | None = None,
    closed: Sequence[str],
    cut_offs: Sequence[str],
    strikes: Sequence[str],
    volume: str | None,
) -> NetworkChange:
    """What the options change; `network` is that which is there now. Raises InputInvalid, and click's errors for what
    is no instant.
    """
    change = NetworkChange(
        other=None if network_folder is None else _other(network_folder, network),
        closures=tuple(map(_closure, closed)),
        cut_offs=dict(map(_cut_off, cut_offs)),
        strikes=tuple(dict.fromkeys(strikes)),
        volume=NO_CHANGE.volume if volume is None else _volume(volume),
    )
    try:
        change.verify(network)
    except InputInvalid as error:
        raise InputInvalid(replace(mistake, field=_option(mistake.field)) for mistake in error.mistakes) from None
    return change


def _option(field: str) -> str:
    """By which a field of a change is given."""
    return f"--{field.replace('_', '-')}"


def _other(folder: Path, network: Network) -> OtherNetwork:
    other = other_network(str(folder), load_inventory(folder))
    if message := other_currency(other, network):
        raise InputInvalid([Mistake(field="--network-file", message=message)])
    return other


def _closure(word: str) -> Closure:
    node, colon, time = word.partition(":")
    if not colon:
        return Closure(node=node)
    start, dots, end = time.partition("..")
    if not node or not dots or not (start or end):
        message = say("'{word}' is not NODE or NODE:FROM..TO, as in paris:2026-11-27..2026-11-28", word=word)
        raise InputInvalid([Mistake(field="--close", message=message)])
    return Closure(
        node=node,
        since=INSTANT.convert(start, None, None) if start else None,
        until=INSTANT_END.convert(end, None, None) if end else None,
    )


def _cut_off(word: str) -> tuple[str, int]:
    node, _, time = word.rpartition("=")
    match = _TIME.fullmatch(time)
    if not node or match is None:
        message = say("'{word}' is not NODE=HH:MM, as in paris=17:00", word=word)
        raise InputInvalid([Mistake(field="--cut-off", message=message)])
    return node, 60 * int(match[1]) + int(match[2])


def _volume(word: str) -> int:
    """In hundredths."""
    if not _VOLUME.fullmatch(word) or not Decimal(word):
        message = say("'{word}' is not a factor such as 1.3 or 0.8, with at most two decimals", word=word)
        raise InputInvalid([Mistake(field="--volume", message=message)])
    return int(Decimal(word) * _HUNDREDTHS)
