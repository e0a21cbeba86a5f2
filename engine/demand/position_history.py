"""What was sold of one position on each day, and on which days some of it was free."""

from collections import defaultdict
from dataclasses import dataclass, field

from engine.demand.node_days import NodeDays


@dataclass(slots=True, kw_only=True)
class PositionHistory:
    """`open` has a bit for each day on which some unit was free. `free` were so many from the instant `since` on; None:
    not known.
    """

    days: NodeDays
    sold: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    open: int = 0
    free: int | None = None
    since: int = 0

    def sell(self, instant: int, units: int) -> None:
        self.sold[self.days.day_of(instant)] += units

    def had(self, before: int | None, instant: int) -> None:
        """So many units were free until the instant, if that is known of it (None: not)."""
        self._mark(before if self.free is None else self.free, instant)

    def has(self, free: int | None, instant: int) -> None:
        self.free, self.since = free, instant

    def change(self, units: int, instant: int) -> None:
        """So many units more are free from the instant on. Fewer than is not known is not known either."""
        if self.free is not None or units > 0:
            self.had(None, instant)
            self.has((self.free or 0) + units, instant)

    def _mark(self, free: int | None, until: int) -> None:
        if until <= self.since or (free is not None and free <= 0):
            return
        first, last = max(0, self.days.day_of(self.since)), min(self.days.day_of(until - 1), self.days.count - 1)
        if first <= last:
            self.open |= (1 << (last + 1)) - (1 << first)
