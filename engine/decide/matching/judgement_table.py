"""The judgements of one stage by number, and what they come to as columns."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from engine.decide.shipping.columns import NO_LIMIT, Integers
from rules.effects import FULL_SHARE, NodeOutcome, OptionOutcome, Outcome, PositionOutcome, ShipmentOutcome

_MOST_CHANNELS = 1_000
"""Channels whose floors are remembered, so that orders that name any word fill no memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a stage's rules say of one signature: the rules that act, those silenced by an override, the outcome."""

    fired: tuple[str, ...]
    silenced: tuple[str, ...]
    outcome: Outcome


class JudgementTable:
    """Numbers for judgements; equal ones have one number."""

    def __init__(self) -> None:
        self.judgements: list[Judgement] = []
        self._adding = threading.Lock()
        self._numbers: dict[tuple[tuple[str, ...], tuple[str, ...]], int] = {}
        self._options: Integers = np.zeros((3, 0), dtype=np.int64)
        self._shipments: Integers = np.zeros((2, 0), dtype=np.int64)
        self._limits: Integers = np.zeros(0, dtype=np.int64)
        self._multiples: Integers | None = None
        self._multiples_known = 0
        self._floors: dict[str, tuple[int, Integers]] = {}
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

    def shipments(self) -> Integers:
        """By number, a row each: whether the shipment is excluded, and what it counts as dearer, in micros."""
        shipments = self._shipments
        if shipments.shape[1] < len(self.judgements):
            outcomes = [cast("ShipmentOutcome", item.outcome) for item in self.judgements[:]]
            shipments = np.array([(o.exclude, o.cost) for o in outcomes], dtype=np.int64).T.copy()
            self._shipments = shipments
        return shipments

    def limits(self) -> Integers:
        """By number, the most shipments a day; NO_LIMIT: any number."""
        limits = self._limits
        if len(limits) < len(self.judgements):
            most = [cast("NodeOutcome", item.outcome).daily_orders for item in self.judgements[:]]
            limits = self._limits = np.array([NO_LIMIT if item is None else item for item in most], dtype=np.int64)
        return limits

    def multiples(self) -> Integers | None:
        """By number, of how many units what ships from the position is a multiple; None if that is 1 everywhere."""
        if self._multiples_known < len(self.judgements):
            outcomes = [cast("PositionOutcome", item.outcome) for item in self.judgements[:]]
            column = np.array([outcome.multiple_of for outcome in outcomes], dtype=np.int64)
            self._multiples, self._multiples_known = column if (column > 1).any() else None, len(column)
        return self._multiples

    def floors(self, channel: str, numbers: Integers, on_hand: Integers) -> Integers:
        """Units of each position that an order on the channel may not take, as `Floor.of` works them out: below 0 where
        more than are there may be taken.
        """
        floor, oversell = self._kept_back(channel, numbers, on_hand), self._most_oversold()
        return floor if oversell is None else floor - oversell[numbers]

    def _kept_back(self, channel: str, numbers: Integers, on_hand: Integers) -> Integers:

        def units_of(reserve: Integers) -> Integers:
            units: Integers = reserve[0][numbers]
            if reserve[1].any():
                units = np.maximum(units, -(-on_hand * reserve[1][numbers] // FULL_SHARE))
            return units

        kept, own, *others = map(units_of, self._floors_for(channel))
        if not others:
            return kept
        floor: Integers = kept + np.minimum(sum(others), np.maximum(on_hand - kept - own, 0))
        return floor

    def counted(self, numbers: Sequence[Integers]) -> Iterator[tuple[Judgement, int]]:
        """Each judgement among the numbers, and how often it is there."""
        if numbers:
            for number, count in enumerate(np.bincount(np.concatenate(numbers)).tolist()):
                if count:
                    yield self.judgements[number], count

    def _most_oversold(self) -> Integers | None:
        """By number, the units beyond those on hand that may be taken; None if there are none anywhere."""
        counted, column = self._oversell
        if counted < len(self.judgements):
            outcomes = [cast("PositionOutcome", item.outcome) for item in self.judgements[:]]
            column = np.array([outcome.oversell for outcome in outcomes], dtype=np.int64)
            column = column if column.any() else None
            self._oversell = len(outcomes), column
        return column

    def _floors_for(self, channel: str) -> Integers:
        """The reserves of each floor, by number: what is kept, the channel's own, then the others'. Of each, so many
        units and so many basis points.
        """
        known = self._floors.get(channel)
        if known is None or known[0] < len(self.judgements):
            if len(self._floors) >= _MOST_CHANNELS:
                self._floors.clear()
            floors = [cast("PositionOutcome", item.outcome).floor(channel) for item in self.judgements[:]]
            most = max((len(floor.others) for floor in floors), default=0)
            table = np.zeros((2 + most, 2, len(floors)), dtype=np.int64)
            for number, floor in enumerate(floors):
                for place, item in enumerate((floor.keep, floor.own, *floor.others)):
                    table[place, :, number] = item.units, item.share
            known = self._floors[channel] = len(floors), table
        return known[1]
