"""The clocks of a network's nodes: each node goes by the time zone it lies in."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from engine.decide import rule_facts
from engine.decide.shipping.columns import Integers
from engine.model.facts import Network
from engine.model.load_periods import CurrentPeriods, Periods, date_of, hour_of
from engine.model.wall_clock import WallClock, wall_clock
from rules.vocabulary import Facts


class ClockFacts(NamedTuple):
    """What the clocks of a network's nodes show at an instant: the facts of each time zone, and by node the number of
    its zone.
    """

    by_zone: Sequence[Facts]
    zone: Integers

    @property
    def shared(self) -> Mapping[str, Facts]:
        """The facts that all nodes share, by group: those of the clock, if there is one time zone."""
        return {"clock": self.by_zone[0]} if len(self.by_zone) == 1 else {}

    @property
    def apart(self) -> "ClockFacts | None":
        """Itself, if there are several time zones."""
        return self if len(self.by_zone) > 1 else None

    def of_node(self, node: int) -> Facts:
        return self.by_zone[int(self.zone[node])]


_NO_PERIODS = (1, 0, CurrentPeriods((), {}, {}))


class NodeClocks:
    """The nodes are numbered in the order of their ids."""

    def __init__(self, network: Network) -> None:
        zones = [network.zone_of(network.nodes[name]) for name in sorted(network.nodes)]
        self.zones = sorted(set(zones)) or [network.time_zone]
        self._zone_of = dict(zip(sorted(network.nodes), zones, strict=True))
        self._limits_hours = any(node.hourly_orders is not None for node in network.nodes.values())
        self._usual = network.clock
        self._clocks = [wall_clock(zone) for zone in self.zones]
        self._zone: Integers = np.array([self.zones.index(zone) for zone in zones], dtype=np.int64)
        self._latest: tuple[int, ClockFacts] | None = None
        self._periods: dict[bool, tuple[int, int, CurrentPeriods]] = {}
        """The latest ones, and from when up to when they are, without the last; by whether hours are counted."""

    def at(self, now: int) -> ClockFacts:
        """What they show; the same object as long as the same instant is asked for."""
        latest = self._latest
        if latest is None or latest[0] != now:
            latest = self._latest = now, self.shown_at(now)
        return latest[1]

    def shown_at(self, instant: int) -> ClockFacts:
        """What they show, of an instant that is not asked for again and again."""
        return ClockFacts([rule_facts.node_clock_facts(clock, instant) for clock in self._clocks], self._zone)

    def periods(self, now: int, *, counts_hours: bool) -> CurrentPeriods:
        """The periods in which shipments count that are given to nodes `now`. Hours are among them if `counts_hours`,
        or if some node limits the shipments of an hour.
        """
        counts_hours = counts_hours or self._limits_hours
        since, until, periods = self._periods.get(counts_hours, _NO_PERIODS)
        if not since <= now < until:
            hours = [clock.same_hour(now) for clock in (self._usual, *self._clocks)]
            since, until = max(since for since, _ in hours), min(until for _, until in hours)
            periods = self._periods_at(now, counts_hours=counts_hours)
            self._periods[counts_hours] = since, until, periods
        return periods

    def _periods_at(self, now: int, *, counts_hours: bool) -> CurrentPeriods:
        def of(clock: WallClock) -> Periods:
            return (date_of(clock, now), hour_of(clock, now)) if counts_hours else (date_of(clock, now),)

        by_zone = {zone: of(clock) for zone, clock in zip(self.zones, self._clocks, strict=True)}
        return CurrentPeriods(of(self._usual), by_zone, self._zone_of)
