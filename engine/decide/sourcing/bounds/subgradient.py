"""Subgradient ascent: finds better duals where raising them one after another gets stuck (Held, Wolfe & Crowder 1974,
Mathematical Programming 6:62). A step goes along the units supplied too many or too few, as far as the gap to the
cutoff asks for.
"""

from collections.abc import Sequence

from engine.decide.sourcing.bounds.pricing_problem import PricingProblem
from engine.decide.sourcing.bounds.relaxation import Relaxation

ROUNDS = 40
PATIENCE = 3
"""After so many rounds without a higher bound the steps are halved, and start again from the best duals."""


def subgradient_ascent(relaxation: Relaxation, duals: Sequence[int], cutoff: int) -> list[int]:
    """Duals whose lower bound is higher than at those given, if any are found. `cutoff` is the cost of the
    incumbent.
    """
    every = range(len(relaxation.fixed))
    pricing = PricingProblem(relaxation, frozenset(), every, len(every))
    best, highest = list(duals), None
    current, halvings, rounds_without_gain = best, 0, 0
    for _ in range(ROUNDS):
        solution = pricing.solve(current, 0)
        lower_bound, shortfall = solution.lower_bound, solution.plan.shortfall
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
            min(demand.unfilled, max(first, dual + step * units))
            for dual, units, demand, first in zip(current, shortfall, relaxation.classes, relaxation.start, strict=True)
        ]
    return best
