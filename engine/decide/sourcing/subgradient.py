"""Subgradient ascent: finds better duals where raising them one after another gets stuck (Held, Wolfe & Crowder 1974,
Mathematical Programming 6:62). A step goes along the units supplied too many or too few, as far as the gap to the
cutoff asks for.
"""

from collections.abc import Sequence

from engine.decide.sourcing.demand_classes import DemandClass

ROUNDS = 40
PATIENCE = 3
"""After so many rounds without a higher bound the steps are halved, and start again from the best duals."""


def subgradient_ascent(
    classes: Sequence[DemandClass], fixed: Sequence[int], duals: Sequence[int], cutoff: int
) -> list[int]:
    """Duals whose lower bound is higher than at those given, if any are found; all shipments may be opened. `fixed` is
    by number of the shipment; `cutoff` is the cost of the incumbent.
    """
    best, highest = list(duals), None
    current, halvings, rounds_without_gain = best, 0, 0
    arcs: list[list[tuple[int, int, int]]] = [[] for _ in fixed]
    for index, demand in enumerate(classes):
        for number, cost, units in demand.arcs:
            arcs[number].append((index, cost, units))
    for _ in range(ROUNDS):
        lower_bound, shortfall = _bound(classes, fixed, arcs, current)
        if highest is None or lower_bound > highest:
            best, highest, rounds_without_gain = current, lower_bound, 0
        else:
            rounds_without_gain += 1
            if rounds_without_gain == PATIENCE:
                halvings, rounds_without_gain, current = halvings + 1, 0, best
                continue
        norm = sum([units * units for units in shortfall])
        if not norm or lower_bound >= cutoff:
            break
        step = (cutoff - lower_bound >> halvings) // norm
        current = [
            min(demand.unfilled, max(0, dual + step * units))
            for dual, units, demand in zip(current, shortfall, classes, strict=True)
        ]
    return best


def _bound(
    classes: Sequence[DemandClass],
    fixed: Sequence[int],
    arcs: Sequence[Sequence[tuple[int, int, int]]],
    duals: Sequence[int],
) -> tuple[int, list[int]]:
    """The lower bound at these duals, and by class the units that lack. `arcs` are (class, cost, units) by number."""
    lower_bound = sum([demand.base_cost for demand in classes])
    lower_bound += sum([demand.units * dual for demand, dual in zip(classes, duals, strict=True)])
    shortfall = [demand.units for demand in classes]
    for opening, carried in zip(fixed, arcs, strict=True):
        surplus = (
            sum([units * (duals[index] - cost) for index, cost, units in carried if cost < duals[index]]) - opening
        )
        if surplus > 0:
            lower_bound -= surplus
            for index, cost, units in carried:
                if cost < duals[index]:
                    shortfall[index] -= units
    return lower_bound, shortfall
