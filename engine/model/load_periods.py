"""The periods in which the shipments that a node is given count: the date and the hour on the node's own clock.

A period has a name, which is also that of its key in the store: a date `2026-11-28`, or the instant at which an hour
began, `2026-11-28T14:00:00Z`, so that an hour that the clock shows twice is two hours. An hour is counted only under
policies, or in a network, that limit the shipments of an hour.
"""

import datetime
import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from engine.model.node_loads import node_of
from engine.model.wall_clock import SECONDS_AN_HOUR, WallClock
from rules.syntax.literals import SECONDS_A_DAY

Periods: TypeAlias = tuple[str, ...]
"""Of one node at an instant: its date, then its hour if hours are counted."""


def date_of(clock: WallClock, now: int) -> str:
    return datetime.date.fromordinal(clock.local(now) // SECONDS_A_DAY).isoformat()


def hour_of(clock: WallClock, now: int) -> str:
    begun = datetime.datetime.fromtimestamp(now - clock.local(now) % SECONDS_AN_HOUR, tz=datetime.UTC)
    return begun.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class LoadPeriods:
    """The periods of a decision's shipments: `usual` ones, and those of nodes for which it is later or earlier."""

    usual: Periods
    by_node: Mapping[str, Periods]

    def of(self, node: str) -> Periods:
        return self.by_node.get(node, self.usual)

    @property
    def text(self) -> str:
        """As holds and log entries have it: the date alone, if that is all."""
        if not self.by_node:
            return _text_of(self.usual)
        return json.dumps({"": self.usual, **self.by_node}, separators=(",", ":"), sort_keys=True)


@functools.lru_cache(maxsize=1_000)
def _text_of(usual: Periods) -> str:
    return usual[0] if len(usual) == 1 else json.dumps({"": usual}, separators=(",", ":"))


class CurrentPeriods(NamedTuple):
    """The periods of a network's nodes at an instant, by time zone; `usual` are those of the installation's."""

    usual: Periods
    by_zone: Mapping[str, Periods]
    zone_of: Mapping[str, str]
    """By node."""

    def of(self, node: str) -> Periods:
        return self.by_zone[self.zone_of[node]]

    @property
    def counts_hours(self) -> bool:
        return len(self.usual) > 1

    @property
    def names(self) -> list[str]:
        """Each once."""
        return list(dict.fromkeys(name for periods in (self.usual, *self.by_zone.values()) for name in periods))

    def of_nodes(self, nodes: Iterable[str]) -> LoadPeriods:
        """What a decision with shipments of these nodes notes."""
        return LoadPeriods(self.usual, {node: self.of(node) for node in nodes if self.of(node) != self.usual})

    def loads(self, counts: Mapping[str, Mapping[str, int]], *, of_hours: bool = False) -> Mapping[str, int]:
        """What each node was given on its date or, `of_hours`, in its hour, of the amounts of each period; by field, as
        node_loads.py names them.
        """
        place = int(of_hours)
        if len(self.usual) <= place:
            return {}
        names = {zone: periods[place] for zone, periods in self.by_zone.items()}
        if len(set(names.values())) == 1:
            return counts.get(next(iter(names.values())), {})
        return {
            field: amount
            for name in dict.fromkeys(names.values())
            for field, amount in counts.get(name, {}).items()
            if names.get(self.zone_of.get(node_of(field), "")) == name
        }


@functools.lru_cache(maxsize=1_000)
def periods_of(text: str) -> LoadPeriods:
    """The inverse of `LoadPeriods.text`; nothing of an empty text."""
    if not text.startswith("{"):
        return LoadPeriods((text,) if text else (), {})
    by_node = {node: tuple(names) for node, names in json.loads(text).items()}
    return LoadPeriods(by_node.pop(""), by_node)
