"""What became of learning paces of sale from the log."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from engine.model.demand import DemandMethod, LearntPace

MOST_CHANGES = 100
"""So many positions are named whose pace changed: those of which it changed most."""


class LearntFrom(msgspec.Struct, frozen=True):
    """What paces were learnt from, as the log has it: the days from `first` to `last` of the installation, and the
    entries of the log from the first to the last of `entries`. Of the `positions` that were learnt, `seldom` were by
    TSB, and `changed` have another pace than before; `too_few` stay as they were, because too few of their days count.
    `damaged` entries could not be read.
    """

    before: str
    """The network version that they were learnt in."""
    first: str
    last: str
    window: int
    method: DemandMethod
    entries: tuple[str, str]
    positions: int
    seldom: int
    changed: int
    too_few: int
    damaged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceChange:
    """A position whose pace changed, in thousandths of a unit a day; `before` is None if it had none."""

    sku: str
    node: str
    before: int | None
    after: int
    learnt: LearntPace


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """What was learnt, and the version of the network that has it now; None if nothing was to be stored. The `changes`
    are at most MOST_CHANGES.
    """

    learnt_from: LearntFrom
    network_version: str | None
    changes: Sequence[PaceChange]


@dataclass(slots=True, kw_only=True)
class PaceTally:
    """Counts what is learnt, and remembers the largest changes."""

    positions: int = 0
    seldom: int = 0
    changed: int = 0
    too_few: int = 0
    largest: list[tuple[int, str, str, PaceChange]] = field(default_factory=list)

    def note(self, change: PaceChange) -> None:
        self.positions += 1
        self.seldom += change.learnt.method == "tsb"
        if change.before == change.after:
            return
        self.changed += 1
        item = abs(change.after - (change.before or 0)), change.sku, change.node, change
        if len(self.largest) < MOST_CHANGES:
            heapq.heappush(self.largest, item)
        else:
            heapq.heappushpop(self.largest, item)

    @property
    def changes(self) -> list[PaceChange]:
        """The largest first, then by SKU and node."""
        return [change for *_, change in sorted(self.largest, key=lambda item: (-item[0], item[1], item[2]))]
