"""The judgements of one stage by number, and what they come to as columns."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from engine.decide.shipping.columns import NO_LIMIT, Integers
from rules.effects import FULL_SHARE, NodeOutcome, OptionOutcome, Outcome, PositionOutcome

_MOST_CHANNELS = 1_000
"""Channels whose reserves are kept, so that orders that name any word fill no memory."""


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
        self._limits: Integers = np.zeros(0, dtype=np.int64)
        self._reserves: dict[str, tuple[int, Integers]] = {}

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

    def limits(self) -> Integers:
        """By number, the most shipments a day; NO_LIMIT: any number."""
        limits = self._limits
        if len(limits) < len(self.judgements):
            most = [cast("NodeOutcome", item.outcome).daily_orders for item in self.judgements[:]]
            limits = self._limits = np.array([NO_LIMIT if item is None else item for item in most], dtype=np.int64)
        return limits

    def floors(self, channel: str, numbers: Integers, on_hand: Integers) -> Integers:
        """Units of each position that an order on the channel may not take."""
        floor = np.zeros(len(numbers), dtype=np.int64)
        for units, share in self._reserved(channel):
            reserve = units[numbers]
            if share.any():
                reserve = np.maximum(reserve, -(-on_hand * share[numbers] // FULL_SHARE))
            floor += reserve
        return floor

    def counted(self, numbers: Sequence[Integers]) -> Iterator[tuple[Judgement, int]]:
        """Each judgement among the numbers, and how often it is there."""
        if numbers:
            for number, count in enumerate(np.bincount(np.concatenate(numbers)).tolist()):
                if count:
                    yield self.judgements[number], count

    def _reserved(self, channel: str) -> Integers:
        """For each of the reserves that a floor is the sum of, by number: so many units, so many basis points."""
        known = self._reserves.get(channel)
        if known is None or known[0] < len(self.judgements):
            if len(self._reserves) >= _MOST_CHANNELS:
                self._reserves.clear()
            reserves = [cast("PositionOutcome", item.outcome).reserves(channel) for item in self.judgements[:]]
            table = np.zeros((max(map(len, reserves), default=0), 2, len(reserves)), dtype=np.int64)
            for number, items in enumerate(reserves):
                for place, item in enumerate(items):
                    table[place, :, number] = item.units, item.share
            known = self._reserves[channel] = len(reserves), table
        return known[1]
