"""Of very many lanes, those that a best choice may use: the others are ruled out by price, as in column generation.

A few lanes that look good give a choice, and values that say what any choice among them costs at least. At these values
every other lane is looked at once. One with no surplus changes nothing in that floor; with surpluses, the floor is lower
by their sum. A lane whose use would cost more than the choice that is known can be left out, and nothing is lost.
"""

from collections.abc import Sequence
from heapq import nlargest, nsmallest
from typing import NamedTuple

from engine.decide.sourcing.ascent import Ascent
from engine.decide.sourcing.lanes import Lane
from engine.decide.sourcing.opening import Opening
from engine.decide.sourcing.problem import Key, Problem
from engine.decide.sourcing.relaxation import Relaxation
from engine.decide.sourcing.sharing import sharing
from engine.decide.sourcing.wants import wants

MANY = 80
"""Lanes; of fewer all are searched."""
CORE = 24
"""So many that look good to begin with, and so many more of those with a surplus each time."""
ROUNDS = 4


class _Priced(NamedTuple):
    """What the best choice of some lanes costs, what any of them costs at least, and at which values of a unit by line."""

    cost: int
    floor: int
    values: Sequence[int]
    toll: int


def promising(problem: Problem, lanes: Sequence[Lane], unfilled: int, useless: int | None) -> list[Lane]:
    """All lanes that a choice may use that costs no more than the best, and less than `useless`."""
    if len(lanes) <= MANY:
        return list(lanes)

    def whole(lane: Lane) -> tuple[int, Key]:
        return lane.fixed + sum(lane.costs.values()) - len(lane.costs) * unfilled, lane.key

    core = nsmallest(CORE, lanes, key=whole)
    for _ in range(ROUNDS):
        priced = _priced(problem, sorted(core, key=lambda lane: lane.key), unfilled)
        surplus = _surplus(problem, lanes, priced)
        inside = {lane.key for lane in core}
        better = [
            (above, lane) for above, lane in zip(surplus, lanes, strict=True) if above > 0 and lane.key not in inside
        ]
        if not better:
            break
        core += [lane for _, lane in nlargest(CORE, better, key=lambda pair: (pair[0], pair[1].key))]
    floor = priced.floor - sum([above for above, _ in better])
    slack = priced.cost - floor if useless is None else min(priced.cost, useless) - floor
    return [lane for above, lane in zip(surplus, lanes, strict=True) if above >= -slack or lane.key in inside]


def _priced(problem: Problem, core: Sequence[Lane], unfilled: int) -> _Priced:
    of_core = wants(problem, core, unfilled)
    fixed = [lane.fixed for lane in core]
    relaxation = Relaxation(of_core, fixed, list(sharing(problem, core, of_core, closely=False)))
    opening = Opening(problem, core, unfilled, 1)
    free = opening.fitting((), range(len(core)))
    ascent = Ascent(relaxation, frozenset(), free, relaxation.start, opening.room(()))
    opening.improve(frozenset(), ascent.surplus)
    values = [0] * len(problem.demands)
    for want, value in zip(of_core, ascent.values, strict=True):
        for line, least in want.lines:
            values[line] = value + least
    return _Priced(opening.best.cost, ascent.floor, values, ascent.toll)


def _surplus(problem: Problem, lanes: Sequence[Lane], priced: _Priced) -> list[int]:
    """By lane, what it would be worth at most if it were opened."""
    values, toll = priced.values, priced.toll
    found = []
    for _, fixed, costs, shelf in lanes:
        above = -fixed - toll
        for line, cost in costs.items():
            if cost < values[line]:
                above += shelf.units[line] * (values[line] - cost)
        found.append(above)
    return found
