"""The judgements of one stage by number, and what they come to as columns."""

import functools
import operator
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias, cast

import numpy as np

from engine.decide.shipping.columns import NO_LIMIT, ZERO, Flags, Integers
from rules.effects import Exclusion, LevelOutcome, NodeOutcome, OptionOutcome, Outcome, PositionOutcome, ShipmentOutcome
from rules.reserves import FULL_SHARE, Floor, Tally

_FULL_SHARE: Final[Integers] = np.array(FULL_SHARE)
_ROUNDS_UP: Final[Integers] = np.array(FULL_SHARE - 1)
"""Added before shares are divided; arrays, as ZERO."""
OWN = -1
"""In place of the number of another channel's portion."""
ExpectedColumn: TypeAlias = Callable[[Integers], Integers]
"""Of each row, the units that are expected to sell in its number of days."""
_NOTHING_TAKEN: Mapping[Tally, Integers] = MappingProxyType({})
_MOST_CHANNELS = 1_000
"""Channels whose floors are remembered, so that orders that name any word fill no memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a stage's rules say of one signature: the rules that act, those silenced by an override, the outcome."""

    fired: tuple[str, ...]
    silenced: tuple[str, ...]
    outcome: Outcome


def smallest_multiples(multiples: Integers, scale: int | Integers) -> Integers:
    """Multiples of whole units as multiples of the units that are counted, `scale` in a whole one; 1: any number."""
    smallest: Integers = np.where(multiples > 1, multiples * scale, 1)
    return smallest


