"""A model in plain dictionaries of what is on hand: a count of an instant, and what came and left after it."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

MICROS = 1_000_000


@dataclass
class StockModel:
    """Positions are (SKU, node), instants UTC microseconds. `counted` are units and the instant of the newest count;
    without one, what was loaded, `units` at the instant `loaded`.
    """

    clock: object
    units: Counter
    loaded: int
    counted: dict = field(default_factory=dict)
    moves: defaultdict = field(default_factory=lambda: defaultdict(list))
    latest: int = 0
    blocked: Counter = field(default_factory=Counter)

    @property
    def now(self):
        return self.clock.now * MICROS

    def count_of(self, position):
        return self.counted.get(position, (self.units[position], self.loaded))

    def total(self, position):
        """Below 0 if more left than was counted."""
        units, at = self.count_of(position)
        return units + sum(delta for moved_at, delta in self.moves[position] if moved_at > at)

    def __getitem__(self, position):
        return max(0, self.total(position))

    def instant(self, positions):
        """When something comes or leaves now: after all counts that stand of these positions."""
        return max(self.now, *(self.count_of(position)[1] + 1 for position in positions))

    def move(self, deltas, *, at=None, positions=()):
        """Units by position come or leave; returns when."""
        instant = self.instant([*deltas, *positions])
        at = instant if at is None else min(at, instant)
        for position, delta in deltas.items():
            if not self.has(position, at):
                self.moves[position].append((at, delta))
                self.latest = max(self.latest, at)
        return at

    def has(self, position, at):
        """Whether the count that stands has what came or left then."""
        return at <= self.count_of(position)[1]

    def count(self, position, units, at=None):
        """At an instant, or now; returns when, or None if that is older than the count that stands."""
        before = self.count_of(position)[1]
        if at is not None and at < before:
            return None
        now = max(self.now, self.latest)
        at = max(before, now if at is None else min(at, now))
        self.counted[position] = units, at
        return at
