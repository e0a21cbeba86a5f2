"""The moves of one SKU that gain most, by a linear program of HiGHS, where there are many lanes.

The program is a flow, so it has an optimum in whole packs, and prices that are whole micros. HiGHS works in floating
point and is not taken at its word: its moves are rounded and checked, and from its prices, rounded, an upper bound of
what any moves gain is worked out in integers. Only if the moves gain just that are they taken: nothing gains more.
"""

import highspy
import numpy as np

from engine.decide.shipping.columns import WIDEST, Integers
from engine.decide.sourcing.program.highs import make_highs
from engine.transfers.flow.market import Market, Moves
from engine.transfers.flow.useful_lanes import Useful

_MICROS = 1e6
"""HiGHS counts in whole units of the currency, so that its tolerances are far below a micro."""
_WHOLE = 1e-6
"""By how much a value of HiGHS may miss a whole number."""
_OPTIONS = {"simplex_iteration_limit": 1_000_000}


def proven_flow(market: Market, useful: Useful) -> Moves | None:
    """None: HiGHS stopped early, or what it found is not proven to be the best."""
    program = _Program(market, useful)
    highs = make_highs(_OPTIONS)
    highs.passModel(program.for_highs())
    highs.run()
    solution = highs.getSolution()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal or not solution.dual_valid:
        return None
    values = np.array(solution.col_value)[: len(program.cost)]
    packs = np.rint(values)
    if np.abs(values - packs).max(initial=0) > _WHOLE:
        return None
    moves = program.moves(packs.astype(np.int64))
    bound = program.bound(np.rint(np.array(solution.row_dual) * -_MICROS).astype(np.int64))
    return moves if market.allows(moves) and market.worth(moves) == bound else None


class _Program:
    """A column for each lane, then one for packs at a place that are worth the same, where they are in the end. Rows of
    each place: what is there in the end, what leaves, what comes.
    """

    def __init__(self, market: Market, useful: Useful) -> None:
        self._market = market
        self._places = len(market.movable)
        self._origin, self._goal = useful.lanes.nonzero()
        self.cost: Integers = market.cost[self._origin, self._goal]
        own, others = _own_packs(market, useful), _packs_that_could_come(market, useful)
        self._place, self._packs, self._value = np.array(own + others, dtype=np.int64).reshape(-1, 3).T
        self._sendable = np.zeros(self._places, dtype=np.int64)
        np.add.at(self._sendable, self._place[: len(own)], self._packs[: len(own)])
        self._worth_now = sum(packs * value for _, packs, value in own)
        self._limits = np.concatenate([self._sendable, market.movable, market.room])

    def for_highs(self) -> highspy.HighsLp:
        lanes, columns = len(self.cost), len(self.cost) + len(self._place)
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = columns, len(self._limits)
        program.col_cost_ = np.concatenate([self.cost, -self._value]) / _MICROS
        program.col_lower_ = np.zeros(columns)
        program.col_upper_ = np.concatenate([self._most_by_lane(), self._packs]).astype(np.float64)
        program.row_upper_ = self._limits.astype(np.float64)
        program.row_lower_ = np.where(
            np.arange(len(self._limits)) < self._places, self._limits, -highspy.kHighsInf
        ).astype(np.float64)
        # of a lane: there is one fewer at its origin and one more at its goal, one leaves, and one comes
        rows = np.stack(
            [self._origin, self._goal, self._places + self._origin, 2 * self._places + self._goal], axis=1
        ).ravel()
        program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        program.a_matrix_.start_ = np.concatenate(
            [np.arange(0, 4 * lanes, 4), 4 * lanes + np.arange(len(self._place) + 1)]
        ).astype(np.int32)
        program.a_matrix_.index_ = np.concatenate([rows, self._place]).astype(np.int32)
        program.a_matrix_.value_ = np.concatenate([np.tile([1.0, -1.0, 1.0, 1.0], lanes), np.ones(len(self._place))])
        return program

    def moves(self, packs: Integers) -> Moves:
        """Of the packs on each lane."""
        used = np.flatnonzero(packs)
        pairs = zip(self._origin[used].tolist(), self._goal[used].tolist(), strict=True)
        return dict(zip(pairs, packs[used].tolist(), strict=True))

    def bound(self, prices: Integers) -> int | None:
        """What no moves gain more than, in micros, whatever the prices of the rows: weak duality of linear programs.
        None: 64 bits don't hold it.
        """
        there, leaving, coming = prices.reshape(3, -1)
        leaving, coming = np.maximum(leaving, 0), np.maximum(coming, 0)
        of_lanes = there[self._goal] - there[self._origin] - leaving[self._origin] - coming[self._goal] - self.cost
        of_packs = self._value - there[self._place]
        terms = (
            (np.concatenate([there, leaving, coming]), self._limits),
            (np.maximum(of_packs, 0), self._packs),
            (np.maximum(of_lanes, 0), self._most_by_lane()),
        )
        if any(np.abs(price.astype(np.float64)) @ packs >= WIDEST for price, packs in terms):
            return None
        return sum(int(price @ packs) for price, packs in terms) - self._worth_now

    def _most_by_lane(self) -> Integers:
        return np.minimum(self._market.movable[self._origin], self._market.room[self._goal])


def _own_packs(market: Market, useful: Useful) -> list[tuple[int, int, int]]:
    """Place, number and value of packs that are worth less where they are than one can be in an optimal flow: others
    are never sent.
    """
    rows: list[tuple[int, int, int]] = []
    for place in useful.origins.tolist():
        most = int(useful.most[place])
        for packs, value in market.steps(place, -1, int(market.movable[place])):
            if value >= most:
                break
            rows.append((place, packs, value))
    return rows


def _packs_that_could_come(market: Market, useful: Useful) -> list[tuple[int, int, int]]:
    """Place, number and value of packs that are worth more than one can be in an optimal flow at least: others never
    come.
    """
    rows: list[tuple[int, int, int]] = []
    most_moved = int(market.movable[useful.origins].sum())
    for place in useful.goals.tolist():
        least = int(useful.least[place])
        for packs, value in market.steps(place, 0, min(int(market.room[place]), most_moved)):
            if value <= least:
                break
            rows.append((place, packs, value))
    return rows
