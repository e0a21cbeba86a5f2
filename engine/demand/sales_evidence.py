"""Reads what the log says of the days that paces of sale are learnt from."""

import zoneinfo
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from engine.demand.node_days import NodeDays
from engine.demand.sales_history import SalesHistory
from engine.errors import NotLearnt
from engine.model.facts import Network
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.log import decision_log
from engine.store.log.stored_entry import UNREADABLE, RawEntry, parse_entry, parse_entry_id

LEAST_DAYS = 7
"""A pace is learnt from at least so many days that count, or from the whole window if that is shorter."""
_DAY = 86_400
_MILLIS = 1_000
_DAYS_BEFORE = 2
"""Days of the log before the window that are read: the clocks of places are at most a day apart."""
Progress: TypeAlias = Callable[[str, int, int], None]
"""Told what is done (`log`, in seconds of it, or `paces`, in SKUs), how much of it is, and how much there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesEvidence:
    """The sales of the window before `now`, in the network of that moment. The log begins at `known_from` (UTC
    seconds); `entries` are the first and the last that were read, and `damaged` of them could not be.
    """

    history: SalesHistory
    nodes_of: Mapping[str, set[str]]
    """By SKU, the nodes that an entry was about."""
    known_from: int
    now: int
    entries: tuple[str, str]
    damaged: int

    def sold(self, sku: str, node: str, free: int) -> list[int] | None:
        """Units sold on each day that counts, of a position of which so many units are free now; None if the network
        had no such node.
        """
        return self.history.sold((sku, node), free_now=free, now=self.now, known_from=self.known_from)


def least_days(network: Network) -> int:
    """From how many days that count a pace is learnt."""
    return min(LEAST_DAYS, network.demand.window)


def window_days(network: Network, now: int) -> NodeDays:
    """The days of the window, of the installation."""
    return NodeDays.before(now, days=network.demand.window, zone=network.zone)


def read_evidence(client: Client, keys: Keys, network: Network, *, now: int, progress: Progress) -> SalesEvidence:
    """Read the log of the window before `now`. Raises NotLearnt if it has too few whole days."""
    zones = {network.zone_of(node) for node in network.nodes.values()}
    by_zone = {zone: NodeDays.before(now, days=network.demand.window, zone=zoneinfo.ZoneInfo(zone)) for zone in zones}
    days_of = {name: by_zone[network.zone_of(node)] for name, node in network.nodes.items()}
    history = SalesHistory(days_of=days_of.get, sale_reasons=network.demand.sale_reasons)
    known_from = log_beginning(client, keys, now)
    _verify_long_enough(network, known_from, now)
    start = max(known_from, now - (network.demand.window + _DAYS_BEFORE) * _DAY)
    read: list[bytes] = []
    damaged = 0
    for entry_id, fields in _entries(client, keys, start, now, progress):
        read = [*read[:1], entry_id]
        try:
            history.add(parse_entry(entry_id, fields))
        except UNREADABLE:
            damaged += 1
    nodes_of: defaultdict[str, set[str]] = defaultdict(set)
    for sku, node in history.positions():
        nodes_of[sku].add(node)
    return SalesEvidence(
        history=history,
        nodes_of=nodes_of,
        known_from=known_from,
        now=now,
        entries=(read[0].decode(), read[-1].decode()) if read else ("", ""),
        damaged=damaged,
    )


def log_beginning(client: Client, keys: Keys, now: int) -> int:
    """When the log begins, in UTC seconds, by its writer's clock or the server's, whichever was behind; `now` if it is
    empty.
    """
    for entry_id, fields in decision_log.next_entries(client, keys, start="-", count=1):
        recorded_at, at = parse_entry_id(entry_id)[0] // _MILLIS, fields.get(b"at", b"")
        return min(recorded_at, int(at)) if at.isdigit() else recorded_at
    return now


def _verify_long_enough(network: Network, known_from: int, now: int) -> None:
    days, least = len(window_days(network, now).whole_days_from(known_from)), least_days(network)
    if days < least:
        raise NotLearnt(
            f"the log has {days} whole days before today, and paces are learnt from at least {least}; wait, or let"
            " stock.csv give them"
        )


def _entries(client: Client, keys: Keys, start: int, now: int, progress: Progress) -> Iterator[RawEntry]:
    total = max(1, now - start)
    for batch in decision_log.batches(client, keys, start=str(start * _MILLIS)):
        yield from batch
        progress("log", min(parse_entry_id(batch[-1][0])[0] // _MILLIS - start, total), total)
