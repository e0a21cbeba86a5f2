"""How many units may be promised at an instant, of what is there and what is to come (ATP). Pure.

At t that is the least over t' >= t of cumulative supply - cumulative promises: units that a promise of later takes are
not there for an earlier one, even if they come in before. Without this look-ahead, units are promised twice.
(APICS: cumulative ATP with look-ahead.)

parts/receipts.lua has the same of receipts, for the commit; a test compares them.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple, TypeAlias

from engine.model.receipts import Receipt, ReceiptStatus, in_order_of_arrival

WHOLE = 10_000
"""A haircut of all units: haircuts are in basis points."""
NOW = 0
"""The instant of units that are there already."""
PeggedUnits: TypeAlias = tuple[tuple[str, int], ...]
"""(receipt, units) of units that stand on receipts, each above 0."""


class AvailableUnits(NamedTuple):
    """From the UTC second `since` on, so many units may be promised. NOW: of what is there."""

    since: int
    units: int


class UnitsAt(NamedTuple):
    """Units that come, or are promised, at an instant in UTC seconds."""

    at: int
    units: int


def available_to_promise(supply: Iterable[UnitsAt], promises: Iterable[UnitsAt]) -> tuple[AvailableUnits, ...]:
    """How many units may be promised from each instant on at which that changes, from NOW on; never below 0, and never
    fewer than at an instant before.
    """
    changes = {NOW: 0}
    for at, units in supply:
        changes[at] = changes.get(at, 0) + units
    for at, units in promises:
        changes[at] = changes.get(at, 0) - units
    instants = sorted(changes)
    cumulative = list(accumulate(changes[at] for at in instants))
    least = list(accumulate(reversed(cumulative), min))[::-1]
    steps: list[AvailableUnits] = []
    for at, units in zip(instants, least, strict=True):
        if not steps or max(0, units) != steps[-1].units:
            steps.append(AvailableUnits(at, max(0, units)))
    return tuple(steps)


def units_at(steps: Sequence[AvailableUnits], at: int) -> int:
    """How many units may be promised for the instant `at`."""
    return max((units for since, units in steps if since <= at), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliance:
    """Which receipts may be counted on at `now`: those of these `statuses` that are not late, as nobody knows when late
    ones come. A `haircut`, in basis points, of what is to come is not counted on, rounded up.
    """

    now: int
    statuses: AbstractSet[ReceiptStatus]
    haircut: int = 0

    def counts_on(self, receipt: Receipt) -> bool:
        return receipt.status in self.statuses and receipt.expected_at > self.now

    def usable(self, receipt: Receipt) -> int:
        """The units to come of a receipt that may still be promised. It is below 0 where more are promised already than
        the haircut leaves. Of a receipt that is not counted on it is 0: its promises stand on it alone.
        """
        if not self.counts_on(receipt):
            return 0
        return receipt.to_come * (WHOLE - self.haircut) // WHOLE - receipt.promised


def available_of_receipts(free: int, receipts: Iterable[Receipt], reliance: Reliance) -> tuple[AvailableUnits, ...]:
    """The same of one position: `free` units are there above its floor, below 0 where more are held than that, and the
    receipts are its own. What is held of the position's stock, or of a receipt, is promised.
    """
    coming = (UnitsAt(receipt.expected_at, reliance.usable(receipt)) for receipt in receipts)
    return available_to_promise([UnitsAt(NOW, free), *coming], ())


def covers(free: int, units: int, pegged: Mapping[str, int], receipts: Iterable[Receipt], reliance: Reliance) -> bool:
    """Whether `units` of what is there, of which `free` are above the floor, and those `pegged` to receipts can be
    promised together: each receipt has its own, and nothing that is promised already is left without, at any instant.
    As the commit checks it.
    """
    left, begun = free - units, False
    if units and left < 0:
        return False
    for receipt in in_order_of_arrival(receipts):
        taken, usable = pegged.get(receipt.id, 0), reliance.usable(receipt)
        if taken and taken > usable:
            return False
        left, begun = left + usable - taken, begun or taken > 0
        if begun and left < 0:
            return False
    return True


def peg(units: int, at: int, receipts: Iterable[Receipt], reliance: Reliance) -> tuple[int, PeggedUnits]:
    """On which receipts, that arrive until the instant `at`, so many units stand: the latest first, so that what comes
    before stays for others. Answers how many units are left for what is there, and the others by receipt.

    If no more units are asked for than `available_of_receipts` says, what is left is there. Several promises of one
    position are pegged one after another, the earliest first, each on receipts that know those before as promised.
    """
    pegged: list[tuple[str, int]] = []
    for receipt in reversed(in_order_of_arrival(receipts)):
        taken = min(units, max(0, reliance.usable(receipt)))
        if receipt.expected_at <= at and taken:
            pegged.append((receipt.id, taken))
            units -= taken
    return units, tuple(reversed(pegged))
