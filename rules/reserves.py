"""Units of a position that are not there for every channel: safety stock, protections, allotments and caps.

Sizes are units, or shares in basis points of the units on hand, rounded up, or days of cover: what is expected to sell
there in so many days.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

FULL_SHARE = 10_000
"""Basis points in 100%."""
DAY, WEEK, WINDOW = "day", "week", "window"
PERIODS = (DAY, WEEK, WINDOW)
"""For how long an allotment lasts before it is there anew."""
ExpectedUnits: TypeAlias = Callable[[int], int]
"""The units that are expected to sell at a position in so many days, of which today is the first, rounded up."""


class Tally(NamedTuple):
    """What is counted for allotments: the units that orders on a channel took of each position, by the `per`, which is
    `day`, `week`, or `window` and the window that it is.
    """

    channel: str
    per: str


_DATE = len("2026-11-28")
NOTHING_TAKEN: Mapping[Tally, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """Units of a position that are kept back: a number, a share in basis points of the units on hand, rounded up, or
    what is expected to sell in so many days of `cover`.
    """

    units: int = 0
    share: int = 0
    cover: int = 0

    def of(self, on_hand: int) -> int:
        """The units kept back if so many are on hand. Days of cover count once they are units (see `in_units`)."""
        return max(self.units, share_of(on_hand, self.share))

    def larger(self, other: "Reserve") -> "Reserve":
        """The larger number, the larger share and the longer cover of the two."""
        return Reserve(
            units=max(self.units, other.units), share=max(self.share, other.share), cover=max(self.cover, other.cover)
        )

    def scaled(self, scale: int) -> "Reserve":
        """As `Floor.scaled` says."""
        return replace(self, units=self.units * scale)

    def in_units(self, expected: ExpectedUnits) -> "Reserve":
        """The same with the units that its days of cover come to."""
        return replace(self, units=max(self.units, expected(self.cover)), cover=0) if self.cover else self


NO_RESERVE = Reserve()


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """A reserve that only the orders of one channel may use."""

    channel: str
    reserve: Reserve


@dataclass(frozen=True, slots=True, kw_only=True)
class Allotment:
    """Units of a position put aside for the orders of one channel, less what these took in the period: a number; or a
    share of the units on hand, or what is expected to sell in so many days of `cover`, that is at least `least` and at
    most `most` units (None: any number). `window` is that of the rule, `2026-11-23..2026-11-30` as its `from` and
    `until` are written; empty if it has neither.
    """

    channel: str
    units: int = 0
    share: int = 0
    cover: int = 0
    least: int = 0
    most: int | None = None
    per: str
    window: str = ""

    def size(self, on_hand: int) -> int:
        """The units put aside at the beginning of the period, if so many are on hand."""
        units = max(self.units, self.least, share_of(on_hand, self.share))
        return units if self.most is None else min(units, self.most)

    def scaled(self, scale: int) -> "Allotment":
        """As `Floor.scaled` says."""
        most = None if self.most is None else self.most * scale
        return replace(self, units=self.units * scale, least=self.least * scale, most=most)

    def in_units(self, expected: ExpectedUnits) -> "Allotment":
        """The same with the units that its days of cover come to."""
        return replace(self, units=max(self.units, expected(self.cover)), cover=0) if self.cover else self

    @property
    def tally(self) -> Tally:
        # as plain texts: a word read from a policy file carries its position in the file
        return Tally(str(self.channel), f"{WINDOW} {self.window}" if self.per == WINDOW else self.per)

    def may_apply_on(self, date: str) -> bool:
        """Whether a part of that day, in ISO 8601, is in the rule's window."""
        start, _, until = self.window.partition("..")
        return start[:_DATE] <= date and (not until or date <= until[:_DATE])

    def covers(self, other: "Allotment") -> bool:
        """Whether it is as large as the other, whatever is on hand and was taken."""
        return (
            self.tally == other.tally
            and self.units >= other.units
            and self.share >= other.share
            and self.cover >= other.cover
            and self.least >= other.least
            and (self.most is None or (other.most is not None and self.most >= other.most))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """Orders of the channel are never offered more than so many units of a SKU by the places where it applies."""

    channel: str
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """What is put aside for one channel: what is protected for it, or if that is more, what is left of an allotment."""

    reserve: Reserve = NO_RESERVE
    allotments: tuple[Allotment, ...] = ()

    def of(self, on_hand: int, taken: Mapping[Tally, int] = NOTHING_TAKEN) -> int:
        """If so many units are on hand, and so many were taken in the periods of its allotments."""
        return max(self.reserve.of(on_hand), self.left(on_hand, taken))

    def left(self, on_hand: int, taken: Mapping[Tally, int] = NOTHING_TAKEN) -> int:
        """What is left of its allotments."""
        return max((item.size(on_hand) - taken.get(item.tally, 0) for item in self.allotments), default=0)

    def scaled(self, scale: int) -> "Portion":
        """As `Floor.scaled` says."""
        return Portion(
            reserve=self.reserve.scaled(scale), allotments=tuple(item.scaled(scale) for item in self.allotments)
        )

    def in_units(self, expected: ExpectedUnits) -> "Portion":
        """The same with the units that its days of cover come to."""
        return Portion(
            reserve=self.reserve.in_units(expected),
            allotments=tuple(item.in_units(expected) for item in self.allotments),
        )

    @property
    def has_cover(self) -> bool:
        return bool(self.reserve.cover or any(item.cover for item in self.allotments))


NO_PORTION = Portion()


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """Units of a position that an order may not take: those that are kept, and those put aside for `others` than its
    channel, as far as these leave the channel its `own`: what is protected for it, of the units on hand, and what is
    left of its allotments, of those that are available, as what it holds already is used up of them. So of the last
    units, each goes to whichever of the channels with a portion comes first, and none is left for nobody.
    """

    keep: Reserve = NO_RESERVE
    own: Portion = NO_PORTION
    others: tuple[Portion, ...] = ()
    oversell: int = 0
    """So many units more than there are may be taken."""

    def of(self, on_hand: int, taken: Mapping[Tally, int] = NOTHING_TAKEN, held: int = 0) -> int:
        """If so many units are on hand, so many of them held, and so many were taken in the periods of allotments.
        Below 0, so many more than are there may be taken.
        """
        kept, aside = self.keep.of(on_hand), sum(portion.of(on_hand, taken) for portion in self.others)
        for_others = on_hand - kept - self.own.reserve.of(on_hand)
        if self.own.allotments:
            for_others = min(for_others, on_hand - held - kept - max(0, self.own.left(on_hand, taken)))
        return kept + min(aside, max(0, for_others)) - self.oversell

    def scaled(self, scale: int) -> "Floor":
        """The same where so many of the units that are counted are in one of a rule's."""
        if scale == 1:
            return self
        return Floor(
            keep=self.keep.scaled(scale),
            own=self.own.scaled(scale),
            others=tuple(portion.scaled(scale) for portion in self.others),
            oversell=self.oversell * scale,
        )

    @property
    def has_cover(self) -> bool:
        """Whether some of it is days of cover, of which `in_units` makes units."""
        return bool(self.keep.cover or any(portion.has_cover for portion in (self.own, *self.others)))

    def in_units(self, expected: ExpectedUnits) -> "Floor":
        """The same with the units that its days of cover come to, which are of those that are counted: a floor is
        scaled before.
        """
        if not self.has_cover:
            return self
        return replace(
            self,
            keep=self.keep.in_units(expected),
            own=self.own.in_units(expected),
            others=tuple(portion.in_units(expected) for portion in self.others),
        )

    @property
    def is_fixed(self) -> bool:
        """Whether it is the same whatever is on hand."""
        return not self.others and not self.keep.share

    @property
    def tallies(self) -> frozenset[Tally]:
        """Those that it depends on."""
        return frozenset(item.tally for portion in (self.own, *self.others) for item in portion.allotments)


def share_of(on_hand: int, share: int) -> int:
    """A share of the units on hand, rounded up."""
    return -(-on_hand * share // FULL_SHARE)


def largest_allotments(allotments: Iterable[Allotment]) -> tuple[Allotment, ...]:
    """Without those that another covers, in an order that does not depend on theirs."""
    kept: list[Allotment] = []
    for item in allotments:
        if not any(other.covers(item) for other in kept):
            kept = [other for other in kept if not item.covers(other)] + [item]
    return tuple(
        sorted(kept, key=lambda item: (item.tally, item.units, item.share, item.cover, item.least, item.most or 0))
    )
