"""Values that raising one after another does not find: steps along the subgradient (Held, Wolfe & Crowder 1974,
Mathematical Programming 6:62), by units too many or too few, as long as what is missing to the target asks for.
"""

from collections.abc import Sequence

from engine.decide.sourcing.relaxation import Relaxation
from engine.decide.sourcing.sharing import Worth

ROUNDS = 40
PATIENT = 3
"""After so many rounds that find no higher floor the steps are halved, from the best values."""


def refined(relaxation: Relaxation, values: Sequence[int], target: int) -> list[int]:
    """Values at which any choice costs more than at those given, if some are found. `target` is what the best choice
    costs that is known.
    """
    best, highest = list(values), None
    now, halvings, since = best, 0, 0
    for _ in range(ROUNDS):
        floor, lacking = _lacking(relaxation, now)
        if highest is None or floor > highest:
            best, highest, since = now, floor, 0
        else:
            since += 1
            if since == PATIENT:
                halvings, since, now = halvings + 1, 0, best
                continue
        norm = sum([units * units for units in lacking])
        if not norm or floor >= target:
            break
        step = (target - floor >> halvings) // norm
        now = [
            min(want.unfilled, max(first, value + step * units))
            for value, units, want, first in zip(now, lacking, relaxation.wants, relaxation.start, strict=True)
        ]
    return best


def _lacking(relaxation: Relaxation, values: Sequence[int]) -> tuple[int, list[int]]:
    """What any choice costs at least; and by want, how many units are not supplied by shipments that are worth it."""
    surplus = [-fixed for fixed in relaxation.fixed]  # of shipments that share something it stays below zero
    for value, offers in zip(values, relaxation.offers, strict=True):
        for number, cost, units in offers:
            if cost < value:
                surplus[number] += units * (value - cost)
    floor = relaxation.base - sum([worth for worth in surplus if worth > 0])
    lacking = []
    for value, want, offers in zip(values, relaxation.wants, relaxation.offers, strict=True):
        floor += want.units * value
        supplied = [units for number, cost, units in offers if cost < value and surplus[number] > 0]
        lacking.append(want.units - sum(supplied))
    for node in relaxation.nodes:
        worth = Worth(node, node.menus, node.numbers, values)
        floor -= worth.most
        for index, units in worth.supplied(values).items():
            lacking[index] -= units
    return floor, lacking
