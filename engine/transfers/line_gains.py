"""What each line of an article's transfers gains of what all of them gain together.

A place that sends some and is sent some has only the difference more or less. As many units as it both sends and is
sent pass through: they count at one price for the lines that bring them and for those that take them away, the least at
which no line that brings some loses.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from engine.transfers.flow.market import Market, Moves


class LineGain(NamedTuple):
    """Micros, the lane's costs taken off. By the lines before, the origin had `origin_before` packs more, or fewer, and
    by this one has `origin_packs` fewer; likewise the goal. Packs that pass through change nothing.
    """

    gain: int
    origin_before: int
    origin_packs: int
    goal_before: int
    goal_packs: int


def line_gains(market: Market, moves: Moves) -> dict[tuple[int, int], LineGain]:
    """By origin and goal, in their order; all of them together are what the moves are worth."""
    calculation = _LineCalculation.of(market, moves)
    return {pair: calculation.line(pair, packs) for pair, packs in sorted(moves.items())}


@dataclass(slots=True, kw_only=True)
class _LineCalculation:
    market: Market
    prices: Mapping[int, int]
    passing_in: dict[int, int]
    """Packs that come to a place and pass through, that no line has yet; `passing_out` those that leave so."""
    passing_out: dict[int, int]
    changes: dict[int, int]
    """Packs that places have more, or fewer, by the lines so far."""

    @classmethod
    def of(cls, market: Market, moves: Moves) -> "_LineCalculation":
        sent, given = dict[int, int](), dict[int, int]()
        for (origin, goal), packs in moves.items():
            sent[origin] = sent.get(origin, 0) + packs
            given[goal] = given.get(goal, 0) + packs
        passing = {place: min(packs, given[place]) for place, packs in sent.items() if place in given}
        return cls(
            market=market,
            prices=_prices(market, moves, sent, given),
            passing_in=dict(passing),
            passing_out=dict(passing),
            changes=dict.fromkeys(sent.keys() | given.keys(), 0),
        )

    def line(self, pair: tuple[int, int], packs: int) -> LineGain:
        origin, goal = pair
        origin_before, goal_before = self.changes[origin], self.changes[goal]
        loss, sent = self._changed(origin, -packs, self.passing_out)
        gain, kept = self._changed(goal, packs, self.passing_in)
        cost = int(self.market.cost[pair]) * packs
        return LineGain(gain + loss - cost, origin_before, -sent, goal_before, kept)

    def _changed(self, place: int, packs: int, passing: dict[int, int]) -> tuple[int, int]:
        """What the place gains by so many packs more, or fewer, and how many of them do not pass through."""
        through = min(abs(packs), passing.get(place, 0))
        if through:
            passing[place] -= through
        sign = 1 if packs > 0 else -1
        own, before = packs - sign * through, self.changes[place]
        self.changes[place] += own
        gain = self.market.gain(place, before + own) - self.market.gain(place, before)
        return gain + sign * through * self.prices.get(place, 0), own


def _prices(market: Market, moves: Moves, sent: Mapping[int, int], given: Mapping[int, int]) -> dict[int, int]:
    """Micros that a pack counts for at places that are sent some and send some: the most that one costs that is brought
    there.
    """
    prices: dict[int, int] = {}

    def brought(place: int, above: frozenset[int]) -> int:
        if place not in prices:
            origins = [origin for origin, goal in moves if goal == place]
            prices[place] = max(
                leaving(origin, above | {place}) + int(market.cost[origin, place]) for origin in origins
            )
        return prices[place]

    def leaving(place: int, above: frozenset[int]) -> int:
        """What the dearest costs that leaves a place: of its own packs, or of those that are brought there."""
        if place not in given or place in above:
            return market.value(place, -sent[place])
        own = sent[place] - given[place]
        through = brought(place, above)
        return max(through, market.value(place, -own)) if own > 0 else through

    for place in sent.keys() & given.keys():
        brought(place, frozenset())
    return prices
