"""Lots: units of a position that expire on the same date. The first to expire is the first to leave (FEFO).

A lot goes by its label, `2026-12-01 L2`: the last date on which its units may be used, and its name. Labels sort as the
lots leave. Where a position is named for one of its lots, it goes by its place: the node, a tab, and the label.
"""

import datetime
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

NEVER = datetime.date.max.toordinal()
"""The date, as an ordinal, of a lot that does not expire, and of units that are of no lot."""
NO_LOT = ""
"""The label of units that are of no lot."""
TAB = "\t"
"""No id of a node and no name of a lot has one."""
_DATE = len("2026-12-01")

LotUnits: TypeAlias = tuple[tuple[str, int], ...]
"""(label, units) of the lots of one SKU, first expired first, each above 0."""
StoredLot: TypeAlias = tuple[str, int, int]
"""Label, units on hand and units held, as they are stored (see `Keys.on_hand`)."""


class Lot(NamedTuple):
    """So many units of a position, of which some are held. Units that are of no lot have the label NO_LOT."""

    label: str
    on_hand: int
    held: int

    @property
    def expires(self) -> int:
        """The last date on which it may be used, as an ordinal."""
        return expiry_of(self.label)

    @property
    def free(self) -> int:
        """The units that nobody holds."""
        return max(0, self.on_hand - self.held)


def lot_label(name: str, expires: int = NEVER) -> str:
    """The label of the lot `name`, given the ordinal of the last date on which it may be used."""
    return f"{datetime.date.fromordinal(expires).isoformat()} {name}"


def expiry_of(label: str) -> int:
    """The ordinal of the date in a label."""
    return datetime.date.fromisoformat(label[:_DATE]).toordinal() if label else NEVER


def name_of(label: str) -> str:
    """The lot's name in a label."""
    return label[_DATE + 1 :]


def date_of(label: str) -> str | None:
    """The date in a label, such as 2026-12-01; None: it does not expire."""
    return None if expiry_of(label) == NEVER else label[:_DATE]


def place_of(node: str, label: str) -> str:
    """What a position is named where it stands for one of its lots."""
    return f"{node}{TAB}{label}"


def node_and_label(place: str) -> tuple[str, str]:
    """A place's node and label; NO_LOT where it is a whole position."""
    node, _, label = place.partition(TAB)
    return node, label


def lots_of(on_hand: int, held: int, stored: Iterable[StoredLot], today: int) -> tuple[Lot, ...]:
    """The lots of a position with so many units on hand and held, first expired first, last the units of no lot.

    What left without its lot being named is taken to have been of the lots that expire first. Units that are held of no
    lot are those that are on hand of none, and then of the first lots to expire from `today` on. All of them together
    have as many units on hand as the position, and as many held.
    """
    labels, units, holds = [], [], []
    for label, count, held_count in sorted(stored):
        labels.append(label)
        units.append(max(0, count))
        holds.append(max(0, held_count))
    gone = sum(units) - max(0, on_hand)
    for index, count in enumerate(units):
        taken = max(0, min(gone, count))
        units[index] -= taken
        gone -= taken
    labels.append(NO_LOT)
    units.append(max(0, -gone))
    holds.append(0)
    missing = max(0, held - sum(holds))
    for index in [len(labels) - 1, *range(len(labels) - 1)]:
        if expiry_of(labels[index]) >= today:
            taken = max(0, min(missing, units[index] - holds[index]))
            holds[index] += taken
            missing -= taken
    holds[-1] += missing
    lots = [Lot(*parts) for parts in zip(labels, units, holds, strict=True)]
    return tuple(lots if lots[-1].on_hand or lots[-1].held else lots[:-1])


def expired_units(lots: Iterable[Lot], today: int) -> int:
    """The units that expired before `today` and that nobody holds: they are on hand, and nobody is sold them."""
    return sum(lot.free for lot in lots if lot.expires < today)


def unexpired_units(on_hand: int, held: int, stored: Iterable[StoredLot], today: int) -> tuple[int, tuple[Lot, ...]]:
    """What is on hand of a position without what has expired and nobody holds; and its lots."""
    lots = lots_of(on_hand, held, stored, today)
    return on_hand - expired_units(lots, today), lots


def free_by_expiry(lots: Sequence[Lot], today: int) -> tuple[list[int], list[int]]:
    """The dates on which lots expire from `today` on, sorted; and of each how many units are free that may be used on
    it: those of lots that expire then or later, less what is held, as far as lots that expire before it lack units for
    their own holds, too.
    """
    dates = sorted({lot.expires for lot in lots if lot.expires >= today})
    free, least = [], None
    for date in dates:
        left = sum(lot.on_hand - lot.held for lot in lots if lot.expires >= date)
        least = left if least is None else min(least, left)
        free.append(max(0, least))
    return dates, free


def usable_on(date: int, dates: Sequence[int], free: Sequence[int]) -> int:
    """The units that may be used on a date, by what `free_by_expiry` answers."""
    at = bisect_left(dates, date)
    return free[at] if at < len(dates) else 0


def take_lots(lots: Iterable[Lot], units: int, needed: int) -> LotUnits:
    """So many units of the lots that may be used on the date `needed`, first expired first; fewer if they lack some."""
    taken = []
    for lot in lots:
        if lot.expires >= needed and units > 0:
            count = min(units, lot.free)
            units -= count
            if count:
                taken.append((lot.label, count))
    return tuple(taken)


def first_of(lots: LotUnits, units: int) -> LotUnits:
    """So many of these units, of the first to expire."""
    taken = []
    for label, count in lots:
        if units > 0:
            taken.append((label, min(units, count)))
            units -= count
    return tuple(taken)


def without(lots: LotUnits, taken: LotUnits) -> LotUnits:
    """What is left of the first when the second are taken off."""
    gone = dict(taken)
    left = ((label, count - gone.get(label, 0)) for label, count in lots)
    return tuple((label, count) for label, count in left if count > 0)


def joined(lots: LotUnits, more: LotUnits) -> LotUnits:
    """Both together."""
    units = dict(lots)
    for label, count in more:
        units[label] = units.get(label, 0) + count
    return tuple(sorted(units.items()))


def lot_fields(lots: Mapping[str, LotUnits]) -> dict[str, int | str]:
    """The lots of a SKU by node, as fields of what is on hand (see `Keys.on_hand`)."""
    fields: dict[str, int | str] = {}
    for node, of_node in lots.items():
        if of_node:
            fields[place_of(node, "")] = TAB.join(label for label, _ in sorted(of_node))
            fields |= {place_of(node, label): units for label, units in of_node}
    return fields