class JudgementTable:
    """Numbers for judgements; equal ones have one number."""

    def __init__(self) -> None:
        self.judgements: list[Judgement] = []
        self._adding = threading.Lock()
        self._numbers: dict[tuple[tuple[str, ...], tuple[str, ...]], int] = {}
        self._options: Integers = np.zeros((3, 0), dtype=np.int64)
        self._excluded: Flags = np.zeros(0, dtype=bool)
        self._shipments: Integers = np.zeros((2, 0), dtype=np.int64)
        self._limits: Integers = np.zeros((2, 0), dtype=np.int64)
        self._capacities: Integers = np.zeros((2, 0), dtype=np.int64)
        self._shelf_lives: Integers = np.zeros(0, dtype=np.int64)
        self._promises: Integers = np.zeros((3, 0), dtype=np.int64)
        self._levels: Integers = np.zeros((6, 0), dtype=np.int64)
        self._multiples: Integers | None = None
        self._multiples_known = 0
        self._floors: dict[str, _Floors] = {}
        self._caps: dict[str, Integers] = {}
        self._oversell: tuple[int, Integers | None] = (0, None)

    def number(self, judgement: Judgement) -> int:
        key = (judgement.fired, judgement.silenced)
        with self._adding:
            number = self._numbers.get(key)
            if number is None:
                number = self._numbers[key] = len(self.judgements)
                self.judgements.append(judgement)
            return number

    def options(self) -> Integers:
        """By number, a row each: how far it is excluded, the tier, the adjustment in micros a unit."""
        options = self._options
        if options.shape[1] < len(self.judgements):
            outcomes = [cast("OptionOutcome", item.outcome) for item in self.judgements[:]]
            options = np.array([(o.exclude, o.tier, o.adjustment) for o in outcomes], dtype=np.int64).T.copy()
            self._options = options
        return options

    def excluded(self) -> Flags:
        """By number, whether the option is excluded, even where it is needed."""
        excluded = self._excluded
        if len(excluded) < len(self.judgements):
            excluded = self._excluded = self.options()[0] == Exclusion.YES
        return excluded

    def shipments(self) -> Integers:
        """By number, a row each: whether the shipment is excluded, and what it counts as dearer, in micros."""
        shipments = self._shipments
        if shipments.shape[1] < len(self.judgements):
            outcomes = [cast("ShipmentOutcome", item.outcome) for item in self.judgements[:]]
            shipments = np.array([(o.exclude, o.cost) for o in outcomes], dtype=np.int64).T.copy()
            self._shipments = shipments
        return shipments

    def limits(self) -> Integers:
        """By number, a row each: the most shipments a day, and an hour; NO_LIMIT: any number."""
        limits = self._limits
        if limits.shape[1] < len(self.judgements):
            outcomes = [cast("NodeOutcome", item.outcome) for item in self.judgements[:]]
            most = [(outcome.daily_orders, outcome.hourly_orders) for outcome in outcomes]
            limits = np.array([[NO_LIMIT if item is None else item for item in pair] for pair in most], dtype=np.int64)
            limits = self._limits = limits.T.copy()
        return limits

    def capacities(self) -> Integers:
        """By number, a row each: the most units and the most grams a day; NO_LIMIT: any number."""
        if self._capacities.shape[1] < len(self.judgements):
            outcomes = [cast("NodeOutcome", item.outcome) for item in self.judgements[:]]
            most = [(outcome.daily_units, outcome.daily_weight) for outcome in outcomes]
            rows = [[NO_LIMIT if value is None else value for value in pair] for pair in most]
            self._capacities = np.array(rows, dtype=np.int64).reshape(-1, 2).T.copy()
        return self._capacities

    def multiples(self) -> Integers | None:
        """By number, of how many units what ships from the position is a multiple; None if that is 1 everywhere."""
        if self._multiples_known < len(self.judgements):
            outcomes = [cast("PositionOutcome", item.outcome) for item in self.judgements[:]]
            column = np.array([outcome.multiple_of for outcome in outcomes], dtype=np.int64)
            self._multiples, self._multiples_known = column if (column > 1).any() else None, len(column)
        return self._multiples

    def shelf_lives(self) -> Integers:
        """By number, for how many days units must be usable once they have arrived."""
        if len(self._shelf_lives) < len(self.judgements):
            outcomes = [cast("PositionOutcome", item.outcome) for item in self.judgements[:]]
            self._shelf_lives = np.array([outcome.min_shelf_life for outcome in outcomes], dtype=np.int64)
        return self._shelf_lives

    def promises(self) -> Integers:
        """By number, a row each: which receipts may be promised (`PromiseFrom`), for how many minutes after they are
        expected, and the basis points of them that are promised to nobody.
        """
        if self._promises.shape[1] < len(self.judgements):
            outcomes = [cast("PositionOutcome", item.outcome) for item in self.judgements[:]]
            rows = [(outcome.promise_from, outcome.slack, outcome.haircut) for outcome in outcomes]
            self._promises = np.array(rows, dtype=np.int64).T.copy()
        return self._promises

    def levels(self) -> Integers:
        """By number, a row each: the units and the days of cover below which stock is low, the least and the most units
        (NO_LIMIT: any number), the days of cover it should have, and the uplift in basis points.
        """
        if self._levels.shape[1] < len(self.judgements):
            outcomes = [cast("LevelOutcome", item.outcome) for item in self.judgements[:]]
            rows = [
                (o.alert.units, o.alert.cover, o.minimum, NO_LIMIT if o.maximum is None else o.maximum, o.target_cover)
                for o in outcomes
            ]
            uplifts = [outcome.uplift for outcome in outcomes]
            self._levels = np.array([*zip(*rows, strict=True), uplifts], dtype=np.int64)
        return self._levels

    def uplifts(self) -> Integers:
        """By number, the demand in basis points of the usual one."""
        uplifts: Integers = self.levels()[-1]
        return uplifts

    def floors(
        self,
        channel: str,
        numbers: Integers,
        on_hand: Integers,
        held: Integers,
        taken: Mapping[Tally, Integers] = _NOTHING_TAKEN,
        *,
        expected: ExpectedColumn,
        scale: int | Integers = 1,
    ) -> Integers:
        """Units of each position that an order on the channel may not take, as `Floor.of` works them out: below 0 where
        more than are there may be taken. `expected` answers what is to sell at each in its number of days; `scale` of
        the units are in one of a rule's.
        """
        floor = self.kept_back(channel, numbers, on_hand, held, taken, expected=expected, scale=scale)
        oversell = self._most_oversold()
        return floor if oversell is None else floor - oversell[numbers] * scale

    def kept_back(
        self,
        channel: str,
        numbers: Integers,
        on_hand: Integers,
        held: Integers,
        taken: Mapping[Tally, Integers],
        *,
        expected: ExpectedColumn,
        scale: int | Integers,
    ) -> Integers:
        """The same, as if no more might be sold than there are."""

        def units_of(reserve: _Reserves) -> Integers:
            units: Integers = reserve.units[numbers]
            if not isinstance(scale, int) or scale > 1:
                units = units * scale
            if reserve.share is not None:
                units = np.maximum(units, (on_hand * reserve.share[numbers] + _ROUNDS_UP) // _FULL_SHARE)
            if reserve.cover is not None:
                units = np.maximum(units, expected(reserve.cover[numbers]))
            return units

        floors = self._floors_for(channel)
        keep, portion_of_its_own, *portions = floors.reserves
        kept = units_of(keep)
        if not portions:
            return kept
        others = [units_of(portion) for portion in portions]
        for_others = on_hand - kept
        if not portion_of_its_own.is_empty:
            for_others -= units_of(portion_of_its_own)
        for portion, tally, allotments in floors.allotments:
            applies, units, share, cover, least, most = allotments[:, numbers]
            units, least, most = units * scale, least * scale, most * scale
            if floors.has_cover and cover.any():
                units = np.maximum(units, expected(cover))
            size = np.minimum(most, np.maximum(np.maximum(units, least), -(-on_hand * share // FULL_SHARE)))
            left = applies * np.maximum(size - taken.get(tally, 0), 0)
            if portion == OWN:
                its_own = np.where(applies, on_hand - held - kept - left, NO_LIMIT)
                for_others = np.minimum(for_others, its_own)
            else:
                others[portion] = np.maximum(others[portion], left)
        floor: Integers = kept + np.minimum(functools.reduce(operator.add, others), np.maximum(for_others, ZERO))
        return floor

    def floor(self, channel: str, number: int) -> Floor:
        """What the judgement of the number gives an order on the channel."""
        return self._floors_for(channel).floors[number]

    def caps(self, channel: str, numbers: Integers, scale: int | Integers = 1) -> Integers:
        """Of each position, the most units that an order on the channel is offered of its SKU, by all positions with no
        larger number together; NO_LIMIT: any number.
        """
        caps = self._caps.get(channel)
        if caps is None or len(caps) < len(self.judgements):
            if len(self._caps) >= _MOST_CHANNELS:
                self._caps.clear()
            most = [cast("PositionOutcome", item.outcome).most_offered(channel) for item in self.judgements[:]]
            caps = np.array([NO_LIMIT if item is None else item for item in most], dtype=np.int64)
            self._caps[channel] = caps
        caps = caps[numbers]
        return np.where(caps < NO_LIMIT, caps * scale, NO_LIMIT)

    def counted(self, numbers: Integers) -> list[tuple[Judgement, int]]:
        """Each judgement among the numbers, and how often it is there."""
        counts = np.bincount(numbers)
        some = counts.nonzero()[0]
        pairs = zip(some.tolist(), counts[some].tolist(), strict=True)
        return [(self.judgements[number], count) for number, count in pairs]

    def _most_oversold(self) -> Integers | None:
        """By number, the units beyond those on hand that may be taken; None if there are none anywhere."""
        counted, column = self._oversell
        if counted < len(self.judgements):
            outcomes = [cast("PositionOutcome", item.outcome) for item in self.judgements[:]]
            column = np.array([outcome.oversell for outcome in outcomes], dtype=np.int64)
            column = column if column.any() else None
            self._oversell = len(outcomes), column
        return column

    def _floors_for(self, channel: str) -> "_Floors":
        known = self._floors.get(channel)
        if known is None or len(known.floors) < len(self.judgements):
            if len(self._floors) >= _MOST_CHANNELS:
                self._floors.clear()
            floors = [cast("PositionOutcome", item.outcome).floor(channel) for item in self.judgements[:]]
            known = self._floors[channel] = _Floors.of(floors)
        return known


class _Reserves(NamedTuple):
    """What is kept for one purpose, by number: so many units, basis points and days; None: 0 everywhere. `is_empty`:
    nothing is.
    """

    units: Integers
    share: Integers | None
    cover: Integers | None
    is_empty: bool

    @classmethod
    def of(cls, units: Integers, share: Integers, cover: Integers) -> "_Reserves":
        shares, covers = bool(share.any()), bool(cover.any())
        return cls(units, share if shares else None, cover if covers else None, not (shares or covers or units.any()))


class _Floors(NamedTuple):
    """The floors of one channel, by number. `reserves` are what is kept, what is protected for the channel itself, then
    for others. `allotments` are 1 where there is one, so many units,
    basis points, days, at least and at most so many units; each belongs to a tally, and to OWN or one of the others.
    """

    floors: Sequence[Floor]
    has_cover: bool
    """Whether any is in days."""
    reserves: Sequence[_Reserves]
    allotments: Sequence[tuple[int, Tally, Integers]]

    @classmethod
    def of(cls, floors: Sequence[Floor]) -> "_Floors":
        most = max((len(floor.others) for floor in floors), default=0)
        reserves = np.zeros((2 + most, 3, len(floors)), dtype=np.int64)
        allotments: dict[tuple[int, Tally, int], Integers] = {}
        for number, floor in enumerate(floors):
            portions = (floor.own, *floor.others)
            for place, reserve in enumerate((floor.keep, *(portion.reserve for portion in portions))):
                reserves[place, :, number] = reserve.units, reserve.share, reserve.cover
            for place, portion in enumerate(portions, start=OWN):
                layers = Counter[Tally]()
                for item in portion.allotments:
                    layer = (place, item.tally, layers[item.tally])
                    layers[item.tally] += 1
                    table = allotments.setdefault(layer, np.zeros((6, len(floors)), dtype=np.int64))
                    highest = NO_LIMIT if item.most is None else item.most
                    table[:, number] = 1, item.units, item.share, item.cover, item.least, highest
        columns = [_Reserves.of(*reserve) for reserve in reserves]
        has_cover = any(floor.has_cover for floor in floors)
        return cls(
            floors, has_cover, columns, [(place, tally, table) for (place, tally, _), table in allotments.items()]
        )
