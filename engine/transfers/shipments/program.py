"""The best choice of moves and shipments, by a mixed integer program of HiGHS.

Columns are the steps by which an article is moved on a lane, the packs that are worth the same at a place in the end,
and whether there is a shipment. HiGHS works in floating point and stops after a number of nodes, never after a time:
what it found is rounded, checked in integers and taken only if it is allowed and better than what it started from.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import highspy
import numpy as np

from engine.decide.shipping.columns import integers
from engine.decide.sourcing.program.highs import make_highs, program_of
from engine.transfers.flow.market import Market, Moves
from engine.transfers.shipments.assortment import Assortment, Choice, Pair

_MICROS = 1e6
"""HiGHS counts in whole units of the currency."""
_SMALL = 0.5
"""Micros. Amounts are whole: a bound nearer to one is that."""
MOST_NODES = 5_000
_BOUNDED = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kSolutionLimit)
_OPTIONS = {
    "mip_rel_gap": 0.0,
    "mip_abs_gap": 0.0,
    "mip_feasibility_tolerance": 1e-9,
    "mip_max_nodes": MOST_NODES,
}


def best_choice(assortment: Assortment, start: Choice) -> Choice:
    """The best choice or, if HiGHS stops early, the better of what it found and `start`."""
    program = _Program(assortment)
    highs = make_highs(_OPTIONS)
    highs.passModel(program.for_highs())
    highs.run()
    info, best = highs.getInfo(), start
    bound = start.bound
    # stopped before its first node, it has no bound
    if highs.getModelStatus() in _BOUNDED and np.isfinite(info.mip_dual_bound):
        bound = min(bound, _whole(-info.mip_dual_bound * _MICROS) - program.worth_now)
    moves = program.moves(highs.getSolution().col_value)
    if moves is not None and assortment.allows(moves) and assortment.worth(moves) > start.worth:
        best = Choice(moves=moves, worth=assortment.worth(moves), bound=bound)
    return Choice(moves=best.moves, worth=best.worth, bound=max(bound, best.worth))


def _whole(micros: float) -> int:
    """The largest whole number that is not above a bound, which HiGHS may have missed by less than half."""
    return int(np.floor(micros + _SMALL))


class _Row(NamedTuple):
    lower: float
    upper: float
    terms: Sequence[tuple[int, float]]


class _Program:
    def __init__(self, assortment: Assortment) -> None:
        self._assortment = assortment
        self._lanes = list(assortment.lanes())
        self._costs: list[float] = []
        self._most: list[float] = []
        self._rows: list[_Row] = []
        self.worth_now = 0
        """Micros that the packs are worth where they are now."""
        by_article: dict[int, list[tuple[int, Pair]]] = {}
        by_shipment: dict[Pair, list[int]] = {}
        for column, (number, pair) in enumerate(self._lanes):
            article = assortment.articles[number]
            step = article.steps(pair)
            most = min(int(article.market.movable[pair[0]]), int(article.market.room[pair[1]])) // step
            self._add_column(float(article.market.cost[pair]) * step, most)
            by_article.setdefault(number, []).append((column, pair))
            shipment = article.places[pair[0]], article.places[pair[1]]
            if shipment in assortment.terms:
                by_shipment.setdefault(shipment, []).append(column)
        self._integers = len(self._lanes) + len(by_shipment)
        for shipment, columns in sorted(by_shipment.items()):
            self._add_shipment(shipment, columns)
        for number, lanes in by_article.items():
            self._add_article(number, lanes)

    def for_highs(self) -> highspy.HighsLp:
        terms = [(number, *term) for number, row in enumerate(self._rows) for term in row.terms]
        program = program_of(
            np.array(self._most),
            np.array([row.upper for row in self._rows]),
            integers(row for row, _, _ in terms),
            integers(column for _, column, _ in terms),
            np.array([value for _, _, value in terms]),
        )
        program.col_cost_ = np.array(self._costs) / _MICROS
        program.row_lower_ = np.array([row.lower for row in self._rows])
        program.integrality_ = [
            highspy.HighsVarType.kInteger if column < self._integers else highspy.HighsVarType.kContinuous
            for column in range(len(self._costs))
        ]
        return program

    def moves(self, values: Sequence[float]) -> list[Moves] | None:
        """Of the columns' values; None if there are none."""
        if len(values) != len(self._costs):
            return None
        moves: list[Moves] = [{} for _ in self._assortment.articles]
        for (number, pair), value in zip(self._lanes, values, strict=False):
            article = self._assortment.articles[number]
            if packs := round(value) * article.steps(pair):
                moves[number] |= article.globally({pair: packs})
        return moves

    def _add_column(self, cost: float, most: float) -> int:
        self._costs.append(cost)
        self._most.append(most)
        return len(self._costs) - 1

    def _add_shipment(self, pair: Pair, columns: Sequence[int]) -> None:
        """Nothing is moved without the shipment, and with it the least number of units."""
        terms = self._assortment.terms[pair]
        shipment = self._add_column(float(terms.price), 1)
        for column in columns:
            self._rows.append(_Row(-highspy.kHighsInf, 0.0, [(column, 1.0), (shipment, -self._most[column])]))
        if terms.least > 1:
            units = [(column, float(self._units(column))) for column in columns]
            self._rows.append(_Row(0.0, highspy.kHighsInf, [*units, (shipment, -float(terms.least))]))

    def _units(self, column: int) -> int:
        """Of a step on the lane of a column."""
        number, pair = self._lanes[column]
        article = self._assortment.articles[number]
        return article.units * article.steps(pair)

    def _add_article(self, number: int, lanes: Sequence[tuple[int, Pair]]) -> None:
        """What each place sends and is sent, and what is there in the end."""
        article = self._assortment.articles[number]
        market = article.market
        out: dict[int, list[tuple[int, float]]] = {}
        into: dict[int, list[tuple[int, float]]] = {}
        for column, pair in lanes:
            step = float(article.steps(pair))
            out.setdefault(pair[0], []).append((column, step))
            into.setdefault(pair[1], []).append((column, step))
        for place in sorted(out.keys() | into.keys()):
            leaving, coming = out.get(place, []), into.get(place, [])
            own = int(market.movable[place]) if leaving else 0
            there = []
            for packs, value in _packs_at(
                market, place, own, sum(self._most[column] * step for column, step in coming)
            ):
                there.append((self._add_column(-float(value), packs), 1.0))
            self.worth_now += -market.gain(place, -own)
            self._rows.append(_Row(own, own, [*there, *leaving, *((column, -step) for column, step in coming)]))
            if leaving:
                self._rows.append(_Row(-highspy.kHighsInf, own, leaving))
            if coming:
                self._rows.append(_Row(-highspy.kHighsInf, float(market.room[place]), coming))


def _packs_at(market: Market, place: int, own: int, most: float) -> Iterator[tuple[int, int]]:
    """How many packs are worth how much each, of a place's own and of so many that could come."""
    yield from market.steps(place, -1, own)
    yield from market.steps(place, 0, min(int(market.room[place]), int(most)))
